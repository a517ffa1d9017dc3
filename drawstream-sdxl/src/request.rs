//! What a picture is asked for with.

use candle_core::Tensor;

use crate::noise::NoiseSource;
use crate::picture::Preview;
use crate::scheduler::{Preset, SchedulerConfig};

/// The largest side of a picture, in pixels.
pub const MAX_SIDE: usize = 4096;

/// One picture to paint.
#[derive(Clone)]
pub struct Request {
    /// What the picture shows. Beyond 75 tokens it is cut.
    pub prompt: String,
    /// What it must not show. `None` is not the empty text: the model decides what absence means (SDXL: zeros).
    pub negative_prompt: Option<String>,
    /// In pixels; a multiple of 8, at most [`MAX_SIDE`].
    pub width: usize,
    /// In pixels; a multiple of 8, at most [`MAX_SIDE`].
    pub height: usize,
    /// Timesteps.
    pub steps: usize,
    /// How much more the prompt counts than the negative prompt; 1 and below mean no guidance, at half the cost.
    pub guidance: f64,
    /// The sampler.
    pub scheduler: SchedulerChoice,
    /// Where the picture starts from.
    pub noise: InitialNoise,
}

impl std::fmt::Debug for Request {
    /// Leaves the texts out: they are viewers' words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("steps", &self.steps)
            .field("guidance", &self.guidance)
            .field("scheduler", &self.scheduler)
            .finish_non_exhaustive()
    }
}

/// Which sampler paints.
#[derive(Clone, Debug, PartialEq)]
pub enum SchedulerChoice {
    /// The one that the model comes with.
    OfWeights,
    /// A named one over the model's training.
    Preset(Preset),
    /// One configured in full.
    Config(Box<SchedulerConfig>),
}

/// The noise that a picture starts from, and the source of what some samplers add.
#[derive(Clone, Debug)]
pub enum InitialNoise {
    /// Drawn from a seed as PyTorch draws it.
    Seed {
        /// The seed.
        seed: u64,
        /// Whose generator it is for.
        source: NoiseSource,
    },
    /// Unit noise given as it is, `(1, channels, height / 8, width / 8)`.
    Given {
        /// The noise.
        latents: Tensor,
        /// The seed of what an ancestral sampler adds.
        seed: u64,
        /// Whose generator the seed is for.
        source: NoiseSource,
    },
}

/// How far a picture is. Breaking off in answer to any of these ends it with [`crate::PaintError::Cancelled`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// Text encoders are loading, or read the prompt.
    Encoding,
    /// Before the first timestep.
    Denoising {
        /// Timesteps of the run.
        total: usize,
    },
    /// A timestep is done.
    Timestep {
        /// How many are done, 1 after the first.
        done: usize,
        /// Timesteps of the run.
        total: usize,
        /// The latent that the next timestep starts from.
        latents: &'a Tensor,
        /// What the picture will be.
        preview: Preview<'a>,
    },
    /// A tile of the latent is about to be decoded.
    Decoding {
        /// How many are done.
        done: usize,
        /// How many there are; 1 for an untiled picture.
        total: usize,
    },
    /// Half precision gave NaN: the picture starts again in f32.
    Retrying,
}
