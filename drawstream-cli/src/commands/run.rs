//! `drawstream run`: the live program.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use drawstream_core::donation::UnixTime;

use super::settings::Settings;
use crate::config::Config;
use crate::failure::Failure;
use crate::live::{Live, LiveOptions, Occasion};
use crate::logging;
use crate::sinks::{Destination, Recorder, Sink, VideoFile, VideoOut};
use crate::stagehand::Fps;

/// What a demo's painting takes, in seconds: five of them pass in two minutes.
const DEMO_DRAWING: &str = "14";
/// How long a demo's painting is held.
const DEMO_HOLD: &str = "6";

/// Run the show: donations become paintings
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each flag of the command line is one"
)]
pub struct RunArgs {
    /// Needs nothing: a Donation Alerts service on this machine, with donors who never sleep
    #[arg(long)]
    demo: bool,
    /// No window, even where there is a display
    #[arg(long)]
    headless: bool,
    /// Record the stage: a .gif, or a folder of PNG frames
    #[arg(long, value_name = "PATH")]
    record: Option<PathBuf>,
    /// Write the stage to a video file by ffmpeg: .mp4, .mkv, .mov
    #[arg(long, value_name = "PATH")]
    video: Option<PathBuf>,
    /// Stream the stage by ffmpeg: rtmp://…, rtmps://… or srt://…; without an address to that of STREAM_URL, which
    /// keeps the key out of the terminal's history
    #[arg(long, value_name = "URL", num_args = 0..=1)]
    stream: Option<Option<String>>,
    /// Frames a second of the video and the stream, such as 30 or 60
    #[arg(long, value_name = "N")]
    fps: Option<String>,
    /// End after so many donations were on the stage
    #[arg(long, value_name = "N")]
    exit_after: Option<u64>,
    /// At the first start ever, also draw what was given since then, as in 2026-01-31T18:00:00Z. Without it, what
    /// the service lists already is not drawn
    #[arg(long, value_name = "TIME", value_parser = moment)]
    backfill_since: Option<UnixTime>,
    /// Show frames per second on the stage
    #[arg(long)]
    show_fps: bool,
    /// How logs are written: text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Least severe level that is logged
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

impl RunArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where the show cannot begin; once it runs, it ends well.
    pub fn run(self) -> Result<(), Failure> {
        // Only a program with one thread may ask for the local time; the clock on the stage needs it.
        crate::memory::keep_little();
        let utc_offset = time::UtcOffset::current_local_offset().unwrap_or(time::UtcOffset::UTC);
        crate::memory::give_back();
        let demo_data = self
            .demo
            .then(|| std::env::temp_dir().join(format!("drawstream-demo-{}", std::process::id())));
        let config = self.config(demo_data.as_deref())?;
        logging::start(&config.log);
        let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
        if let Some(path) = &self.record {
            if VideoFile::new(path).is_ok() {
                return Err(Failure::input(anyhow!(
                    "--record writes a .gif or a folder of pictures"
                ))
                .with_hint("--video writes .mp4 and .mkv"));
            }
            sinks.push(Box::new(Recorder::create(path).map_err(Failure::world)?));
        }
        for destination in self.destinations(&config)? {
            let out = VideoOut::start(&config, destination).map_err(|error| {
                let hint = error.hint();
                Failure::world(error).with_maybe_hint(hint)
            })?;
            sinks.push(Box::new(out));
        }
        let options = LiveOptions {
            occasion: if self.demo {
                Occasion::Demo
            } else {
                Occasion::Stream
            },
            exit_after: self.exit_after,
            backfill_since: self.backfill_since,
            fps: if self.show_fps {
                Fps::Shown
            } else {
                Fps::Hidden
            },
            utc_offset,
        };
        let ended = self.perform(config, options, sinks);
        if let Some(folder) = demo_data {
            // A demo leaves nothing behind; a folder that cannot be removed is the system's to clean.
            let _ = std::fs::remove_dir_all(folder);
        }
        ended
    }

    /// Where videos go.
    fn destinations(&self, config: &Config) -> Result<Vec<Destination>, Failure> {
        let mut all = Vec::new();
        if let Some(path) = &self.video {
            all.push(Destination::File(
                VideoFile::new(path).map_err(Failure::input)?,
            ));
        }
        if self.stream.is_some() {
            let url = config.video.stream.clone().ok_or_else(|| {
                Failure::input(anyhow!("--stream has no address")).with_hint(
                    "set STREAM_URL to the address that the service gave you, its key at the end, or write it after --stream",
                )
            })?;
            all.push(Destination::Stream(url));
        }
        Ok(all)
    }

    fn config(&self, demo_data: Option<&std::path::Path>) -> Result<Config, Failure> {
        let mut own: Vec<(&str, String)> = Vec::new();
        if let Some(folder) = demo_data {
            own.push(("data_dir", folder.display().to_string()));
            own.push(("pixel.duration_sec", DEMO_DRAWING.to_owned()));
            own.push(("show.duration_sec", DEMO_HOLD.to_owned()));
            own.push(("planner.backend", "builtin".to_owned()));
            own.push(("painters", "sketch".to_owned()));
        }
        own.extend(self.log_format.clone().map(|format| ("log.format", format)));
        own.extend(self.log_level.clone().map(|level| ("log.level", level)));
        own.extend(self.stream.clone().flatten().map(|url| ("stream.url", url)));
        own.extend(self.fps.clone().map(|fps| ("video.fps", fps)));
        self.settings.load_with(&own)
    }

    #[cfg(feature = "window")]
    fn perform(
        &self,
        config: Config,
        options: LiveOptions,
        mut sinks: Vec<Box<dyn Sink>>,
    ) -> Result<(), Failure> {
        use drawstream_core::stage::{HelpKey, HelpSheet};

        use crate::sinks::{Closed, Ending, GONE, StageWindow, WindowError, WindowOptions};

        let window = if self.headless {
            None
        } else {
            StageWindow::connect()
                .inspect_err(|error| {
                    tracing::info!("{error}; the show goes on without one, as with --headless");
                })
                .ok()
        };
        let Some(window) = window else {
            return perform_headless(config, options, sinks);
        };
        sinks.push(Box::new(window.glass()));
        let (theme, locale) = (config.stage.theme, config.locale);
        let keys = [
            HelpKey::Pause,
            HelpKey::Skip,
            HelpKey::FullScreen,
            HelpKey::Hud,
            HelpKey::Help,
        ];
        let window_options = WindowOptions {
            width: u32::from(config.stage.width),
            height: u32::from(config.stage.height),
            renderer: config.stage.renderer,
            help: Box::new(move |scale| HelpSheet::new(theme, locale, &keys, scale)),
        };
        let runtime = runtime()?;
        let live = runtime.block_on(Live::start(config, options, sinks))?;
        runtime.spawn(window.close_with(live.stop().clone()));
        let (steering, stop) = (live.steering(), live.stop().clone());
        let (ending, show) = Ending::hear();
        runtime.spawn(async move {
            // Nobody hears it only where the program is being ended already.
            let _ = show.send(live.finish().await);
        });
        match window.run(window_options, move |key| steering.key(key)) {
            Ok(Closed::ByPerson | Closed::ByProgram) => stop.cancel(),
            Err(WindowError::Gone) => tracing::error!("{GONE}"),
            Err(error) => {
                tracing::error!("{error}; the show goes on without it: press Ctrl+C to end it");
            }
        }
        ending.wait()
    }

    #[cfg(not(feature = "window"))]
    fn perform(
        &self,
        config: Config,
        options: LiveOptions,
        sinks: Vec<Box<dyn Sink>>,
    ) -> Result<(), Failure> {
        perform_headless(config, options, sinks)
    }
}

fn perform_headless(
    config: Config,
    options: LiveOptions,
    sinks: Vec<Box<dyn Sink>>,
) -> Result<(), Failure> {
    let runtime = runtime()?;
    runtime.block_on(async { Live::start(config, options, sinks).await?.finish().await })
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    Ok(runtime.context("start the program's threads")?)
}

fn moment(text: &str) -> Result<UnixTime, String> {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .map(|time| UnixTime(time.unix_timestamp()))
        .map_err(|_| "write a moment with its zone, as in 2026-01-31T18:00:00Z".to_owned())
}
