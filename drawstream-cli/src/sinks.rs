//! Where frames go: a window, a recording, a video, or nowhere.

mod record;
mod video;
#[cfg(feature = "window")]
mod window;

use drawstream_core::stage::StageRect;
use tokio::sync::watch;

use crate::control::OutputView;

pub use self::record::{Recorder, RecorderError};
pub use self::video::{
    Destination, FfmpegError, Protocol, StreamUrl, UnknownContainer, VideoError, VideoFile,
    VideoOut,
};
#[cfg(feature = "window")]
pub(crate) use self::window::adapter;
#[cfg(feature = "window")]
pub use self::window::{
    Closed, Ending, GONE, Glass, KeyCommand, StageWindow, WindowError, WindowOptions,
};

/// A frame of the stage.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// RGBA, row by row.
    pub pixels: &'a [u8],
    /// What differs from the frame before; empty where nothing does.
    pub damage: &'a [StageRect],
    /// When, since the show began.
    pub at: std::time::Duration,
}

/// Takes frames. It never holds up the show: it drops what it cannot keep up with.
pub trait Sink: Send {
    /// Its name, for the log.
    fn name(&self) -> &'static str;

    /// Takes a frame.
    ///
    /// # Errors
    /// Where it cannot go on; it is then dropped, and the show goes on without it.
    fn present(&mut self, frame: &Frame<'_>) -> anyhow::Result<()>;

    /// Whether it wants frames in which nothing changed.
    fn wants_still_frames(&self) -> bool {
        false
    }

    /// How it is, where people want to know.
    fn view(&self) -> Option<watch::Receiver<OutputView>> {
        None
    }

    /// Finishes what it writes.
    ///
    /// # Errors
    /// Where that is not possible.
    fn finish(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}
