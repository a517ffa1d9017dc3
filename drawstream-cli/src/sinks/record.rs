//! The [`Recorder`]: the stage as a folder of PNG frames or as a GIF, for looking at a show afterwards.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;

use super::{Frame, Sink};

/// Frames a second of a folder: enough to look at a show by eye.
const FOLDER_FPS: u32 = 2;
/// Frames a second of a GIF.
const GIF_FPS: u32 = 8;
/// A GIF is this much smaller than the stage.
const GIF_SHRINK: u32 = 2;
/// Frames that may wait for the encoder; more are dropped, since the show is not held up by a recording.
const WAITING: usize = 4;

/// Why a recording cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecorderError {
    /// The file or folder cannot be made.
    #[error("cannot record to {}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No thread is left for the encoder.
    #[error("cannot start the encoder")]
    Thread(#[source] std::io::Error),
}

struct Shot {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
    at: Duration,
}

/// Records the stage.
#[derive(Debug)]
pub struct Recorder {
    shots: Option<SyncSender<Shot>>,
    encoder: Option<JoinHandle<anyhow::Result<u64>>>,
    every: Duration,
    last: Option<Duration>,
    dropped: u64,
    path: PathBuf,
}

impl std::fmt::Debug for Shot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{} at {:?}", self.width, self.height, self.at)
    }
}

impl Recorder {
    /// Begins a recording: a GIF where the path ends in `.gif`, else a folder of PNG files named by their time.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn create(path: &Path) -> Result<Self, RecorderError> {
        let failed = |source| RecorderError::File {
            path: path.to_owned(),
            source,
        };
        let is_gif = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("gif"));
        let (shots, received) = sync_channel(WAITING);
        let owned = path.to_owned();
        let thread = Builder::new().name("recorder".to_owned());
        let encoder = if is_gif {
            let file = File::create(path).map_err(failed)?;
            thread.spawn(move || write_gif(file, &received))
        } else {
            fs::create_dir_all(path).map_err(failed)?;
            thread.spawn(move || write_folder(&owned, &received))
        };
        let fps = if is_gif { GIF_FPS } else { FOLDER_FPS };
        Ok(Self {
            shots: Some(shots),
            encoder: Some(encoder.map_err(RecorderError::Thread)?),
            every: Duration::from_secs(1) / fps,
            last: None,
            dropped: 0,
            path: path.to_owned(),
        })
    }
}

impl Sink for Recorder {
    fn name(&self) -> &'static str {
        "the recording"
    }

    fn present(&mut self, frame: &Frame<'_>) -> anyhow::Result<()> {
        if self
            .last
            .is_some_and(|last| frame.at.saturating_sub(last) < self.every)
        {
            return Ok(());
        }
        self.last = Some(frame.at);
        let Some(shots) = &self.shots else {
            return Ok(());
        };
        let shot = Shot {
            width: frame.width,
            height: frame.height,
            rgba: frame.pixels.to_vec(),
            at: frame.at,
        };
        match shots.try_send(shot) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                self.dropped += 1;
                Ok(())
            }
            // The encoder ended; its own error says why.
            Err(TrySendError::Disconnected(_)) => self.finish(),
        }
    }

    fn wants_still_frames(&self) -> bool {
        true
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        self.shots = None;
        let Some(encoder) = self.encoder.take() else {
            return Ok(());
        };
        let written = encoder
            .join()
            .map_err(|_| anyhow::anyhow!("the encoder ended by a defect"))??;
        tracing::info!(
            frames.written = written,
            frames.dropped = self.dropped,
            "recorded {}",
            self.path.display()
        );
        Ok(())
    }
}

fn write_folder(folder: &Path, shots: &Receiver<Shot>) -> anyhow::Result<u64> {
    let mut written = 0;
    for shot in shots {
        let path = folder.join(format!("{:08}ms.png", shot.at.as_millis()));
        let file = File::create(&path).with_context(|| format!("write {}", path.display()))?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), shot.width, shot.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        encoder.write_header()?.write_image_data(&shot.rgba)?;
        written += 1;
    }
    Ok(written)
}

fn write_gif(file: File, shots: &Receiver<Shot>) -> anyhow::Result<u64> {
    let mut encoder: Option<gif::Encoder<BufWriter<File>>> = None;
    let mut file = Some(file);
    let mut before: Option<(Vec<u8>, u32)> = None;
    let mut written = 0;
    let mut waiting: Option<(gif::Frame<'static>, Duration)> = None;
    for shot in shots {
        let (width, height) = (shot.width / GIF_SHRINK, shot.height / GIF_SHRINK);
        let small = shrink(&shot);
        let old = before
            .as_ref()
            .filter(|(_, w)| *w == width)
            .map(|(old, _)| old.as_slice());
        let Some(frame) = changed_frame(old, &small, width, height) else {
            continue;
        };
        if let Some(file) = file.take() {
            let mut made = gif::Encoder::new(BufWriter::new(file), frame.width, frame.height, &[])?;
            made.set_repeat(gif::Repeat::Infinite)?;
            encoder = Some(made);
        }
        // A frame's delay is known when the next one comes.
        if let (Some((mut last, since)), Some(encoder)) = (waiting.take(), encoder.as_mut()) {
            let until = u64::try_from(shot.at.saturating_sub(since).as_millis() / 10)?.max(2);
            last.delay = u16::try_from(until)?;
            encoder.write_frame(&last)?;
            written += 1;
        }
        waiting = Some((frame, shot.at));
        before = Some((small, width));
    }
    if let (Some((mut last, _)), Some(encoder)) = (waiting, encoder.as_mut()) {
        last.delay = 200;
        encoder.write_frame(&last)?;
        written += 1;
    }
    Ok(written)
}

/// Half of each side, every pixel the mean of four.
fn shrink(shot: &Shot) -> Vec<u8> {
    let stride = shot.width as usize * 4;
    let (width, height) = (
        (shot.width / GIF_SHRINK) as usize,
        (shot.height / GIF_SHRINK) as usize,
    );
    let mut small = Vec::with_capacity(width * height * 4);
    for y in 0..height {
        for x in 0..width {
            let at = 2 * y * stride + 8 * x;
            for channel in 0..4 {
                let byte = |offset: usize| u16::from(shot.rgba[at + offset + channel]);
                let sum = byte(0) + byte(4) + byte(stride) + byte(stride + 4);
                small.push(u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX));
            }
        }
    }
    small
}

/// The rectangle that differs from the frame before, as a GIF frame of its own; `None` where nothing does.
fn changed_frame(
    old: Option<&[u8]>,
    new: &[u8],
    width: u32,
    height: u32,
) -> Option<gif::Frame<'static>> {
    let (w, h) = (width as usize, height as usize);
    let (mut left, mut right, mut top, mut bottom) = (w, 0, h, 0);
    match old {
        None => (left, right, top, bottom) = (0, w, 0, h),
        Some(old) => {
            for (y, (a, b)) in old
                .chunks_exact(w * 4)
                .zip(new.chunks_exact(w * 4))
                .enumerate()
            {
                if a == b {
                    continue;
                }
                top = top.min(y);
                bottom = y + 1;
                let differs = |x: &usize| a[x * 4..x * 4 + 4] != b[x * 4..x * 4 + 4];
                left = left.min((0..w).find(differs).unwrap_or(w));
                right = right.max((0..w).rfind(differs).map_or(0, |x| x + 1));
            }
        }
    }
    if left >= right {
        return None;
    }
    let (cut_w, cut_h) = (right - left, bottom - top);
    let mut cut: Vec<u8> = Vec::with_capacity(cut_w * cut_h * 4);
    for row in new.chunks_exact(w * 4).take(bottom).skip(top) {
        cut.extend_from_slice(&row[left * 4..right * 4]);
    }
    let side = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let mut frame = gif::Frame::from_rgba_speed(side(cut_w), side(cut_h), &mut cut, 20);
    frame.left = side(left);
    frame.top = side(top);
    Some(gif::Frame {
        buffer: Cow::Owned(frame.buffer.into_owned()),
        ..frame
    })
}
