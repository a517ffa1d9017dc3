//! Gaussian noise as PyTorch draws it, so that a seed means here what it means there.

mod mt19937;
mod philox;

use std::f64::consts::TAU;

use mt19937::Mt19937;

/// Which of PyTorch's two generators a seed is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoiseSource {
    /// `torch.Generator("cpu")`: the Mersenne Twister.
    Cpu,
    /// `torch.Generator("cuda")`: Philox 4×32-10. What most pictures on the web were seeded with.
    #[default]
    Cuda,
}

/// A stream of standard normal numbers, equal to `torch.randn` with a seeded generator, in f32.
///
/// Each call of [`Self::draw`] is one call of `torch.randn`: the streams go on from call to call as torch's do.
///
/// The CUDA stream is that of a card with at least `numel / 4` resident threads, which holds for every latent
/// size of SDXL on every card that can run it; beyond it torch's own answer depends on the card.
#[derive(Clone, Debug)]
pub struct Noise {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Cpu {
        engine: Box<Mt19937>,
        spare: Option<f64>,
    },
    Cuda {
        seed: u64,
        calls: u32,
    },
}

impl Noise {
    /// Seeds a stream as `generator.manual_seed(seed)` does.
    #[must_use]
    pub fn new(source: NoiseSource, seed: u64) -> Self {
        let state = match source {
            // Torch's Mersenne Twister takes the seed's lower half alone.
            NoiseSource::Cpu => State::Cpu {
                engine: Box::new(Mt19937::new(seed as u32)),
                spare: None,
            },
            NoiseSource::Cuda => State::Cuda { seed, calls: 0 },
        };
        Self { state }
    }

    /// The next `count` numbers, in the order of torch's row-major layout.
    pub fn draw(&mut self, count: usize) -> Vec<f32> {
        match &mut self.state {
            State::Cpu { engine, .. } if count >= 16 => fill(engine, count),
            State::Cpu { engine, spare } => (0..count).map(|_| one(engine, spare) as f32).collect(),
            State::Cuda { seed, calls } => {
                let call = *calls;
                *calls = calls.wrapping_add(1);
                (0..count as u64)
                    .map(|at| philox::normal(*seed, call, at))
                    .collect()
            }
        }
    }
}

/// Torch's way for 16 numbers and more: uniform numbers first, then turned into normal ones eight pairs at a time;
/// a rest of fewer than 16 is drawn anew together with the numbers before it.
fn fill(engine: &mut Mt19937, count: usize) -> Vec<f32> {
    let uniform = |engine: &mut Mt19937| (engine.next() & 0x00FF_FFFF) as f32 / 16_777_216.0;
    let mut numbers: Vec<f32> = (0..count).map(|_| uniform(engine)).collect();
    for sixteen in numbers.chunks_exact_mut(16) {
        to_normal(sixteen);
    }
    if !count.is_multiple_of(16) {
        let last = &mut numbers[count - 16..];
        last.fill_with(|| uniform(engine));
        to_normal(last);
    }
    numbers
}

/// Box–Muller on 16 uniform numbers: the first eight give radii, the last eight angles.
fn to_normal(sixteen: &mut [f32]) {
    let (radii, angles) = sixteen.split_at_mut(8);
    for (first, second) in radii.iter_mut().zip(angles) {
        let radius = (-2.0 * f64::from(1.0 - *first).ln()).sqrt();
        let angle = TAU * f64::from(*second);
        *first = (radius * angle.cos()) as f32;
        *second = (radius * angle.sin()) as f32;
    }
}

/// Torch's way for fewer than 16 numbers: in f64, two at a time, the second kept for the next call.
fn one(engine: &mut Mt19937, spare: &mut Option<f64>) -> f64 {
    if let Some(kept) = spare.take() {
        return kept;
    }
    let uniform = |engine: &mut Mt19937| {
        let high = u64::from(engine.next());
        let bits = high << 32 | u64::from(engine.next());
        (bits & ((1 << 53) - 1)) as f64 / (1u64 << 53) as f64
    };
    let angle = TAU * uniform(engine);
    let radius = (-2.0 * (-uniform(engine)).ln_1p()).sqrt();
    *spare = Some(radius * angle.sin());
    radius * angle.cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_0_on_cuda_starts_as_torch_does() {
        let expected = [
            -0.924_662_6,
            -0.425_344_15,
            -2.643_845_7,
            0.145_183_88,
            -0.120_865_99,
            -0.579_725_6,
            -0.622_851_2,
            -0.328_387_1,
            -1.074_542_3,
            -0.363_144_07,
            -1.671_050_7,
            2.265_505,
        ];
        let found = Noise::new(NoiseSource::Cuda, 0).draw(12);
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected as f32).abs() < 1e-6,
                "{found} is not {expected}"
            );
        }
    }

    #[test]
    fn a_second_draw_goes_on_and_does_not_repeat() {
        for source in [NoiseSource::Cpu, NoiseSource::Cuda] {
            let mut noise = Noise::new(source, 7);
            assert_ne!(noise.draw(64), noise.draw(64), "{source:?}");
        }
    }
}
