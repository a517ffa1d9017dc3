//! The card: a text alone on the canvas.

use super::font::LINE;
use super::span::Clip;
use super::{Framebuffer, text};
use crate::color::Rgb8;
use crate::plan::CanvasPoint;

/// Draws a text, wrapped and centred, as large as it fits, in a thin frame; what does not fit ends in `…`.
pub(crate) fn draw_card(buffer: &mut Framebuffer, value: &str) {
    let background = buffer.color(0);
    let ink = if background.contrast(Rgb8::WHITE) >= background.contrast(Rgb8::BLACK) {
        Rgb8::new(0xF4, 0xEF, 0xE6)
    } else {
        Rgb8::new(0x1B, 0x1A, 0x20)
    };
    let clip = Clip::new(buffer.size());
    let margin = (clip.w.min(clip.h) / 16).max(1);
    draw_frame(buffer, clip, margin, super::fade(background, ink, 96));
    let room = ((clip.w - 4 * margin).max(1), (clip.h - 4 * margin).max(1));
    let (lines, k) = fit(value, room);
    // A line's letters stand on its seventh row; two more would be the gap to the next.
    let height = lines.len() as i64 * LINE * k - 2 * k;
    let mut top = (clip.h - height) / 2;
    for line in &lines {
        let left = (clip.w - text::columns(line) * k) / 2;
        let at = CanvasPoint::new(narrow(left), narrow(top));
        text::letters(line, at, k, clip, &mut |span| buffer.paint(span, ink));
        top += LINE * k;
    }
}

/// The lines and the magnification: the greatest at which all of them fit and no word is cut.
fn fit(value: &str, (w, h): (i64, i64)) -> (Vec<String>, i64) {
    let most = (h / LINE).clamp(1, 8);
    for k in (2..=most).rev() {
        let limit = w / k;
        let whole = value
            .split_whitespace()
            .all(|word| text::columns(word) <= limit);
        if !whole {
            continue;
        }
        let lines = text::wrap(value, limit);
        if lines.len() as i64 * LINE * k <= h + 2 * k {
            return (lines, k);
        }
    }
    let mut lines = text::wrap(value, w);
    let room = usize::try_from((h + 2) / LINE).unwrap_or(0).max(1);
    if lines.len() > room {
        lines.truncate(room);
        if let Some(last) = lines.last_mut() {
            while text::columns(&format!("{last}…")) > w && last.pop().is_some() {}
            last.push('…');
        }
    }
    (lines, 1)
}

fn draw_frame(buffer: &mut Framebuffer, clip: Clip, margin: i64, color: Rgb8) {
    let (w, h) = (clip.w - 2 * margin, clip.h - 2 * margin);
    let at = CanvasPoint::new(narrow(margin), narrow(margin));
    super::rect::edge(at, narrow(w), narrow(h), clip, &mut |span| {
        buffer.paint(span, color);
    });
}

fn narrow(value: i64) -> i32 {
    i32::try_from(value).expect("a card's places are within a few canvases")
}
