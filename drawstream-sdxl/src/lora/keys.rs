//! What LoRA files call the layers of SDXL.

use std::collections::BTreeMap;

use crate::weights::{Part, original_unet};

/// Which tensor of a layer's change a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Down,
    Up,
    Mid,
    Alpha,
}

const SUFFIXES: [(&str, Kind); 13] = [
    (".lora_A.weight", Kind::Down),
    (".lora_B.weight", Kind::Up),
    (".lora_A.default.weight", Kind::Down),
    (".lora_B.default.weight", Kind::Up),
    (".lora_down.weight", Kind::Down),
    (".lora_up.weight", Kind::Up),
    (".lora_mid.weight", Kind::Mid),
    (".lora.down.weight", Kind::Down),
    (".lora.up.weight", Kind::Up),
    (".lora_linear_layer.down.weight", Kind::Down),
    (".lora_linear_layer.up.weight", Kind::Up),
    (".alpha", Kind::Alpha),
    (".lora.alpha", Kind::Alpha),
];

/// A tensor's name as the layer's key and the tensor's kind; `None` for what is no LoRA.
pub(super) fn split(name: &str) -> Option<(String, Kind)> {
    let name = name.strip_prefix("base_model.model.").unwrap_or(name);
    // Diffusers' first layout put the change beside the attention rather than into its layers.
    for (old, layer) in [
        ("to_q", "to_q"),
        ("to_k", "to_k"),
        ("to_v", "to_v"),
        ("to_out", "to_out.0"),
    ] {
        for (end, kind) in [("down", Kind::Down), ("up", Kind::Up)] {
            if let Some(stem) = name.strip_suffix(&format!(".processor.{old}_lora.{end}.weight")) {
                return Some((format!("{stem}.{layer}"), kind));
            }
        }
    }
    // The longest suffix that fits, since one ends with another.
    let found = SUFFIXES
        .iter()
        .filter(|(suffix, _)| name.ends_with(suffix))
        .max_by_key(|(suffix, _)| suffix.len());
    found.map(|(suffix, kind)| (name[..name.len() - suffix.len()].to_owned(), *kind))
}

/// A weight that a LoRA may change.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) part: Part,
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
}

/// Every weight that a LoRA may change, by every key that it is known by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets(BTreeMap<String, Target>);

impl Targets {
    /// Adds a weight of a part; `layers` is the UNet's number of residual blocks a level, for its original names.
    pub(crate) fn add(&mut self, part: Part, name: &str, shape: &[usize], layers: usize) {
        let Some(layer) = name.strip_suffix(".weight").filter(|_| shape.len() > 1) else {
            return;
        };
        let flat = |name: &str| name.replace('.', "_");
        let keys = match part {
            Part::Unet => {
                let original = original_unet(layer, layers);
                vec![
                    format!("unet.{layer}"),
                    layer.to_owned(),
                    format!("lora_unet_{}", flat(layer)),
                    format!("lora_unet_{}", flat(&original)),
                    // The upsampler of a level without attention.
                    format!(
                        "lora_unet_{}",
                        flat(&original.replace(".2.conv", ".1.conv"))
                    ),
                    format!("diffusion_model.{original}"),
                ]
            }
            Part::TextEncoder => vec![
                format!("text_encoder.{layer}"),
                format!("lora_te1_{}", flat(layer)),
            ],
            Part::TextEncoder2 => vec![
                format!("text_encoder_2.{layer}"),
                format!("lora_te2_{}", flat(layer)),
            ],
            Part::Vae => Vec::new(),
        };
        for key in keys {
            let target = || Target {
                part,
                name: name.to_owned(),
                shape: shape.to_vec(),
            };
            self.0.entry(key).or_insert_with(target);
        }
    }

    pub(crate) fn find(&self, key: &str) -> Option<&Target> {
        self.0.get(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_names_the_same_layer() {
        let mut targets = Targets::default();
        let name = "up_blocks.0.attentions.1.transformer_blocks.3.attn2.to_out.0.weight";
        targets.add(Part::Unet, name, &[8, 8], 2);
        targets.add(
            Part::Unet,
            "down_blocks.1.downsamplers.0.conv.weight",
            &[8, 8, 3, 3],
            2,
        );
        targets.add(
            Part::TextEncoder2,
            "text_model.encoder.layers.7.mlp.fc1.weight",
            &[8, 8],
            2,
        );
        for file_key in [
            "unet.up_blocks.0.attentions.1.transformer_blocks.3.attn2.to_out.0.lora_A.weight",
            "unet.up_blocks.0.attentions.1.transformer_blocks.3.attn2.processor.to_out_lora.down.weight",
            "base_model.model.up_blocks.0.attentions.1.transformer_blocks.3.attn2.to_out.0.lora_A.default.weight",
            "lora_unet_up_blocks_0_attentions_1_transformer_blocks_3_attn2_to_out_0.lora_down.weight",
            "lora_unet_output_blocks_1_1_transformer_blocks_3_attn2_to_out_0.lora_down.weight",
        ] {
            let (key, kind) = split(file_key).expect("a LoRA's key");
            assert_eq!(kind, Kind::Down, "{file_key}");
            assert_eq!(
                targets.find(&key).map(|target| target.name.as_str()),
                Some(name),
                "{file_key}"
            );
        }
        assert!(targets.find("lora_unet_input_blocks_6_0_op").is_some());
        assert!(
            targets
                .find("lora_te2_text_model_encoder_layers_7_mlp_fc1")
                .is_some()
        );
        assert!(split("unet.conv_in.dora_scale").is_none());
    }
}
