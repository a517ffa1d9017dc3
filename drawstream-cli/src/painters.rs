//! Painters: a scene that the gate let through → a [`Picture`].

mod comfyui;
mod glance;
mod llm_dsl;
mod openai_images;
mod order;
pub(crate) mod parcel;
mod remote;
mod roster;
#[cfg(feature = "sdxl")]
mod sdxl;
mod server;
mod sketch;
mod webui;

use std::sync::Arc;

use drawstream_core::donation::DonationId;
use drawstream_core::gate::ApprovedScene;
use drawstream_core::pixelize::{
    IndexedImage, Options, PaletteChoice, PixelizeError, Size, pixelize,
};
use drawstream_core::scene::Scene;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use image::RgbImage;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::remote::Remote;
pub(crate) use self::roster::workshop;
pub use self::roster::{canvas, painter, roster};
#[cfg(feature = "sdxl")]
pub use self::sdxl::Sdxl;
pub use self::sketch::Sketch;
use crate::health::Health;

/// How strongly the planner's wished colours pull at those found in the picture.
const WISH: f32 = 0.25;

/// What a painter made.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Pixels of any size, as an image model paints: they become pixel art next.
    Painted(RgbImage),
    /// Pixel art already.
    Indexed(IndexedImage),
}

impl Picture {
    /// The picture as pixel art of `cells` along its longer side in at most `colors` colours, drawn towards those
    /// that the scene wishes for. What is pixel art already stays as it is.
    ///
    /// # Errors
    /// A picture without pixels, or a size or number of colours out of bounds.
    pub fn pixel_art(
        self,
        scene: &Scene,
        cells: u32,
        colors: u16,
    ) -> Result<IndexedImage, PixelizeError> {
        let pixels = match self {
            Self::Indexed(image) => return Ok(image),
            Self::Painted(pixels) => pixels,
        };
        let options = Options {
            size: Size::Cells(cells),
            colors,
            palette: if scene.palette.is_empty() {
                PaletteChoice::Found
            } else {
                PaletteChoice::Wished {
                    colors: scene.palette.clone(),
                    pull: WISH,
                }
            },
            seed: scene.seed.0,
            ..Options::default()
        };
        pixelize(&pixels, &options).map(|art| art.image)
    }
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

/// How often a painter is asked for one painting at most.
pub const TRIES: u32 = 2;

/// What follows from a painter's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The same painter may do better with another seed.
    OtherSeed,
    /// Another painter is asked.
    OtherPainter,
    /// Nobody is asked: the picture is not wanted any more.
    Nobody,
}

impl PainterError {
    /// What follows from it.
    pub const fn then(&self) -> Then {
        match self {
            Self::Unusable(_) => Then::OtherSeed,
            Self::Unreachable(_) | Self::Broken(_) => Then::OtherPainter,
            Self::Cancelled => Then::Nobody,
        }
    }
}

/// Whether what a painter shows of its work can be shown: it is not black, of one colour or noise.
pub(crate) fn is_presentable(preview: &RgbImage) -> bool {
    glance::look(preview, None).is_ok()
}

/// What a painter works with.
#[derive(Clone, Debug, Default)]
pub struct Sitting {
    /// Cancelled when nobody wants the picture any more.
    pub cancel: CancellationToken,
    /// How far the painter is, `0.0..=1.0`.
    pub progress: watch::Sender<f32>,
    /// What the picture will be, as far as the painter can tell; only where somebody looks, and not of every painter.
    pub preview: watch::Sender<Option<Arc<RgbImage>>>,
    /// 0 at the first try; a painter that failed is asked again with 1, and should take another seed.
    pub attempt: u32,
    /// The donation that it is painted for, if it is for one.
    pub donation: Option<DonationId>,
}

impl Sitting {
    /// Whether anybody looks at previews.
    pub(crate) fn is_watched(&self) -> bool {
        self.preview.receiver_count() > 0
    }

    /// Shows a preview as it came over the wire; one that cannot be read is none.
    pub(crate) async fn show(&self, bytes: Vec<u8>) {
        let decoded = tokio::task::spawn_blocking(move || glance::rough(&bytes)).await;
        if let Ok(Some(rough)) = decoded {
            self.preview.send_replace(Some(Arc::new(rough)));
        }
    }
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

    /// How many pictures it can paint at once. One, for those that paint on this machine: they share its card.
    fn at_once(&self) -> usize {
        1
    }

    /// The pool of workers that it stands for, where it does.
    fn remote(&self) -> Option<Remote> {
        None
    }
}
