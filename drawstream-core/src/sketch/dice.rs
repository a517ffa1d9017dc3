//! [`Dice`]: all chance of the built-in planner and painter, from a scene's seed.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::scene::Seed;

/// A stream of chance; each part of a picture has its own, so that one more cloud moves no tree.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this seed for this part of the picture.
    pub(crate) fn new(seed: Seed, part: &str) -> Self {
        let salt = part.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(ChaCha8Rng::seed_from_u64(seed.0 ^ salt))
    }

    /// `0.0..1.0` in steps of 2⁻²⁴.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// `from..to`.
    pub(crate) fn range(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.unit()
    }

    /// `0..n`; 0 where `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }

    /// True with this likelihood.
    pub(crate) fn chance(&mut self, likelihood: f32) -> bool {
        self.unit() < likelihood
    }

    /// One of several.
    ///
    /// # Panics
    /// If there is none.
    pub(crate) fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// A number for [`super::noise`].
    pub(crate) fn salt(&mut self) -> u32 {
        self.0.next_u32()
    }
}
