//! The [`Site`]: a gallery as pages that work from a disk and need no network.
//!
//! Names and titles on them have passed the gate. What is forgotten in the ledger is gone with the next building.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drawstream_core::color::Rgb8;
use drawstream_core::gate::ScreenText;
use drawstream_core::stage::Locale;

use super::{Gallery, Piece};
use drawstream_core::donation::DonationId;

const STYLE: &str = include_str!("site/style.css");
/// By this a page is known as ours.
const MARK: &str = "<meta name=\"generator\" content=\"drawstream gallery\">";
/// The side that a picture has beside others, in pixels of the page at most.
const SMALL: u32 = 288;
/// The sides that it has on a page of its own: on a phone, on a tablet, on a desk.
const LARGE: [u32; 3] = [350, 600, 800];
/// Swatches of a palette.
const MOST_COLORS: usize = 24;

/// What cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// There are pages of somebody else.
    #[error("{} has an index.html that is not a gallery's", folder.display())]
    Foreign {
        /// Where.
        folder: PathBuf,
    },
    /// A file cannot be written.
    #[error("write {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A painting on the wall: what may be told of it.
#[derive(Debug)]
pub struct Wall {
    /// The ledger's number.
    pub id: DonationId,
    /// Who gave, as screens show it.
    pub donor: Option<ScreenText>,
    /// What was asked for, as screens show it.
    pub title: Option<ScreenText>,
    /// The day on which it was shown, as `2026-11-22`.
    pub day: String,
    /// How it was made.
    pub(crate) piece: Piece,
}

/// Pages in a folder.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    locale: Locale,
    caption: String,
}

/// What the pages say besides names and titles.
struct Words {
    language: &'static str,
    title: &'static str,
    anonymous: &'static str,
    untitled: &'static str,
    lapse: &'static str,
    older: &'static str,
    newer: &'static str,
    all: &'static str,
    empty: &'static str,
    /// Size, strokes, time, painter.
    facts: [&'static str; 4],
    seconds: &'static str,
}

const EN: Words = Words {
    language: "en",
    title: "Gallery",
    anonymous: "Anonymous",
    untitled: "A surprise",
    lapse: "Watch it being painted",
    older: "Older",
    newer: "Newer",
    all: "All paintings",
    empty: "Nothing was painted yet.",
    facts: ["Canvas", "Strokes", "Painted in", "Painter"],
    seconds: "s",
};

const RU: Words = Words {
    language: "ru",
    title: "Галерея",
    anonymous: "Аноним",
    untitled: "Сюрприз",
    lapse: "Посмотреть, как рисовалась",
    older: "Раньше",
    newer: "Позже",
    all: "Все картины",
    empty: "Пока ничего не нарисовано.",
    facts: ["Холст", "Мазков", "Нарисована за", "Художник"],
    seconds: "с",
};

impl Site {
    /// A site in this folder, which is made where it is not there; `caption` stands below its title.
    ///
    /// # Errors
    /// [`SiteError::Foreign`] where other pages are there already.
    pub fn open(folder: &Path, locale: Locale, caption: &str) -> Result<Self, SiteError> {
        let index = fs::read_to_string(folder.join("index.html"));
        if index.is_ok_and(|page| !page.contains(MARK)) {
            return Err(SiteError::Foreign {
                folder: folder.to_owned(),
            });
        }
        let works = folder.join("works");
        fs::create_dir_all(&works).map_err(|source| SiteError::File {
            path: works,
            source,
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            locale,
            caption: caption.to_owned(),
        })
    }

    const fn words(&self) -> &'static Words {
        match self.locale {
            Locale::En => &EN,
            Locale::Ru => &RU,
        }
    }

    /// Writes all pages; `walls` is the newest first. Pictures and time-lapses that hang in `gallery` are taken from
    /// there. Pages of what is not on the walls any more are removed.
    ///
    /// # Errors
    /// [`SiteError`].
    pub fn build(&self, walls: &[Wall], gallery: &Gallery) -> Result<(), SiteError> {
        let mut kept = BTreeSet::new();
        for (place, wall) in walls.iter().enumerate() {
            let newer = place.checked_sub(1).and_then(|place| walls.get(place));
            self.write_wall(wall, newer, walls.get(place + 1), gallery)?;
            for ending in ["html", "png", "gif"] {
                kept.insert(file_name(wall.id, ending));
            }
        }
        self.write("style.css", STYLE.as_bytes())?;
        self.write("index.html", self.index(walls).as_bytes())?;
        self.remove_but(&kept);
        Ok(())
    }

    fn write_wall(
        &self,
        wall: &Wall,
        newer: Option<&Wall>,
        older: Option<&Wall>,
        gallery: &Gallery,
    ) -> Result<(), SiteError> {
        let works = self.folder.join("works");
        let place = |ending: &str| works.join(file_name(wall.id, ending));
        let failed = |path: PathBuf| {
            move |error: anyhow::Error| SiteError::File {
                path,
                source: io::Error::other(error),
            }
        };
        let picture = place("png");
        wall.piece
            .write_picture(&picture)
            .map_err(failed(picture))?;
        let lapse = place("gif");
        let hung = gallery.lapse(wall.id);
        if !hung.exists() || fs::copy(&hung, &lapse).is_err() {
            wall.piece.write_lapse(&lapse).map_err(failed(lapse))?;
        }
        let page = self.page(wall, newer, older);
        self.write(
            &format!("works/{}", file_name(wall.id, "html")),
            page.as_bytes(),
        )
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SiteError> {
        let path = self.folder.join(name);
        fs::write(&path, bytes).map_err(|source| SiteError::File { path, source })
    }

    /// Removes pages and pictures of ours that are on no wall.
    fn remove_but(&self, kept: &BTreeSet<String>) {
        let files = fs::read_dir(self.folder.join("works"))
            .into_iter()
            .flatten()
            .flatten();
        for file in files {
            let name = file.file_name().to_string_lossy().into_owned();
            let is_ours = name.split_once('.').is_some_and(|(stem, ending)| {
                stem.len() >= 6
                    && stem.bytes().all(|b| b.is_ascii_digit())
                    && ["html", "png", "gif"].contains(&ending)
            });
            if is_ours && !kept.contains(&name) {
                // One that cannot be removed now is removed with the next building; no page leads to it.
                let _ = fs::remove_file(file.path());
            }
        }
    }

    fn head(&self, title: &str, up: &str) -> String {
        format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{MARK}\n<title>{}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"{up}style.css\">\n</head>\n",
            self.words().language,
            escaped(title)
        )
    }

    fn index(&self, walls: &[Wall]) -> String {
        let words = self.words();
        let mut page = self.head(words.title, "");
        // Writing to a String does not fail.
        let _ = write!(
            page,
            "<body>\n<header><h1>{}</h1><p>{}</p></header>\n<main class=\"walls\">\n",
            words.title,
            escaped(&self.caption)
        );
        if walls.is_empty() {
            let _ = writeln!(page, "<p class=\"empty\">{}</p>", words.empty);
        }
        for wall in walls {
            let size = wall.piece.timeline.canvas().size;
            let (w, h) = (u32::from(size.w()), u32::from(size.h()));
            let (width, height) = fitted((w, h), SMALL);
            let _ = writeln!(
                page,
                "<a class=\"wall\" href=\"works/{html}\"><span class=\"frame\"><img src=\"works/{png}\" width=\"{width}\" \
                 height=\"{height}\" alt=\"\" loading=\"lazy\"></span><b dir=\"auto\">{title}</b>\
                 <span dir=\"auto\">{donor}</span><time>{day}</time></a>",
                html = file_name(wall.id, "html"),
                png = file_name(wall.id, "png"),
                title = escaped(self.title(wall)),
                donor = escaped(self.donor(wall)),
                day = wall.day,
            );
        }
        page + "</main>\n</body>\n</html>\n"
    }

    fn page(&self, wall: &Wall, newer: Option<&Wall>, older: Option<&Wall>) -> String {
        let words = self.words();
        let timeline = &wall.piece.timeline;
        let size = timeline.canvas().size;
        let sides = LARGE.map(|most| fitted((size.w().into(), size.h().into()), most).0);
        let mut page = self.head(self.title(wall), "../");
        let (title, donor) = (escaped(self.title(wall)), escaped(self.donor(wall)));
        let _ = write!(
            page,
            "<body>\n<main class=\"work\">\n<nav><a href=\"../index.html\">{all}</a></nav>\n\
             <span class=\"frame\"><img class=\"large\" src=\"{png}\" alt=\"\" style=\"--s:{}px;--m:{}px;--l:{}px;\
             aspect-ratio:{}/{}\"></span>\n<div class=\"words\">\n<h1 dir=\"auto\">{title}</h1>\n\
             <p class=\"donor\" dir=\"auto\">{donor}</p>\n<p class=\"dabs\">",
            sides[0],
            sides[1],
            sides[2],
            size.w(),
            size.h(),
            all = words.all,
            png = file_name(wall.id, "png"),
        );
        for Rgb8 { r, g, b } in timeline.palette(MOST_COLORS) {
            let _ = write!(page, "<i style=\"background:#{r:02x}{g:02x}{b:02x}\"></i>");
        }
        page += "</p>\n<dl>\n";
        let facts = [
            Some(format!("{} × {}", size.w(), size.h())),
            Some(timeline.strokes().to_string()),
            Some(seconds(timeline.duration(), words.seconds)),
            wall.piece.painter.clone(),
        ];
        for (name, fact) in words.facts.iter().zip(facts) {
            if let Some(fact) = fact {
                let _ = writeln!(
                    page,
                    "<div><dt>{name}</dt><dd>{}</dd></div>",
                    escaped(&fact)
                );
            }
        }
        let _ = write!(
            page,
            "</dl>\n<time>{}</time>\n<details><summary>{}</summary><img class=\"lapse\" src=\"{}\" alt=\"\" loading=\"lazy\" \
             style=\"--s:{}px;aspect-ratio:{}/{}\"></details>\n<p class=\"others\">",
            wall.day,
            words.lapse,
            file_name(wall.id, "gif"),
            fitted((size.w().into(), size.h().into()), SMALL).0,
            size.w(),
            size.h(),
        );
        for (other, word) in [(newer, words.newer), (older, words.older)] {
            if let Some(other) = other {
                let _ = write!(
                    page,
                    "<a href=\"{}\">{word}</a>",
                    file_name(other.id, "html")
                );
            }
        }
        page + "</p>\n</div>\n</main>\n</body>\n</html>\n"
    }

    fn title<'a>(&self, wall: &'a Wall) -> &'a str {
        wall.title
            .as_ref()
            .map_or(self.words().untitled, ScreenText::as_str)
    }

    fn donor<'a>(&self, wall: &'a Wall) -> &'a str {
        wall.donor
            .as_ref()
            .map_or(self.words().anonymous, ScreenText::as_str)
    }
}

fn file_name(id: DonationId, ending: &str) -> String {
    format!("{:06}.{ending}", id.0)
}

fn seconds(time: Duration, unit: &str) -> String {
    format!("{:.0} {unit}", time.as_secs_f64())
}

/// The sides of a picture enlarged by the largest whole factor that fits, or made smaller where it does not.
fn fitted((w, h): (u32, u32), most: u32) -> (u32, u32) {
    let side = w.max(h).max(1);
    if side <= most {
        let k = most / side;
        (w * k, h * k)
    } else {
        (w * most / side, h * most / side)
    }
}

/// Text that cannot be markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
