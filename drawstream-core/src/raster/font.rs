//! The letters that plans are lettered with: Tiny5, drawn out as pixels, Latin, Cyrillic and Greek.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use unicode_normalization::char::is_combining_mark;

/// Height of the font's em in its own pixels: the size at which one of its pixels is one of the canvas.
pub(super) const EM: i64 = 8;
/// Rows from the top of a line down to its baseline.
pub(super) const ASCENT: i64 = 7;
/// Rows from one line's top to the next one's.
pub(super) const LINE: i64 = 9;

/// One letter's pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    /// Columns from this letter's origin to the next one's.
    pub(super) advance: i64,
    /// Columns from the origin to the leftmost pixel.
    pub(super) left: i64,
    /// Rows from the baseline up to the top row.
    pub(super) top: i64,
    /// Rows from the top; the highest bit is the leftmost pixel.
    pub(super) rows: Vec<u16>,
}

static FONT: LazyLock<BTreeMap<char, Glyph>> = LazyLock::new(|| {
    include_str!("../../assets/tiny5/tiny5.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(parse_line)
        .collect()
});

/// A box: what is drawn for a letter that the font lacks.
static MISSING: LazyLock<Glyph> = LazyLock::new(|| Glyph {
    advance: 5,
    left: 0,
    top: 5,
    rows: vec![0xF000, 0x9000, 0x9000, 0x9000, 0xF000],
});

fn parse_line(line: &str) -> Option<(char, Glyph)> {
    let mut fields = line.split(' ');
    let letter = char::from_u32(u32::from_str_radix(fields.next()?, 16).ok()?)?;
    let mut number = || fields.next()?.parse::<i64>().ok();
    let (advance, left, top) = (number()?, number()?, number()?);
    let rows = fields
        .map(|row| u16::from_str_radix(row, 16).ok())
        .collect::<Option<_>>()?;
    Some((
        letter,
        Glyph {
            advance,
            left,
            top,
            rows,
        },
    ))
}

/// The pixels of a letter: a box where the font lacks it, `None` where it is invisible anyway.
pub(super) fn glyph(letter: char) -> Option<&'static Glyph> {
    let letter = match letter {
        '\t' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        other => other,
    };
    if is_unseen(letter) {
        return None;
    }
    Some(FONT.get(&letter).unwrap_or(&MISSING))
}

/// Controls, joiners, direction marks, variation selectors and marks that found no letter to sit on.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || is_combining_mark(letter)
        || matches!(letter,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_font_is_read_and_latin_and_cyrillic_are_complete() {
        let lines = include_str!("../../assets/tiny5/tiny5.txt").lines();
        let glyphs = lines.filter(|line| !line.starts_with('#')).count();
        assert_eq!(FONT.len(), glyphs);
        let letters = ('\u{20}'..='\u{7E}')
            .chain('\u{A1}'..='\u{AC}')
            .chain('\u{AE}'..='\u{17F}')
            .chain('\u{400}'..='\u{45F}');
        for letter in letters {
            assert!(FONT.contains_key(&letter), "no {letter:?}");
        }
    }
}
