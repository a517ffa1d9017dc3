//! Painters: a scene that the gate let through → a [`Picture`].

mod comfyui;
mod glance;
mod llm_dsl;
mod openai_images;
mod order;
mod roster;
mod sketch;
mod webui;

use drawstream_core::gate::ApprovedScene;
use drawstream_core::pixelize::IndexedImage;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use image::RgbImage;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::roster::{canvas, painter, roster};
pub use self::sketch::Sketch;
use crate::health::Health;

/// What a painter made.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Pixels of any size, as an image model paints: they become pixel art next.
    Painted(RgbImage),
    /// Pixel art already.
    Indexed(IndexedImage),
}

/// Why a painter made no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PainterError {
    /// Nobody answers there, or not in time: the next painter is asked.
    #[error("the painter does not answer: {0}")]
    Unreachable(String),
    /// It answered with something that is no picture to be shown; it is asked again with another seed, once.
    #[error("the painter's picture is not usable: {0}")]
    Unusable(String),
    /// It cannot paint at all as it is set up: the next painter is asked.
    #[error("the painter cannot paint: {0}")]
    Broken(String),
    /// It was told to stop.
    #[error("the painting was cancelled")]
    Cancelled,
}

/// What a painter works with.
#[derive(Clone, Debug)]
pub struct Sitting {
    /// Cancelled when nobody wants the picture any more.
    pub cancel: CancellationToken,
    /// How far the painter is, `0.0..=1.0`.
    pub progress: watch::Sender<f32>,
    /// 0 at the first try; a painter that failed is asked again with 1, and should take another seed.
    pub attempt: u32,
}

/// Paints scenes.
pub trait Painter: Send + Sync + std::fmt::Debug {
    /// Its name, as in the configuration.
    fn name(&self) -> &'static str;

    /// Paints a scene. Dropping the future cancels it too.
    fn paint<'a>(
        &'a self,
        scene: &'a ApprovedScene,
        sitting: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>>;

    /// How it is: whether it could paint now, and what can be done where it cannot. Paints nothing.
    fn check(&self) -> BoxFuture<'_, Health>;

    /// Gives back what it keeps between pictures on a card, so that a language model can have it. The next picture
    /// takes it again.
    fn release(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
