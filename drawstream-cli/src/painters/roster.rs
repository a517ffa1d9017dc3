//! The roster: which painters there are, in which order, as the settings say.
//!
//! It is the only place that makes painters: whatever a command asks of one, it asks of those that the show uses.

use anyhow::anyhow;
use drawstream_core::plan::CanvasSize;

use super::{Painter, Sketch};
use crate::config::{Config, PainterName};
use crate::failure::Failure;

/// The painters in order of preference. The built-in one is always the last, so that something is always painted.
///
/// # Errors
/// Where a painter is named that this program or its settings do not have.
pub fn roster(config: &Config) -> Result<Vec<Box<dyn Painter>>, Failure> {
    let named = config.painter.order.clone();
    let wanted = named.unwrap_or_else(|| set_up(config));
    let mut painters = Vec::new();
    for (at, &name) in wanted.iter().enumerate() {
        if name != PainterName::Sketch && !wanted[..at].contains(&name) {
            painters.push(painter(name, config)?);
        }
    }
    painters.push(painter(PainterName::Sketch, config)?);
    Ok(painters)
}

/// Those that the settings say enough of to be used, the most able first.
fn set_up(_config: &Config) -> Vec<PainterName> {
    vec![PainterName::Sketch]
}

/// One painter by its name.
///
/// # Errors
/// Where this program or its settings do not have it.
pub fn painter(name: PainterName, config: &Config) -> Result<Box<dyn Painter>, Failure> {
    match name {
        PainterName::Sketch => Ok(Box::new(Sketch {
            size: canvas(config)?,
            colors: config.pixel.palette_colors,
        })),
        PainterName::Sdxl
        | PainterName::WebUi
        | PainterName::ComfyUi
        | PainterName::OpenAiImages
        | PainterName::LlmDsl => Err(Failure::input(anyhow!(
            "this program is built without the painter {}",
            name.name()
        ))
        .with_hint("PAINTERS=sketch needs nothing")),
    }
}

/// The built-in painter's canvas.
///
/// # Errors
/// Where a side of it is 0.
pub fn canvas(config: &Config) -> Result<CanvasSize, Failure> {
    CanvasSize::new(config.canvas.w, config.canvas.h)
        .ok_or_else(|| Failure::input(anyhow!("the canvas has no pixels")))
}
