//! Every tensor and every list of the reference, compared.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;

use drawstream_sdxl::candle_core::Tensor;
use drawstream_sdxl::{
    Engine, InitialNoise, LoraChoice, Memory, Noise, NoiseSource, Precision, Progress, Request,
    Scheduler, SchedulerChoice, SchedulerConfig, TextEmbedding,
};
use serde_json::{Map, Value};

use crate::reference::{difference, engine, go_on, lists, pipeline, root, tensors};

/// Of the reference's largest absolute number.
const TOLERANCE: f32 = 2e-4;

/// Remembers what was compared, prints each difference, and fails at the end with all that are too large.
#[derive(Default)]
struct Ledger {
    compared: BTreeSet<String>,
    failed: Vec<String>,
}

impl Ledger {
    #[expect(
        clippy::print_stdout,
        reason = "the table of differences is what this test is read for"
    )]
    fn compare(&mut self, name: &str, found: &Tensor, expected: &Tensor) {
        let difference = difference(found, expected);
        println!("{name:40} {difference:.2e}");
        self.compared.insert(name.to_owned());
        if difference > TOLERANCE {
            self.failed.push(format!("{name}: {difference:.2e}"));
        }
    }
}

fn number(value: &Value, key: &str) -> usize {
    value[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} is a number")) as usize
}

fn floats(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter()
        .map(|number| number.as_f64().expect("a number"))
        .collect()
}

/// The reference's first two prompts in a batch, as its UNet tensors have them.
fn pair(engine: &mut Engine, lists: &Value) -> TextEmbedding {
    let mut text = |at: usize| {
        let prompt = lists["prompts"][at]["prompt"].as_str().expect("a prompt");
        engine.encode_text(prompt).expect("a prompt is encoded")
    };
    let (first, second) = (text(0), text(1));
    TextEmbedding::pair(&first, &second).expect("two of one shape")
}

/// The UNet's answer at the timestep that ends a tensor's name, `…_t500`.
fn unet_answer(engine: &mut Engine, lists: &Value, name: &str) -> Tensor {
    let all = tensors();
    let ids: Vec<[f32; 6]> = all["unet.time_ids"]
        .to_vec2::<f32>()
        .expect("two rows")
        .into_iter()
        .map(|row| row.try_into().expect("six numbers"))
        .collect();
    let (_, timestep) = name.rsplit_once("_t").expect("a timestep");
    let text = pair(engine, lists);
    let timestep = timestep.parse().expect("a number");
    engine
        .predict_noise(&all["unet.sample"], timestep, &text, &ids)
        .expect("the UNet answers")
}

#[test]
fn texts_unet_vae_and_loras_are_the_references() {
    let (all, lists) = (tensors(), lists());
    let mut engine = engine(Precision::F32, Memory::Roomy, &[]);
    let mut ledger = Ledger::default();
    for (at, prompt) in lists["prompts"]
        .as_array()
        .expect("prompts")
        .iter()
        .enumerate()
    {
        let text = engine
            .encode_text(prompt["prompt"].as_str().expect("a prompt"))
            .expect("encoded");
        let negative = engine
            .encode_negative(prompt["negative_prompt"].as_str())
            .expect("encoded");
        for (name, found) in [
            ("embeds", &text.states),
            ("pooled", &text.pooled),
            ("negative_embeds", &negative.states),
            ("negative_pooled", &negative.pooled),
        ] {
            let name = format!("prompt{at}.{name}");
            ledger.compare(&name, found, &all[&name]);
        }
    }
    for name in all.keys().filter(|name| name.starts_with("unet.out_t")) {
        ledger.compare(name, &unet_answer(&mut engine, &lists, name), &all[name]);
    }
    let decoded = engine
        .decode_latents(&all["vae.latents"], &mut go_on)
        .expect("decoded");
    ledger.compare("vae.decoded", &decoded, &all["vae.decoded"]);

    let weight = lists["lora_scale"].as_f64().expect("a number");
    for name in all.keys().filter(|name| name.starts_with("lora.")) {
        let file = name.split('.').nth(1).expect("a file's name");
        let path = root().join(format!("lora/{file}.safetensors"));
        // Merged into a loaded model, which is also how LoRAs are changed.
        engine
            .set_loras(&[LoraChoice { path, weight }])
            .expect("the LoRA fits");
        ledger.compare(name, &unet_answer(&mut engine, &lists, name), &all[name]);
    }
    engine.set_loras(&[]).expect("no LoRA fits");
    let plain = all
        .keys()
        .find(|name| name.starts_with("unet.out_t"))
        .expect("an answer");
    ledger.compare(plain, &unet_answer(&mut engine, &lists, plain), &all[plain]);

    let untouched: Vec<&String> = all
        .keys()
        .filter(|name| !ledger.compared.contains(*name) && !name.starts_with("run."))
        .filter(|name| !["unet.sample", "unet.time_ids", "vae.latents"].contains(&name.as_str()))
        .collect();
    assert!(untouched.is_empty(), "not compared: {untouched:?}");
    assert!(
        ledger.failed.is_empty(),
        "too far from the reference: {:#?}",
        ledger.failed
    );
}

#[test]
fn every_run_is_the_references_at_each_timestep() {
    let (all, lists) = (tensors(), lists());
    let mut engine = engine(Precision::F32, Memory::Roomy, &[]);
    let mut ledger = Ledger::default();
    for run in lists["runs"].as_array().expect("runs") {
        let name = format!("run.{}", run["name"].as_str().expect("a name"));
        let prompt = &lists["prompts"][number(run, "prompt")];
        let config = SchedulerConfig::parse(&run["config"].to_string()).expect("a scheduler");
        compare_table(&name, &config, run);
        let request = Request {
            prompt: prompt["prompt"].as_str().expect("a prompt").to_owned(),
            negative_prompt: prompt["negative_prompt"].as_str().map(str::to_owned),
            width: number(run, "width"),
            height: number(run, "height"),
            steps: number(run, "steps"),
            guidance: run["guidance"].as_f64().expect("a number"),
            scheduler: SchedulerChoice::Config(Box::new(config)),
            noise: InitialNoise::Given {
                latents: all[&format!("{name}.init_latents")].clone(),
                seed: 0,
                source: NoiseSource::Cpu,
            },
        };
        let mut trace = Vec::new();
        let picture = engine.paint_numbers(&request, &mut |progress| {
            if let Progress::Timestep { latents, .. } = progress {
                trace.push(latents.clone());
            }
            ControlFlow::Continue(())
        });
        let picture = picture
            .and_then(|picture| Ok(picture.permute((1, 2, 0))?))
            .expect("a picture");
        let trace = Tensor::cat(&trace, 0).expect("latents of one shape");
        // Each latent by itself: an error at the end, where numbers are small, must not hide behind the start's.
        let expected = &all[&format!("{name}.trace")];
        for at in 0..expected.dim(0).expect("timesteps") {
            let row = |tensor: &Tensor| {
                tensor
                    .narrow(0, at, 1)
                    .expect("as many timesteps as the reference")
            };
            ledger.compare(&format!("{name}.trace[{at}]"), &row(&trace), &row(expected));
        }
        ledger.compare(&format!("{name}.trace"), &trace, expected);
        ledger.compare(
            &format!("{name}.image"),
            &picture,
            &all[&format!("{name}.image")],
        );
    }
    let untouched: Vec<&String> = all
        .keys()
        .filter(|name| name.starts_with("run.") && !name.ends_with(".init_latents"))
        .filter(|name| !ledger.compared.contains(*name))
        .collect();
    assert!(untouched.is_empty(), "not compared: {untouched:?}");
    assert!(
        ledger.failed.is_empty(),
        "too far from the reference: {:#?}",
        ledger.failed
    );
}

fn assert_close(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}: lengths");
    for (found, expected) in found.iter().zip(expected) {
        let apart = (found - expected).abs();
        assert!(
            apart <= 1e-5 * expected.abs() + 1e-12,
            "{what}: {found} is not {expected}"
        );
    }
}

fn compare_table(name: &str, config: &SchedulerConfig, expected: &Value) {
    let steps = number(expected, "steps");
    let scheduler = Scheduler::new(config, steps).expect("a run");
    let timesteps: Vec<f64> = scheduler
        .timesteps()
        .iter()
        .copied()
        .map(f64::from)
        .collect();
    let name = format!("{name} of {steps}");
    assert_close(
        &format!("{name}: timesteps"),
        &timesteps,
        &floats(&expected["timesteps"]),
    );
    match &expected["sigmas"] {
        Value::Null => {}
        list => assert_close(
            &format!("{name}: sigmas"),
            scheduler.sigmas().expect("sigmas"),
            &floats(list),
        ),
    }
    if let Some(sigma) = expected["init_noise_sigma"].as_f64() {
        assert_close(
            &format!("{name}: initial sigma"),
            &[scheduler.init_noise_sigma()],
            &[sigma],
        );
    }
}

#[test]
fn every_schedulers_table_is_the_references() {
    let base = fs::read_to_string(pipeline().join("scheduler/scheduler_config.json"))
        .expect("a scheduler");
    let base: Map<String, Value> = serde_json::from_str(&base).expect("JSON");
    for expected in lists()["schedules"].as_array().expect("schedules") {
        let mut config = base.clone();
        for (key, value) in expected.as_object().expect("an object") {
            match key.as_str() {
                "scheduler" => config.insert("_class_name".to_owned(), value.clone()),
                "steps" | "timesteps" | "sigmas" | "init_noise_sigma" => None,
                option => config.insert(option.to_owned(), value.clone()),
            };
        }
        let config =
            SchedulerConfig::parse(&Value::Object(config).to_string()).expect("a scheduler");
        compare_table(&format!("{:?}", config.sampler), &config, expected);
    }
}

#[test]
fn cpu_noise_is_torchs() {
    let lists = lists();
    for (key, count) in [("noise_cpu", 4 * 12 * 12), ("noise_cpu_small", 12)] {
        for (seed, expected) in lists[key].as_object().expect("seeds") {
            let seed = seed.parse().expect("a seed");
            let found = Noise::new(NoiseSource::Cpu, seed).draw(count);
            for (found, expected) in found.iter().zip(floats(expected)) {
                assert!(
                    (f64::from(*found) - expected).abs() < 1e-6,
                    "{key}, seed {seed}: {found} is not {expected}"
                );
            }
        }
    }
}
