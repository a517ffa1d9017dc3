//! The UNet's `config.json`.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::weights::WeightsError;

/// One value for all levels, or one for each.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum PerLevel {
    Same(usize),
    Each(Vec<usize>),
}

impl PerLevel {
    fn at(&self, level: usize) -> usize {
        match self {
            Self::Same(value) => *value,
            Self::Each(values) => values.get(level).or(values.last()).copied().unwrap_or(1),
        }
    }

    fn levels(&self) -> Option<usize> {
        match self {
            Self::Same(_) => None,
            Self::Each(values) => Some(values.len()),
        }
    }
}

/// What the engine takes from the UNet's configuration.
#[derive(Clone, Debug, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches of a foreign format, as it names them"
)]
pub(crate) struct UnetConfig {
    pub(crate) in_channels: usize,
    pub(crate) out_channels: usize,
    pub(crate) block_out_channels: Vec<usize>,
    down_block_types: Vec<String>,
    up_block_types: Vec<String>,
    layers_per_block: PerLevel,
    attention_head_dim: PerLevel,
    #[serde(default)]
    num_attention_heads: Option<PerLevel>,
    #[serde(default = "one_transformer")]
    transformer_layers_per_block: PerLevel,
    pub(crate) cross_attention_dim: usize,
    pub(crate) norm_num_groups: usize,
    pub(crate) norm_eps: f64,
    #[serde(default)]
    pub(crate) use_linear_projection: bool,
    #[serde(default = "yes")]
    pub(crate) flip_sin_to_cos: bool,
    #[serde(default)]
    pub(crate) freq_shift: f64,
    pub(crate) addition_time_embed_dim: usize,
    pub(crate) projection_class_embeddings_input_dim: usize,
}

fn one_transformer() -> PerLevel {
    PerLevel::Same(1)
}

fn yes() -> bool {
    true
}

impl UnetConfig {
    /// Reads a configuration, and refuses what this engine would compute wrongly.
    ///
    /// # Errors
    /// Malformed JSON, a missing option, or an option whose value is not SDXL's way.
    pub(crate) fn parse(json: &str, path: &Path) -> Result<Self, WeightsError> {
        let malformed = |source| WeightsError::Config {
            path: path.to_owned(),
            source,
        };
        let value: Value = serde_json::from_str(json).map_err(malformed)?;
        for (field, allowed) in [
            ("act_fn", &["silu", "swish"][..]),
            ("addition_embed_type", &["text_time"]),
            ("attention_type", &["default"]),
            ("mid_block_type", &["UNetMidBlock2DCrossAttn"]),
            ("resnet_time_scale_shift", &["default"]),
            ("time_embedding_type", &["positional"]),
        ] {
            match value.get(field) {
                Some(Value::String(found)) if !allowed.contains(&found.as_str()) => {
                    return Err(unsupported(path, field, found));
                }
                _ => {}
            }
        }
        for field in [
            "class_embed_type",
            "cross_attention_norm",
            "encoder_hid_dim",
            "encoder_hid_dim_type",
            "reverse_transformer_layers_per_block",
            "time_cond_proj_dim",
            "time_embedding_act_fn",
            "time_embedding_dim",
            "timestep_post_act",
            "num_class_embeds",
            "dual_cross_attention",
            "only_cross_attention",
            "mid_block_only_cross_attention",
            "resnet_skip_time_act",
            "center_input_sample",
            "class_embeddings_concat",
        ] {
            match value.get(field) {
                None | Some(Value::Null | Value::Bool(false)) => {}
                Some(found) => return Err(unsupported(path, field, found)),
            }
        }
        let config: Self = serde_json::from_value(value).map_err(malformed)?;
        config.check(path)?;
        Ok(config)
    }

    fn check(&self, path: &Path) -> Result<(), WeightsError> {
        let levels = self.block_out_channels.len();
        for (field, types, known) in [
            (
                "down_block_types",
                &self.down_block_types,
                ["DownBlock2D", "CrossAttnDownBlock2D"],
            ),
            (
                "up_block_types",
                &self.up_block_types,
                ["UpBlock2D", "CrossAttnUpBlock2D"],
            ),
        ] {
            if let Some(other) = types.iter().find(|kind| !known.contains(&kind.as_str())) {
                return Err(unsupported(path, field, other));
            }
            if types.len() != levels || !(1..=8).contains(&levels) {
                return Err(unsupported(
                    path,
                    field,
                    &format!("{} levels of {levels}", types.len()),
                ));
            }
        }
        for (field, list) in [
            ("layers_per_block", Some(&self.layers_per_block)),
            ("attention_head_dim", Some(&self.attention_head_dim)),
            ("num_attention_heads", self.num_attention_heads.as_ref()),
            (
                "transformer_layers_per_block",
                Some(&self.transformer_layers_per_block),
            ),
        ] {
            if let Some(found) = list
                .and_then(PerLevel::levels)
                .filter(|found| *found != levels)
            {
                return Err(unsupported(
                    path,
                    field,
                    &format!("{found} levels of {levels}"),
                ));
            }
        }
        for (level, channels) in self.block_out_channels.iter().enumerate() {
            let heads = self.heads(level);
            if heads == 0 || channels % heads != 0 {
                return Err(unsupported(
                    path,
                    "attention_head_dim",
                    &format!("{heads} heads for {channels} channels"),
                ));
            }
            if self.norm_num_groups == 0 || channels % self.norm_num_groups != 0 {
                return Err(unsupported(path, "norm_num_groups", &self.norm_num_groups));
            }
        }
        Ok(())
    }

    pub(crate) fn levels(&self) -> usize {
        self.block_out_channels.len()
    }

    /// Residual blocks on the way down; there is one more on the way up.
    pub(crate) fn layers(&self, level: usize) -> usize {
        self.layers_per_block.at(level)
    }

    /// Attention heads. Diffusers calls their number `attention_head_dim`, a mistake that it keeps for old files.
    pub(crate) fn heads(&self, level: usize) -> usize {
        self.num_attention_heads
            .as_ref()
            .unwrap_or(&self.attention_head_dim)
            .at(level)
    }

    pub(crate) fn transformers(&self, level: usize) -> usize {
        self.transformer_layers_per_block.at(level)
    }

    pub(crate) fn attends_down(&self, level: usize) -> bool {
        self.down_block_types[level].starts_with("CrossAttn")
    }

    /// `level` counts from the bottom, as the way up does.
    pub(crate) fn attends_up(&self, level: usize) -> bool {
        self.up_block_types[level].starts_with("CrossAttn")
    }

    pub(crate) fn time_width(&self) -> usize {
        self.block_out_channels[0] * 4
    }
}

fn unsupported(path: &Path, field: &'static str, found: &(impl ToString + ?Sized)) -> WeightsError {
    WeightsError::Unsupported {
        path: path.to_owned(),
        field,
        found: found.to_string(),
    }
}
