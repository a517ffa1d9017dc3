//! [`Tempo`]: how a painting's strokes share its time.

use std::time::Duration;

use super::stage::Stage;
use super::technique::Pace;

/// How long a painting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tempo {
    /// This long in all, to the millisecond; but at least a millisecond for each stroke.
    Total(Duration),
    /// So much for each stroke and for each of its pixels, and so long a wait before it.
    Classic {
        /// For each stroke.
        base: Duration,
        /// For each of its pixels.
        per_px: Duration,
        /// Before each stroke.
        delay: Duration,
        /// The most pixels of one stroke, at least 1.
        chunk: usize,
    },
}

impl Tempo {
    /// The most pixels of one stroke.
    pub(crate) fn chunk(self) -> usize {
        match self {
            Self::Total(_) => usize::MAX,
            Self::Classic { chunk, .. } => chunk.max(1),
        }
    }
}

impl Default for Tempo {
    /// The classic one with its usual values.
    fn default() -> Self {
        Self::Classic {
            base: Duration::from_millis(450),
            per_px: Duration::from_millis(2),
            delay: Duration::from_millis(70),
            chunk: 220,
        }
    }
}

/// What the tempo must know of a stroke.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beat {
    pub(crate) stage: Stage,
    pub(crate) pixels: usize,
    /// The way that the hand has come to its start, as a share of the picture's side.
    pub(crate) way: f32,
    /// What the hand does before it besides moving there.
    pub(crate) before: Before,
    /// What chance makes of its times: about 1.
    pub(crate) mood: [f32; 2],
}

/// What a hand does before a stroke besides moving there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// Nothing.
    Nothing,
    /// It takes another colour.
    Rinse,
    /// It takes another colour, and the painter steps back to look: a stage begins.
    Look,
}

/// When a stroke plays, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) delay_ms: u64,
    pub(crate) duration_ms: u64,
}

/// Times for strokes, in their order.
pub(crate) fn timings(tempo: Tempo, pace: Pace, beats: &[Beat]) -> Vec<Timing> {
    match tempo {
        Tempo::Total(total) => share(total, pace, beats),
        Tempo::Classic {
            base,
            per_px,
            delay,
            ..
        } => beats
            .iter()
            .map(|beat| {
                let pixels = u32::try_from(beat.pixels).unwrap_or(u32::MAX);
                let duration = base.saturating_add(per_px.saturating_mul(pixels));
                Timing {
                    delay_ms: millis(delay),
                    duration_ms: millis(duration).max(1),
                }
            })
            .collect(),
    }
}

/// Shares a time out by weight. Ends are rounded, not lengths, so that the sum is exact.
fn share(total: Duration, pace: Pace, beats: &[Beat]) -> Vec<Timing> {
    let pace = steadied(pace, beats);
    let weights: Vec<[u64; 2]> = beats.iter().map(|beat| weigh(pace, beat)).collect();
    let sum: u128 = weights.iter().flatten().map(|&w| u128::from(w)).sum();
    // Every stroke has its millisecond; what is above that is shared out.
    let spare = u128::from(millis(total).saturating_sub(beats.len() as u64));
    let mut done: u128 = 0;
    let mut at = 0u64;
    let mut until = |weight: u64| {
        done += u128::from(weight);
        let end = (done * spare / sum.max(1)) as u64;
        let length = end - at;
        at = end;
        length
    };
    weights
        .into_iter()
        .map(|[pause, stroke]| Timing {
            delay_ms: until(pause),
            duration_ms: until(stroke) + 1,
        })
        .collect()
}

/// The pace with the masses as fast as the hand can be without becoming hectic. Where they would still take too
/// much of the time, since little else is to be done, the hand lingers between the finer strokes.
fn steadied(pace: Pace, beats: &[Beat]) -> Pace {
    let mut steady = pace;
    let (mut fast, mut slow) = (pace.masses * FASTEST, pace.masses * SLOWEST);
    for _ in 0..8 {
        steady.masses = 0.5 * (fast + slow);
        let (share, variation) = judge(steady, beats);
        if variation > pace.unevenness || share < LEAST_SHARE {
            fast = steady.masses;
        } else {
            slow = steady.masses;
        }
    }
    steady.masses = slow;
    while judge(steady, beats).0 > MOST_SHARE && steady.lift < pace.lift * LONGEST_LIFT {
        steady.lift *= 1.2;
    }
    steady
}

/// How far the weight of the masses may go from the technique's own.
const FASTEST: f32 = 0.2;
const SLOWEST: f32 = 2.0;
/// The share of the time that ground and masses have at least: below it they flash by.
const LEAST_SHARE: f32 = 0.15;
/// And at most, as far as lifts of this many times their length can bring it about.
const MOST_SHARE: f32 = 0.25;
const LONGEST_LIFT: f32 = 3.0;

/// Which share of the time ground and masses take, and how much the speed varies from stroke to stroke (standard
/// deviation over mean).
fn judge(pace: Pace, beats: &[Beat]) -> (f32, f32) {
    let (mut masses, mut all) = (0.0f64, 0.0f64);
    let (mut sum, mut squares) = (0.0f64, 0.0f64);
    for beat in beats {
        let [pause, stroke] = weigh(pace, beat).map(|w| w as f64);
        all += pause + stroke;
        if matches!(beat.stage, Stage::Ground | Stage::Masses) {
            masses += pause + stroke;
        }
        let speed = beat.pixels as f64 / stroke;
        sum += speed;
        squares += speed * speed;
    }
    let n = beats.len().max(1) as f64;
    let mean = sum / n;
    let deviation = (squares / n - mean * mean).max(0.0).sqrt();
    ((masses / all) as f32, (deviation / mean) as f32)
}

/// Weights of the pause before a stroke and of the stroke itself, in thousandths.
fn weigh(pace: Pace, beat: &Beat) -> [u64; 2] {
    let of_stage = match beat.stage {
        Stage::Ground | Stage::Masses => pace.masses,
        Stage::Shapes => pace.shapes,
        Stage::Outlines | Stage::Details | Stage::Highlights => pace.details,
    };
    // A dab is a touch and a lift: it takes a little more than its pixels.
    let pixels = beat.pixels as f32 + 0.5;
    let stroke = of_stage * libm::powf(pixels, pace.growth.clamp(0.0, 1.0));
    let mut pause = pace.lift * of_stage * (1.0 + 3.0 * beat.way);
    pause += match beat.before {
        Before::Nothing => 0.0,
        Before::Rinse => pace.rinse,
        Before::Look => pace.rinse + pace.look,
    };
    let thousandths = |weight: f32| (weight.clamp(0.0, 1e9) * 1000.0) as u64;
    [
        thousandths(pause * beat.mood[0]),
        thousandths(stroke * beat.mood[1]).max(1),
    ]
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
