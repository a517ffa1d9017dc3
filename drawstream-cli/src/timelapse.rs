//! The time-lapse of a painting: the frames of its timeline at a fixed rate, as GIF or APNG.
//!
//! The timeline is played twice: once to learn which frames show anything new and which colours there are, once to
//! write. Each frame holds only the rectangle that has changed, cut at canvas size and enlarged while it is
//! compressed, so that memory does not grow with the length.

mod apng;
mod gif;
mod palette;

use std::sync::Arc;
use std::time::Duration;

pub use apng::write_apng;
pub use gif::write_gif;

use drawstream_core::color::Rgb8;
use drawstream_core::plan::CanvasSize;
use drawstream_core::raster::{CanvasRect, Framebuffer};
use drawstream_core::timeline::{Playhead, Timeline};

use self::palette::Colors;

/// So many frames are an hour and a half at 30 a second.
const MOST_FRAMES: u64 = 200_000;

/// Why there is no time-lapse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimelapseError {
    /// It would be too long.
    #[error("the time-lapse would have {frames} frames, the most is {MOST_FRAMES}")]
    TooManyFrames {
        /// How many it would have.
        frames: u64,
    },
    /// A picture of the size that the format cannot hold.
    #[error("{width}x{height} pixels are too large for the format, the most is {most} a side")]
    TooLarge {
        /// Pixels across.
        width: u64,
        /// Pixels down.
        height: u64,
        /// The format's limit.
        most: u64,
    },
    /// The GIF could not be written.
    #[error("write the GIF")]
    Gif(#[from] ::gif::EncodingError),
    /// The PNG could not be written.
    #[error("write the PNG")]
    Png(#[from] png::EncodingError),
}

/// A timeline cut into frames of equal length.
///
/// Frame `k` stands for the time between `k` and `k + 1` frame lengths and shows what is there at the end of it, so
/// the last frame is the finished picture.
#[derive(Clone, Debug)]
pub struct Timelapse {
    timeline: Arc<Timeline>,
    /// How long it is watched, which may differ from how long the painting takes.
    length: Duration,
    hold: Duration,
    fps: u16,
    frames: u64,
}

impl Timelapse {
    /// Cuts a timeline into `fps` frames a second (at least 1); `length` fits it to a time.
    ///
    /// # Errors
    /// It would have more frames than anyone can mean.
    pub fn new(
        timeline: Arc<Timeline>,
        fps: u16,
        length: Option<Duration>,
    ) -> Result<Self, TimelapseError> {
        let fps = fps.max(1);
        let length = length.unwrap_or(timeline.duration());
        let exact = length.as_nanos() * u128::from(fps);
        let frames = u64::try_from(exact.div_ceil(1_000_000_000)).unwrap_or(u64::MAX);
        // A card never changes; its length is only how long its one frame is held.
        if frames > MOST_FRAMES && timeline.strokes() > 0 {
            return Err(TimelapseError::TooManyFrames { frames });
        }
        Ok(Self {
            frames: if timeline.strokes() > 0 {
                frames.max(1)
            } else {
                1
            },
            timeline,
            length,
            hold: Duration::ZERO,
            fps,
        })
    }

    /// The same time-lapse, showing the finished picture for a time more.
    #[must_use]
    pub fn with_hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// How many frames it is cut into.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    fn canvas(&self) -> CanvasSize {
        self.timeline.canvas().size
    }

    /// The place in the timeline that a frame shows.
    fn moment(&self, frame: u64) -> Duration {
        if frame + 1 >= self.frames {
            return self.timeline.duration();
        }
        let shown = u128::from(frame + 1) * self.timeline.duration().as_nanos() * 1_000_000_000;
        let whole = u128::from(self.fps) * self.length.as_nanos();
        let nanos = shown.checked_div(whole).unwrap_or(0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(self.timeline.duration())
    }

    /// When a frame begins to be seen, in parts of a second, to the nearest; the end of the last one for `frames`.
    fn begins(&self, frame: u64, parts: u64) -> u64 {
        if frame >= self.frames {
            let end = self.length + self.hold;
            let nearest = (end.as_nanos() * u128::from(parts) + 500_000_000) / 1_000_000_000;
            return u64::try_from(nearest).unwrap_or(u64::MAX);
        }
        let fps = u64::from(self.fps);
        (frame * parts + fps / 2) / fps
    }

    /// Plays it, seeing every frame that differs from the one before.
    fn walk<E>(&self, mut see: impl FnMut(&View<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut playhead = Playhead::new(Arc::clone(&self.timeline));
        let mut shown: Option<Framebuffer> = None;
        for frame in 0..self.frames {
            playhead.seek(self.moment(frame));
            let Some(damage) = playhead.take_damage() else {
                continue;
            };
            let now = playhead.frame();
            let Some(before) = &mut shown else {
                see(&View {
                    frame,
                    rect: damage,
                    now,
                    before: None,
                })?;
                shown = Some(now.clone());
                continue;
            };
            if let Some(rect) = now.changed_within(before, damage) {
                see(&View {
                    frame,
                    rect,
                    now,
                    before: Some(before),
                })?;
                before.copy_rect(now, rect);
            }
        }
        Ok(())
    }

    /// The first playing: which frames show something new, and all colours.
    fn survey(&self) -> (Vec<u64>, Colors) {
        let mut starts = Vec::new();
        let mut colors = Colors::default();
        let walked = self.walk::<std::convert::Infallible>(|view| {
            starts.push(view.frame);
            view.changes().for_each(|color| colors.add(color));
            Ok(())
        });
        match walked {
            Ok(()) => {}
            Err(never) => match never {},
        }
        (starts, colors)
    }
}

/// One frame as it differs from the one before.
struct View<'a> {
    frame: u64,
    /// What has changed: the whole canvas at first.
    rect: CanvasRect,
    now: &'a Framebuffer,
    before: Option<&'a Framebuffer>,
}

impl View<'_> {
    /// The pixels within the rectangle, row by row: `None` where nothing has changed.
    fn pixels(&self) -> impl Iterator<Item = Option<Rgb8>> {
        let rect = self.rect;
        let (x, w) = (usize::from(rect.x) * 4, usize::from(rect.w) * 4);
        let stride = usize::from(self.now.size().w()) * 4;
        let rows = (usize::from(rect.y)..usize::from(rect.y + rect.h)).map(move |y| y * stride + x);
        rows.flat_map(move |start| {
            let now = self.now.pixels()[start..start + w].chunks_exact(4);
            now.enumerate().map(move |(column, pixel)| {
                let at = start + column * 4;
                let same = self
                    .before
                    .is_some_and(|b| &b.pixels()[at..at + 4] == pixel);
                (!same).then(|| Rgb8::new(pixel[0], pixel[1], pixel[2]))
            })
        })
    }

    fn changes(&self) -> impl Iterator<Item = Rgb8> {
        self.pixels().flatten()
    }
}

/// How far the writing is, told after every piece: frames done and frames in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Every entry of a picture as a square of `scale × scale`.
fn enlarge(indices: &[u8], width: usize, scale: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(indices.len() * scale * scale);
    for row in indices.chunks_exact(width) {
        let start = out.len();
        for index in row {
            out.resize(out.len() + scale, *index);
        }
        for _ in 1..scale {
            out.extend_from_within(start..start + width * scale);
        }
    }
    out
}

#[cfg(test)]
mod test;
