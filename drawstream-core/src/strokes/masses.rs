//! [`Masses`]: the picture with everything small left out, as a painter sees it with half-closed eyes.
//!
//! Regions of one colour are merged while the painter would gain little by keeping them apart. What a region gains
//! is the difference that painting it makes, for each pixel of border that it costs: `A · d / len`, with the area of
//! the two regions (half their harmonic mean), the distance of their mean colours, and the length of the border
//! between them. So specks, dither and thin lines go first, then weak shapes, and the masses stay. The schedule of
//! rising thresholds is that of Koepfler, Lopez & Morel 1994, "A multiscale algorithm for image segmentation by
//! variational method"; the gain is linear in the distance since what is left undone is seen linearly.

use super::easel::{Easel, Tone};
use crate::color::Oklab;

/// A connected part of the simplified picture.
pub(crate) struct Mass {
    /// The picture's colour that stands for all of it best.
    pub(crate) tone: Tone,
    /// Its pixels, rising.
    pub(crate) pixels: Vec<u32>,
}

/// Merges regions until each is worth `limits[i]`, for each limit in turn; each should be about twice the one before.
pub(crate) fn simplify(easel: &Easel, limits: &[f32]) -> Vec<Vec<Mass>> {
    let mut merger = Merger::new(easel);
    let first = limits.first().copied().unwrap_or(0.0);
    for below in PASSES_BELOW {
        merger.pass(first * below);
    }
    limits
        .iter()
        .map(|&limit| {
            merger.pass(limit);
            merger.masses()
        })
        .collect()
}

/// The passes before the first limit, as shares of it: from a lone pixel of a hardly visible difference on. Each goes
/// over all pixels that aren't in the largest regions; finer steps change the result little.
const PASSES_BELOW: [f32; 4] = [0.0625, 0.125, 0.25, 0.5];

/// Regions under merging. A region is named by one of its pixels, its root.
struct Merger<'a> {
    easel: &'a Easel,
    parent: Vec<u32>,
    area: Vec<u32>,
    mean: Vec<Oklab>,
    /// The pixels of a region as a chain from its root on.
    next: Vec<u32>,
    tail: Vec<u32>,
    /// Border length to each region that touches the one being looked at; zero between looks.
    border: Vec<u32>,
    /// What a region was worth when it was last looked at; zero since it has grown.
    worth: Vec<f32>,
    alive: Vec<u32>,
    /// Scratch of one look: the regions that touch.
    touched: Vec<u32>,
}

const END: u32 = u32::MAX;

impl<'a> Merger<'a> {
    fn new(easel: &'a Easel) -> Self {
        let n = easel.area();
        let mut merger = Self {
            easel,
            parent: (0..n as u32).collect(),
            area: vec![1; n],
            mean: easel
                .want
                .iter()
                .map(|&t| easel.looks[usize::from(t)])
                .collect(),
            next: vec![END; n],
            tail: (0..n as u32).collect(),
            border: vec![0; n],
            worth: vec![0.0; n],
            alive: Vec::new(),
            touched: Vec::new(),
        };
        for p in 0..n {
            let same = |q: usize| easel.want[q] == easel.want[p];
            if p % easel.width > 0 && same(p - 1) {
                merger.join(p as u32 - 1, p as u32);
            }
            if p >= easel.width && same(p - easel.width) {
                merger.join((p - easel.width) as u32, p as u32);
            }
        }
        merger.alive = (0..n as u32)
            .filter(|&p| merger.parent[p as usize] == p)
            .collect();
        merger
    }

    fn root(&mut self, mut pixel: u32) -> u32 {
        loop {
            let up = self.parent[pixel as usize];
            if up == pixel {
                return pixel;
            }
            let above = self.parent[up as usize];
            self.parent[pixel as usize] = above;
            pixel = above;
        }
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return;
        }
        let (big, small) = if (self.area[b as usize], a) > (self.area[a as usize], b) {
            (b as usize, a as usize)
        } else {
            (a as usize, b as usize)
        };
        let (na, nb) = (self.area[big] as f32, self.area[small] as f32);
        let (p, q) = (self.mean[big], self.mean[small]);
        let mix = |u: f32, v: f32| (u * na + v * nb) / (na + nb);
        self.mean[big] = Oklab {
            l: mix(p.l, q.l),
            a: mix(p.a, q.a),
            b: mix(p.b, q.b),
        };
        self.area[big] += self.area[small];
        self.worth[big] = 0.0;
        self.parent[small] = big as u32;
        let tail = self.tail[big] as usize;
        self.next[tail] = small as u32;
        self.tail[big] = self.tail[small];
    }

    /// Merges each region that is worth less than the threshold into the neighbour that it differs from least.
    fn pass(&mut self, threshold: f32) {
        let mut regions = std::mem::take(&mut self.alive);
        regions.sort_unstable_by_key(|&r| (self.area[r as usize], r));
        let half = self.easel.area() as u32 / 2;
        for &region in &regions {
            let gone = self.parent[region as usize] != region;
            // A region of more than half of the canvas is larger than its neighbours, who have been asked already.
            // What was worth much more lately has not lost so much since through its neighbours' merging.
            let safe = self.worth[region as usize] > 2.0 * threshold;
            if gone || safe || self.area[region as usize] > half {
                continue;
            }
            if let Some((worth, neighbour)) = self.nearest(region) {
                if worth < threshold {
                    self.join(region, neighbour);
                } else {
                    self.worth[region as usize] = worth;
                }
            }
        }
        regions.retain(|&r| self.parent[r as usize] == r);
        self.alive = regions;
    }

    /// What the region is worth beside the neighbour that it differs from least.
    fn nearest(&mut self, region: u32) -> Option<(f32, u32)> {
        let (w, n) = (self.easel.width, self.easel.area());
        let mut touched = std::mem::take(&mut self.touched);
        let mut pixel = region;
        while pixel != END {
            let p = pixel as usize;
            let x = (pixel % w as u32) as usize;
            let mut meet = |q: usize| {
                if self.parent[q] == region {
                    return;
                }
                let other = self.root(q as u32);
                if other != region {
                    if self.border[other as usize] == 0 {
                        touched.push(other);
                    }
                    self.border[other as usize] += 1;
                }
            };
            if x > 0 {
                meet(p - 1);
            }
            if x + 1 < w {
                meet(p + 1);
            }
            if p >= w {
                meet(p - w);
            }
            if p + w < n {
                meet(p + w);
            }
            pixel = self.next[p];
        }
        let mut best: Option<(f32, u32)> = None;
        for &other in &touched {
            let o = other as usize;
            let length = std::mem::take(&mut self.border[o]) as f32;
            let (a, b) = (self.area[region as usize] as f32, self.area[o] as f32);
            let apart = self.mean[region as usize].distance(self.mean[o]);
            let worth = a * b / (a + b) * apart / length;
            if best.is_none_or(|found| (worth, other) < found) {
                best = Some((worth, other));
            }
        }
        touched.clear();
        self.touched = touched;
        best
    }

    fn masses(&mut self) -> Vec<Mass> {
        let alive = std::mem::take(&mut self.alive);
        let mut slot = vec![0u32; self.parent.len()];
        let mut pixels: Vec<Vec<u32>> = Vec::with_capacity(alive.len());
        for (i, &region) in alive.iter().enumerate() {
            slot[region as usize] = i as u32;
            pixels.push(Vec::with_capacity(self.area[region as usize] as usize));
        }
        for pixel in 0..self.parent.len() as u32 {
            let region = self.root(pixel) as usize;
            pixels[slot[region] as usize].push(pixel);
        }
        self.alive = alive;
        let mut counts = vec![0u32; self.easel.looks.len()];
        let mut tones = Vec::new();
        let masses = pixels.into_iter().map(|pixels| {
            for &pixel in &pixels {
                let tone = self.easel.want[pixel as usize];
                if counts[usize::from(tone)] == 0 {
                    tones.push(tone);
                }
                counts[usize::from(tone)] += 1;
            }
            let tone = self.middle(&tones, &counts);
            for t in tones.drain(..) {
                counts[usize::from(t)] = 0;
            }
            Mass { tone, pixels }
        });
        masses.collect()
    }

    /// The tone from which all the pixels differ least.
    fn middle(&self, tones: &[Tone], counts: &[u32]) -> Tone {
        let left = |tone: Tone| -> f32 {
            tones
                .iter()
                .map(|&t| counts[usize::from(t)] as f32 * self.easel.distance(tone, t))
                .sum()
        };
        if let [only] = tones {
            return *only;
        }
        let mut best = (left(tones[0]), tones[0]);
        for &tone in &tones[1..] {
            let found = (left(tone), tone);
            if found < best {
                best = found;
            }
        }
        best.1
    }
}
