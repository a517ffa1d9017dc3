//! LoRAs of convolutions and of text encoders, against the product written out.

use std::collections::HashMap;
use std::path::Path;

use drawstream_sdxl::candle_core::{DType, Device, Tensor, safetensors};
use drawstream_sdxl::{LoraChoice, Memory, Precision};

use crate::model::Model;
use crate::reference::{difference, engine, go_on, options};
use drawstream_sdxl::{Engine, InitialNoise, NoiseSource, Request, SchedulerChoice, Weights};

/// Numbers that repeat, so that the test does.
fn spread(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let numbers = (0..count).map(|at| ((at * 37 % 101) as f32 - 50.0) / 400.0);
    Tensor::from_iter(numbers, &Device::Cpu)
        .and_then(|numbers| numbers.reshape(shape))
        .expect("a tensor")
}

fn paint(mut engine: Engine) -> Tensor {
    let request = Request {
        prompt: "a fox".to_owned(),
        negative_prompt: None,
        width: 64,
        height: 64,
        steps: 2,
        guidance: 3.0,
        scheduler: SchedulerChoice::OfWeights,
        noise: InitialNoise::Seed {
            seed: 3,
            source: NoiseSource::Cpu,
        },
    };
    engine
        .paint_numbers(&request, &mut go_on)
        .expect("a picture")
}

/// Merges the LoRA through the engine, and by hand into a copy of the model: the pictures must be equal.
fn check(part: &str, weight: &str, file: &HashMap<String, Tensor>, delta: &Tensor) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lora.safetensors");
    safetensors::save(file, &path).expect("saved");
    let merged = paint(engine(
        Precision::F32,
        Memory::Roomy,
        &[LoraChoice { path, weight: 0.7 }],
    ));
    let model = Model::copy();
    model.change(part, weight, |base| {
        let base = base.to_dtype(DType::F32).expect("f32");
        (base + (delta * 0.7).expect("scaled")).expect("one shape")
    });
    let by_hand = paint(load(model.path()));
    let apart = difference(&merged, &by_hand);
    assert!(apart < 1e-5, "{weight}: {apart}");
    let plain = paint(engine(Precision::F32, Memory::Roomy, &[]));
    assert!(difference(&merged, &plain) > 1e-4, "{weight}: no change");
}

fn load(path: &Path) -> Engine {
    let weights = Weights::open(path).expect("whole");
    Engine::load(&weights, &options(Precision::F32)).expect("loads")
}

#[test]
fn a_convolutions_change_is_merged_with_its_kernel() {
    let (down, up) = (spread(&[2, 16, 3, 3]), spread(&[16, 2, 1, 1]));
    let alpha = Tensor::new(1f32, &Device::Cpu).expect("a number");
    let delta = product(
        &up.reshape((16, 2)).expect("flat"),
        &down.reshape((2, 144)).expect("flat"),
    );
    let delta = (delta * 0.5)
        .and_then(|delta| delta.reshape((16, 16, 3, 3)))
        .expect("alpha ½");
    let key = "lora_unet_input_blocks_1_0_in_layers_2";
    let file = HashMap::from([
        (format!("{key}.lora_down.weight"), down),
        (format!("{key}.lora_up.weight"), up),
        (format!("{key}.alpha"), alpha),
    ]);
    check(
        "unet",
        "down_blocks.0.resnets.0.conv1.weight",
        &file,
        &delta,
    );
}

#[test]
fn a_tucker_core_stands_between_the_two() {
    let (down, mid, up) = (
        spread(&[2, 16, 1, 1]),
        spread(&[2, 2, 3, 3]),
        spread(&[16, 2, 1, 1]),
    );
    // Each of the nine pixels by itself: up · mid · down.
    let mut pixels = Vec::new();
    for at in 0..9 {
        let core = mid
            .reshape((2, 2, 9))
            .and_then(|mid| mid.narrow(2, at, 1)?.squeeze(2)?.contiguous())
            .expect("a core");
        let inner = product(&core, &down.reshape((2, 16)).expect("flat"));
        pixels.push(product(&up.reshape((16, 2)).expect("flat"), &inner));
    }
    let delta = Tensor::stack(&pixels, 2)
        .and_then(|delta| delta.reshape((16, 16, 3, 3)))
        .expect("a kernel");
    let key = "lora_unet_down_blocks_0_resnets_0_conv2";
    let file = HashMap::from([
        (format!("{key}.lora_down.weight"), down),
        (format!("{key}.lora_mid.weight"), mid),
        (format!("{key}.lora_up.weight"), up),
    ]);
    check(
        "unet",
        "down_blocks.0.resnets.0.conv2.weight",
        &file,
        &delta,
    );
}

#[test]
fn text_encoders_are_changed_too() {
    let (down, up) = (spread(&[4, 32]), spread(&[32, 4]));
    let delta = product(&up, &down);
    for (key, part) in [
        (
            "lora_te1_text_model_encoder_layers_0_self_attn_v_proj.lora_down.weight",
            "text_encoder",
        ),
        (
            "text_encoder_2.text_model.encoder.layers.0.self_attn.v_proj.lora_A.weight",
            "text_encoder_2",
        ),
    ] {
        let up_key = key
            .replace("lora_down", "lora_up")
            .replace("lora_A", "lora_B");
        let file = HashMap::from([(key.to_owned(), down.clone()), (up_key, up.clone())]);
        check(
            part,
            "text_model.encoder.layers.0.self_attn.v_proj.weight",
            &file,
            &delta,
        );
    }
}

fn product(left: &Tensor, right: &Tensor) -> Tensor {
    left.matmul(right).expect("matrices that fit")
}
