//! A sheet: pictures and lines of letters beside each other, for people to look at.

use drawstream_core::color::Rgb8;
use drawstream_core::plan::{Canvas, CanvasPoint, CanvasSize, Op, Plan, PlanError, Step};
use drawstream_core::raster::Framebuffer;
use drawstream_core::timeline::{Timeline, TimelineOptions};
use image::imageops::{FilterType, overlay, resize};
use image::{Rgb, RgbImage};

/// Space around panels, in pixels.
pub(super) const GAP: u32 = 16;
/// Height of a line of letters.
pub(super) const LINE: u32 = 28;

const PAGE: Rgb<u8> = Rgb([0x28, 0x28, 0x2C]);

/// A blank sheet.
pub(super) fn blank(width: u32, height: u32) -> RgbImage {
    RgbImage::from_pixel(width, height, PAGE)
}

/// A canvas as a picture, pixel by pixel.
pub(super) fn picture_of(canvas: &Framebuffer) -> RgbImage {
    RgbImage::from_fn(canvas.width(), canvas.height(), |x, y| {
        Rgb(canvas.color_at(x, y).unwrap_or_default().channels())
    })
}

/// Puts a picture in the middle of a square panel, as large as it fits: pixel by pixel where it is enlarged.
pub(super) fn place(sheet: &mut RgbImage, picture: &RgbImage, x: u32, y: u32, side: u32) {
    let longer = picture.width().max(picture.height()).max(1);
    let fit = |length: u32| {
        let scaled = u64::from(length) * u64::from(side) / u64::from(longer);
        u32::try_from(scaled).unwrap_or(side).clamp(1, side)
    };
    let filter = if longer > side {
        FilterType::Triangle
    } else {
        FilterType::Nearest
    };
    let fitted = resize(picture, fit(picture.width()), fit(picture.height()), filter);
    let (dx, dy) = ((side - fitted.width()) / 2, (side - fitted.height()) / 2);
    overlay(sheet, &fitted, i64::from(x + dx), i64::from(y + dy));
}

/// Letters of the plans' own font, twice enlarged, on a line of this width.
///
/// # Errors
/// A text that is longer than plans may have.
pub(super) fn write_line(
    sheet: &mut RgbImage,
    (x, y): (u32, u32),
    width: u32,
    text: &str,
) -> Result<(), PlanError> {
    let halves = |length: u32| u16::try_from(length / 2).unwrap_or(u16::MAX).max(1);
    let size = CanvasSize::new(halves(width), halves(LINE)).expect("a line has a size");
    let letters = Op::Text {
        at: CanvasPoint::new(0, 2),
        value: text.to_owned(),
        font: None,
        size: 8,
        color: Rgb8::new(0xDD, 0xDD, 0xDD),
    };
    let canvas = Canvas::new(size).with_background(Rgb8::from(PAGE.0));
    let plan = Plan::from_steps(canvas, "", vec![Step::from(letters)])?;
    let line = Timeline::compile(&plan, &TimelineOptions::default()).finished();
    let line = picture_of(&line);
    let line = resize(
        &line,
        line.width() * 2,
        line.height() * 2,
        FilterType::Nearest,
    );
    overlay(sheet, &line, i64::from(x), i64::from(y));
    Ok(())
}
