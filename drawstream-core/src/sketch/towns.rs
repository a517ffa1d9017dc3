//! The places that people made: streets, villages, kingdoms, farms.

use super::backdrop::Hour;
use super::places::Footing;
use super::sheet::mix;
use super::terrain::Cover;
use super::tints::{BRIGHT, CONIFER, SAND, SNOW, WOOD};
use super::view::{Castles, View};
use crate::color::Rgb8;

impl View {
    pub(crate) fn city(&mut self) -> Footing {
        let horizon = self.row(0.70);
        self.sky(horizon);
        let dark = self.hour.is_dark();
        let base = if dark {
            Rgb8::new(0x3A, 0x3F, 0x78)
        } else {
            Rgb8::new(0x7D, 0x8C, 0xB0)
        };
        let lit = if dark {
            0.55
        } else if self.hour == Hour::Sunset {
            0.35
        } else {
            0.0
        };
        let base = self.tints.tint(base);
        self.skyline(
            horizon,
            self.h * 0.52,
            self.tints.far(base, 0.62),
            lit * 0.4,
            "far towers",
        );
        self.skyline(
            horizon,
            self.h * 0.40,
            self.tints.far(base, 0.30),
            lit * 0.8,
            "mid towers",
        );
        self.fog_between(horizon - 6.0);
        let near = mix(base, Rgb8::new(0x1C, 0x1B, 0x3A), 0.45);
        let near = self.tints.far(near, 0.05);
        self.skyline(horizon, self.h * 0.22, near, lit.max(0.12), "near towers");
        self.street(self.row(0.70));
        let x = self.w * (0.5 + self.light * 0.40);
        self.lamp_post(x, self.row(0.77), self.h * 0.36);
        if self.winter() {
            let snow = self.tints.ramp(SNOW);
            self.sheet.block(
                0.0,
                self.row(0.70),
                self.w,
                self.row(0.70) + 2.0 * self.u,
                snow[0],
            );
        }
        Footing::solid(self.row(0.90), self.row(0.76))
    }

    pub(crate) fn village(&mut self) -> Footing {
        let horizon = self.row(0.58);
        self.sky(horizon);
        let far = self.rock(0.40);
        self.mountains(horizon, self.h * 0.26, far, Some(0.35), "far mountains");
        let back = self.grass(0.35);
        self.hill(
            self.row(0.57),
            self.h * 0.04,
            back,
            Cover::Smooth,
            "far hill",
        );
        self.spruces(
            self.row(0.60),
            self.h * 0.15,
            9.0 * self.u,
            0.35,
            "far trees",
        );
        let middle = self.grass(0.15);
        self.hill(
            self.row(0.64),
            self.h * 0.02,
            middle,
            Cover::Grass,
            "mid hill",
        );
        let mut dice = self.dice("cottages");
        for i in 0..3 {
            let x = self.w * (0.12 + 0.38 * i as f32 + dice.range(-0.04, 0.04));
            let wide = self.w.min(self.h) * dice.range(0.20, 0.28);
            let foot = self.row(0.70 + 0.03 * ((i + 1) % 2) as f32);
            self.cottage(x, foot, wide, 0.12, &mut dice);
        }
        let near = self.tints.grass;
        self.hill(
            self.row(0.74),
            self.h * 0.02,
            near,
            Cover::Grass,
            "near hill",
        );
        let earth = if self.winter() {
            self.tints.ramp(SNOW)
        } else {
            self.tints.ramp(SAND)
        };
        self.path(self.row(0.73), [earth[1], earth[2]], "path");
        self.tufts(self.row(0.84), near, 0.5, "tufts");
        let x = self.w * (0.5 + self.light * 0.44);
        let colors = self.tints.ramp(CONIFER);
        self.spruce(x, self.row(0.90), self.h * 0.44, colors, 0.0);
        Footing::solid(self.row(0.92), self.row(0.74))
    }

    pub(crate) fn kingdom(&mut self) -> Footing {
        let horizon = self.row(0.60);
        self.sky(horizon);
        let far = self.rock(0.40);
        self.mountains(horizon, self.h * 0.30, far, Some(0.3), "far mountains");
        let back = self.grass(0.35);
        self.hill(
            self.row(0.56),
            self.h * 0.06,
            back,
            Cover::Smooth,
            "castle hill",
        );
        let named = self.dice("castle").range(0.26, 0.34);
        let x = self.w * (0.5 + self.light * named);
        // Where a castle was asked for, one is enough.
        if self.castles == Castles::Distant {
            self.castle(x, self.row(0.60), self.h * 0.44, 0.25);
        }
        self.treeline(
            self.row(0.63),
            self.h * 0.07,
            self.tints.far_ramp(self.tints.leaves, 0.2),
            "tree line",
        );
        self.fog_between(self.row(0.62));
        let middle = self.grass(0.1);
        self.hill(
            self.row(0.66),
            self.h * 0.03,
            middle,
            Cover::Grass,
            "mid hill",
        );
        let sand = self.tints.ramp(SAND);
        self.path(self.row(0.66), [sand[0], sand[1]], "path");
        let near = self.tints.grass;
        self.hill(
            self.row(0.84),
            self.h * 0.025,
            near,
            Cover::Grass,
            "near hill",
        );
        self.tufts(self.row(0.84), near, 0.8, "tufts");
        if !self.winter() {
            self.blossoms(
                self.row(0.82),
                0.4,
                &[BRIGHT[3], BRIGHT[2], BRIGHT[4]],
                "flowers",
            );
        }
        Footing::solid(self.row(0.92), self.row(0.72))
    }

    pub(crate) fn wheat(&mut self) -> Footing {
        let horizon = self.row(0.54);
        self.sky(horizon);
        let back = self.grass(0.5);
        self.hill(
            self.row(0.53),
            self.h * 0.04,
            back,
            Cover::Smooth,
            "far hill",
        );
        let trees = self.tints.far_ramp(self.tints.leaves, 0.4);
        self.treeline(self.row(0.56), self.h * 0.08, trees, "tree line");
        let mut dice = self.dice("barn");
        let x = self.w * (0.5 + self.light * dice.range(0.25, 0.36));
        self.cottage(x, self.row(0.60), self.w.min(self.h) * 0.20, 0.3, &mut dice);
        let gold = if self.winter() {
            self.tints.ramp(SNOW)
        } else {
            self.tints.ramp([
                Rgb8::new(0xFF, 0xE6, 0x8A),
                Rgb8::new(0xEB, 0xBC, 0x4E),
                Rgb8::new(0xC4, 0x8A, 0x3A),
                Rgb8::new(0x8A, 0x5A, 0x34),
            ])
        };
        self.plain(self.row(0.58), gold, Cover::Smooth, "wheat");
        self.tufts(self.row(0.60), gold, 3.0, "ears");
        let earth = self.tints.ramp(WOOD);
        self.path(self.row(0.60), [earth[0], earth[1]], "track");
        Footing::solid(self.row(0.91), self.row(0.68))
    }
}
