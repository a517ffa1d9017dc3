//! Why a picture was not painted.

use crate::lora::LoraError;
use crate::scheduler::SchedulerError;
use crate::weights::WeightsError;

/// Why a picture was not painted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaintError {
    /// The watcher broke it off.
    #[error("the painting was broken off")]
    Cancelled,
    /// A side that is no multiple of 8, or too small or large.
    #[error(
        "{width} × {height} pixels; each side is a multiple of {multiple}, from {multiple} to {most}"
    )]
    Size {
        /// What was asked for.
        width: usize,
        /// What was asked for.
        height: usize,
        /// Pixels to a latent.
        multiple: usize,
        /// The largest side.
        most: usize,
    },
    /// Guidance that is no number.
    #[error("guidance is {0}, and should be a number from 0 to 100")]
    Guidance(f64),
    /// Noise of another shape than the picture's latent.
    #[error("the noise given is {found:?}, and should be {expected:?}")]
    Noise {
        /// Its shape.
        found: Vec<usize>,
        /// The latent's.
        expected: Vec<usize>,
    },
    /// NaN or infinity came out, in f32 too.
    #[error("the model gave numbers that are not finite {place}")]
    NotFinite {
        /// Where: at which timestep, or in decoding.
        place: String,
    },
    /// The weights could not be read.
    #[error("the model's weights cannot be used")]
    Weights(#[from] WeightsError),
    /// A LoRA could not be merged.
    #[error("a LoRA cannot be used")]
    Lora(#[from] LoraError),
    /// The scheduler cannot be run so.
    #[error("the scheduler cannot be run")]
    Scheduler(#[from] SchedulerError),
    /// The backend failed: most often, the device's memory is full.
    #[error("the device failed at {width} × {height} pixels")]
    Device {
        /// The picture's width.
        width: usize,
        /// The picture's height.
        height: usize,
        /// What the backend said.
        source: candle_core::Error,
    },
    /// The backend failed outside of painting: no such device, or one of another build.
    #[error("the device failed")]
    Backend(#[from] candle_core::Error),
}

impl PaintError {
    /// What the person can do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Weights(error) => error.hint(),
            Self::Lora(error) => error.hint(),
            Self::NotFinite { .. } => {
                Some("the weights or a LoRA are damaged, or a LoRA's weight is far too high")
            }
            Self::Device { .. } => Some("paint smaller, or choose low memory"),
            Self::Cancelled
            | Self::Size { .. }
            | Self::Guidance(_)
            | Self::Noise { .. }
            | Self::Scheduler(_)
            | Self::Backend(_) => None,
        }
    }
}
