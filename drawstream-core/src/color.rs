//! Colours: [`Rgb8`] as plans and screens have them, [`Oklab`] as eyes compare them.

mod name;

use std::fmt;
use std::sync::LazyLock;

/// A colour of a plan or a screen: sRGB, 8 bits a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rgb8 {
    /// Red, gamma-encoded.
    pub r: u8,
    /// Green, gamma-encoded.
    pub g: u8,
    /// Blue, gamma-encoded.
    pub b: u8,
}

impl Rgb8 {
    /// Black.
    pub const BLACK: Self = Self::new(0, 0, 0);
    /// White.
    pub const WHITE: Self = Self::new(255, 255, 255);

    /// The colour of these channels.
    pub const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b }
    }

    /// Reads `#RGB` or `#RRGGBB`, in either case; `None` for anything else.
    ///
    /// ```
    /// use drawstream_core::color::Rgb8;
    /// assert_eq!(Rgb8::parse_hex("#fA0"), Some(Rgb8::new(255, 170, 0)));
    /// assert_eq!(Rgb8::parse_hex("fA0"), None);
    /// ```
    pub fn parse_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let mut nibbles = [0u8; 6];
        if !matches!(digits.len(), 3 | 6) {
            return None;
        }
        for (slot, byte) in nibbles.iter_mut().zip(digits.bytes()) {
            *slot = u8::try_from(char::from(byte).to_digit(16)?).ok()?;
        }
        let [a, b, c, d, e, f] = nibbles;
        Some(if digits.len() == 3 {
            Self::new(a * 17, b * 17, c * 17)
        } else {
            Self::new(a * 16 + b, c * 16 + d, e * 16 + f)
        })
    }

    /// The channels, red first.
    pub const fn channels(self) -> [u8; 3] {
        [self.r, self.g, self.b]
    }

    /// WCAG 2 relative luminance, `0.0..=1.0`.
    pub fn luminance(self) -> f32 {
        let [r, g, b] = self.channels().map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// WCAG 2 contrast ratio of two colours, `1.0..=21.0`.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        a.max(b) / a.min(b)
    }
}

/// Writes `#RRGGBB` in capitals: the canonical form.
impl fmt::Display for Rgb8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02X}{:02X}{:02X}", self.r, self.g, self.b)
    }
}

impl From<[u8; 3]> for Rgb8 {
    fn from([r, g, b]: [u8; 3]) -> Self {
        Self::new(r, g, b)
    }
}

/// A colour in OKLab, where distance is what eyes see.
///
/// It is the colour *as displayed*: linear light is first mixed with sRGB's reference viewing flare (0.25 % of
/// white), since plain OKLab makes differences of near-blacks look enormous. Source of the matrices: B. Ottosson
/// 2020, "A perceptual color space for image processing"; of the flare: IEC 61966-2-1.
///
/// The maths go through `libm`, not the platform's, so that the same picture gives the same palette everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Oklab {
    /// Lightness, `0.0..=1.0`.
    pub l: f32,
    /// Green to red, about `-0.4..=0.4`.
    pub a: f32,
    /// Blue to yellow, about `-0.4..=0.4`.
    pub b: f32,
}

const FLARE: f32 = 0.0025;

impl Oklab {
    /// OKLab of linear light (each channel `0.0..=1.0`).
    pub fn from_linear([r, g, b]: [f32; 3]) -> Self {
        let [r, g, b] = [r, g, b].map(|c| (c + FLARE) / (1.0 + FLARE));
        let l = libm::cbrtf(0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b);
        let m = libm::cbrtf(0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b);
        let s = libm::cbrtf(0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b);
        Self {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    /// Linear light of this colour; channels outside `0.0..=1.0` are out of the sRGB gamut.
    pub fn to_linear(self) -> [f32; 3] {
        let cube = |v: f32| v * v * v;
        let l = cube(self.l + 0.396_337_78 * self.a + 0.215_803_76 * self.b);
        let m = cube(self.l - 0.105_561_346 * self.a - 0.063_854_17 * self.b);
        let s = cube(self.l - 0.089_484_18 * self.a - 1.291_485_5 * self.b);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
        .map(|c| c * (1.0 + FLARE) - FLARE)
    }

    /// Euclidean distance; about 0.02 is the least that is seen side by side.
    pub fn distance(self, other: Self) -> f32 {
        self.distance_squared(other).sqrt()
    }

    /// The square of [`Oklab::distance`].
    pub fn distance_squared(self, other: Self) -> f32 {
        let (l, a, b) = (self.l - other.l, self.a - other.a, self.b - other.b);
        l * l + a * a + b * b
    }
}

impl From<Rgb8> for Oklab {
    fn from(color: Rgb8) -> Self {
        Self::from_linear(color.channels().map(linear))
    }
}

/// The nearest displayable colour (channels are clamped).
impl From<Oklab> for Rgb8 {
    fn from(color: Oklab) -> Self {
        Self::from(color.to_linear().map(encode))
    }
}

/// Linear light of a gamma-encoded sRGB channel.
pub fn linear(channel: u8) -> f32 {
    static TABLE: LazyLock<[f32; 256]> = LazyLock::new(|| {
        std::array::from_fn(|i| {
            let c = i as f32 / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                libm::powf((c + 0.055) / 1.055, 2.4)
            }
        })
    });
    TABLE[usize::from(channel)]
}

/// Gamma-encodes linear light to an sRGB channel; out-of-range light is clamped.
pub fn encode(light: f32) -> u8 {
    let c = light.clamp(0.0, 1.0);
    let c = if c <= 0.003_130_8 {
        c * 12.92
    } else {
        1.055 * libm::powf(c, 1.0 / 2.4) - 0.055
    };
    (c * 255.0 + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_both_lengths_and_cases_and_nothing_else() {
        assert_eq!(Rgb8::parse_hex("#abc"), Some(Rgb8::new(0xAA, 0xBB, 0xCC)));
        assert_eq!(
            Rgb8::parse_hex("#A1b2C3"),
            Some(Rgb8::new(0xA1, 0xB2, 0xC3))
        );
        for bad in [
            "", "#", "abc", "#ab", "#abcd", "#abcdefa", "#ggg", "#яя", "# 12345", "#+12345",
        ] {
            assert_eq!(Rgb8::parse_hex(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn every_grey_and_the_corners_survive_a_trip_through_oklab() {
        for v in 0..=255u8 {
            let grey = Rgb8::new(v, v, v);
            assert_eq!(Rgb8::from(Oklab::from(grey)), grey);
        }
        for corner in [
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [255, 255, 0],
            [0, 255, 255],
            [255, 0, 255],
        ] {
            assert_eq!(
                Rgb8::from(Oklab::from(Rgb8::from(corner))),
                Rgb8::from(corner)
            );
        }
    }

    #[test]
    fn white_on_black_has_the_contrast_that_wcag_gives_it() {
        assert!((Rgb8::WHITE.contrast(Rgb8::BLACK) - 21.0).abs() < 1e-3);
    }
}
