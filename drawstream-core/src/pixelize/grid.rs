//! [`Grid`]: where the pseudo pixels of a picture lie.

use super::boundaries::Histogram;
use super::edges::Edges;
use super::field::Field;
use super::options::Quality;
use super::pitch::{self, Pitch};

/// Where the pseudo pixels of a picture lie, as far as callers may care.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Mean width and height of a pseudo pixel, in pixels of the picture.
    pub pitch: [f32; 2],
    /// Where the first whole pseudo pixel begins, from the left and from the top, in pixels.
    pub phase: [f32; 2],
    /// How much of the edges comes in step: at least 0.15, above 0.7 where the grid is clean.
    pub confidence: f32,
    /// Left ends of the columns and the right end of the last, in pixels, before displacement.
    pub columns: Vec<f32>,
    /// Upper ends of the rows and the lower end of the last, in pixels, before displacement.
    pub rows: Vec<f32>,
    /// The farthest that the grid strays locally from those straight lines, in pixels.
    pub warp: f32,
}

/// Boundaries of both axes, and how they are displaced.
#[derive(Clone, Debug)]
pub(crate) struct Lattice {
    /// Ends of the cells from left to right, then from top to bottom: one more than there are cells.
    pub(crate) ends: [Vec<f32>; 2],
    pub(crate) field: Field,
    pub(crate) pitch: [f32; 2],
    pub(crate) confidence: f32,
}

/// Below this share of edges in step there is no grid. Photographs have been seen with up to 0.07 (brickwork, rows of
/// windows), hard pixel art (strong noise and warp) with no less than 0.3.
const LEAST_CONFIDENCE: f32 = 0.15;

/// How often boundaries are traced, straightened in between.
const ROUNDS: usize = 3;

impl Lattice {
    /// The grid of a picture; `asked` are the cells across and down that the caller would like.
    pub(crate) fn find(edges: &Edges, asked: Option<[usize; 2]>, quality: Quality) -> Option<Self> {
        if !edges.are_drawn() {
            return None;
        }
        let found = pitch::find(edges, quality)?;
        if found.confidence < LEAST_CONFIDENCE {
            return None;
        }
        let [width, height] = edges.size;
        let found = Pitch {
            pixels: found.pixels / whole_multiple(found.pixels, edges.size, asked),
            ..found
        };
        // Ten cells a tile: warps are slower than that, and there are edges enough in it.
        let mut field = Field::flat(width, height, 10.0 * found.pixels, found.pixels);
        let mut pitch = [found.pixels; 2];
        let mut lines = [Vec::new(), Vec::new()];
        let rounds = match quality {
            Quality::Best => ROUNDS,
            Quality::Fast => ROUNDS - 1,
        };
        for round in 0..rounds {
            for axis in 0..2 {
                let points = &edges.axes[axis];
                let length = edges.size[axis];
                let histogram = Histogram::new(length, field.straightened(axis, points));
                lines[axis] = histogram.trace(pitch[axis]);
                if lines[axis].len() < 2 {
                    return None;
                }
                if let Some(p) = histogram.measured_pitch(&lines[axis]) {
                    pitch[axis] = p;
                }
                if round == 0 && quality == Quality::Best {
                    lines[axis] = histogram.trace(pitch[axis]);
                }
                if round + 1 < rounds {
                    field.follow(axis, points, &lines[axis], length);
                }
            }
        }
        let ends = [0, 1].map(|axis| {
            let asked = asked.map(|a| a[axis]);
            let length = edges.size[axis];
            let ends = closed(&lines[axis], pitch[axis], length as f32, asked);
            let Some(asked) = asked.filter(|_| ends.strays) else {
                return ends.lines;
            };
            let histogram = Histogram::new(length, field.straightened(axis, &edges.axes[axis]));
            recounted(&histogram, &ends.lines, length as f32, asked).unwrap_or(ends.lines)
        });
        let enough = ends.iter().all(|e| e.len() >= 2);
        enough.then_some(Self {
            ends,
            field,
            pitch,
            confidence: found.confidence,
        })
    }

    /// A grid without displacement: `columns` by `rows` equal cells over a whole picture.
    pub(crate) fn even(width: usize, height: usize, columns: usize, rows: usize) -> Self {
        let ends = [(width, columns), (height, rows)].map(|(length, n)| {
            (0..=n)
                .map(|i| (i as f64 * length as f64 / n as f64) as f32)
                .collect()
        });
        let pitch = [width as f32 / columns as f32, height as f32 / rows as f32];
        Self {
            ends,
            field: Field::flat(width, height, width.max(height) as f32, pitch[0]),
            pitch,
            confidence: 1.0,
        }
    }

    /// Cells across.
    pub(crate) fn columns(&self) -> usize {
        self.ends[0].len() - 1
    }

    /// Cells down.
    pub(crate) fn rows(&self) -> usize {
        self.ends[1].len() - 1
    }

    /// What callers are told.
    pub(crate) fn report(&self) -> Grid {
        let mut field = self.field.clone();
        let warp = field
            .shifts_mut()
            .iter()
            .flatten()
            .fold(0.0f32, |most, s| most.max(s.abs()));
        let phase = [0, 1].map(|axis| {
            let first = self.ends[axis].iter().copied().find(|&e| e >= 0.0);
            first.unwrap_or(0.0)
        });
        Grid {
            pitch: self.pitch,
            phase,
            confidence: self.confidence,
            columns: self.ends[0].clone(),
            rows: self.ends[1].clone(),
            warp,
        }
    }
}

/// How many of the asked cells one found pseudo pixel is wide: drawings whose every shape is two or three cells wide
/// show no finer grid, and asked for the finer one they shall keep every cell.
fn whole_multiple(pitch: f32, size: [usize; 2], asked: Option<[usize; 2]>) -> f32 {
    // Found and asked grids of a drifting picture differ by this share of a cell.
    const NEARLY: f32 = 0.12;
    let Some(asked) = asked else { return 1.0 };
    let wanted = (size[0] as f32 / asked[0] as f32 + size[1] as f32 / asked[1] as f32) / 2.0;
    let times = (pitch / wanted + 0.5).floor();
    if times >= 2.0 && (pitch / wanted - times).abs() < NEARLY * times {
        times
    } else {
        1.0
    }
}

/// Boundaries of as many cells as were asked, where a trace has missed some: over a plain stretch it may lose count.
///
/// `None` where so many don't come out, or only against the edges.
fn recounted(histogram: &Histogram, ends: &[f32], length: f32, asked: usize) -> Option<Vec<f32>> {
    // Who misses more cells than one in sixteen sees another grid.
    const SELDOM: usize = 16;
    // What a boundary is worth more or less, in rewards: where edges are clear they are worth 3.
    const LEANS: [f32; 5] = [0.0, 0.1, 0.2, 0.4, 0.8];
    // A grid of another number of cells leaves many more edges than this unexplained.
    const NEARLY: f32 = 0.98;
    let found = ends.len() - 1;
    if found.abs_diff(asked) * SELDOM > asked {
        return None;
    }
    let pitch = length / asked as f32;
    let explained = |ends: &[f32]| histogram.share_near(ends, pitch / 8.0);
    let side = if found < asked { 1.0 } else { -1.0 };
    LEANS.into_iter().find_map(|lean| {
        let lines = histogram.trace_leaning(pitch, side * lean);
        if lines.len() < 2 {
            return None;
        }
        let closed = closed(&lines, pitch, length, Some(asked));
        let better = !closed.strays && explained(&closed.lines) >= NEARLY * explained(ends);
        better.then_some(closed.lines)
    })
}

/// Boundaries of the cells of a whole axis.
struct Closed {
    lines: Vec<f32>,
    /// Whether they are not as many as were asked, or only by a border cell that is nearly whole or nearly gone.
    strays: bool,
}

/// Boundaries with the border cells closed: those that are at least half visible count.
///
/// Where one cell more or less than asked came out, the border whose cell is nearest to half decides.
fn closed(lines: &[f32], pitch: f32, length: f32, asked: Option<usize>) -> Closed {
    // A border cell of which less is visible, or less is missing, is no matter of opinion.
    const PLAIN: f32 = 0.2;
    // A trace's last interval may be as short as 0.84 of the pitch at a border.
    let mut ends = lines.to_vec();
    while ends.first().is_some_and(|&e| e > pitch) {
        ends.insert(0, ends[0] - pitch);
    }
    while ends.last().is_some_and(|&e| length - e > pitch) {
        ends.push(ends[ends.len() - 1] + pitch);
    }
    // How much of the cells beyond both ends is visible, as a share of the pitch.
    let head = ends[0] / pitch;
    let tail = (length - ends[ends.len() - 1]) / pitch;
    let mut at_head = head >= 0.5;
    let mut at_tail = tail >= 0.5;
    let cells = ends.len() - 1 + usize::from(at_head) + usize::from(at_tail);
    let before = [at_head, at_tail];
    if asked == Some(cells + 1) && !(at_head && at_tail) {
        if !at_head && (at_tail || head >= tail) {
            at_head = true;
        } else {
            at_tail = true;
        }
    } else if asked.is_some_and(|a| a + 1 == cells) && (at_head || at_tail) {
        if at_head && (!at_tail || head <= tail) {
            at_head = false;
        } else {
            at_tail = false;
        }
    }
    let decided = [(head, at_head != before[0]), (tail, at_tail != before[1])];
    let plain = decided
        .iter()
        .any(|&(seen, changed)| changed && !(PLAIN..=1.0 - PLAIN).contains(&seen));
    if at_head {
        ends.insert(0, ends[0] - pitch);
    }
    if at_tail {
        ends.push(ends[ends.len() - 1] + pitch);
    }
    Closed {
        strays: plain || asked.is_some_and(|a| a + 1 != ends.len()),
        lines: ends,
    }
}
