//! The wilder places: desert, volcano, jungle, ice, fields of flowers.

use super::noise::{rough, rough_field};
use super::places::Footing;
use super::sheet::mix;
use super::terrain::Cover;
use super::tints::{BRIGHT, LAVA, LEAVES, SAND, SNOW};
use super::view::View;
use crate::color::Rgb8;

impl View {
    pub(crate) fn desert(&mut self) -> Footing {
        let horizon = self.row(0.56);
        self.sky(horizon);
        let red = [
            Rgb8::new(0xE8, 0xA0, 0x70),
            Rgb8::new(0xC8, 0x74, 0x52),
            Rgb8::new(0x94, 0x4C, 0x48),
            Rgb8::new(0x60, 0x30, 0x3C),
        ];
        let mesa = self.tints.far_ramp(self.tints.ramp(red), 0.45);
        let mut dice = self.dice("mesas");
        for _ in 0..3 {
            let (x, wide, high) = (
                self.w * dice.unit(),
                self.w * dice.range(0.08, 0.16),
                self.h * dice.range(0.08, 0.17),
            );
            let points = [
                (x - wide, horizon),
                (x - wide * 0.7, horizon - high),
                (x + wide * 0.65, horizon - high),
                (x + wide, horizon),
            ];
            self.sheet.polygon(&points, mesa[1]);
            let edge = x - self.light * wide * 0.15;
            self.sheet.polygon(
                &[
                    (x - self.light * wide, horizon),
                    (x - self.light * wide * 0.68, horizon - high),
                    (edge, horizon - high),
                    (edge, horizon),
                ],
                mesa[2],
            );
            self.sheet.row(
                (x - wide * 0.7) as i32,
                (x + wide * 0.64) as i32,
                (horizon - high) as i32,
                mesa[0],
            );
        }
        let sand = self.tints.ramp(SAND);
        let back = self.tints.far_ramp(sand, 0.35);
        self.dune(self.row(0.60), self.h * 0.07, back, "far dune");
        let middle = self.tints.far_ramp(sand, 0.15);
        self.dune(self.row(0.70), self.h * 0.08, middle, "mid dune");
        self.dune(self.row(0.82), self.h * 0.08, sand, "near dune");
        Footing::solid(self.row(0.90), self.row(0.68))
    }

    pub(crate) fn volcano(&mut self) -> Footing {
        let horizon = self.row(0.64);
        self.sky(horizon);
        let dark = [
            Rgb8::new(0x8C, 0x5A, 0x5E),
            Rgb8::new(0x63, 0x3D, 0x4C),
            Rgb8::new(0x43, 0x2A, 0x3E),
            Rgb8::new(0x28, 0x1B, 0x30),
        ];
        let cone = self.tints.far_ramp(self.tints.ramp(dark), 0.15);
        let (cx, top, foot) = (
            self.w * (0.5 + self.light * 0.16),
            self.row(0.20),
            horizon + 3.0,
        );
        self.plume(cx, top);
        let (mouth, base) = (self.w * 0.07, self.w * 0.52);
        self.sheet.polygon(
            &[
                (cx - base, foot),
                (cx - mouth, top),
                (cx + mouth, top),
                (cx + base, foot),
            ],
            cone[1],
        );
        self.sheet.polygon(
            &[
                (cx - self.light * base, foot),
                (cx - self.light * mouth, top),
                (cx, top),
                (cx - self.light * mouth, foot),
            ],
            cone[2],
        );
        self.lava_streams(cx, top, foot, mouth);
        let land = self.tints.ramp(dark);
        self.hill(
            self.row(0.66),
            self.h * 0.03,
            land,
            Cover::Stones,
            "ash hill",
        );
        self.lava_river();
        Footing::solid(self.row(0.90), self.row(0.70))
    }

    fn plume(&mut self, cx: f32, top: f32) {
        let mut dice = self.dice("plume");
        let smoke = [
            mix(LAVA[2], self.tints.cloud[2], 0.55),
            self.tints.cloud[2],
            mix(self.tints.cloud[2], Rgb8::new(0x20, 0x18, 0x2C), 0.5),
        ];
        for i in 0..16 {
            let t = i as f32 / 16.0;
            let x = cx + dice.range(-1.0, 1.0) * self.w * (0.05 + 0.22 * t)
                - self.light * t * self.w * 0.14;
            let r = self.u * (5.0 + 9.0 * t);
            let y = top - t * top * 1.1;
            self.sheet.disc(x, y, r, smoke[2]);
            self.sheet
                .disc(x + self.light * r * 0.25, y - r * 0.2, r * 0.72, smoke[1]);
            if t < 0.5 {
                self.sheet.disc(x, y + r * 0.35, r * 0.45, smoke[0]);
            }
        }
        for _ in 0..26 {
            let (dx, up) = (dice.range(-1.0, 1.0), dice.unit());
            let x = cx + dx * self.w * 0.20;
            let y = top - up * self.h * 0.16 * (1.0 - dx * dx * 0.6);
            self.sheet
                .set(x as i32, y as i32, LAVA[(up * 3.0) as usize % 3]);
        }
    }

    fn lava_streams(&mut self, cx: f32, top: f32, foot: f32, mouth: f32) {
        self.sheet.ellipse(cx, top, mouth, 1.8 * self.u, LAVA[1]);
        self.sheet.ellipse(cx, top, mouth * 0.6, self.u, LAVA[0]);
        let mut dice = self.dice("lava");
        for branch in 0..4 {
            let salt = dice.salt();
            let lean = (branch as f32 - 1.5) * 0.34;
            let end = top + (foot - top) * dice.range(0.55, 1.0);
            for y in top as i32..end as i32 {
                let down = y as f32 - top;
                let x = cx + lean * down + rough(salt, down / (9.0 * self.u)) * 4.0 * self.u;
                let half = self.u * (0.8 + 0.8 * (1.0 - down / (end - top)));
                self.sheet.block(
                    x - half - 1.0,
                    y as f32,
                    x + half + 1.0,
                    y as f32 + 1.0,
                    LAVA[2],
                );
                self.sheet
                    .block(x - half, y as f32, x + half, y as f32 + 1.0, LAVA[1]);
            }
        }
    }

    fn lava_river(&mut self) {
        let salt = self.dice("lava river").salt();
        for y in self.row(0.76) as i32..self.row(0.83) as i32 {
            let edge = ((y as f32 - self.row(0.795)) / (self.h * 0.035)).abs();
            for x in 0..self.sheet.w {
                let n = rough_field(salt, x as f32 / (14.0 * self.u), y as f32 / (4.0 * self.u));
                let rim = edge + n * 0.7;
                if rim < 0.35 {
                    self.sheet.set(x, y, LAVA[1]);
                } else if rim < 0.75 {
                    self.sheet.set(x, y, LAVA[2]);
                } else if rim < 0.95 {
                    self.sheet.set(x, y, LAVA[3]);
                }
            }
        }
    }

    pub(crate) fn jungle(&mut self) -> Footing {
        let horizon = self.row(0.60);
        self.sky(horizon);
        let green = self.tints.ramp(LEAVES);
        for (i, depth) in [0.66, 0.46, 0.28].into_iter().enumerate() {
            let colors = self.tints.far_ramp(green, depth);
            let foot = self.row(0.60 + 0.04 * i as f32);
            let mut dice = self.dice(["jungle far", "jungle mid", "jungle near"][i]);
            for _ in 0..7 {
                let (x, r) = (self.w * dice.unit(), self.h * dice.range(0.07, 0.13));
                let y = foot - self.h * dice.range(0.02, 0.22 - 0.05 * i as f32);
                self.sheet.ellipse(x, y, r * 1.3, r, colors[2]);
                self.sheet.ellipse(
                    x + self.light * r * 0.3,
                    y - r * 0.25,
                    r * 0.9,
                    r * 0.62,
                    colors[1],
                );
                self.sheet.block(x - r, y, x + r, foot + 4.0, colors[2]);
            }
            self.fog_between(foot);
        }
        let floor = self
            .tints
            .ramp([LEAVES[1], LEAVES[2], LEAVES[3], Rgb8::new(0x16, 0x38, 0x33)]);
        self.hill(
            self.row(0.70),
            self.h * 0.03,
            floor,
            Cover::Grass,
            "jungle floor",
        );
        for side in [-1.0f32, 1.0] {
            let x = self.w * (0.5 + side * 0.46);
            self.palm(
                x,
                self.row(0.86),
                self.h * (0.58 + 0.08 * side),
                -side * self.w * 0.09,
            );
        }
        self.big_leaves();
        self.tufts(self.row(0.80), floor, 1.6, "tufts");
        Footing::solid(self.row(0.91), self.row(0.74))
    }

    /// Leaves at the lower corners, close to the viewer.
    fn big_leaves(&mut self) {
        let green = self.tints.ramp(LEAVES);
        let mut dice = self.dice("big leaves");
        for side in [0.0f32, 1.0] {
            let inward = 1.0 - 2.0 * side;
            for _ in 0..4 {
                let (x0, y0) = (
                    self.w * side - inward * 2.0,
                    self.h * dice.range(0.84, 1.04),
                );
                let (reach, rise) = (
                    self.w * dice.range(0.12, 0.22),
                    self.h * dice.range(0.05, 0.18),
                );
                let (x1, y1) = (x0 + inward * reach, y0 - rise);
                let fat = 4.5 * self.u;
                self.sheet.polygon(
                    &[
                        (x0, y0),
                        ((x0 + x1) / 2.0, (y0 + y1) / 2.0 - fat),
                        (x1, y1),
                        ((x0 + x1) / 2.0, (y0 + y1) / 2.0 + fat),
                    ],
                    green[3],
                );
                self.sheet.polygon(
                    &[(x0, y0), ((x0 + x1) / 2.0, (y0 + y1) / 2.0 - fat), (x1, y1)],
                    green[2],
                );
                self.sheet.line((x0, y0), (x1, y1), green[1]);
            }
        }
    }

    pub(crate) fn arctic(&mut self) -> Footing {
        let horizon = self.row(0.52);
        self.sky(horizon);
        let snow = self.tints.ramp(SNOW);
        self.mountains(
            horizon,
            self.h * 0.22,
            self.tints.far_ramp(snow, 0.4),
            Some(0.9),
            "ice mountains",
        );
        self.mirror(horizon, self.row(0.78));
        let mut dice = self.dice("floes");
        for i in 0..5 {
            let near = i as f32 / 5.0;
            let (x, y) = (
                self.w * dice.unit(),
                horizon + (self.row(0.76) - horizon) * (0.25 + 0.7 * near),
            );
            let half = self.u * (5.0 + 11.0 * near) * dice.range(0.7, 1.2);
            self.sheet.ellipse(
                x,
                y + self.u * (0.8 + near),
                half,
                self.u * (1.2 + 1.8 * near),
                snow[3],
            );
            self.sheet
                .ellipse(x, y, half, self.u * (1.0 + 1.6 * near), snow[0]);
        }
        self.hill(
            self.row(0.77),
            self.h * 0.03,
            snow,
            Cover::Smooth,
            "ice shore",
        );
        Footing {
            water: Some(self.row(0.70)),
            ..Footing::solid(self.row(0.91), self.row(0.80))
        }
    }

    pub(crate) fn flower_field(&mut self) -> Footing {
        let horizon = self.row(0.54);
        self.sky(horizon);
        let far = self.rock(0.42);
        self.mountains(horizon + 1.0, self.h * 0.18, far, None, "far mountains");
        let back = self.grass(0.35);
        self.hill(
            self.row(0.53),
            self.h * 0.03,
            back,
            Cover::Smooth,
            "far hill",
        );
        self.treeline(
            self.row(0.55),
            self.h * 0.06,
            self.tints.far_ramp(self.tints.leaves, 0.4),
            "tree line",
        );
        let near = self.tints.grass;
        self.plain(self.row(0.56), near, Cover::Smooth, "field");
        let mut dice = self.dice("flower colours");
        let sets: [[Rgb8; 3]; 4] = [
            [BRIGHT[0], BRIGHT[3], BRIGHT[2]],
            [BRIGHT[4], Rgb8::new(0xB8, 0x9C, 0xF5), BRIGHT[2]],
            [BRIGHT[1], Rgb8::new(0xF7, 0xA2, 0x3B), BRIGHT[2]],
            [BRIGHT[0], BRIGHT[1], BRIGHT[4]],
        ];
        let colors = *dice.pick(&sets);
        self.blossoms(self.row(0.57), 2.2, &colors, "flowers");
        Footing::solid(self.row(0.91), self.row(0.66))
    }
}
