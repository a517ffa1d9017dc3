//! The [`VideoOut`]: the stage as a video file or as a live stream, by an ffmpeg of the user's own.
//!
//! ```text
//! stage ── what changed, and when ──▶ Film ──▶ Reel ── raw frames at a fixed rate ──▶ ffmpeg ──▶ file or service
//! ```
//!
//! The stage hands over copies of what changed and never waits; a thread of the video's own makes frames of it and
//! feeds them to the encoder. An encoder that dies or stands still is started again; what was due meanwhile is left
//! out and counted.

mod destination;
mod feeder;
mod ffmpeg;
mod film;
mod picture;
mod reel;

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::destination::{Destination, Protocol, StreamUrl, UnknownContainer, VideoFile};
pub use self::ffmpeg::FfmpegError;

use self::feeder::Feeder;
use self::ffmpeg::Ffmpeg;
use self::film::{Film, even};
use self::reel::Reel;
use super::{Frame, Sink};
use crate::config::Config;
use crate::control::{OutputState, OutputView};

/// Why there is no video.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VideoError {
    /// The encoder is not there, or cannot do what is asked.
    #[error(transparent)]
    Ffmpeg(#[from] FfmpegError),
    /// No thread is left for it.
    #[error("cannot start the video's thread")]
    Thread(#[source] std::io::Error),
}

impl VideoError {
    /// What the person can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ffmpeg(error) => Some(error.hint()),
            Self::Thread(_) => None,
        }
    }
}

/// The stage as a video.
#[derive(Debug)]
pub struct VideoOut {
    name: &'static str,
    size: (u32, u32),
    film: Arc<Film>,
    view: watch::Receiver<OutputView>,
    stop: CancellationToken,
    feeder: Option<JoinHandle<()>>,
}

impl VideoOut {
    /// Looks for ffmpeg and gets ready; the video begins with the first frame of the stage.
    ///
    /// # Errors
    /// [`VideoError`].
    pub fn start(config: &Config, destination: Destination) -> Result<Self, VideoError> {
        let ffmpeg = Ffmpeg::find(&config.video, &destination)?;
        let size = (
            u32::from(config.stage.width),
            u32::from(config.stage.height),
        );
        tracing::info!(
            "{} goes to {destination}, by ffmpeg {}",
            destination.name(),
            ffmpeg.version
        );
        let (told, view) = watch::channel(OutputView {
            name: destination.name().to_owned(),
            to: destination.to_string(),
            state: OutputState::Starting,
            ..OutputView::default()
        });
        let (film, stop) = (Arc::new(Film::default()), CancellationToken::new());
        let name = destination.name();
        let encoded = (even(size.0).unsigned_abs(), even(size.1).unsigned_abs());
        let feeder = Feeder {
            ffmpeg,
            destination,
            fps: config.video.fps,
            size: encoded,
            film: Arc::clone(&film),
            reel: Reel::new(config.video.fps, encoded),
            told,
            stop: stop.clone(),
        };
        Ok(Self {
            name,
            size,
            film,
            view,
            stop,
            feeder: Some(feeder.start().map_err(VideoError::Thread)?),
        })
    }
}

impl Sink for VideoOut {
    fn name(&self) -> &'static str {
        self.name
    }

    fn present(&mut self, frame: &Frame<'_>) -> anyhow::Result<()> {
        anyhow::ensure!(
            (frame.width, frame.height) == self.size,
            "the stage has another size now"
        );
        if self.feeder.as_ref().is_none_or(JoinHandle::is_finished) {
            let why = self.view.borrow().last_error.clone();
            anyhow::bail!("{}", why.unwrap_or_else(|| "its thread ended".to_owned()));
        }
        self.film.expose(frame);
        Ok(())
    }

    fn view(&self) -> Option<watch::Receiver<OutputView>> {
        Some(self.view.clone())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        let Some(feeder) = self.feeder.take() else {
            return Ok(());
        };
        feeder
            .join()
            .map_err(|_| anyhow::anyhow!("its thread ended by a defect"))
    }
}

impl Drop for VideoOut {
    fn drop(&mut self) {
        // Where the stage lets go of it early, its thread ends by itself.
        self.stop.cancel();
    }
}
