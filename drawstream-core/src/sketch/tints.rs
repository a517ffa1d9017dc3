//! [`Tints`]: the colours of a picture, by its hour, weather, season and place.

use super::backdrop::{Backdrop, Ground, Hour, Mood, Season, Weather};
use super::sheet::{mix, shade};
use crate::color::{Oklab, Rgb8};

/// Four steps of one material, light first.
pub(crate) type Ramp = [Rgb8; 4];

/// The colour `0xRRGGBB`.
pub(crate) const fn hex(rgb: u32) -> Rgb8 {
    Rgb8::new((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

const fn ramp(steps: [u32; 4]) -> Ramp {
    [hex(steps[0]), hex(steps[1]), hex(steps[2]), hex(steps[3])]
}

pub(crate) const SAND: Ramp = ramp([0xFDEBB5, 0xF0CB83, 0xD39A5C, 0x9C6A48]);
pub(crate) const ROCK: Ramp = ramp([0xC9C6D2, 0x95919F, 0x66637A, 0x413F55]);
pub(crate) const SNOW: Ramp = ramp([0xFAFDFF, 0xD9E8F5, 0xA9C4E2, 0x7292C2]);
pub(crate) const WOOD: Ramp = ramp([0xD9A066, 0xA86B3F, 0x75452F, 0x472B28]);
pub(crate) const BRICK: Ramp = ramp([0xE8936B, 0xC25B4A, 0x8C3B40, 0x562838]);
pub(crate) const LAVA: Ramp = ramp([0xFFF0A0, 0xFFB03A, 0xEE5A24, 0xA82A24]);
pub(crate) const CONIFER: Ramp = ramp([0x7DB85C, 0x3F8A52, 0x22634C, 0x173F3E]);
pub(crate) const LEAVES: Ramp = ramp([0xA9D65C, 0x62AE4A, 0x357F47, 0x1F5341]);
const WATER: Ramp = ramp([0xC9F1F2, 0x72CBE2, 0x3B93CB, 0x265FA0]);
const GRASS: Ramp = ramp([0xB6DC68, 0x79B84E, 0x458A48, 0x285C42]);
const GRASS_SPRING: Ramp = ramp([0xCBE97E, 0x8ACB58, 0x54A052, 0x2E6E4B]);
const GRASS_AUTUMN: Ramp = ramp([0xE3CB68, 0xB79C46, 0x80703A, 0x504A35]);
const LEAVES_SPRING: Ramp = ramp([0xFFD9E8, 0xF6A6C6, 0xD0709F, 0x8C4A78]);
const LEAVES_AUTUMN: Ramp = ramp([0xFFC857, 0xEB8A3C, 0xB9532F, 0x74332F]);

/// The colours of one picture.
#[derive(Clone, Debug)]
pub(crate) struct Tints {
    /// From the zenith to the horizon.
    pub(crate) sky: [Rgb8; 5],
    /// The sun's or the moon's disc.
    pub(crate) lamp: Rgb8,
    /// Clouds: lit, body, shadow.
    pub(crate) cloud: [Rgb8; 3],
    /// Lit windows, fires.
    pub(crate) glow: Rgb8,
    pub(crate) grass: Ramp,
    pub(crate) leaves: Ramp,
    pub(crate) water: Ramp,
    ambient: Rgb8,
    /// How much the ambient colour takes over, and how much darker it is.
    pull: f32,
    dim: f32,
}

impl Tints {
    pub(crate) fn new(backdrop: &Backdrop) -> Self {
        let hour = backdrop.hour.unwrap_or(Hour::Day);
        let winter = backdrop.season == Some(Season::Winter)
            || matches!(backdrop.ground, Some(Ground::Arctic));
        let (sky, lamp, cloud, ambient, pull, dim) = light(hour, backdrop);
        let (grass, leaves) = match backdrop.season {
            _ if winter => (SNOW, SNOW),
            Some(Season::Spring) => (GRASS_SPRING, LEAVES_SPRING),
            Some(Season::Autumn) => (GRASS_AUTUMN, LEAVES_AUTUMN),
            Some(Season::Winter | Season::Summer) | None => (GRASS, LEAVES),
        };
        let mut tints = Self {
            sky,
            lamp,
            cloud,
            glow: hex(0xFFD66B),
            grass,
            leaves,
            water: WATER,
            ambient,
            pull,
            dim,
        };
        tints.grass = tints.ramp(grass);
        tints.leaves = tints.ramp(leaves);
        let base = tints.ramp(WATER);
        tints.water = std::array::from_fn(|i| mix(base[i], tints.sky[4 - i.min(3)], 0.45));
        tints
    }

    /// A material's own colour in this light.
    pub(crate) fn tint(&self, local: Rgb8) -> Rgb8 {
        let lab = Oklab::from(local);
        let dimmed = Rgb8::from(Oklab {
            l: lab.l * (1.0 - self.dim),
            a: lab.a * (1.0 - self.dim * 0.5),
            b: lab.b * (1.0 - self.dim * 0.5),
        });
        mix(dimmed, self.ambient, self.pull)
    }

    pub(crate) fn ramp(&self, local: Ramp) -> Ramp {
        local.map(|color| self.tint(color))
    }

    /// A colour seen through the air: 0 is here, 1 is the horizon.
    pub(crate) fn far(&self, color: Rgb8, depth: f32) -> Rgb8 {
        mix(color, mix(self.sky[3], self.sky[4], 0.5), depth)
    }

    pub(crate) fn far_ramp(&self, colors: Ramp, depth: f32) -> Ramp {
        colors.map(|color| self.far(color, depth))
    }
}

type Light = ([Rgb8; 5], Rgb8, [Rgb8; 3], Rgb8, f32, f32);

fn skies(steps: [u32; 5]) -> [Rgb8; 5] {
    steps.map(hex)
}

fn light(hour: Hour, backdrop: &Backdrop) -> Light {
    let gray =
        backdrop.has(Weather::Rain) || backdrop.has(Weather::Fog) || backdrop.has(Weather::Clouds);
    let scary = backdrop.mood == Some(Mood::Scary);
    if backdrop.has(Weather::Storm) {
        let sky = skies([0x1B2036, 0x2A3350, 0x3F4C6B, 0x5C6C86, 0x8796A3]);
        let cloud = [hex(0x6E7C93), hex(0x475370), hex(0x2B3450)];
        return (sky, hex(0xF4F2C8), cloud, hex(0x2A3A5E), 0.30, 0.28);
    }
    if scary && hour.is_dark() {
        let sky = skies([0x0D0B1E, 0x1D1536, 0x352350, 0x553562, 0x7F4F6E]);
        let cloud = [hex(0x6A4A74), hex(0x43305A), hex(0x281F40)];
        return (sky, hex(0xF6E7A8), cloud, hex(0x2A1D4A), 0.42, 0.38);
    }
    match hour {
        Hour::Day if gray => (
            skies([0x74869C, 0x8FA1B3, 0xA9B8C5, 0xC2CDD4, 0xD8DFE0]),
            hex(0xF2F1E4),
            [hex(0xE3E8EA), hex(0xBAC6CF), hex(0x8E9DAE)],
            hex(0x6F86A0),
            0.20,
            0.10,
        ),
        Hour::Day => (
            skies([0x3C84DA, 0x5AA4E8, 0x82C3F2, 0xAEDDF6, 0xDDF3F4]),
            hex(0xFFF4B8),
            [hex(0xFFFFFF), hex(0xDCEEFA), hex(0xA7CBEA)],
            hex(0xFFF2C0),
            0.04,
            0.0,
        ),
        Hour::Dawn => (
            skies([0x5A6CB4, 0x8F86C6, 0xCD9BC6, 0xF6B6B0, 0xFFE0B0]),
            hex(0xFFF3C4),
            [hex(0xFFE3CF), hex(0xEDB0BF), hex(0xB088BC)],
            hex(0xE8A0B0),
            0.20,
            0.06,
        ),
        Hour::Sunset => (
            skies([0x3A2F72, 0x7A3F86, 0xC8527A, 0xF58360, 0xFFC46B]),
            hex(0xFFF0A8),
            [hex(0xFFC98A), hex(0xE0708A), hex(0x8E4A8C)],
            hex(0xB0406A),
            0.24,
            0.16,
        ),
        Hour::Evening => (
            skies([0x1A1F52, 0x34306E, 0x5D4587, 0x96628F, 0xDD9A8E]),
            hex(0xFFE9C0),
            [hex(0xC58AA2), hex(0x7C5A93), hex(0x4A3F7A)],
            hex(0x2E2F6E),
            0.36,
            0.28,
        ),
        Hour::Night => (
            skies([0x0A0F2E, 0x111A45, 0x1B2A5E, 0x2A4178, 0x44639A]),
            hex(0xFFF6D2),
            [hex(0x6E86B8), hex(0x3F5590), hex(0x263A70)],
            hex(0x16265C),
            0.42,
            0.36,
        ),
    }
}

/// Roof tiles, flags, flowers: bright things that stand in a picture.
pub(crate) const BRIGHT: [Rgb8; 5] = [
    hex(0xF25F5C),
    hex(0xFFE066),
    hex(0xF7F7FF),
    hex(0xF49AC2),
    hex(0x8A7FE8),
];

/// The darkest colour near this one, for outlines.
pub(crate) fn ink(color: Rgb8) -> Rgb8 {
    let lab = Oklab::from(color);
    shade(color, -(lab.l * 0.55))
}
