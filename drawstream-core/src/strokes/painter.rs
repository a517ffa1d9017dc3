//! The painter: what is put on the canvas, in which order, by which movement.

use std::cmp::Reverse;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::dabs::{Dab, dabs, is_solid};
use super::easel::{Easel, Tone};
use super::hatch::{Hatching, dip, hatch};
use super::masses::{Mass, simplify};
use super::route::{Leg, STRIDE, route};
use super::stage::Stage;
use super::technique::{Technique, Touch, Values};
use super::trace::Tracer;

/// A stroke before it has its time.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) stage: Stage,
    pub(crate) tone: Tone,
    /// In painting order, at least one.
    pub(crate) pixels: Vec<u32>,
    /// How much nearer it brings the canvas to the picture.
    pub(crate) gain: f32,
}

/// How much a region must be worth to stay, on a picture of 96 pixels: from small shapes to large masses. A square
/// of side `s` is worth about `s · distance / 4`, so the first keeps what is 6 pixels wide and differs clearly.
const WORTH: [f32; 5] = [0.15, 0.3, 0.6, 1.2, 2.4];
/// More masses than this aren't masses any longer.
const MOST_MASSES: usize = 70;

/// Shapes are what is worth a quarter of a mass: so many steps lower in [`WORTH`].
const SHAPES_BELOW_MASSES: usize = 2;
/// How far the brush goes before it is dipped again, as a share of the picture's side.
const REACH: f32 = 0.7;
/// How strongly a stroke draws the hand to itself by what it brings nearer to the picture: its exponent. At 0 only
/// the way counts, at 1 the hand jumps all over the canvas from the weightiest to the next one.
const PULL: f32 = 0.3;

/// Fewer lines than this are drawn where the hand comes by with the details, not on a tour of their own.
const FEW_LINES: usize = 24;
/// From so many shapes on they are taken by their value; a few are done where the hand is.
const BANDED: usize = 60;
/// At how many of a mass's places the hand looks when it seeks the nearest one.
const PLACES: usize = 24;
/// The side of a dot, as a share of the picture's: at least 2 pixels.
const DOT: f32 = 0.042;

/// Things that differ less than so many times in size are alike.
const ALIKE: usize = 4;

/// Somebody in front of an [`Easel`].
pub(crate) struct Painter {
    pub(crate) easel: Easel,
    technique: Technique,
    /// Side of the picture in pixels, were it square.
    pub(crate) side: f32,
    /// The most pixels of one stroke.
    chunk: usize,
    /// A bearable number of strokes.
    budget: usize,
    chance: ChaCha8Rng,
    /// Where the hand is.
    at: (i32, i32),
    marks: Vec<Mark>,
}

/// A pixel of a stroke that is made of dots; ordered by dot, then by its place in the stroke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Dotted {
    /// Row and column of its dot.
    dot: (i32, i32),
    /// Its place in the stroke.
    place: usize,
    /// Where the brush comes to it within the dot, going there and back.
    within: (i32, i32),
    pixel: u32,
}

/// What a mass lies within: its first and last column and row.
#[derive(PartialEq, Eq)]
struct Frame {
    least: (i32, i32),
    most: (i32, i32),
}

impl Frame {
    /// Whether another one lies within this.
    fn holds(&self, other: &Self) -> bool {
        let begins = self.least.0 <= other.least.0 && self.least.1 <= other.least.1;
        let ends = self.most.0 >= other.most.0 && self.most.1 >= other.most.1;
        begins && ends && self != other
    }
}

/// Masses, the largest first, in bands: in each those of at least a quarter of its largest one's size.
fn by_size(masses: Vec<Mass>) -> Vec<Vec<Mass>> {
    let mut bands: Vec<Vec<Mass>> = Vec::new();
    for mass in masses {
        match bands.last_mut() {
            Some(band) if mass.pixels.len() * ALIKE >= band[0].pixels.len() => band.push(mass),
            _ => bands.push(vec![mass]),
        }
    }
    bands
}

impl Painter {
    pub(crate) fn new(easel: Easel, technique: Technique, chunk: usize, seed: u64) -> Self {
        let side = (easel.area() as f32).sqrt();
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let corner = chance.next_u32();
        let at = (
            if corner & 1 == 0 {
                0
            } else {
                easel.width as i32 - 1
            },
            0,
        );
        Self {
            budget: ((technique.strokes as f32 * side / 96.0) as usize).max(60),
            easel,
            technique,
            side,
            chunk,
            chance,
            at,
            marks: Vec::new(),
        }
    }

    /// Paints the whole picture.
    pub(crate) fn paint(&mut self) -> Vec<Mark> {
        let (masses, shapes) = self.look();
        if self.technique.lines_first {
            self.draw_lines();
        }
        self.block_in(masses);
        self.shape(&shapes);
        self.finish();
        if self.marks.is_empty() {
            // The bare canvas is the picture already, but a plan has at least one stroke.
            let all: Vec<u32> = (0..self.easel.area() as u32).collect();
            let tone = self.easel.want[0];
            let strokes = self.hatched(&all, self.technique.brushes[0] * self.side);
            self.put(
                Stage::Ground,
                strokes.into_iter().map(|s| (tone, s)).collect(),
            );
        }
        std::mem::take(&mut self.marks)
    }

    /// The picture as masses, and as the shapes that these are divided into.
    fn look(&self) -> (Vec<Mass>, Vec<Mass>) {
        let limits = WORTH.map(|worth| worth * self.side / 96.0);
        let mut views = simplify(&self.easel, &limits);
        let bare: f32 = self.easel.left_by(None);
        let squint = self.technique.squint.clamp(0.0, 1.0) * bare;
        let rough = self.easel.area() * 2 / 5;
        let good = |view: &[Mass]| {
            self.easel.left_by(Some(view)) <= squint && self.easel.wrong_by(view) <= rough
        };
        let chosen = (0..views.len())
            .rev()
            .find(|&i| good(&views[i]))
            .unwrap_or(0);
        let chosen = (chosen..views.len())
            .find(|&i| views[i].len() <= MOST_MASSES)
            .unwrap_or(views.len() - 1);
        let masses = views.swap_remove(chosen);
        let shapes = if chosen == 0 {
            Vec::new()
        } else {
            views.swap_remove(chosen.saturating_sub(SHAPES_BELOW_MASSES))
        };
        (masses, shapes)
    }

    /// The masses with the broad brush: what the others stand in front of, then those, the large ones first.
    fn block_in(&mut self, mut masses: Vec<Mass>) {
        masses.sort_unstable_by_key(|m| (Reverse(m.pixels.len()), m.pixels[0]));
        let (mut grounds, rest): (Vec<Mass>, Vec<Mass>) =
            masses.into_iter().partition(|m| self.is_ground(m));
        // What runs out of the picture lies behind what stands in it; and from the top down, since what is far away is
        // seldom below what is near.
        grounds.sort_by_key(|m| (self.edges(m) == 0, m.pixels[m.pixels.len() / 2]));
        let grounds = self.by_value(grounds, |m| m.tone);
        for mass in grounds.into_iter().flatten() {
            self.cover(&mass, Stage::Ground);
        }
        let bands = match self.technique.values {
            // Alike things are about as large as each other, and the same is done to all of them before going on.
            Values::ByPlace => self.by_depth(rest).into_iter().flat_map(by_size).collect(),
            Values::LightToDark | Values::DarkToLight => self.by_value(rest, |m| m.tone),
        };
        for band in bands {
            let pull = |m: &Mass| libm::powf(m.pixels.len() as f32, PULL);
            let mut band: Vec<(f32, Mass)> = band.into_iter().map(|m| (pull(&m), m)).collect();
            while let Some(next) = self.next_mass(&band) {
                let (_, mass) = band.swap_remove(next);
                self.cover(&mass, Stage::Masses);
            }
        }
    }

    /// Whether a mass is what the others stand in front of: very large, or the larger the fewer of the picture's edges
    /// cut it off. A tree may part a sky in two, and a cart may stand at the edge.
    fn is_ground(&self, mass: &Mass) -> bool {
        let least = match self.edges(mass) {
            0 => self.easel.area() / 8,
            1 => self.easel.area() / 20,
            _ => self.easel.area() / 40,
        };
        mass.pixels.len() > least
    }

    /// How many of the picture's left, right and upper edges a mass reaches: what runs out of the picture lies behind
    /// what stands in it.
    fn edges(&self, mass: &Mass) -> usize {
        let across = self.easel.width as u32;
        let at = |is_at: fn(u32, u32) -> bool| mass.pixels.iter().any(|&p| is_at(p, across));
        let [left, right, top] = [
            at(|p, across| p % across == 0),
            at(|p, across| p % across == across - 1),
            at(|p, across| p < across),
        ];
        usize::from(left) + usize::from(right) + usize::from(top)
    }

    /// Masses in bands, each keeping its order: those that lie within no other's frame, then those within one's, and
    /// so on. What surrounds a thing lies behind it.
    fn by_depth(&self, masses: Vec<Mass>) -> Vec<Vec<Mass>> {
        // Things in things in things may come in any order.
        const DEPTHS: usize = 3;
        let frames: Vec<Frame> = masses.iter().map(|m| self.frame(m)).collect();
        let mut bands: Vec<Vec<Mass>> = (0..DEPTHS).map(|_| Vec::new()).collect();
        for (mass, frame) in masses.into_iter().zip(&frames) {
            let around = frames.iter().filter(|other| other.holds(frame)).count();
            bands[around.min(DEPTHS - 1)].push(mass);
        }
        bands
    }

    fn frame(&self, mass: &Mass) -> Frame {
        let mut frame = Frame {
            least: (i32::MAX, i32::MAX),
            most: (i32::MIN, i32::MIN),
        };
        for &p in &mass.pixels {
            let (x, y) = self.easel.place(p);
            frame.least = (frame.least.0.min(x), frame.least.1.min(y));
            frame.most = (frame.most.0.max(x), frame.most.1.max(y));
        }
        frame
    }

    /// Which of the masses, each with its pull, draws the hand to itself most.
    fn next_mass(&self, masses: &[(f32, Mass)]) -> Option<usize> {
        let pulled = |(pull, mass): &(f32, Mass)| {
            let step = mass.pixels.len().div_ceil(PLACES);
            let nearest = mass.pixels.iter().step_by(step).map(|&p| {
                let (x, y) = self.easel.place(p);
                (x - self.at.0).pow(2) + (y - self.at.1).pow(2)
            });
            let way = (nearest.min().unwrap_or(0) as f32).sqrt();
            (way + STRIDE) / pull
        };
        let pulled: Vec<f32> = masses.iter().map(pulled).collect();
        (0..masses.len()).min_by(|&a, &b| {
            let order = pulled[a].total_cmp(&pulled[b]);
            order.then(masses[a].1.pixels[0].cmp(&masses[b].1.pixels[0]))
        })
    }

    fn cover(&mut self, mass: &Mass, stage: Stage) {
        let width =
            (self.technique.brushes[0] * self.side).min((mass.pixels.len() as f32).sqrt() / 2.0);
        let pixels = self.under(mass, width);
        if pixels.is_empty() {
            return;
        }
        let strokes = self.hatched(&pixels, width);
        self.put(stage, strokes.into_iter().map(|s| (mass.tone, s)).collect());
    }

    /// What is to be painted of a mass: all of it that is still wrong, and narrow gaps too, where something else
    /// comes later: going under it is quicker than lifting the brush.
    fn under(&self, mass: &Mass, width: f32) -> Vec<u32> {
        let mut pixels: Vec<u32> = Vec::with_capacity(mass.pixels.len());
        let across = self.easel.width as u32;
        for &p in mass.pixels.iter().filter(|&&p| self.easel.is_wrong(p)) {
            if let Some(&last) = pixels.last()
                && last / across == p / across
                && p - last <= width as u32
                && (last + 1..p).all(|q| self.easel.is_wrong(q))
            {
                pixels.extend(last + 1..p);
            }
            pixels.push(p);
        }
        pixels
    }

    /// The shapes into the masses, where they come nearer to the picture.
    fn shape(&mut self, shapes: &[Mass]) {
        let width = self.technique.brushes[1] * self.side;
        let crumb = (width * width / 6.0).max(2.0) as usize;
        let mut strokes: Vec<(f32, Tone, Vec<u32>)> = Vec::new();
        for shape in shapes {
            let better = |&p: &u32| self.easel.is_worth(p, shape.tone);
            let pixels: Vec<u32> = shape.pixels.iter().copied().filter(better).collect();
            if pixels.len() < crumb {
                continue;
            }
            for stroke in self.hatched(&pixels, width) {
                if stroke.len() >= crumb {
                    let gain = stroke.iter().map(|&p| self.easel.gain(p, shape.tone)).sum();
                    strokes.push((gain, shape.tone, stroke));
                }
            }
        }
        // What is left out here is still wrong, and comes with the details.
        strokes.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2[0].cmp(&b.2[0])));
        strokes
            .truncate((self.budget.saturating_sub(self.marks.len()) * 2 / 5).max(self.budget / 4));
        self.put(
            Stage::Shapes,
            strokes.into_iter().map(|(_, t, s)| (t, s)).collect(),
        );
    }

    fn draw_lines(&mut self) {
        let lines = dabs(&self.easel, self.budget)
            .into_iter()
            .filter(|d| d.stage == Stage::Outlines && self.easel.looks[usize::from(d.tone)].l < 0.5)
            .collect();
        self.put_dabs(Stage::Outlines, lines);
    }

    /// All that is left.
    fn finish(&mut self) {
        let left = self
            .budget
            .saturating_sub(self.marks.len())
            .max(self.budget / 5);
        let mut all = dabs(&self.easel, left);
        let lines = all.iter().filter(|d| d.stage == Stage::Outlines).count();
        if lines < FEW_LINES {
            for dab in &mut all {
                if dab.stage == Stage::Outlines {
                    dab.stage = Stage::Details;
                }
            }
        }
        for stage in [Stage::Outlines, Stage::Details, Stage::Highlights] {
            let (these, others) = all.into_iter().partition(|d| d.stage == stage);
            self.put_dabs(stage, these);
            all = others;
        }
    }

    fn put_dabs(&mut self, stage: Stage, dabs: Vec<Dab>) {
        let load = (self.side * 1.5) as usize;
        let width = self.technique.brushes[2] * self.side;
        let mut tracer = Tracer::new(self.easel.area());
        let mut strokes = Vec::new();
        for dab in dabs {
            let n = dab.pixels.len();
            let pieces =
                if n > 20 && dab.pieces == 1 && !dab.gathered && is_solid(&self.easel, &dab.pixels)
                {
                    self.hatched(&dab.pixels, width)
                } else if n > 60 && dab.pieces * 3 > n && !dab.gathered {
                    self.hatched(&dab.pixels, width * 2.5)
                } else {
                    vec![tracer.trace(&self.easel, &dab.pixels)]
                };
            let parts = pieces.into_iter().flat_map(|p| dip(p, load));
            strokes.extend(parts.map(|p| (dab.tone, p)));
        }
        self.put(stage, strokes);
    }

    fn hatched(&mut self, pixels: &[u32], width: f32) -> Vec<Vec<u32>> {
        let width = width.max(1.0);
        let wobble = self.technique.wobble;
        let hatching = Hatching {
            width,
            load: ((width * self.side * REACH) as usize).max(8),
            slant: self.technique.slant,
            turn: self.random(-wobble, wobble),
        };
        hatch(&self.easel, pixels, hatching)
    }

    /// Puts strokes on the canvas, as they lie beside each other.
    fn put(&mut self, stage: Stage, strokes: Vec<(Tone, Vec<u32>)>) {
        let strokes: Vec<(Tone, Vec<u32>)> = strokes
            .into_iter()
            .flat_map(|(tone, pixels)| dip(pixels, self.chunk).into_iter().map(move |p| (tone, p)))
            .map(|(tone, pixels)| (tone, self.touched(stage, pixels)))
            .collect();
        let bands = match stage {
            Stage::Ground | Stage::Masses => self.by_value(strokes, |s| s.0),
            Stage::Shapes if strokes.len() >= BANDED => self.by_value(strokes, |s| s.0),
            Stage::Shapes | Stage::Outlines | Stage::Details | Stage::Highlights => vec![strokes],
        };
        for mut band in bands {
            let legs: Vec<Leg> = band
                .iter()
                .map(|(tone, pixels)| self.leg(*tone, pixels))
                .collect();
            for turn in route(&self.easel, &legs, self.at) {
                let (tone, pixels) = &mut band[turn.leg];
                let (tone, mut pixels) = (*tone, std::mem::take(pixels));
                if turn.reversed {
                    pixels.reverse();
                }
                let gain = pixels.iter().map(|&p| self.easel.gain(p, tone)).sum();
                self.easel.put(&pixels, tone);
                self.at = self.easel.place(pixels[pixels.len() - 1]);
                self.marks.push(Mark {
                    stage,
                    tone,
                    pixels,
                    gain,
                });
            }
        }
    }

    /// The stroke as the technique's brush makes it: in one sweep; or every other dot on the way there and those
    /// between them on the way back, where it has room for several.
    fn touched(&self, stage: Stage, stroke: Vec<u32>) -> Vec<u32> {
        let fine = matches!(stage, Stage::Outlines | Stage::Details | Stage::Highlights);
        let side = ((self.side * DOT) as i32).max(2);
        let few = stroke.len() < 4 * (side * side) as usize;
        if fine || few || self.technique.touch == Touch::Sweep {
            return stroke;
        }
        let mut dots: Vec<Dotted> = stroke
            .iter()
            .enumerate()
            .map(|(place, &p)| {
                let (x, y) = self.easel.place(p);
                let across = if y % 2 == 0 { x } else { -x };
                Dotted {
                    dot: (y / side, x / side),
                    place,
                    within: (y, across),
                    pixel: p,
                }
            })
            .collect();
        dots.sort_unstable();
        let mut order: Vec<&[Dotted]> = dots.chunk_by(|a, b| a.dot == b.dot).collect();
        order.sort_unstable_by_key(|dot| dot[0].place);
        let (there, back): (Vec<_>, Vec<_>) = order
            .into_iter()
            .partition(|dot| (dot[0].dot.0 + dot[0].dot.1) % 2 == 0);
        let mut pixels = Vec::with_capacity(stroke.len());
        for dot in there.into_iter().chain(back.into_iter().rev()) {
            let mut dot = dot.to_vec();
            dot.sort_unstable_by_key(|dotted| (dotted.within, dotted.pixel));
            pixels.extend(dot.into_iter().map(|dotted| dotted.pixel));
        }
        pixels
    }

    fn leg(&self, tone: Tone, pixels: &[u32]) -> Leg {
        let gain: f32 = pixels.iter().map(|&p| self.easel.gain(p, tone)).sum();
        Leg {
            ends: [pixels[0], pixels[pixels.len() - 1]].map(|p| self.easel.place(p)),
            pull: libm::powf(gain.max(0.1), PULL),
        }
    }

    /// Parts things in the order in which the technique takes their tones, each part keeping its order.
    fn by_value<T>(&self, things: Vec<T>, tone: impl Fn(&T) -> Tone) -> Vec<Vec<T>> {
        const BANDS: usize = 3;
        let mut bands: Vec<Vec<T>> = (0..BANDS).map(|_| Vec::new()).collect();
        for thing in things {
            let light = self.easel.looks[usize::from(tone(&thing))].l;
            let band = ((light * BANDS as f32) as usize).min(BANDS - 1);
            let band = match self.technique.values {
                Values::ByPlace => 0,
                Values::DarkToLight => band,
                Values::LightToDark => BANDS - 1 - band,
            };
            bands[band].push(thing);
        }
        bands.retain(|band| !band.is_empty());
        bands
    }

    /// A number between these, evenly.
    pub(crate) fn random(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (self.chance.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }
}
