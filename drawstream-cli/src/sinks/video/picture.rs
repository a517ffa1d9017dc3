//! The [`Picture`]: a frame as video encoders take it, kept up to date by what changed.

use drawstream_core::stage::StageRect;

/// The bits behind the point in the weights of colours.
const POINT: i32 = 16;

/// Brightness of every pixel, then the two colour differences of every square of 2 × 2 (planar YUV 4:2:0), with the
/// weights and the range of BT.709.
#[derive(Debug)]
pub(super) struct Picture {
    width: usize,
    height: usize,
    planes: Vec<u8>,
}

impl Picture {
    /// A black one. Both sides are even.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        let mut planes = vec![16; width * height];
        planes.resize(width * height * 3 / 2, 128);
        Self {
            width,
            height,
            planes,
        }
    }

    /// The bytes of a raw frame.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.planes
    }

    /// Takes over a piece of the stage: `rgba`, row by row. All sides of `rect` are even, and it is inside.
    pub(super) fn put(&mut self, rect: StageRect, rgba: &[u8]) {
        let [x, y, w, h] = [rect.x, rect.y, rect.w, rect.h].map(|side| side.max(0) as usize);
        if w == 0 || h == 0 || x + w > self.width || y + h > self.height {
            return;
        }
        let (luma, chroma) = self.planes.split_at_mut(self.width * self.height);
        let (blue, red) = chroma.split_at_mut(chroma.len() / 2);
        for (pair, rows) in rgba.chunks_exact(w * 8).take(h / 2).enumerate() {
            let (upper, lower) = rows.split_at(w * 4);
            for (row, pixels) in [upper, lower].into_iter().enumerate() {
                let at = (y + pair * 2 + row) * self.width + x;
                let (pixels, _) = pixels.as_chunks::<4>();
                for (out, pixel) in luma[at..at + w].iter_mut().zip(pixels) {
                    *out = brightness(*pixel);
                }
            }
            let at = (y / 2 + pair) * (self.width / 2) + x / 2;
            let (upper, _) = upper.as_chunks::<8>();
            let (lower, _) = lower.as_chunks::<8>();
            let out = blue[at..at + w / 2]
                .iter_mut()
                .zip(&mut red[at..at + w / 2]);
            for ((blue, red), (a, b)) in out.zip(upper.iter().zip(lower)) {
                let sum = |channel: usize| {
                    let of = |pixels: &[u8; 8]| {
                        i32::from(pixels[channel]) + i32::from(pixels[channel + 4])
                    };
                    of(a) + of(b)
                };
                (*blue, *red) = differences([sum(0), sum(1), sum(2)]);
            }
        }
    }
}

/// 16 for black to 235 for white.
fn brightness([r, g, b, _]: [u8; 4]) -> u8 {
    let weighed = 11_966 * i32::from(r) + 40_254 * i32::from(g) + 4_064 * i32::from(b);
    (16 + ((weighed + (1 << (POINT - 1))) >> POINT)) as u8
}

/// How much bluer and how much redder than grey four pixels are, of which this is the sum: 16 to 240, 128 for grey.
fn differences([r, g, b]: [i32; 3]) -> (u8, u8) {
    let narrow = |weighed: i32| (128 + ((weighed + (1 << (POINT + 1))) >> (POINT + 2))) as u8;
    (
        narrow(-6_596 * r - 22_189 * g + 28_785 * b),
        narrow(28_785 * r - 26_145 * g - 2_640 * b),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_of_the_standard_and_only_the_piece_changes() {
        // As tables of 75 % and 100 % bars give them.
        for (rgb, expected) in [
            ([0, 0, 0], [16, 128, 128]),
            ([255, 255, 255], [235, 128, 128]),
            ([255, 0, 0], [63, 102, 240]),
            ([0, 255, 0], [173, 42, 26]),
            ([0, 0, 255], [32, 240, 118]),
            ([191, 191, 191], [180, 128, 128]),
        ] {
            let mut picture = Picture::new(8, 6);
            let pixel = [rgb[0], rgb[1], rgb[2], 255];
            picture.put(StageRect::new(2, 2, 4, 2), &pixel.repeat(8));
            let (luma, chroma) = picture.bytes().split_at(48);
            for (at, luma) in luma.iter().enumerate() {
                let inside = (2..6).contains(&(at % 8)) && (2..4).contains(&(at / 8));
                assert_eq!(
                    *luma,
                    if inside { expected[0] } else { 16 },
                    "{rgb:?} at {at}"
                );
            }
            for (plane, expected) in chroma.chunks_exact(12).zip(&expected[1..]) {
                for (at, chroma) in plane.iter().enumerate() {
                    let inside = [5, 6].contains(&at);
                    assert_eq!(
                        *chroma,
                        if inside { *expected } else { 128 },
                        "{rgb:?} at {at}"
                    );
                }
            }
        }
    }
}
