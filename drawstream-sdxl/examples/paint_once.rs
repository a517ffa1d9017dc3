//! Paints one picture and says what it took: seconds to load, seconds a timestep, the most memory.
//!
//! `cargo run --release -p drawstream-sdxl --example paint_once -- MODEL OUT.ppm [SIDE] [TIMESTEPS] [auto|f32|f16|bf16] [low]`

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::Instant;

use drawstream_sdxl::{
    Engine, InitialNoise, Memory, NoiseSource, Options, Precision, Progress, Request,
    SchedulerChoice, Weights,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [model, out, rest @ ..] = arguments.as_slice() else {
        return Err("usage: paint_once MODEL OUT.ppm [SIDE] [TIMESTEPS] [PRECISION] [low]".into());
    };
    let number = |at: usize, usual| rest.get(at).map_or(Ok(usual), |text| text.parse());
    let (side, steps) = (number(0, 1024)?, number(1, 40)?);
    let precision = match rest.get(2).map(String::as_str) {
        Some("f32") => Precision::F32,
        Some("f16") => Precision::F16,
        Some("bf16") => Precision::Bf16,
        _ => Precision::Auto,
    };
    let memory = if rest.get(3).is_some() {
        Memory::Low
    } else {
        Memory::Roomy
    };
    let mut log = io::stderr();
    let start = Instant::now();
    let weights = Weights::open(model.as_ref())?;
    let mut engine = Engine::load(
        &weights,
        &Options {
            precision,
            memory,
            ..Options::default()
        },
    )?;
    writeln!(
        log,
        "loaded {} MB in {:.1?}",
        engine.weight_bytes() / 1_000_000,
        start.elapsed()
    )?;
    let request = Request {
        prompt: "pixel art, a cozy timber cabin under aurora".to_owned(),
        negative_prompt: Some("photo".to_owned()),
        width: side,
        height: side,
        steps,
        guidance: 5.0,
        scheduler: SchedulerChoice::OfWeights,
        noise: InitialNoise::Seed {
            seed: 0,
            source: NoiseSource::Cpu,
        },
    };
    let mut last = Instant::now();
    let mut last_cpu = cpu_seconds();
    let picture = engine.paint(&request, &mut |progress| {
        let what = match progress {
            Progress::Encoding => "start".to_owned(),
            Progress::Denoising { .. } => "text encoded".to_owned(),
            Progress::Timestep { done, total, .. } => format!("timestep {done} of {total}"),
            Progress::Decoding { done, total } => format!("before tile {} of {total}", done + 1),
            _ => "again in f32".to_owned(),
        };
        let (took, cpu) = (last.elapsed(), cpu_seconds());
        let said = writeln!(
            log,
            "{what}: {took:.2?} since the line before, {:.2} s of all cores",
            cpu - last_cpu
        );
        (last, last_cpu) = (Instant::now(), cpu);
        if said.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    writeln!(
        log,
        "decoded: {:.2?} since the line before, {:.2} s of all cores; all: {:.1?}",
        last.elapsed(),
        cpu_seconds() - last_cpu,
        start.elapsed()
    )?;
    let head = format!("P6 {} {} 255\n", picture.width, picture.height);
    fs::write(out, [head.as_bytes(), &picture.rgb].concat())?;
    // Linux's own account of the most memory held at once.
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        let lines = status
            .lines()
            .filter(|line| line.starts_with("VmHWM") || line.starts_with("Rss"));
        writeln!(log, "{}", lines.collect::<Vec<_>>().join("; "))?;
    }
    Ok(())
}

/// The processor's time that this program has taken, which says more than the clock on a machine that others use.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15 of all, counted after the name in brackets; in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}
