//! The VAE's decoder: latents into pixels.

mod tiles;

use std::path::Path;

use candle_core::{Result, Tensor};
use serde::Deserialize;

pub(crate) use tiles::{Tiling, decode_tiled};

use crate::attention::{Mask, attend};
use crate::layers::{Conv2d, GroupNorm, Linear};
use crate::resnet::{Resnet, ResnetShape, Upsample};
use crate::weights::{Layer, WeightsError};

/// The group norms' epsilon throughout the VAE: diffusers' own constant.
const EPSILON: f64 = 1e-6;

/// What the engine takes from the VAE's configuration.
#[derive(Clone, Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches of a foreign format, as it names them"
)]
pub(crate) struct VaeConfig {
    pub(crate) latent_channels: usize,
    out_channels: usize,
    pub(crate) block_out_channels: Vec<usize>,
    layers_per_block: usize,
    norm_num_groups: usize,
    scaling_factor: f64,
    #[serde(default)]
    shift_factor: Option<f64>,
    #[serde(default)]
    latents_mean: Option<Vec<f64>>,
    #[serde(default)]
    latents_std: Option<Vec<f64>>,
    #[serde(default = "yes")]
    pub(crate) force_upcast: bool,
    #[serde(default = "yes")]
    use_post_quant_conv: bool,
    #[serde(default)]
    up_block_types: Vec<String>,
}

fn yes() -> bool {
    true
}

impl VaeConfig {
    pub(crate) fn parse(json: &str, path: &Path) -> std::result::Result<Self, WeightsError> {
        let config: Self = serde_json::from_str(json).map_err(|source| WeightsError::Config {
            path: path.to_owned(),
            source,
        })?;
        let unsupported = |field, found: String| WeightsError::Unsupported {
            path: path.to_owned(),
            field,
            found,
        };
        if let Some(other) = config
            .up_block_types
            .iter()
            .find(|kind| *kind != "UpDecoderBlock2D")
        {
            return Err(unsupported("up_block_types", other.clone()));
        }
        if config.out_channels != 3 {
            return Err(unsupported("out_channels", config.out_channels.to_string()));
        }
        if !(1..=8).contains(&config.block_out_channels.len()) {
            return Err(unsupported(
                "block_out_channels",
                format!("{:?}", config.block_out_channels),
            ));
        }
        if !(config.scaling_factor.is_finite() && config.scaling_factor > 0.0) {
            return Err(unsupported(
                "scaling_factor",
                config.scaling_factor.to_string(),
            ));
        }
        let channels = |list: &Option<Vec<f64>>| {
            list.as_ref()
                .is_none_or(|list| list.len() == config.latent_channels)
        };
        if !channels(&config.latents_mean) || !channels(&config.latents_std) {
            return Err(unsupported(
                "latents_mean",
                "not one number a channel".to_owned(),
            ));
        }
        Ok(config)
    }

    /// Pixels to a side of one latent: 8.
    pub(crate) fn scale(&self) -> usize {
        1 << (self.block_out_channels.len() - 1)
    }
}

/// The decoder of SDXL's autoencoder.
#[derive(Debug)]
pub(crate) struct Decoder {
    config: VaeConfig,
    post_quant: Option<Conv2d>,
    conv_in: Conv2d,
    middle: (Resnet, Attention, Resnet),
    up: Vec<(Vec<Resnet>, Option<Upsample>)>,
    norm_out: GroupNorm,
    conv_out: Conv2d,
}

impl Decoder {
    pub(crate) fn new(
        layer: &Layer<'_>,
        config: &VaeConfig,
    ) -> std::result::Result<Self, WeightsError> {
        let groups = config.norm_num_groups;
        let latent = config.latent_channels;
        let decoder = layer.at("decoder");
        let middle = decoder.at("mid_block");
        let deepest = config.block_out_channels.last().copied().unwrap_or(1);
        let shape = |inputs, outputs| ResnetShape {
            inputs,
            outputs,
            time: None,
            groups,
            epsilon: EPSILON,
        };
        let mut up = Vec::new();
        let mut inputs = deepest;
        for (at, outputs) in config.block_out_channels.iter().rev().copied().enumerate() {
            let level = decoder.at(&format!("up_blocks.{at}"));
            let mut blocks = Vec::new();
            for block in 0..=config.layers_per_block {
                blocks.push(Resnet::new(
                    &level.at(&format!("resnets.{block}")),
                    shape(inputs, outputs),
                )?);
                inputs = outputs;
            }
            let change = at + 1 < config.block_out_channels.len();
            let change = change
                .then(|| Upsample::new(&level.at("upsamplers.0"), outputs))
                .transpose()?;
            up.push((blocks, change));
        }
        Ok(Self {
            post_quant: config
                .use_post_quant_conv
                .then(|| Conv2d::new(&layer.at("post_quant_conv"), latent, latent, 1))
                .transpose()?,
            conv_in: Conv2d::new(&decoder.at("conv_in"), latent, deepest, 3)?,
            middle: (
                Resnet::new(&middle.at("resnets.0"), shape(deepest, deepest))?,
                Attention::new(&middle.at("attentions.0"), deepest, groups)?,
                Resnet::new(&middle.at("resnets.1"), shape(deepest, deepest))?,
            ),
            up,
            norm_out: GroupNorm::new(&decoder.at("conv_norm_out"), groups, inputs, EPSILON)?,
            conv_out: Conv2d::new(&decoder.at("conv_out"), inputs, config.out_channels, 3)?,
            config: config.clone(),
        })
    }

    /// The UNet's latents in the decoder's own measure: by the configuration's scale, mean and deviation.
    pub(crate) fn unscaled(&self, latents: &Tensor) -> Result<Tensor> {
        let config = &self.config;
        let channel = |list: &[f64]| {
            let list: Vec<f32> = list.iter().map(|number| *number as f32).collect();
            Tensor::new(list, latents.device())?
                .reshape((1, (), 1, 1))?
                .to_dtype(latents.dtype())
        };
        let latents = match (&config.latents_mean, &config.latents_std) {
            (Some(mean), Some(deviation)) => (latents.broadcast_mul(&channel(deviation)?)?
                / config.scaling_factor)?
                .broadcast_add(&channel(mean)?)?,
            _ => (latents / config.scaling_factor)?,
        };
        latents + config.shift_factor.unwrap_or(0.0)
    }

    /// Decodes [`Self::unscaled`] latents `(1, channels, h, w)` to pixels in −1..1, `(1, 3, 8 h, 8 w)`, in the latents' type.
    pub(crate) fn decode(&self, latents: &Tensor) -> Result<Tensor> {
        let mut x = match &self.post_quant {
            Some(conv) => conv.forward(latents)?,
            None => latents.clone(),
        };
        x = self.conv_in.forward(&x)?;
        let (first, attention, second) = &self.middle;
        x = second.forward(&attention.forward(&first.forward(&x, None)?)?, None)?;
        for (blocks, change) in &self.up {
            for block in blocks {
                x = block.forward(&x, None)?;
            }
            if let Some(change) = change {
                let (_, _, height, width) = x.dims4()?;
                x = change.forward(&x, (height * 2, width * 2))?;
            }
        }
        self.conv_out.forward(&self.norm_out.forward(&x)?.silu()?)
    }

    pub(crate) fn scale(&self) -> usize {
        self.config.scale()
    }
}

/// The one attention, of one head, at the decoder's smallest size.
#[derive(Debug)]
struct Attention {
    norm: GroupNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
}

impl Attention {
    fn new(
        layer: &Layer<'_>,
        channels: usize,
        groups: usize,
    ) -> std::result::Result<Self, WeightsError> {
        let linear = |name| Linear::new(&layer.at(name), channels, channels);
        Ok(Self {
            norm: GroupNorm::new(&layer.at("group_norm"), groups, channels, EPSILON)?,
            query: linear("to_q")?,
            key: linear("to_k")?,
            value: linear("to_v")?,
            out: linear("to_out.0")?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shape = x.dims4()?;
        let rows = self
            .norm
            .forward(x)?
            .flatten_from(2)?
            .transpose(1, 2)?
            .contiguous()?;
        let (query, key, value) = (
            self.query.forward(&rows)?,
            self.key.forward(&rows)?,
            self.value.forward(&rows)?,
        );
        let rows = self
            .out
            .forward(&attend(&query, &key, &value, 1, Mask::None)?)?;
        rows.transpose(1, 2)?.reshape(shape)? + x
    }
}
