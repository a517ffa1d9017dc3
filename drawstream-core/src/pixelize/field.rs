//! [`Field`]: how far the grid is displaced from straight lines, place by place.

use super::edges::EdgePoint;

/// Displacements in pixels on a lattice of tiles, blended between their middles.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    columns: usize,
    rows: usize,
    tile: f32,
    farthest: usize,
    shifts: Vec<[f32; 2]>,
}

/// The farthest that a tile is looked for from where it should be, in quarters of a pixel.
const REACH: usize = 12;
/// Places that are tried.
const TRIES: usize = 2 * REACH + 1;

impl Field {
    /// No displacement, in tiles of about `tile` pixels; none may go as far as to mistake boundaries `pitch` apart.
    pub(crate) fn flat(width: usize, height: usize, tile: f32, pitch: f32) -> Self {
        let columns = ((width as f32 / tile + 0.5) as usize).max(1);
        let rows = ((height as f32 / tile + 0.5) as usize).max(1);
        Self {
            columns,
            rows,
            tile: (width as f32 / columns as f32).max(height as f32 / rows as f32),
            // 0.4 of the pitch, in quarters of a pixel.
            farthest: ((1.6 * pitch) as usize).min(REACH),
            shifts: vec![[0.0; 2]; columns * rows],
        }
    }

    /// The displacement at a place of the picture.
    pub(crate) fn at(&self, x: f32, y: f32) -> [f32; 2] {
        let (x0, x1, fx) = self.between(x, self.columns);
        let (y0, y1, fy) = self.between(y, self.rows);
        let get = |x: usize, y: usize| self.shifts[y * self.columns + x];
        std::array::from_fn(|i| {
            let top = get(x0, y0)[i] + (get(x1, y0)[i] - get(x0, y0)[i]) * fx;
            let low = get(x0, y1)[i] + (get(x1, y1)[i] - get(x0, y1)[i]) * fx;
            top + (low - top) * fy
        })
    }

    /// Which two tiles' middles a place lies between, and how far from the first to the second.
    fn between(&self, place: f32, tiles: usize) -> (usize, usize, f32) {
        let v = (place / self.tile - 0.5).clamp(0.0, (tiles - 1) as f32);
        let i = (v as usize).min(tiles.saturating_sub(2));
        (i, (i + 1).min(tiles - 1), v - i as f32)
    }

    /// The displacements on a row of the picture (`axis` 0) or on a column of it (`axis` 1).
    pub(crate) fn line(&self, axis: usize, place: f32) -> Line {
        let (tiles, across, step, beside) = if axis == 0 {
            (self.columns, self.rows, 1, self.columns)
        } else {
            (self.rows, self.columns, self.columns, 1)
        };
        let (near, far, share) = self.between(place, across);
        let blended = |i: usize| -> [f32; 2] {
            let (p, q) = (
                self.shifts[i * step + near * beside],
                self.shifts[i * step + far * beside],
            );
            std::array::from_fn(|c| p[c] + (q[c] - p[c]) * share)
        };
        let shifts: Vec<[f32; 2]> = (0..tiles).map(blended).collect();
        let pairs = (0..tiles).map(|i| {
            let (p, q) = (shifts[i], shifts[(i + 1).min(tiles - 1)]);
            [p, std::array::from_fn(|c| q[c] - p[c])]
        });
        Line {
            pairs: pairs.collect(),
            a_pixel: 1.0 / self.tile,
        }
    }

    /// Places and weights of an axis's points with the displacement taken out.
    pub(crate) fn straightened(
        &self,
        axis: usize,
        points: &[EdgePoint],
    ) -> impl Iterator<Item = (f32, f32)> {
        by_line(points).flat_map(move |points| {
            let line = self.line(axis, points[0].along);
            points
                .iter()
                .map(move |p| (p.across - line.at(p.across)[axis], p.weight))
        })
    }

    /// Adds to each tile the shift that puts its edge points on the boundaries best.
    pub(crate) fn follow(
        &mut self,
        axis: usize,
        points: &[EdgePoint],
        boundaries: &[f32],
        length: usize,
    ) {
        let near = nearness(boundaries, length);
        let mut scores = vec![[0.0f32; TRIES]; self.shifts.len()];
        for points in by_line(points) {
            let along = points[0].along;
            let line = self.line(axis, along);
            for p in points {
                let [x, y] = if axis == 0 {
                    [p.across, along]
                } else {
                    [along, p.across]
                };
                let bin = ((p.across - line.at(p.across)[axis]) * 4.0 + 0.5) as usize;
                let score = &mut scores[self.tile_of(x, y)];
                // nearness() is padded by REACH on both sides.
                let from = bin.min(near.len() - TRIES);
                let near: &[f32; TRIES] = near[from..].first_chunk().expect("TRIES are left");
                for (score, n) in score.iter_mut().zip(near) {
                    *score += p.weight * n;
                }
            }
        }
        self.apply(axis, &self.smoothed(&scores));
    }

    fn tile_of(&self, x: f32, y: f32) -> usize {
        let column = ((x / self.tile) as usize).min(self.columns - 1);
        let row = ((y / self.tile) as usize).min(self.rows - 1);
        row * self.columns + column
    }

    /// Scores shared with the tiles around: neighbours are displaced alike.
    fn smoothed(&self, scores: &[[f32; TRIES]]) -> Vec<[f32; TRIES]> {
        const WEIGHTS: [f32; 3] = [0.5, 1.0, 0.5];
        let (w, h) = (self.columns as isize, self.rows as isize);
        let mut out = vec![[0.0; TRIES]; scores.len()];
        for y in 0..h {
            for x in 0..w {
                for (dy, wy) in (-1..=1).zip(WEIGHTS) {
                    for (dx, wx) in (-1..=1).zip(WEIGHTS) {
                        if (0..w).contains(&(x + dx)) && (0..h).contains(&(y + dy)) {
                            let from = &scores[((y + dy) * w + x + dx) as usize];
                            for (o, s) in out[(y * w + x) as usize].iter_mut().zip(from) {
                                *o += wx * wy * s;
                            }
                        }
                    }
                }
            }
        }
        out
    }

    fn apply(&mut self, axis: usize, scores: &[[f32; TRIES]]) {
        let tried = REACH - self.farthest..=REACH + self.farthest;
        for (shift, score) in self.shifts.iter_mut().zip(scores) {
            // A lean towards staying decides where a tile has no edges.
            let lean = 1e-6 + 0.02 * score[REACH];
            let value = |i: usize| score[i] - lean * (i.abs_diff(REACH) as f32) / REACH as f32;
            let mut best = REACH;
            for i in tried.clone() {
                if value(i) > value(best) {
                    best = i;
                }
            }
            let mut finer = 0.0;
            if (1..TRIES - 1).contains(&best) {
                let (l, m, r) = (score[best - 1], score[best], score[best + 1]);
                if l - 2.0 * m + r < 0.0 {
                    finer = (0.5 * (l - r) / (l - 2.0 * m + r)).clamp(-0.5, 0.5);
                }
            }
            // nearness[bin + i] is that of a point moved by i − REACH: the grid lies the other way.
            shift[axis] -= (best as f32 + finer - REACH as f32) / 4.0;
        }
    }

    /// Tiles across and down, and their side in pixels.
    pub(crate) fn shape(&self) -> (usize, usize, f32) {
        (self.columns, self.rows, self.tile)
    }

    /// Every tile's displacement, row by row.
    pub(crate) fn shifts_mut(&mut self) -> &mut [[f32; 2]] {
        &mut self.shifts
    }
}

/// Points line by line, as they were found.
fn by_line(points: &[EdgePoint]) -> impl Iterator<Item = &[EdgePoint]> {
    points.chunk_by(|p, q| p.along == q.along)
}

/// The displacements on one line of a picture.
pub(crate) struct Line {
    /// Each tile's displacement, and how much it is to the next.
    pairs: Vec<[[f32; 2]; 2]>,
    /// Tiles a pixel.
    a_pixel: f32,
}

impl Line {
    /// The displacement at a place of the line.
    #[inline]
    pub(crate) fn at(&self, place: f32) -> [f32; 2] {
        let last = self.pairs.len() - 1;
        let v = (place * self.a_pixel - 0.5).clamp(0.0, last as f32);
        let i = (v as usize).min(last);
        let [from, step] = self.pairs[i];
        let share = v - i as f32;
        [from[0] + step[0] * share, from[1] + step[1] * share]
    }
}

/// How near each quarter of a pixel is to a boundary, `0.0..=1.0`, padded by `REACH` at both ends.
fn nearness(boundaries: &[f32], length: usize) -> Vec<f32> {
    // Edge points scatter by about this many pixels around their boundary.
    const SCATTER: f32 = 0.8;
    let mut near = vec![0.0f32; length * 4 + 2 * REACH + 2];
    for b in boundaries {
        let middle = b * 4.0 + REACH as f32;
        let from = (middle - 12.0).max(0.0) as usize;
        for (i, n) in near.iter_mut().enumerate().skip(from).take(26) {
            let off = (i as f32 - middle) / (4.0 * SCATTER);
            *n = n.max(1.0 / (1.0 + off * off * off * off));
        }
    }
    near
}
