//! What a weight is called: in diffusers' folders, and in the original single-file checkpoints.

/// How a weight lies in the tensor that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Whole,
    /// One third of the rows: queries, keys and values in one tensor.
    Rows {
        part: usize,
    },
    Transposed,
}

/// The names that one part of a model uses in its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Diffusers' own, in a folder for each part.
    Diffusers,
    /// The original ones of the UNet, with its number of residual blocks a level.
    OriginalUnet { layers: usize },
    /// The original ones of the VAE, with its number of levels.
    OriginalVae { levels: usize },
    /// The first text encoder within a single file.
    OriginalText,
    /// The second one, in OpenCLIP's names.
    OpenClip,
}

impl Names {
    /// Where a weight may be, the usual place first.
    pub(crate) fn candidates(self, name: &str) -> Vec<(String, View)> {
        match self {
            Self::Diffusers => {
                let whole = |name: String| (name, View::Whole);
                let mut names = vec![whole(name.to_owned())];
                // VAEs saved before 2023 name their one attention otherwise.
                let old = [
                    (".to_q.", ".query."),
                    (".to_k.", ".key."),
                    (".to_v.", ".value."),
                    (".to_out.0.", ".proj_attn."),
                ];
                if let Some((new, old)) = old.iter().find(|(new, _)| name.contains(new)) {
                    names.push(whole(name.replace(new, old)));
                }
                names
            }
            Self::OriginalUnet { layers } => {
                let name = format!("model.diffusion_model.{}", original_unet(name, layers));
                // The upsampler of a level without attention stands one place earlier.
                let earlier = name.replace(".2.conv.", ".1.conv.");
                vec![(name, View::Whole), (earlier, View::Whole)]
            }
            Self::OriginalVae { levels } => {
                vec![(
                    format!("first_stage_model.{}", original_vae(name, levels)),
                    View::Whole,
                )]
            }
            Self::OriginalText => vec![(
                format!("conditioner.embedders.0.transformer.{name}"),
                View::Whole,
            )],
            Self::OpenClip => {
                let (name, view) = open_clip(name);
                vec![(format!("conditioner.embedders.1.model.{name}"), view)]
            }
        }
    }
}

/// The original name of a UNet's weight (or of a layer, if `name` is one), for a UNet with `layers` blocks a level.
///
/// Its blocks are counted through: the input's convolution is block 0, a level has its residual blocks and, but for
/// the last, a downsampler.
pub(crate) fn original_unet(name: &str, layers: usize) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let number = |at: usize| {
        parts
            .get(at)
            .and_then(|part| part.parse::<usize>().ok())
            .unwrap_or(0)
    };
    let tail = |from: usize| parts.get(from..).unwrap_or_default().join(".");
    match parts[0] {
        "conv_in" => format!("input_blocks.0.0.{}", tail(1)),
        "conv_norm_out" => format!("out.0.{}", tail(1)),
        "conv_out" => format!("out.2.{}", tail(1)),
        "time_embedding" | "add_embedding" => {
            let stem = if parts[0] == "time_embedding" {
                "time_embed"
            } else {
                "label_emb.0"
            };
            let at = if parts.get(1) == Some(&"linear_1") {
                0
            } else {
                2
            };
            format!("{stem}.{at}.{}", tail(2))
        }
        "mid_block" => match parts.get(1).copied() {
            Some("attentions") => format!("middle_block.{}.{}", 2 * number(2) + 1, tail(3)),
            _ => format!(
                "middle_block.{}.{}",
                2 * number(2),
                original_resnet(&tail(3))
            ),
        },
        "down_blocks" => {
            let first = 1 + number(1) * (layers + 1);
            match parts.get(2).copied() {
                Some("attentions") => format!("input_blocks.{}.1.{}", first + number(3), tail(4)),
                Some("downsamplers") => format!("input_blocks.{}.0.op.{}", first + layers, tail(5)),
                _ => format!(
                    "input_blocks.{}.0.{}",
                    first + number(3),
                    original_resnet(&tail(4))
                ),
            }
        }
        "up_blocks" => {
            let first = number(1) * (layers + 1);
            match parts.get(2).copied() {
                Some("attentions") => format!("output_blocks.{}.1.{}", first + number(3), tail(4)),
                // Whether an attention stands before it decides its number; SDXL's levels that upsample have one.
                Some("upsamplers") => {
                    format!("output_blocks.{}.2.conv.{}", first + layers, tail(5))
                }
                _ => format!(
                    "output_blocks.{}.0.{}",
                    first + number(3),
                    original_resnet(&tail(4))
                ),
            }
        }
        _ => name.to_owned(),
    }
    .trim_end_matches('.')
    .to_owned()
}

fn original_resnet(name: &str) -> String {
    let (layer, rest) = name.split_once('.').unwrap_or((name, ""));
    let layer = match layer {
        "norm1" => "in_layers.0",
        "conv1" => "in_layers.2",
        "time_emb_proj" => "emb_layers.1",
        "norm2" => "out_layers.0",
        "conv2" => "out_layers.3",
        "conv_shortcut" => "skip_connection",
        other => other,
    };
    format!("{layer}.{rest}").trim_end_matches('.').to_owned()
}

fn original_vae(name: &str, levels: usize) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let number = |at: usize| {
        parts
            .get(at)
            .and_then(|part| part.parse::<usize>().ok())
            .unwrap_or(0)
    };
    let tail = |from: usize| parts.get(from..).unwrap_or_default().join(".");
    match (parts.get(1).copied(), parts.get(2).copied()) {
        (Some("conv_norm_out"), _) => format!("decoder.norm_out.{}", tail(2)),
        (Some("mid_block"), Some("resnets")) => {
            format!("decoder.mid.block_{}.{}", number(3) + 1, tail(4))
        }
        (Some("mid_block"), _) => {
            let layer = match parts.get(4).copied() {
                Some("group_norm") => "norm",
                Some("to_q") => "q",
                Some("to_k") => "k",
                Some("to_v") => "v",
                _ => return format!("decoder.mid.attn_1.proj_out.{}", tail(6)),
            };
            format!("decoder.mid.attn_1.{layer}.{}", tail(5))
        }
        (Some("up_blocks"), _) => {
            let level = levels.saturating_sub(1 + number(2));
            match parts.get(3).copied() {
                Some("upsamplers") => format!("decoder.up.{level}.upsample.conv.{}", tail(6)),
                _ => {
                    let rest = tail(5).replace("conv_shortcut", "nin_shortcut");
                    format!("decoder.up.{level}.block.{}.{rest}", number(4))
                }
            }
        }
        _ => name.to_owned(),
    }
}

fn open_clip(name: &str) -> (String, View) {
    let whole = |name: &str| (name.to_owned(), View::Whole);
    let name = name.strip_prefix("text_model.").unwrap_or(name);
    match name {
        "embeddings.token_embedding.weight" => return whole("token_embedding.weight"),
        "embeddings.position_embedding.weight" => return whole("positional_embedding"),
        // OpenCLIP multiplies from the other side.
        "text_projection.weight" => return ("text_projection".to_owned(), View::Transposed),
        _ => {}
    }
    if let Some(rest) = name.strip_prefix("final_layer_norm.") {
        return whole(&format!("ln_final.{rest}"));
    }
    let Some((block, rest)) = name
        .strip_prefix("encoder.layers.")
        .and_then(|rest| rest.split_once('.'))
    else {
        return whole(name);
    };
    let block = format!("transformer.resblocks.{block}");
    for (part, layer) in ["q_proj", "k_proj", "v_proj"].into_iter().enumerate() {
        if let Some(kind) = rest
            .strip_prefix("self_attn.")
            .and_then(|rest| rest.strip_prefix(layer))
        {
            return (
                format!("{block}.attn.in_proj_{}", kind.trim_start_matches('.')),
                View::Rows { part },
            );
        }
    }
    let renamed = [
        ("self_attn.out_proj", "attn.out_proj"),
        ("layer_norm1", "ln_1"),
        ("layer_norm2", "ln_2"),
        ("mlp.fc1", "mlp.c_fc"),
        ("mlp.fc2", "mlp.c_proj"),
    ];
    let found = renamed
        .iter()
        .find_map(|(new, old)| Some(format!("{block}.{old}{}", rest.strip_prefix(new)?)));
    (
        found.unwrap_or_else(|| format!("{block}.{rest}")),
        View::Whole,
    )
}
