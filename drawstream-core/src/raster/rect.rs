//! Rectangles.

use super::span::{Clip, Span};
use crate::plan::CanvasPoint;

/// The inside: rows from the top, each from the left.
pub(super) fn inside(at: CanvasPoint, w: i32, h: i32, clip: Clip, emit: &mut dyn FnMut(Span)) {
    let (x, y, w, h) = wide(at, w, h);
    if w <= 0 || h <= 0 {
        return;
    }
    for row in y.max(0)..(y + h).min(clip.h) {
        if let Some(span) = clip.row(row, x, x + w - 1) {
            emit(span);
        }
    }
}

/// The one-pixel frame within the same box: around from the top left corner, every pixel once.
pub(super) fn edge(at: CanvasPoint, w: i32, h: i32, clip: Clip, emit: &mut dyn FnMut(Span)) {
    let (x, y, w, h) = wide(at, w, h);
    if w <= 0 || h <= 0 {
        return;
    }
    let (right, bottom) = (x + w - 1, y + h - 1);
    let mut row = |y: i64, from: i64, to: i64| {
        if let Some(span) = clip.row(y, from, to) {
            emit(span);
        }
    };
    row(y, x, right);
    for side in (y + 1).max(0)..=bottom.min(clip.h - 1) {
        row(side, right, right);
    }
    if bottom > y && right > x {
        row(bottom, right - 1, x);
    }
    if right > x {
        for side in ((y + 1).max(0)..=(bottom - 1).min(clip.h - 1)).rev() {
            row(side, x, x);
        }
    }
}

fn wide(at: CanvasPoint, w: i32, h: i32) -> (i64, i64, i64, i64) {
    (i64::from(at.x), i64::from(at.y), i64::from(w), i64::from(h))
}
