//! The honest answer to a request that nothing is known of: an abstract picture of its words.

use super::noise::{rough_field, wander};
use super::sheet::{dither, mix};
use super::view::View;
use crate::color::Rgb8;

const SCHEMES: [[u32; 5]; 6] = [
    [0x1B1B3A, 0x693668, 0xA74482, 0xF84AA7, 0xFFD3E0],
    [0x0B132B, 0x1C2541, 0x3A506B, 0x5BC0BE, 0xEAF7E1],
    [0x2D1E2F, 0x6B2737, 0xC8553D, 0xF28F3B, 0xFFE8B0],
    [0x10302B, 0x1F6650, 0x4AA96C, 0xB8D94A, 0xFFF5C2],
    [0x22223B, 0x4A4E69, 0x9A8C98, 0xE0B1A0, 0xF7EAD9],
    [0x120E2E, 0x3B1F7A, 0x6A4CD8, 0x43B8E8, 0xF4F0FF],
];

impl View {
    /// Flowing bands, a few discs and a thread of light; colours wished for come first.
    pub(crate) fn abstract_picture(&mut self, wished: &[Rgb8]) {
        let mut dice = self.dice("abstract");
        let scheme = *dice.pick(&SCHEMES);
        let mut colors = scheme.map(|c| Rgb8::new((c >> 16) as u8, (c >> 8) as u8, c as u8));
        for (slot, &color) in [3usize, 2, 1].into_iter().zip(wished) {
            colors[slot] = color;
        }
        let salt = dice.salt();
        let (turn, fine) = (dice.range(-1.2, 1.2), dice.range(20.0, 38.0) * self.u);
        let bands = dice.range(3.0, 6.0);
        for y in 0..self.sheet.h {
            for x in 0..self.sheet.w {
                let (fx, fy) = (x as f32, y as f32);
                let warp = rough_field(salt, fx / fine, fy / fine);
                let flow = (fy + turn * fx) / self.h * bands * 0.5 + warp * 1.5;
                let level = (flow - flow.floor()) * 4.0;
                let up = if flow.floor() as i32 & 1 == 0 {
                    level
                } else {
                    4.0 - level
                };
                let up = up.clamp(0.0, 3.99);
                let band = up as usize;
                self.sheet.set(
                    x,
                    y,
                    dither(
                        x,
                        y,
                        (up.fract() - 0.5) * 2.2 + 0.5,
                        colors[band],
                        colors[band + 1],
                    ),
                );
            }
        }
        for i in 0..3 + dice.below(4) {
            let (x, y) = (self.w * dice.range(0.1, 0.9), self.h * dice.range(0.1, 0.9));
            let r = self.u * dice.range(5.0, 17.0);
            let color = colors[(i + 1) % 5];
            self.sheet.disc(x, y, r, mix(color, colors[0], 0.35));
            self.sheet
                .disc(x + self.light * r * 0.10, y - r * 0.10, r * 0.86, color);
            self.sheet.disc(
                x + self.light * r * 0.32,
                y - r * 0.34,
                r * 0.34,
                mix(color, colors[4], 0.55),
            );
        }
        let thread = dice.salt();
        for strand in 0..2 {
            let mid = self.h * (0.35 + 0.3 * strand as f32);
            for x in 0..self.sheet.w {
                let y = mid + wander(thread ^ strand, x as f32 / (24.0 * self.u)) * self.h * 0.22;
                let thick =
                    (1.0 + wander(thread ^ 9, x as f32 / (15.0 * self.u))).max(0.4) * self.u;
                self.sheet.block(
                    x as f32,
                    y - thick,
                    x as f32 + 1.0,
                    y + thick,
                    colors[if strand == 0 { 4 } else { 0 }],
                );
            }
        }
    }
}
