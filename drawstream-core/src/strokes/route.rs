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
pub(crate) const STRIDE: f32 = 4.0;

/// Orders legs from `from` on, the nearest by pulled distance next.
///
/// Ends lie in a grid of cells that is searched in rings, so that the work grows with the number of legs and not
/// with its square.
pub(crate) fn route(easel: &Easel, legs: &[Leg], from: (i32, i32)) -> Vec<Turn> {
    let mut order = greedy(easel, legs, from);
    uncross(legs, from, &mut order);
    shorten(legs, from, &mut order);
    order
}

/// The nearest leg next, again and again.
fn greedy(easel: &Easel, legs: &[Leg], from: (i32, i32)) -> Vec<Turn> {
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
                    let pulled = (far(at, end) + STRIDE) / legs[leg].pull;
                    if best.is_none_or(|b| (pulled, leg, reversed) < b) {
                        best = Some((pulled, leg, reversed));
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

/// How far ahead in the order it is looked for a part to be turned around: the work stays in proportion to the legs.
const AHEAD: usize = 48;

/// Goes through parts of the order backwards where the way becomes shorter so (Croes 1958: 2-opt).
fn uncross(legs: &[Leg], from: (i32, i32), order: &mut [Turn]) {
    let way = Way { legs, from };
    for first in 0..order.len() {
        let start = match first.checked_sub(1) {
            Some(i) => way.end(order[i]),
            None => from,
        };
        let mut best = (-WORTH_MOVING, first);
        for last in first..order.len().min(first + AHEAD) {
            let (begin, end) = (way.begin(order[first]), way.end(order[last]));
            let mut longer = far(start, end) - far(start, begin);
            if let Some(&next) = order.get(last + 1) {
                let next = way.begin(next);
                longer += far(begin, next) - far(end, next);
            }
            if longer < best.0 {
                best = (longer, last + 1);
            }
        }
        let part = &mut order[first..best.1];
        part.reverse();
        for turn in part {
            turn.reversed = !turn.reversed;
        }
    }
}

/// How many legs are moved at most: the work stays in proportion to their number.
const MOST_MOVES: usize = 64;
/// What a move must save, in pixels of way.
const WORTH_MOVING: f32 = 1.0;

/// Takes out the legs that lie farthest off the way, where the nearest-first order came back for what it had left
/// behind, and puts each where it costs the least way (the moves of one node of Or 1976).
fn shorten(legs: &[Leg], from: (i32, i32), order: &mut Vec<Turn>) {
    let way = Way { legs, from };
    let mut detours: Vec<(f32, usize)> = (0..order.len())
        .map(|i| (way.cost(order, i, order[i], i + 1), order[i].leg))
        .collect();
    detours.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    detours.truncate(MOST_MOVES);
    for (_, leg) in detours {
        let at = order.iter().position(|turn| turn.leg == leg);
        let at = at.expect("every leg has its turn");
        let was = way.cost(order, at, order[at], at + 1);
        let turn = order.remove(at);
        let mut best = (was - WORTH_MOVING, at, turn);
        for i in 0..=order.len() {
            for reversed in [false, true] {
                let turn = Turn { leg, reversed };
                let cost = way.cost(order, i, turn, i);
                if cost < best.0 {
                    best = (cost, i, turn);
                }
            }
        }
        order.insert(best.1, best.2);
    }
}

struct Way<'a> {
    legs: &'a [Leg],
    from: (i32, i32),
}

impl Way<'_> {
    /// How much longer the way is for a turn between those before `before` and those from `after` on.
    fn cost(&self, order: &[Turn], before: usize, turn: Turn, after: usize) -> f32 {
        let start = match before.checked_sub(1) {
            Some(i) => self.end(order[i]),
            None => self.from,
        };
        let there = far(start, self.begin(turn));
        match order.get(after) {
            Some(&next) => {
                let next = self.begin(next);
                there + far(self.end(turn), next) - far(start, next)
            }
            None => there,
        }
    }

    fn begin(&self, turn: Turn) -> (i32, i32) {
        self.legs[turn.leg].ends[usize::from(turn.reversed)]
    }

    fn end(&self, turn: Turn) -> (i32, i32) {
        self.legs[turn.leg].ends[usize::from(!turn.reversed)]
    }
}

fn far(a: (i32, i32), b: (i32, i32)) -> f32 {
    let (dx, dy) = ((a.0 - b.0) as f32, (a.1 - b.1) as f32);
    (dx * dx + dy * dy).sqrt()
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
