//! Circles of even diameter: the midpoint walk as a closed formula, so that only visible rows cost anything.
//!
//! The walk makes steps `x = 1, 2, …` and lowers `y` from `r` by at most one a step, where `f = (x + 1)² + y² − y −
//! r²` is not negative. So `y` is the greatest with `y (y − 1) < r² − x²`; only the last step, past the diagonal,
//! may want to fall by two and is held back. Checked against the walk itself for every radius up to 600 in a test.

use super::span::{Clip, Span};
use crate::plan::CanvasPoint;

/// The midpoint walk of one radius, at least 1.
#[derive(Clone, Copy)]
struct Octant {
    r: i64,
    /// The last step of the walk: the first where `x ≥ y`.
    last: i64,
}

impl Octant {
    fn new(r: u32) -> Self {
        let mut octant = Self {
            r: i64::from(r),
            last: 0,
        };
        let (mut low, mut high) = (1, octant.r);
        while low < high {
            let middle = low + (high - low) / 2;
            if middle < octant.free_y(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        octant.last = low;
        octant
    }

    /// The greatest `y` with `y (y − 1) < r² − x²`, 0 where there is none.
    fn free_y(self, x: i64) -> i64 {
        let room = i128::from(self.r) * i128::from(self.r) - i128::from(x) * i128::from(x);
        if room <= 0 {
            return 0;
        }
        let root = (4 * (room - 1) + 1).isqrt();
        narrow((1 + root) / 2)
    }

    /// Where the walk stands at step `x`, `1..=last`.
    fn y(self, x: i64) -> i64 {
        self.free_y(x).max(self.free_y(x - 1) - 1)
    }

    /// Half the length of the rows `cy + j` and `cy − 1 − j`, for `j` in `0..r`.
    fn half_row(self, j: i64) -> i64 {
        if self.r == 1 {
            return 1;
        }
        let from_steps = if j < self.last { self.y(j + 1) } else { 0 };
        if j + 1 < self.y(self.last) {
            return from_steps;
        }
        let room = i128::from(self.r) * i128::from(self.r) - i128::from(j) * i128::from(j + 1);
        let from_falls = if room > 0 { (room - 1).isqrt() } else { 0 };
        from_steps.max(narrow(from_falls))
    }
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).expect("at most a radius")
}

/// The inside: rows from the top, each from the left; nothing for a radius of 0.
pub(super) fn inside(center: CanvasPoint, r: u32, clip: Clip, emit: &mut dyn FnMut(Span)) {
    if r == 0 {
        return;
    }
    let octant = Octant::new(r);
    let (cx, cy) = (i64::from(center.x), i64::from(center.y));
    for y in (cy - octant.r).max(0)..(cy + octant.r).min(clip.h) {
        let j = if y >= cy { y - cy } else { cy - 1 - y };
        let half = octant.half_row(j);
        if let Some(span) = clip.row(y, cx - half, cx + half - 1) {
            emit(span);
        }
    }
}

/// The edge: the walk's eight mirror images joined into one way around, clockwise from the rightmost point.
///
/// Neighbouring images share pixels; they are emitted as often as the images hold them.
pub(super) fn edge(center: CanvasPoint, r: u32, clip: Clip, emit: &mut dyn FnMut(Span)) {
    if r == 0 {
        return;
    }
    let octant = Octant::new(r);
    let (cx, cy) = (i64::from(center.x), i64::from(center.y));
    // Steps along rows have x as the row's distance, the others as the column's; odd images run backwards.
    for image in 0..8 {
        let (steps_down, rightward, downward) = match image {
            0 => (true, true, true),
            1 => (false, true, true),
            2 => (false, false, true),
            3 => (true, false, true),
            4 => (true, false, false),
            5 => (false, false, false),
            6 => (false, true, false),
            _ => (true, true, false),
        };
        let (middle, limit) = if steps_down {
            (cy, clip.h)
        } else {
            (cx, clip.w)
        };
        let positive = if steps_down { downward } else { rightward };
        // Step x is the coordinate middle + x − 1 on the positive side and middle − x on the other.
        let (first, last) = if positive {
            (1 - middle, limit - middle)
        } else {
            (middle - limit + 1, middle)
        };
        let (first, last) = (first.max(1), last.min(octant.last));
        let mut point = |x: i64| {
            let y = octant.y(x);
            let (across, down) = if steps_down { (y, x) } else { (x, y) };
            let px = if rightward {
                cx + across - 1
            } else {
                cx - across
            };
            let py = if downward { cy + down - 1 } else { cy - down };
            if let Some(index) = clip.pixel(px, py) {
                emit(Span::single(index));
            }
        };
        if image % 2 == 0 {
            (first..=last).for_each(&mut point);
        } else {
            (first..=last).rev().for_each(&mut point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The midpoint walk as the format's rules give it: steps, and half rows by `j`.
    fn walked(r: i64) -> (Vec<(i64, i64)>, Vec<i64>) {
        let (mut f, mut fx, mut fy, mut x, mut y) = (1 - r, 0, -2 * r, 0, r);
        let (mut steps, mut rows) = (Vec::new(), vec![0; usize::try_from(r).unwrap()]);
        let mut widen = |j: i64, half: i64| {
            if let Some(row) = usize::try_from(j).ok().and_then(|j| rows.get_mut(j)) {
                *row = half.max(*row);
            }
        };
        while x < y {
            if f >= 0 {
                y -= 1;
                fy += 2;
                f += fy;
            }
            x += 1;
            fx += 2;
            f += fx + 1;
            steps.push((x, y));
            if f >= 0 {
                widen(y - 1, x);
            }
            widen(x - 1, y);
        }
        (steps, rows)
    }

    #[test]
    fn the_formula_is_the_walk() {
        for r in 1..=600u32 {
            let octant = Octant::new(r);
            let (steps, rows) = walked(i64::from(r));
            let formula: Vec<_> = (1..=octant.last).map(|x| (x, octant.y(x))).collect();
            assert_eq!(formula, steps, "steps of radius {r}");
            if r > 1 {
                let formula: Vec<_> = (0..i64::from(r)).map(|j| octant.half_row(j)).collect();
                assert_eq!(formula, rows, "rows of radius {r}");
            }
        }
    }
}
