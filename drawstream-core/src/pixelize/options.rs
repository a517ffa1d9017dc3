//! [`Options`]: what is asked of [`pixelize`](super::pixelize).

use super::PixelizeError;
use crate::color::Rgb8;

/// What is asked of [`pixelize`](super::pixelize).
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How many cells the result has.
    pub size: Size,
    /// The most colours that may come out, `1..=256`. Fewer come out where fewer are to be told apart.
    pub colors: u16,
    /// How much time is spent.
    pub quality: Quality,
    /// Where the colours come from.
    pub palette: PaletteChoice,
    /// Whether in-between colours are imitated by patterns.
    pub dither: Dither,
    /// Decides the starting points of clustering, nothing else.
    pub seed: u64,
}

/// 96 cells, 12 colours found in the picture, best quality, no dithering.
impl Default for Options {
    fn default() -> Self {
        Self {
            size: Size::Cells(96),
            colors: 12,
            quality: Quality::Best,
            palette: PaletteChoice::Found,
            dither: Dither::Off,
            seed: 0,
        }
    }
}

/// How many cells the result has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// As many as the picture's own grid has; without a grid as [`Size::Cells`] of 96.
    Auto,
    /// So many along the longer side, `1..=4096`; the shorter side follows from the picture's shape.
    Cells(u32),
    /// Exactly so many across and down, each `1..=4096`.
    Exact {
        /// Cells across.
        width: u32,
        /// Cells down.
        height: u32,
    },
}

/// How much time is spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// Grid, colours and labels are refined together, several rounds.
    #[default]
    Best,
    /// One pass: for previews and live pictures.
    Fast,
}

/// Where the colours come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PaletteChoice {
    /// Found in the picture.
    #[default]
    Found,
    /// Found in the picture, then drawn towards these colours.
    Wished {
        /// The colours that somebody would like to see.
        colors: Vec<Rgb8>,
        /// How far, `0.0` (not at all) `..=1.0` (onto the wish). Only wishes near to a found colour pull.
        pull: f32,
    },
    /// These and no others, `1..=256`; where there are more than [`Options::colors`], the most useful ones.
    Given(Vec<Rgb8>),
}

/// Whether in-between colours are imitated by patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Dither {
    /// Clean areas.
    #[default]
    Off,
    /// An 8×8 Bayer pattern.
    Ordered {
        /// `0.0..=1.0`; 1.0 spans the distance between neighbouring colours of the palette.
        strength: f32,
    },
    /// Floyd and Steinberg's error diffusion, in serpentine rows.
    Diffusion {
        /// The share of the error that is handed on, `0.0..=1.0`.
        strength: f32,
    },
}

/// How many cells there should be, from a checked [`Size`] and a picture's shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Cells across, for where the picture has no grid or not the asked one.
    pub(crate) width: usize,
    /// Cells down.
    pub(crate) height: usize,
    /// Cells across and down that the grid should have; `None` where it decides itself.
    pub(crate) cells: Option<[usize; 2]>,
}

impl Asked {
    /// Whether so many cells can stay as they are.
    pub(crate) fn accepts(&self, width: usize, height: usize) -> bool {
        const MOST: usize = Options::MOST_CELLS as usize;
        match self.cells {
            Some(cells) => cells == [width, height],
            None => width <= MOST && height <= MOST,
        }
    }

    /// Whether so many cells can be brought to the asked number line by line.
    ///
    /// From a third more or from half as many the drawing survives it; beyond that the picture is averaged.
    pub(crate) fn is_near(&self, width: usize, height: usize) -> bool {
        let near = |found: usize, asked: usize| found * 3 <= asked * 4 && found * 2 >= asked;
        match self.cells {
            Some([w, h]) => near(width, w) && near(height, h),
            None => self.accepts(width, height),
        }
    }
}

impl Options {
    /// The most cells along a side.
    pub const MOST_CELLS: u32 = 4096;

    /// Checks every limit; says how many cells a picture of this size gets.
    pub(crate) fn checked(&self, width: u32, height: u32) -> Result<Asked, PixelizeError> {
        within("colors", usize::from(self.colors), 256)?;
        if let PaletteChoice::Given(colors) = &self.palette {
            within("palette", colors.len(), 256)?;
        }
        let (across, down) = match self.size {
            Size::Auto => along_longer(width, height, 96),
            Size::Cells(n) => along_longer(width, height, n),
            Size::Exact { width, height } => (width, height),
        };
        within("size", across as usize, Self::MOST_CELLS as usize)?;
        within("size", down as usize, Self::MOST_CELLS as usize)?;
        let (across, down) = (across as usize, down as usize);
        Ok(Asked {
            width: across,
            height: down,
            cells: (self.size != Size::Auto).then_some([across, down]),
        })
    }
}

fn within(what: &'static str, found: usize, most: usize) -> Result<(), PixelizeError> {
    let least = 1;
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(PixelizeError::OutOfRange {
        what,
        found,
        least,
        most,
    })
}

/// `cells` along the longer side of a picture, and as many along the shorter as its shape gives, at least one.
fn along_longer(width: u32, height: u32, cells: u32) -> (u32, u32) {
    let shorter = |long: u32, short: u32| {
        let exact = u64::from(short) * u64::from(cells) + u64::from(long) / 2;
        u32::try_from(exact / u64::from(long))
            .unwrap_or(cells)
            .max(1.min(cells))
    };
    if width >= height {
        (cells, shorter(width, height))
    } else {
        (shorter(height, width), cells)
    }
}
