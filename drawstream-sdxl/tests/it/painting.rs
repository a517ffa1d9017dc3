//! Whole pictures: precisions, memory modes, breaking off, previews, release, and NaN.

use std::ops::ControlFlow;

use drawstream_sdxl::candle_core::{DType, Tensor};
use drawstream_sdxl::{
    Engine, InitialNoise, LoraChoice, Memory, NoiseSource, PaintError, Precision, Preset, Progress,
    Request, SchedulerChoice, Weights,
};

use crate::model::Model;
use crate::reference::{difference, engine, go_on, options, root, tensors};

fn request() -> Request {
    Request {
        prompt: "pixel art of a fox".to_owned(),
        negative_prompt: Some("photo".to_owned()),
        width: 64,
        height: 64,
        steps: 4,
        guidance: 5.0,
        scheduler: SchedulerChoice::OfWeights,
        noise: InitialNoise::Seed {
            seed: 11,
            source: NoiseSource::Cuda,
        },
    }
}

fn numbers(engine: &mut Engine, request: &Request) -> Tensor {
    engine
        .paint_numbers(request, &mut go_on)
        .expect("a picture")
}

#[test]
fn half_precision_agrees_within_its_own_rounding() {
    let expected = numbers(&mut engine(Precision::F32, Memory::Roomy, &[]), &request());
    // A number rounds by 2⁻¹¹ of itself in f16 and 2⁻⁸ in bf16; errors of some hundred layers and four timesteps
    // under guidance 5 add up like a walk at random, to some tens of these.
    for (precision, tolerance) in [(Precision::F16, 2e-2), (Precision::Bf16, 1.5e-1)] {
        let found = numbers(&mut engine(precision, Memory::Roomy, &[]), &request());
        let apart = difference(&found, &expected);
        println!("{precision:?}: {apart:.2e}");
        assert!(apart < tolerance && apart > 0.0, "{precision:?}: {apart}");
    }
}

#[test]
fn low_memory_changes_nothing_that_can_be_seen() {
    let mut request = request();
    // Wide enough for two tiles of 64 latents.
    request.width = 768;
    let expected = numbers(&mut engine(Precision::F32, Memory::Roomy, &[]), &request);
    let found = numbers(&mut engine(Precision::F32, Memory::Low, &[]), &request);
    assert!(
        difference(&found, &expected) < 0.1,
        "tiles differ by {}",
        difference(&found, &expected)
    );
    // A seam would be a jump from one column to the next that the whole picture does not have there.
    let jumps = |picture: &Tensor| -> Vec<f32> {
        let (left, right) = (
            picture.narrow(2, 0, 767).expect("columns"),
            picture.narrow(2, 1, 767).expect("columns"),
        );
        let jump = (left - right)
            .and_then(|jump| jump.abs())
            .and_then(|jump| jump.mean((0, 1)));
        jump.and_then(|jump| jump.to_vec1()).expect("767 jumps")
    };
    for (at, (found, expected)) in jumps(&found).iter().zip(jumps(&expected)).enumerate() {
        assert!(
            (found - expected).abs() < 2.0 / 255.0,
            "column {at}: {found} against {expected}"
        );
    }
}

#[test]
fn the_same_request_paints_the_same_bytes_and_another_seed_others() {
    let mut engine = engine(Precision::F32, Memory::Roomy, &[]);
    for (_, preset) in Preset::NAMES {
        let mut request = request();
        request.scheduler = SchedulerChoice::Preset(preset);
        let first = engine.paint(&request, &mut go_on).expect("a picture");
        assert_eq!(
            (first.width, first.height, first.rgb.len()),
            (64, 64, 64 * 64 * 3)
        );
        assert_eq!(
            first,
            engine.paint(&request, &mut go_on).expect("a picture"),
            "{preset:?}"
        );
        request.noise = InitialNoise::Seed {
            seed: 12,
            source: NoiseSource::Cuda,
        };
        assert_ne!(
            first,
            engine.paint(&request, &mut go_on).expect("a picture"),
            "{preset:?}"
        );
    }
}

#[test]
fn breaking_off_ends_the_picture_before_the_next_timestep() {
    let mut engine = engine(Precision::F32, Memory::Roomy, &[]);
    for stop in 1..=3 {
        let mut seen = 0;
        let result = engine.paint(&request(), &mut |progress| match progress {
            Progress::Timestep { done, .. } => {
                seen = done;
                if done == stop {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            }
            _ => ControlFlow::Continue(()),
        });
        assert!(matches!(result, Err(PaintError::Cancelled)), "{result:?}");
        assert_eq!(seen, stop);
    }
    let decoding = engine.paint(&request(), &mut |progress| match progress {
        Progress::Decoding { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert!(
        matches!(decoding, Err(PaintError::Cancelled)),
        "{decoding:?}"
    );
}

#[test]
fn every_timestep_has_a_preview_of_an_eighth_of_the_size() {
    let mut engine = engine(Precision::F32, Memory::Roomy, &[]);
    let mut previews = Vec::new();
    let mut request = request();
    request.width = 96;
    let painted = engine.paint(&request, &mut |progress| {
        if let Progress::Timestep { preview, .. } = progress {
            previews.push(preview.picture().expect("a preview"));
        }
        ControlFlow::Continue(())
    });
    painted.expect("a picture");
    assert_eq!(previews.len(), 4);
    assert!(
        previews
            .iter()
            .all(|preview| (preview.width, preview.height) == (12, 8))
    );
    assert!(
        previews.windows(2).all(|pair| pair[0] != pair[1]),
        "previews change"
    );
}

#[test]
fn a_released_engine_paints_the_same_again() {
    let mut engine = engine(Precision::F32, Memory::Roomy, &[]);
    let before = engine.paint(&request(), &mut go_on).expect("a picture");
    assert!(engine.weight_bytes() > 0);
    engine.release();
    assert_eq!(engine.weight_bytes(), 0);
    assert_eq!(
        before,
        engine.paint(&request(), &mut go_on).expect("a picture")
    );
}

#[test]
fn loras_can_be_put_on_and_taken_off() {
    let lora = |file: &str, weight| LoraChoice {
        path: root().join(format!("lora/{file}.safetensors")),
        weight,
    };
    let mut changed = engine(Precision::F32, Memory::Roomy, &[]);
    let plain = numbers(&mut changed, &request());
    changed
        .set_loras(&[lora("peft", 0.5), lora("kohya_sgm", 0.3)])
        .expect("they fit");
    let both = numbers(&mut changed, &request());
    // The files hold the same numbers; kohya's alpha, 2 of rank 4, halves its own.
    let loaded = numbers(
        &mut engine(
            Precision::F32,
            Memory::Roomy,
            &[lora("peft", 0.5), lora("kohya_sgm", 0.3)],
        ),
        &request(),
    );
    assert_eq!(difference(&both, &loaded), 0.0);
    assert!(
        difference(&both, &plain) > 1e-3,
        "a LoRA changes the picture"
    );
    let failed = changed.set_loras(&[lora("no_such_file", 1.0)]);
    assert!(failed.is_err());
    assert_eq!(difference(&numbers(&mut changed, &request()), &both), 0.0);
    changed.set_loras(&[]).expect("none fits");
    assert_eq!(difference(&numbers(&mut changed, &request()), &plain), 0.0);
}

#[test]
fn nan_in_half_precision_is_painted_again_in_f32_and_is_an_error_there() {
    let model = Model::copy();
    // Beyond f16 after a few sums, far from f32's end.
    model.change("unet", "conv_in.weight", |tensor| {
        (tensor.to_dtype(DType::F32).expect("f32") * 1e5).expect("large")
    });
    let expected = {
        let weights = Weights::open(model.path()).expect("whole");
        let mut engine = Engine::load(&weights, &options(Precision::F32)).expect("loads");
        engine.paint(&request(), &mut go_on).expect("f32 has room")
    };
    // bf16 has the range; f16's weights themselves overflow, so it is its activations that must: a smaller factor.
    let model = Model::copy();
    model.change("unet", "conv_in.weight", |tensor| {
        (tensor * 3e4).expect("large")
    });
    let weights = Weights::open(model.path()).expect("whole");
    let mut engine = Engine::load(&weights, &options(Precision::F16)).expect("loads");
    let mut retried = false;
    let picture = engine.paint(&request(), &mut |progress| {
        retried |= matches!(progress, Progress::Retrying);
        ControlFlow::Continue(())
    });
    let picture = picture.expect("painted again in f32");
    assert!(retried, "f16 overflows here");
    assert_eq!(picture.rgb.len(), expected.rgb.len());

    let model = Model::copy();
    model.change("unet", "conv_out.weight", |tensor| {
        (tensor.to_dtype(DType::F32).expect("f32") * 1e38).expect("huge")
    });
    let weights = Weights::open(model.path()).expect("whole");
    let mut engine = Engine::load(&weights, &options(Precision::F32)).expect("loads");
    let error = engine
        .paint(&request(), &mut go_on)
        .expect_err("no picture of NaN");
    assert!(
        error.to_string().contains("not finite at timestep 1 of 4"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_painted_is_refused_before_any_work() {
    let mut engine = engine(Precision::F32, Memory::Roomy, &[]);
    for (width, height, steps, guidance, expected) in [
        (60, 64, 4, 5.0, "60 × 64 pixels"),
        (64, 0, 4, 5.0, "64 × 0 pixels"),
        (64, 100_000, 4, 5.0, "64 × 100000 pixels"),
        (64, 64, 0, 5.0, "the scheduler cannot be run"),
        (64, 64, 100_000, 5.0, "the scheduler cannot be run"),
        (64, 64, 4, f64::NAN, "guidance is NaN"),
    ] {
        let request = Request {
            width,
            height,
            steps,
            guidance,
            ..request()
        };
        let error = engine.paint(&request, &mut go_on).expect_err("refused");
        assert!(
            error.to_string().contains(expected),
            "{error} does not say {expected}"
        );
    }
    let noise = tensors()["unet.sample"].clone();
    let given = InitialNoise::Given {
        latents: noise,
        seed: 0,
        source: NoiseSource::Cpu,
    };
    let error = engine
        .paint(
            &Request {
                noise: given,
                ..request()
            },
            &mut go_on,
        )
        .expect_err("refused");
    assert!(
        error
            .to_string()
            .contains("[2, 4, 16, 16], and should be [1, 4, 8, 8]"),
        "{error}"
    );
}

#[test]
fn a_request_does_not_show_its_words() {
    let text = format!("{:?}", request());
    assert!(!text.contains("fox") && !text.contains("photo"), "{text}");
}
