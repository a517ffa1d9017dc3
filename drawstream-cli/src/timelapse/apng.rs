//! The time-lapse as animated PNG.

use std::io::Write;

use png::{BitDepth, BlendOp, ColorType, Compression, DisposeOp, Encoder, Filter};

use super::{Progress, Timelapse, TimelapseError, View, enlarge};

/// The format writes times in 16 bits.
const MOST_DELAY: u64 = 65_535;
/// The longest side that viewers take.
const MOST_SIDE: u64 = 65_535;

/// Writes a time-lapse as an endless animated PNG, every pixel `scale` times as large.
///
/// Colours are exact, with a palette where 255 or fewer occur. Delays are fractions of a second, so timing is exact.
///
/// # Errors
/// The picture is over 65 535 pixels a side, or `out` fails.
pub fn write_apng(
    timelapse: &Timelapse,
    scale: u16,
    out: impl Write,
    progress: Progress<'_>,
) -> Result<(), TimelapseError> {
    let canvas = timelapse.canvas();
    let side = |pixels: u16| u64::from(pixels) * u64::from(scale);
    let (width, height) = (side(canvas.w()), side(canvas.h()));
    if width.max(height) > MOST_SIDE {
        return Err(TimelapseError::TooLarge {
            width,
            height,
            most: MOST_SIDE,
        });
    }
    let k = u32::from(scale);
    let (starts, colors) = timelapse.survey();
    let mut palette = colors
        .fit()
        .then(|| colors.palette(std::iter::empty()))
        .filter(|palette| palette.transparent().is_some());
    let mut encoder = Encoder::new(out, u32::from(canvas.w()) * k, u32::from(canvas.h()) * k);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_color(ColorType::Rgb);
    if let Some(palette) = &palette {
        let bytes = palette.bytes();
        let mut opacity = vec![255; bytes.len() / 3];
        if let Some(last) = opacity.last_mut() {
            *last = 0;
        }
        encoder.set_color(ColorType::Indexed);
        encoder.set_palette(bytes);
        encoder.set_trns(opacity);
    }
    encoder.set_compression(Compression::Fast);
    encoder.set_filter(Filter::Up);
    let total = starts.len() as u64;
    encoder.set_animated(u32::try_from(total).unwrap_or(u32::MAX), 0)?;
    let mut writer = encoder.write_header()?;
    let mut done = 0;
    timelapse.walk::<TimelapseError>(|view| {
        let end = starts.get(done + 1).copied();
        let end = end.unwrap_or(timelapse.frames());
        let (delay, parts) = delay(timelapse, view.frame, end);
        writer.set_frame_delay(delay, parts)?;
        if view.before.is_some() {
            // Place and size are checked against each other at every change, so the old place goes first.
            writer.reset_frame_position()?;
            writer.set_frame_dimension(u32::from(view.rect.w) * k, u32::from(view.rect.h) * k)?;
            writer.set_frame_position(u32::from(view.rect.x) * k, u32::from(view.rect.y) * k)?;
            writer.set_blend_op(match palette {
                Some(_) => BlendOp::Over,
                None => BlendOp::Source,
            })?;
        }
        writer.set_dispose_op(DisposeOp::None)?;
        let width = usize::from(view.rect.w);
        let data = match &mut palette {
            Some(palette) => enlarge(&palette.indices(view), width, usize::from(scale)),
            None => enlarge_colors(view, usize::from(scale)),
        };
        writer.write_image_data(&data)?;
        done += 1;
        progress(done as u64, total);
        Ok(())
    })?;
    writer.finish()?;
    Ok(())
}

/// How long a frame is seen, as a fraction of a second.
fn delay(timelapse: &Timelapse, start: u64, end: u64) -> (u16, u16) {
    let narrow = |value: u64| u16::try_from(value.min(MOST_DELAY)).unwrap_or(u16::MAX);
    let last = end >= timelapse.frames();
    if !last && end - start <= MOST_DELAY {
        return (narrow(end - start), timelapse.fps);
    }
    // The last frame ends with the time-lapse, which is seldom a whole number of frames long.
    for parts in [1000, 100, 10, 1] {
        let length = timelapse.begins(end, parts) - timelapse.begins(start, parts);
        if length <= MOST_DELAY {
            return (narrow(length), narrow(parts));
        }
    }
    (u16::MAX, 1)
}

fn enlarge_colors(view: &View<'_>, scale: usize) -> Vec<u8> {
    let whole = View {
        before: None,
        ..*view
    };
    let row_bytes = usize::from(view.rect.w) * 3 * scale;
    let mut out = Vec::with_capacity(row_bytes * usize::from(view.rect.h) * scale);
    let colors: Vec<_> = whole.changes().collect();
    for row in colors.chunks_exact(usize::from(view.rect.w)) {
        let start = out.len();
        for color in row {
            for _ in 0..scale {
                out.extend(color.channels());
            }
        }
        for _ in 1..scale {
            out.extend_from_within(start..start + row_bytes);
        }
    }
    out
}
