//! Lines of letters.

use unicode_normalization::UnicodeNormalization;

use super::font::{ASCENT, EM, Glyph, LINE, glyph};
use super::span::{Clip, Span};
use crate::plan::CanvasPoint;

/// Canvas pixels to a pixel of the font: the greatest whole number with which letters are at most `size` high, at
/// least 1. Only whole ones keep every stem as thick as the next.
pub(super) fn magnification(size: u8) -> i64 {
    (i64::from(size) / EM).max(1)
}

/// Letters from their top left corner on, a letter after the other, each from its left column; `\n` begins a new
/// line.
pub(super) fn letters(
    value: &str,
    at: CanvasPoint,
    magnification: i64,
    clip: Clip,
    emit: &mut dyn FnMut(Span),
) {
    let (left, mut top) = (i64::from(at.x), i64::from(at.y));
    let mut x = left;
    for letter in value.nfc() {
        if letter == '\n' {
            (x, top) = (left, top + LINE * magnification);
            continue;
        }
        if let Some(glyph) = glyph(letter) {
            draw(glyph, (x, top), magnification, clip, emit);
            x += glyph.advance * magnification;
        }
    }
}

fn draw(glyph: &Glyph, (x, top): (i64, i64), k: i64, clip: Clip, emit: &mut dyn FnMut(Span)) {
    let left = x + glyph.left * k;
    let top = top + (ASCENT - glyph.top) * k;
    if left >= clip.w || left + 16 * k <= 0 {
        return;
    }
    for column in 0..16 {
        for (row, bits) in (0i64..).zip(&glyph.rows) {
            if bits & (0x8000 >> column) == 0 {
                continue;
            }
            let (px, py) = (left + i64::from(column) * k, top + row * k);
            for y in py..py + k {
                if let Some(span) = clip.row(y, px, px + k - 1) {
                    emit(span);
                }
            }
        }
    }
}

/// Columns that a line takes, in the font's own pixels, without the gap after its last letter.
pub(super) fn columns(line: &str) -> i64 {
    let advance: i64 = line.nfc().filter_map(glyph).map(|g| g.advance).sum();
    (advance - 1).max(0)
}

/// Cuts text into lines of at most `limit` columns (of the font's own pixels), between words where that is possible.
pub(super) fn wrap(text: &str, limit: i64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let joined = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if columns(&joined) <= limit {
                line = joined;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.nfc() {
                line.push(letter);
                if columns(&line) > limit && line.chars().nth(1).is_some() {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        lines.push(line);
    }
    lines
}
