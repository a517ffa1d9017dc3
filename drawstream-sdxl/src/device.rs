//! Where an engine computes, and how exactly.

use candle_core::{DType, Device, Result};

/// Where to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA card, else Metal, else the CPU, of those that this build has.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA card by its number (feature `cuda`).
    Cuda(usize),
    /// A Metal device by its number (feature `metal`).
    Metal(usize),
}

impl DeviceChoice {
    pub(crate) fn open(self) -> Result<Device> {
        match self {
            Self::Auto if candle_core::utils::cuda_is_available() => Device::new_cuda(0),
            Self::Auto if candle_core::utils::metal_is_available() => Device::new_metal(0),
            Self::Auto | Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(number) => Device::new_cuda(number),
            Self::Metal(number) => Device::new_metal(number),
        }
    }
}

/// How exactly to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// f16 on a GPU, f32 on the CPU.
    #[default]
    Auto,
    /// 32 bits: the reference's numbers.
    F32,
    /// 16 bits with 11 of precision: half the memory. NaN, if it comes, is computed again in f32.
    F16,
    /// 16 bits with 8 of precision and f32's range.
    Bf16,
}

impl Precision {
    pub(crate) fn dtype(self, device: &Device) -> DType {
        match self {
            Self::Auto if device.is_cpu() => DType::F32,
            Self::F32 => DType::F32,
            Self::Auto | Self::F16 => DType::F16,
            Self::Bf16 => DType::BF16,
        }
    }
}

/// What gives way when memory is short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// Guidance in one batch; the picture decoded whole up to 1024 × 1024.
    #[default]
    Roomy,
    /// Guidance in two passes, the picture decoded in tiles, weights that LoRAs changed rounded to their file's type.
    Low,
}
