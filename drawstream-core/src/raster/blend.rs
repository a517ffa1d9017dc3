//! The opacity of a shape that fades in.

use crate::color::Rgb8;

/// `source` over `below` at an opacity of `alpha / 255`, by format 1.0's own rounding.
///
/// An `alpha` of 0 leaves what is below; 255 gives the source exactly.
pub(crate) fn fade(below: Rgb8, source: Rgb8, alpha: u8) -> Rgb8 {
    if alpha == 0 {
        return below;
    }
    let channel = |dst: u8, src: u8| {
        let (dst, src) = (i32::from(dst), i32::from(src));
        let mixed = (dst * 256 + (src - dst) * i32::from(alpha) + src) >> 8;
        u8::try_from(mixed).expect("between dst and src")
    };
    Rgb8::new(
        channel(below.r, source.r),
        channel(below.g, source.g),
        channel(below.b, source.b),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fade_stays_between_its_ends_and_reaches_them() {
        for dst in 0..=255u8 {
            for src in 0..=255u8 {
                let at = |alpha| fade(Rgb8::new(dst, 0, 0), Rgb8::new(src, 0, 0), alpha).r;
                assert_eq!((at(0), at(255)), (dst, src));
                for alpha in 1..255 {
                    let c = at(alpha);
                    assert!(c >= dst.min(src) && c <= dst.max(src));
                }
            }
        }
    }
}
