//! What people build: cottages, towers, a castle, a skyline, a room.

use super::dice::Dice;
use super::noise::speck;
use super::sheet::{dither, mix, shade};
use super::tints::{BRICK, BRIGHT, ROCK, Ramp, SNOW, WOOD};
use super::view::View;
use crate::color::Rgb8;

impl View {
    /// A cottage with a pitched roof; `wide` across, its foot at `foot`.
    pub(crate) fn cottage(&mut self, x: f32, foot: f32, wide: f32, depth: f32, dice: &mut Dice) {
        let walls = [
            WOOD,
            BRICK,
            [
                Rgb8::new(0xFB, 0xF0, 0xDC),
                Rgb8::new(0xE8, 0xD2, 0xB4),
                Rgb8::new(0xBB, 0x9A, 0x86),
                Rgb8::new(0x7C, 0x60, 0x60),
            ],
        ];
        let wall = self
            .tints
            .far_ramp(self.tints.ramp(*dice.pick(&walls)), depth);
        let tiles = [
            BRICK,
            ROCK,
            [
                BRIGHT[0],
                Rgb8::new(0xC2, 0x3F, 0x55),
                Rgb8::new(0x86, 0x2B, 0x4A),
                Rgb8::new(0x55, 0x20, 0x3C),
            ],
        ];
        let mut roof = self
            .tints
            .far_ramp(self.tints.ramp(*dice.pick(&tiles)), depth);
        let white = self.tints.far_ramp(self.tints.ramp(SNOW), depth);
        let body = wide * 0.55;
        let half = wide * 0.5;
        let eaves = foot - body;
        let peak = eaves - wide * 0.46;
        let lit = if self.light > 0.0 {
            (x - half, x)
        } else {
            (x, x + half)
        };
        self.sheet.block(x - half, eaves, x + half, foot, wall[1]);
        self.sheet
            .block(lit.0, eaves, lit.0 + half * 0.28, foot, wall[2]);
        self.sheet.block(
            x - half,
            eaves,
            x + half,
            eaves + (1.2 * self.u).max(1.0),
            wall[3],
        );
        // The chimney stands behind the roof.
        let cx = x - self.light * half * 0.45;
        self.sheet.block(
            cx - wide * 0.07,
            peak + wide * 0.02,
            cx + wide * 0.07,
            eaves,
            roof[3],
        );
        self.smoke(cx, peak, wide, dice);
        if self.winter() {
            roof = [white[0], white[1], white[2], roof[3]];
        }
        let over = wide * 0.10;
        self.sheet.polygon(
            &[
                (x, peak),
                (x + half + over, eaves + 1.0),
                (x - half - over, eaves + 1.0),
            ],
            roof[1],
        );
        let far_side = x - self.light * (half + over);
        self.sheet.polygon(
            &[(x, peak), (far_side, eaves + 1.0), (x, eaves + 1.0)],
            roof[2],
        );
        self.sheet
            .line((x, peak), (x + self.light * (half + over), eaves), roof[0]);
        self.sheet.row(
            (x - half - over) as i32,
            (x + half + over) as i32,
            eaves as i32 + 1,
            roof[3],
        );
        self.openings(x, foot, wide, wall, depth, dice);
    }

    fn openings(&mut self, x: f32, foot: f32, wide: f32, wall: Ramp, depth: f32, dice: &mut Dice) {
        let body = wide * 0.55;
        let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
        let door = self.tints.far(self.tints.tint(WOOD[2]), depth);
        let dx = x + side * wide * 0.22;
        self.sheet.block(
            dx - wide * 0.10,
            foot - body * 0.68,
            dx + wide * 0.10,
            foot,
            wall[3],
        );
        self.sheet.block(
            dx - wide * 0.07,
            foot - body * 0.62,
            dx + wide * 0.07,
            foot,
            door,
        );
        let pane = self.pane(depth);
        let wx = x - side * wide * 0.22;
        self.sheet.block(
            wx - wide * 0.14,
            foot - body * 0.74,
            wx + wide * 0.14,
            foot - body * 0.24,
            wall[3],
        );
        self.sheet.block(
            wx - wide * 0.11,
            foot - body * 0.68,
            wx + wide * 0.11,
            foot - body * 0.30,
            pane,
        );
        if wide > 14.0 * self.u {
            self.sheet.block(
                wx - 0.5,
                foot - body * 0.68,
                wx + 0.5,
                foot - body * 0.30,
                wall[3],
            );
        }
    }

    /// Window glass: lit after dark, the sky's colour by day.
    pub(crate) fn pane(&self, depth: f32) -> Rgb8 {
        if self.hour.is_dark() || self.hour == super::backdrop::Hour::Sunset {
            self.tints.glow
        } else {
            self.tints.far(
                mix(self.tints.sky[1], self.tints.tint(ROCK[3]), 0.35),
                depth,
            )
        }
    }

    fn smoke(&mut self, x: f32, top: f32, wide: f32, dice: &mut Dice) {
        if !dice.chance(0.7) {
            return;
        }
        let color = self.tints.cloud[1];
        for i in 0..4 {
            let t = i as f32;
            let r = wide * (0.055 + 0.025 * t);
            self.sheet.disc(
                x + t * t * wide * 0.035,
                top - t * wide * 0.15 - r,
                r,
                color,
            );
        }
    }

    /// A skyline of towers that stands on `foot`.
    pub(crate) fn skyline(&mut self, foot: f32, tall: f32, color: Rgb8, lit: f32, part: &str) {
        let mut dice = self.dice(part);
        let salt = dice.salt();
        let dark = shade(color, -0.07);
        let mut x = dice.range(-6.0, 0.0) * self.u;
        while x < self.w {
            let wide = dice.range(8.0, 17.0) * self.u;
            let high = tall * dice.range(0.45, 1.0);
            let top = foot - high;
            self.sheet.block(x, top, x + wide, foot, color);
            let flank = if self.light > 0.0 {
                (x, x + wide * 0.3)
            } else {
                (x + wide * 0.7, x + wide)
            };
            self.sheet.block(flank.0, top, flank.1, foot, dark);
            match dice.below(4) {
                0 => self.sheet.block(
                    x + wide * 0.3,
                    top - 3.0 * self.u,
                    x + wide * 0.7,
                    top,
                    color,
                ),
                1 => self.sheet.line(
                    (x + wide * 0.5, top - 7.0 * self.u),
                    (x + wide * 0.5, top),
                    dark,
                ),
                2 => self.sheet.polygon(
                    &[
                        (x, top + 0.5),
                        (x + wide * 0.5, top - 5.0 * self.u),
                        (x + wide, top + 0.5),
                    ],
                    color,
                ),
                _ => {}
            }
            self.lit_windows(x, top, wide, foot, lit, salt);
            x += wide + dice.range(-2.0, 3.0) * self.u;
        }
    }

    fn lit_windows(&mut self, x: f32, top: f32, wide: f32, foot: f32, lit: f32, salt: u32) {
        let step = (3.0 * self.u).max(2.0);
        let size = (1.4 * self.u).max(1.0);
        let glow = self.tints.glow;
        let cold = mix(self.tints.sky[3], glow, 0.3);
        let mut wy = top + step;
        while wy < foot - step {
            let mut wx = x + step * 0.7;
            while wx < x + wide - size - 0.5 {
                let luck = speck(salt, wx as i32, wy as i32);
                if luck < lit {
                    let color = if luck < lit * 0.75 { glow } else { cold };
                    self.sheet.block(wx, wy, wx + size, wy + size * 1.3, color);
                }
                wx += step;
            }
            wy += step * 1.25;
        }
    }

    /// A castle on its own rise, seen from afar.
    pub(crate) fn castle(&mut self, x: f32, foot: f32, tall: f32, depth: f32) {
        let stone = [
            Rgb8::new(0xE6, 0xE0, 0xEC),
            Rgb8::new(0xB9, 0xB3, 0xCB),
            Rgb8::new(0x86, 0x80, 0xA3),
            Rgb8::new(0x57, 0x52, 0x7A),
        ];
        let wall = self.tints.far_ramp(self.tints.ramp(stone), depth);
        let roof = self.tints.far_ramp(
            self.tints.ramp([
                Rgb8::new(0x8E, 0xA8, 0xF0),
                Rgb8::new(0x5B, 0x72, 0xCF),
                Rgb8::new(0x43, 0x4F, 0xA0),
                Rgb8::new(0x2E, 0x34, 0x70),
            ]),
            depth,
        );
        let s = tall / 10.0;
        for (dx, wide, high) in [
            (-3.6, 1.7, 5.6),
            (3.6, 1.7, 6.2),
            (-1.6, 1.5, 7.6),
            (1.7, 1.4, 7.0),
            (0.1, 1.9, 10.0),
        ] {
            self.turret(x + dx * s, foot, wide * s, high * s * 0.72, wall, roof);
        }
        self.sheet
            .block(x - 4.4 * s, foot - 2.8 * s, x + 4.4 * s, foot, wall[1]);
        let shadow = if self.light > 0.0 {
            (x - 4.4 * s, x - 2.4 * s)
        } else {
            (x + 2.4 * s, x + 4.4 * s)
        };
        self.sheet
            .block(shadow.0, foot - 2.8 * s, shadow.1, foot, wall[2]);
        let mut cx = x - 4.4 * s;
        while cx < x + 4.3 * s {
            self.sheet
                .block(cx, foot - 3.3 * s, cx + 0.5 * s, foot - 2.8 * s, wall[0]);
            cx += s;
        }
        self.sheet
            .block(x - 0.8 * s, foot - 1.6 * s, x + 0.8 * s, foot, wall[3]);
        self.sheet.disc(x, foot - 1.6 * s, 0.8 * s, wall[3]);
    }

    fn turret(&mut self, x: f32, foot: f32, wide: f32, high: f32, wall: Ramp, roof: Ramp) {
        let (half, top) = (wide * 0.5, foot - high);
        self.sheet.block(x - half, top, x + half, foot, wall[1]);
        let (dark, bright) = if self.light > 0.0 {
            (x - half, x + half * 0.5)
        } else {
            (x + half * 0.4, x - half)
        };
        self.sheet
            .block(dark, top, dark + half * 0.6, foot, wall[2]);
        self.sheet
            .block(bright, top, bright + half * 0.5, foot, wall[0]);
        let peak = top - wide * 1.25;
        self.sheet.polygon(
            &[
                (x, peak),
                (x + half * 1.45, top + 0.5),
                (x - half * 1.45, top + 0.5),
            ],
            roof[1],
        );
        self.sheet.polygon(
            &[
                (x, peak),
                (x - self.light * half * 1.45, top + 0.5),
                (x, top + 0.5),
            ],
            roof[2],
        );
        if wide > 4.0 {
            let pane = self.pane(0.2);
            self.sheet.block(
                x - half * 0.25,
                top + wide * 0.35,
                x + half * 0.35,
                top + wide * 0.85,
                pane,
            );
        }
        let flag = self.tints.tint(BRIGHT[0]);
        self.sheet
            .line((x, peak - 2.5 * self.u), (x, peak), wall[3]);
        self.sheet.block(
            x,
            peak - 2.5 * self.u,
            x + 2.4 * self.u,
            peak - 1.2 * self.u,
            flag,
        );
    }

    /// A street: pavement and road from `top` to the lower edge.
    pub(crate) fn street(&mut self, top: f32) {
        let gray = self.tints.ramp(ROCK);
        let curb = top + (self.h - top) * 0.30;
        for y in top as i32..self.sheet.h {
            for x in 0..self.sheet.w {
                let near = (y as f32 - curb) / (self.h - curb).max(1.0);
                let color = if (y as f32) < curb {
                    gray[1]
                } else {
                    dither(x, y, near * 0.8, gray[3], mix(gray[3], gray[2], 0.35))
                };
                self.sheet.set(x, y, color);
            }
        }
        self.sheet.row(0, self.sheet.w, top as i32, gray[2]);
        self.sheet.row(0, self.sheet.w, curb as i32, gray[0]);
        let dash = mix(gray[0], self.tints.glow, 0.4);
        let y = curb + (self.h - curb) * 0.62;
        let mut x = -4.0 * self.u;
        while x < self.w {
            self.sheet
                .block(x, y, x + 9.0 * self.u, y + (1.4 * self.u).max(1.0), dash);
            x += 18.0 * self.u;
        }
    }

    /// A lamp post whose light falls on the street.
    pub(crate) fn lamp_post(&mut self, x: f32, foot: f32, tall: f32) {
        let post = self.tints.tint(ROCK[3]);
        let top = foot - tall;
        if self.hour.is_dark() {
            let reach = tall * 0.4;
            for y in (top - reach) as i32..(top + reach) as i32 {
                for px in (x - reach) as i32..(x + reach) as i32 {
                    let (dx, dy) = (px as f32 - x, y as f32 - top);
                    let t = 1.0 - (dx * dx + dy * dy).sqrt() / reach;
                    if t > 0.0 {
                        let here = self.sheet.get(px, y);
                        self.sheet.set(
                            px,
                            y,
                            dither(px, y, t * 0.9, here, mix(here, self.tints.glow, 0.35)),
                        );
                    }
                }
            }
        }
        self.sheet
            .block(x - 0.5, top, x + 0.6 * self.u.max(1.0), foot, post);
        self.sheet.block(
            x - 1.8 * self.u,
            foot - 1.5 * self.u,
            x + 1.9 * self.u,
            foot,
            post,
        );
        self.sheet.block(
            x - 2.2 * self.u,
            top - 4.2 * self.u,
            x + 2.3 * self.u,
            top,
            post,
        );
        let bulb = if self.hour.is_dark() {
            self.tints.glow
        } else {
            self.tints.tint(BRIGHT[2])
        };
        self.sheet.block(
            x - 1.3 * self.u,
            top - 3.2 * self.u,
            x + 1.4 * self.u,
            top - 0.8 * self.u,
            bulb,
        );
    }
}
