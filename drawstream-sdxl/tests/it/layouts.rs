//! One model in every layout that weights come in: the same answer from each.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use drawstream_sdxl::candle_core::{DType, Tensor, safetensors};
use drawstream_sdxl::{Engine, Precision, TextEmbedding, Weights};

use crate::model::{Model, Tensors, cast};
use crate::reference::{difference, go_on, options, pipeline, tensors};

/// Text, one look of the UNet, and a decoded latent: every weight has a part in one of them.
fn answer(weights: &Weights) -> [Tensor; 3] {
    let mut engine = Engine::load(weights, &options(Precision::F32)).expect("loads");
    let all = tensors();
    let text = engine.encode_text("a fox in the snow").expect("encoded");
    let latent = all["unet.sample"].narrow(0, 0, 1).expect("one of two");
    let answer = engine
        .predict_noise(&latent, 400.0, &text, &[[128.0; 6]])
        .expect("an answer");
    let pixels = engine
        .decode_latents(&all["vae.latents"], &mut go_on)
        .expect("decoded");
    let TextEmbedding { states, pooled } = text;
    [
        Tensor::cat(
            &[
                states.flatten_all().expect("flat"),
                pooled.flatten_all().expect("flat"),
            ],
            0,
        )
        .expect("joined"),
        answer,
        pixels,
    ]
}

fn assert_same(found: &[Tensor; 3], expected: &[Tensor; 3], tolerance: f32) {
    for (found, expected) in found.iter().zip(expected) {
        let apart = difference(found, expected);
        assert!(apart <= tolerance, "{apart}");
    }
}

fn open(path: &Path) -> Weights {
    Weights::open(path).expect("the model is whole")
}

#[test]
fn f32_files_and_an_fp16_variant_and_shards_are_read_alike() {
    let expected = answer(&open(&pipeline()));

    let wide = Model::copy();
    for part in ["text_encoder", "text_encoder_2", "unet", "vae"] {
        wide.save(part, &cast(&wide.tensors(part), DType::F32));
    }
    assert_same(&answer(&open(wide.path())), &expected, 0.0);

    let variant = Model::copy();
    for part in ["text_encoder", "text_encoder_2", "unet", "vae"] {
        let file = variant.file(part);
        fs::rename(&file, file.with_extension("fp16.safetensors")).expect("renamed");
    }
    assert_same(&answer(&open(variant.path())), &expected, 0.0);

    for index in [
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
    ] {
        let sharded = Model::copy();
        shard(&sharded, index);
        assert_same(&answer(&open(sharded.path())), &expected, 0.0);
    }
}

fn shard(model: &Model, index: &str) {
    let mut shards = [HashMap::new(), HashMap::new()];
    let mut map = serde_json::Map::new();
    for (at, (name, tensor)) in model.tensors("unet").into_iter().enumerate() {
        map.insert(name.clone(), format!("shard-{}.safetensors", at % 2).into());
        shards[at % 2].insert(name, tensor);
    }
    let folder = model.path().join("unet");
    fs::remove_file(model.file("unet")).expect("removed");
    for (at, shard) in shards.iter().enumerate() {
        safetensors::save(shard, folder.join(format!("shard-{at}.safetensors"))).expect("saved");
    }
    let index_text = serde_json::json!({ "metadata": {}, "weight_map": map }).to_string();
    fs::write(folder.join(index), index_text).expect("written");
}

#[test]
fn an_index_cannot_name_files_of_another_folder() {
    let model = Model::copy();
    fs::remove_file(model.file("unet")).expect("removed");
    let index = r#"{"weight_map":{"conv_in.weight":"../vae/diffusion_pytorch_model.safetensors"}}"#;
    fs::write(
        model
            .path()
            .join("unet/diffusion_pytorch_model.safetensors.index.json"),
        index,
    )
    .expect("written");
    let error = Weights::open(model.path()).expect_err("refused");
    assert!(error.to_string().contains("/unet: no such file"), "{error}");
}

#[test]
fn a_single_file_with_the_original_names_is_read_alike() {
    let model = Model::copy();
    let path = model.path().join("checkpoint.safetensors");
    safetensors::save(&original(&model), &path).expect("saved");
    let weights = Weights::open_single_file(&path, Some(&pipeline())).expect("whole");
    assert_same(&answer(&weights), &answer(&open(&pipeline())), 0.0);
}

/// The model as the original code would have saved it, its blocks counted through as that code builds them.
fn original(model: &Model) -> Tensors {
    let mut all = Tensors::new();
    original_unet(&model.tensors("unet"), &mut all);
    for (name, tensor) in model.tensors("text_encoder") {
        all.insert(
            format!("conditioner.embedders.0.transformer.{name}"),
            tensor,
        );
    }
    original_vae(&model.tensors("vae"), &mut all);
    open_clip(&model.tensors("text_encoder_2"), &mut all);
    all
}

/// Renames whatever lies under `from`.
fn take(
    from: &str,
    to: &str,
    inner: &[(&str, &str)],
    tensors: &Tensors,
    all: &mut Tensors,
) -> bool {
    let mut any = false;
    for (name, tensor) in tensors {
        if let Some(rest) = name.strip_prefix(&format!("{from}.")) {
            let rest = inner
                .iter()
                .find_map(|(old, new)| Some(format!("{new}{}", rest.strip_prefix(old)?)));
            let rest = rest.unwrap_or_else(|| name[from.len() + 1..].to_owned());
            all.insert(format!("{to}.{rest}"), tensor.clone());
            any = true;
        }
    }
    any
}

const RESNET: [(&str, &str); 6] = [
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
];

fn original_unet(tensors: &Tensors, all: &mut Tensors) {
    let model = "model.diffusion_model";
    let mut rename = |from: &str, to: &str, inner: &[(&str, &str)]| {
        take(from, &format!("{model}.{to}"), inner, tensors, all)
    };
    rename("conv_in", "input_blocks.0.0", &[]);
    rename("time_embedding.linear_1", "time_embed.0", &[]);
    rename("time_embedding.linear_2", "time_embed.2", &[]);
    rename("add_embedding.linear_1", "label_emb.0.0", &[]);
    rename("add_embedding.linear_2", "label_emb.0.2", &[]);
    rename("conv_norm_out", "out.0", &[]);
    rename("conv_out", "out.2", &[]);
    rename("mid_block.resnets.0", "middle_block.0", &RESNET);
    rename("mid_block.attentions.0", "middle_block.1", &[]);
    rename("mid_block.resnets.1", "middle_block.2", &RESNET);
    let mut block = 1;
    for level in 0.. {
        let level = format!("down_blocks.{level}");
        let mut found = false;
        for at in 0.. {
            if !rename(
                &format!("{level}.resnets.{at}"),
                &format!("input_blocks.{block}.0"),
                &RESNET,
            ) {
                break;
            }
            rename(
                &format!("{level}.attentions.{at}"),
                &format!("input_blocks.{block}.1"),
                &[],
            );
            found = true;
            block += 1;
        }
        if rename(
            &format!("{level}.downsamplers.0.conv"),
            &format!("input_blocks.{block}.0.op"),
            &[],
        ) {
            block += 1;
        }
        if !found {
            break;
        }
    }
    block = 0;
    for level in 0.. {
        let level = format!("up_blocks.{level}");
        let first = block;
        let mut places = 1;
        for at in 0.. {
            if !rename(
                &format!("{level}.resnets.{at}"),
                &format!("output_blocks.{block}.0"),
                &RESNET,
            ) {
                break;
            }
            places = 1;
            if rename(
                &format!("{level}.attentions.{at}"),
                &format!("output_blocks.{block}.1"),
                &[],
            ) {
                places = 2;
            }
            block += 1;
        }
        if first == block {
            break;
        }
        rename(
            &format!("{level}.upsamplers.0.conv"),
            &format!("output_blocks.{}.{places}.conv", block - 1),
            &[],
        );
    }
}

fn original_vae(tensors: &Tensors, all: &mut Tensors) {
    let attention = [
        ("group_norm", "norm"),
        ("to_q", "q"),
        ("to_k", "k"),
        ("to_v", "v"),
        ("to_out.0", "proj_out"),
    ];
    let shortcut = [("conv_shortcut", "nin_shortcut")];
    let model = "first_stage_model";
    let mut attention_tensors = Tensors::new();
    for (name, tensor) in tensors
        .iter()
        .filter(|(name, _)| name.contains("mid_block.attentions"))
    {
        // The original's are convolutions of one pixel.
        let tensor = match tensor.dims() {
            [rows, columns] if name.contains("to_") => {
                tensor.reshape((*rows, *columns, 1, 1)).expect("a kernel")
            }
            _ => tensor.clone(),
        };
        attention_tensors.insert(name.clone(), tensor);
    }
    take(
        "decoder.mid_block.attentions.0",
        &format!("{model}.decoder.mid.attn_1"),
        &attention,
        &attention_tensors,
        all,
    );
    let mut rename = |from: &str, to: &str, inner: &[(&str, &str)]| {
        take(from, &format!("{model}.{to}"), inner, tensors, all)
    };
    rename("post_quant_conv", "post_quant_conv", &[]);
    rename("decoder.conv_in", "decoder.conv_in", &[]);
    rename("decoder.conv_out", "decoder.conv_out", &[]);
    rename("decoder.conv_norm_out", "decoder.norm_out", &[]);
    rename(
        "decoder.mid_block.resnets.0",
        "decoder.mid.block_1",
        &shortcut,
    );
    rename(
        "decoder.mid_block.resnets.1",
        "decoder.mid.block_2",
        &shortcut,
    );
    for (level, original) in (0..4).rev().enumerate() {
        for at in 0..4 {
            let to = format!("decoder.up.{original}.block.{at}");
            rename(
                &format!("decoder.up_blocks.{level}.resnets.{at}"),
                &to,
                &shortcut,
            );
        }
        let to = format!("decoder.up.{original}.upsample.conv");
        rename(
            &format!("decoder.up_blocks.{level}.upsamplers.0.conv"),
            &to,
            &[],
        );
    }
}

fn open_clip(tensors: &Tensors, all: &mut Tensors) {
    let model = "conditioner.embedders.1.model";
    let mut put = |name: &str, tensor: Tensor| all.insert(format!("{model}.{name}"), tensor);
    put(
        "token_embedding.weight",
        tensors["text_model.embeddings.token_embedding.weight"].clone(),
    );
    put(
        "positional_embedding",
        tensors["text_model.embeddings.position_embedding.weight"].clone(),
    );
    put(
        "text_projection",
        tensors["text_projection.weight"]
            .t()
            .and_then(|t| t.contiguous())
            .expect("turned"),
    );
    for kind in ["weight", "bias"] {
        put(
            &format!("ln_final.{kind}"),
            tensors[&format!("text_model.final_layer_norm.{kind}")].clone(),
        );
        for block in 0.. {
            let from = |layer: &str| {
                tensors.get(&format!("text_model.encoder.layers.{block}.{layer}.{kind}"))
            };
            let Some(query) = from("self_attn.q_proj") else {
                break;
            };
            let (key, value) = (
                &from("self_attn.k_proj").expect("a key"),
                from("self_attn.v_proj").expect("a value"),
            );
            let joined = Tensor::cat(&[query, key, value], 0).expect("three thirds");
            let to = format!("transformer.resblocks.{block}");
            put(&format!("{to}.attn.in_proj_{kind}"), joined);
            for (layer, original) in [
                ("self_attn.out_proj", "attn.out_proj"),
                ("layer_norm1", "ln_1"),
                ("layer_norm2", "ln_2"),
                ("mlp.fc1", "mlp.c_fc"),
                ("mlp.fc2", "mlp.c_proj"),
            ] {
                put(
                    &format!("{to}.{original}.{kind}"),
                    from(layer).expect("a layer").clone(),
                );
            }
        }
    }
}
