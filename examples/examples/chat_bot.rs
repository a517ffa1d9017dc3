//! A bot that turns a chat line into a GIF of its painting.
//!
//! ```console
//! $ cargo run -p drawstream-examples --example chat_bot -- "три лисы под деревом ночью" foxes.gif
//! ```

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use drawstream_core::gate::Gate;
use drawstream_core::plan::CanvasSize;
use drawstream_core::scene::Seed;
use drawstream_core::sketch;
use drawstream_core::strokes::{self, Commission, Tempo};
use drawstream_examples::{request, write_gif};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let line = args.next().context("say what shall be painted")?;
    let path = PathBuf::from(args.next().unwrap_or_else(|| "painting.gif".to_owned()));

    let gate = Gate::default();
    let request = request(&gate, &line)?;
    let scene = sketch::plan(request.text(), Seed(7));
    let picture = sketch::paint(&scene, CanvasSize::new(96, 96).context("a canvas")?, 12);
    let commission = Commission {
        tempo: Tempo::Total(Duration::from_secs(12)),
        seed: scene.seed,
        ..Commission::default()
    };
    let plan = strokes::paint(&picture, &commission)?.plan(request.shown().as_str())?;
    write_gif(&plan, &path, 90, 4)
}
