//! Polygons: even-odd rows with both ends inclusive, and the closed chain of lines around.

use super::line;
use super::span::{Clip, Span};
use crate::plan::CanvasPoint;

/// Coordinates up to this keep `x · Δy + Δx · Δy` within `i64`.
const SMALL: i64 = 1 << 29;

/// A side that is not horizontal, from its upper end.
#[derive(Clone, Copy)]
struct Side {
    top: (i64, i64),
    bottom: (i64, i64),
}

impl Side {
    /// Where it crosses row `y`: the exact crossing, truncated toward 0.
    fn crossing(self, y: i64) -> i64 {
        let (dx, dy) = (self.bottom.0 - self.top.0, self.bottom.1 - self.top.1);
        let small = |(x, y): (i64, i64)| x.abs() <= SMALL && y.abs() <= SMALL;
        if small(self.top) && small(self.bottom) {
            return (self.top.0 * dy + (y - self.top.1) * dx) / dy;
        }
        let wide = i128::from;
        let exact = wide(self.top.0) * wide(dy) + wide(y - self.top.1) * wide(dx);
        i64::try_from(exact / wide(dy)).expect("between the side's ends")
    }
}

/// A polygon's sides, sorted for a walk down the rows.
struct Sides {
    slanted: Vec<Side>,
    /// Row, and both ends, of the horizontal sides that are neither on the first nor on the last row.
    level: Vec<(i64, i64, i64)>,
    first: i64,
    last: i64,
}

impl Sides {
    fn new(points: &[CanvasPoint]) -> Self {
        let rows = || points.iter().map(|p| i64::from(p.y));
        let mut sides = Self {
            slanted: Vec::new(),
            level: Vec::new(),
            first: rows().min().unwrap_or(0),
            last: rows().max().unwrap_or(-1),
        };
        let wide = |p: CanvasPoint| (i64::from(p.x), i64::from(p.y));
        let before = points.last().into_iter().chain(points);
        for (a, b) in before.zip(points) {
            let (a, b) = (wide(*a), wide(*b));
            if a.1 != b.1 {
                let (top, bottom) = if a.1 < b.1 { (a, b) } else { (b, a) };
                sides.slanted.push(Side { top, bottom });
            } else if sides.first < a.1 && a.1 < sides.last {
                sides.level.push((a.1, a.0.min(b.0), a.0.max(b.0)));
            }
        }
        sides.slanted.sort_unstable_by_key(|side| side.top.1);
        sides.level.sort_unstable();
        sides
    }
}

/// The inside: rows from the top, each from the left, every pixel once.
pub(super) fn inside(points: &[CanvasPoint], clip: Clip, emit: &mut dyn FnMut(Span)) {
    let sides = Sides::new(points);
    if sides.first == sides.last {
        let columns = || points.iter().map(|p| i64::from(p.x));
        if let (Some(left), Some(right)) = (columns().min(), columns().max())
            && let Some(span) = clip.row(sides.first, left, right)
        {
            emit(span);
        }
        return;
    }
    let mut active: Vec<Side> = Vec::new();
    let mut waiting = sides.slanted.iter().peekable();
    let mut level = sides.level.iter().peekable();
    let mut crossings: Vec<i64> = Vec::new();
    let mut stretches: Vec<(i64, i64)> = Vec::new();
    for y in sides.first.max(0)..=sides.last.min(clip.h - 1) {
        while let Some(side) = waiting.next_if(|side| side.top.1 <= y) {
            active.push(*side);
        }
        // On the last row the sides that end there count too: nothing below would close the shape.
        active.retain(|side| side.bottom.1 > y || (y == sides.last && side.bottom.1 == y));
        crossings.clear();
        crossings.extend(active.iter().map(|side| side.crossing(y)));
        crossings.sort_unstable();
        stretches.clear();
        stretches.extend(crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        while let Some(&(row, left, right)) = level.next_if(|side| side.0 <= y) {
            if row == y {
                stretches.push((left, right));
            }
        }
        emit_merged(&mut stretches, y, clip, emit);
    }
}

fn emit_merged(stretches: &mut [(i64, i64)], y: i64, clip: Clip, emit: &mut dyn FnMut(Span)) {
    stretches.sort_unstable();
    let mut open: Option<(i64, i64)> = None;
    let mut flush = |stretch: Option<(i64, i64)>| {
        if let Some(span) = stretch.and_then(|(left, right)| clip.row(y, left, right)) {
            emit(span);
        }
    };
    for &(left, right) in stretches.iter() {
        open = match open {
            Some((start, end)) if left <= end => Some((start, end.max(right))),
            done => {
                flush(done);
                Some((left, right))
            }
        };
    }
    flush(open);
}

/// The closed chain of lines of width 1; where two meet or cross, pixels come more than once.
pub(super) fn edge(points: &[CanvasPoint], clip: Clip, emit: &mut dyn FnMut(Span)) {
    let next = points.iter().skip(1).chain(points.first());
    for (from, to) in points.iter().zip(next) {
        line::line(*from, *to, 1, clip, emit);
    }
}
