//! Philox 4×32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") as cuRAND lays it out.

use std::f32::consts::TAU;

const ROUNDS: u32 = 10;
const MULTIPLIERS: (u32, u32) = (0xD251_1F53, 0xCD9E_8D57);
const WEYL: (u32, u32) = (0x9E37_79B9, 0xBB67_AE85);
/// 2⁻³², cuRAND's step between uniform numbers.
const STEP: f32 = 2.328_306_4e-10;

/// The number at place `at` of the `call`th tensor that is drawn from `seed`.
///
/// One thread makes one number: its place is the counter's upper half, the call its lower half.
pub(super) fn normal(seed: u64, call: u32, at: u64) -> f32 {
    let [x, y, ..] = bits([call, 0, at as u32, (at >> 32) as u32], seed);
    let u = x as f32 * STEP + STEP / 2.0;
    let angle = y as f32 * (STEP * TAU) + STEP * TAU / 2.0;
    // In f64, since the card's own logarithm and sine are closer to the truth than f32's rounding.
    ((-2.0 * f64::from(u).ln()).sqrt() * f64::from(angle).sin()) as f32
}

fn bits(mut counter: [u32; 4], seed: u64) -> [u32; 4] {
    let mut key = (seed as u32, (seed >> 32) as u32);
    for _ in 0..ROUNDS {
        let first = u64::from(counter[0]) * u64::from(MULTIPLIERS.0);
        let second = u64::from(counter[2]) * u64::from(MULTIPLIERS.1);
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ key.0,
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ key.1,
            first as u32,
        ];
        key = (key.0.wrapping_add(WEYL.0), key.1.wrapping_add(WEYL.1));
    }
    counter
}

#[cfg(test)]
mod tests {
    use super::bits;

    /// Known answers published with the generator (Random123, `kat_vectors`).
    #[test]
    fn the_published_vectors_hold() {
        assert_eq!(
            bits([0; 4], 0),
            [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]
        );
        assert_eq!(
            bits([u32::MAX; 4], u64::MAX),
            [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
        );
    }
}
