//! [`costume`]: one drawing of a subject, with the body that its emoji lacks and what it wears.
//!
//! Everything is put together as SVG on the emoji's own grid of 36 units, so that all of it is lit, reduced and
//! outlined as one.

use super::lexicon::Kind;

/// Something worn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attire {
    /// An emoji with its variation selectors as the artwork has them.
    Emoji(String),
    /// A name from the painter's own wardrobe.
    Own(String),
}

/// The colours of a face, from which its body is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Coat {
    /// The fur: `#RRGGBB`.
    pub(crate) main: String,
    /// Belly and muzzle.
    pub(crate) light: String,
    /// Paws.
    pub(crate) dark: String,
}

/// The artwork of an emoji.
pub(crate) fn artwork(emoji: &str) -> Option<&'static str> {
    use twemoji_assets::svg::SvgTwemojiAsset;
    if emoji.starts_with("own:") {
        return super::own::own_artwork(emoji);
    }
    let asset = SvgTwemojiAsset::from_emoji(emoji).or_else(|| {
        let plain: String = emoji.chars().filter(|&c| c != '\u{fe0f}').collect();
        SvgTwemojiAsset::from_emoji(&plain)
            .or_else(|| SvgTwemojiAsset::from_emoji(&format!("{plain}\u{fe0f}")))
    })?;
    let svg: &'static str = asset;
    Some(svg)
}

/// What stands between the outer tags.
fn inner(svg: &str) -> &str {
    let start = svg.find('>').map_or(0, |at| at + 1);
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg.get(start..end).unwrap_or("")
}

/// The whole SVG of a subject.
pub(crate) fn costume(
    emoji: &str,
    kind: Kind,
    coat: Option<&Coat>,
    attire: &[Attire],
) -> Option<String> {
    let art = horselike(emoji).or_else(|| Some(inner(artwork(emoji)?).to_owned()))?;
    let art = if kind == Kind::Vessel {
        without_water(&art)
    } else {
        art
    };
    let mut parts = String::new();
    let head = match (kind, coat) {
        (Kind::Head, Some(coat)) => {
            parts.push_str(&animal_body(emoji, coat));
            parts.push_str(&format!(
                "<g transform='translate(2.7 0) scale(.85)'>{art}</g>"
            ));
            HeadBox {
                x: 18.0,
                top: 2.0,
                size: 30.6,
            }
        }
        (Kind::Bust, Some(coat)) => {
            parts.push_str(&person_body(coat));
            parts.push_str(&format!(
                "<g transform='translate(1.8 0) scale(.9)'>{art}</g>"
            ));
            HeadBox {
                x: 18.0,
                top: 2.0,
                size: 24.0,
            }
        }
        _ => {
            parts.push_str(&art);
            plain_head(emoji, kind)
        }
    };
    for worn in attire {
        parts.push_str(&worn_art(worn, head).unwrap_or_default());
    }
    Some(format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 36 48'>{parts}</svg>"
    ))
}

/// Unicorn and zebra have only a head as emoji; here they are whole, made of the horse.
fn horselike(emoji: &str) -> Option<String> {
    let (coat, shade, mane, extra) = match emoji {
        "🦄" => (
            "#F5F8FA",
            "#CCD6DD",
            "#C86DD7",
            "<path fill='#FFCC4D' d='M2.600 6L.5-5l4.900 9.800z'/>",
        ),
        "🦓" => (
            "#F5F8FA",
            "#CCD6DD",
            "#292F33",
            "<path fill='#292F33' d='M12.500 12l1.500 9 1.300-.2-1.400-8.800zM16.500 12l1 9.500h1.300l-.9-9.500zM20.500 12l.3 9.500h1.300l-.2-9.500zM24.500 12l-.4 9h1.300l.5-9zM28.500 12l-1 9 1.300.2 1-8.800zM8 8.500l3.500 8 1-.8L9.500 7.500z'/>",
        ),
        _ => return None,
    };
    let horse = inner(artwork("🐎")?);
    let made = horse
        .replace("#292F33", mane)
        .replace("#C1694F", coat)
        .replace("#8A4B38", shade);
    Some(format!("{made}{extra}"))
}

/// Boats come with a strip of water, which the picture has its own of.
fn without_water(art: &str) -> String {
    let mut kept = String::new();
    for element in art.split_inclusive("/>") {
        let water = ["#55ACEE", "#50A5E6"]
            .iter()
            .any(|blue| element.contains(blue));
        let strip = element.contains("V36")
            || element.contains("v-")
            || element.contains("H0")
            || element.contains("h36")
            || element.contains("h-36");
        if !(water && strip) {
            kept.push_str(element);
        }
    }
    kept
}

#[derive(Clone, Copy)]
struct HeadBox {
    /// Its middle.
    x: f32,
    top: f32,
    /// How wide.
    size: f32,
}

fn plain_head(emoji: &str, kind: Kind) -> HeadBox {
    let of = |x: f32, top: f32, size: f32| HeadBox { x, top, size };
    match emoji {
        "🐎" | "🦄" | "🦓" => of(5.0, 3.5, 9.0),
        "🐘" => of(10.0, 8.0, 15.0),
        "🐄" | "🐂" => of(7.0, 9.0, 11.0),
        "🐖" => of(8.0, 11.0, 12.0),
        "🐧" => of(18.0, 1.0, 17.0),
        "🦆" => of(9.0, 4.0, 12.0),
        "🦉" => of(18.0, 1.0, 22.0),
        "🐦" => of(12.0, 6.0, 14.0),
        "🐉" => of(9.5, 4.0, 14.0),
        "🦖" => of(11.0, 2.0, 14.0),
        "🦕" => of(9.0, 2.0, 10.0),
        "🐢" => of(6.5, 12.0, 9.0),
        "🐊" => of(9.0, 13.0, 10.0),
        "🐌" => of(7.0, 9.0, 10.0),
        "🐙" => of(18.0, 1.0, 26.0),
        "🦔" => of(18.0, 6.0, 20.0),
        "🐤" => of(11.0, 3.0, 15.0),
        "👻" => of(18.0, 1.0, 20.0),
        "☃️" | "⛄" => of(18.0, 2.0, 14.0),
        _ => match kind {
            Kind::Person | Kind::People => of(18.0, 1.0, 9.0),
            Kind::Bust | Kind::Head | Kind::Symbol => of(18.0, 2.0, 26.0),
            _ => of(18.0, 2.0, 16.0),
        },
    }
}

/// A sitting body with a tail, to be put under a face.
fn animal_body(emoji: &str, coat: &Coat) -> String {
    let Coat { main, light, dark } = coat;
    let tail = match emoji {
        "🦊" | "🦝" | "🐺" => format!(
            "<path fill='{main}' d='M25 44c8 1 11-5 9.500-12-.6-3-2.600-4-3.600-2-1 3-1 6-6 8z'/><path fill='{light}' d='M34.600 33c-.4-4-2.700-5-3.700-3-.6 1.600-.8 3-1.400 4.200z'/>"
        ),
        "🐱" | "🐵" | "🐯" | "🦁" | "🐭" | "🐈‍⬛" | "😸" | "😺" => {
            format!(
                "<path fill='none' stroke='{main}' stroke-width='3' stroke-linecap='round' d='M26 43c6 1 8-3 7-7s1-5 1.500-5'/>"
            )
        }
        "🐰" | "🐻" | "🐼" | "🐹" | "🐻‍❄️" | "🐨" => {
            format!("<circle fill='{light}' cx='28.500' cy='41' r='3'/>")
        }
        "🐶" => format!(
            "<path fill='none' stroke='{main}' stroke-width='3' stroke-linecap='round' d='M26 43c4 0 6-2 6.500-5'/>"
        ),
        _ => String::new(),
    };
    format!(
        "{tail}<ellipse fill='{main}' cx='18' cy='36.500' rx='10.500' ry='10'/><ellipse fill='{light}' cx='18' cy='38' rx='6' ry='7.200'/>\
         <ellipse fill='{dark}' cx='12' cy='45.600' rx='4.600' ry='2.400'/><ellipse fill='{dark}' cx='24' cy='45.600' rx='4.600' ry='2.400'/>"
    )
}

/// Hips and legs under a bust.
fn person_body(coat: &Coat) -> String {
    let Coat { main, dark, .. } = coat;
    format!(
        "<path fill='{main}' d='M7 31h22l-2 8H9z'/><path fill='{dark}' d='M10 38h7v6h-7zM19 38h7v6h-7z'/>\
         <path fill='#292F33' d='M8.500 44h8.500v3H8.500zM19 44h8.500v3H19z'/>"
    )
}

fn worn_art(attire: &Attire, head: HeadBox) -> Option<String> {
    let HeadBox { x, top, size } = head;
    let (art, scale, cx, cy, drop) = match attire {
        Attire::Own(name) => {
            let (art, scale, drop) = own_art(name)?;
            (art.to_owned(), scale, 18.0, 30.0, drop)
        }
        Attire::Emoji(emoji) => {
            let art = inner(artwork(emoji)?).to_owned();
            // Where the piece's own resting point lies, and how far down the head it goes.
            let (scale, cx, cy, drop) = match emoji.trim_end_matches('\u{fe0f}') {
                "👓" | "🕶" | "🥽" | "🤿" => (0.82, 18.0, 18.0, 0.52),
                "🧣" => (0.62, 18.0, 12.0, 0.94),
                "📿" | "👔" => (0.60, 18.0, 8.0, 0.98),
                "🎀" => (0.46, 18.0, 20.0, 0.12),
                "👑" => (0.56, 18.0, 32.0, 0.16),
                "🎧" => (0.95, 18.0, 18.0, 0.36),
                "🎓" => (0.72, 18.0, 26.0, 0.16),
                "👒" => (0.80, 18.0, 28.0, 0.22),
                "🧢" => (0.66, 18.0, 27.0, 0.20),
                _ => (0.66, 18.0, 31.0, 0.18),
            };
            (art, scale, cx, cy, drop)
        }
    };
    let s = scale * size / 36.0;
    let (tx, ty) = (x - cx * s, top + drop * size - cy * s);
    Some(format!(
        "<g transform='translate({tx:.3} {ty:.3}) scale({s:.4})'>{art}</g>"
    ))
}

/// The painter's own pieces on a grid of 36 units, resting on y = 30; their scale; how far down the head.
fn own_art(name: &str) -> Option<(&'static str, f32, f32)> {
    Some(match name {
        "wizard hat" => (
            "<path fill='#5B3FA8' d='M18-6l9 34H9z'/><path fill='#7E5FD0' d='M18-6l-3 34H9z'/><ellipse fill='#4A3290' cx='18' cy='29' rx='17' ry='4'/>\
             <path fill='#FFD24A' d='M9.600 24h16.800l.9 3.500H8.700z'/><path fill='#FFE88A' d='M18 8l1.500 3 3 .4-2.200 2 .6 3-2.900-1.500-2.900 1.500.6-3-2.200-2 3-.4z'/>",
            0.80,
            0.20,
        ),
        "pirate hat" => (
            "<path fill='#2B2B36' d='M1 29C2 16 10 9 18 9s16 7 17 20c-5-4-29-4-34 0z'/><path fill='#F4F4F0' d='M2 28c6-5 26-5 32 0l-.3 2c-6-4-25-4-31.400 0z'/>\
             <circle fill='#F4F4F0' cx='18' cy='17' r='4'/><path fill='#F4F4F0' d='M16 20h4v3h-4z'/><circle fill='#2B2B36' cx='16.400' cy='17' r='1.100'/><circle fill='#2B2B36' cx='19.600' cy='17' r='1.100'/>",
            0.92,
            0.20,
        ),
        "chef hat" => (
            "<path fill='#E1E8ED' d='M9 18h18v12H9z'/><circle fill='#F5F8FA' cx='10' cy='14' r='7'/><circle fill='#F5F8FA' cx='26' cy='14' r='7'/><circle fill='#FFF' cx='18' cy='10' r='8'/><path fill='#CCD6DD' d='M9 26h18v4H9z'/>",
            0.78,
            0.18,
        ),
        "cowboy hat" => (
            "<path fill='#A86B3F' d='M0 25c3 5 12 6 18 6s15-1 18-6c-3 1-7 1-9 0C27 15 24 9 21 10c-1 .3-2 1-3 1s-2-.7-3-1C12 9 9 15 9 25c-2 1-6 1-9 0z'/><path fill='#75452F' d='M9 22.500h18v3c-6 1-12 1-18 0z'/>",
            1.0,
            0.20,
        ),
        "santa hat" => (
            "<path fill='#DD2E44' d='M6 28C7 14 14 4 22 5c6 1 8 7 9 13-3-3-5-3-7-2 2 4 4 8 5 12z'/><circle fill='#FFF' cx='31' cy='20' r='4'/><path fill='#FFF' d='M4 25h27c3 0 3 6 0 6H4c-3 0-3-6 0-6z'/>",
            0.82,
            0.22,
        ),
        "detective hat" => (
            "<path fill='#66757F' d='M7 27c0-12 4-18 11-18s11 6 11 18z'/><path fill='#292F33' d='M7 22h22v4H7z'/><ellipse fill='#4B5861' cx='18' cy='28' rx='18' ry='3.500'/>",
            0.86,
            0.20,
        ),
        "viking helmet" => (
            "<path fill='#E8D9B8' d='M6 22C1 20-1 12 1 7c2 5 5 8 9 9zM30 22c5-2 7-10 5-15-2 5-5 8-9 9z'/><path fill='#99AAB5' d='M6 29c0-12 4-18 12-18s12 6 12 18z'/><path fill='#66757F' d='M6 25h24v5H6zM16.500 11h3v16h-3z'/>",
            0.90,
            0.24,
        ),
        "crown" => (
            "<path fill='#FFCC4D' d='M5 30L3 13l8 7 7-12 7 12 8-7-2 17z'/><path fill='#FFAC33' d='M5 26h26v4H5z'/><circle fill='#DD2E44' cx='18' cy='22' r='2.400'/>",
            0.62,
            0.16,
        ),
        "helmet" => (
            "<path fill='#6B7B4A' d='M3 30C3 16 9 8 18 8s15 8 15 22c-8-4-22-4-30 0z'/><path fill='#4E5B36' d='M3 30c8-4 22-4 30 0l1 1.500c-8-4-24-4-32 0z'/>",
            0.90,
            0.26,
        ),
        "knight helmet" => (
            "<path fill='#99AAB5' d='M4 52V24c0-11 6-17 14-17s14 6 14 17v28z'/><path fill='#66757F' d='M24 9c5 3 8 8 8 15v28h-8z'/><path fill='#292F33' d='M8 32h20v4H8zM10 41h2v7h-2zM15 41h2v7h-2zM19 41h2v7h-2zM24 41h2v7h-2z'/><path fill='#CCD6DD' d='M17 7h2v25h-2z'/><path fill='#DD2E44' d='M18 8C14 2 18-6 27-5c4 .5 6 4 5 8-3-3-7-3-9 0-2 2-3 4-5 5z'/>",
            0.98,
            0.20,
        ),
        "samurai helmet" => (
            "<path fill='#8E2430' d='M-2 40c0-6 2-10 6-12h28c4 2 6 6 6 12l-5-1-2-6H5l-2 6z'/><path fill='#C1342F' d='M4 30C4 17 9 9 18 9s14 8 14 21z'/><path fill='#292F33' d='M3 27h30l2 5H1z'/><path fill='#FFCC4D' d='M18 24C8 22 3 12 5 0c2 10 6 15 13 17 7-2 11-7 13-17 2 12-3 22-13 24z'/><circle fill='#FFE88A' cx='18' cy='20' r='3'/>",
            0.86,
            0.22,
        ),
        "ninja band" => (
            "<path fill='#2B2B36' d='M-1 27h38v7H-1z'/><path fill='#2B2B36' d='M36 28l8-4-2 5 4 3-9 1z'/><path fill='#99AAB5' d='M11 28h14v5H11z'/>",
            0.90,
            0.24,
        ),
        "beret" => (
            "<path fill='#C1342F' d='M2 26C2 16 12 11 22 12c9 1 14 7 11 13-7 4-24 6-31 1z'/><path fill='#8E2430' d='M5 27c8 3 20 2 27-2v3c-8 4-19 5-27 2zM19 12l1-4 2 .5-1 4z'/>",
            0.78,
            0.18,
        ),
        "space helmet" => (
            "<path fill='#CCE6F5' fill-opacity='.28' d='M18 22c12 0 21 9 21 20s-9 20-21 20S-3 53-3 42s9-20 21-20z'/>\
             <path fill='none' stroke='#E1E8ED' stroke-width='3' d='M18 22c12 0 21 9 21 20s-9 20-21 20S-3 53-3 42s9-20 21-20z'/><path fill='none' stroke='#FFF' stroke-width='2' d='M2 38c1-5 4-9 8-10.500'/><path fill='#CCD6DD' d='M0 58h36v5H0z'/>",
            0.94,
            0.06,
        ),
        _ => return None,
    })
}
