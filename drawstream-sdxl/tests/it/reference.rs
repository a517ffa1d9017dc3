//! The reference's directory: a model, and what Python's diffusers computed with it.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use drawstream_sdxl::candle_core::{Device, Tensor, safetensors};
use drawstream_sdxl::{
    DeviceChoice, Engine, LoraChoice, Memory, Options, Precision, Progress, Weights,
};
use serde_json::Value;

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `DRAWSTREAM_SDXL_REFERENCE`, else the tiny one among the fixtures.
pub(crate) fn root() -> PathBuf {
    env::var_os("DRAWSTREAM_SDXL_REFERENCE").map_or_else(
        || workspace().join("fixtures/sdxl-reference"),
        PathBuf::from,
    )
}

pub(crate) fn pipeline() -> PathBuf {
    root().join("pipeline")
}

pub(crate) fn lists() -> Value {
    let text = fs::read_to_string(root().join("expected.json")).expect("the reference's lists");
    // Python writes infinity as JSON does not.
    serde_json::from_str(&text.replace("-Infinity", "null"))
        .expect("the reference's lists are JSON")
}

pub(crate) fn tensors() -> BTreeMap<String, Tensor> {
    let tensors = safetensors::load(root().join("expected.safetensors"), &Device::Cpu);
    tensors
        .expect("the reference's tensors")
        .into_iter()
        .collect()
}

pub(crate) fn options(precision: Precision) -> Options {
    Options {
        device: DeviceChoice::Cpu,
        precision,
        ..Options::default()
    }
}

pub(crate) fn engine(precision: Precision, memory: Memory, loras: &[LoraChoice]) -> Engine {
    let weights = Weights::open(&pipeline()).expect("the reference's model is whole");
    let options = Options {
        memory,
        loras: loras.to_vec(),
        ..options(precision)
    };
    Engine::load(&weights, &options).expect("the reference's model loads")
}

pub(crate) fn go_on(_: Progress<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The largest absolute difference, as a share of the reference's largest absolute number.
pub(crate) fn difference(found: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(found.dims(), expected.dims(), "shapes differ");
    let largest = |tensor: Tensor| {
        tensor
            .abs()
            .and_then(|t| t.max_all())
            .and_then(|t| t.to_scalar::<f32>())
    };
    let apart = largest((found - expected).expect("equal shapes")).expect("f32 numbers");
    let scale = largest(expected.clone()).expect("f32 numbers");
    // NaN must not pass as small.
    assert!(apart.is_finite(), "a number is not finite");
    if apart == 0.0 { 0.0 } else { apart / scale }
}
