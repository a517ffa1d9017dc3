//! The order of strokes: what lies near comes next, and either end of a stroke may be its beginning.

use super::easel::Easel;

/// What the router must know of a stroke.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    /// Its two ends.
    pub(crate) ends: [(i32, i32); 2],
    /// How strongly it draws the hand to itself: distances count divided by this.
    pub(crate) pull: f32,
}

/// A leg's place in the order, and whether it is gone through backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Index of the leg.
    pub(crate) leg: usize,
    /// Whether it starts at its second end.
    pub(crate) reversed: bool,
}

/// Distance that is added to each hop, so that a weighty stroke next door still comes before a trifle underhand.
const STRIDE: f32 = 4.0;

/// Orders legs from `from` on, the nearest by pulled distance next.
///
/// Ends lie in a grid of cells that is searched in rings, so that the work grows with the number of legs and not
/// with its square.
pub(crate) fn route(easel: &Easel, legs: &[Leg], from: (i32, i32)) -> Vec<Turn> {
    let side = cell_side(easel, legs.len());
    let (columns, rows) = (
        easel.width as i32 / side + 1,
        easel.height as i32 / side + 1,
    );
    let cell = |(x, y): (i32, i32)| ((y / side) * columns + x / side) as usize;
    let mut cells: Vec<Vec<(usize, bool)>> = vec![Vec::new(); (columns * rows) as usize];
    for (i, leg) in legs.iter().enumerate() {
        cells[cell(leg.ends[0])].push((i, false));
        cells[cell(leg.ends[1])].push((i, true));
    }
    let strongest = legs.iter().map(|l| l.pull).fold(f32::MIN, f32::max);
    let mut at = from;
    let mut order = Vec::with_capacity(legs.len());
    while order.len() < legs.len() {
        let (cx, cy) = (at.0 / side, at.1 / side);
        let mut best: Option<(f32, usize, bool)> = None;
        for ring in 0..=columns.max(rows) {
            // Whatever lies in this ring or beyond is at least so far away.
            let least = (((ring - 1).max(0) * side) as f32 + STRIDE) / strongest;
            if best.is_some_and(|(found, ..)| found <= least) {
                break;
            }
            for (x, y) in ring_cells((cx, cy), ring) {
                if x < 0 || y < 0 || x >= columns || y >= rows {
                    continue;
                }
                for &(leg, reversed) in &cells[(y * columns + x) as usize] {
                    let end = legs[leg].ends[usize::from(reversed)];
                    let (dx, dy) = ((end.0 - at.0) as f32, (end.1 - at.1) as f32);
                    let far = ((dx * dx + dy * dy).sqrt() + STRIDE) / legs[leg].pull;
                    if best.is_none_or(|b| (far, leg, reversed) < b) {
                        best = Some((far, leg, reversed));
                    }
                }
            }
        }
        let (_, leg, reversed) = best.expect("a leg that isn't ordered yet lies in a cell");
        for end in legs[leg].ends {
            cells[cell(end)].retain(|&(i, _)| i != leg);
        }
        at = legs[leg].ends[usize::from(!reversed)];
        order.push(Turn { leg, reversed });
    }
    order
}

/// Cells that hold about two ends each.
fn cell_side(easel: &Easel, legs: usize) -> i32 {
    let area = easel.area() as f32 / legs.max(1) as f32;
    (area.sqrt() as i32).max(4)
}

fn ring_cells((cx, cy): (i32, i32), ring: i32) -> impl Iterator<Item = (i32, i32)> {
    let rows = (cy - ring)..=(cy + ring);
    rows.flat_map(move |y| {
        let edge = y == cy - ring || y == cy + ring;
        let step = if edge || ring == 0 { 1 } else { 2 * ring };
        ((cx - ring)..=(cx + ring))
            .step_by(step as usize)
            .map(move |x| (x, y))
    })
}
