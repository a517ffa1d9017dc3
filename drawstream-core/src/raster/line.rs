//! Straight lines: integer Bresenham, entered where the canvas begins.

use super::span::{Clip, Span};
use crate::plan::CanvasPoint;

/// A line of Bresenham's kind as a closed formula, so that a far-off start needs no walking.
///
/// The walk keeps its error in `0..major` (or its mirror image), so after `k` steps along the major axis it has
/// made exactly `⌈(k·minor − ⌊major/2⌋) / major⌉` along the minor one; both cases of the walk agree on that.
#[derive(Clone, Copy)]
struct Walk {
    from: (i64, i64),
    major: i64,
    minor: i64,
    /// Signs of a step along the major and along the minor axis.
    step: (i64, i64),
    axis: Axis,
}

#[derive(Clone, Copy, PartialEq)]
enum Axis {
    X,
    Y,
}

impl Walk {
    fn new(from: CanvasPoint, to: CanvasPoint) -> Self {
        let (x, y) = (i64::from(from.x), i64::from(from.y));
        let (dx, dy) = (i64::from(to.x) - x, i64::from(to.y) - y);
        let sign = |d: i64| if d < 0 { -1 } else { 1 };
        if dx.abs() > dy.abs() {
            Self {
                from: (x, y),
                major: dx.abs(),
                minor: dy.abs(),
                step: (sign(dx), sign(dy)),
                axis: Axis::X,
            }
        } else {
            Self {
                from: (y, x),
                major: dy.abs(),
                minor: dx.abs(),
                step: (sign(dy), sign(dx)),
                axis: Axis::Y,
            }
        }
    }

    /// Steps made along the minor axis after `k` along the major one.
    fn minor_steps(self, k: i64) -> i64 {
        if self.major == 0 {
            return 0;
        }
        let above = i128::from(k) * i128::from(self.minor) - i128::from(self.major / 2);
        let major = i128::from(self.major);
        let steps = (above + major - 1).div_euclid(major);
        i64::try_from(steps).expect("at most the minor length")
    }

    /// Coordinates along the major and the minor axis after `k` steps.
    fn at(self, k: i64) -> (i64, i64) {
        (
            self.from.0 + self.step.0 * k,
            self.from.1 + self.step.1 * self.minor_steps(k),
        )
    }

    /// The steps whose major coordinate is within `0..limit`, and whose minor one is within `-below..minor_limit
    /// + above`: both are monotone in `k`, so the steps are one range.
    fn visible(self, limit: i64, minor_limit: i64, reach: i64) -> std::ops::Range<i64> {
        let (mut first, mut last) = if self.step.0 > 0 {
            (-self.from.0, limit - 1 - self.from.0)
        } else {
            (self.from.0 - (limit - 1), self.from.0)
        };
        first = first.max(0);
        last = last.min(self.major);
        if first > last {
            return 0..0;
        }
        let (low, high) = (-reach, minor_limit - 1 + reach);
        let inside = |k: i64| (low..=high).contains(&self.at(k).1);
        let before = |k: i64| {
            let minor = self.at(k).1;
            if self.step.1 > 0 {
                minor < low
            } else {
                minor > high
            }
        };
        let enters = partition(first, last + 1, before);
        let leaves = partition(enters, last + 1, inside);
        enters..leaves
    }
}

/// The first `k` of `from..to` for which `holds` is false; it is true before and false from there on.
fn partition(mut from: i64, mut to: i64, holds: impl Fn(i64) -> bool) -> i64 {
    while from < to {
        let middle = from + (to - from) / 2;
        if holds(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

/// A line of a width, from its first point: at every step of the walk all pixels across.
///
/// The pixels across are shifts along the minor axis, `-⌊(w−1)/2⌋ ..= ⌊w/2⌋`.
pub(super) fn line(
    from: CanvasPoint,
    to: CanvasPoint,
    width: u32,
    clip: Clip,
    emit: &mut dyn FnMut(Span),
) {
    let walk = Walk::new(from, to);
    let width = i64::from(width.max(1));
    let (before, after) = ((width - 1) / 2, width / 2);
    match walk.axis {
        Axis::X => {
            for k in walk.visible(clip.w, clip.h, after) {
                let (x, y) = walk.at(k);
                for y in (y - before).max(0)..=(y + after).min(clip.h - 1) {
                    if let Some(index) = clip.pixel(x, y) {
                        emit(Span::single(index));
                    }
                }
            }
        }
        Axis::Y => {
            for k in walk.visible(clip.h, clip.w, after) {
                let (y, x) = walk.at(k);
                if let Some(span) = clip.row(y, x - before, x + after) {
                    emit(span);
                }
            }
        }
    }
}

/// The points of a line of width 1 that lie within `reach` of the canvas, in order.
pub(super) fn points(
    from: CanvasPoint,
    to: CanvasPoint,
    reach: i64,
    clip: Clip,
    emit: &mut dyn FnMut(i64, i64),
) {
    let mut walk = Walk::new(from, to);
    walk.from.0 += reach;
    let (limit, minor_limit) = match walk.axis {
        Axis::X => (clip.w, clip.h),
        Axis::Y => (clip.h, clip.w),
    };
    for k in walk.visible(limit + 2 * reach, minor_limit, reach) {
        let (major, minor) = walk.at(k);
        match walk.axis {
            Axis::X => emit(major - reach, minor),
            Axis::Y => emit(minor, major - reach),
        }
    }
}
