//! SDXL's UNet: given a noisy latent, a time and a text, it says what of the latent is noise.

mod config;
mod time;
mod transformer;

use candle_core::{D, Result, Tensor};

pub(crate) use config::UnetConfig;
use time::{Embedding, waves};
use transformer::Transformer;

use crate::layers::{Conv2d, GroupNorm};
use crate::resnet::{Downsample, Resnet, ResnetShape, Upsample};
use crate::weights::{Layer, WeightsError};

/// What the UNet is told beside the latent: the text, and the picture's sizes.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// `(batch, tokens, width)`.
    pub(crate) context: Tensor,
    /// `(batch, projection)`.
    pub(crate) pooled: Tensor,
    /// For each picture: original height and width, crop's top and left, target height and width, in pixels.
    pub(crate) time_ids: Vec<[f32; 6]>,
}

/// The network that takes noise away.
#[derive(Debug)]
pub(crate) struct Unet {
    config: UnetConfig,
    time: Embedding,
    added: Embedding,
    conv_in: Conv2d,
    down: Vec<Level<Downsample>>,
    middle: (Resnet, Transformer, Resnet),
    up: Vec<Level<Upsample>>,
    norm_out: GroupNorm,
    conv_out: Conv2d,
}

/// The blocks that work at one size, and the change to the next.
#[derive(Debug)]
struct Level<Change> {
    blocks: Vec<(Resnet, Option<Transformer>)>,
    change: Option<Change>,
}

impl Unet {
    pub(crate) fn new(
        layer: &Layer<'_>,
        config: &UnetConfig,
    ) -> std::result::Result<Self, WeightsError> {
        let channels = &config.block_out_channels;
        let first = channels[0];
        let last = config.levels() - 1;
        let width = config.time_width();
        let middle = layer.at("mid_block");
        let shape = Self::shape(config, channels[last], channels[last]);
        Ok(Self {
            time: Embedding::new(&layer.at("time_embedding"), first, width)?,
            added: Embedding::new(
                &layer.at("add_embedding"),
                config.projection_class_embeddings_input_dim,
                width,
            )?,
            conv_in: Conv2d::new(&layer.at("conv_in"), config.in_channels, first, 3)?,
            down: Self::down(layer, config)?,
            middle: (
                Resnet::new(&middle.at("resnets.0"), shape)?,
                Transformer::new(
                    &middle.at("attentions.0"),
                    config,
                    channels[last],
                    config.heads(last),
                    config.transformers(last),
                )?,
                Resnet::new(&middle.at("resnets.1"), shape)?,
            ),
            up: Self::up(layer, config)?,
            norm_out: GroupNorm::new(
                &layer.at("conv_norm_out"),
                config.norm_num_groups,
                first,
                config.norm_eps,
            )?,
            conv_out: Conv2d::new(&layer.at("conv_out"), first, config.out_channels, 3)?,
            config: config.clone(),
        })
    }

    fn shape(config: &UnetConfig, inputs: usize, outputs: usize) -> ResnetShape {
        let time = Some(config.time_width());
        ResnetShape {
            inputs,
            outputs,
            time,
            groups: config.norm_num_groups,
            epsilon: config.norm_eps,
        }
    }

    fn down(
        layer: &Layer<'_>,
        config: &UnetConfig,
    ) -> std::result::Result<Vec<Level<Downsample>>, WeightsError> {
        let mut levels = Vec::new();
        let mut inputs = config.block_out_channels[0];
        for (at, outputs) in config.block_out_channels.iter().copied().enumerate() {
            let layer = layer.at(&format!("down_blocks.{at}"));
            let mut blocks = Vec::new();
            for block in 0..config.layers(at) {
                let resnet = Resnet::new(
                    &layer.at(&format!("resnets.{block}")),
                    Self::shape(config, inputs, outputs),
                )?;
                let attention = layer.at(&format!("attentions.{block}"));
                let transformer = config.attends_down(at).then(|| {
                    Transformer::new(
                        &attention,
                        config,
                        outputs,
                        config.heads(at),
                        config.transformers(at),
                    )
                });
                blocks.push((resnet, transformer.transpose()?));
                inputs = outputs;
            }
            let change = at + 1 < config.levels();
            let change = change
                .then(|| Downsample::new(&layer.at("downsamplers.0"), outputs))
                .transpose()?;
            levels.push(Level { blocks, change });
        }
        Ok(levels)
    }

    fn up(
        layer: &Layer<'_>,
        config: &UnetConfig,
    ) -> std::result::Result<Vec<Level<Upsample>>, WeightsError> {
        let channels = &config.block_out_channels;
        let mut skips = Self::skips(config);
        let mut levels = Vec::new();
        let mut inputs = channels[config.levels() - 1];
        for at in 0..config.levels() {
            let level = config.levels() - 1 - at;
            let outputs = channels[level];
            let layer = layer.at(&format!("up_blocks.{at}"));
            let mut blocks = Vec::new();
            for block in 0..=config.layers(level) {
                let skip = skips.pop().unwrap_or(outputs);
                let shape = Self::shape(config, inputs + skip, outputs);
                let resnet = Resnet::new(&layer.at(&format!("resnets.{block}")), shape)?;
                let attention = layer.at(&format!("attentions.{block}"));
                let transformer = config.attends_up(at).then(|| {
                    Transformer::new(
                        &attention,
                        config,
                        outputs,
                        config.heads(level),
                        config.transformers(level),
                    )
                });
                blocks.push((resnet, transformer.transpose()?));
                inputs = outputs;
            }
            let change = level > 0;
            let change = change
                .then(|| Upsample::new(&layer.at("upsamplers.0"), outputs))
                .transpose()?;
            levels.push(Level { blocks, change });
        }
        Ok(levels)
    }

    /// The channels of what the way down leaves for the way up, in order.
    fn skips(config: &UnetConfig) -> Vec<usize> {
        let mut skips = vec![config.block_out_channels[0]];
        for (at, channels) in config.block_out_channels.iter().enumerate() {
            let downsampled = usize::from(at + 1 < config.levels());
            skips.extend(std::iter::repeat_n(
                *channels,
                config.layers(at) + downsampled,
            ));
        }
        skips
    }

    /// One look at the latent, `(batch, channels, height, width)`, at `timestep`. Computes in the latent's type.
    pub(crate) fn forward(
        &self,
        latent: &Tensor,
        timestep: f32,
        condition: &Condition,
    ) -> Result<Tensor> {
        let time = self.embed(latent, timestep, condition)?;
        let context = condition.context.to_dtype(latent.dtype())?;
        let mut x = self.conv_in.forward(latent)?;
        let mut skips = vec![x.clone()];
        for level in &self.down {
            for (resnet, transformer) in &level.blocks {
                x = through(resnet, transformer.as_ref(), &x, &time, &context)?;
                skips.push(x.clone());
            }
            if let Some(change) = &level.change {
                x = change.forward(&x)?;
                skips.push(x.clone());
            }
        }
        let (first, transformer, second) = &self.middle;
        x = through(first, Some(transformer), &x, &time, &context)?;
        x = second.forward(&x, Some(&time))?;
        for level in &self.up {
            for (resnet, transformer) in &level.blocks {
                let skip = skips
                    .pop()
                    .ok_or_else(|| candle_core::Error::Msg("too few levels down".into()))?;
                x = through(
                    resnet,
                    transformer.as_ref(),
                    &Tensor::cat(&[&x, &skip], 1)?,
                    &time,
                    &context,
                )?;
            }
            if let (Some(change), Some(next)) = (&level.change, skips.last()) {
                // To the size that the way down had here, which for odd sizes is not twice this one.
                let (_, _, height, width) = next.dims4()?;
                x = change.forward(&x, (height, width))?;
            }
        }
        self.conv_out.forward(&self.norm_out.forward(&x)?.silu()?)
    }

    /// The timestep, the pooled text and the sizes in one vector a picture, after the SiLU that every block puts first.
    fn embed(&self, latent: &Tensor, timestep: f32, condition: &Condition) -> Result<Tensor> {
        let (config, device, dtype) = (&self.config, latent.device(), latent.dtype());
        let batch = latent.dim(0)?;
        let waves_of =
            |values: &[f32], width| waves(values, width, config, device)?.to_dtype(dtype);
        let time = self.time.forward(&waves_of(
            &vec![timestep; batch],
            config.block_out_channels[0],
        )?)?;
        let sizes: Vec<f32> = condition.time_ids.iter().flatten().copied().collect();
        let sizes = waves_of(&sizes, config.addition_time_embed_dim)?.reshape((batch, ()))?;
        let added = Tensor::cat(&[&condition.pooled.to_dtype(dtype)?, &sizes], D::Minus1)?;
        (time + self.added.forward(&added)?)?.silu()
    }
}

fn through(
    resnet: &Resnet,
    transformer: Option<&Transformer>,
    x: &Tensor,
    time: &Tensor,
    context: &Tensor,
) -> Result<Tensor> {
    let x = resnet.forward(x, Some(time))?;
    match transformer {
        Some(transformer) => transformer.forward(&x, context),
        None => Ok(x),
    }
}
