//! A painter of your own: give it to the studio beside the others, or use it alone as here.
//!
//! ```console
//! $ cargo run -p drawstream-examples --example custom_painter -- sunset.gif
//! ```

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use drawstream::health::Health;
use drawstream::painters::{Painter, PainterError, Picture, Sitting};
use drawstream_core::gate::{ApprovedScene, Gate};
use drawstream_core::pixelize::{Options, pixelize};
use drawstream_core::scene::Seed;
use drawstream_core::sketch;
use drawstream_core::strokes::{self, Commission, Tempo};
use drawstream_examples::{request, write_gif};
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use image::{Rgb, RgbImage};

/// Paints nothing but a sun over the sea, in the colours that the scene wishes for.
#[derive(Debug)]
struct Sunset;

impl Painter for Sunset {
    fn name(&self) -> &'static str {
        "sunset"
    }

    fn paint<'a>(
        &'a self,
        scene: &'a ApprovedScene,
        sitting: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>> {
        let wished = scene
            .scene()
            .palette
            .first()
            .map_or([30, 60, 120], |color| color.channels());
        let picture = RgbImage::from_fn(768, 768, |x, y| {
            let (dx, dy) = (f64::from(x) - 384.0, f64::from(y) - 360.0);
            let is_sun = (dx * dx + dy * dy).sqrt() < 150.0 && y < 440;
            let light = y.min(440) / 4;
            match (is_sun, y >= 440) {
                (true, _) => Rgb([250, 210, 90]),
                (false, true) => Rgb(wished),
                (false, false) => Rgb([120 + light as u8, 60 + (light / 2) as u8, 90]),
            }
        });
        sitting.progress.send_replace(1.0);
        ready(Ok(Picture::Painted(picture))).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        ready(Health::good("the sun is always up")).boxed()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let path = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "sunset.gif".to_owned()),
    );
    let gate = Gate::default();
    let request = request(&gate, "a sunset over the sea")?;
    // A painter takes only what the gate has let through; there is no other way to an ApprovedScene.
    let scene = sketch::plan(request.text(), Seed(1));
    let scene = gate
        .judge_scene(&request, scene)
        .ok()
        .context("the gate stopped the scene")?;
    let sitting = Sitting::default();
    let image = match Sunset.paint(&scene, &sitting).await? {
        Picture::Painted(picture) => pixelize(&picture, &Options::default())?.image,
        Picture::Indexed(image) => image,
    };
    let commission = Commission {
        tempo: Tempo::Total(Duration::from_secs(8)),
        ..Commission::default()
    };
    let plan = strokes::paint(&image, &commission)?.plan("a sunset over the sea")?;
    write_gif(&plan, &path, 60, 4)
}
