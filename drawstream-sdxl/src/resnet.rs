//! Residual blocks of convolutions and the changes of size between them, as both UNet and VAE use them.

use candle_core::{Result, Tensor};

use crate::layers::{Conv2d, GroupNorm, Linear};
use crate::weights::{Layer, WeightsError};

/// Two convolutions, each after a normalisation, added to what came in.
#[derive(Debug)]
pub(crate) struct Resnet {
    norm1: GroupNorm,
    conv1: Conv2d,
    time: Option<Linear>,
    norm2: GroupNorm,
    conv2: Conv2d,
    shortcut: Option<Conv2d>,
}

/// What a residual block is built by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResnetShape {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// The width of the timestep's embedding; `None` in the VAE, which knows no time.
    pub(crate) time: Option<usize>,
    pub(crate) groups: usize,
    pub(crate) epsilon: f64,
}

impl Resnet {
    pub(crate) fn new(
        layer: &Layer<'_>,
        shape: ResnetShape,
    ) -> std::result::Result<Self, WeightsError> {
        let ResnetShape {
            inputs,
            outputs,
            time,
            groups,
            epsilon,
        } = shape;
        let shortcut = inputs != outputs;
        Ok(Self {
            norm1: GroupNorm::new(&layer.at("norm1"), groups, inputs, epsilon)?,
            conv1: Conv2d::new(&layer.at("conv1"), inputs, outputs, 3)?,
            time: time
                .map(|width| Linear::new(&layer.at("time_emb_proj"), width, outputs))
                .transpose()?,
            norm2: GroupNorm::new(&layer.at("norm2"), groups, outputs, epsilon)?,
            conv2: Conv2d::new(&layer.at("conv2"), outputs, outputs, 3)?,
            shortcut: shortcut
                .then(|| Conv2d::new(&layer.at("conv_shortcut"), inputs, outputs, 1))
                .transpose()?,
        })
    }

    /// `time` is the timestep's embedding after its SiLU, `(batch, width)`.
    pub(crate) fn forward(&self, x: &Tensor, time: Option<&Tensor>) -> Result<Tensor> {
        let mut y = self.conv1.forward(&self.norm1.forward(x)?.silu()?)?;
        if let (Some(layer), Some(time)) = (&self.time, time) {
            y = y.broadcast_add(&layer.forward(time)?.unsqueeze(2)?.unsqueeze(3)?)?;
        }
        let y = self.conv2.forward(&self.norm2.forward(&y)?.silu()?)?;
        match &self.shortcut {
            Some(shortcut) => shortcut.forward(x)? + y,
            None => x + y,
        }
    }
}

/// Doubles height and width (or makes them `size`), then smooths.
#[derive(Debug)]
pub(crate) struct Upsample(Conv2d);

impl Upsample {
    pub(crate) fn new(
        layer: &Layer<'_>,
        channels: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self(Conv2d::new(&layer.at("conv"), channels, channels, 3)?))
    }

    pub(crate) fn forward(&self, x: &Tensor, (height, width): (usize, usize)) -> Result<Tensor> {
        self.0.forward(&x.upsample_nearest2d(height, width)?)
    }
}

/// Halves height and width.
#[derive(Debug)]
pub(crate) struct Downsample(Conv2d);

impl Downsample {
    pub(crate) fn new(
        layer: &Layer<'_>,
        channels: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self(
            Conv2d::new(&layer.at("conv"), channels, channels, 3)?.with_stride(2),
        ))
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.0.forward(x)
    }
}
