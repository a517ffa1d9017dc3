//! The sample donations through the whole pipeline, each step kept in a folder, and a sheet of all to look at.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use drawstream_core::gate::{ApprovedScene, Gate};
use drawstream_core::plan::Version;
use drawstream_core::scene::Seed;
use drawstream_core::timeline::Playhead;
use image::RgbImage;
use image::imageops::{FilterType, resize};
use serde_json::{Value, json};

use super::super::pixelize::{write, write_bytes};
use super::super::plan_scene::{self, Row, SAMPLES};
use super::super::sheet::{GAP, LINE, blank, picture_of, place, write_line};
use crate::config::Config;
use crate::failure::Failure;
use crate::image_gate::ImageCheck;
use crate::painters::{Painter, PainterError, Picture, Sitting, TRIES, Then};
use crate::planners::{self, Planner};
use crate::studio::Hand;

/// Moments of each painting that are kept, in percent of its time.
const MOMENTS: [u32; 5] = [10, 25, 50, 75, 100];
/// Side of a panel of the sheet, in pixels: picture, pixel art, then the moments.
const PANEL: u32 = 192;
const PANELS: u32 = 2 + MOMENTS.len() as u32;
/// How many times a pixel of the canvas is enlarged in the kept frames and layers.
const ENLARGED: u32 = 4;

/// Who makes the paintings.
struct Workshop<'a> {
    gate: Gate,
    planners: Vec<Box<dyn Planner>>,
    painters: &'a [Box<dyn Painter>],
    image_check: Option<ImageCheck>,
    hand: Hand,
}

/// A sample's painting, and how long each step took.
struct Work {
    painter: &'static str,
    painting_took: Duration,
    pixels_took: Duration,
    strokes_took: Duration,
    strokes: usize,
    length: Duration,
    /// The raw picture, the pixel art, and the moments.
    panels: Vec<RgbImage>,
    /// Why painters that were asked before made none.
    troubles: Vec<String>,
}

/// What became of a sample.
struct Sample {
    row: Row,
    work: Result<Work, String>,
}

/// Makes every sample into a painting below `folder`, prints a line for each, and writes `sheet.png` and
/// `report.json` beside their folders. A sample that nobody paints is said, and harms no other.
pub(super) async fn paint_all(
    config: &Config,
    (painters, image_check): (&[Box<dyn Painter>], Option<ImageCheck>),
    folder: &Path,
    seed: Seed,
) -> Result<(), Failure> {
    let workshop = Workshop {
        gate: config.gate.open()?,
        planners: planners::roster(config)?,
        painters,
        image_check,
        hand: Hand::from(config),
    };
    let mut samples = Vec::new();
    for (number, text) in SAMPLES.into_iter().enumerate() {
        let place = folder.join(format!("{:02}", number + 1));
        fs::create_dir_all(&place).with_context(|| format!("make {}", place.display()))?;
        let sample = workshop.make(number, text, seed, &place).await?;
        sample.print()?;
        samples.push(sample);
    }
    let report = Value::Array(samples.iter().map(Sample::json).collect());
    write_bytes(
        &folder.join("report.json"),
        format!("{report:#}\n").as_bytes(),
    )?;
    write(&folder.join("sheet.png"), &sheet(&samples)?)
}

impl Workshop<'_> {
    async fn make(
        &self,
        number: usize,
        text: &str,
        seed: Seed,
        place: &Path,
    ) -> Result<Sample, Failure> {
        let (row, scene) =
            plan_scene::row(&self.gate, &self.planners, number, text.to_owned(), seed).await;
        let decision = format!("{:#}\n", row.json());
        write_bytes(&place.join("scene.json"), decision.as_bytes())?;
        let work = match scene {
            Some(scene) => self.paint(&scene, place).await?,
            None => Err(row.what.clone()),
        };
        Ok(Sample { row, work })
    }

    async fn paint(
        &self,
        scene: &ApprovedScene,
        place: &Path,
    ) -> Result<Result<Work, String>, Failure> {
        let began = Instant::now();
        let mut troubles = Vec::new();
        let Some((painter, picture)) = self.picture(scene, &mut troubles).await else {
            return Ok(Err(troubles.join("; ")));
        };
        let painting_took = began.elapsed();
        let raw = match &picture {
            Picture::Painted(pixels) => pixels.clone(),
            Picture::Indexed(image) => image.to_rgb(),
        };
        write(&place.join("picture.png"), &raw)?;
        let began = Instant::now();
        let art = self.hand.pixel_art(picture, scene.scene());
        let art = art.map_err(Failure::world)?;
        let pixels_took = began.elapsed();
        write(&place.join("art.png"), &art.to_rgb())?;
        let began = Instant::now();
        let painting = self.hand.painting(&art, scene.scene().seed);
        let painting = painting.map_err(Failure::world)?;
        let plan = self.hand.plan(&painting).map_err(Failure::world)?;
        let strokes_took = began.elapsed();
        write_bytes(
            &place.join("plan.json"),
            plan.to_json(Version::V1_1).as_bytes(),
        )?;
        let layers = place.join("layers");
        fs::create_dir_all(&layers).with_context(|| format!("make {}", layers.display()))?;
        for (number, (stage, layer)) in painting.layers().into_iter().enumerate() {
            let path = layers.join(format!("{:02}-{}.png", number + 1, stage.name()));
            let layer = resize(
                &layer,
                layer.width() * ENLARGED,
                layer.height() * ENLARGED,
                FilterType::Nearest,
            );
            layer
                .save(&path)
                .with_context(|| format!("write {}", path.display()))?;
        }
        let mut panels = vec![raw, art.to_rgb()];
        let mut head = Playhead::new(Arc::new(self.hand.compile(&plan)));
        let length = head.timeline().duration();
        let frames = place.join("frames");
        fs::create_dir_all(&frames).with_context(|| format!("make {}", frames.display()))?;
        for percent in MOMENTS {
            head.seek(length * percent / 100);
            let frame = picture_of(head.frame());
            let (width, height) = (frame.width() * ENLARGED, frame.height() * ENLARGED);
            let large = resize(&frame, width, height, FilterType::Nearest);
            write(&frames.join(format!("{percent:03}.png")), &large)?;
            panels.push(frame);
        }
        Ok(Ok(Work {
            painter,
            painting_took,
            pixels_took,
            strokes_took,
            strokes: painting.strokes().len(),
            length,
            panels,
            troubles,
        }))
    }

    /// The first painter's whose picture is usable, as in a show.
    async fn picture(
        &self,
        scene: &ApprovedScene,
        troubles: &mut Vec<String>,
    ) -> Option<(&'static str, Picture)> {
        for painter in self.painters {
            for attempt in 0..TRIES {
                let sitting = Sitting {
                    attempt,
                    ..Sitting::default()
                };
                let painted = painter.paint(scene, &sitting).await;
                let passed = match (painted, &self.image_check) {
                    (Ok(picture), Some(check)) => check
                        .pass(picture)
                        .await
                        .map_err(|objection| PainterError::Unusable(objection.to_string())),
                    (painted, _) => painted,
                };
                match passed {
                    Ok(picture) => return Some((painter.name(), picture)),
                    Err(error) => {
                        troubles.push(format!("{}: {error}", painter.name()));
                        match error.then() {
                            Then::OtherSeed => {}
                            Then::OtherPainter => break,
                            Then::Nobody => return None,
                        }
                    }
                }
            }
        }
        None
    }
}

impl Sample {
    fn print(&self) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        let row = &self.row;
        let planned = format!("{}/{} {}", row.planner, row.rung, seconds(row.took));
        match &self.work {
            Ok(work) => {
                let painted = format!("{} {}", work.painter, seconds(work.painting_took));
                writeln!(
                    out,
                    "{:<7} {planned:<26} {painted:<22} pixels {}  {:>3} strokes {}, {} s long  {}",
                    row.call,
                    seconds(work.pixels_took),
                    work.strokes,
                    seconds(work.strokes_took),
                    work.length.as_secs(),
                    row.text
                )?;
                for trouble in &work.troubles {
                    writeln!(out, "        ! {trouble}")?;
                }
            }
            Err(why) => writeln!(out, "{:<7} {planned:<26} {why}  {}", row.call, row.text)?,
        }
        row.troubles
            .iter()
            .try_for_each(|trouble| writeln!(out, "        ! {trouble}"))
    }

    fn json(&self) -> Value {
        let mut json = self.row.json();
        json["painting"] = match &self.work {
            Ok(work) => json!({
                "painter": work.painter,
                "seconds": work.painting_took.as_secs_f64(),
                "pixels_seconds": work.pixels_took.as_secs_f64(),
                "strokes_seconds": work.strokes_took.as_secs_f64(),
                "strokes": work.strokes,
                "length_seconds": work.length.as_secs_f64(),
                "troubles": work.troubles,
            }),
            Err(why) => json!({ "none": why }),
        };
        json
    }

    /// What stands over its panels.
    fn caption(&self) -> String {
        let row = &self.row;
        match &self.work {
            Ok(work) => format!(
                "{}   [{} {}, {} {}]",
                row.text,
                row.planner,
                row.rung,
                work.painter,
                seconds(work.painting_took)
            ),
            Err(why) => format!("{}   [{}: {why}]", row.text, row.call),
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// A row for each sample: the picture, the pixel art, the painting's moments.
fn sheet(samples: &[Sample]) -> Result<RgbImage, Failure> {
    let across = PANELS * (PANEL + GAP) + GAP;
    let height = |sample: &Sample| match sample.work {
        Ok(_) => LINE + PANEL + GAP,
        Err(_) => LINE,
    };
    let mut sheet = blank(across, GAP + samples.iter().map(height).sum::<u32>());
    let mut y = GAP;
    for sample in samples {
        write_line(&mut sheet, (GAP, y), across - 2 * GAP, &sample.caption())
            .map_err(Failure::world)?;
        if let Ok(work) = &sample.work {
            for (at, panel) in (0u32..).zip(&work.panels) {
                place(&mut sheet, panel, GAP + at * (PANEL + GAP), y + LINE, PANEL);
            }
        }
        y += height(sample);
    }
    Ok(sheet)
}
