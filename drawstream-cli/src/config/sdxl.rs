//! [`SdxlConfig`]: what the painter `sdxl` alone is told.

use std::path::PathBuf;
use std::time::Duration;

use super::ConfigError;
use super::value::Reader;

/// How many timesteps of which sampler, and with which LoRAs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// The model's own sampler: 40 timesteps, guidance 5.
    Plain,
    /// LCM with its LoRA: 8 timesteps, guidance 1.5.
    Lcm,
}

/// Whose random numbers a picture starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoiseOrigin {
    /// Those of PyTorch on CUDA: a seed gives the picture that it gives in most programs.
    Cuda,
    /// Those of PyTorch on the CPU.
    Cpu,
}

/// How exactly the model computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdxlPrecision {
    /// f16 on a card, f32 on the CPU.
    Auto,
    /// 32 bits.
    F32,
    /// 16 bits, 11 of them precision.
    F16,
    /// 16 bits with f32's range.
    Bf16,
}

/// What gives way where memory is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdxlMemory {
    /// Nothing.
    Roomy,
    /// Time: 768 × 768 fits a card of 8 GB.
    Low,
}

/// What the painter `sdxl` alone is told.
#[derive(Clone, Debug)]
pub struct SdxlConfig {
    /// Where models are looked for that are given by name.
    pub models_dir: PathBuf,
    /// Sampler and LoRAs.
    pub recipe: Recipe,
    /// The LCM LoRA's file, or its name `ORG/NAME/FILE`.
    pub lcm_lora: String,
    /// Words at the beginning of every prompt.
    pub trigger: String,
    /// Whose noise.
    pub noise: NoiseOrigin,
    /// How exactly.
    pub precision: SdxlPrecision,
    /// What gives way where memory is short.
    pub memory: SdxlMemory,
    /// How long the model stays loaded after a picture; for ever where absent.
    pub keep_warm: Option<Duration>,
    /// A folder with TAESD, to show previews by.
    pub preview_decoder: Option<PathBuf>,
}

impl SdxlConfig {
    pub(super) fn read(read: &Reader<'_>) -> Result<Self, ConfigError> {
        let recipe = read.one_of(
            "painter.preset",
            &[("plain", Recipe::Plain), ("lcm", Recipe::Lcm)],
        )?;
        Ok(Self {
            models_dir: read.text("painter.models_dir").into(),
            recipe,
            lcm_lora: read.text("painter.lcm_lora"),
            trigger: read.text("painter.trigger"),
            noise: read.one_of(
                "painter.noise",
                &[("cuda", NoiseOrigin::Cuda), ("cpu", NoiseOrigin::Cpu)],
            )?,
            precision: read.one_of(
                "painter.precision",
                &[
                    ("auto", SdxlPrecision::Auto),
                    ("f32", SdxlPrecision::F32),
                    ("f16", SdxlPrecision::F16),
                    ("bf16", SdxlPrecision::Bf16),
                ],
            )?,
            memory: read.one_of(
                "painter.memory",
                &[("roomy", SdxlMemory::Roomy), ("low", SdxlMemory::Low)],
            )?,
            preview_decoder: read.optional("painter.preview_decoder").map(PathBuf::from),
            keep_warm: match read.optional("painter.keep_warm_sec") {
                Some(_) => Some(read.seconds("painter.keep_warm_sec", 0.0..=86_400.0)?),
                None => read.one_of(
                    "gpu.sharing",
                    &[("keep", None), ("swap", Some(Duration::ZERO))],
                )?,
            },
        })
    }
}

/// What a recipe takes where the settings name nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    pub(super) steps: u32,
    pub(super) guidance: f32,
    pub(super) lora_strength: f32,
}

impl Recipe {
    /// `None` for the settings' own defaults.
    pub(super) const fn usual(self) -> Option<Usual> {
        match self {
            Self::Plain => None,
            // The strength that the LoRA's author found best beside LCM's.
            Self::Lcm => Some(Usual {
                steps: 8,
                guidance: 1.5,
                lora_strength: 1.2,
            }),
        }
    }
}
