//! `drawstream play`: a plan in a window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Args;
use drawstream_core::raster::Framebuffer;
use drawstream_core::stage::{HelpKey, HelpSheet, StageRect};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};
use tokio_util::sync::CancellationToken;

use super::settings::Settings;
use crate::failure::Failure;
use crate::plan_file::PlanFile;
use crate::sinks::{Frame, Glass, KeyCommand, Sink as _, StageWindow, WindowOptions};

/// How long the finished picture stays before it is painted again.
const HOLD: Duration = Duration::from_secs(5);

/// Show a plan in a window, stroke by stroke; space pauses, Q or Escape closes
#[derive(Debug, Args)]
pub struct PlayArgs {
    /// The plan; - reads standard input
    #[arg(value_name = "PLAN")]
    plan: String,
    /// Screen pixels for a canvas pixel [default: WINDOW_SCALE]
    #[arg(long)]
    scale: Option<u32>,
    #[command(flatten)]
    settings: Settings,
}

impl PlayArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where the plan cannot be used, or there is no display.
    pub fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        let plan = PlanFile::from(self.plan.as_str()).plan()?;
        let options = TimelineOptions {
            default_step: config.show.default_step,
            card_hold: config.show.hold,
        };
        let timeline = Arc::new(Timeline::compile(&plan, &options));
        let scale = self
            .scale
            .unwrap_or(config.canvas.window_scale)
            .clamp(1, 64);
        let size = timeline.canvas().size;
        let (width, height) = (u32::from(size.w()) * scale, u32::from(size.h()) * scale);
        let window = StageWindow::connect().map_err(|error| {
            Failure::world(error).with_hint(
                "`drawstream render` writes the picture or the time-lapse to a file instead",
            )
        })?;
        let stop = CancellationToken::new();
        let (keys, pressed) = std::sync::mpsc::channel();
        let player = Player {
            timeline,
            scale,
            glass: window.glass(),
            stop: stop.clone(),
            pressed,
        };
        let thread = std::thread::Builder::new()
            .name("player".to_owned())
            .spawn(move || player.play())
            .context("start the player")?;
        // A window that was closed takes no more keys.
        let (theme, locale) = (config.stage.theme, config.locale);
        let listed = [
            HelpKey::Pause,
            HelpKey::Again,
            HelpKey::FullScreen,
            HelpKey::Help,
        ];
        let options = WindowOptions {
            width,
            height,
            renderer: config.stage.renderer,
            help: Box::new(move |scale| HelpSheet::new(theme, locale, &listed, scale)),
        };
        let closed = window.run(options, move |key| {
            let _ = keys.send(key);
        });
        stop.cancel();
        let _ = thread.join();
        closed.map(drop).map_err(Failure::world)
    }
}

struct Player {
    timeline: Arc<Timeline>,
    scale: u32,
    glass: Glass,
    stop: CancellationToken,
    pressed: std::sync::mpsc::Receiver<KeyCommand>,
}

impl Player {
    fn play(mut self) {
        let whole = self.timeline.duration() + HOLD;
        let mut playhead = Playhead::new(Arc::clone(&self.timeline));
        let (mut position, mut last, mut is_paused) = (Duration::ZERO, Instant::now(), false);
        while !self.stop.is_cancelled() {
            for key in self.pressed.try_iter() {
                match key {
                    KeyCommand::TogglePause => is_paused = !is_paused,
                    KeyCommand::Skip => position = Duration::ZERO,
                    // A plan alone has no panels.
                    KeyCommand::ToggleHud => {}
                }
            }
            let now = Instant::now();
            if !is_paused {
                position += now - last;
            }
            last = now;
            if position > whole {
                position = Duration::ZERO;
            }
            playhead.seek(position);
            if playhead.take_damage().is_some() && self.show(playhead.frame()).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(16));
        }
    }

    fn show(&mut self, canvas: &Framebuffer) -> anyhow::Result<()> {
        let (width, height) = (canvas.width() * self.scale, canvas.height() * self.scale);
        let damage = [StageRect::new(0, 0, width as i32, height as i32)];
        let pixels = canvas.enlarged(self.scale);
        self.glass.present(&Frame {
            width,
            height,
            pixels: &pixels,
            damage: &damage,
            at: Duration::ZERO,
        })
    }
}
