//! Tracing: a few pixels as one movement of a fine brush, along the line they make.

use super::easel::Easel;

/// Walks over sets of pixels; keeps its scratch memory from one walk to the next.
pub(crate) struct Tracer {
    /// Which walk a pixel is still waiting for.
    waiting: Vec<u32>,
    walk: u32,
}

impl Tracer {
    pub(crate) fn new(area: usize) -> Self {
        Self {
            waiting: vec![0; area],
            walk: 0,
        }
    }

    /// The pixels in the order in which a hand would pass over them: from an end of the line, straight on where it
    /// can, along the edge where it is thicker, and to the nearest left over where it has to lift.
    pub(crate) fn trace(&mut self, easel: &Easel, pixels: &[u32]) -> Vec<u32> {
        self.walk += 1;
        for &p in pixels {
            self.waiting[p as usize] = self.walk;
        }
        let mut path = Vec::with_capacity(pixels.len());
        let mut at = self.start(easel, pixels);
        let mut heading = (0, 0);
        let mut oldest = 0;
        loop {
            path.push(at);
            self.waiting[at as usize] = 0;
            if path.len() == pixels.len() {
                return path;
            }
            let next = self.step(easel, at, heading).unwrap_or_else(|| {
                while self.waiting[pixels[oldest] as usize] != self.walk {
                    oldest += 1;
                }
                self.leap(easel, at, &pixels[oldest..])
            });
            let (from, to) = (easel.place(at), easel.place(next));
            heading = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
            at = next;
        }
    }

    fn waits(&self, easel: &Easel, x: i32, y: i32) -> Option<u32> {
        easel
            .pixel(x, y)
            .filter(|&p| self.waiting[p as usize] == self.walk)
    }

    fn neighbours(&self, easel: &Easel, pixel: u32) -> u32 {
        let (x, y) = easel.place(pixel);
        AROUND
            .iter()
            .filter(|(dx, dy)| self.waits(easel, x + dx, y + dy).is_some())
            .count() as u32
    }

    /// An end of the line, or the first pixel where it has none.
    fn start(&self, easel: &Easel, pixels: &[u32]) -> u32 {
        pixels
            .iter()
            .copied()
            .min_by_key(|&p| self.neighbours(easel, p).max(1))
            .expect("a mark has at least one pixel")
    }

    /// The best pixel beside this one: few ways on from it (so that none is left behind), little turning, and
    /// straight rather than diagonal.
    fn step(&self, easel: &Easel, at: u32, heading: (i32, i32)) -> Option<u32> {
        let (x, y) = easel.place(at);
        let mut best: Option<(u32, u32)> = None;
        for (dx, dy) in AROUND {
            let Some(p) = self.waits(easel, x + dx, y + dy) else {
                continue;
            };
            let turn = (dx - heading.0).abs() + (dy - heading.1).abs();
            let turn = if heading == (0, 0) { 0 } else { turn as u32 };
            let diagonal = u32::from(dx != 0 && dy != 0);
            let cost = 3 * self.neighbours(easel, p) + 2 * turn + diagonal;
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, p));
            }
        }
        best.map(|(_, p)| p)
    }

    /// The nearest pixel that still waits.
    fn leap(&self, easel: &Easel, at: u32, pixels: &[u32]) -> u32 {
        let (x, y) = easel.place(at);
        for reach in 2..=LEAP_BY_RINGS {
            let mut best: Option<(i32, u32)> = None;
            for i in -reach..=reach {
                for (dx, dy) in [(i, -reach), (i, reach), (-reach, i), (reach, i)] {
                    if let Some(p) = self.waits(easel, x + dx, y + dy) {
                        let found = (dx * dx + dy * dy, p);
                        if best.is_none_or(|b| found < b) {
                            best = Some(found);
                        }
                    }
                }
            }
            if let Some((_, p)) = best {
                return p;
            }
        }
        pixels
            .iter()
            .copied()
            .filter(|&p| self.waiting[p as usize] == self.walk)
            .min_by_key(|&p| {
                let (px, py) = easel.place(p);
                ((px - x).pow(2) + (py - y).pow(2), p)
            })
            .expect("the walk ends when none waits")
    }
}

/// Farther than this the list of what is left is shorter than the rings.
const LEAP_BY_RINGS: i32 = 8;

const AROUND: [(i32, i32); 8] = [
    (1, 0),
    (0, 1),
    (-1, 0),
    (0, -1),
    (1, 1),
    (-1, 1),
    (-1, -1),
    (1, -1),
];
