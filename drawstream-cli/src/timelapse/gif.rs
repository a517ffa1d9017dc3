//! The time-lapse as GIF.

use std::borrow::Cow;
use std::io::Write;

use gif::{DisposalMethod, Encoder, Frame, Repeat};
use rayon::prelude::*;

use super::{Progress, Timelapse, TimelapseError, enlarge};

/// The format writes sizes and times in 16 bits.
const MOST_SIDE: u64 = 65_535;
const MOST_DELAY: u64 = 65_535;
/// So many frames are compressed at once; more would only take memory.
const BATCH: usize = 32;

/// Writes a time-lapse as an endless GIF, every pixel `scale` times as large.
///
/// Delays are whole hundredths of a second; each frame begins at the one nearest to its time, so the sum is the
/// length of the time-lapse. With more than 256 colours, those of the finished picture come out exactly and passing
/// ones as the nearest of the others.
///
/// # Errors
/// The picture is over 65 535 pixels a side, or `out` fails.
pub fn write_gif(
    timelapse: &Timelapse,
    scale: u16,
    out: impl Write,
    progress: Progress<'_>,
) -> Result<(), TimelapseError> {
    let canvas = timelapse.canvas();
    let side = |pixels: u16| u64::from(pixels) * u64::from(scale);
    let (width, height) = (side(canvas.w()), side(canvas.h()));
    let (Ok(w), Ok(h)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(TimelapseError::TooLarge {
            width,
            height,
            most: MOST_SIDE,
        });
    };
    let (starts, colors) = timelapse.survey();
    let mut palette = colors.palette(finished_colors(timelapse));
    let mut encoder = Encoder::new(out, w, h, &palette.bytes())?;
    encoder.set_repeat(Repeat::Infinite)?;
    let total = starts.len() as u64;
    let ends = starts.iter().skip(1).copied().chain([timelapse.frames()]);
    let mut ends = ends.map(|end| timelapse.begins(end, 100));
    let mut now = 0;
    let mut batch: Vec<Cut> = Vec::with_capacity(BATCH);
    let mut done = 0;
    timelapse.walk::<TimelapseError>(|view| {
        let end = ends.next().unwrap_or(now);
        batch.push(Cut {
            indices: palette.indices(view),
            transparent: view.before.and(palette.transparent()),
            rect: view.rect,
            delay: end.saturating_sub(now),
        });
        now = end;
        done += 1;
        if batch.len() == BATCH || done == total {
            write_batch(&mut encoder, &batch, scale)?;
            batch.clear();
            progress(done, total);
        }
        Ok(())
    })
}

/// A frame before it is enlarged.
struct Cut {
    rect: drawstream_core::raster::CanvasRect,
    indices: Vec<u8>,
    transparent: Option<u8>,
    /// In hundredths of a second.
    delay: u64,
}

fn finished_colors(timelapse: &Timelapse) -> impl Iterator<Item = drawstream_core::color::Rgb8> {
    let finished = timelapse.timeline.finished();
    let pixels = finished.pixels().chunks_exact(4);
    let colors: Vec<_> = pixels
        .map(|p| drawstream_core::color::Rgb8::new(p[0], p[1], p[2]))
        .collect();
    colors.into_iter()
}

fn write_batch<W: Write>(
    encoder: &mut Encoder<W>,
    batch: &[Cut],
    scale: u16,
) -> Result<(), TimelapseError> {
    let frames: Vec<Frame<'static>> = batch
        .par_iter()
        .map(|cut| {
            let mut frame = cut.frame(scale);
            frame.make_lzw_pre_encoded();
            frame
        })
        .collect();
    for (frame, cut) in frames.iter().zip(batch) {
        encoder.write_lzw_pre_encoded_frame(frame)?;
        write_rest(encoder, cut)?;
    }
    Ok(())
}

/// What is left of a delay that is longer than one frame can say: frames that change nothing.
fn write_rest<W: Write>(encoder: &mut Encoder<W>, cut: &Cut) -> Result<(), TimelapseError> {
    let mut left = cut.delay.saturating_sub(MOST_DELAY);
    while left > 0 {
        let delay = left.min(MOST_DELAY);
        left -= delay;
        // One pixel as it is already: the frame's own first one.
        encoder.write_frame(&Frame {
            delay: u16::try_from(delay).unwrap_or(u16::MAX),
            dispose: DisposalMethod::Keep,
            width: 1,
            height: 1,
            transparent: Some(0),
            buffer: Cow::Owned(vec![0]),
            ..Frame::default()
        })?;
    }
    Ok(())
}

impl Cut {
    fn frame(&self, scale: u16) -> Frame<'static> {
        let rect = self.rect;
        Frame {
            delay: u16::try_from(self.delay.min(MOST_DELAY)).unwrap_or(u16::MAX),
            dispose: DisposalMethod::Keep,
            transparent: self.transparent,
            left: rect.x * scale,
            top: rect.y * scale,
            width: rect.w * scale,
            height: rect.h * scale,
            buffer: Cow::Owned(enlarge(
                &self.indices,
                usize::from(rect.w),
                usize::from(scale),
            )),
            ..Frame::default()
        }
    }
}
