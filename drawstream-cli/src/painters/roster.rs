//! The roster: which painters there are, in which order, as the settings say.
//!
//! It is the only place that makes painters: whatever a command asks of one, it asks of those that the show uses.

use anyhow::{Context as _, anyhow};
use drawstream_core::plan::CanvasSize;
use url::Url;

use super::comfyui::ComfyUi;
use super::llm_dsl::LlmDsl;
use super::openai_images::OpenAiImages;
use super::order::Studio;
use super::webui::WebUi;
use super::{Painter, Remote, Sketch};
use crate::config::{Config, PainterName};
use crate::failure::Failure;
use crate::peer::{Credentials, Peer};
use crate::planners;

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

/// The painters of a worker, in order of preference. The pool itself is none of them, and the built-in painter only
/// where it is named: a show that wants it has it too, and is better served by the next painter in its own list.
///
/// # Errors
/// Where there is none, or one is named that this program or its settings do not have.
pub(crate) fn workshop(config: &Config) -> Result<Vec<Box<dyn Painter>>, Failure> {
    let named = config.painter.order.clone();
    let mut wanted = named.unwrap_or_else(|| set_up(config));
    wanted.retain(|name| *name != PainterName::Remote);
    let mut painters = Vec::new();
    for (at, &name) in wanted.iter().enumerate() {
        if !wanted[..at].contains(&name) {
            painters.push(painter(name, config)?);
        }
    }
    if painters.is_empty() {
        return Err(
            Failure::input(anyhow!("no painter is set up on this machine")).with_hint(
                "name one: --painter sdxl, webui, comfyui, openai-images, or sketch to try it",
            ),
        );
    }
    Ok(painters)
}

/// Those that the settings say enough of to be used, the most able first. A language model that writes plans is
/// never among them: it paints worse than the built-in painter, and is there for who wants it.
fn set_up(config: &Config) -> Vec<PainterName> {
    let candidates = [
        (PainterName::Remote, config.pool.servers.is_some()),
        (PainterName::Sdxl, has_sdxl(config)),
        (PainterName::ComfyUi, config.comfyui.url.is_some()),
        (PainterName::WebUi, config.webui.url.is_some()),
        (PainterName::OpenAiImages, config.openai_images.is_set_up),
    ];
    let there = candidates.into_iter().filter(|(_, is_there)| *is_there);
    there.map(|(name, _)| name).collect()
}

/// Whether this program can paint with SDXL, and the weights are where the settings have them.
#[cfg(feature = "sdxl")]
fn has_sdxl(config: &Config) -> bool {
    super::Sdxl::is_set_up(&config.painter)
}

#[cfg(not(feature = "sdxl"))]
fn has_sdxl(_: &Config) -> bool {
    false
}

/// One painter by its name.
///
/// # Errors
/// Where this program or its settings do not have it.
pub fn painter(name: PainterName, config: &Config) -> Result<Box<dyn Painter>, Failure> {
    let studio = Studio::from(&config.painter);
    let peer = |url: &Url, credentials| {
        Peer::new(url, credentials, studio.timeout).context("make ready for a painter")
    };
    match name {
        PainterName::Sketch => Ok(Box::new(Sketch {
            size: canvas(config)?,
            colors: config.pixel.palette_colors,
        })),
        PainterName::WebUi => {
            let settings = &config.webui;
            let url = settings.url.as_ref();
            let url = url.ok_or_else(|| nowhere(name, "WEBUI_URL=http://127.0.0.1:7860"))?;
            let auth = settings.auth.clone();
            let peer = peer(url, auth.map_or(Credentials::None, Credentials::Basic))?;
            Ok(Box::new(WebUi::new(
                peer,
                settings.checkpoint.clone(),
                studio,
            )))
        }
        PainterName::ComfyUi => {
            let settings = &config.comfyui;
            let url = settings.url.as_ref();
            let url = url.ok_or_else(|| nowhere(name, "COMFYUI_URL=http://127.0.0.1:8188"))?;
            let peer = peer(url, Credentials::None)?;
            Ok(Box::new(ComfyUi::new(
                peer,
                settings.checkpoint.clone(),
                studio,
            )))
        }
        PainterName::OpenAiImages => {
            let settings = &config.openai_images;
            let key = settings.api_key.clone();
            let peer = peer(
                &settings.url,
                key.map_or(Credentials::None, Credentials::Bearer),
            )?;
            Ok(Box::new(OpenAiImages::new(
                peer,
                settings.model.clone(),
                studio,
            )))
        }
        PainterName::Remote => {
            if config.pool.servers.is_none() {
                return Err(nowhere(name, "NATS_URL=nats://host:4222"));
            }
            Ok(Box::new(Remote::new(&config.pool, studio.timeout)))
        }
        PainterName::LlmDsl => {
            let llm = planners::language_model(config)?;
            let llm = llm.ok_or_else(|| nowhere(name, "LLM_MODEL_ID and LLM_ENDPOINT"))?;
            Ok(Box::new(LlmDsl::new(
                llm,
                canvas(config)?,
                config.pixel.palette_colors,
            )))
        }
        #[cfg(feature = "sdxl")]
        PainterName::Sdxl => Ok(Box::new(super::Sdxl::new(&config.painter))),
        #[cfg(not(feature = "sdxl"))]
        PainterName::Sdxl => Err(Failure::input(anyhow!(
            "this program is built without the painter sdxl"
        ))
        .with_hint("build it with `--features sdxl`, or `--features cuda` for an NVIDIA card")),
    }
}

fn nowhere(name: PainterName, setting: &str) -> Failure {
    Failure::input(anyhow!("nobody said where the painter {} is", name.name()))
        .with_hint(format!("set {setting}"))
}

/// The built-in painter's canvas.
///
/// # Errors
/// Where a side of it is 0.
pub fn canvas(config: &Config) -> Result<CanvasSize, Failure> {
    CanvasSize::new(config.canvas.w, config.canvas.h)
        .ok_or_else(|| Failure::input(anyhow!("the canvas has no pixels")))
}
