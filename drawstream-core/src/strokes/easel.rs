//! [`Easel`]: the picture that is wanted beside the canvas as it is so far.

use super::masses::Mass;
use crate::color::{Oklab, Rgb8};
use crate::pixelize::IndexedImage;

/// Index of a colour on the easel: one of the picture's, or the bare canvas, which comes after them.
pub(crate) type Tone = u16;

/// The picture to be painted and the state of the canvas.
///
/// Pixels are numbered row by row. Palette entries of the same colour count as one.
pub(crate) struct Easel {
    /// Pixels across.
    pub(crate) width: usize,
    /// Pixels down.
    pub(crate) height: usize,
    /// What each pixel shall be.
    pub(crate) want: Vec<Tone>,
    /// What each pixel is now.
    on: Vec<Tone>,
    /// The colours by tone, the bare canvas last.
    pub(crate) colors: Vec<Rgb8>,
    /// The same as eyes compare them.
    pub(crate) looks: Vec<Oklab>,
    distances: Vec<f32>,
}

impl Easel {
    /// A bare canvas of this colour in front of the picture.
    pub(crate) fn new(picture: &IndexedImage, bare: Rgb8) -> Self {
        let mut colors = picture.palette().to_vec();
        colors.push(bare);
        let same: Vec<Tone> = colors
            .iter()
            .map(|c| colors.iter().position(|d| c == d).unwrap_or_default() as Tone)
            .collect();
        let looks: Vec<Oklab> = colors.iter().map(|&c| Oklab::from(c)).collect();
        let distances = looks
            .iter()
            .flat_map(|a| looks.iter().map(|b| a.distance(*b)))
            .collect();
        let bare_tone = same[colors.len() - 1];
        let want: Vec<Tone> = picture
            .indices()
            .iter()
            .map(|&i| same[usize::from(i)])
            .collect();
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            on: vec![bare_tone; want.len()],
            want,
            colors,
            looks,
            distances,
        }
    }

    /// Pixels in all.
    pub(crate) fn area(&self) -> usize {
        self.want.len()
    }

    /// How far apart two tones look.
    pub(crate) fn distance(&self, a: Tone, b: Tone) -> f32 {
        self.distances[usize::from(a) * self.looks.len() + usize::from(b)]
    }

    /// Whether the pixel isn't yet what it shall be.
    pub(crate) fn is_wrong(&self, pixel: u32) -> bool {
        self.on[pixel as usize] != self.want[pixel as usize]
    }

    /// How much nearer to the picture the pixel comes with this tone; negative where it goes away from it.
    pub(crate) fn gain(&self, pixel: u32, tone: Tone) -> f32 {
        let want = self.want[pixel as usize];
        self.distance(self.on[pixel as usize], want) - self.distance(tone, want)
    }

    /// How far the picture would be from these masses, or is from the bare canvas: the sum over all pixels.
    pub(crate) fn left_by(&self, masses: Option<&[Mass]>) -> f32 {
        let Some(masses) = masses else {
            let bare = self.looks.len() as Tone - 1;
            return self.want.iter().map(|&t| self.distance(bare, t)).sum();
        };
        let left = |m: &Mass| -> f32 {
            m.pixels
                .iter()
                .map(|&p| self.distance(m.tone, self.want[p as usize]))
                .sum()
        };
        masses.iter().map(left).sum()
    }

    /// How many pixels would still be wrong after these masses.
    pub(crate) fn wrong_by(&self, masses: &[Mass]) -> usize {
        let wrong = |m: &Mass| {
            m.pixels
                .iter()
                .filter(|&&p| self.want[p as usize] != m.tone)
                .count()
        };
        masses.iter().map(wrong).sum()
    }

    /// Whether the pixel comes so much nearer to the picture with this tone that it is painted though it may have to
    /// be painted once more.
    pub(crate) fn is_worth(&self, pixel: u32, tone: Tone) -> bool {
        let want = self.want[pixel as usize];
        let left = self.distance(self.on[pixel as usize], want);
        self.distance(tone, want) < left * 0.4
    }

    /// Puts paint on pixels.
    pub(crate) fn put(&mut self, pixels: &[u32], tone: Tone) {
        for &pixel in pixels {
            self.on[pixel as usize] = tone;
        }
    }

    /// Column and row of a pixel.
    pub(crate) fn place(&self, pixel: u32) -> (i32, i32) {
        // Canvases are at most some thousands of pixels a side; narrow divisions are much the faster ones.
        let across = self.width as u32;
        ((pixel % across) as i32, (pixel / across) as i32)
    }

    /// The pixel there, if that is on the canvas.
    pub(crate) fn pixel(&self, x: i32, y: i32) -> Option<u32> {
        let inside = x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height;
        inside.then(|| (y as usize * self.width + x as usize) as u32)
    }
}
