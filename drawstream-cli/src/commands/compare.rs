//! `drawstream compare`: on one sheet, how a picture becomes pixel art and then a painting.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::color::Rgb8;
use drawstream_core::pixelize::{Grid, IndexedImage, pixelize};
use drawstream_core::plan::{Plan, PlanError};
use drawstream_core::strokes::paint;
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};
use image::imageops::{FilterType, crop_imm, resize};
use image::{Rgb, RgbImage};

use super::pixelize::{read, write};
use super::plan::PaintingArgs;
use super::sheet::{GAP, LINE, blank, picture_of, place, write_line};
use crate::failure::Failure;

/// Writes one sheet: the picture, its middle with the grid found in it, the pixel art with its colours, and the painting
/// at a tenth, a quarter, half and three quarters of its time and finished.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// The picture: PNG, JPEG, WebP, GIF or BMP, not animated.
    input: PathBuf,
    /// Where the sheet is written, as PNG.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    how: PaintingArgs,
}

/// Moments of the painting that the sheet shows, in percent.
const MOMENTS: [u32; 5] = [10, 25, 50, 75, 100];
/// Sides of the panels of the two rows, in pixels: the rows are equally long.
const LARGE: u32 = 494;
const SMALL: u32 = 288;
/// Height of the palette's swatches.
const SWATCH: u32 = 24;

impl CompareArgs {
    /// Reads the picture, follows it to the finished painting, writes the sheet.
    ///
    /// # Errors
    /// A picture that can't be read, an option out of its limits, or an output that can't be written.
    pub fn run(self) -> Result<(), Failure> {
        let picture = read(&self.input, Rgb8::WHITE)?;
        let art = pixelize(&picture, &self.how.options()).map_err(Failure::input)?;
        let painting = paint(&art.image, &self.how.commission())
            .map_err(|error| Failure::input(error).with_hint("give a smaller --size"))?;
        let plan = painting.plan("").map_err(Failure::input)?;
        let sheet =
            sheet(&picture, art.grid.as_ref(), &art.image, &plan).map_err(Failure::world)?;
        write(&self.output, &sheet)
    }
}

fn sheet(
    picture: &RgbImage,
    grid: Option<&Grid>,
    art: &IndexedImage,
    plan: &Plan,
) -> Result<RgbImage, PlanError> {
    let across = 5 * SMALL + 6 * GAP;
    let second = GAP + LINE + LARGE + SWATCH + GAP;
    let mut sheet = blank(across, second + LINE + SMALL + GAP);
    let large = |i: u32| GAP + i * (across - 2 * GAP - LARGE) / 2;
    let found = match grid {
        Some(grid) => format!(
            "grid {:.2} x {:.2} px, confidence {:.2}",
            grid.pitch[0], grid.pitch[1], grid.confidence
        ),
        None => "no grid".to_owned(),
    };
    let shape = format!(
        "{} x {}, {} colours",
        art.width(),
        art.height(),
        art.palette().len()
    );
    let size = format!("{} x {} px", picture.width(), picture.height());
    for (i, caption) in [size, found, shape].iter().enumerate() {
        write_line(&mut sheet, (large(i as u32), GAP), SMALL, caption)?;
    }
    let below = GAP + LINE;
    place(&mut sheet, picture, large(0), below, LARGE);
    match grid {
        Some(grid) => place(&mut sheet, &gridded(picture, grid), large(1), below, LARGE),
        None => place(&mut sheet, picture, large(1), below, LARGE),
    }
    place(&mut sheet, &art.to_rgb(), large(2), below, LARGE);
    swatches(&mut sheet, art, large(2), below + LARGE);
    let mut head = Playhead::new(Arc::new(Timeline::compile(
        plan,
        &TimelineOptions::default(),
    )));
    let total = head.timeline().duration();
    for (i, percent) in MOMENTS.into_iter().enumerate() {
        let at = total * percent / 100;
        head.seek(at);
        let x = GAP + i as u32 * (SMALL + GAP);
        write_line(
            &mut sheet,
            (x, second),
            SMALL,
            &format!("{percent} %  {}", clock(at)),
        )?;
        place(
            &mut sheet,
            &picture_of(head.frame()),
            x,
            second + LINE,
            SMALL,
        );
    }
    Ok(sheet)
}

/// `1:05.2`: minutes, seconds, tenths.
fn clock(at: Duration) -> String {
    let tenths = at.as_millis() / 100;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// The middle of the picture with the grid's lines over it, in the colour that differs most from what is below.
fn gridded(picture: &RgbImage, grid: &Grid) -> RgbImage {
    // Of more, shrunk to a panel, one would see nothing but lines.
    const CELLS: f32 = 28.0;
    let (width, height) = picture.dimensions();
    let wanted = CELLS * (grid.pitch[0] + grid.pitch[1]) / 2.0;
    let side = (wanted as u32).clamp(1, width.min(height));
    let (left, top) = ((width - side) / 2, (height - side) / 2);
    let middle = crop_imm(picture, left, top, side, side).to_image();
    let mut lined = resize(&middle, LARGE, LARGE, FilterType::Nearest);
    let lines = |ends: &[f32], from: u32| -> Vec<u32> {
        let scale = LARGE as f32 / side as f32;
        let places = ends.iter().map(|end| (end - from as f32) * scale);
        let within = places.filter(|at| (0.0..LARGE as f32).contains(at));
        within.map(|at| at as u32).collect()
    };
    let mut mark = |x: u32, y: u32| {
        let pixel = lined.get_pixel_mut(x, y);
        let light = pixel.0.iter().map(|&c| u32::from(c)).sum::<u32>() > 380;
        *pixel = Rgb(if light { [0, 0, 0] } else { [255, 255, 255] });
    };
    for x in lines(&grid.columns, left) {
        (0..LARGE).for_each(|y| mark(x, y));
    }
    for y in lines(&grid.rows, top) {
        (0..LARGE).for_each(|x| mark(x, y));
    }
    lined
}

/// The colours of the pixel art beside each other from dark to light, each as wide as the others.
fn swatches(sheet: &mut RgbImage, art: &IndexedImage, x: u32, y: u32) {
    let mut colors = art.palette().to_vec();
    colors.sort_by(|a, b| a.luminance().total_cmp(&b.luminance()));
    let count = colors.len().max(1) as u32;
    for dx in 0..LARGE {
        let Some(color) = colors.get((dx * count / LARGE) as usize) else {
            continue;
        };
        for dy in 4..SWATCH {
            sheet.put_pixel(x + dx, y + dy, Rgb(color.channels()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: CompareArgs,
    }

    #[test]
    fn the_sheet_ends_with_the_finished_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (blue, red) = ([20, 40, 160], [220, 40, 60]);
        let picture = RgbImage::from_fn(96, 96, |x, y| Rgb(if x / 8 > y / 8 { blue } else { red }));
        picture.save(path("in.png")).unwrap();
        let words = [
            "compare",
            &path("in.png"),
            "-o",
            &path("sheet.png"),
            "--size",
            "12",
        ];
        Line::try_parse_from(words).unwrap().args.run().unwrap();
        let sheet = image::open(path("sheet.png")).unwrap().to_rgb8();
        let (right, bottom) = (sheet.width() - GAP - 1, sheet.height() - GAP - 1);
        assert_eq!(sheet.get_pixel(right - SMALL + 20, bottom - 20), &Rgb(red));
        assert_eq!(sheet.get_pixel(right - 20, bottom - SMALL + 20), &Rgb(blue));
    }

    #[test]
    fn times_are_written_as_clocks() {
        assert_eq!(clock(Duration::from_millis(65_270)), "1:05.2");
    }
}
