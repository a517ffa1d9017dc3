//! `drawstream paint`: a painter alone, from words to a picture; or the sample donations through the whole pipeline.

mod samples;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use drawstream_core::donation::{
    Currency, Donation, DonationId, ExternalId, Money, RawText, UnixTime,
};
use drawstream_core::gate::{ApprovedScene, Gate, Judgement};
use drawstream_core::scene::{Scene, Seed, first_words};
use drawstream_core::sketch;
use image::RgbImage;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use super::pixelize::write;
use super::settings::Settings;
use crate::config::{Config, PainterName};
use crate::failure::Failure;
use crate::image_gate::ImageCheck;
use crate::logging;
use crate::painters::{self, Painter, PainterError, Picture, Sitting};

/// Have one picture painted, or ten samples, without a show
#[derive(Debug, clap::Args)]
pub struct PaintArgs {
    /// What it shows. Text-to-image models take English as it is written; for other languages the built-in planner
    /// words the prompt
    #[arg(required_unless_present = "samples", requires = "output")]
    prompt: Option<String>,
    /// Where the picture is written, as PNG
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Instead of a prompt: ten sample donations through the whole pipeline, as in a show. Each one's scene, picture,
    /// pixel art, plan, layers and frames go into a folder of their own in this one, and a sheet of all beside them
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["prompt", "output", "negative", "pixelize", "preview"])]
    samples: Option<PathBuf>,
    /// Which painter [default: the first that is set up]
    #[arg(long, value_name = "NAME", value_parser = painter_name)]
    painter: Option<PainterName>,
    /// Where all randomness comes from
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// What it must not show [default: the built-in planner's]
    #[arg(long, value_name = "TEXT")]
    negative: Option<String>,
    /// How text-to-image models work: plain, or lcm in an eighth of the time with its LoRA
    #[arg(long, value_name = "plain|lcm")]
    preset: Option<String>,
    /// Timesteps of text-to-image models
    #[arg(long, value_name = "N")]
    steps: Option<u32>,
    /// How much more the prompt counts than the negative prompt
    #[arg(long, value_name = "N")]
    guidance: Option<f32>,
    /// Pixels that a text-to-image model paints, each side a multiple of 8
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    size: Option<(u32, u32)>,
    /// Whose random numbers SDXL starts from: PyTorch's on `cuda` or on the `cpu`
    #[arg(long, value_name = "cuda|cpu")]
    noise: Option<String>,
    /// Where SDXL computes: cuda, metal or cpu
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Also write the pixel art that the show would draw
    #[arg(long, value_name = "FILE")]
    pixelize: Option<PathBuf>,
    /// Keep a rough picture of how far it is in this file, where the painter shows one
    #[arg(long, value_name = "FILE")]
    preview: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

fn painter_name(text: &str) -> Result<PainterName, String> {
    PainterName::parse(text).ok_or_else(|| {
        let names = PainterName::ALL.map(PainterName::name).join(", ");
        format!("painters: {names}")
    })
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| text.parse().ok();
    let sides = match text.split_once('x') {
        Some((width, height)) => number(width).zip(number(height)),
        None => number(text).map(|side| (side, side)),
    };
    sides.ok_or_else(|| "write WIDTHxHEIGHT or one number for both".to_owned())
}

impl PaintArgs {
    /// Paints it.
    ///
    /// # Errors
    /// The gate refuses it, the painter cannot paint, or a file cannot be written.
    pub fn run(self) -> Result<(), Failure> {
        let config = self.settings.load_with(&self.own())?;
        logging::start(&config.log);
        let mut painters = self.hired(&config)?;
        let check = ImageCheck::open(&config.image_gate)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("start the program's threads")?;
        if let Some(folder) = &self.samples {
            let seed = Seed(self.seed);
            let work = samples::paint_all(&config, (&painters, check), folder, seed);
            return runtime.block_on(work);
        }
        let (Some(prompt), Some(output)) = (&self.prompt, &self.output) else {
            return Err(Failure::input(anyhow!(
                "say what is painted, and where to: PROMPT -o FILE"
            )));
        };
        let painter = painters.swap_remove(0);
        let scene = self.scene(&config.gate.open()?, prompt)?;
        let picture = runtime.block_on(self.paint(&*painter, &scene, check.as_ref()))?;
        let pixels = match &picture {
            Picture::Painted(pixels) => pixels.clone(),
            Picture::Indexed(image) => image.to_rgb(),
        };
        write(output, &pixels)?;
        match &self.pixelize {
            Some(path) => {
                let pixel = &config.pixel;
                let art = picture
                    .pixel_art(scene.scene(), pixel.output_size, pixel.palette_colors)
                    .map_err(Failure::world)?;
                write(path, &art.to_rgb())
            }
            None => Ok(()),
        }
    }

    /// This command's flags as settings.
    fn own(&self) -> Vec<(&'static str, String)> {
        let mut own = Vec::new();
        let mut say = |name, value: Option<String>| own.extend(value.map(|value| (name, value)));
        say("painter.preset", self.preset.clone());
        say("painter.inference_steps", self.steps.map(|n| n.to_string()));
        say("painter.guidance", self.guidance.map(|n| n.to_string()));
        say(
            "painter.width",
            self.size.map(|(width, _)| width.to_string()),
        );
        say(
            "painter.height",
            self.size.map(|(_, height)| height.to_string()),
        );
        say("painter.noise", self.noise.clone());
        say("painter.device", self.device.clone());
        own
    }

    /// The painter that is named, or all that are set up, in their order; at least one.
    fn hired(&self, config: &Config) -> Result<Vec<Box<dyn Painter>>, Failure> {
        match self.painter {
            Some(name) => Ok(vec![painters::painter(name, config)?]),
            None => painters::roster(config),
        }
    }

    /// The words as a scene, past the gate like everybody's.
    fn scene(&self, gate: &Gate, prompt: &str) -> Result<ApprovedScene, Failure> {
        let request = match gate.judge(donation(prompt)) {
            Judgement::Approved(request) => request,
            Judgement::Refused(refusal) => {
                let why = anyhow!("the gate refuses this prompt: {}", refusal.rule);
                return Err(Failure::input(why)
                    .with_hint("`drawstream gate explain \"TEXT\"` says what it sees in it"));
            }
        };
        let mut scene = sketch::plan(request.text(), Seed(self.seed));
        if request.text().is_ascii() {
            scene.prompt = first_words(
                request.text(),
                Scene::MAX_PROMPT_WORDS,
                Scene::MAX_PROMPT_LETTERS,
            );
        }
        // A seed gives the picture that it gives in other programs.
        scene.seed = Seed(self.seed);
        if let Some(negative) = &self.negative {
            scene.negative_prompt.clone_from(negative);
        }
        gate.judge_scene(&request, scene)
            .map_err(|_| Failure::input(anyhow!("the gate refuses the scene of this prompt")))
    }

    /// Paints with a progress bar; Ctrl+C ends the picture. With an image gate nothing is written that it has not seen.
    async fn paint(
        &self,
        painter: &dyn Painter,
        scene: &ApprovedScene,
        check: Option<&ImageCheck>,
    ) -> Result<Picture, Failure> {
        let sitting = Sitting::default();
        let bar = ProgressBar::new(1000);
        let style = ProgressStyle::with_template("{bar:40} {percent} % {elapsed}, {eta} to go");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let cancel = sitting.cancel.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                cancel.cancel();
            }
        });
        let previews = match (&self.preview, check) {
            (Some(_), None) => Some(sitting.preview.subscribe()),
            (Some(_), Some(_)) => {
                tracing::warn!(
                    "with an image gate there are no previews: it sees finished pictures"
                );
                None
            }
            (None, _) => None,
        };
        let painted = tokio::select! {
            painted = painter.paint(scene, &sitting) => painted,
            () = watch_progress(sitting.progress.subscribe(), &bar) => Err(PainterError::Cancelled),
            () = self.keep_preview(previews) => Err(PainterError::Cancelled),
        };
        bar.finish_and_clear();
        let picture = painted.map_err(|error| {
            Failure::world(error).with_hint(format!(
                "`drawstream paint --painter sketch` always paints; {} could not",
                painter.name()
            ))
        })?;
        match check {
            Some(check) => check.pass(picture).await.map_err(|objection| {
                Failure::world(objection).with_hint("another --seed paints another picture")
            }),
            None => Ok(picture),
        }
    }

    /// Writes each preview that comes; never ends before the painter.
    async fn keep_preview(&self, previews: Option<watch::Receiver<Option<Arc<RgbImage>>>>) {
        if let (Some(path), Some(mut previews)) = (&self.preview, previews) {
            while previews.changed().await.is_ok() {
                let rough = previews.borrow_and_update().clone();
                if let Some(Err(failure)) = rough.map(|rough| write(path, &rough)) {
                    tracing::warn!("the preview was not written: {failure:?}");
                }
            }
        }
        std::future::pending::<()>().await;
    }
}

/// Moves the bar; never ends before the painter.
async fn watch_progress(mut progress: watch::Receiver<f32>, bar: &ProgressBar) {
    while progress.changed().await.is_ok() {
        let share = *progress.borrow_and_update();
        bar.set_position((share.clamp(0.0, 1.0) * 1000.0) as u64);
    }
    std::future::pending::<()>().await;
}

/// The words as a message that somebody paid nothing for.
pub(crate) fn donation(words: &str) -> Donation {
    Donation {
        id: DonationId(1),
        external: ExternalId {
            source: "paint".to_owned(),
            id: "1".to_owned(),
        },
        donor: None,
        message: Some(RawText::new(words)),
        amount: Money {
            minor_units: 0,
            currency: Currency::parse("USD").expect("three letters"),
        },
        created_at: UnixTime(0),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: PaintArgs,
    }

    fn run(words: &[&str]) -> Result<(), Failure> {
        let words = ["paint"].iter().chain(words);
        let line = Line::try_parse_from(words).map_err(Failure::input)?;
        line.args.run()
    }

    #[test]
    fn words_become_a_picture_and_its_pixel_art() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (out, art) = (path("out.png"), path("art.png"));
        let words = [
            "кот на крыше",
            "-o",
            &out,
            "--painter",
            "sketch",
            "--pixelize",
            &art,
        ];
        run(&words).unwrap();
        let picture = image::open(&out).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (96, 96));
        assert_eq!(picture, image::open(&art).unwrap().to_rgb8());
        run(&[
            "кот на крыше",
            "-o",
            &art,
            "--painter",
            "sketch",
            "--seed",
            "1",
        ])
        .unwrap();
        assert_ne!(picture, image::open(&art).unwrap().to_rgb8());
    }

    #[test]
    fn what_the_gate_refuses_is_not_painted_and_wrong_flags_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.png");
        let out = out.to_str().unwrap();
        for (words, said) in [
            (
                vec!["a naked woman", "-o", out],
                "the gate refuses this prompt",
            ),
            (
                vec!["a cat", "-o", out, "--painter", "dalle"],
                "painters: sdxl, webui",
            ),
            (vec!["a cat", "-o", out, "--size", "770"], "a multiple of 8"),
            (
                vec!["a cat", "-o", out, "--preset", "turbo"],
                "one of plain, lcm",
            ),
        ] {
            let failure = run(&words).unwrap_err();
            assert!(format!("{failure:?}").contains(said), "{said}: {failure:?}");
        }
        assert!(!Path::new(out).exists());
    }
}
