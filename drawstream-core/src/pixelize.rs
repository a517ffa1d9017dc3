//! Any picture → clean pixel art: an [`IndexedImage`].
//!
//! Pictures that show pixel art (an image model's, a screenshot, a photographed screen) have a grid of pseudo
//! pixels: it is found and followed where it drifts and bends, each pseudo pixel gets one colour, and the colours
//! that it was painted with are recovered from them. Pictures without a grid are averaged down and quantised.
//!
//! ```text
//!   what is shown: soft,            the grid in it:              what was drawn:
//!   noisy, bent, shifted            lines follow it              one colour a cell
//!
//!   ▒░░▒▒▓▓█▓▓▒░ ░▒▒░░▒▒            ▒░░┊▒▒▓▓┊█▓▓▒┊░ ░▒            ····████····
//!   ░░▒▒▓██▓▓▓▓▒░░ ░▒▒░▒   ─▶       ░░▒┊▒▓██┊▓▓▓▓┊▒░░    ─▶       ··████████··
//!   ░▒▓▓█▓▓▓ ░▓▓▓▓▒░ ░▒░            ┄┄┄┼┄┄┄┄┼┄┄┄┄┼┄┄┄             ··██··████··
//!   ▒▒▓█▓▓▓░ ▒▓▓█▓▓░░▒░▒            ▒▒▓┊▓▓▓░┊▒▓▓█┊▓▓░             ████··██████
//!
//!   picture ─▶ edges ─▶ grid ─▶ cells ─▶ palette ─▶ labels        without a grid:
//!                         ▲       ▲                    │          area average ─▶ k-medians
//!                         └───────┴── registration ◀───┘
//! ```
//!
//! `docs/pixelize.png` shows it of a real one, and `drawstream compare` makes such a sheet of any picture.
//!
//! ```
//! use drawstream_core::pixelize::{Options, Size, pixelize};
//! let picture = image::RgbImage::from_fn(64, 64, |x, y| {
//!     image::Rgb(if (x / 8 + y / 8) % 2 == 0 { [200, 40, 40] } else { [20, 20, 60] })
//! });
//! let art = pixelize(&picture, &Options { size: Size::Cells(8), ..Options::default() })?;
//! assert_eq!((art.image.width(), art.image.palette().len()), (8, 2));
//! # Ok::<(), drawstream_core::pixelize::PixelizeError>(())
//! ```

mod boundaries;
mod cells;
mod clean;
mod cluster;
mod dither;
mod edges;
mod field;
mod given_palette;
mod grid;
mod hidden;
mod indexed_image;
mod lab;
mod labels;
mod mixing;
mod options;
mod palette_search;
mod pitch;
mod refine;
mod register;
mod repair;
mod resize;
mod shrink;
mod splits;
#[cfg(test)]
mod test;

pub use given_palette::{PALETTE_NAMES, PaletteError, named_palette, parse_palette};
pub use grid::Grid;
pub use indexed_image::IndexedImage;
pub use options::{Dither, Options, PaletteChoice, Quality, Size};

use image::{DynamicImage, RgbImage};

use crate::color::Rgb8;
use cells::Cells;
use edges::Edges;
use grid::Lattice;
use lab::{Lab, LabImage};
use mixing::{Mixing, neighbours};
use options::Asked;
use refine::Painted;

/// In [`Quality::Fast`] the grid is found by the edges along every so many rows and columns: there are enough of them.
const STRIDE: usize = 6;

/// What [`pixelize`] made of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixelized {
    /// The pixel art.
    pub image: IndexedImage,
    /// The grid of pseudo pixels that was found in the picture, if it has one.
    pub grid: Option<Grid>,
    /// How far pseudo pixels of one colour differ in the picture: OKLab distance, 0.0 where it is clean.
    pub noise: f32,
}

/// Why a picture could not be made into pixel art.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PixelizeError {
    /// A side of the picture is 0.
    #[error("the picture is {width}×{height} pixels: there is nothing to see")]
    Empty {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
    },
    /// An option is outside of its limits.
    #[error("{what}: {found} is not within {least} to {most}")]
    OutOfRange {
        /// Which option.
        what: &'static str,
        /// What was asked.
        found: usize,
        /// The least that is possible.
        least: usize,
        /// The most that is possible.
        most: usize,
    },
}

/// The picture that [`pixelize`] takes, of any that `image` decodes: 16 bits a channel become 8, and what is
/// transparent shows `background`. Of an animation, decode the frame that you want.
pub fn flatten(picture: &DynamicImage, background: Rgb8) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let rgba = picture.to_rgba8();
    let under = background.channels();
    let mut flat = RgbImage::new(rgba.width(), rgba.height());
    for (out, px) in flat.pixels_mut().zip(rgba.pixels()) {
        let alpha = u32::from(px.0[3]);
        out.0 = std::array::from_fn(|c| {
            let mixed = u32::from(px.0[c]) * alpha + u32::from(under[c]) * (255 - alpha);
            ((mixed + 127) / 255) as u8
        });
    }
    flat
}

/// Makes clean pixel art of a picture.
///
/// Deterministic: the same picture and options give the same result on every machine. Pixel art that is clean
/// already (each pixel an exact square, no more colours than asked) comes back as it is.
///
/// # Errors
/// [`PixelizeError`], where the picture is empty or an option out of its limits.
pub fn pixelize(picture: &RgbImage, options: &Options) -> Result<Pixelized, PixelizeError> {
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return Err(PixelizeError::Empty { width, height });
    }
    let asked = options.checked(width, height)?;
    if matches!(options.palette, PaletteChoice::Found) && options.dither == Dither::Off {
        // Where the size is open, a large picture without a single lone pixel is enlarged, by a broken factor.
        let enlarged =
            asked.cells.is_none() && width.max(height) > 128 && !clean::has_lone_pixels(picture);
        let fits = |w: u32, h: u32| {
            asked.accepts(w as usize, h as usize) && !(enlarged && w == width && h == height)
        };
        let colors = usize::from(options.colors);
        let broken =
            |[w, h]: [usize; 2]| clean::recover_broken(picture, colors, w as u32, h as u32);
        let recovered = clean::recover(picture, colors, fits)
            .map(|(image, _)| image)
            .or_else(|| asked.cells.and_then(broken));
        if let Some(image) = recovered {
            let grid = (image.width() < width).then(|| {
                let (w, h) = (image.width() as usize, image.height() as usize);
                Lattice::even(width as usize, height as usize, w, h).report()
            });
            return Ok(Pixelized {
                image,
                grid,
                noise: 0.0,
            });
        }
    }
    // The whole picture in OKLab, where all of it is looked at.
    let lab = match options.quality {
        Quality::Best => Some(LabImage::of(picture)),
        Quality::Fast => None,
    };
    let edges = match &lab {
        Some(lab) => Edges::of(lab),
        None => Edges::sparse(picture, STRIDE),
    };
    let mut lattice = Lattice::find(&edges, asked.cells, options.quality)
        .filter(|lattice| asked.is_near(lattice.columns(), lattice.rows()));
    let mut painted = match &mut lattice {
        Some(lattice) => match &lab {
            Some(lab) => with_grid(lab, lattice, options),
            None => at_once(picture, lattice, options),
        },
        None => without_grid(picture, &asked, options),
    };
    if let PaletteChoice::Wished { colors, pull } = &options.palette {
        let wishes: Vec<Lab> = colors.iter().map(|&c| lab::of_rgb(c)).collect();
        palette_search::pull(&mut painted.palette, &wishes, *pull);
    }
    let Painted {
        palette,
        labels: mut indices,
        cells,
    } = painted;
    let (mut columns, mut rows) = (cells.columns, cells.rows);
    let mut colors = cells.colors;
    if !asked.accepts(columns, rows) {
        let [across, down] = resize::costs(&indices, columns);
        let xs = resize::lines(columns, asked.width, &across);
        let ys = resize::lines(rows, asked.height, &down);
        indices = resize::picked(&indices, columns, &xs, &ys);
        colors = resize::picked(&colors, columns, &xs, &ys);
        (columns, rows) = (asked.width, asked.height);
    }
    if let Some(patterned) = dither::dithered(&colors, columns, &palette, options.dither) {
        indices = patterned;
    }
    Ok(Pixelized {
        image: compact(columns, rows, &palette, &indices, options),
        grid: lattice.as_ref().map(Lattice::report),
        noise: cells.noise,
    })
}

/// The given colours that these cells need most; `None` where none are given.
fn given(cells: &Cells, options: &Options) -> Option<Vec<Lab>> {
    match &options.palette {
        PaletteChoice::Given(colors) => {
            let given = colors.iter().map(|&c| lab::of_rgb(c)).collect();
            let most = usize::from(options.colors);
            Some(palette_search::most_useful(given, &cells.colors, most))
        }
        PaletteChoice::Found | PaletteChoice::Wished { .. } => None,
    }
}

/// Grid, colours and labels, refined together.
fn with_grid(picture: &LabImage, lattice: &mut Lattice, options: &Options) -> Painted {
    let most = usize::from(options.colors);
    let cells = Cells::sample::<7, 56>(picture, lattice);
    let given = given(&cells, options);
    refine::refine(picture, lattice, cells, most, given.as_deref())
}

/// Colours and labels in one pass.
fn at_once(picture: &RgbImage, lattice: &Lattice, options: &Options) -> Painted {
    let most = usize::from(options.colors);
    let mut cells = Cells::sample::<5, 32>(picture, lattice);
    let given = given(&cells, options);
    let mixing = Mixing::measured(&cells.colors, cells.columns, cells.noise);
    let around = neighbours(cells.columns, cells.rows);
    cells.colors = mixing.undone(&cells.colors, &around);
    let settled = given.is_some();
    let palette = given.unwrap_or_else(|| palette_search::find(&cells, most, Quality::Fast));
    let mut painted = nearest(palette, cells);
    if !settled {
        refine::tidy(&mut painted, &around, most);
    }
    painted
}

fn without_grid(picture: &RgbImage, asked: &Asked, options: &Options) -> Painted {
    let cells = shrink::area_average(picture, asked.width, asked.height);
    let most = usize::from(options.colors);
    let palette = given(&cells, options)
        .unwrap_or_else(|| cluster::medians(&cells.colors, most, options.quality, options.seed));
    nearest(palette, cells)
}

/// Each cell in its nearest colour.
fn nearest(palette: Vec<Lab>, cells: Cells) -> Painted {
    let labels = cells
        .colors
        .iter()
        .map(|&c| palette_search::nearest(&palette, c) as u8)
        .collect();
    Painted {
        palette,
        labels,
        cells,
    }
}

/// The indexed image, its palette free of colours that no cell has.
fn compact(
    columns: usize,
    rows: usize,
    palette: &[Lab],
    indices: &[u8],
    options: &Options,
) -> IndexedImage {
    let mut used = vec![false; palette.len()];
    for &i in indices {
        used[usize::from(i)] = true;
    }
    // Given colours come out as they were given: a trip through OKLab may miss by one.
    let exact = |lab: Lab| match &options.palette {
        PaletteChoice::Given(colors) => {
            let nearest = colors.iter().copied().min_by(|&a, &b| {
                let far = |c: Rgb8| lab::distance_squared(lab::of_rgb(c), lab);
                far(a).total_cmp(&far(b))
            });
            nearest.unwrap_or_else(|| lab::to_rgb(lab))
        }
        PaletteChoice::Found | PaletteChoice::Wished { .. } => lab::to_rgb(lab),
    };
    let mut colors: Vec<Rgb8> = Vec::new();
    let mut place = vec![0u8; palette.len()];
    for (i, _) in used.iter().enumerate().filter(|(_, used)| **used) {
        let color = exact(palette[i]);
        let at = colors.iter().position(|&c| c == color).unwrap_or_else(|| {
            colors.push(color);
            colors.len() - 1
        });
        place[i] = at as u8;
    }
    let indices = indices.iter().map(|&i| place[usize::from(i)]).collect();
    IndexedImage::new(columns as u32, rows as u32, colors, indices)
        .expect("there are cells, and each has one of at most 256 colours")
}
