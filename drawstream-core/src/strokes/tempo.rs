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
    /// How much nearer it brings the canvas to the picture; negative where it goes away from it.
    pub(crate) gain: f32,
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
    // Every stroke has its millisecond; what is above that is shared out.
    let spare = millis(total).saturating_sub(beats.len() as u64);
    let weights = Score::new(pace, beats, spare).balanced();
    let sum: u128 = weights.iter().flatten().map(|&w| u128::from(w)).sum();
    let mut done: u128 = 0;
    let mut at = 0u64;
    let mut until = |weight: u64| {
        done += u128::from(weight);
        let end = (done * u128::from(spare) / sum.max(1)) as u64;
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

/// How far the weight of the masses may go from the technique's own.
const FASTEST: f32 = 0.2;
const SLOWEST: f32 = 2.0;
/// The share of the time that ground and masses have at least: below it they flash by.
const LEAST_SHARE: f32 = 0.15;
/// And at most, as far as lingering can bring it about.
const MOST_SHARE: f32 = 0.3;
/// What of the picture's difference to the bare canvas may be left in the mean over time: those who look on for a
/// minute shall know early what it becomes.
const MOST_LEFT: f32 = 0.185;
/// The share of the time by which nine tenths of the difference shall be gone.
const LIKENESS_BY: f32 = 0.5;
/// Pauses before the last strokes are at most so many times longer, and one more: beyond that the hand seems asleep.
const MOST_LINGER: f32 = 12.0;

/// How late lingering sets in, as an exponent of what is done: at 8 half of it comes after nine tenths.
const LATE: f32 = 8.0;

/// Strokes with what their times are reckoned from.
struct Score<'a> {
    pace: Pace,
    beats: &'a [Beat],
    /// Milliseconds to be shared out.
    spare: f32,
    /// What a stroke's pixels weigh.
    sizes: Vec<f32>,
    /// How much of the difference is gone before each stroke: from 0 to 1.
    done: Vec<f32>,
    /// How far the picture is before each stroke, as it counts for lingering: from 0 to 1, most of it near the end.
    late: Vec<f32>,
    /// How much longer pauses are before the last strokes than before the first ones.
    linger: f32,
}

/// What becomes of a painting with its times shared out in some way.
struct Verdict {
    /// The share of the time that ground and masses have.
    masses: f32,
    /// How much the speed varies from stroke to stroke: standard deviation over mean.
    variation: f32,
    /// The difference that is left in the mean over time.
    left: f32,
    /// The share of the time after which nine tenths of the difference are gone.
    likeness: f32,
}

impl<'a> Score<'a> {
    fn new(pace: Pace, beats: &'a [Beat], spare: u64) -> Self {
        let growth = pace.growth.clamp(0.0, 1.0);
        // A dab is a touch and a lift: it takes a little more than its pixels.
        let size = |b: &Beat| libm::powf(b.pixels as f32 + 0.5, growth);
        let all: f32 = beats.iter().map(|b| b.gain).sum();
        let mut gone = 0.0;
        let done = |b: &Beat| {
            let before = (gone / all.max(1e-6)).clamp(0.0, 1.0);
            gone += b.gain;
            before
        };
        let done: Vec<f32> = beats.iter().map(done).collect();
        Self {
            sizes: beats.iter().map(size).collect(),
            late: done.iter().map(|d| libm::powf(*d, LATE)).collect(),
            done,
            spare: spare as f32,
            linger: 0.0,
            pace,
            beats,
        }
    }

    /// Weights of the pause before each stroke and of the stroke itself, in thousandths: with the masses as fast as
    /// the hand can be without becoming hectic. Where too much of the time would still pass before the picture is
    /// there, the hand lingers between the strokes that are left then, as a painter looks longer before the last
    /// touches than before the first.
    fn balanced(mut self) -> Vec<[u64; 2]> {
        let own = self.pace.masses;
        let (mut fast, mut slow) = (own * FASTEST, own * SLOWEST);
        for _ in 0..8 {
            self.pace.masses = 0.5 * (fast + slow);
            let verdict = self.judge();
            if verdict.variation > self.pace.unevenness || verdict.masses < LEAST_SHARE {
                fast = self.pace.masses;
            } else {
                slow = self.pace.masses;
            }
        }
        self.pace.masses = slow;
        let (mut brisk, mut idle) = (0.0, MOST_LINGER);
        for _ in 0..6 {
            let verdict = self.judge();
            if verdict.masses <= MOST_SHARE
                && verdict.left <= MOST_LEFT
                && verdict.likeness <= LIKENESS_BY
            {
                idle = self.linger;
            } else {
                brisk = self.linger;
            }
            if idle <= brisk {
                break;
            }
            self.linger = 0.5 * (brisk + idle);
        }
        self.linger = idle;
        let weights = (0..self.beats.len()).map(|i| self.weigh(i));
        weights
            .map(|pair| pair.map(|weight| (weight.clamp(0.001, 1e9) * 1000.0) as u64))
            .collect()
    }

    fn judge(&self) -> Verdict {
        let weights: Vec<[f32; 2]> = (0..self.beats.len()).map(|i| self.weigh(i)).collect();
        let all: f32 = weights.iter().flatten().sum();
        let (mut masses, mut at, mut left) = (0.0f32, 0.0f32, 0.0f32);
        let (mut sum, mut squares) = (0.0f32, 0.0f32);
        let mut likeness = all;
        for (i, (beat, [pause, stroke])) in self.beats.iter().zip(weights).enumerate() {
            let before = 1.0 - self.done[i];
            let after = 1.0 - self.done.get(i + 1).unwrap_or(&1.0);
            left += pause * before + stroke * 0.5 * (before + after);
            at += pause + stroke;
            if after <= 0.1 && likeness >= all {
                likeness = at;
            }
            if matches!(beat.stage, Stage::Ground | Stage::Masses) {
                masses += pause + stroke;
            }
            let speed = beat.pixels as f32 / (stroke / all * self.spare + 1.0);
            sum += speed;
            squares += speed * speed;
        }
        let n = self.beats.len().max(1) as f32;
        let mean = sum / n;
        let deviation = (squares / n - mean * mean).max(0.0).sqrt();
        Verdict {
            masses: masses / all,
            variation: deviation / mean,
            left: left / all,
            likeness: likeness / all,
        }
    }

    /// Weights of the pause before a stroke and of the stroke itself.
    fn weigh(&self, i: usize) -> [f32; 2] {
        let (beat, pace) = (&self.beats[i], &self.pace);
        let of_stage = match beat.stage {
            Stage::Ground | Stage::Masses => pace.masses,
            Stage::Shapes => pace.shapes,
            Stage::Outlines => pace.lines,
            Stage::Details | Stage::Highlights => pace.details,
        };
        let mut pause = pace.lift * of_stage * (1.0 + 3.0 * beat.way);
        pause *= 1.0 + self.linger * self.late[i];
        pause += match beat.before {
            Before::Nothing => 0.0,
            Before::Rinse => pace.rinse,
            Before::Look => pace.rinse + pace.look,
        };
        [
            pause * beat.mood[0],
            of_stage * self.sizes[i] * beat.mood[1],
        ]
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
