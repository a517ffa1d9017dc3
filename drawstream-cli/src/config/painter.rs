//! Settings of the painters.

use std::time::Duration;

use url::Url;

use super::error::ConfigError;
use super::http_url;
use super::sdxl::SdxlConfig;
use super::value::Reader;
use crate::secret::Secret;

/// The name of a painter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PainterName {
    /// SDXL in this program.
    Sdxl,
    /// A server that answers as AUTOMATIC1111's does.
    WebUi,
    /// ComfyUI.
    ComfyUi,
    /// A server that answers as OpenAI's image API does.
    OpenAiImages,
    /// Workers on other machines.
    Remote,
    /// The planner's language model, which writes the plan itself.
    LlmDsl,
    /// The built-in painter.
    Sketch,
}

impl PainterName {
    /// Every one, the most able first.
    pub const ALL: [Self; 7] = [
        Self::Sdxl,
        Self::WebUi,
        Self::ComfyUi,
        Self::OpenAiImages,
        Self::Remote,
        Self::LlmDsl,
        Self::Sketch,
    ];

    /// As it is written in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sdxl => "sdxl",
            Self::WebUi => "webui",
            Self::ComfyUi => "comfyui",
            Self::OpenAiImages => "openai-images",
            Self::Remote => "remote",
            Self::LlmDsl => "llm-dsl",
            Self::Sketch => "sketch",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_it = |name: &Self| name.name().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(is_it)
    }
}

/// The painters.
#[derive(Clone, Debug)]
pub struct PainterConfig {
    /// In order of preference; `None` takes those that are set up.
    pub order: Option<Vec<PainterName>>,
    /// SDXL weights: a folder or a name.
    pub model_base: String,
    /// LoRA: a folder or a name.
    pub lora_repo: String,
    /// The LoRA's file; `none` for none.
    pub lora_weight: String,
    /// How strongly the LoRA works.
    pub lora_strength: f32,
    /// Longest wait for a picture of another program.
    pub timeout: Duration,
    /// `cuda`, `metal`, `cpu` or `auto`.
    pub device: String,
    /// Pixels across that the model paints.
    pub width: u32,
    /// Pixels down that the model paints.
    pub height: u32,
    /// Timesteps.
    pub inference_steps: u32,
    /// Guidance scale.
    pub guidance: f32,
    /// Whether the stage shows what painters show of their work.
    pub previews: Previews,
    /// What `sdxl` alone is told.
    pub sdxl: SdxlConfig,
}

/// A server that paints as AUTOMATIC1111's does.
#[derive(Clone, Debug)]
pub struct WebUiConfig {
    /// Where it answers; absent where there is none.
    pub url: Option<Url>,
    /// `user:password`.
    pub auth: Option<Secret>,
    /// The model it shall paint with.
    pub checkpoint: Option<String>,
}

/// ComfyUI.
#[derive(Clone, Debug)]
pub struct ComfyUiConfig {
    /// Where it answers; absent where there is none.
    pub url: Option<Url>,
    /// The model it shall paint with.
    pub checkpoint: Option<String>,
}

/// A server that paints as OpenAI's does.
#[derive(Clone, Debug)]
pub struct OpenAiImagesConfig {
    /// Where it answers.
    pub url: Url,
    /// Whether somebody named it.
    pub is_set_up: bool,
    /// The model asked for.
    pub model: String,
    /// Bearer token.
    pub api_key: Option<Secret>,
}

/// Whether the stage shows what painters show of their work, though nobody has seen it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previews {
    /// It does, over the rough underdrawing.
    On,
    /// The rough underdrawing stays.
    Off,
}

/// Whether the language model and the image model are loaded at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuSharing {
    /// They are.
    Keep,
    /// Only the one that works is.
    Swap,
}

pub(super) fn read(read: &Reader<'_>) -> Result<PainterConfig, ConfigError> {
    let names = PainterName::ALL.map(PainterName::name).join(", ");
    let order = |text: &str| {
        if text == "auto" {
            return Some(None);
        }
        let names = text.split(',').map(|name| PainterName::parse(name.trim()));
        names.collect::<Option<Vec<_>>>().map(Some)
    };
    let sdxl = SdxlConfig::read(read)?;
    let usual = sdxl.recipe.usual();
    let side = "a multiple of 8 from 64 to 4096";
    let multiple_of_8 = |text: &str| {
        text.parse()
            .ok()
            .filter(|n| n % 8 == 0 && (64..=4096).contains(n))
    };
    Ok(PainterConfig {
        order: read.parsed("painters", &format!("auto, or a list of {names}"), order)?,
        model_base: read.text("painter.model_base"),
        lora_repo: read.text("painter.lora_repo"),
        lora_weight: read.text("painter.lora_weight"),
        lora_strength: match usual {
            Some(usual) if !read.is_said("painter.lora_strength") => usual.lora_strength,
            Some(_) | None => read.number("painter.lora_strength", 0.0..=4.0)?,
        },
        timeout: read.seconds("painter.timeout_sec", 1.0..=3_600.0)?,
        device: read.one_of(
            "painter.device",
            &["cuda", "metal", "cpu", "auto"].map(|name| (name, name.to_owned())),
        )?,
        width: read.parsed("painter.width", side, multiple_of_8)?,
        height: read.parsed("painter.height", side, multiple_of_8)?,
        inference_steps: match usual {
            Some(usual) if !read.is_said("painter.inference_steps") => usual.steps,
            Some(_) | None => read.number("painter.inference_steps", 1..=1_000)?,
        },
        guidance: match usual {
            Some(usual) if !read.is_said("painter.guidance") => usual.guidance,
            Some(_) | None => read.number("painter.guidance", 1.0..=50.0)?,
        },
        previews: read.one_of(
            "painter.previews",
            &[("on", Previews::On), ("off", Previews::Off)],
        )?,
        sdxl,
    })
}

/// Settings of a server that paints as AUTOMATIC1111's does.
pub(super) fn webui(read: &Reader<'_>) -> Result<WebUiConfig, ConfigError> {
    Ok(WebUiConfig {
        url: optional_url(read, "webui.url")?,
        auth: read.optional("webui.auth").map(Secret::new),
        checkpoint: read.optional("webui.checkpoint"),
    })
}

/// Settings of ComfyUI.
pub(super) fn comfyui(read: &Reader<'_>) -> Result<ComfyUiConfig, ConfigError> {
    Ok(ComfyUiConfig {
        url: optional_url(read, "comfyui.url")?,
        checkpoint: read.optional("comfyui.checkpoint"),
    })
}

/// Settings of a server that paints as OpenAI's does.
pub(super) fn openai_images(read: &Reader<'_>) -> Result<OpenAiImagesConfig, ConfigError> {
    Ok(OpenAiImagesConfig {
        url: read.parsed(
            "openai_images.url",
            "an http:// or https:// address",
            http_url,
        )?,
        is_set_up: read.is_said("openai_images.url") || read.is_said("openai_images.api_key"),
        model: read.text("openai_images.model"),
        api_key: read.optional("openai_images.api_key").map(Secret::new),
    })
}

fn optional_url(read: &Reader<'_>, path: &str) -> Result<Option<Url>, ConfigError> {
    read.optional_parsed(path, "an http:// or https:// address", http_url)
}
