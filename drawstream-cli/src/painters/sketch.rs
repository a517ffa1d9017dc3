//! The built-in painter: on the CPU, in milliseconds; it never fails.

use drawstream_core::gate::ApprovedScene;
use drawstream_core::plan::CanvasSize;
use drawstream_core::sketch;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use crate::health::Health;

use super::{Painter, PainterError, Picture, Sitting};

/// The built-in painter, for a canvas of this size and at most so many colours.
#[derive(Clone, Copy, Debug)]
pub struct Sketch {
    /// The canvas.
    pub size: CanvasSize,
    /// Most colours.
    pub colors: u16,
}

impl Painter for Sketch {
    fn name(&self) -> &'static str {
        "sketch"
    }

    fn paint<'a>(
        &'a self,
        scene: &'a ApprovedScene,
        _: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>> {
        let (scene, size, colors) = (scene.scene().clone(), self.size, self.colors);
        async move {
            let painted =
                tokio::task::spawn_blocking(move || sketch::paint(&scene, size, colors)).await;
            painted
                .map(Picture::Indexed)
                .map_err(|error| PainterError::Broken(error.to_string()))
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        ready(Health::good("built in, always ready")).boxed()
    }
}
