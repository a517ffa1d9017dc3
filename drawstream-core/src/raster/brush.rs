//! The brush of version 1.1: a disc that follows a path.

use super::line;
use super::span::{Clip, Span};
use crate::plan::CanvasPoint;

/// Half rows of the disc of a diameter: for every row the shifts of its first and last pixel.
///
/// A pixel belongs to the disc if its centre is nearer to the disc's than the square root of `d²/4 − d/8`: rounder
/// than `d/2`, which gives a full square at a diameter of 3.
fn disc(width: u32) -> Vec<(i64, i64, i64)> {
    let d = i64::from(width.max(1));
    let (before, after) = ((d - 1) / 2, d / 2);
    let odd = |shift: i64| 2 * shift - i64::from(d % 2 == 0);
    let near = |x: i64, y: i64| odd(x) * odd(x) + odd(y) * odd(y) < (d * d - d / 2).max(1);
    (-before..=after)
        .filter_map(|y| {
            let left = (-before..=after).find(|&x| near(x, y))?;
            let right = (-before..=after).rev().find(|&x| near(x, y))?;
            Some((y, left, right))
        })
        .collect()
}

/// The pixels of the disc at each point of the path, in order; pixels come as often as the brush passes.
pub(super) fn stroke(path: &[CanvasPoint], width: u32, clip: Clip, emit: &mut dyn FnMut(Span)) {
    let disc = disc(width);
    let mut stamp = |x: i64, y: i64| {
        for &(row, left, right) in &disc {
            if let Some(span) = clip.row(y + row, x + left, x + right) {
                emit(span);
            }
        }
    };
    let reach = i64::from(width);
    if let [only] = path {
        stamp(i64::from(only.x), i64::from(only.y));
    }
    for pair in path.windows(2) {
        line::points(pair[0], pair[1], reach, clip, &mut stamp);
    }
}
