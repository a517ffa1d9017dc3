//! Progress in whole numbers: how many of `n` parts are done after some of a time.

use crate::plan::Ease;

/// Times above this are halved until they fit, so that no product overflows; 2^50 ns are 13 days.
const WIDEST: u64 = 1 << 50;

/// `⌊n · ease(elapsed / duration)⌋`, exactly; `n` at most 2^27.
///
/// An elapsed time at or after the duration gives `n`.
pub(crate) fn parts_done(n: u64, ease: Ease, elapsed: u64, duration: u64) -> u64 {
    if elapsed >= duration {
        return n;
    }
    let (mut elapsed, mut duration) = (elapsed, duration);
    while duration >= WIDEST {
        (elapsed, duration) = (elapsed / 2, duration / 2);
    }
    let (n, e, d) = (u128::from(n), u128::from(elapsed), u128::from(duration));
    let done = match ease {
        Ease::Linear => n * e / d,
        Ease::InOut if 2 * e < d => 2 * n * e * e / (d * d),
        Ease::InOut => {
            let left = d - e;
            n * (d * d - 2 * left * left) / (d * d)
        }
    };
    u64::try_from(done).expect("at most n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ease_is_twice_the_square_up_to_the_middle_and_its_mirror_image_after() {
        let at = |e| parts_done(1000, Ease::InOut, e, 1000);
        assert_eq!([at(0), at(100), at(250), at(500)], [0, 20, 125, 500]);
        assert_eq!([at(750), at(900), at(999), at(1000)], [875, 980, 999, 1000]);
    }

    #[test]
    fn progress_never_falls_whatever_the_length() {
        for duration in [1, 7, 1_000_003, WIDEST - 1, WIDEST, u64::MAX] {
            for ease in [Ease::Linear, Ease::InOut] {
                let done: Vec<_> = (0..=64)
                    .map(|k| parts_done(1 << 22, ease, duration / 64 * k, duration))
                    .collect();
                assert!(done.is_sorted(), "{ease:?} over {duration}");
            }
        }
    }
}
