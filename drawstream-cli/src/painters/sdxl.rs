//! The painter `sdxl`: Stable Diffusion XL with LoRAs, in this program.

mod machine;
mod shelf;

use std::path::PathBuf;
use std::time::Duration;

use drawstream_core::gate::ApprovedScene;
use drawstream_core::scene::{Scene, Wording, whole_thoughts};
use drawstream_sdxl::{
    DeviceChoice, InitialNoise, LoraChoice, Memory, NoiseSource, Options, Precision, Preset,
    Request, SchedulerChoice, UnmatchedKeys, Weights,
};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

pub(super) use self::shelf::Shelf;

use self::machine::Machine;
use self::shelf::NotThere;
use super::{Painter, PainterError, Picture, Sitting};
use crate::config::{NoiseOrigin, PainterConfig, Recipe, SdxlMemory, SdxlPrecision};
use crate::health::Health;

/// How strongly the LCM LoRA is merged: as it was trained.
const LCM_SCALE: f64 = 1.0;

/// SDXL, loaded at the first picture and kept until it is released.
///
/// Dropping the future of a picture ends it within one timestep.
#[derive(Debug)]
pub struct Sdxl {
    orders: Orders,
    machine: Machine,
}

/// How pictures are ordered of the engine.
#[derive(Clone, Debug)]
struct Orders {
    shelf: Shelf,
    base: String,
    loras: Vec<Ordered>,
    device: String,
    precision: Precision,
    memory: Memory,
    noise: NoiseSource,
    recipe: Recipe,
    trigger: String,
    width: usize,
    height: usize,
    steps: usize,
    guidance: f64,
    keep_warm: Option<Duration>,
    preview: Option<PathBuf>,
}

/// A LoRA by its repository or folder, and its file in there.
#[derive(Clone, Debug)]
struct Ordered {
    repo: String,
    file: String,
    scale: f64,
}

/// Why SDXL cannot paint as it is set up, and the mend.
#[derive(Debug, thiserror::Error)]
enum Unready {
    #[error(transparent)]
    NotThere(#[from] NotThere),
    #[error("PIXEL_DEVICE={device}, and this program was built without it")]
    NoSuchDevice { device: String },
}

impl Unready {
    fn mend(&self) -> String {
        match self {
            Self::NotThere(missing) => missing.mend(),
            Self::NoSuchDevice { device } => {
                format!(
                    "build with --features {device}, or set PIXEL_DEVICE=cpu (minutes a picture)"
                )
            }
        }
    }
}

impl Sdxl {
    /// The painter with these settings. Nothing is read yet.
    pub fn new(config: &PainterConfig) -> Self {
        let orders = Orders::from(config);
        Self {
            machine: Machine::hire(orders.clone()),
            orders,
        }
    }

    /// Whether weights and device are there, so that it would be of use to ask.
    pub(super) fn is_set_up(config: &PainterConfig) -> bool {
        Orders::from(config).ready().is_ok()
    }
}

impl Painter for Sdxl {
    fn name(&self) -> &'static str {
        "sdxl"
    }

    fn paint<'a>(
        &'a self,
        scene: &'a ApprovedScene,
        sitting: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>> {
        self.machine.paint(scene.scene().clone(), sitting).boxed()
    }

    fn release(&self) -> BoxFuture<'_, ()> {
        self.machine.release().boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        ready(self.orders.health()).boxed()
    }
}

impl From<&PainterConfig> for Orders {
    fn from(config: &PainterConfig) -> Self {
        let sdxl = &config.sdxl;
        let mut loras = Vec::new();
        if sdxl.recipe == Recipe::Lcm {
            let (repo, file) = sdxl
                .lcm_lora
                .rsplit_once('/')
                .unwrap_or(("", &sdxl.lcm_lora));
            loras.push(Ordered {
                repo: repo.to_owned(),
                file: file.to_owned(),
                scale: LCM_SCALE,
            });
        }
        if !config.lora_weight.eq_ignore_ascii_case("none") {
            loras.push(Ordered {
                repo: config.lora_repo.clone(),
                file: config.lora_weight.clone(),
                scale: f64::from(config.lora_strength),
            });
        }
        Self {
            shelf: Shelf::new(sdxl.models_dir.clone()),
            base: config.model_base.clone(),
            loras,
            device: config.device.clone(),
            precision: match sdxl.precision {
                SdxlPrecision::Auto => Precision::Auto,
                SdxlPrecision::F32 => Precision::F32,
                SdxlPrecision::F16 => Precision::F16,
                SdxlPrecision::Bf16 => Precision::Bf16,
            },
            memory: match sdxl.memory {
                SdxlMemory::Roomy => Memory::Roomy,
                SdxlMemory::Low => Memory::Low,
            },
            noise: match sdxl.noise {
                NoiseOrigin::Cuda => NoiseSource::Cuda,
                NoiseOrigin::Cpu => NoiseSource::Cpu,
            },
            recipe: sdxl.recipe,
            trigger: sdxl.trigger.clone(),
            width: config.width as usize,
            height: config.height as usize,
            steps: config.inference_steps as usize,
            guidance: f64::from(config.guidance),
            keep_warm: sdxl.keep_warm,
            preview: sdxl.preview_decoder.clone(),
        }
    }
}

impl Orders {
    /// Where the weights are, and what the engine is told.
    fn ready(&self) -> Result<(PathBuf, Options), Unready> {
        let device = match self.device.as_str() {
            "cuda" if cfg!(feature = "cuda") => DeviceChoice::Cuda(0),
            "metal" if cfg!(feature = "metal") => DeviceChoice::Metal(0),
            "auto" => DeviceChoice::Auto,
            "cpu" => DeviceChoice::Cpu,
            other => {
                return Err(Unready::NoSuchDevice {
                    device: other.to_owned(),
                });
            }
        };
        let base = self.shelf.model(&self.base)?;
        let mut loras = Vec::new();
        for lora in &self.loras {
            loras.push(LoraChoice {
                path: self.shelf.lora(&lora.repo, &lora.file)?,
                weight: lora.scale,
            });
        }
        let options = Options {
            device,
            precision: self.precision,
            memory: self.memory,
            loras,
            unmatched: UnmatchedKeys::Refuse,
            preview: self.preview.clone(),
        };
        Ok((base, options))
    }

    /// What the engine is asked for; a second attempt has another seed.
    fn request(&self, scene: &Scene, weights: &Weights, attempt: u32) -> Request {
        let fits = |text: &str| {
            let reads_all = |tokenizer: &drawstream_sdxl::ClipTokenizer| {
                // Start and end take two of its places.
                tokenizer.count(text) + 2 <= tokenizer.length()
            };
            weights.tokenizers().iter().all(reads_all)
        };
        let wording = Wording {
            trigger: &self.trigger,
        };
        let negative = whole_thoughts(&scene.negative_prompt, &fits);
        Request {
            prompt: wording.prompt(scene, &fits),
            // Absent is not empty: SDXL was trained to take zeros where nothing is to be kept out.
            negative_prompt: Some(negative).filter(|text| !text.is_empty()),
            width: self.width,
            height: self.height,
            steps: self.steps,
            guidance: self.guidance,
            scheduler: match self.recipe {
                Recipe::Plain => SchedulerChoice::OfWeights,
                Recipe::Lcm => SchedulerChoice::Preset(Preset::Lcm),
            },
            noise: InitialNoise::Seed {
                seed: scene.seed.0.wrapping_add(u64::from(attempt)),
                source: self.noise,
            },
        }
    }

    fn health(&self) -> Health {
        let (base, options) = match self.ready() {
            Ok(found) => found,
            Err(unready) => return Health::bad(unready.to_string(), unready.mend()),
        };
        if let Err(error) = Weights::open(&base) {
            let mend = format!("drawstream weights check {}", base.display());
            return Health::bad(machine::chain(&error), mend);
        }
        let loras = match options.loras.len() {
            0 => "no LoRA".to_owned(),
            1 => "one LoRA".to_owned(),
            n => format!("{n} LoRAs"),
        };
        Health::good(format!(
            "{} with {loras} on {}, {} × {}, {} timesteps, guidance {}",
            base.display(),
            self.device,
            self.width,
            self.height,
            self.steps,
            self.guidance
        ))
    }
}

#[cfg(test)]
mod test;
