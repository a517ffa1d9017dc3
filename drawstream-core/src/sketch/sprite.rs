//! [`Sprite`]: a subject's artwork as crisp pixels, recoloured, lit and outlined.

use std::collections::BTreeMap;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

use super::lexicon::Kind;
use super::sheet::{Rank, Sheet, mix, shade};
use super::tints::{Tints, ink};
use super::wardrobe::{Attire, Coat, artwork, costume};
use crate::color::{Oklab, Rgb8};

/// Samples along each side of a pixel.
const SAMPLES: u32 = 5;

/// Crisp pixels; `None` is see-through.
#[derive(Clone, Debug)]
pub(crate) struct Sprite {
    pub(crate) w: i32,
    pub(crate) h: i32,
    pixels: Vec<Option<Rgb8>>,
}

/// Which way a sprite looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Facing {
    AsDrawn,
    Mirrored,
}

impl Sprite {
    /// The sprite of an emoji, as tall as asked unless it would be wider than `widest`. `None` if there is no artwork.
    pub(crate) fn of(
        emoji: &str,
        kind: Kind,
        attire: &[Attire],
        tall: f32,
        widest: f32,
    ) -> Option<Self> {
        let coat = match kind {
            Kind::Head | Kind::Bust => coat_of(emoji, kind, attire),
            _ => None,
        };
        let svg = costume(emoji, kind, coat.as_ref(), attire)?;
        rasterize(&svg, tall, widest)
    }

    /// What was painted on a sheet of the colour `blank`, without its empty margins.
    pub(crate) fn cut_from(sheet: &Sheet, blank: Rgb8) -> Option<Self> {
        let drawn = |x: i32, y: i32| sheet.get(x, y) != blank;
        let (mut left, mut right, mut top, mut bottom) = (sheet.w, -1, sheet.h, -1);
        for y in 0..sheet.h {
            for x in (0..sheet.w).filter(|&x| drawn(x, y)) {
                (left, right) = (left.min(x), right.max(x));
                (top, bottom) = (top.min(y), bottom.max(y));
            }
        }
        let pixels = (top..=bottom)
            .flat_map(|y| (left..=right).map(move |x| (x, y)))
            .map(|(x, y)| drawn(x, y).then(|| sheet.get(x, y)))
            .collect();
        (right >= left).then_some(Self {
            w: right - left + 1,
            h: bottom - top + 1,
            pixels,
        })
    }

    pub(crate) fn get(&self, x: i32, y: i32) -> Option<Rgb8> {
        let inside = x >= 0 && y >= 0 && x < self.w && y < self.h;
        if inside {
            self.pixels[(y * self.w + x) as usize]
        } else {
            None
        }
    }

    /// The first solid row of the columns around `x`, each half as wide as `half`.
    pub(crate) fn top_at(&self, x: i32, half: i32) -> i32 {
        let mut best = self.h;
        for px in (x - half).max(0)..=(x + half).min(self.w - 1) {
            for y in 0..self.h {
                if self.get(px, y).is_some() {
                    best = best.min(y);
                    break;
                }
            }
        }
        best
    }

    pub(crate) fn mirrored(&self) -> Self {
        let pixels = (0..self.h)
            .flat_map(|y| (0..self.w).rev().map(move |x| (x, y)))
            .map(|(x, y)| self.get(x, y))
            .collect();
        Self { pixels, ..*self }
    }

    /// Turns the main colour, and what is akin to it, into another.
    pub(crate) fn recolored(mut self, wanted: Rgb8) -> Self {
        let Some(main) = self.main_color() else {
            return self;
        };
        let (from, to) = (Oklab::from(main), Oklab::from(wanted));
        let chroma = (from.a * from.a + from.b * from.b).sqrt();
        for color in self.pixels.iter_mut().flatten() {
            let lab = Oklab::from(*color);
            let own = (lab.a * lab.a + lab.b * lab.b).sqrt();
            let akin = if chroma > 0.05 {
                let along = (lab.a * from.a + lab.b * from.b) / (chroma * own.max(1e-4));
                own > 0.04 && along > 0.80
            } else {
                own < 0.045 && (lab.l - from.l).abs() < 0.30
            };
            if akin {
                let l = (to.l + (lab.l - from.l) * 0.8).clamp(0.08, 0.98);
                let scale = if to.l > 0.01 {
                    (l / to.l).clamp(0.6, 1.1)
                } else {
                    1.0
                };
                *color = Rgb8::from(Oklab {
                    l,
                    a: to.a * scale,
                    b: to.b * scale,
                });
            }
        }
        self
    }

    /// Turns a building's blue glass into lit windows.
    pub(crate) fn with_lights(mut self, glow: Rgb8) -> Self {
        for color in self.pixels.iter_mut().flatten() {
            let lab = Oklab::from(*color);
            if lab.b < -0.06 && lab.l > 0.62 {
                *color = glow;
            }
        }
        self
    }

    /// The colour with the most pixels; outlines and eyes never win over a coat.
    fn main_color(&self) -> Option<Rgb8> {
        let mut counts: BTreeMap<Rgb8, i32> = BTreeMap::new();
        for color in self.pixels.iter().flatten() {
            *counts.entry(*color).or_default() += 1;
        }
        counts
            .into_iter()
            .max_by_key(|&(color, n)| (n, color))
            .map(|(color, _)| color)
    }

    /// Light on the side that the lamp stands on, shade on the other, all in the picture's own light.
    pub(crate) fn lit(mut self, tints: &Tints, light: f32) -> Self {
        let toward = if light > 0.0 { 1 } else { -1 };
        let thick = (self.h / 26).clamp(1, 4);
        let old = self.clone();
        for y in 0..self.h {
            for x in 0..self.w {
                let Some(color) = old.get(x, y) else { continue };
                // Subjects take on less of the air's colour than land: they are what is looked at.
                let here = if color == tints.glow {
                    color
                } else {
                    mix(color, tints.tint(color), 0.52)
                };
                let open = |dx: i32, dy: i32| old.get(x + dx, y + dy).is_none();
                let shaded = (1..=thick).any(|d| open(-toward * d, 0))
                    || (1..=thick).any(|d| open(0, d) && open(-toward, d));
                let rim = open(toward, 0) || open(0, -1) && !open(0, 1);
                let color = if rim {
                    mix(shade(here, 0.06), tints.lamp, 0.16)
                } else if shaded {
                    shade(here, -0.075)
                } else {
                    here
                };
                self.pixels[(y * self.w + x) as usize] = Some(color);
            }
        }
        self
    }

    /// Paints the sprite with its lower middle at `(x, foot)`, outlined; rows from `until` on are left out.
    pub(crate) fn stamp(&self, sheet: &mut Sheet, x: i32, foot: i32, until: i32) {
        let (left, top) = (x - self.w / 2, foot - self.h);
        for y in -1..=self.h {
            if top + y >= until {
                break;
            }
            for px in -1..=self.w {
                let here = self.get(px, y);
                let color = here.or_else(|| {
                    [(0, 1), (0, -1), (1, 0), (-1, 0)]
                        .into_iter()
                        .find_map(|(dx, dy)| self.get(px + dx, y + dy))
                        .map(ink)
                });
                if let Some(color) = color {
                    sheet.set_ranked(left + px, top + y, color, Rank::Subject);
                }
            }
        }
    }
}

/// How each colour of a picture counts, by area.
fn areas(pixmap: &Pixmap) -> BTreeMap<Rgb8, u32> {
    let mut areas = BTreeMap::new();
    for pixel in pixmap.pixels() {
        if pixel.alpha() >= 128 {
            let c = pixel.demultiply();
            *areas
                .entry(Rgb8::new(c.red(), c.green(), c.blue()))
                .or_default() += 1;
        }
    }
    areas
}

/// Draws an SVG so that its drawing, not its sheet, fills the size.
fn draw(svg: &str, tall: f32, widest: f32, samples: u32) -> Option<Pixmap> {
    let options = usvg::Options {
        shape_rendering: usvg::ShapeRendering::CrispEdges,
        ..usvg::Options::default()
    };
    let tree = usvg::Tree::from_str(svg, &options).ok()?;
    let bounds = tree.root().abs_stroke_bounding_box();
    if bounds.width() <= 0.0 || bounds.height() <= 0.0 {
        return None;
    }
    let scale = (tall / bounds.height()).min(widest / bounds.width());
    let (w, h) = (
        (bounds.width() * scale).ceil().max(1.0),
        (bounds.height() * scale).ceil().max(1.0),
    );
    let s = scale * samples as f32;
    let mut pixmap = Pixmap::new(w as u32 * samples, h as u32 * samples)?;
    let slack = (h - bounds.height() * scale) * samples as f32;
    let place = Transform::from_row(s, 0.0, 0.0, s, -bounds.x() * s, -bounds.y() * s + slack);
    resvg::render(&tree, place, &mut pixmap.as_mut());
    Some(pixmap)
}

/// Each pixel takes the colour that most of its samples have; small bright or dark things, such as eyes, count double.
fn rasterize(svg: &str, tall: f32, widest: f32) -> Option<Sprite> {
    let pixmap = draw(svg, tall.max(3.0), widest.max(3.0), SAMPLES)?;
    let areas = areas(&pixmap);
    let total: u32 = areas.values().sum();
    let worth = |color: Rgb8| {
        let share = areas.get(&color).copied().unwrap_or(0) * 100 / total.max(1);
        if share < 5 { 7 } else { 4 }
    };
    let (w, h) = (pixmap.width() / SAMPLES, pixmap.height() / SAMPLES);
    let mut pixels = Vec::with_capacity((w * h) as usize);
    for y in 0..h {
        for x in 0..w {
            let mut votes: Vec<(Rgb8, u32)> = Vec::new();
            let mut solid = 0;
            for sy in 0..SAMPLES {
                for sx in 0..SAMPLES {
                    let Some(pixel) = pixmap.pixel(x * SAMPLES + sx, y * SAMPLES + sy) else {
                        continue;
                    };
                    if pixel.alpha() < 128 {
                        continue;
                    }
                    solid += 1;
                    let c = pixel.demultiply();
                    let color = Rgb8::new(c.red(), c.green(), c.blue());
                    match votes.iter_mut().find(|v| v.0 == color) {
                        Some(vote) => vote.1 += worth(color),
                        None => votes.push((color, worth(color))),
                    }
                }
            }
            let best = votes
                .into_iter()
                .max_by_key(|&(color, n)| (n, color))
                .map(|v| v.0);
            pixels.push(if solid * 5 >= SAMPLES * SAMPLES * 2 {
                best
            } else {
                None
            });
        }
    }
    Some(Sprite {
        w: w as i32,
        h: h as i32,
        pixels,
    })
}

/// The colours of a face for its body, of a bust for its clothes.
fn coat_of(emoji: &str, kind: Kind, attire: &[Attire]) -> Option<Coat> {
    let pixmap = draw(artwork(emoji)?, 36.0, 60.0, 1)?;
    let lower: BTreeMap<Rgb8, u32> = {
        let mut found = BTreeMap::new();
        for y in pixmap.height() * 4 / 5..pixmap.height() {
            for x in 0..pixmap.width() {
                if let Some(pixel) = pixmap.pixel(x, y).filter(|p| p.alpha() >= 128) {
                    let c = pixel.demultiply();
                    *found
                        .entry(Rgb8::new(c.red(), c.green(), c.blue()))
                        .or_default() += 1;
                }
            }
        }
        found
    };
    let all = areas(&pixmap);
    let total: u32 = all.values().sum();
    let most =
        |from: &BTreeMap<Rgb8, u32>| from.iter().max_by_key(|&(c, n)| (*n, *c)).map(|(c, _)| *c);
    let main = most(&all)?;
    let light = all
        .iter()
        .filter(|&(c, n)| *c != main && *n * 14 > total && Oklab::from(*c).l > 0.55)
        .max_by(|a, b| Oklab::from(*a.0).l.total_cmp(&Oklab::from(*b.0).l))
        .map_or_else(|| shade(main, 0.08), |(c, _)| *c);
    let dark = all
        .iter()
        .filter(|&(c, n)| {
            *c != main && *n * 9 > total && Oklab::from(*c).l < Oklab::from(main).l - 0.1
        })
        .map(|(c, _)| *c)
        .next()
        .unwrap_or_else(|| shade(main, -0.06));
    let clothes = most(&lower).unwrap_or(main);
    // Faces without shoulders end in chin or beard, which are no clothes.
    let tone = Oklab::from(clothes);
    let bare = tone.b > 0.09 && tone.l > 0.62 || clothes == main;
    let clothes = if bare { usual_clothes(attire) } else { clothes };
    let bust = kind == Kind::Bust && !matches!(emoji, "👽" | "🤖");
    let (main, dark) = if bust {
        (clothes, Rgb8::new(0x3B, 0x4A, 0x78))
    } else {
        (main, dark)
    };
    Some(Coat {
        main: main.to_string(),
        light: light.to_string(),
        dark: dark.to_string(),
    })
}

fn usual_clothes(attire: &[Attire]) -> Rgb8 {
    let own = attire.iter().find_map(|worn| match worn {
        Attire::Own(name) => Some(name.as_str()),
        Attire::Emoji(_) => None,
    });
    match own {
        Some("knight helmet") => Rgb8::new(0x7B, 0x8A, 0x96),
        Some("samurai helmet") => Rgb8::new(0x8E, 0x24, 0x30),
        Some("pirate hat") => Rgb8::new(0x9C, 0x3A, 0x46),
        Some("viking helmet" | "cowboy hat") => Rgb8::new(0x8A, 0x5A, 0x3A),
        Some(_) | None => Rgb8::new(0x4F, 0x7F, 0xC0),
    }
}
