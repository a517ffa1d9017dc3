//! Any picture as pixel art and as the strokes that paint it, with the library alone:
//!
//! ```console
//! $ cargo run --release -p drawstream-examples --example pixel_art -- photo.jpg art.png plan.json
//! ```

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use drawstream_core::color::Rgb8;
use drawstream_core::pixelize::{Options, flatten, pixelize};
use drawstream_core::plan::Version;
use drawstream_core::strokes::{Commission, Tempo, paint};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = || {
        args.next()
            .context("usage: pixel_art PICTURE ART.png PLAN.json")
    };
    let (picture, art, plan) = (next()?, next()?, next()?);

    let decoded = image::open(&picture).with_context(|| format!("read {picture}"))?;
    let found = pixelize(&flatten(&decoded, Rgb8::WHITE), &Options::default())?;
    found.image.to_rgb().save(&art)?;

    let commission = Commission {
        tempo: Tempo::Total(Duration::from_secs(60)),
        ..Commission::default()
    };
    let painting = paint(&found.image, &commission)?;
    fs::write(&plan, painting.plan("")?.to_json(Version::V1_1))?;

    let grid = match &found.grid {
        Some(grid) => format!("pseudo pixels of {:.2} px", grid.pitch[0]),
        None => "no grid".to_owned(),
    };
    let (width, height) = (found.image.width(), found.image.height());
    let colors = found.image.palette().len();
    let strokes = painting.strokes().len();
    writeln!(
        std::io::stdout(),
        "{grid}; {width} × {height} in {colors} colours; {strokes} strokes"
    )?;
    Ok(())
}
