//! `drawstream plan`: the strokes that paint a picture.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use drawstream_core::color::Rgb8;
use drawstream_core::pixelize::{Options, pixelize};
use drawstream_core::plan::Version;
use drawstream_core::scene::Seed;
use drawstream_core::strokes::{Commission, Painting, Stage, Technique, Tempo, paint};
use image::ImageFormat;
use serde_json::json;

use super::pixelize::{ReportArg, SizeArg, color, read, write_bytes};
use crate::failure::Failure;

/// Plans the strokes that paint a picture: masses first, then shapes, lines, details and lights.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// The picture: PNG, JPEG, WebP, GIF or BMP, not animated. Made into pixel art first unless it is some.
    input: PathBuf,
    /// Where the plan is written; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    how: PaintingArgs,
    /// The line under the picture.
    #[arg(long, default_value = "", value_name = "TEXT")]
    caption: String,
    /// The version of the format: 1.1 has brush strokes and runs, 1.0 any reader knows.
    #[arg(long, default_value = "1.0", value_name = "VERSION", value_parser = version)]
    format: Version,
    /// Write what each stage paints as a transparent PNG into this folder.
    #[arg(long, value_name = "DIR")]
    layers: Option<PathBuf>,
    /// Print what was planned: on standard output, or on standard error where the plan goes there.
    #[arg(long, value_enum, value_name = "FORMAT")]
    report: Option<ReportArg>,
}

/// How a picture is made into pixel art and painted.
#[derive(Debug, clap::Args)]
pub(super) struct PaintingArgs {
    /// Pixels along the longer side, exactly WIDTHxHEIGHT, or `auto`: as many as the picture's own grid has.
    #[arg(long, default_value = "96", value_name = "N|WxH|auto")]
    size: SizeArg,
    /// The most colours, 1 to 256.
    #[arg(long, default_value_t = 12, value_name = "N")]
    colors: u16,
    /// How long the painting takes, as 60s, 1500ms or 2m; by default as long as its strokes do.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Without a duration: how long a stroke takes, in milliseconds.
    #[arg(
        long,
        env = "PIXEL_ANIMATION_BASE_MS",
        default_value_t = 450,
        value_name = "MS"
    )]
    base_ms: u32,
    /// Without a duration: how much longer for each of its pixels, in milliseconds.
    #[arg(
        long,
        env = "PIXEL_ANIMATION_PER_PX_MS",
        default_value_t = 2,
        value_name = "MS"
    )]
    per_px_ms: u32,
    /// Without a duration: how long the hand waits before it, in milliseconds.
    #[arg(
        long,
        env = "PIXEL_ANIMATION_DELAY_MS",
        default_value_t = 70,
        value_name = "MS"
    )]
    delay_ms: u32,
    /// Without a duration: the most pixels of a stroke.
    #[arg(long, env = "PIXEL_STROKE_CHUNK", default_value_t = 220, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..))]
    chunk: u32,
    /// What varies from one painting of the same picture to the next.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// How the hand works: alla-prima, ink-and-wash, watercolour or pointillism.
    #[arg(long, default_value = "alla-prima", value_name = "NAME", value_parser = technique)]
    technique: Technique,
    /// The bare canvas, as #RRGGBB; by default the technique's.
    #[arg(long, value_name = "COLOUR", value_parser = color)]
    background: Option<Rgb8>,
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "write 1.0 or 1.1".to_owned())
}

fn technique(name: &str) -> Result<Technique, String> {
    Technique::by_name(name).ok_or_else(|| {
        let names: Vec<_> = Technique::ALL.iter().map(|t| t.name).collect();
        format!("write {}", names.join(", "))
    })
}

/// Reads a number with `ms`, `s` or `m` behind it; without, seconds. From a millisecond to a day.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.find(|c: char| c.is_ascii_alphabetic()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let millis = match unit {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        _ => f64::NAN,
    };
    let millis = number
        .parse::<f64>()
        .map_or(f64::NAN, |n| (n * millis).round());
    if (1.0..=86_400_000.0).contains(&millis) {
        Ok(Duration::from_millis(millis as u64))
    } else {
        Err("write a time such as 60s, 1500ms or 2m, of at most a day".to_owned())
    }
}

impl PaintingArgs {
    /// How pixel art is made of the picture.
    pub(super) fn options(&self) -> Options {
        Options {
            size: self.size.0,
            colors: self.colors,
            seed: self.seed,
            ..Options::default()
        }
    }

    /// How that is painted.
    pub(super) fn commission(&self) -> Commission {
        let millis = |ms: u32| Duration::from_millis(u64::from(ms));
        let tempo = match self.duration {
            Some(total) => Tempo::Total(total),
            None => Tempo::Classic {
                base: millis(self.base_ms),
                per_px: millis(self.per_px_ms),
                delay: millis(self.delay_ms),
                chunk: self.chunk as usize,
            },
        };
        Commission {
            technique: self.technique,
            tempo,
            seed: Seed(self.seed),
            background: self.background,
        }
    }
}

impl PlanArgs {
    /// Reads the picture, plans its strokes, writes the plan.
    ///
    /// # Errors
    /// A picture that can't be read, an option out of its limits, or an output that can't be written.
    pub fn run(self) -> Result<(), Failure> {
        let picture = read(&self.input, Rgb8::WHITE)?;
        let art = pixelize(&picture, &self.how.options()).map_err(Failure::input)?;
        let painting = paint(&art.image, &self.how.commission())
            .map_err(|error| Failure::input(error).with_hint("give a smaller --size"))?;
        let plan = painting.plan(self.caption.as_str()).map_err(|error| {
            let hint = error.hint();
            Failure::input(error).with_maybe_hint(hint)
        })?;
        if let Some(folder) = &self.layers {
            write_layers(folder, &painting)?;
        }
        let json = plan.to_json(self.format);
        let to_stdout = self.output.as_os_str() == "-";
        if to_stdout {
            std::io::stdout().lock().write_all(json.as_bytes())?;
        } else {
            write_bytes(&self.output, json.as_bytes())?;
        }
        match self.report {
            Some(ReportArg::Json) if to_stdout => {
                writeln!(std::io::stderr().lock(), "{:#}", self.report_on(&painting))?;
            }
            Some(ReportArg::Json) => {
                writeln!(std::io::stdout().lock(), "{:#}", self.report_on(&painting))?;
            }
            None => {}
        }
        Ok(())
    }

    fn report_on(&self, painting: &Painting) -> serde_json::Value {
        let strokes = painting.strokes();
        let stages: Vec<_> = Stage::ALL
            .into_iter()
            .map(|stage| {
                let these = || strokes.iter().filter(move |s| s.stage == stage);
                json!({
                    "stage": stage.name(),
                    "strokes": these().count(),
                    "pixels": these().map(|s| s.pixels.len()).sum::<usize>(),
                    "seconds": these().map(|s| s.delay + s.duration).sum::<Duration>().as_secs_f64(),
                })
            })
            .collect();
        json!({
            "width": painting.size().w(),
            "height": painting.size().h(),
            "background": painting.background().to_string(),
            "technique": self.how.technique.name,
            "seed": self.how.seed,
            "seconds": painting.duration().as_secs_f64(),
            "strokes": strokes.len(),
            "pixels": strokes.iter().map(|s| s.pixels.len()).sum::<usize>(),
            "stages": stages,
        })
    }
}

/// `1-ground.png`, `2-masses.png` and so on, in painting order.
fn write_layers(folder: &Path, painting: &Painting) -> Result<(), Failure> {
    fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    for (index, (stage, layer)) in painting.layers().into_iter().enumerate() {
        let mut bytes = Vec::new();
        layer
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
            .context("encode the PNG")?;
        let name = format!("{}-{}.png", index + 1, stage.name());
        write_bytes(&folder.join(name), &bytes)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use image::{Rgb, RgbImage};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: PlanArgs,
    }

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for bad in ["", "s", "0s", "-3s", "2h", "1e9m", "nan"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_picture_becomes_a_plan_and_its_layers() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let picture = RgbImage::from_fn(24, 24, |x, y| {
            let sun = (x as i32 - 16).pow(2) + (y as i32 - 7).pow(2) < 20;
            Rgb(if sun { [255, 220, 90] } else { [40, 80, 160] })
        });
        picture.save(path("in.png")).unwrap();
        let words = [
            "plan",
            &path("in.png"),
            "-o",
            &path("out.json"),
            "--size",
            "24",
            "--duration",
            "5s",
            "--layers",
            &path("layers"),
        ];
        Line::try_parse_from(words).unwrap().args.run().unwrap();
        let json = fs::read_to_string(path("out.json")).unwrap();
        let plan: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&plan["version"], &plan["canvas"]["w"]),
            (&json!("1.0"), &json!(24))
        );
        let of = |step: &serde_json::Value, name: &str| step["animate"][name].as_u64().unwrap_or(0);
        let steps = plan["steps"].as_array().unwrap();
        let total: u64 = steps
            .iter()
            .map(|s| of(s, "duration_ms") + of(s, "delay_ms"))
            .sum();
        assert_eq!(total, 5_000);
        assert!(folder.path().join("layers/1-ground.png").exists());
    }
}
