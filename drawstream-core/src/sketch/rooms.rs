//! A room: wallpaper, a window with the hour behind it, a shelf, a rug.

use super::backdrop::Weather;
use super::noise::{speck, wander};
use super::places::{Floor, Footing};
use super::sheet::{dither, mix};
use super::tints::{BRIGHT, ROCK, WOOD, hex};
use super::view::View;
use crate::color::Rgb8;

impl View {
    pub(crate) fn room(&mut self) -> Footing {
        let mut dice = self.dice("room");
        let papers = [
            [0xF3DFC1, 0xE0C29C, 0xB98D73],
            [0xBFD7C2, 0x9CBDA6, 0x6D9083],
            [0xC9D6E8, 0xA6B8D6, 0x7788B0],
            [0xF0C9C0, 0xDDA59F, 0xAE7478_u32],
        ];
        let paper = dice.pick(&papers).map(|c| self.tints.tint(hex(c)));
        let floor_top = self.row(0.70);
        for y in 0..floor_top as i32 {
            for x in 0..self.sheet.w {
                let stripe = (x as f32 / (6.0 * self.u)) as i32 % 2 == 0;
                self.sheet.set(
                    x,
                    y,
                    if stripe {
                        paper[0]
                    } else {
                        mix(paper[0], paper[1], 0.5)
                    },
                );
            }
        }
        let skirting = self.tints.tint(WOOD[3]);
        self.sheet.block(
            0.0,
            floor_top - 3.0 * self.u,
            self.w,
            floor_top,
            self.tints.tint(WOOD[0]),
        );
        self.sheet.row(0, self.sheet.w, floor_top as i32, skirting);
        self.floorboards(floor_top + 1.0);
        let wx = self.w * (0.5 + self.light * dice.range(0.16, 0.24));
        self.window(wx, self.row(0.12), self.w.min(self.h) * 0.40, self.h * 0.38);
        let shelf = self.w * (0.5 - self.light * 0.30);
        self.shelf(shelf, self.row(0.26), paper[2]);
        let rug = dice.pick(&[0xC8524E, 0x4E7FB8, 0x7E5FA8, 0x4F9A78]);
        let rug = self.tints.tint(hex(*rug));
        self.sheet.ellipse(
            self.w * 0.5,
            self.row(0.88),
            self.w * 0.36,
            self.h * 0.085,
            mix(rug, Rgb8::BLACK, 0.3),
        );
        self.sheet.ellipse(
            self.w * 0.5,
            self.row(0.875),
            self.w * 0.36,
            self.h * 0.08,
            rug,
        );
        self.sheet.ellipse(
            self.w * 0.5,
            self.row(0.875),
            self.w * 0.29,
            self.h * 0.06,
            mix(rug, self.tints.tint(BRIGHT[2]), 0.35),
        );
        self.sheet.ellipse(
            self.w * 0.5,
            self.row(0.875),
            self.w * 0.26,
            self.h * 0.05,
            rug,
        );
        Footing {
            near: self.row(0.89),
            far: self.row(0.76),
            water: None,
            floor: Floor::Solid,
        }
    }

    fn floorboards(&mut self, top: f32) {
        let wood = self.tints.ramp(WOOD);
        let mut y = top;
        let mut row = 0;
        while y < self.h {
            let deep = (3.0 + 1.6 * row as f32) * self.u;
            let salt = self.dice("boards").salt().wrapping_add(row as u32);
            for py in y as i32..(y + deep) as i32 + 1 {
                for x in 0..self.sheet.w {
                    let grain = wander(salt, x as f32 / (16.0 * self.u)) > 0.55;
                    self.sheet.set(x, py, if grain { wood[0] } else { wood[1] });
                }
            }
            self.sheet.row(0, self.sheet.w, y as i32, wood[2]);
            let joint = (speck(salt, 1, 1) * self.w) as i32;
            self.sheet
                .column(joint, y as i32, (y + deep) as i32, wood[2]);
            y += deep;
            row += 1;
        }
    }

    /// A window with the outside's hour behind it, and its light on the floor.
    /// The rain or snow that a window shows, `wide` and `tall` from its upper left corner.
    fn falling_outside(&mut self, (left, top): (f32, f32), (wide, tall): (f32, f32)) {
        let drops = (wide * tall / 30.0 / (self.u * self.u).max(0.2)) as i32;
        let snow = self.backdrop.has(Weather::Snow);
        let wet = self.backdrop.has(Weather::Rain) || self.backdrop.has(Weather::Storm);
        if !snow && !wet {
            return;
        }
        let (color, length) = match snow {
            true => (Rgb8::new(0xFA, 0xFD, 0xFF), 1),
            false => (mix(self.tints.sky[4], Rgb8::new(0xD8, 0xEC, 0xFF), 0.6), 3),
        };
        for i in 0..drops {
            let x = (left + speck(131, i, 0) * wide) as i32;
            let y = (top + speck(131, i, 1) * tall) as i32;
            for y in y..(y + length).min((top + tall) as i32) {
                self.sheet.set(x, y, color);
            }
        }
    }

    fn window(&mut self, x: f32, top: f32, wide: f32, tall: f32) {
        let frame = self.tints.tint(BRIGHT[2]);
        let shadow = self.tints.tint(ROCK[1]);
        let (left, right, bottom) = (x - wide / 2.0, x + wide / 2.0, top + tall);
        self.sheet.block(
            left - 3.0 * self.u,
            top - 3.0 * self.u,
            right + 3.0 * self.u,
            bottom + 3.0 * self.u,
            shadow,
        );
        self.sheet.block(
            left - 2.0 * self.u,
            top - 2.0 * self.u,
            right + 2.0 * self.u,
            bottom + 2.0 * self.u,
            frame,
        );
        let sky = self.tints.sky;
        for y in top as i32..bottom as i32 {
            let t = (y as f32 - top) / tall * 3.99;
            for px in left as i32..right as i32 {
                let band = t as usize;
                self.sheet.set(
                    px,
                    y,
                    dither(px, y, t.fract(), sky[band], sky[(band + 1).min(4)]),
                );
            }
        }
        if self.hour.is_dark() {
            self.sheet.disc(
                x + wide * 0.22,
                top + tall * 0.28,
                wide * 0.11,
                self.tints.lamp,
            );
            for i in 0..10 {
                let (sx, sy) = (speck(77, i, 0), speck(77, i, 1));
                self.sheet.set(
                    (left + sx * wide) as i32,
                    (top + sy * tall * 0.6) as i32,
                    self.tints.lamp,
                );
            }
        } else {
            self.sheet.ellipse(
                x - wide * 0.12,
                top + tall * 0.36,
                wide * 0.2,
                tall * 0.07,
                self.tints.cloud[0],
            );
            self.sheet.ellipse(
                x + wide * 0.06,
                top + tall * 0.32,
                wide * 0.12,
                tall * 0.08,
                self.tints.cloud[0],
            );
        }
        let hill = self.tints.grass;
        for px in left as i32..right as i32 {
            let up = tall * (0.20 + 0.06 * wander(5, px as f32 / wide * 3.0));
            self.sheet
                .column(px, (bottom - up) as i32, bottom as i32 - 1, hill[1]);
            self.sheet.set(px, (bottom - up) as i32, hill[0]);
        }
        self.falling_outside((left, top), (wide, tall));
        self.sheet
            .block(x - self.u * 0.8, top, x + self.u * 0.8, bottom, frame);
        self.sheet.block(
            left,
            top + tall * 0.5 - self.u * 0.8,
            right,
            top + tall * 0.5 + self.u * 0.8,
            frame,
        );
        self.sheet.block(
            left - 4.0 * self.u,
            bottom + 1.5 * self.u,
            right + 4.0 * self.u,
            bottom + 4.0 * self.u,
            frame,
        );
        self.sheet.row(
            (left - 4.0 * self.u) as i32,
            (right + 4.0 * self.u) as i32,
            (bottom + 4.0 * self.u) as i32,
            shadow,
        );
        self.curtains(left, right, top, bottom, wide);
    }

    fn curtains(&mut self, left: f32, right: f32, top: f32, bottom: f32, wide: f32) {
        let cloth = *self
            .dice("curtains")
            .pick(&[0xD9695F, 0x5F8FC9, 0x8A6FBF, 0xE0A84E]);
        let cloth = self.tints.tint(hex(cloth));
        let dark = mix(cloth, Rgb8::BLACK, 0.25);
        for y in (top - 4.0 * self.u) as i32..(bottom + 2.0 * self.u) as i32 {
            let t = (y as f32 - top) / (bottom - top);
            let half = wide * (0.20 - 0.07 * (1.0 - (t - 0.6).abs()));
            for side in [left - 2.0 * self.u, right + 2.0 * self.u - half] {
                for x in side as i32..(side + half) as i32 {
                    let fold = ((x as f32 - side) / (2.4 * self.u)) as i32 % 2 == 0;
                    self.sheet.set(x, y, if fold { cloth } else { dark });
                }
            }
        }
        let rod = self.tints.tint(WOOD[3]);
        self.sheet.block(
            left - 6.0 * self.u,
            top - 5.0 * self.u,
            right + 6.0 * self.u,
            top - 4.0 * self.u,
            rod,
        );
    }

    fn shelf(&mut self, x: f32, y: f32, shadow: Rgb8) {
        let wood = self.tints.ramp(WOOD);
        let half = self.w.min(self.h) * 0.13;
        self.sheet
            .block(x - half, y, x + half, y + 2.0 * self.u, wood[1]);
        self.sheet.block(
            x - half,
            y + 2.0 * self.u,
            x + half,
            y + 3.0 * self.u,
            shadow,
        );
        let mut dice = self.dice("books");
        let mut bx = x - half + self.u;
        while bx < x + half - 3.0 * self.u {
            let (wide, tall) = (dice.range(1.6, 3.2) * self.u, dice.range(5.0, 9.0) * self.u);
            let color = self.tints.tint(*dice.pick(&[
                BRIGHT[0],
                hex(0x4F8FC0),
                hex(0x5FA868),
                hex(0xE0B050),
                hex(0x8A6FBF),
            ]));
            self.sheet.block(bx, y - tall, bx + wide, y, color);
            self.sheet
                .block(bx, y - tall, bx + 0.5, y, mix(color, Rgb8::WHITE, 0.3));
            bx += wide + if dice.chance(0.25) { 2.0 * self.u } else { 0.0 };
        }
    }
}
