//! `drawstream render`: a plan's picture, or its time-lapse, as files.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use drawstream_core::color::Rgb8;
use drawstream_core::donation::{RawText, ShowTime};
use drawstream_core::gate::{Field, ScreenText};
use drawstream_core::plan::Plan;
use drawstream_core::raster::Framebuffer;
use drawstream_core::stage::{
    Act, BrushView, CanvasDamage, CanvasView, Dab, RequestView, Stage, StageOptions, StageView,
    Touched,
};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};
use indicatif::{ProgressBar, ProgressStyle};

use super::settings::Settings;
use crate::failure::Failure;
use crate::fresh_file::FreshFile;
use crate::picture::{write_png, write_stage_png};
use crate::plan_file::PlanFile;
use crate::timelapse::{Progress, Timelapse, TimelapseError, write_apng, write_gif};

/// The longest side of a picture that is written.
const MOST_SIDE: u32 = 32_768;

/// What is drawn, and into which files.
#[derive(Debug, clap::Args)]
pub struct RenderArgs {
    /// A file with a plan; - is standard input
    #[arg(value_name = "PLAN")]
    plan: String,
    /// The picture as PNG; - is standard output. Without any file named: the plan's name with .png
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Every pixel so many times as large
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    scale: u16,
    /// The picture at this moment of the animation, as 12.5s, 800ms or 1m30s; finished without it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Duration>,
    /// The picture as it is seen on the whole stage, 1920 pixels across and 1080 down
    #[arg(long, conflicts_with = "scale")]
    stage: bool,
    /// The time-lapse as GIF
    #[arg(long, value_name = "FILE")]
    gif: Option<PathBuf>,
    /// The time-lapse as animated PNG
    #[arg(long, value_name = "FILE")]
    apng: Option<PathBuf>,
    /// Frames of the time-lapse a second; many viewers play a GIF at no more than 50
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=100))]
    fps: u16,
    /// Fits the time-lapse to this length
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    duration: Option<Duration>,
    /// Shows the finished picture for this time more at the end of the time-lapse
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    hold: Option<Duration>,
    #[command(flatten)]
    settings: Settings,
}

impl RenderArgs {
    /// Draws the plan and writes what was asked for.
    ///
    /// # Errors
    /// The plan is wrong, the picture would be too large, or a file cannot be written.
    pub fn run(self) -> Result<(), Failure> {
        let source = PlanFile::from(self.plan.as_str());
        let plan = source.plan()?;
        let size = plan.canvas().size;
        let side = u32::from(size.w().max(size.h())) * u32::from(self.scale);
        if side > MOST_SIDE {
            return Err(Failure::input(anyhow::anyhow!(
                "the picture would be {side} pixels a side, the most is {MOST_SIDE}"
            ))
            .with_hint("give a smaller --scale"));
        }
        let timeline = Arc::new(Timeline::compile(&plan, &TimelineOptions::default()));
        if let Some(target) = self.picture(&source)? {
            self.write_picture(&plan, &timeline, target.as_deref())?;
        }
        if let Some(path) = &self.gif {
            self.write_timelapse(&timeline, path, |lapse, file, progress| {
                write_gif(lapse, self.scale, file, progress)
            })?;
        }
        if let Some(path) = &self.apng {
            self.write_timelapse(&timeline, path, |lapse, file, progress| {
                write_apng(lapse, self.scale, file, progress)
            })?;
        }
        Ok(())
    }

    /// Where the picture goes: nowhere, to standard output (`Some(None)`) or to a file.
    fn picture(&self, source: &PlanFile) -> Result<Option<Option<PathBuf>>, Failure> {
        match &self.output {
            Some(path) if path == Path::new("-") => Ok(Some(None)),
            Some(path) => Ok(Some(Some(path.clone()))),
            None if self.gif.is_some() || self.apng.is_some() => Ok(None),
            None => match source.beside("png") {
                Some(path) => Ok(Some(Some(path))),
                None if io::stdout().is_terminal() => Err(Failure::input(anyhow::anyhow!(
                    "a picture cannot be shown in the terminal"
                ))
                .with_hint("name a file with -o")),
                None => Ok(Some(None)),
            },
        }
    }

    fn write_picture(
        &self,
        plan: &Plan,
        timeline: &Arc<Timeline>,
        target: Option<&Path>,
    ) -> Result<(), Failure> {
        let caption = self.caption(plan)?;
        let caption = caption.as_ref();
        let mut notes = vec![("Software", "drawstream".to_owned())];
        notes.extend(plan.seed().map(|seed| ("Seed", seed.to_string())));
        match target {
            None => self
                .draw(caption, timeline, &notes, io::stdout().lock())
                .context("write the picture")?,
            Some(path) => {
                let write = || -> anyhow::Result<()> {
                    let mut file = FreshFile::create(path)?;
                    self.draw(caption, timeline, &notes, &mut file)?;
                    Ok(file.keep()?)
                };
                write().with_context(|| format!("write {}", path.display()))?;
            }
        }
        Ok(())
    }

    fn draw(
        &self,
        caption: Option<&ScreenText>,
        timeline: &Arc<Timeline>,
        notes: &[(&str, String)],
        out: impl io::Write,
    ) -> anyhow::Result<()> {
        if let Some(caption) = caption {
            let stage = on_stage(timeline, caption, self.at);
            let size = stage.size();
            write_stage_png(
                (size.w().into(), size.h().into()),
                stage.pixels(),
                notes,
                out,
            )?;
            return Ok(());
        }
        let frame = match self.at {
            None => timeline.finished(),
            Some(moment) => at(timeline, moment),
        };
        write_png(&frame, self.scale, notes, out)?;
        Ok(())
    }

    /// What the plan says of itself, for the stage. It is as hostile as any file.
    fn caption(&self, plan: &Plan) -> Result<Option<ScreenText>, Failure> {
        if !self.stage {
            return Ok(None);
        }
        let gate = self.settings.load()?.gate.open()?;
        Ok(Some(gate.screen_text(
            &RawText::new(plan.caption()),
            Field::Message,
        )))
    }

    fn write_timelapse(
        &self,
        timeline: &Arc<Timeline>,
        path: &Path,
        write: impl FnOnce(&Timelapse, &mut FreshFile, Progress<'_>) -> Result<(), TimelapseError>,
    ) -> Result<(), Failure> {
        let timelapse = Timelapse::new(Arc::clone(timeline), self.fps, self.duration)
            .map_err(|error| Failure::input(error).with_hint("give a --duration, or fewer --fps"))?
            .with_hold(self.hold.unwrap_or_default());
        let mut bar = LateBar::new();
        let make = |bar: &mut LateBar| -> anyhow::Result<()> {
            let mut file = FreshFile::create(path)?;
            write(&timelapse, &mut file, &mut |done, all| {
                bar.set(done, all);
            })?;
            Ok(file.keep()?)
        };
        make(&mut bar).with_context(|| format!("write {}", path.display()))?;
        Ok(())
    }
}

/// The stage at a moment of the drawing; with the finished picture where none is named.
fn on_stage(timeline: &Arc<Timeline>, caption: &ScreenText, moment: Option<Duration>) -> Stage {
    let whole = timeline.duration();
    let elapsed = moment.unwrap_or(whole).min(whole);
    let mut playhead = Playhead::new(Arc::clone(timeline));
    playhead.seek(elapsed);
    let palette = timeline.palette(16);
    let dab = |&color: &Rgb8| Dab {
        color,
        touched: Touched::Yes,
    };
    let dabs: Vec<Dab> = palette.iter().map(dab).collect();
    let act = if elapsed < whole {
        Act::Drawing {
            elapsed,
            duration: whole,
        }
    } else {
        Act::Holding {
            remaining: Duration::ZERO,
            hold: Duration::ZERO,
        }
    };
    let brush = playhead
        .brush()
        .filter(|_| elapsed < whole)
        .map(|(at, color)| BrushView { at, color });
    let request = RequestView {
        donor: None,
        amount: None,
        message: Some(caption),
    };
    let mut stage = Stage::new(StageOptions {
        empty_canvas: timeline.canvas().size,
        ..StageOptions::default()
    });
    // The second look is long after everything has faded in.
    for now in [ShowTime::ZERO, ShowTime::from_secs(60)] {
        stage.render(&StageView {
            now,
            act,
            canvas: Some(CanvasView {
                frame: playhead.frame(),
                damage: CanvasDamage::All,
            }),
            brush,
            request: Some(request),
            palette: &dabs,
            ..StageView::default()
        });
    }
    stage
}

fn at(timeline: &Arc<Timeline>, moment: Duration) -> Framebuffer {
    let mut playhead = Playhead::new(Arc::clone(timeline));
    playhead.seek(moment);
    playhead.frame().clone()
}

/// A progress bar that appears after a second, on a terminal only.
struct LateBar {
    since: Instant,
    bar: Option<ProgressBar>,
}

impl LateBar {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            bar: None,
        }
    }

    fn set(&mut self, done: u64, all: u64) {
        let late = self.since.elapsed() > Duration::from_secs(1);
        if self.bar.is_none() && late && io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{bar:40} {pos} of {len} frames, {eta} left");
            let bar = ProgressBar::new(all);
            self.bar = Some(match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            });
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }
}

impl Drop for LateBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Reads `12.5s`, `800ms`, `1m30s` or seconds alone.
fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = || "write a time as 12.5s, 800ms or 1m30s".to_owned();
    let (minutes, rest) = match text.split_once('m') {
        Some((minutes, rest)) if !rest.starts_with('s') => {
            (minutes.parse::<u32>().map_err(|_| wrong())?, rest)
        }
        Some(_) | None => (0, text),
    };
    let (number, unit) = match rest.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (rest.strip_suffix('s').unwrap_or(rest), 1.0),
    };
    let number = match number {
        "" if minutes > 0 => 0.0,
        number => number.parse::<f64>().map_err(|_| wrong())?,
    };
    let rest = Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())?;
    Duration::from_secs(u64::from(minutes) * 60)
        .checked_add(rest)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let millis = |text| parse_time(text).map(|time| time.as_millis());
        assert_eq!(millis("12.5s"), Ok(12_500));
        assert_eq!(millis("800ms"), Ok(800));
        assert_eq!(millis("1m30s"), Ok(90_000));
        assert_eq!(millis("2m"), Ok(120_000));
        assert_eq!(millis("3"), Ok(3_000));
        for wrong in ["", "s", "m", "-1s", "1h", "nan", "1e999", "5 s"] {
            assert!(millis(wrong).is_err(), "{wrong:?}");
        }
    }
}
