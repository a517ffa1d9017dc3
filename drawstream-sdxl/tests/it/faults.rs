//! Bad files: one clear error each, and no panic.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use drawstream_sdxl::candle_core::{DType, Device, Tensor, safetensors};
use drawstream_sdxl::{
    Engine, LoraChoice, LoraError, PaintError, Precision, Survey, UnmatchedKeys, Weights,
};

use crate::model::Model;
use crate::reference::{options, pipeline, root};

/// The whole chain of an error, as a person sees it.
fn text(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", text(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}

fn load(path: &Path, loras: &[LoraChoice]) -> Result<Engine, PaintError> {
    let weights = Weights::open(path)?;
    let mut options = options(Precision::F32);
    options.loras = loras.to_vec();
    Engine::load(&weights, &options)
}

fn check_model(damage: impl Fn(&Model), expected: &[&str]) {
    let model = Model::copy();
    damage(&model);
    let error = load(model.path(), &[]).expect_err("a damaged model must not load");
    let text = text(&error);
    for part in expected {
        assert!(text.contains(part), "{text:?} does not say {part:?}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

#[test]
fn a_missing_file_is_named_with_the_names_that_would_do() {
    check_model(
        |model| fs::remove_file(model.file("unet")).expect("removed"),
        &[
            "/unet: no such file",
            "diffusion_pytorch_model.safetensors",
            "diffusion_pytorch_model.fp16.safetensors",
        ],
    );
    check_model(
        |model| fs::remove_file(model.path().join("vae/config.json")).expect("removed"),
        &["/vae: no such file", "config.json"],
    );
    check_model(
        |model| fs::remove_file(model.path().join("tokenizer_2/merges.txt")).expect("removed"),
        &["tokenizer_2/merges.txt", "cannot read"],
    );
}

#[test]
fn a_missing_tensor_is_named_with_its_shape() {
    check_model(
        |model| {
            let mut tensors = model.tensors("unet");
            tensors.remove("mid_block.attentions.0.proj_in.weight");
            model.save("unet", &tensors);
        },
        &[
            "diffusion_pytorch_model.safetensors: no tensor mid_block.attentions.0.proj_in.weight",
            "[32, 32]",
        ],
    );
}

#[test]
fn a_wrong_shape_is_named_with_the_right_one() {
    check_model(
        |model| {
            model.change("unet", "conv_in.weight", |tensor| {
                tensor.narrow(1, 0, 3).expect("fewer channels")
            });
        },
        &[
            "unet/diffusion_pytorch_model.safetensors: conv_in.weight is [16, 3, 3, 3], and should be [16, 4, 3, 3]",
        ],
    );
}

#[test]
fn a_truncated_file_is_named_with_its_length() {
    for keep in [0, 4, 100, 100_000] {
        check_model(
            |model| {
                let bytes = fs::read(model.file("unet")).expect("a file");
                fs::write(model.file("unet"), &bytes[..keep]).expect("cut");
            },
            &[
                "diffusion_pytorch_model.safetensors: not a whole safetensors file",
                &format!("{keep} bytes"),
            ],
        );
    }
}

#[test]
fn a_number_that_is_not_finite_is_named() {
    for (bad, dtype) in [
        (f64::NAN, DType::F16),
        (f64::INFINITY, DType::F32),
        (f64::NAN, DType::BF16),
    ] {
        check_model(
            |model| {
                model.change(
                    "text_encoder_2",
                    "text_model.final_layer_norm.bias",
                    |tensor| (tensor.to_dtype(dtype).expect("a float") * bad).expect("a product"),
                );
                // Text encoders load with the first prompt; here it is asked for at once.
                model.change("unet", "conv_out.bias", |tensor| {
                    (tensor.to_dtype(dtype).expect("a float") * bad).expect("a product")
                });
            },
            &[
                "diffusion_pytorch_model.safetensors: conv_out.bias holds a number that is not finite",
            ],
        );
    }
}

#[test]
fn an_option_that_is_not_computed_here_is_refused() {
    check_model(
        |model| {
            let path = model.path().join("unet/config.json");
            let json = fs::read_to_string(&path).expect("a file");
            let json = json.replace(
                "\"resnet_time_scale_shift\": \"default\"",
                "\"resnet_time_scale_shift\": \"scale_shift\"",
            );
            fs::write(path, json).expect("written");
        },
        &["unet/config.json: resnet_time_scale_shift = scale_shift is not supported"],
    );
}

#[test]
fn a_survey_collects_everything_that_is_wrong() {
    let model = Model::copy();
    assert!(Survey::of(model.path()).is_whole());
    fs::remove_file(model.file("vae")).expect("removed");
    let mut tensors = model.tensors("unet");
    tensors.remove("conv_in.bias");
    tensors.remove("conv_out.bias");
    model.save("unet", &tensors);
    let survey = Survey::of(model.path());
    let problems: Vec<String> = survey
        .parts
        .iter()
        .flat_map(|part| &part.problems)
        .map(ToString::to_string)
        .collect();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(!survey.is_whole());
    let whole = Survey::of(&pipeline());
    let lora = whole
        .lora(&root().join("lora/kohya_sgm.safetensors"))
        .expect("a LoRA");
    assert!(
        lora.unmatched.is_empty() && lora.problem.is_none() && lora.matched > 100,
        "{lora:?}"
    );
}

/// A LoRA of one layer whose matrices are of ones.
fn lora(folder: &Path, key: &str, down: &[usize], up: &[usize]) -> LoraChoice {
    let ones = |shape: &[usize]| Tensor::ones(shape, DType::F32, &Device::Cpu).expect("a tensor");
    let path = folder.join("lora.safetensors");
    let tensors = HashMap::from([
        (format!("{key}.lora_down.weight"), ones(down)),
        (format!("{key}.lora_up.weight"), ones(up)),
    ]);
    safetensors::save(&tensors, &path).expect("saved");
    LoraChoice { path, weight: 1.0 }
}

#[test]
fn loras_that_do_not_fit_say_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases: [(&str, &[usize], &[usize], &str); 5] = [
        (
            "lora_te_text_model_encoder_layers_0_mlp_fc1",
            &[4, 768],
            &[3072, 4],
            "for Stable Diffusion 1 or 2, not for SDXL",
        ),
        (
            "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k",
            &[4, 768],
            &[32, 4],
            "for Stable Diffusion 1 or 2, not for SDXL",
        ),
        (
            "lora_unet_nothing_of_this_name",
            &[4, 8],
            &[8, 4],
            "1 of 1 layers match nothing in the model, first lora_unet_nothing",
        ),
        (
            "lora_unet_conv_out",
            &[4, 16, 1, 1],
            &[4, 4, 1, 1],
            "changes a weight of [4, 16], and the model's is [4, 16, 3, 3]",
        ),
        (
            "lora_unet_conv_out",
            &[4, 16, 3, 3],
            &[4, 5, 1, 1],
            "of a kind that is not merged here",
        ),
    ];
    for (key, down, up, expected) in cases {
        let lora = lora(folder.path(), key, down, up);
        let error = load(&pipeline(), &[lora]).expect_err("must not be merged");
        let text = text(&error);
        assert!(
            text.contains(expected),
            "{text:?} does not say {expected:?}"
        );
    }
    let path = folder.path().join("half.safetensors");
    let half = Tensor::ones((4, 4), DType::F32, &Device::Cpu).expect("a tensor");
    safetensors::save(
        &HashMap::from([("unet.conv_in.lora_A.weight", half)]),
        &path,
    )
    .expect("saved");
    let error =
        load(&pipeline(), &[LoraChoice { path, weight: 1.0 }]).expect_err("must not be merged");
    assert!(
        text(&error).contains("unet.conv_in has no up matrix"),
        "{}",
        text(&error)
    );
}

#[test]
fn unmatched_keys_are_left_out_only_when_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let stray = lora(
        folder.path(),
        "lora_unet_nothing_of_this_name",
        &[4, 8],
        &[8, 4],
    );
    let weights = Weights::open(&pipeline()).expect("whole");
    let mut options = options(Precision::F32);
    options.loras = vec![stray];
    let error = Engine::load(&weights, &options).expect_err("refused");
    assert!(
        matches!(
            error,
            PaintError::Lora(LoraError::Unmatched {
                unmatched: 1,
                total: 1,
                ..
            })
        ),
        "{error:?}"
    );
    options.unmatched = UnmatchedKeys::Ignore;
    Engine::load(&weights, &options).expect("left out");
}
