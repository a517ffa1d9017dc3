//! Land: mountains, hills, dunes, open ground.

use super::noise::{rough, rough_field, speck, wander};
use super::sheet::{bayer, dither, mix};
use super::tints::{Ramp, SNOW};
use super::view::View;
use crate::color::Rgb8;

/// What grows on or lies over open ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// Blades at the edge and tufts within.
    Grass,
    /// Smooth, with long soft shadows.
    Smooth,
    /// Pebbles.
    Stones,
}

impl View {
    /// A chain of peaks that stands on `foot` and rises by up to `tall`; `capped` ones have snow.
    pub(crate) fn mountains(
        &mut self,
        foot: f32,
        tall: f32,
        colors: Ramp,
        snow: Option<f32>,
        part: &str,
    ) {
        let mut dice = self.dice(part);
        let salt = dice.salt();
        let wide = tall * 1.5;
        let many = (self.w / wide).ceil() as i32 + 2;
        let offset = dice.range(-0.5, 0.5) * wide;
        let peaks: Vec<(f32, f32)> = (-1..many)
            .map(|i| {
                (
                    offset + (i as f32 + dice.range(-0.25, 0.25)) * wide,
                    tall * dice.range(0.55, 1.0),
                )
            })
            .collect();
        let white = self.tints.ramp(SNOW);
        for x in 0..self.sheet.w {
            let px = x as f32 + 0.5;
            let ragged = rough(salt, px / (7.0 * self.u)) * tall * 0.10;
            let mut ridge = (0.0f32, 0.0f32, 0.0f32);
            for &(cx, height) in &peaks {
                let here =
                    height - (px - cx).abs() * 0.92 + ragged * (0.4 + (px - cx).abs() / wide);
                if here > ridge.0 {
                    ridge = (here, cx, height);
                }
            }
            let (height, cx, peak) = ridge;
            let top = (foot - height) as i32;
            for y in top..=foot as i32 {
                let down = (y as f32 - (foot - peak)) / peak.max(1.0);
                // The ridge line between the lit and the dark face wanders as it comes down.
                let spine = cx
                    + rough(salt ^ 5, y as f32 / (9.0 * self.u) + cx) * tall * 0.16 * (down + 0.2);
                let lit = (px - spine) * self.light > 0.0;
                let gully = rough_field(
                    salt ^ 9,
                    px / (6.0 * self.u) + down * 2.0,
                    y as f32 / (11.0 * self.u),
                );
                let tone = match (lit, gully > 0.22) {
                    (true, false) => 0,
                    (true, true) => 1,
                    (false, false) => 2,
                    (false, true) => 1,
                };
                let cap = snow
                    .is_some_and(|line| down < line + 0.14 * wander(salt ^ 3, px / (3.0 * self.u)));
                let color = if cap {
                    if lit { white[0] } else { white[2] }
                } else {
                    colors[tone]
                };
                self.sheet.set(x, y, color);
            }
        }
        // Air gathers at the foot of far things.
        let haze = self.tints.far(colors[1], 0.45);
        for y in (foot - tall * 0.28) as i32..=foot as i32 {
            let t = 1.0 - (foot - y as f32) / (tall * 0.28);
            for x in 0..self.sheet.w {
                let here = self.sheet.get(x, y);
                if colors.contains(&here) && t * 0.9 > bayer(x, y) {
                    self.sheet.set(x, y, haze);
                }
            }
        }
    }

    /// A rolling hill: its edge at about `edge`, everything below it covered.
    pub(crate) fn hill(
        &mut self,
        edge: f32,
        amplitude: f32,
        colors: Ramp,
        cover: Cover,
        part: &str,
    ) {
        let mut dice = self.dice(part);
        let salt = dice.salt();
        let waves = dice.range(1.0, 2.2);
        for x in 0..self.sheet.w {
            let at = x as f32 / self.w;
            let top = edge
                + wander(salt, at * waves) * amplitude
                + rough(salt ^ 4, at * 7.0) * amplitude * 0.15;
            let slope = wander(salt, at * waves + 0.02) - wander(salt, at * waves - 0.02);
            let lit = slope * self.light < 0.0;
            let blades = match cover {
                Cover::Grass => (speck(salt, x, 1) * 2.6 * self.u.min(1.6)) as i32 - 1,
                Cover::Smooth | Cover::Stones => 0,
            };
            for y in top as i32 - blades.max(0)..self.sheet.h {
                let depth = (y as f32 - top) / self.u;
                let rim = if lit { 3.5 } else { 1.6 };
                let color = if depth < rim {
                    colors[0]
                } else if depth < rim + 8.0 {
                    dither(x, y, (depth - rim) / 8.0, colors[0], colors[1])
                } else {
                    let fall = ((depth - rim - 12.0) / 22.0).clamp(0.0, 0.85);
                    dither(x, y, fall, colors[1], colors[2])
                };
                self.sheet.set(x, y, color);
            }
        }
    }

    /// Open ground from `top` to the lower edge, in bands that widen towards the viewer.
    pub(crate) fn plain(&mut self, top: f32, colors: Ramp, cover: Cover, part: &str) {
        let salt = self.dice(part).salt();
        let deep = (self.h - top).max(1.0);
        for y in top as i32..self.sheet.h {
            let near = (y as f32 - top) / deep;
            let stretch = 34.0 * self.u * (0.5 + near);
            for x in 0..self.sheet.w {
                let n = rough_field(salt, x as f32 / stretch, y as f32 / (stretch * 0.22));
                let tone = near * 1.1 + n * 0.55;
                let color = if tone < 0.18 {
                    dither(x, y, tone * 4.0 + 0.3, colors[0], colors[1])
                } else {
                    dither(x, y, (tone - 0.45) * 1.2, colors[1], colors[2])
                };
                self.sheet.set(x, y, color);
            }
        }
        match cover {
            Cover::Grass => self.tufts(top, colors, 1.0, part),
            Cover::Stones => self.pebbles(top, colors, part),
            Cover::Smooth => {}
        }
    }

    /// Blades of grass, smaller with distance.
    pub(crate) fn tufts(&mut self, top: f32, colors: Ramp, dense: f32, part: &str) {
        let mut dice = self.dice(part);
        let deep = self.h - top;
        let many = (self.w * deep / (90.0 * self.u * self.u) * dense) as usize;
        for _ in 0..many {
            let near = dice.unit();
            let (x, y) = (dice.unit() * self.w, top + near * deep);
            let tall = (1.0 + 2.6 * near * self.u) as i32;
            let color = if dice.chance(0.5) {
                colors[0]
            } else {
                colors[3]
            };
            for lean in [-1, 0, 1] {
                let blade = tall - i32::from(lean != 0);
                for step in 0..blade {
                    let bend = if step * 2 >= blade { lean } else { 0 };
                    self.sheet
                        .set(x as i32 + lean + bend, y as i32 - step, color);
                }
            }
        }
    }

    fn pebbles(&mut self, top: f32, colors: Ramp, part: &str) {
        let mut dice = self.dice(part);
        for _ in 0..(12.0 * self.w / 96.0) as usize {
            let near = dice.unit();
            let (x, y) = (dice.unit() * self.w, top + near * (self.h - top));
            let r = (0.8 + 1.8 * near) * self.u;
            self.sheet.ellipse(x, y, r * 1.5, r, colors[3]);
            self.sheet.ellipse(
                x - 0.3 * r * -self.light,
                y - 0.4,
                r * 1.2,
                r * 0.7,
                colors[1],
            );
            self.sheet.ellipse(
                x + 0.5 * r * self.light,
                y - 0.5 * r,
                r * 0.6,
                r * 0.35,
                colors[0],
            );
        }
    }

    /// Sand dunes: each crest has a lit flank and a sharp dark one.
    pub(crate) fn dune(&mut self, edge: f32, amplitude: f32, colors: Ramp, part: &str) {
        let mut dice = self.dice(part);
        let salt = dice.salt();
        let crest = self.w * (0.5 - self.light * dice.range(-0.1, 0.3));
        let reach = self.w * dice.range(0.5, 0.75);
        for x in 0..self.sheet.w {
            let px = x as f32;
            let d = (px - crest) / reach;
            let hump = (1.0 - d * d).max(-0.6);
            let top = edge - hump * amplitude + wander(salt, px / self.w * 2.0) * amplitude * 0.18;
            for y in top as i32..self.sheet.h {
                let down = (y as f32 - top).max(0.0);
                // The crest's edge runs down towards the viewer in a long curve.
                let cut = crest - self.light * down * 0.9
                    + wander(salt ^ 2, down / (18.0 * self.u)) * 7.0 * self.u;
                let lit = (px - cut) * self.light > 0.0;
                let ripple = wander(salt ^ 6, (y as f32 + px * 0.22) / (2.6 * self.u)) > 0.62
                    && down > 6.0 * self.u;
                let color = if lit {
                    if down < 1.5 {
                        colors[0]
                    } else if ripple {
                        colors[1]
                    } else {
                        dither(
                            x,
                            y,
                            (down / (46.0 * self.u)).min(0.9),
                            colors[0],
                            colors[1],
                        )
                    }
                } else if ripple {
                    colors[1]
                } else {
                    dither(x, y, 1.0 - down / (40.0 * self.u), colors[1], colors[2])
                };
                self.sheet.set(x, y, color);
            }
        }
    }

    /// A path that winds from the viewer to the distance.
    pub(crate) fn path(&mut self, top: f32, colors: [Rgb8; 2], part: &str) {
        let mut dice = self.dice(part);
        let salt = dice.salt();
        let (from, to) = (
            self.w * dice.range(0.35, 0.65),
            self.w * dice.range(0.3, 0.7),
        );
        for y in top as i32..self.sheet.h {
            let near = (y as f32 - top) / (self.h - top).max(1.0);
            let half = self.u * (0.8 + 11.0 * near * near);
            let cx =
                to + (from - to) * near + wander(salt, near * 2.5) * 14.0 * self.u * (1.0 - near);
            for x in (cx - half) as i32..=(cx + half) as i32 {
                let rim = (x as f32 - cx) * self.light > half * 0.55;
                self.sheet
                    .set(x, y, if rim { colors[0] } else { colors[1] });
            }
        }
    }

    /// Dark rock around the picture, its opening an arch.
    pub(crate) fn frame_of_rock(&mut self, colors: Ramp, part: &str) {
        let salt = self.dice(part).salt();
        for y in 0..self.sheet.h {
            for x in 0..self.sheet.w {
                let (dx, dy) = (
                    (x as f32 / self.w - 0.5) * 2.0,
                    (y as f32 / self.h - 0.62) * 1.75,
                );
                let d = (dx * dx + dy * dy).sqrt()
                    + rough_field(salt, x as f32 / (13.0 * self.u), y as f32 / (13.0 * self.u))
                        * 0.22;
                if d > 1.12 {
                    self.sheet.set(x, y, colors[3]);
                } else if d > 0.98 {
                    self.sheet.set(x, y, mix(colors[3], colors[2], 0.5));
                } else if d > 0.90 {
                    self.sheet.set(
                        x,
                        y,
                        dither(
                            x,
                            y,
                            (d - 0.9) * 12.0,
                            colors[2],
                            mix(colors[3], colors[2], 0.5),
                        ),
                    );
                }
            }
        }
    }
}
