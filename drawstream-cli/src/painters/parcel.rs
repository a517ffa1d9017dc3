//! A [`Picture`] as it travels between machines: PNG, with its palette where it is pixel art.

use std::io::Cursor;

use drawstream_core::color::Rgb8;
use drawstream_core::pixelize::IndexedImage;
use image::ImageFormat;
use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};

use super::{PainterError, Picture, glance};
use crate::pool::record::Form;

/// The longest parcel in bytes.
pub(crate) const LONGEST: usize = glance::LONGEST;
/// The largest side of pixel art.
const MOST_CELLS: u32 = 2_048;
/// Bytes that decoding pixel art may take.
const MOST_ALLOC: usize = 64 << 20;

/// Wraps a picture up.
///
/// # Errors
/// Where it cannot be written as PNG, with the reason.
pub(crate) fn wrap(picture: &Picture) -> Result<(Form, Vec<u8>), String> {
    let mut png = Vec::new();
    match picture {
        Picture::Painted(pixels) => {
            let written = pixels.write_to(&mut Cursor::new(&mut png), ImageFormat::Png);
            written.map_err(|error| error.to_string())?;
            Ok((Form::Painted, png))
        }
        Picture::Indexed(image) => {
            let mut encoder = Encoder::new(&mut png, image.width(), image.height());
            encoder.set_color(ColorType::Indexed);
            encoder.set_depth(BitDepth::Eight);
            let palette: Vec<u8> = image.palette().iter().flat_map(|c| c.channels()).collect();
            encoder.set_palette(palette);
            let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
            let written = writer.write_image_data(image.indices());
            written.map_err(|error| error.to_string())?;
            writer.finish().map_err(|error| error.to_string())?;
            Ok((Form::Indexed, png))
        }
    }
}

/// Unwraps a picture that a stranger may have sent, and looks at it as at every picture.
///
/// # Errors
/// [`PainterError::Unusable`], with what is wrong.
pub(crate) fn unwrap(form: Form, bytes: &[u8]) -> Result<Picture, PainterError> {
    match form {
        Form::Painted => glance::picture(bytes, None).map(Picture::Painted),
        Form::Indexed => pixel_art(bytes)
            .ok_or_else(|| PainterError::Unusable("it is no pixel art".to_owned()))
            .map(Picture::Indexed),
    }
}

fn pixel_art(bytes: &[u8]) -> Option<IndexedImage> {
    let limits = Limits { bytes: MOST_ALLOC };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info().ok()?;
    let info = reader.info();
    let (width, height) = info.size();
    let is_ours = info.color_type == ColorType::Indexed && info.bit_depth == BitDepth::Eight;
    if !is_ours || width > MOST_CELLS || height > MOST_CELLS {
        return None;
    }
    let (colors, _) = info.palette.as_ref()?.as_chunks::<3>();
    let palette: Vec<Rgb8> = colors.iter().map(|&[r, g, b]| Rgb8::new(r, g, b)).collect();
    let mut indices = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut indices).ok()?;
    indices.truncate(frame.buffer_size());
    let first = *indices.first()?;
    let is_of_one_color = indices.iter().all(|&index| index == first);
    IndexedImage::new(width, height, palette, indices).filter(|_| !is_of_one_color)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn art() -> IndexedImage {
        let palette = vec![Rgb8::new(1, 2, 3), Rgb8::WHITE, Rgb8::new(9, 9, 200)];
        let indices = (0..64 * 48).map(|n| (n % 3) as u8).collect();
        IndexedImage::new(64, 48, palette, indices).unwrap()
    }

    #[test]
    fn a_picture_comes_out_as_it_went_in() {
        let (form, bytes) = wrap(&Picture::Indexed(art())).unwrap();
        match unwrap(form, &bytes).unwrap() {
            Picture::Indexed(back) => assert_eq!(back, art()),
            Picture::Painted(_) => panic!("pixel art stays pixel art"),
        }
        let pixels = RgbImage::from_fn(96, 64, |x, y| Rgb([(x * 2) as u8, (y * 3) as u8, 7]));
        let (form, bytes) = wrap(&Picture::Painted(pixels.clone())).unwrap();
        match unwrap(form, &bytes).unwrap() {
            Picture::Painted(back) => assert_eq!(back, pixels),
            Picture::Indexed(_) => panic!("pixels stay pixels"),
        }
    }

    #[test]
    fn what_a_broken_worker_sends_is_unusable_and_nothing_worse() {
        let (_, png) = wrap(&Picture::Indexed(art())).unwrap();
        let black = RgbImage::new(128, 128);
        let (_, black) = wrap(&Picture::Painted(black)).unwrap();
        for form in [Form::Painted, Form::Indexed] {
            for bytes in [&b"<html>"[..], b"", &png[..png.len() / 2], &black] {
                let error = unwrap(form, bytes).unwrap_err();
                assert!(matches!(error, PainterError::Unusable(_)), "{error}");
            }
        }
        let mut flat = vec![0; 64 * 48];
        flat.fill(1);
        let flat = IndexedImage::new(64, 48, art().palette().to_vec(), flat).unwrap();
        let (form, bytes) = wrap(&Picture::Indexed(flat)).unwrap();
        assert!(unwrap(form, &bytes).is_err());
    }
}
