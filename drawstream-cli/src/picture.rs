//! A canvas as a PNG file.

use std::collections::HashMap;
use std::io::Write;

use drawstream_core::raster::Framebuffer;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

/// Writes a canvas as PNG, every pixel `scale` times as large, with notes (keyword and text) in its text chunks.
///
/// Up to 256 colours are written by number, which is a quarter of the bytes to compress.
///
/// # Errors
/// `out` fails, or a keyword is none that the format allows.
pub fn write_png(
    frame: &Framebuffer,
    scale: u16,
    notes: &[(&str, String)],
    out: impl Write,
) -> Result<(), EncodingError> {
    let scale = scale.max(1);
    let k = u32::from(scale);
    let mut encoder = Encoder::new(out, frame.width() * k, frame.height() * k);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    // Enlarged rows repeat the row above, which this filter turns to zeros.
    encoder.set_filter(Filter::Up);
    for (keyword, text) in notes {
        encoder.add_itxt_chunk((*keyword).to_owned(), text.clone())?;
    }
    let width = frame.width() as usize;
    match numbered(frame) {
        Some((palette, indices)) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(palette);
            write_rows(encoder, &enlarged::<1>(&indices, width, scale.into()))
        }
        None => {
            encoder.set_color(ColorType::Rgb);
            let pixels = frame.pixels().chunks_exact(4);
            let colors: Vec<u8> = pixels.flat_map(|p| [p[0], p[1], p[2]]).collect();
            write_rows(encoder, &enlarged::<3>(&colors, width, scale.into()))
        }
    }
}

/// Writes a whole stage as PNG: `rgba` has four bytes a pixel, row by row; alpha is left out.
///
/// # Errors
/// As [`write_png`].
pub fn write_stage_png(
    (width, height): (u32, u32),
    rgba: &[u8],
    notes: &[(&str, String)],
    out: impl Write,
) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(out, width, height);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_color(ColorType::Rgb);
    for (keyword, text) in notes {
        encoder.add_itxt_chunk((*keyword).to_owned(), text.clone())?;
    }
    let colors: Vec<u8> = rgba
        .chunks_exact(4)
        .flat_map(|p| [p[0], p[1], p[2]])
        .collect();
    write_rows(encoder, &colors)
}

fn write_rows<W: Write>(encoder: Encoder<'_, W>, data: &[u8]) -> Result<(), EncodingError> {
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()
}

/// The colours in the order in which they are met, and the pixels by number; `None` for more than 256 colours.
fn numbered(frame: &Framebuffer) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut numbers: HashMap<&[u8], u8> = HashMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(frame.pixels().len() / 4);
    let mut last: (&[u8], u8) = (&[], 0);
    for pixel in frame.pixels().chunks_exact(4) {
        if last.0 != pixel {
            let next = numbers.len();
            let number = match numbers.get(pixel) {
                Some(number) => *number,
                None => {
                    let number = u8::try_from(next).ok()?;
                    numbers.insert(pixel, number);
                    palette.extend_from_slice(&pixel[..3]);
                    number
                }
            };
            last = (pixel, number);
        }
        indices.push(last.1);
    }
    Some((palette, indices))
}

fn enlarged<const N: usize>(data: &[u8], width: usize, scale: usize) -> Vec<u8> {
    let row_bytes = width * N * scale;
    let mut out = Vec::with_capacity(data.len() * scale * scale);
    for row in data.chunks_exact(width * N) {
        let start = out.len();
        for pixel in row.chunks_exact(N) {
            for _ in 0..scale {
                out.extend_from_slice(pixel);
            }
        }
        for _ in 1..scale {
            out.extend_from_within(start..start + row_bytes);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use drawstream_core::color::Rgb8;
    use drawstream_core::plan::{Canvas, CanvasPoint, CanvasSize, Op, Plan, Step};
    use drawstream_core::timeline::{Timeline, TimelineOptions};

    use super::*;

    fn picture(colors: u16) -> Framebuffer {
        let dot = |k: u16| {
            let [r, g] = k.to_be_bytes();
            Step::from(Op::Pixels {
                points: vec![CanvasPoint::new(i32::from(k % 20), i32::from(k / 20))],
                color: Rgb8::new(r, g, 9),
            })
        };
        let canvas = Canvas::new(CanvasSize::new(20, 20).unwrap());
        let plan = Plan::from_steps(canvas, "", (0..colors).map(dot).collect()).unwrap();
        Timeline::compile(&plan, &TimelineOptions::default()).finished()
    }

    #[test]
    fn the_file_holds_each_pixel_enlarged_with_few_colours_and_with_many() {
        for colors in [1, 200, 255, 256, 400] {
            let frame = picture(colors);
            let mut file = Vec::new();
            write_png(
                &frame,
                3,
                &[("Software", "drawstream".to_owned())],
                &mut file,
            )
            .unwrap();
            let read = image::load_from_memory(&file).unwrap().to_rgba8();
            assert_eq!(read.into_raw(), frame.enlarged(3), "{colors} colours");
        }
    }
}
