//! Water: lakes that mirror, seas that roll.

use super::noise::{rough, speck, wander};
use super::sheet::{dither, mix};
use super::view::View;
use crate::color::Rgb8;

impl View {
    /// Still water from `top` down to `bottom` that mirrors everything above.
    pub(crate) fn mirror(&mut self, top: f32, bottom: f32) {
        let salt = self.dice("mirror").salt();
        let (first, last) = (top as i32, (bottom as i32).min(self.sheet.h - 1));
        let deep = (last - first).max(1) as f32;
        let water = self.tints.water;
        for y in first..=last {
            let near = (y - first) as f32 / deep;
            let above = first - 1 - ((y - first) as f32 * 1.15) as i32;
            // Ripples shift whole runs of a row, as far-away waves do.
            let shift = (wander(salt, y as f32 * 0.9) * (0.6 + 2.2 * near) * self.u) as i32;
            for x in 0..self.sheet.w {
                let seen = self.sheet.get(x + shift, above);
                let body = if near > 0.55 { water[3] } else { water[2] };
                let t = 0.34 + 0.30 * near;
                self.sheet.set(x, y, mix(seen, body, t));
            }
        }
        self.glints(first, last, salt);
    }

    fn glints(&mut self, first: i32, last: i32, salt: u32) {
        let mut dice = self.dice("glints");
        let light = mix(self.tints.water[0], self.tints.lamp, 0.35);
        let many = (self.w * (last - first) as f32 / (64.0 * self.u * self.u)) as usize;
        for i in 0..many {
            let near = dice.unit();
            let y = first as f32 + near * near * (last - first) as f32;
            let x = dice.unit() * self.w;
            let long = (1.0 + 7.0 * near) * self.u * dice.range(0.5, 1.3);
            let color = if i % 3 == 0 {
                light
            } else {
                self.tints.water[1]
            };
            if speck(salt, x as i32, y as i32) > 0.35 {
                self.sheet.row(
                    (x - long * 0.5) as i32,
                    (x + long * 0.5) as i32,
                    y as i32,
                    color,
                );
            }
        }
    }

    /// A rolling sea from `top` to the lower edge.
    pub(crate) fn sea(&mut self, top: f32, bottom: f32, rough_sea: f32) {
        let salt = self.dice("sea").salt();
        let water = self.tints.water;
        let (first, last) = (top as i32, (bottom as i32).min(self.sheet.h - 1));
        let deep = (bottom - top).max(1.0);
        for y in first..=last {
            let near = (y as f32 - top) / deep;
            for x in 0..self.sheet.w {
                let color = if near < 0.5 {
                    dither(
                        x,
                        y,
                        near * 1.9,
                        mix(water[1], self.tints.sky[4], 0.4),
                        water[2],
                    )
                } else {
                    dither(x, y, (near - 0.5) * 1.8, water[2], water[3])
                };
                self.sheet.set(x, y, color);
            }
        }
        self.sun_road(first, last);
        let mut y = top + 3.0 * self.u;
        let mut row = 0;
        while y < bottom {
            let near = (y - top) / deep;
            self.wave_row(y, near, rough_sea, salt.wrapping_add(row));
            y += (2.5 + 8.5 * near) * self.u;
            row += 1;
        }
    }

    /// One row of crests: a light back, a dark hollow under it.
    fn wave_row(&mut self, y: f32, near: f32, rough_sea: f32, salt: u32) {
        let water = self.tints.water;
        let foam = mix(water[0], Rgb8::WHITE, 0.35);
        for x in 0..self.sheet.w {
            let n = rough(salt, x as f32 / ((9.0 + 20.0 * near) * self.u));
            let lift = n * (1.0 + 3.5 * near) * self.u * rough_sea;
            let top = (y - lift) as i32;
            if n > 0.02 {
                self.sheet.set(
                    x,
                    top,
                    if n > 0.42 && near > 0.25 {
                        foam
                    } else {
                        water[1]
                    },
                );
                let thick = (n * 4.0 * near * self.u) as i32;
                for d in 1..=thick {
                    self.sheet.set(x, top + d, water[2]);
                }
                if near > 0.3 {
                    self.sheet.set(x, top + thick + 1, water[3]);
                }
            }
        }
    }

    /// The broken reflection of the lamp.
    fn sun_road(&mut self, first: i32, last: i32) {
        if self.hour == super::backdrop::Hour::Day || self.hour == super::backdrop::Hour::Evening {
            return;
        }
        let mut dice = self.dice("lamp");
        let cx = self.w * (0.5 + self.light * dice.range(0.22, 0.34));
        for y in first..=last {
            let near = (y - first) as f32 / (last - first).max(1) as f32;
            if dice.chance(0.72) {
                let half = (2.0 + 7.0 * near) * self.u * dice.range(0.3, 1.1);
                let off = dice.range(-2.0, 2.0) * self.u * (0.4 + near);
                self.sheet.row(
                    (cx + off - half) as i32,
                    (cx + off + half) as i32,
                    y,
                    self.tints.lamp,
                );
            }
        }
    }

    /// Foam where water meets sand, along a slanted shore; everything below it becomes sand.
    pub(crate) fn shore(&mut self, left: f32, right: f32, sand: super::tints::Ramp) {
        let salt = self.dice("shore").salt();
        for x in 0..self.sheet.w {
            let t = x as f32 / self.w;
            let edge = left + (right - left) * t + wander(salt, t * 4.0) * 3.5 * self.u;
            for y in edge as i32..self.sheet.h {
                let down = (y as f32 - edge) / self.u;
                let color = if down < 1.4 {
                    Rgb8::WHITE
                } else if down < 3.4 {
                    mix(sand[2], self.tints.water[2], 0.25)
                } else {
                    dither(
                        x,
                        y,
                        (down - 12.0) / 30.0 + 0.35 * rough(salt ^ 3, x as f32 / (15.0 * self.u)),
                        sand[0],
                        sand[1],
                    )
                };
                self.sheet.set(x, y, color);
            }
            let second = edge - (4.0 + 1.5 * wander(salt ^ 1, t * 6.0)) * self.u;
            if wander(salt ^ 2, t * 9.0) > -0.3 {
                self.sheet.set(x, second as i32, self.tints.water[0]);
            }
        }
    }
}
