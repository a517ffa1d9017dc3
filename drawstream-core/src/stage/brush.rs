//! The brush on the canvas: drawn once per colour, put down at the playhead.

use tiny_skia::{PathBuilder, Pixmap, Transform};

use super::surface::paint;
use crate::color::Rgb8;

/// A drawn brush; its tip is at the lower left.
pub(crate) struct BrushSprite {
    color: Rgb8,
    image: Pixmap,
}

const WOOD: Rgb8 = Rgb8::new(0xE2, 0xB0, 0x6B);
const WOOD_DARK: Rgb8 = Rgb8::new(0x8C, 0x5A, 0x2B);
const METAL: Rgb8 = Rgb8::new(0xD9, 0xDE, 0xE6);
const METAL_DARK: Rgb8 = Rgb8::new(0x8A, 0x93, 0xA3);
const EDGE: Rgb8 = Rgb8::new(0x14, 0x10, 0x12);

impl BrushSprite {
    /// Draws a brush of `side` pixels, wet with a colour.
    pub(crate) fn new(color: Rgb8, side: i32) -> Option<Self> {
        let px = u32::try_from(side.max(8)).ok()?;
        let mut image = Pixmap::new(px, px)?;
        // The brush is drawn lying down, 100 units long from its tip to the right, and then turned up around it.
        let unit = px as f32 / 100.0;
        let lying = Transform::from_row(
            unit * 0.85,
            -unit * 0.85,
            unit * 0.85,
            unit * 0.85,
            unit * 3.0,
            unit * 97.0,
        );
        for (points, color, alpha) in [
            (&OUTLINE[..], EDGE, 210),
            (&HANDLE[..], WOOD, 255),
            (&HANDLE_SHADE[..], WOOD_DARK, 255),
            (&FERRULE[..], METAL, 255),
            (&FERRULE_SHADE[..], METAL_DARK, 255),
            (&BRISTLES[..], color, 255),
        ] {
            let mut path = PathBuilder::new();
            for (n, &(x, y)) in points.iter().enumerate() {
                if n == 0 {
                    path.move_to(x, y);
                } else {
                    path.line_to(x, y);
                }
            }
            path.close();
            if let Some(path) = path.finish() {
                let fill = tiny_skia::FillRule::Winding;
                image.fill_path(&path, &paint(color, alpha), fill, lying, None);
            }
        }
        Some(Self { color, image })
    }

    pub(crate) fn color(&self) -> Rgb8 {
        self.color
    }

    pub(crate) fn image(&self) -> &Pixmap {
        &self.image
    }

    /// Where the image's top left is if the tip is there.
    pub(crate) fn top_left(&self, tip: (i32, i32)) -> (i32, i32) {
        let side = self.image.height() as i32;
        (tip.0 - side * 3 / 100, tip.1 - side * 97 / 100)
    }
}

type Corner = (f32, f32);

/// From the tip along the upper side and back along the lower one, as are all of these.
const OUTLINE: [Corner; 14] = [
    (-3.0, 0.0),
    (10.0, -9.5),
    (28.0, -12.5),
    (34.0, -11.0),
    (48.0, -10.0),
    (70.0, -9.5),
    (104.0, -5.0),
    (106.0, 0.0),
    (104.0, 5.0),
    (70.0, 9.5),
    (48.0, 10.0),
    (34.0, 11.0),
    (28.0, 12.5),
    (10.0, 9.5),
];
const BRISTLES: [Corner; 7] = [
    (0.0, 0.0),
    (11.0, -7.0),
    (28.0, -10.0),
    (33.0, -8.5),
    (33.0, 8.5),
    (28.0, 10.0),
    (11.0, 7.0),
];
const FERRULE: [Corner; 4] = [(33.0, -8.5), (48.0, -7.5), (48.0, 7.5), (33.0, 8.5)];
const FERRULE_SHADE: [Corner; 4] = [(33.0, 2.0), (48.0, 2.0), (48.0, 7.5), (33.0, 8.5)];
const HANDLE: [Corner; 7] = [
    (48.0, -7.5),
    (68.0, -7.0),
    (102.0, -2.5),
    (103.0, 0.0),
    (102.0, 2.5),
    (68.0, 7.0),
    (48.0, 7.5),
];
const HANDLE_SHADE: [Corner; 4] = [(48.0, 2.0), (103.0, 0.5), (68.0, 7.0), (48.0, 7.5)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tip_has_the_colour_that_is_painted() {
        let red = Rgb8::new(220, 20, 60);
        let brush = BrushSprite::new(red, 120).unwrap();
        let reds = brush
            .image()
            .pixels()
            .iter()
            .filter(|p| (p.red(), p.green(), p.blue()) == (red.r, red.g, red.b));
        assert!(reds.count() > 100);
        assert_eq!(brush.top_left((200, 300)), (197, 184));
    }
}
