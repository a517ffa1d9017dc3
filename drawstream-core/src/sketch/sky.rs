//! The sky: its gradient, the sun and the moon, stars, clouds, aurora, rainbow.

use super::backdrop::{Ground, Hour, Weather};
use super::noise::{rough, rough_field, speck, wander};
use super::sheet::{bayer, dither, mix};
use super::view::View;
use crate::color::Rgb8;

/// How much of the moon is lit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Full,
    Crescent,
}

impl View {
    /// Everything above the horizon.
    pub(crate) fn sky(&mut self, horizon: f32) {
        self.gradient(horizon);
        let dark = self.hour.is_dark();
        if dark {
            self.stars(horizon);
        }
        if self.backdrop.has(Weather::Aurora) {
            self.aurora(horizon);
        }
        let overcast = [Weather::Rain, Weather::Fog, Weather::Storm]
            .iter()
            .any(|&w| self.backdrop.has(w));
        if !overcast {
            self.lamp(horizon);
        }
        if self.backdrop.has(Weather::Rainbow) {
            self.rainbow(horizon);
        }
        if !self.backdrop.has(Weather::Aurora) && !self.backdrop.has(Weather::Fog) {
            self.clouds(horizon);
        }
        if self.backdrop.has(Weather::Storm) {
            self.lightning(horizon);
        }
        if self.backdrop.has(Weather::Fireworks) {
            self.fireworks(horizon);
        }
    }

    /// Bands of flat colour with a dithered seam between each two.
    fn gradient(&mut self, horizon: f32) {
        const SEAM: f32 = 0.42;
        let sky = self.tints.sky;
        let last = sky.len() - 1;
        for y in 0..self.sheet.h {
            let along = (y as f32 / horizon.max(1.0)).clamp(0.0, 0.999) * last as f32;
            let band = along.floor() as usize;
            let t = ((along - along.floor() - 0.5) / SEAM + 0.5).clamp(0.0, 1.0);
            for x in 0..self.sheet.w {
                self.sheet
                    .set(x, y, dither(x, y, t, sky[band], sky[(band + 1).min(last)]));
            }
        }
    }

    fn stars(&mut self, horizon: f32) {
        let mut dice = self.dice("stars");
        let dense = if self.backdrop.has(Weather::Stars) {
            2.4
        } else {
            1.0
        };
        let share = if self.hour == Hour::Night { 1.0 } else { 0.4 };
        let many = (self.w * horizon / 130.0 * dense * share) as usize;
        let (bright, faint) = (
            self.tints.lamp,
            mix(self.tints.sky[2], self.tints.lamp, 0.5),
        );
        for i in 0..many {
            let depth = dice.unit();
            let (x, y) = (dice.unit() * self.w, depth * depth * horizon * 0.95);
            let (x, y) = (x as i32, y as i32);
            self.sheet
                .set(x, y, if i % 3 == 0 { bright } else { faint });
            if i % 11 == 0 {
                for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
                    self.sheet.set(x + dx, y + dy, faint);
                }
                self.sheet.set(x, y, bright);
            }
        }
        if self.backdrop.has(Weather::Stars) {
            self.falling_star(horizon);
        }
    }

    fn falling_star(&mut self, horizon: f32) {
        let mut dice = self.dice("falling star");
        let (x, y) = (
            self.w * dice.range(0.35, 0.65),
            horizon * dice.range(0.12, 0.3),
        );
        let length = 14.0 * self.u;
        let steps = length as i32;
        for i in 0..steps {
            let t = i as f32 / length;
            let color = mix(self.tints.lamp, self.tints.sky[1], t);
            let (px, py) = (x + self.light * i as f32, y - i as f32 * 0.5);
            self.sheet.set(px as i32, py as i32, color);
        }
    }

    /// The sun by day, the moon by night.
    fn lamp(&mut self, horizon: f32) {
        let mut dice = self.dice("lamp");
        let side = 0.5 + self.light * dice.range(0.22, 0.34);
        let night = self.hour.is_dark();
        let named = self.backdrop.has(Weather::Moon);
        if self.hour == Hour::Evening && !named {
            return;
        }
        let r = self.u
            * match self.hour {
                Hour::Sunset | Hour::Dawn => 11.0,
                Hour::Day => 7.5,
                Hour::Evening | Hour::Night => 8.0,
            }
            * if named { 1.5 } else { 1.0 };
        let low = matches!(self.hour, Hour::Sunset | Hour::Dawn);
        let cy = if low {
            horizon - r * dice.range(0.1, 0.9)
        } else {
            horizon * dice.range(0.22, 0.34)
        };
        let (cx, cy) = ((self.w * side).floor(), cy.floor());
        self.halo(cx, cy, r, horizon);
        self.sheet.disc(cx, cy, r, self.tints.lamp);
        if night {
            let phase = if dice.chance(0.35) && !named {
                Phase::Crescent
            } else {
                Phase::Full
            };
            self.craters(cx, cy, r, phase);
        }
    }

    /// Rings of lighter sky around the disc.
    fn halo(&mut self, cx: f32, cy: f32, r: f32, horizon: f32) {
        let lamp = self.tints.lamp;
        let (wide, strength) = if self.hour.is_dark() {
            (1.9, 0.16)
        } else {
            (2.1, 0.30)
        };
        for y in 0..(horizon as i32).min(self.sheet.h) {
            for x in 0..self.sheet.w {
                let (dx, dy) = (x as f32 + 0.5 - cx, y as f32 + 0.5 - cy);
                let d = (dx * dx + dy * dy).sqrt() / r;
                if d < wide {
                    let here = self.sheet.get(x, y);
                    let t = 1.0 - (d - 1.0).max(0.0) / (wide - 1.0);
                    let near = mix(here, lamp, strength);
                    self.sheet.set(x, y, dither(x, y, t * 1.6, here, near));
                }
            }
        }
    }

    fn craters(&mut self, cx: f32, cy: f32, r: f32, phase: Phase) {
        let shadow = mix(self.tints.lamp, self.tints.sky[2], 0.30);
        if phase == Phase::Crescent {
            let dark = self.sheet.get((cx + r * 1.6) as i32, cy as i32);
            self.sheet
                .disc(cx - self.light * r * 0.55, cy - r * 0.2, r * 0.95, dark);
            return;
        }
        for (dx, dy, s) in [
            (-0.35, -0.25, 0.26),
            (0.3, 0.2, 0.32),
            (-0.2, 0.5, 0.18),
            (0.35, -0.45, 0.14),
        ] {
            self.sheet
                .ellipse(cx + dx * r, cy + dy * r, s * r, s * r * 0.85, shadow);
        }
    }

    fn clouds(&mut self, horizon: f32) {
        let mut dice = self.dice("clouds");
        let heavy = [
            Weather::Rain,
            Weather::Storm,
            Weather::Clouds,
            Weather::Snow,
        ]
        .iter()
        .any(|&w| self.backdrop.has(w));
        let many = if heavy { 7 } else { 2 + dice.below(3) };
        if heavy {
            for i in 0..4 {
                let x = self.w * (i as f32 + dice.range(0.1, 0.9)) / 4.0;
                self.cumulus(
                    x,
                    horizon * dice.range(0.08, 0.2),
                    self.w * dice.range(0.2, 0.34),
                    &mut dice,
                );
            }
        }
        for _ in 0..many {
            let y = horizon * dice.range(0.18, 0.72);
            // Clouds near the horizon are far away, so small and flat.
            let near = 1.0 - y / horizon;
            let width = self.w * dice.range(0.10, 0.17) * (0.55 + near);
            self.cumulus(self.w * dice.unit(), y, width, &mut dice);
        }
    }

    /// A heap cloud with a flat base: `half` wide to either side of `cx`.
    pub(crate) fn cumulus(&mut self, cx: f32, base: f32, half: f32, dice: &mut super::dice::Dice) {
        let puffs = 4 + dice.below(3);
        let mut circles: Vec<(f32, f32, f32)> = Vec::new();
        for i in 0..puffs {
            let along = (i as f32 + 0.5) / puffs as f32 * 2.0 - 1.0;
            let swell = 1.0 - along * along;
            let r = half * (0.16 + 0.30 * swell) * dice.range(0.8, 1.15);
            circles.push((cx + along * half * 0.8, base - r * (0.35 + 0.5 * swell), r));
        }
        let [lit, body, shadow] = self.tints.cloud;
        let top = circles.iter().map(|c| c.1 - c.2).fold(base, f32::min);
        for y in top as i32..=base as i32 {
            for x in (cx - half * 1.4) as i32..=(cx + half * 1.4) as i32 {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let mut inside = false;
                let mut facing = -1.0f32;
                for &(ox, oy, r) in &circles {
                    let (dx, dy) = ((px - ox) / r, (py - oy) / r);
                    if dx * dx + dy * dy <= 1.0 {
                        inside = true;
                        facing = facing.max(dx * self.light * 0.45 - dy * 0.9);
                    }
                }
                if inside {
                    let low = (base - py) / (base - top).max(1.0);
                    let bright = facing * 0.6 + low * 0.5;
                    let jitter = (bayer(x, y) - 0.5) * 0.12;
                    let color = if bright + jitter > 0.50 {
                        lit
                    } else if bright + jitter > 0.16 {
                        body
                    } else {
                        shadow
                    };
                    self.sheet.set(x, y, color);
                }
            }
        }
    }

    fn aurora(&mut self, horizon: f32) {
        let mut dice = self.dice("aurora");
        let greens = [
            Rgb8::new(0x6D, 0xF5, 0xB0),
            Rgb8::new(0x2F, 0xB8, 0x98),
            Rgb8::new(0x7A, 0x5C, 0xC8),
        ];
        for curtain in 0..2 {
            let salt = dice.salt();
            let base = horizon * (0.42 + 0.26 * curtain as f32);
            for x in 0..self.sheet.w {
                let at = x as f32 / self.w;
                let foot = base + rough(salt, at * 3.0) * horizon * 0.22;
                let tall = horizon
                    * (0.30
                        + 0.16 * wander(salt ^ 7, at * 9.0)
                        + 0.10 * wander(salt ^ 8, at * 31.0));
                for y in (foot - tall) as i32..foot as i32 {
                    let up = (foot - y as f32) / tall;
                    let here = self.sheet.get(x, y);
                    let color = if up > 0.62 {
                        mix(here, greens[2], 0.55)
                    } else if up > 0.22 {
                        mix(here, greens[1], 0.75)
                    } else {
                        greens[0]
                    };
                    let dense = if up < 0.12 { up * 8.0 } else { 1.15 - up };
                    self.sheet.set(x, y, dither(x, y, dense, here, color));
                }
            }
        }
    }

    fn rainbow(&mut self, horizon: f32) {
        let colors = [
            0xF0_6A_6A,
            0xF7_A8_5C,
            0xF8_E0_70,
            0x8F_D8_78,
            0x6C_B8_F0,
            0xA8_88_E8_u32,
        ]
        .map(|c| Rgb8::new((c >> 16) as u8, (c >> 8) as u8, c as u8));
        let (cx, cy) = (self.w * (0.5 - self.light * 0.08), horizon * 1.06);
        let outer = horizon * 0.92;
        let band = (1.7 * self.u).max(1.0);
        for y in 0..horizon as i32 {
            for x in 0..self.sheet.w {
                let (dx, dy) = (x as f32 + 0.5 - cx, y as f32 + 0.5 - cy);
                let ring = (outer - (dx * dx + dy * dy).sqrt()) / band;
                if ring >= 0.0 && ring < colors.len() as f32 {
                    let here = self.sheet.get(x, y);
                    self.sheet.set(x, y, mix(here, colors[ring as usize], 0.75));
                }
            }
        }
    }

    fn lightning(&mut self, horizon: f32) {
        let mut dice = self.dice("lightning");
        let (mut x, mut y) = (
            self.w * (0.5 - self.light * dice.range(0.12, 0.28)),
            horizon * 0.16,
        );
        while y < horizon * 0.96 {
            let (nx, ny) = (
                x + dice.range(-6.0, 6.0) * self.u,
                y + dice.range(4.0, 8.0) * self.u,
            );
            for side in [0.0, 1.0] {
                self.sheet
                    .line((x + side, y), (nx + side, ny), self.tints.lamp);
            }
            if dice.chance(0.35) {
                let fork = (nx + dice.range(-9.0, 9.0) * self.u, ny + 7.0 * self.u);
                self.sheet.line((nx, ny), fork, self.tints.cloud[0]);
            }
            (x, y) = (nx, ny);
        }
    }

    fn fireworks(&mut self, horizon: f32) {
        let mut dice = self.dice("fireworks");
        let colors = [0xFF6B6B, 0xFFD93D, 0x6BE5FF, 0xF28BFF, 0x9CFF8A_u32]
            .map(|c| Rgb8::new((c >> 16) as u8, (c >> 8) as u8, c as u8));
        for burst in 0..4 {
            let (cx, cy) = (
                self.w * (0.14 + 0.24 * burst as f32 + dice.range(-0.04, 0.04)),
                horizon * dice.range(0.16, 0.5),
            );
            let color = colors[(burst + dice.below(2)) % colors.len()];
            let r = self.u * dice.range(8.0, 14.0);
            let rays = 14;
            for ray in 0..rays {
                let angle = ray as f32 / rays as f32 * std::f32::consts::TAU;
                let (dx, dy) = (libm::cosf(angle), libm::sinf(angle));
                for step in 2..8 {
                    let d = r * step as f32 / 7.0;
                    if (step + ray) % 2 == 0 || step == 7 {
                        let droop = d * d / r * 0.12;
                        let tone = if step < 5 {
                            mix(color, self.tints.lamp, 0.5)
                        } else {
                            color
                        };
                        self.sheet
                            .set((cx + dx * d) as i32, (cy + dy * d + droop) as i32, tone);
                    }
                }
            }
        }
    }

    /// Mist that thickens towards a row.
    pub(crate) fn mist(&mut self, around: f32, thick: f32, color: Rgb8) {
        let salt = self.dice("mist").salt();
        for y in (around - thick) as i32..=(around + thick) as i32 {
            for x in 0..self.sheet.w {
                let d = (y as f32 - around).abs() / thick;
                let n = rough_field(salt, x as f32 / (26.0 * self.u), y as f32 / (5.0 * self.u));
                let t = (1.0 - d) * 0.75 + n * 0.5;
                if y >= 0 && t > bayer(x, y) {
                    let here = self.sheet.get(x, y);
                    self.sheet.set(x, y, mix(here, color, 0.6));
                }
            }
        }
    }

    /// Rain, snow or confetti in front of everything but the subjects. In a room it rains behind the window alone.
    pub(crate) fn falling(&mut self) {
        let mut dice = self.dice("falling");
        let area = self.w * self.h / 9216.0 / (self.u * self.u).max(0.2);
        let outdoors = self.backdrop.ground != Some(Ground::Room);
        let wet = self.backdrop.has(Weather::Rain) || self.backdrop.has(Weather::Storm);
        if outdoors && wet {
            let color = mix(self.tints.sky[4], Rgb8::new(0xD8, 0xEC, 0xFF), 0.6);
            for _ in 0..(70.0 * area) as usize {
                let (x, y) = (dice.unit() * self.w, dice.unit() * self.h);
                let length = dice.range(2.0, 5.0) * self.u;
                self.sheet
                    .line((x, y), (x - length * 0.35, y + length), color);
            }
        }
        if outdoors && self.backdrop.has(Weather::Snow) {
            let salt = dice.salt();
            for i in 0..(80.0 * area) as i32 {
                let (x, y) = (speck(salt, i, 0) * self.w, speck(salt, i, 1) * self.h);
                let (x, y) = (x as i32, y as i32);
                self.sheet.set(x, y, Rgb8::new(0xFA, 0xFD, 0xFF));
                if i % 4 == 0 {
                    self.sheet.set(x + 1, y, Rgb8::new(0xFA, 0xFD, 0xFF));
                    self.sheet.set(x, y + 1, Rgb8::new(0xFA, 0xFD, 0xFF));
                    self.sheet.set(x + 1, y + 1, Rgb8::new(0xFA, 0xFD, 0xFF));
                }
            }
        }
        if self.backdrop.has(Weather::Confetti) {
            for i in 0..(46.0 * area) as usize {
                let (x, y) = (dice.unit() * self.w, dice.unit() * self.h * 0.8);
                let color = super::tints::BRIGHT[i % super::tints::BRIGHT.len()];
                self.sheet.set(x as i32, y as i32, color);
                self.sheet.set(x as i32 + 1, y as i32, color);
            }
        }
    }
}
