//! CLIP's text transformers: words into the context that the UNet paints by.

use std::path::Path;

use candle_core::{D, DType, Device, Tensor};
use serde::Deserialize;

use crate::attention::{Mask, attend};
use crate::layers::{LayerNorm, Linear};
use crate::param::Param;
use crate::weights::{Layer, WeightsError};

/// A text encoder's `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TextConfig {
    pub(crate) vocab_size: usize,
    pub(crate) hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    #[serde(default = "usual_epsilon")]
    layer_norm_eps: f64,
    hidden_act: Activation,
    #[serde(default)]
    projection_dim: usize,
    #[serde(default = "legacy_end")]
    eos_token_id: u32,
    #[serde(default)]
    architectures: Vec<String>,
}

fn usual_epsilon() -> f64 {
    1e-5
}

/// The end token that CLIP's old configurations name wrongly; see [`TextEncoder::end_of`].
const LEGACY_END: u32 = 2;

fn legacy_end() -> u32 {
    LEGACY_END
}

impl TextConfig {
    pub(crate) fn checked(self, path: &Path) -> Result<Self, WeightsError> {
        if self.num_attention_heads == 0
            || !self.hidden_size.is_multiple_of(self.num_attention_heads)
        {
            let found = self.num_attention_heads.to_string();
            return Err(WeightsError::Unsupported {
                path: path.to_owned(),
                field: "num_attention_heads",
                found,
            });
        }
        Ok(self)
    }

    /// The width of the pooled projection; `None` where the encoder has none.
    pub(crate) fn projection(&self) -> Option<usize> {
        let with_projection = self
            .architectures
            .iter()
            .any(|name| name.contains("WithProjection"));
        with_projection.then_some(self.projection_dim)
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Activation {
    QuickGelu,
    Gelu,
}

impl Activation {
    fn forward(self, x: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            // OpenAI's approximation, x · σ(1.702 x).
            Self::QuickGelu => x * candle_nn::ops::sigmoid(&(x * 1.702)?)?,
            Self::Gelu => x.gelu_erf(),
        }
    }
}

/// What an encoder says of one text.
pub(crate) struct Encoded {
    /// The last but one layer's states, `(1, tokens, width)`.
    pub(crate) states: Tensor,
    /// The projection of the state at the end token, `(1, projection)`; of the second encoder alone.
    pub(crate) pooled: Option<Tensor>,
}

/// One of SDXL's two text encoders.
#[derive(Debug)]
pub(crate) struct TextEncoder {
    tokens: Param,
    positions: Param,
    blocks: Vec<Block>,
    norm: LayerNorm,
    projection: Option<Linear>,
    end: u32,
}

impl TextEncoder {
    pub(crate) fn new(layer: &Layer<'_>, config: &TextConfig) -> Result<Self, WeightsError> {
        let width = config.hidden_size;
        let model = layer.at("text_model");
        let embeddings = model.at("embeddings");
        let blocks = (0..config.num_hidden_layers)
            .map(|at| Block::new(&model.at(&format!("encoder.layers.{at}")), config))
            .collect::<Result<_, _>>()?;
        let projection = config.projection();
        Ok(Self {
            tokens: embeddings
                .at("token_embedding")
                .param("weight", &[config.vocab_size, width])?,
            positions: embeddings
                .at("position_embedding")
                .param("weight", &[config.max_position_embeddings, width])?,
            blocks,
            norm: LayerNorm::new(&model.at("final_layer_norm"), width, config.layer_norm_eps)?,
            projection: projection
                .map(|outputs| Linear::without_bias(&layer.at("text_projection"), width, outputs))
                .transpose()?,
            end: config.eos_token_id,
        })
    }

    /// Encodes one text's ids, computing in `dtype`.
    pub(crate) fn encode(
        &self,
        ids: &[u32],
        dtype: DType,
        device: &Device,
    ) -> candle_core::Result<Encoded> {
        let tokens = self.tokens.read_rows(ids, dtype, device)?;
        let positions = self.positions.read(dtype)?.narrow(0, 0, ids.len())?;
        let mut x = tokens.add(&positions)?.unsqueeze(0)?;
        let mut states = x.clone();
        for block in &self.blocks {
            states = x;
            x = block.forward(&states)?;
        }
        let pooled = match &self.projection {
            Some(projection) => {
                let end = self
                    .norm
                    .forward(&x)?
                    .narrow(1, self.end_of(ids), 1)?
                    .squeeze(1)?;
                Some(projection.forward(&end)?)
            }
            None => None,
        };
        Ok(Encoded { states, pooled })
    }

    /// Where the text ends. Configurations of 2022 name 2 as the end token while the text's end is its largest id.
    fn end_of(&self, ids: &[u32]) -> usize {
        let largest = ids.iter().copied().max().unwrap_or_default();
        let end = if self.end == LEGACY_END {
            largest
        } else {
            self.end
        };
        ids.iter().position(|id| *id == end).unwrap_or(0)
    }
}

#[derive(Debug)]
struct Block {
    before_attention: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    before_mlp: LayerNorm,
    widen: Linear,
    narrow: Linear,
    activation: Activation,
    heads: usize,
}

impl Block {
    fn new(layer: &Layer<'_>, config: &TextConfig) -> Result<Self, WeightsError> {
        let width = config.hidden_size;
        let attention = layer.at("self_attn");
        let linear = |name| Linear::new(&attention.at(name), width, width);
        Ok(Self {
            before_attention: LayerNorm::new(
                &layer.at("layer_norm1"),
                width,
                config.layer_norm_eps,
            )?,
            query: linear("q_proj")?,
            key: linear("k_proj")?,
            value: linear("v_proj")?,
            out: linear("out_proj")?,
            before_mlp: LayerNorm::new(&layer.at("layer_norm2"), width, config.layer_norm_eps)?,
            widen: Linear::new(&layer.at("mlp.fc1"), width, config.intermediate_size)?,
            narrow: Linear::new(&layer.at("mlp.fc2"), config.intermediate_size, width)?,
            activation: config.hidden_act,
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        let normed = self.before_attention.forward(x)?;
        let (query, key, value) = (
            self.query.forward(&normed)?,
            self.key.forward(&normed)?,
            self.value.forward(&normed)?,
        );
        let x =
            (x + self
                .out
                .forward(&attend(&query, &key, &value, self.heads, Mask::Causal)?)?)?;
        let hidden = self
            .activation
            .forward(&self.widen.forward(&self.before_mlp.forward(&x)?)?)?;
        x + self.narrow.forward(&hidden)?
    }
}

/// Both encoders' answers as the UNet takes them: the states side by side, and the second one's pooled projection.
pub(crate) fn joined(first: &Encoded, second: &Encoded) -> candle_core::Result<(Tensor, Tensor)> {
    let states = Tensor::cat(&[&first.states, &second.states], D::Minus1)?;
    let pooled = second.pooled.clone();
    let pooled = pooled.ok_or_else(|| {
        candle_core::Error::Msg("the second text encoder has no projection".into())
    })?;
    Ok((states, pooled))
}
