//! SDXL text-to-image with LoRA on candle. Knows tensors; knows nothing of donations or streams.
//!
//! Its answer is that of Python's diffusers 0.29 on PyTorch, on the same weights, to the last digits that matter.
//!
//! | module | holds |
//! |---|---|
//! | `engine` | [`Engine`]: loads, paints, previews, releases |
//! | `request` | [`Request`] and [`Progress`]: what a picture is asked for with, and how far it is |
//! | `weights` | [`Weights`]: files, configurations, names; [`Survey`]: what is wrong with them |
//! | `lora` | [`Lora`]: the usual layouts, merged while loading |
//! | `tokenizer`, `text_encoder` | words into the UNet's context |
//! | `unet`, `vae`, `resnet`, `attention`, `convolution`, `layers` | the networks |
//! | `tiny_decoder` | TAESD: previews |
//! | `scheduler` | [`Scheduler`]: Euler, DPM++ 2M, DDIM, LCM and their tables |
//! | `noise` | [`Noise`]: PyTorch's two generators |
//! | `param`, `product`, `widen` | weights, kept small and widened as they are used |

mod attention;
mod convolution;
mod device;
mod engine;
mod layers;
mod lora;
mod noise;
mod param;
mod picture;
mod product;
mod request;
mod resnet;
mod scheduler;
mod text_encoder;
mod tiny_decoder;
mod tokenizer;
mod unet;
mod vae;
mod weights;
mod widen;

pub use candle_core;
pub use device::{DeviceChoice, Memory, Precision};
pub use engine::{Engine, LoraChoice, Options, PaintError, TextEmbedding, Watch};
pub use lora::{Lora, LoraError, UnmatchedKeys};
pub use noise::{Noise, NoiseSource};
pub use picture::{Picture, Preview};
pub use request::{InitialNoise, MAX_SIDE, Progress, Request, SchedulerChoice};
pub use scheduler::{
    BetaSchedule, FinalSigma, Interpolation, Prediction, Preset, Sampler, Scheduler,
    SchedulerConfig, SchedulerError, SolverType, Spacing,
};
pub use tokenizer::{ClipTokenizer, Padding, TokenizerError};
pub use weights::{LoraMatch, Part, PartSurvey, Survey, Weights, WeightsError};
