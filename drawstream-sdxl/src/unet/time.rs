//! Numbers (a timestep, a picture's size) as waves that a network can read.

use candle_core::{Device, Result, Tensor};

use super::UnetConfig;
use crate::layers::Linear;
use crate::weights::{Layer, WeightsError};

/// Sinusoids of each value, `(values, width)` in f32: Vaswani et al. 2017, with the order and shift of the configuration.
pub(crate) fn waves(
    values: &[f32],
    width: usize,
    config: &UnetConfig,
    device: &Device,
) -> Result<Tensor> {
    let half = width / 2;
    let frequencies: Vec<f32> = (0..half)
        .map(|at| {
            // Rounded where the reference rounds: at 981 the sine's argument keeps few digits.
            let exponent =
                -(10_000f64.ln() as f32) * at as f32 / (half as f64 - config.freq_shift) as f32;
            f64::from(exponent).exp() as f32
        })
        .collect();
    let mut numbers = Vec::with_capacity(values.len() * width);
    for value in values {
        let angles = frequencies
            .iter()
            .map(|frequency| f64::from(value * frequency));
        let (sines, cosines): (Vec<f32>, Vec<f32>) = angles
            .map(|angle| (angle.sin() as f32, angle.cos() as f32))
            .unzip();
        let (first, second) = if config.flip_sin_to_cos {
            (cosines, sines)
        } else {
            (sines, cosines)
        };
        numbers.extend(first);
        numbers.extend(second);
        numbers.extend((half * 2..width).map(|_| 0.0));
    }
    Tensor::from_vec(numbers, (values.len(), width), device)
}

/// Two linear layers around a SiLU.
#[derive(Debug)]
pub(crate) struct Embedding {
    first: Linear,
    second: Linear,
}

impl Embedding {
    pub(crate) fn new(
        layer: &Layer<'_>,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            first: Linear::new(&layer.at("linear_1"), inputs, outputs)?,
            second: Linear::new(&layer.at("linear_2"), outputs, outputs)?,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.second.forward(&self.first.forward(x)?.silu()?)
    }
}
