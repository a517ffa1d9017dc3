//! The glance: whether what came back is a picture that may be shown.
//!
//! An image model that goes wrong answers with black (its safety filter, or numbers that are none), with one colour,
//! or with noise; a server that goes wrong answers with a page of text. None of it is worth a donation.

use std::io::Cursor;

use image::{ImageReader, Limits, RgbImage};

use super::{PainterError, Picture};

/// The longest picture in bytes, as it travels: a PNG of 4096 pixels a side has room in it.
pub(super) const LONGEST: usize = 96 << 20;
/// The largest side in pixels.
const MOST_SIDE: u32 = 8_192;
/// The largest side of a preview in pixels.
const MOST_PREVIEW: u32 = 2_048;
/// The smallest side in pixels: less is no painting.
const LEAST_SIDE: u32 = 64;
/// Bytes that decoding may take.
const MOST_ALLOC: u64 = 512 << 20;
/// Every so many pixels are looked at, across and down; neighbours are always looked at in pairs.
const LOOKS: u32 = 256;
/// A picture whose brightest pixels are darker than this (of 255) is black.
const BLACK: f64 = 10.0;
/// One whose brightness deviates by less is of one colour.
const FLAT: f64 = 1.5;
/// Neighbours in white noise differ as much as any two pixels: this part of it is noise. Photographs have 0.1,
/// pixel art of eight pixels a cell 0.2, a dithered one 0.5.
const NOISE: f64 = 0.8;

/// Decodes a picture and looks at it. Where a size was asked for, it must have it.
///
/// # Errors
/// [`PainterError::Unusable`], with what is wrong.
pub(super) fn picture(bytes: &[u8], asked: Option<(u32, u32)>) -> Result<RgbImage, PainterError> {
    let picture = decode(bytes, MOST_SIDE)?;
    look(&picture, asked)?;
    Ok(picture)
}

/// The same on a thread that may take its time.
///
/// # Errors
/// [`PainterError::Unusable`], with what is wrong.
pub(super) async fn painted(
    bytes: Vec<u8>,
    asked: Option<(u32, u32)>,
) -> Result<Picture, PainterError> {
    tokio::task::spawn_blocking(move || picture(&bytes, asked))
        .await
        .map_err(|error| PainterError::Broken(error.to_string()))?
        .map(Picture::Painted)
}

/// Decodes a preview, which nobody judges; `None` where it is none.
pub(super) fn rough(bytes: &[u8]) -> Option<RgbImage> {
    decode(bytes, MOST_PREVIEW).ok()
}

fn decode(bytes: &[u8], most_side: u32) -> Result<RgbImage, PainterError> {
    let wrong = |what: &str| PainterError::Unusable(what.to_owned());
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| wrong("it is no picture"))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(most_side);
    limits.max_image_height = Some(most_side);
    limits.max_alloc = Some(MOST_ALLOC);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| wrong("it cannot be decoded"))?;
    Ok(picture.to_rgb8())
}

/// Looks at a picture.
///
/// # Errors
/// As [`picture`].
pub(super) fn look(picture: &RgbImage, asked: Option<(u32, u32)>) -> Result<(), PainterError> {
    let size = picture.dimensions();
    if let Some(asked) = asked
        && asked != size
    {
        return Err(PainterError::Unusable(format!(
            "it is {}×{}, and {}×{} was asked for",
            size.0, size.1, asked.0, asked.1
        )));
    }
    if size.0 < LEAST_SIDE || size.1 < LEAST_SIDE {
        return Err(PainterError::Unusable(format!(
            "it is only {}×{}",
            size.0, size.1
        )));
    }
    let seen = Seen::of(picture);
    let wrong = if seen.brightest < BLACK {
        "it is black"
    } else if seen.deviation < FLAT {
        "it is of one colour"
    } else if seen.roughness > NOISE {
        "it is noise"
    } else {
        return Ok(());
    };
    Err(PainterError::Unusable(wrong.to_owned()))
}

/// What a picture's brightness does.
struct Seen {
    brightest: f64,
    deviation: f64,
    /// How much neighbours differ, as a part of how much any two pixels do.
    roughness: f64,
}

impl Seen {
    fn of(picture: &RgbImage) -> Self {
        let (width, height) = picture.dimensions();
        let light = |x: u32, y: u32| {
            let [r, g, b] = picture.get_pixel(x, y).0.map(f64::from);
            0.299 * r + 0.587 * g + 0.114 * b
        };
        let (across, down) = ((width / LOOKS).max(1), (height / LOOKS).max(1));
        let (mut n, mut sum, mut squares, mut beside, mut below) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut brightest: f64 = 0.0;
        for y in (0..height - 1).step_by(down as usize) {
            for x in (0..width - 1).step_by(across as usize) {
                let here = light(x, y);
                let (right, under) = (light(x + 1, y) - here, light(x, y + 1) - here);
                n += 1.0;
                sum += here;
                squares += here * here;
                beside += right * right;
                below += under * under;
                brightest = brightest.max(here);
            }
        }
        let mean = sum / n;
        let variance = (squares / n - mean * mean).max(0.0);
        // Independent pixels differ by twice their variance on average.
        let rough = |differences: f64| differences / n / (2.0 * variance).max(1e-9);
        Self {
            brightest,
            deviation: variance.sqrt(),
            roughness: rough(beside).min(rough(below)),
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn check(picture: &RgbImage, expected: Option<&str>) {
        let wrong = look(picture, None).err().map(|error| match error {
            PainterError::Unusable(what) => what,
            other => other.to_string(),
        });
        assert_eq!(wrong.as_deref(), expected);
    }

    #[test]
    fn what_is_no_painting_is_seen_and_what_is_one_is_let_through() {
        let mut dice = ChaCha8Rng::seed_from_u64(1);
        let fill = |color: [u8; 3]| RgbImage::from_pixel(256, 256, Rgb(color));
        check(&fill([0, 0, 0]), Some("it is black"));
        check(&fill([3, 2, 4]), Some("it is black"));
        check(&fill([90, 120, 200]), Some("it is of one colour"));
        let noise = RgbImage::from_fn(256, 256, |_, _| Rgb(dice.random()));
        check(&noise, Some("it is noise"));
        // Pixel art of cells in random colours is the roughest picture that somebody may want.
        let cells: Vec<[u8; 3]> = (0..32 * 32).map(|_| dice.random()).collect();
        let art = RgbImage::from_fn(256, 256, |x, y| Rgb(cells[(y / 8 * 32 + x / 8) as usize]));
        check(&art, None);
        let night = RgbImage::from_fn(256, 256, |x, y| {
            let is_star = x % 61 < 2 && y % 47 < 2;
            Rgb(if is_star { [220, 220, 255] } else { [4, 5, 12] })
        });
        check(&night, None);
        check(&RgbImage::new(32, 600), Some("it is only 32×600"));
    }

    #[test]
    fn a_file_that_is_no_picture_or_of_another_size_is_refused() {
        let wrong = |bytes: &[u8], asked| picture(bytes, asked).unwrap_err().to_string();
        assert!(wrong(b"<html></html>", None).contains("cannot be decoded"));
        let art = RgbImage::from_fn(128, 96, |x, y| {
            Rgb([(x / 8 * 16) as u8, (y / 8 * 16) as u8, 9])
        });
        let mut png = Vec::new();
        art.write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png)
            .unwrap();
        assert_eq!(picture(&png, Some((128, 96))).unwrap(), art);
        assert!(wrong(&png, Some((128, 128))).contains("it is 128×96, and 128×128 was asked for"));
        assert!(wrong(&png[..png.len() / 2], None).contains("cannot be decoded"));
    }
}
