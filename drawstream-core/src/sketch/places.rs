//! The places: how each kind of ground is built up from far to near.

use super::backdrop::{Ground, Hour, Season, Weather};
use super::terrain::Cover;
use super::tints::{BRIGHT, CONIFER, LEAVES, ROCK, Ramp, SAND};
use super::view::View;

/// Where subjects can be in a finished backdrop, as rows of the picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footing {
    /// Where the feet of the nearest stand.
    pub(crate) near: f32,
    /// Where the feet of far ones stand.
    pub(crate) far: f32,
    /// The line on which things float, where there is water.
    pub(crate) water: Option<f32>,
    /// Whether standing means floating in the middle: space, under water, in the clouds.
    pub(crate) floor: Floor,
}

/// What carries a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Floor {
    /// Ground to stand on, with a shadow.
    Solid,
    /// Nothing: subjects hang in the picture.
    None,
    /// Water everywhere.
    Water,
}

impl Footing {
    pub(crate) fn solid(near: f32, far: f32) -> Self {
        Self {
            near,
            far,
            water: None,
            floor: Floor::Solid,
        }
    }
}

impl View {
    /// Paints the whole backdrop.
    pub(crate) fn place(&mut self) -> Footing {
        match self.ground {
            Ground::Meadow => self.meadow(),
            Ground::Forest => self.forest(),
            Ground::Mountains => self.mountain_land(),
            Ground::Beach => self.beach(),
            Ground::Sea => self.open_sea(),
            Ground::Lake => self.lake(),
            Ground::City => self.city(),
            Ground::Desert => self.desert(),
            Ground::Village => self.village(),
            Ground::Space => self.space(),
            Ground::Moon => self.moon(),
            Ground::Underwater => self.underwater(),
            Ground::Room => self.room(),
            Ground::Castle => self.kingdom(),
            Ground::Volcano => self.volcano(),
            Ground::Jungle => self.jungle(),
            Ground::Flowers => self.flower_field(),
            Ground::Clouds => self.above_clouds(),
            Ground::Arctic => self.arctic(),
            Ground::Cave => self.cave(),
            Ground::Wheat => self.wheat(),
        }
    }

    /// Rock or snow, as the season has it.
    pub(crate) fn rock(&self, depth: f32) -> Ramp {
        self.tints.far_ramp(self.tints.ramp(ROCK), depth)
    }

    pub(crate) fn grass(&self, depth: f32) -> Ramp {
        self.tints.far_ramp(self.tints.grass, depth)
    }

    pub(crate) fn fog_between(&mut self, row: f32) {
        if self.backdrop.has(Weather::Fog) {
            let color = self.tints.sky[4];
            self.mist(row, self.h * 0.22, color);
        } else if self.hour == Hour::Dawn {
            let color = self.tints.sky[4];
            self.mist(row, self.h * 0.06, color);
        }
    }

    fn meadow(&mut self) -> Footing {
        let horizon = self.row(0.58);
        self.sky(horizon);
        let far = self.rock(0.42);
        self.mountains(horizon + 2.0, self.h * 0.20, far, None, "far mountains");
        let back = self.grass(0.45);
        self.hill(
            self.row(0.55),
            self.h * 0.05,
            back,
            Cover::Smooth,
            "far hill",
        );
        let trees = self.tints.far_ramp(
            if self.winter() {
                self.tints.ramp(CONIFER)
            } else {
                self.tints.leaves
            },
            0.35,
        );
        self.treeline(self.row(0.57), self.h * 0.07, trees, "tree line");
        self.fog_between(self.row(0.58));
        let middle = self.grass(0.2);
        self.hill(
            self.row(0.62),
            self.h * 0.045,
            middle,
            Cover::Grass,
            "mid hill",
        );
        self.lone_tree(self.row(0.68));
        let near = self.tints.grass;
        self.hill(
            self.row(0.74),
            self.h * 0.03,
            near,
            Cover::Grass,
            "near hill",
        );
        self.tufts(self.row(0.8), near, 1.0, "tufts");
        if !self.winter() && self.backdrop.season != Some(Season::Autumn) {
            self.blossoms(
                self.row(0.78),
                0.35,
                &[BRIGHT[2], BRIGHT[1], BRIGHT[3]],
                "flowers",
            );
        }
        Footing::solid(self.row(0.90), self.row(0.70))
    }

    /// One tree at the side that the light comes from, opposite to where the first subject stands.
    fn lone_tree(&mut self, foot: f32) {
        let mut dice = self.dice("lone tree");
        let x = self.w * (0.5 + self.light * dice.range(0.32, 0.44));
        let tall = self.h * dice.range(0.30, 0.40);
        if self.winter() {
            let colors = self.tints.ramp(CONIFER);
            self.spruce(x, foot, tall, colors, 0.0);
        } else {
            let colors = self.tints.leaves;
            self.broadleaf(x, foot, tall, colors, 0.0, "lone tree");
        }
    }

    fn forest(&mut self) -> Footing {
        let horizon = self.row(0.56);
        self.sky(horizon);
        self.spruces(
            horizon + 3.0,
            self.h * 0.30,
            8.0 * self.u,
            0.62,
            "far trees",
        );
        self.spruces(
            horizon + 6.0,
            self.h * 0.38,
            12.0 * self.u,
            0.40,
            "mid trees",
        );
        self.fog_between(self.row(0.58));
        let back = self.grass(0.25);
        self.hill(
            self.row(0.60),
            self.h * 0.02,
            back,
            Cover::Grass,
            "forest floor far",
        );
        let leafy = matches!(
            self.backdrop.season,
            Some(Season::Autumn | Season::Spring | Season::Summer)
        );
        let mut dice = self.dice("near trees");
        for side in [-1.0f32, 1.0] {
            for step in 0..2 {
                let x =
                    self.w * (0.5 + side * (0.31 + 0.15 * step as f32 + dice.range(-0.02, 0.03)));
                let tall = self.h * (0.46 + 0.18 * step as f32);
                let foot = self.row(0.68 + 0.06 * step as f32);
                if leafy {
                    let colors = self.tints.leaves;
                    self.broadleaf(
                        x,
                        foot,
                        tall,
                        colors,
                        0.0,
                        if step == 0 {
                            "near tree a"
                        } else {
                            "near tree b"
                        },
                    );
                } else {
                    let colors = self.tints.ramp(CONIFER);
                    self.spruce(x, foot, tall, colors, 0.05);
                }
            }
        }
        let near = self.tints.grass;
        self.hill(
            self.row(0.76),
            self.h * 0.02,
            near,
            Cover::Grass,
            "forest floor",
        );
        self.tufts(self.row(0.80), near, 1.4, "tufts");
        Footing::solid(self.row(0.91), self.row(0.72))
    }

    fn mountain_land(&mut self) -> Footing {
        let horizon = self.row(0.62);
        self.sky(horizon);
        let far = self.rock(0.36);
        self.mountains(horizon, self.h * 0.44, far, Some(0.42), "far mountains");
        let near = self.rock(0.12);
        self.mountains(
            horizon + 4.0,
            self.h * 0.28,
            near,
            self.winter().then_some(0.5),
            "near mountains",
        );
        self.fog_between(horizon);
        self.spruces(
            horizon + 5.0,
            self.h * 0.10,
            4.5 * self.u,
            0.30,
            "far trees",
        );
        let back = self.grass(0.15);
        self.hill(
            self.row(0.66),
            self.h * 0.03,
            back,
            Cover::Grass,
            "mid hill",
        );
        self.spruces(
            self.row(0.72),
            self.h * 0.17,
            26.0 * self.u,
            0.08,
            "near trees",
        );
        let front = self.tints.grass;
        self.hill(
            self.row(0.77),
            self.h * 0.035,
            front,
            Cover::Grass,
            "near hill",
        );
        self.tufts(self.row(0.82), front, 0.8, "tufts");
        Footing::solid(self.row(0.91), self.row(0.73))
    }

    fn beach(&mut self) -> Footing {
        let horizon = self.row(0.46);
        self.sky(horizon);
        let isle = self.tints.far_ramp(self.tints.ramp(LEAVES), 0.6);
        let mut dice = self.dice("isle");
        let x = self.w * dice.range(0.2, 0.8);
        self.sheet
            .ellipse(x, horizon, self.w * 0.14, self.h * 0.045, isle[2]);
        self.sheet.ellipse(
            x + self.light * 3.0,
            horizon,
            self.w * 0.10,
            self.h * 0.03,
            isle[1],
        );
        self.sea(horizon, self.row(0.74), 0.6);
        let sand = self.tints.ramp(SAND);
        let tilt = self.h * 0.08 * self.light;
        self.shore(self.row(0.68) + tilt, self.row(0.68) - tilt, sand);
        let px = self.w * (0.5 + self.light * 0.40);
        self.palm(
            px,
            self.row(0.84),
            self.h * 0.52,
            -self.light * self.w * 0.10,
        );
        Footing {
            water: Some(self.row(0.60)),
            ..Footing::solid(self.row(0.91), self.row(0.76))
        }
    }

    fn open_sea(&mut self) -> Footing {
        let horizon = self.row(0.50);
        self.sky(horizon);
        let storm = self.backdrop.has(Weather::Storm);
        self.sea(horizon, self.h, if storm { 2.2 } else { 1.0 });
        Footing {
            near: self.row(0.80),
            far: self.row(0.58),
            water: Some(self.row(0.76)),
            floor: Floor::Water,
        }
    }

    fn lake(&mut self) -> Footing {
        let horizon = self.row(0.52);
        self.sky(horizon);
        let far = self.rock(0.34);
        self.mountains(horizon, self.h * 0.30, far, Some(0.30), "far mountains");
        let shore = self.grass(0.3);
        self.hill(
            self.row(0.50),
            self.h * 0.02,
            shore,
            Cover::Smooth,
            "far shore",
        );
        self.spruces(
            horizon + 1.0,
            self.h * 0.13,
            5.5 * self.u,
            0.28,
            "far trees",
        );
        self.mirror(horizon + 1.0, self.row(0.84));
        self.fog_between(horizon + 3.0);
        let near = self.tints.grass;
        self.hill(
            self.row(0.84),
            self.h * 0.035,
            near,
            Cover::Grass,
            "near shore",
        );
        self.tufts(self.row(0.87), near, 1.0, "tufts");
        let x = self.w * (0.5 + self.light * 0.38);
        self.reeds(x, self.row(0.88), 9, "reeds");
        Footing {
            water: Some(self.row(0.74)),
            ..Footing::solid(self.row(0.93), self.row(0.56))
        }
    }
}
