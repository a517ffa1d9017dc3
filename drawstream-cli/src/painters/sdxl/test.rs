//! The painter with the tiny model among the fixtures.

use std::path::Path;

use drawstream_core::color::Rgb8;
use drawstream_core::gate::{Gate, Judgement};
use drawstream_core::scene::Seed;

use super::*;
use crate::config::Config;

fn fixture(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sdxl-reference");
    root.join(path).display().to_string()
}

fn config(more: &[(&str, &str)]) -> PainterConfig {
    let usual = [
        ("painter.model_base", fixture("pipeline")),
        ("painter.lora_repo", fixture("lora")),
        ("painter.lora_weight", "kohya.safetensors".to_owned()),
        ("painter.device", "cpu".to_owned()),
        ("painter.width", "64".to_owned()),
        ("painter.height", "64".to_owned()),
        ("painter.inference_steps", "3".to_owned()),
    ];
    let flags = usual
        .into_iter()
        .chain(more.iter().map(|&(name, value)| (name, value.to_owned())));
    let flags: Vec<_> = flags
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    Config::load(None, &flags).unwrap().painter
}

fn scene(seed: u64) -> ApprovedScene {
    let gate = Gate::default();
    let donation = crate::commands::paint::donation("a fox in the snow");
    let Judgement::Approved(request) = gate.judge(donation) else {
        panic!("a fox is allowed");
    };
    let scene = drawstream_core::sketch::plan(request.text(), Seed(seed));
    gate.judge_scene(&request, scene).unwrap()
}

fn pixels(painted: Result<Picture, PainterError>) -> image::RgbImage {
    match painted.unwrap() {
        Picture::Painted(pixels) => pixels,
        Picture::Indexed(_) => panic!("SDXL paints no pixel art"),
    }
}

#[tokio::test]
async fn a_scene_is_painted_as_its_seed_says_and_otherwise_at_the_second_attempt() {
    let painter = Sdxl::new(&config(&[]));
    let sitting = Sitting::default();
    let mut previews = sitting.preview.subscribe();
    let scene = scene(7);
    let first = pixels(painter.paint(&scene, &sitting).await);
    assert_eq!(first.dimensions(), (64, 64));
    let preview = previews.borrow_and_update().clone().unwrap();
    assert_eq!(preview.dimensions(), (8, 8));
    assert!(*sitting.progress.borrow() >= 0.95);

    painter.release().await;
    let again = pixels(painter.paint(&scene, &Sitting::default()).await);
    assert_eq!(first, again, "released in between");
    let second = Sitting {
        attempt: 1,
        ..Sitting::default()
    };
    assert_ne!(first, pixels(painter.paint(&scene, &second).await));
    let plain = Sdxl::new(&config(&[("painter.lora_weight", "none")]));
    let plain = pixels(plain.paint(&scene, &Sitting::default()).await);
    assert_ne!(first, plain, "the LoRA is in the picture");
}

#[tokio::test]
async fn a_picture_that_nobody_wants_any_more_ends_and_the_next_is_painted() {
    let painter = Sdxl::new(&config(&[("painter.inference_steps", "500")]));
    let scene = scene(1);
    let sitting = Sitting::default();
    let mut progress = sitting.progress.subscribe();
    let begun = async {
        progress.wait_for(|done| *done > 0.0).await.unwrap();
        sitting.cancel.cancel();
        std::future::pending::<()>().await;
    };
    let error = tokio::select! {
        painted = painter.paint(&scene, &sitting) => painted.unwrap_err(),
        () = begun => unreachable!("it waits for ever"),
    };
    assert!(matches!(error, PainterError::Cancelled), "{error}");
    assert!(*sitting.progress.borrow() < 0.5);

    // The same by dropping the future.
    let sitting = Sitting::default();
    let mut progress = sitting.progress.subscribe();
    tokio::select! {
        _ = painter.paint(&scene, &sitting) => panic!("500 timesteps are not over yet"),
        begun = progress.wait_for(|done| *done > 0.0) => drop(begun.unwrap()),
    }
    // The thread takes this only after the picture before has ended.
    painter.release().await;
    assert!(*sitting.progress.borrow() < 0.5);
}

#[tokio::test]
async fn what_is_not_there_or_does_not_fit_is_said_with_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().display().to_string();
    let said = async |more: &[(&str, &str)]| {
        let painter = Sdxl::new(&config(more));
        let painted = painter.paint(&scene(1), &Sitting::default()).await;
        let health = painter.check().await;
        (painted.unwrap_err().to_string(), health)
    };
    let name = "stabilityai/stable-diffusion-xl-base-1.0";
    let (error, health) = said(&[
        ("painter.model_base", name),
        ("painter.models_dir", &models),
    ])
    .await;
    for part in [
        name,
        "sdxl-base",
        "drawstream weights unpack",
        "PIXEL_MODEL_BASE",
    ] {
        assert!(error.contains(part), "{error} lacks {part}");
    }
    assert!(health.mend.unwrap().contains("weights unpack"));

    let (error, _) = said(&[("painter.lora_weight", "other.safetensors")]).await;
    assert!(
        error.contains("the LoRA") && error.contains("other.safetensors"),
        "{error}"
    );

    if !cfg!(feature = "cuda") {
        let (error, health) = said(&[("painter.device", "cuda")]).await;
        assert!(error.contains("PIXEL_DEVICE=cuda"), "{error}");
        assert!(health.mend.unwrap().contains("--features cuda"));
    }
    assert!(!Sdxl::is_set_up(&config(&[(
        "painter.model_base",
        "nowhere"
    )])));
    let painter = Sdxl::new(&config(&[]));
    let health = painter.check().await;
    assert_eq!(
        (health.mend, health.state.contains("one LoRA")),
        (None, true)
    );
}

#[test]
fn a_prompt_is_as_much_of_the_scene_as_the_model_reads() {
    let orders = Orders::from(&config(&[]));
    let weights = Weights::open(fixture("pipeline").as_ref()).unwrap();
    let mut scene = scene(3).into_scene();
    scene.seed = Seed(3);
    scene.palette = vec![Rgb8::new(20, 30, 80), Rgb8::new(245, 176, 41)];
    let first = "an owl with a lantern on a mossy stone bridge over the river";
    let more = [
        "pine trees in fog",
        "distant mountains",
        "a rowing boat",
        "fireflies",
        "reeds",
    ];
    // A thought that is there already is dropped, so each of these has its number.
    let numbered: Vec<String> = (0..40).map(|at| format!("{} {at}", more[at % 5])).collect();
    scene.prompt = format!("{first}, {}", numbered.join(", "));
    let request = orders.request(&scene, &weights, 2);
    for tokenizer in weights.tokenizers() {
        let tokens = tokenizer.count(&request.prompt);
        assert!((60..=75).contains(&tokens), "{tokens}: {}", request.prompt);
    }
    let kept = request
        .prompt
        .strip_prefix(&format!("pixel art, {first}, "));
    let kept: Vec<&str> = kept.unwrap().split(", ").collect();
    assert_eq!(
        kept,
        numbered[..kept.len()],
        "whole thoughts, from the first"
    );
    assert!(matches!(
        request.noise,
        InitialNoise::Seed {
            seed: 5,
            source: NoiseSource::Cuda
        }
    ));
    scene.negative_prompt.clear();
    assert_eq!(orders.request(&scene, &weights, 0).negative_prompt, None);
}

#[test]
fn the_preset_lcm_brings_its_sampler_and_both_loras() {
    let orders = Orders::from(&config(&[
        ("painter.preset", "lcm"),
        ("painter.lcm_lora", &fixture("lora/peft.safetensors")),
    ]));
    let (_, options) = orders.ready().unwrap();
    let weights: Vec<f64> = options.loras.iter().map(|lora| lora.weight).collect();
    assert!(
        (weights[0] - 1.0).abs() < 1e-6 && (weights[1] - 1.2).abs() < 1e-6,
        "{weights:?}"
    );
    let weights = Weights::open(fixture("pipeline").as_ref()).unwrap();
    let request = orders.request(scene(3).scene(), &weights, 0);
    assert_eq!(request.scheduler, SchedulerChoice::Preset(Preset::Lcm));
    assert!((request.guidance - 1.5).abs() < 1e-9);
}
