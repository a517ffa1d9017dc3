//! How large the pseudo pixels are, from how regularly edges come.

use super::boundaries;
use super::edges::Edges;
use super::options::Quality;

/// A pitch and how sure it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pitch {
    /// Pixels from one boundary to the next.
    pub(crate) pixels: f32,
    /// How much of the edges comes in step (its double frequency counts too, so it can pass 1.0).
    pub(crate) confidence: f32,
}

/// The least pitch that is looked for: finer grids have no pixel that is only inside of a cell.
const LEAST: f32 = 3.0;
/// The largest pitch that is looked for: 256 px hold four such cells.
const LARGEST: f32 = 64.0;
/// A side of the windows that are looked at one by one, since the grid drifts: in pixels.
const WINDOW: usize = 256;
/// Histogram bins a pixel.
const BINS: usize = 2;
/// Length of the transform: padded to four times the window for frequencies finer than its own.
const LENGTH: usize = WINDOW * BINS * 4;

/// The pitch of both axes together; `None` where there are no edges at all.
pub(crate) fn find(edges: &Edges, quality: Quality) -> Option<Pitch> {
    let spectrum = Spectrum::of(edges)?;
    let rough = spectrum.peak();
    Some(Pitch {
        pixels: right_multiple(edges, rough.pixels, quality),
        confidence: rough.confidence,
    })
}

/// How much of the edges' weight comes in step, by frequency: `power[k]` at `k / (LENGTH / BINS)` cycles a pixel.
struct Spectrum {
    power: Vec<f32>,
}

impl Spectrum {
    fn of(edges: &Edges) -> Option<Self> {
        let fft = Fft::new(LENGTH);
        let mut power = vec![0.0; LENGTH / 2];
        let mut mass = 0.0;
        for (axis, points) in edges.axes.iter().enumerate() {
            let columns = edges.size[axis].div_ceil(WINDOW);
            let rows = edges.size[1 - axis].div_ceil(WINDOW);
            let mut windows = vec![[0.0f32; WINDOW * BINS]; columns * rows];
            for p in points {
                let column = (p.across as usize / WINDOW).min(columns - 1);
                let row = (p.along as usize / WINDOW).min(rows - 1);
                let place = p.across - (column * WINDOW) as f32;
                let bin = ((place * BINS as f32) as usize).min(WINDOW * BINS - 1);
                windows[row * columns + column][bin] += p.weight;
            }
            for window in &windows {
                mass += fft.add_magnitudes(window, &mut power);
            }
        }
        (mass > 0.0).then(|| {
            power.iter_mut().for_each(|p| *p /= mass);
            Self { power }
        })
    }

    /// The power at a frequency between bins.
    fn at(&self, k: f32) -> f32 {
        let i = k as usize;
        if i + 1 >= self.power.len() {
            return 0.0;
        }
        self.power[i] + (self.power[i + 1] - self.power[i]) * (k - i as f32)
    }

    /// The frequency whose comb stands out most: it and its double in step, its half and third not.
    fn peak(&self) -> Pitch {
        let cycles = (LENGTH / BINS) as f32;
        let (from, to) = ((cycles / LARGEST) as usize, (cycles / LEAST) as usize);
        let comb = |k: f32| {
            self.at(k) + 0.5 * self.at(2.0 * k) - 0.8 * self.at(k / 2.0).max(self.at(k / 3.0))
        };
        let mut best = (from, f32::MIN);
        for k in from..=to {
            let value = comb(k as f32);
            if value > best.1 {
                best = (k, value);
            }
        }
        let k = best.0 as f32;
        let (left, right) = (comb(k - 1.0), comb(k + 1.0));
        let bend = left - 2.0 * best.1 + right;
        let shift = if bend < 0.0 {
            (0.5 * (left - right) / bend).clamp(-0.5, 0.5)
        } else {
            0.0
        };
        Pitch {
            pixels: cycles / (k + shift),
            confidence: best.1.max(0.0),
        }
    }
}

/// Of the multiples of a pitch the largest that explains the edges nearly as well as the best does.
fn right_multiple(edges: &Edges, pitch: f32, quality: Quality) -> f32 {
    // A grid of half the pitch explains every edge too, so larger ones win unless they lose 12 %.
    const NEARLY: f32 = 0.88;
    let factors: &[f32] = match quality {
        Quality::Best => &[1.0 / 3.0, 0.5, 2.0 / 3.0, 1.0, 1.5, 2.0, 3.0, 4.0],
        // The spectrum is mostly right, and where it isn't by two or three.
        Quality::Fast => &[1.0 / 3.0, 0.5, 1.0, 2.0],
    };
    let histograms = boundaries::histograms(edges);
    let hit = |factor: &f32| {
        let pitch = pitch * factor;
        if (LEAST * 0.9..=LARGEST * 1.1).contains(&pitch) {
            // Finer grids bend more easily to edges that aren't theirs, and the spectrum has spoken against them.
            let flexible = (0.7 + 0.3 * factor).min(1.0);
            flexible * boundaries::explained(&histograms, pitch)
        } else {
            0.0
        }
    };
    let hits: Vec<f32> = factors.iter().map(hit).collect();
    let best = hits.iter().copied().fold(0.0, f32::max);
    let chosen = (0..factors.len()).rev().find(|&i| hits[i] >= NEARLY * best);
    pitch * chosen.map_or(1.0, |i| factors[i])
}

/// A radix-2 Fourier transform whose angles come from `libm`, for the same bits everywhere.
struct Fft {
    length: usize,
    roots: Vec<[f32; 2]>,
}

impl Fft {
    fn new(length: usize) -> Self {
        let roots = (0..length / 2)
            .map(|i| {
                let angle = -2.0 * std::f64::consts::PI * i as f64 / length as f64;
                [libm::cos(angle) as f32, libm::sin(angle) as f32]
            })
            .collect();
        Self { length, roots }
    }

    /// Adds a window's magnitudes to `power`; returns the window's mass as the transform sees it.
    ///
    /// The window is tapered (Hann) and freed of its mean, so that its ends and its mass don't leak into others.
    fn add_magnitudes(&self, window: &[f32], power: &mut [f32]) -> f32 {
        let mean = window.iter().sum::<f32>() / window.len() as f32;
        if mean <= 0.0 {
            return 0.0;
        }
        let mut mass = 0.0;
        let mut values = vec![[0.0f32; 2]; self.length];
        let stride = self.length / window.len();
        for (i, &v) in window.iter().enumerate() {
            let half = i * stride / 2;
            // sin² through the same table: the root of index j turns by 2πj/length, and we need π·i/window.
            let taper = self.roots[half][1] * self.roots[half][1];
            mass += taper * v;
            values[i][0] = taper * (v - mean);
        }
        self.transform(&mut values);
        for (p, v) in power.iter_mut().zip(&values) {
            *p += (v[0] * v[0] + v[1] * v[1]).sqrt();
        }
        mass
    }

    fn transform(&self, values: &mut [[f32; 2]]) {
        let bits = self.length.trailing_zeros();
        for i in 0..self.length {
            let j = i.reverse_bits() >> (usize::BITS - bits);
            if i < j {
                values.swap(i, j);
            }
        }
        let mut half = 1;
        while half < self.length {
            let stride = self.length / (2 * half);
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for (i, (a, b)) in low.iter_mut().zip(high).enumerate() {
                    let [c, s] = self.roots[i * stride];
                    let turned = [b[0] * c - b[1] * s, b[0] * s + b[1] * c];
                    *b = [a[0] - turned[0], a[1] - turned[1]];
                    *a = [a[0] + turned[0], a[1] + turned[1]];
                }
            }
            half *= 2;
        }
    }
}
