//! Trees, flowers, reeds.

use super::noise::speck;
use super::sheet::{bayer, mix};
use super::tints::{BRIGHT, CONIFER, Ramp, SNOW, WOOD};
use super::view::View;
use crate::color::Rgb8;

impl View {
    /// A spruce: its foot at `(x, foot)`.
    pub(crate) fn spruce(&mut self, x: f32, foot: f32, tall: f32, colors: Ramp, depth: f32) {
        let trunk = self.tints.far(self.tints.tint(WOOD[3]), depth);
        let white = self.tints.far_ramp(self.tints.ramp(SNOW), depth * 0.7);
        let winter = self.winter();
        self.sheet.block(
            x - tall * 0.035,
            foot - tall * 0.14,
            x + tall * 0.045,
            foot,
            trunk,
        );
        let top = foot - tall;
        let tiers = (tall / (5.5 * self.u)).clamp(2.0, 6.0).floor();
        for y in top as i32..(foot - tall * 0.10) as i32 {
            let down = (y as f32 - top) / (tall * 0.9);
            let tier = (down * tiers).fract();
            let half = tall
                * (0.07 + 0.21 * down)
                * (0.58 + 0.42 * tier)
                * if down < 0.08 { 0.5 } else { 1.0 };
            for px in (x - half).round() as i32..=(x + half).round() as i32 {
                let side = (px as f32 - x) / half.max(1.0) * self.light;
                let shadow = tier < 0.26 && down > 0.15;
                let color = if winter && tier > 0.45 && side > -0.35 {
                    if side > 0.1 { white[0] } else { white[1] }
                } else if shadow || side < -0.45 {
                    colors[3]
                } else if side > 0.4 {
                    colors[1]
                } else {
                    colors[2]
                };
                self.sheet.set(px, y, color);
            }
        }
    }

    /// A broad tree with a crown of clumps.
    pub(crate) fn broadleaf(
        &mut self,
        x: f32,
        foot: f32,
        tall: f32,
        colors: Ramp,
        depth: f32,
        part: &str,
    ) {
        let mut dice = self.dice(part);
        let wood = self.tints.far_ramp(self.tints.ramp(WOOD), depth);
        let half = (tall * 0.055).max(0.8);
        self.sheet
            .block(x - half, foot - tall * 0.5, x + half, foot, wood[2]);
        self.sheet.block(
            x + half * 0.2 * self.light - half * 0.4,
            foot - tall * 0.5,
            x + half * 0.2 * self.light + half * 0.4,
            foot,
            wood[1],
        );
        self.sheet.line(
            (x, foot - tall * 0.35),
            (x - tall * 0.18, foot - tall * 0.55),
            wood[2],
        );
        self.sheet.line(
            (x, foot - tall * 0.3),
            (x + tall * 0.18, foot - tall * 0.52),
            wood[2],
        );
        let crown = tall * 0.32;
        let cy = foot - tall * 0.66;
        let clumps: Vec<(f32, f32, f32)> = (0..7)
            .map(|i| {
                let angle = i as f32 / 7.0 * std::f32::consts::TAU + dice.range(-0.3, 0.3);
                let reach = if i == 0 {
                    0.0
                } else {
                    crown * dice.range(0.55, 0.75)
                };
                (
                    x + libm::cosf(angle) * reach * 1.12,
                    cy + libm::sinf(angle) * reach * 0.8,
                    crown * dice.range(0.46, 0.64),
                )
            })
            .collect();
        let salt = dice.salt();
        for y in (cy - crown * 1.6) as i32..=(cy + crown * 1.5) as i32 {
            for px in (x - crown * 1.9) as i32..=(x + crown * 1.9) as i32 {
                let (fx, fy) = (px as f32 + 0.5, y as f32 + 0.5);
                let mut best: Option<f32> = None;
                for &(ox, oy, r) in &clumps {
                    let (dx, dy) = ((fx - ox) / r, (fy - oy) / r);
                    let ragged = (speck(salt, px, y) - 0.5) * 0.28;
                    if dx * dx + dy * dy + ragged <= 1.0 {
                        let facing = dx * self.light * 0.55 - dy * 0.8;
                        best = Some(best.map_or(facing, |b: f32| b.max(facing)));
                    }
                }
                if let Some(facing) = best {
                    let whole = ((fx - x) * self.light * 0.4 - (fy - cy)) / (crown * 1.5);
                    let tone = facing * 0.55 + whole * 0.6 + (bayer(px, y) - 0.5) * 0.22;
                    let color = if tone > 0.62 {
                        colors[0]
                    } else if tone > 0.18 {
                        colors[1]
                    } else if tone > -0.32 {
                        colors[2]
                    } else {
                        colors[3]
                    };
                    self.sheet.set(px, y, color);
                }
            }
        }
    }

    /// A row of far trees on a line, as one soft mass.
    pub(crate) fn treeline(&mut self, foot: f32, tall: f32, colors: Ramp, part: &str) {
        let mut dice = self.dice(part);
        let mut x = -tall * 0.3;
        while x < self.w + tall {
            let own = tall * dice.range(0.6, 1.0);
            let wide = own * dice.range(0.26, 0.36);
            for y in (foot - own) as i32..=foot as i32 {
                let down = (y as f32 - (foot - own)) / own;
                let half = wide * (0.12 + 0.88 * down) * (0.72 + 0.28 * (down * 4.0).fract());
                for px in (x - half) as i32..=(x + half) as i32 {
                    let lit = (px as f32 - x) * self.light > half * 0.25;
                    self.sheet
                        .set(px, y, if lit { colors[1] } else { colors[2] });
                }
            }
            x += wide * dice.range(1.0, 1.8);
        }
    }

    /// Forest of spruces at one depth.
    pub(crate) fn spruces(&mut self, foot: f32, tall: f32, gap: f32, depth: f32, part: &str) {
        let mut dice = self.dice(part);
        let colors = self.tints.far_ramp(self.tints.ramp(CONIFER), depth);
        let mut x = dice.range(-gap, 0.0);
        while x < self.w + gap {
            let sink = dice.range(-0.03, 0.05) * tall;
            self.spruce(x, foot + sink, tall * dice.range(0.7, 1.0), colors, depth);
            x += gap * dice.range(0.7, 1.3);
        }
    }

    /// Flowers over open ground, larger towards the viewer.
    pub(crate) fn blossoms(&mut self, top: f32, dense: f32, colors: &[Rgb8], part: &str) {
        let mut dice = self.dice(part);
        let deep = self.h - top;
        let many = (self.w * deep / 34.0 * dense / (self.u * self.u).max(0.3)) as usize;
        let mut spots: Vec<(f32, f32, usize)> = (0..many)
            .map(|_| {
                let near = dice.unit();
                (near, dice.unit() * self.w, dice.below(colors.len()))
            })
            .collect();
        spots.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (near, x, kind) in spots {
            let y = top + near * deep;
            let color = self.tints.tint(colors[kind]);
            let r = near * 2.3 * self.u;
            if r < 0.7 {
                self.sheet.set(x as i32, y as i32, color);
            } else if r < 1.5 {
                let (x, y) = (x as i32, y as i32);
                self.sheet.set(x, y + 1, self.tints.grass[3]);
                self.sheet.set(x, y, color);
                self.sheet.set(x + 1, y, color);
                self.sheet.set(x, y - 1, mix(color, Rgb8::WHITE, 0.35));
            } else {
                self.flower(x, y, r, color);
            }
        }
    }

    fn flower(&mut self, x: f32, y: f32, r: f32, color: Rgb8) {
        let stem = self.tints.grass[3];
        self.sheet.line((x, y), (x, y + r * 2.2), stem);
        for (dx, dy) in [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)] {
            let light = if dy < 0.0 {
                mix(color, Rgb8::WHITE, 0.3)
            } else {
                color
            };
            self.sheet
                .disc(x + dx * r * 0.7, y + dy * r * 0.7, r * 0.62, light);
        }
        let heart = self.tints.tint(if color == self.tints.tint(BRIGHT[1]) {
            WOOD[2]
        } else {
            BRIGHT[1]
        });
        self.sheet.disc(x, y, (r * 0.42).max(0.5), heart);
    }

    /// Reeds at a shore.
    pub(crate) fn reeds(&mut self, x: f32, foot: f32, many: usize, part: &str) {
        let mut dice = self.dice(part);
        let [light, _, dark, _] = self.tints.grass;
        for i in 0..many {
            let px = x + dice.range(-9.0, 9.0) * self.u;
            let tall = dice.range(8.0, 17.0) * self.u;
            let lean = dice.range(-2.5, 2.5) * self.u;
            self.sheet.line(
                (px, foot),
                (px + lean, foot - tall),
                if i % 3 == 0 { light } else { dark },
            );
            if i % 3 == 1 && !self.winter() {
                let head = self.tints.tint(WOOD[2]);
                self.sheet.block(
                    px + lean - 0.6,
                    foot - tall - 2.5 * self.u,
                    px + lean + 1.0,
                    foot - tall + 0.5,
                    head,
                );
            }
        }
    }

    /// A palm that leans over.
    pub(crate) fn palm(&mut self, x: f32, foot: f32, tall: f32, lean: f32) {
        let wood = self.tints.ramp(WOOD);
        let green = self.tints.ramp(super::tints::LEAVES);
        let steps = tall as i32;
        for i in 0..=steps {
            let t = i as f32 / tall;
            let (cx, y) = (x + lean * t * t, foot - i as f32);
            let half = 1.6 * self.u * (1.2 - 0.5 * t);
            let ring = (i as f32 / (3.0 * self.u)).fract() < 0.3;
            self.sheet.block(
                cx - half,
                y,
                cx + half,
                y + 1.0,
                if ring { wood[2] } else { wood[1] },
            );
            self.sheet
                .set((cx - self.light * half * 0.8) as i32, y as i32, wood[2]);
        }
        let (tx, ty) = (x + lean, foot - tall);
        for (dx, dy) in [
            (-1.0, 0.25),
            (1.0, 0.25),
            (-0.85, -0.3),
            (0.85, -0.3),
            (-0.45, 0.62),
            (0.5, 0.6),
            (0.1, -0.6),
        ] {
            let reach = tall * 0.46;
            let steps = reach as i32;
            for i in 0..=steps {
                let t = i as f32 / reach;
                let droop = t * t * reach * 0.55;
                let (px, py) = (tx + dx * reach * t, ty + dy * reach * t * 0.7 + droop);
                let half = 1.8 * self.u * (1.0 - t) + 0.6;
                let color = if dx * self.light > 0.0 && dy < 0.5 {
                    green[1]
                } else {
                    green[2]
                };
                self.sheet.block(px - 0.5, py, px + 1.0, py + half, color);
                if i % 2 == 0 {
                    self.sheet.set(px as i32, (py + half) as i32, green[3]);
                }
                self.sheet.set(px as i32, py as i32, green[0]);
            }
        }
        self.sheet.disc(tx, ty + self.u, 1.5 * self.u, wood[3]);
    }
}
