//! The transformers within the UNet, where pixels look at each other and at the text.

use candle_core::{D, Result, Tensor};

use super::UnetConfig;
use crate::attention::{Mask, attend};
use crate::layers::{Conv2d, GroupNorm, LayerNorm, Linear};
use crate::weights::{Layer, WeightsError};

/// The group norm's epsilon in front of a transformer: diffusers' own constant, not the configuration's.
const GROUP_EPSILON: f64 = 1e-6;
const LAYER_EPSILON: f64 = 1e-5;

/// Some blocks of attention over a picture's pixels, added to it.
#[derive(Debug)]
pub(crate) struct Transformer {
    norm: GroupNorm,
    into: Projection,
    blocks: Vec<Block>,
    out: Projection,
}

/// The way from channels to the transformer's width and back: linear in SDXL, a 1×1 convolution in older models.
#[derive(Debug)]
enum Projection {
    Linear(Linear),
    Conv(Conv2d),
}

impl Projection {
    fn new(
        layer: &Layer<'_>,
        channels: usize,
        config: &UnetConfig,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(if config.use_linear_projection {
            Self::Linear(Linear::new(layer, channels, channels)?)
        } else {
            Self::Conv(Conv2d::new(layer, channels, channels, 1)?)
        })
    }

    /// `(batch, channels, height, width)` to `(batch, pixels, channels)`.
    fn to_rows(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Linear(linear) => {
                linear.forward(&x.flatten_from(2)?.transpose(1, 2)?.contiguous()?)
            }
            Self::Conv(conv) => conv
                .forward(x)?
                .flatten_from(2)?
                .transpose(1, 2)?
                .contiguous(),
        }
    }

    fn to_picture(&self, rows: &Tensor, shape: (usize, usize, usize, usize)) -> Result<Tensor> {
        match self {
            Self::Linear(linear) => linear.forward(rows)?.transpose(1, 2)?.reshape(shape),
            Self::Conv(conv) => conv.forward(&rows.transpose(1, 2)?.reshape(shape)?),
        }
    }
}

impl Transformer {
    pub(crate) fn new(
        layer: &Layer<'_>,
        config: &UnetConfig,
        channels: usize,
        heads: usize,
        depth: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            norm: GroupNorm::new(
                &layer.at("norm"),
                config.norm_num_groups,
                channels,
                GROUP_EPSILON,
            )?,
            into: Projection::new(&layer.at("proj_in"), channels, config)?,
            blocks: (0..depth)
                .map(|at| {
                    let layer = layer.at(&format!("transformer_blocks.{at}"));
                    Block::new(&layer, channels, config.cross_attention_dim, heads)
                })
                .collect::<std::result::Result<_, _>>()?,
            out: Projection::new(&layer.at("proj_out"), channels, config)?,
        })
    }

    pub(crate) fn forward(&self, x: &Tensor, context: &Tensor) -> Result<Tensor> {
        let mut rows = self.into.to_rows(&self.norm.forward(x)?)?;
        for block in &self.blocks {
            rows = block.forward(&rows, context)?;
        }
        self.out.to_picture(&rows, x.dims4()?)? + x
    }
}

#[derive(Debug)]
struct Block {
    norms: [LayerNorm; 3],
    own: Attention,
    text: Attention,
    widen: Linear,
    narrow: Linear,
}

impl Block {
    fn new(
        layer: &Layer<'_>,
        width: usize,
        context: usize,
        heads: usize,
    ) -> std::result::Result<Self, WeightsError> {
        let norm = |name| LayerNorm::new(&layer.at(name), width, LAYER_EPSILON);
        Ok(Self {
            norms: [norm("norm1")?, norm("norm2")?, norm("norm3")?],
            own: Attention::new(&layer.at("attn1"), width, width, heads)?,
            text: Attention::new(&layer.at("attn2"), width, context, heads)?,
            widen: Linear::new(&layer.at("ff.net.0.proj"), width, width * 8)?,
            narrow: Linear::new(&layer.at("ff.net.2"), width * 4, width)?,
        })
    }

    fn forward(&self, x: &Tensor, context: &Tensor) -> Result<Tensor> {
        let [first, second, third] = &self.norms;
        let normed = first.forward(x)?;
        let x = (x + self.own.forward(&normed, &normed)?)?;
        let x = (&x + self.text.forward(&second.forward(&x)?, context)?)?;
        // GEGLU (Shazeer 2020): one half gates the other.
        let halves = self
            .widen
            .forward(&third.forward(&x)?)?
            .chunk(2, D::Minus1)?;
        let gated = (&halves[0] * halves[1].contiguous()?.gelu_erf()?)?;
        x + self.narrow.forward(&gated)?
    }
}

#[derive(Debug)]
struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
}

impl Attention {
    fn new(
        layer: &Layer<'_>,
        width: usize,
        context: usize,
        heads: usize,
    ) -> std::result::Result<Self, WeightsError> {
        Ok(Self {
            query: Linear::without_bias(&layer.at("to_q"), width, width)?,
            key: Linear::without_bias(&layer.at("to_k"), context, width)?,
            value: Linear::without_bias(&layer.at("to_v"), context, width)?,
            out: Linear::new(&layer.at("to_out.0"), width, width)?,
            heads,
        })
    }

    fn forward(&self, x: &Tensor, context: &Tensor) -> Result<Tensor> {
        let (query, key, value) = (
            self.query.forward(x)?,
            self.key.forward(context)?,
            self.value.forward(context)?,
        );
        self.out
            .forward(&attend(&query, &key, &value, self.heads, Mask::None)?)
    }
}
