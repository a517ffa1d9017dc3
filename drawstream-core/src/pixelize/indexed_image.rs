//! [`IndexedImage`]: pixel art as a palette and an index for each pixel.

use crate::color::Rgb8;

/// Pixel art: at most 256 colours, and for each pixel which one it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedImage {
    width: u32,
    height: u32,
    palette: Vec<Rgb8>,
    indices: Vec<u8>,
}

impl IndexedImage {
    /// Row by row from the top left. `None` where a side is 0, the lengths don't agree, or an index is outside of
    /// the palette.
    pub fn new(width: u32, height: u32, palette: Vec<Rgb8>, indices: Vec<u8>) -> Option<Self> {
        let area = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
        let fits = area > 0 && indices.len() == area && palette.len() <= 256;
        let inside = indices.iter().all(|&i| usize::from(i) < palette.len());
        (fits && inside).then_some(Self {
            width,
            height,
            palette,
            indices,
        })
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Its colours; not every one needs to be used.
    pub fn palette(&self) -> &[Rgb8] {
        &self.palette
    }

    /// Which colour each pixel has, row by row.
    pub fn indices(&self) -> &[u8] {
        &self.indices
    }

    /// The colour of a pixel.
    ///
    /// # Panics
    /// Where it lies outside of the image.
    pub fn color_at(&self, x: u32, y: u32) -> Rgb8 {
        assert!(
            x < self.width && y < self.height,
            "({x}, {y}) lies outside of the image"
        );
        self.palette[usize::from(self.indices[(y * self.width + x) as usize])]
    }

    /// The same picture with full colours, for encoders.
    pub fn to_rgb(&self) -> image::RgbImage {
        image::RgbImage::from_fn(self.width, self.height, |x, y| {
            image::Rgb(self.color_at(x, y).channels())
        })
    }
}
