//! Places without a horizon: space, the sea floor, caves, clouds.

use super::backdrop::Hour;
use super::noise::{rough, rough_field, wander};
use super::places::{Floor, Footing};
use super::sheet::{bayer, dither, mix};
use super::terrain::Cover;
use super::tints::hex;
use super::view::View;
use crate::color::Rgb8;

/// Whether a planet has a ring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rings {
    None,
    One,
}

impl View {
    pub(crate) fn space(&mut self) -> Footing {
        let mut dice = self.dice("space");
        let hues = [
            [0x0A0A1F, 0x1A1440, 0x3A1F63, 0x6A2F7E],
            [0x070B1E, 0x0E1C40, 0x173A66, 0x2A6A86],
            [0x0C0818, 0x2A1034, 0x5A1A48, 0x96384F_u32],
        ];
        let colors = dice.pick(&hues).map(hex);
        let salt = dice.salt();
        for y in 0..self.sheet.h {
            for x in 0..self.sheet.w {
                let (fx, fy) = (x as f32 / (40.0 * self.u), y as f32 / (40.0 * self.u));
                let n = rough_field(salt, fx + fy * 0.5, fy * 1.3 - fx * 0.4) * 1.5 + 1.15;
                let level = n.clamp(0.0, 2.99);
                let band = level as usize;
                let t = (level.fract() - 0.5) * 1.6 + 0.5;
                self.sheet
                    .set(x, y, dither(x, y, t, colors[band], colors[band + 1]));
            }
        }
        self.star_dust(&mut dice);
        let side = 0.5 + self.light * 0.30;
        let planet = *dice.pick(&[
            [0xFFD79A, 0xE89A5A, 0xA85A50, 0x5A3048],
            [0x9AE6F0, 0x4FA8D8, 0x35649E, 0x243A66],
            [0xF2B5D4, 0xC576B8, 0x7E4690, 0x48285E_u32],
        ]);
        self.globe(
            self.w * side,
            self.h * 0.26,
            self.w.min(self.h) * 0.17,
            planet.map(hex),
            if dice.chance(0.6) {
                Rings::One
            } else {
                Rings::None
            },
        );
        let moon = [0xE8E8F0, 0xB8B8CC, 0x80809C, 0x4C4C68].map(hex);
        self.globe(
            self.w * (0.5 - self.light * 0.38),
            self.h * 0.14,
            self.w.min(self.h) * 0.05,
            moon,
            Rings::None,
        );
        Footing {
            near: self.row(0.80),
            far: self.row(0.55),
            water: None,
            floor: Floor::None,
        }
    }

    fn star_dust(&mut self, dice: &mut super::dice::Dice) {
        let many = (self.w * self.h / 90.0 / (self.u * self.u).max(0.4)) as usize;
        for i in 0..many {
            let (x, y) = ((dice.unit() * self.w) as i32, (dice.unit() * self.h) as i32);
            let color = if i % 4 == 0 {
                hex(0xFFF6DC)
            } else {
                hex(0x9A9CD0)
            };
            self.sheet.set(x, y, color);
            if i % 17 == 0 {
                for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
                    self.sheet.set(x + dx, y + dy, hex(0x9A9CD0));
                }
            }
        }
    }

    /// A lit ball with bands, and a ring if it has one.
    fn globe(&mut self, cx: f32, cy: f32, r: f32, colors: [Rgb8; 4], rings: Rings) {
        let salt = self.dice("globe").salt();
        if rings == Rings::One {
            self.ring(cx, cy, r, colors, -1.0);
        }
        for y in (cy - r) as i32..=(cy + r) as i32 {
            for x in (cx - r) as i32..=(cx + r) as i32 {
                let (dx, dy) = ((x as f32 + 0.5 - cx) / r, (y as f32 + 0.5 - cy) / r);
                let d = dx * dx + dy * dy;
                if d > 1.0 {
                    continue;
                }
                let facing = dx * self.light * 0.65 - dy * 0.45 + (1.0 - d).sqrt() * 0.55;
                let band = rough(salt, dy * 4.0 + dx * 0.4) * 0.22;
                let tone = facing + band + (bayer(x, y) - 0.5) * 0.16;
                let color = if tone > 0.78 {
                    colors[0]
                } else if tone > 0.36 {
                    colors[1]
                } else if tone > -0.05 {
                    colors[2]
                } else {
                    colors[3]
                };
                self.sheet.set(x, y, color);
            }
        }
        if rings == Rings::One {
            self.ring(cx, cy, r, colors, 1.0);
        }
    }

    fn ring(&mut self, cx: f32, cy: f32, r: f32, colors: [Rgb8; 4], half: f32) {
        for x in (cx - r * 1.8) as i32..=(cx + r * 1.8) as i32 {
            let dx = (x as f32 + 0.5 - cx) / r;
            for (outer, color) in [(1.75f32, colors[1]), (1.6, colors[0]), (1.45, colors[2])] {
                let square = outer * outer - dx * dx;
                if square > 0.0 {
                    let y = cy + half * square.sqrt() * r * 0.26 - dx * r * 0.16 * self.light;
                    self.sheet.set(x, y as i32, color);
                }
            }
        }
    }

    pub(crate) fn moon(&mut self) -> Footing {
        self.space();
        let gray = [hex(0xE4E2EC), hex(0xB4B2C4), hex(0x807E98), hex(0x4E4C68)];
        let far = gray.map(|c| mix(c, hex(0x3A3860), 0.35));
        self.hill(
            self.row(0.66),
            self.h * 0.04,
            far,
            Cover::Smooth,
            "moon far",
        );
        self.hill(
            self.row(0.74),
            self.h * 0.03,
            gray,
            Cover::Smooth,
            "moon near",
        );
        let mut dice = self.dice("craters");
        for i in 0..8 {
            let near = (i as f32 + dice.unit()) / 8.0;
            let (x, y) = (self.w * dice.unit(), self.row(0.80) + near * self.h * 0.18);
            let r = self.u * (2.5 + 5.0 * near);
            self.sheet.ellipse(x, y, r, r * 0.38, gray[3]);
            self.sheet.ellipse(
                x - self.light * r * 0.12,
                y + r * 0.10,
                r * 0.86,
                r * 0.28,
                gray[2],
            );
            self.sheet.row(
                (x - r * 0.7) as i32,
                (x + r * 0.7) as i32,
                (y + r * 0.4) as i32,
                gray[0],
            );
        }
        Footing {
            near: self.row(0.90),
            far: self.row(0.76),
            water: None,
            floor: Floor::Solid,
        }
    }

    pub(crate) fn underwater(&mut self) -> Footing {
        let colors = [
            hex(0x7FE3E0),
            hex(0x3FB8D0),
            hex(0x2586B8),
            hex(0x1A5A94),
            hex(0x143A6C),
        ];
        for y in 0..self.sheet.h {
            let t = y as f32 / self.h * 3.99;
            let band = t as usize;
            for x in 0..self.sheet.w {
                self.sheet.set(
                    x,
                    y,
                    dither(
                        x,
                        y,
                        (t.fract() - 0.5) * 1.7 + 0.5,
                        colors[band],
                        colors[band + 1],
                    ),
                );
            }
        }
        self.light_shafts(colors[0]);
        let salt = self.dice("reef").salt();
        let far = mix(colors[3], hex(0x0E2C58), 0.35);
        for x in 0..self.sheet.w {
            let top =
                self.row(0.66) - rough(salt, x as f32 / (24.0 * self.u)).max(-0.2) * self.h * 0.16;
            self.sheet.column(x, top as i32, self.sheet.h, far);
        }
        let sand = [hex(0xF2DFA8), hex(0xC9C39A), hex(0x86A39A), hex(0x4C7488)];
        self.hill(
            self.row(0.80),
            self.h * 0.03,
            sand,
            Cover::Smooth,
            "sea floor",
        );
        self.weeds_and_coral();
        let mut dice = self.dice("bubbles");
        for _ in 0..4 {
            let (x, y) = (self.w * dice.unit(), self.h * dice.range(0.2, 0.8));
            for i in 0..4 {
                let r = self.u * dice.range(0.6, 1.8);
                let (bx, by) = (
                    x + dice.range(-3.0, 3.0) * self.u,
                    y - i as f32 * 5.0 * self.u,
                );
                self.sheet.disc(bx, by, r + 0.4, colors[0]);
                self.sheet.disc(bx, by, r - 0.4, colors[1]);
            }
        }
        Footing {
            near: self.row(0.78),
            far: self.row(0.45),
            water: None,
            floor: Floor::None,
        }
    }

    fn light_shafts(&mut self, color: Rgb8) {
        let mut dice = self.dice("shafts");
        for _ in 0..5 {
            let (x, wide) = (
                self.w * dice.range(-0.1, 1.1),
                self.w * dice.range(0.03, 0.08),
            );
            let reach = self.h * dice.range(0.45, 0.75);
            for y in 0..reach as i32 {
                let t = 1.0 - y as f32 / reach;
                let cx = x - self.light * y as f32 * 0.35;
                let half = wide * (0.5 + y as f32 / reach);
                for px in (cx - half) as i32..(cx + half) as i32 {
                    let here = self.sheet.get(px, y);
                    self.sheet
                        .set(px, y, dither(px, y, t * 0.7, here, mix(here, color, 0.3)));
                }
            }
        }
    }

    fn weeds_and_coral(&mut self) {
        let mut dice = self.dice("weeds");
        let greens = [hex(0x2FA06A), hex(0x1C7560), hex(0x67C66A)];
        for i in 0..9 {
            let side = if i % 2 == 0 {
                dice.range(0.0, 0.28)
            } else {
                dice.range(0.72, 1.0)
            };
            let (x, foot) = (self.w * side, self.h * dice.range(0.84, 0.96));
            let tall = self.h * dice.range(0.14, 0.36);
            let salt = dice.salt();
            for step in 0..tall as i32 {
                let sway = wander(salt, step as f32 / (9.0 * self.u)) * 3.0 * self.u;
                let half = self.u * 1.4 * (1.0 - step as f32 / tall) + 0.5;
                self.sheet.block(
                    x + sway - half,
                    foot - step as f32,
                    x + sway + half,
                    foot - step as f32 + 1.0,
                    greens[i % 3],
                );
            }
        }
        let corals = [hex(0xF2726F), hex(0xF59BB8), hex(0xF2B04E)];
        for i in 0..4 {
            let (x, foot) = (self.w * dice.unit(), self.h * dice.range(0.86, 0.95));
            let color = corals[i % 3];
            for branch in 0..5 {
                let lean = (branch as f32 - 2.0) * 0.45;
                let tall = self.u * dice.range(5.0, 10.0);
                let tip = (x + lean * tall, foot - tall * (1.0 - lean.abs() * 0.3));
                self.sheet.line((x, foot), tip, color);
                self.sheet.line(
                    (x + 1.0, foot),
                    (tip.0 + 1.0, tip.1),
                    mix(color, hex(0x1A5A94), 0.35),
                );
                self.sheet.disc(tip.0, tip.1, 1.1 * self.u, color);
            }
        }
    }

    pub(crate) fn above_clouds(&mut self) -> Footing {
        self.sky(self.row(0.80));
        let mut dice = self.dice("sea of clouds");
        for layer in 0..3 {
            let base = self.h * (0.80 + 0.13 * layer as f32);
            let half = self.w * (0.15 + 0.06 * layer as f32);
            let mut x = -half * dice.unit();
            while x < self.w + half {
                let lift = dice.range(-0.03, 0.03) * self.h;
                self.cumulus(x, base + lift, half, &mut dice);
                x += half * dice.range(0.8, 1.1);
            }
            let below = self.tints.cloud[if layer == 2 { 0 } else { 1 }];
            let top = (base - 1.0) as i32;
            for y in top..self.sheet.h {
                let t = (y - top) as f32 / (5.0 * self.u);
                for px in 0..self.sheet.w {
                    if t > bayer(px, y) {
                        self.sheet.set(px, y, below);
                    }
                }
            }
        }
        Footing {
            near: self.row(0.74),
            far: self.row(0.5),
            water: None,
            floor: Floor::None,
        }
    }

    pub(crate) fn cave(&mut self) -> Footing {
        let deep = [hex(0x10142E), hex(0x1C2450), hex(0x2C3A78), hex(0x3F5CA0)];
        let salt = self.dice("cave").salt();
        for y in 0..self.sheet.h {
            for x in 0..self.sheet.w {
                let (dx, dy) = (x as f32 / self.w - 0.5, y as f32 / self.h - 0.5);
                let d = (dx * dx + dy * dy).sqrt() * 2.2
                    + rough_field(salt, x as f32 / (11.0 * self.u), y as f32 / (11.0 * self.u))
                        * 0.25;
                let level = (2.9 - d * 2.6).clamp(0.0, 2.99);
                let band = level as usize;
                self.sheet.set(
                    x,
                    y,
                    dither(
                        x,
                        y,
                        (level.fract() - 0.5) * 1.5 + 0.5,
                        deep[band],
                        deep[band + 1],
                    ),
                );
            }
        }
        let rock = [hex(0x7A78A8), hex(0x55527F), hex(0x37345C), hex(0x1C1B3A)];
        self.stalactites(rock);
        self.hill(
            self.row(0.76),
            self.h * 0.03,
            rock,
            Cover::Stones,
            "cave floor",
        );
        self.crystals();
        self.frame_of_rock(rock, "cave mouth");
        if self.hour == Hour::Day {
            self.mist(self.row(0.70), self.h * 0.10, hex(0x5A7ABC));
        }
        Footing {
            near: self.row(0.90),
            far: self.row(0.78),
            water: None,
            floor: Floor::Solid,
        }
    }

    fn stalactites(&mut self, rock: [Rgb8; 4]) {
        let mut dice = self.dice("stalactites");
        for _ in 0..11 {
            let (x, wide, tall) = (
                self.w * dice.unit(),
                self.u * dice.range(3.0, 6.0),
                self.h * dice.range(0.10, 0.30),
            );
            self.sheet
                .polygon(&[(x - wide, 0.0), (x + wide, 0.0), (x, tall)], rock[2]);
            self.sheet.polygon(
                &[(x, 0.0), (x + self.light * wide, 0.0), (x, tall)],
                rock[1],
            );
        }
    }

    fn crystals(&mut self) {
        let mut dice = self.dice("crystals");
        let hues = [
            [0xD8FBFF, 0x6FE0F5, 0x2F92C8],
            [0xFBE0FF, 0xD98AF0, 0x8A48B8],
            [0xE4FFD8, 0x8AEF9A, 0x35A878_u32],
        ];
        for i in 0..7 {
            let side = if i % 2 == 0 {
                dice.range(0.06, 0.32)
            } else {
                dice.range(0.68, 0.94)
            };
            let (x, foot) = (self.w * side, self.h * dice.range(0.78, 0.92));
            let colors = hues[i % 3].map(hex);
            for shard in 0..3 {
                let lean = (shard as f32 - 1.0) * 0.4;
                let tall = self.h * dice.range(0.08, 0.17) * (1.0 - lean.abs() * 0.5);
                let wide = 2.2 * self.u;
                let tip = (x + lean * tall, foot - tall);
                let base = x + lean * 4.0 * self.u;
                self.sheet.polygon(
                    &[
                        (base - wide, foot),
                        (tip.0 - wide * 0.6, tip.1 + tall * 0.25),
                        tip,
                        (tip.0 + wide * 0.6, tip.1 + tall * 0.25),
                        (base + wide, foot),
                    ],
                    colors[1],
                );
                self.sheet.polygon(
                    &[
                        (base, foot),
                        (tip.0, tip.1),
                        (tip.0 - self.light * wide * 0.6, tip.1 + tall * 0.25),
                        (base - self.light * wide, foot),
                    ],
                    colors[2],
                );
                self.sheet.line(
                    (tip.0 + self.light * wide * 0.4, tip.1 + tall * 0.3),
                    (base + self.light * wide * 0.6, foot - 1.0),
                    colors[0],
                );
            }
        }
    }
}
