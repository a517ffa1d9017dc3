//! `drawstream gate picture`: what the image gate sees in pictures, for who chooses its thresholds.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use drawstream_core::image_gate::{ImageClass, ImageVerdict};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::failure::Failure;
use crate::image_gate::ImageCheck;

/// A JSON line for each picture.
pub(super) fn judge_all(config: &Config, files: &[PathBuf]) -> Result<(), Failure> {
    let check = ImageCheck::open(&config.image_gate)?.ok_or_else(|| {
        Failure::input(anyhow!("there is no image gate"))
            .with_hint("set IMAGE_GATE to a model (docs/IMAGE_GATE.md)")
    })?;
    let mut out = std::io::stdout().lock();
    for file in files {
        writeln!(out, "{}", judge(&check, file)?)?;
    }
    Ok(())
}

fn judge(check: &ImageCheck, file: &Path) -> Result<Value, Failure> {
    let picture = image::open(file)
        .with_context(|| format!("read {}", file.display()))
        .map_err(Failure::input)?
        .to_rgb8();
    let began = Instant::now();
    let looked = check.look(&picture);
    let took = began.elapsed();
    let (scores, verdict) = looked.map_err(Failure::world)?;
    let score = |class: ImageClass| {
        let rounded = (f64::from(scores.of(class)) * 1e6).round() / 1e6;
        (class.name().to_owned(), json!(rounded))
    };
    let why = match verdict {
        ImageVerdict::Safe => None,
        ImageVerdict::Unsafe(hit) => Some(hit.to_string()),
    };
    Ok(json!({
        "file": file.display().to_string(),
        "verdict": if why.is_none() { "safe" } else { "unsafe" },
        "why": why,
        "scores": Map::from_iter(ImageClass::ALL.map(score)),
        "ms": (took.as_secs_f64() * 1e4).round() / 10.0,
    }))
}
