//! Pictures that are pixel art already: nothing may be changed in them.

use image::RgbImage;

use super::indexed_image::IndexedImage;
use crate::color::Rgb8;

/// The picture's own pixels, where it is pixel art enlarged by a whole factor with at most `colors` colours.
///
/// `fits(width, height)` says whether so many cells are what is asked for. Returns the factor too.
pub(crate) fn recover(
    picture: &RgbImage,
    colors: usize,
    fits: impl Fn(u32, u32) -> bool,
) -> Option<(IndexedImage, u32)> {
    let palette = palette(picture, colors)?;
    let factor = factor(picture);
    // Where a whole area of cells is one colour, a smaller factor may be the true one.
    let factor = (1..=factor)
        .rev()
        .find(|f| factor.is_multiple_of(*f) && fits(picture.width() / f, picture.height() / f))?;
    let (width, height) = (picture.width() / factor, picture.height() / factor);
    let index = |x: u32, y: u32| {
        let color = Rgb8::from(picture.get_pixel(x * factor, y * factor).0);
        palette.binary_search(&color).ok().map(|i| i as u8)
    };
    let indices: Option<Vec<u8>> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| index(x, y))
        .collect();
    Some((IndexedImage::new(width, height, palette, indices?)?, factor))
}

/// The picture's own pixels, where it is pixel art of `columns` by `rows` enlarged by any factor, with at most `colors`
/// colours: each of its pixels is the nearest one of those.
pub(crate) fn recover_broken(
    picture: &RgbImage,
    colors: usize,
    columns: u32,
    rows: u32,
) -> Option<IndexedImage> {
    let (width, height) = picture.dimensions();
    if columns > width || rows > height {
        return None;
    }
    let palette = palette(picture, colors)?;
    // Painting programs take a pixel's middle, a few its corner.
    [1, 0].into_iter().find_map(|half| {
        let cells = |length: u32, cells: u32| -> Vec<Option<u32>> {
            let (length, cells) = (u64::from(length), u64::from(cells));
            let place = |at: u64| (2 * at + half) * cells;
            // A middle right between two cells went to either: the others of a cell tell its colour.
            let tells = |at: &u64| half == 0 || place(*at) % (2 * length) != 0;
            (0..length)
                .map(|at| tells(&at).then(|| (place(at) / (2 * length)) as u32))
                .collect()
        };
        let (xs, ys) = (cells(width, columns), cells(height, rows));
        let mut indices = vec![None; columns as usize * rows as usize];
        for (&row, line) in ys.iter().zip(picture.rows()) {
            for (&column, pixel) in xs.iter().zip(line) {
                let index = palette.binary_search(&Rgb8::from(pixel.0)).ok()? as u8;
                let (Some(row), Some(column)) = (row, column) else {
                    continue;
                };
                let cell = &mut indices[row as usize * columns as usize + column as usize];
                if *cell.get_or_insert(index) != index {
                    return None;
                }
            }
        }
        let indices: Option<Vec<u8>> = indices.into_iter().collect();
        IndexedImage::new(columns, rows, palette.clone(), indices?)
    })
}

/// The picture's colours, sorted; `None` where there are more than `most`.
pub(crate) fn palette(picture: &RgbImage, most: usize) -> Option<Vec<Rgb8>> {
    let mut palette: Vec<Rgb8> = Vec::new();
    let mut last = None;
    for px in picture.as_raw().chunks_exact(3) {
        if last == Some(px) {
            continue;
        }
        last = Some(px);
        let color = Rgb8::new(px[0], px[1], px[2]);
        if let Err(place) = palette.binary_search(&color) {
            if palette.len() == most {
                return None;
            }
            palette.insert(place, color);
        }
    }
    Some(palette)
}

/// The largest whole factor by which the picture is an exact enlargement.
fn factor(picture: &RgbImage) -> u32 {
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let raw = picture.as_raw();
    let row = |y: usize| &raw[y * w * 3..(y + 1) * w * 3];
    let pixel = |y: usize, x: usize| &raw[(y * w + x) * 3..(y * w + x + 1) * 3];
    let mut factor = gcd(w, h);
    // Where something changes, a cell begins: every change must lie on a multiple of the factor.
    for y in 1..h {
        if y % factor != 0 && row(y) != row(y - 1) {
            factor = gcd(factor, y);
        }
    }
    for y in (0..h).step_by(factor) {
        for x in 1..w {
            if x % factor != 0 && pixel(y, x) != pixel(y, x - 1) {
                factor = gcd(factor, x);
            }
        }
    }
    factor as u32
}

/// Whether any pixel differs from both the one before and the one after it in its row.
pub(crate) fn has_lone_pixels(picture: &RgbImage) -> bool {
    let row_bytes = picture.width() as usize * 3;
    picture.as_raw().chunks_exact(row_bytes).any(|row| {
        row.windows(9)
            .step_by(3)
            .any(|w| w[..3] != w[3..6] && w[3..6] != w[6..])
    })
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
