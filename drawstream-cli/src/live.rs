//! [`Live`]: the whole program at work, and how it comes to an end.
//!
//! At the end it stops taking and preparing, finishes the stroke under way, writes down what happened, and closes the
//! ledger. Whatever is not finished goes on at the next start.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use drawstream_core::donation::{RawText, UnixTime};
use drawstream_core::gate::{Field, Gate};
use drawstream_core::house::Door;
use drawstream_core::plan::{Limits, Plan};
use drawstream_core::show::ShowOptions;
#[cfg(feature = "window")]
use drawstream_core::stage::Hud;
use drawstream_core::stage::{StageOptions, StageSize};
use drawstream_core::timeline::{Timeline, TimelineOptions};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Keeping, Start, Use};
use crate::control::{
    self, ControlError, ControlLines, Links, LiveSettings, OutputView, QueueView,
};
use crate::failure::Failure;
use crate::feed;
use crate::gallery::Gallery;
use crate::image_gate::ImageCheck;
use crate::intake::Intake;
use crate::ledger::{Clerk, Kept, LEDGER_FILE, Ledger, LedgerError, Opening, Shelf};
use crate::meters::Meters;
use crate::painters;
use crate::planners;
use crate::pool::watch::Lookout;
use crate::scribe::Scribe;
use crate::sinks::Sink;
use crate::sources::console::{self, Reach};
use crate::staff::{Policy, Staff};
use crate::stagehand::{
    self, ARRIVALS, Arrival, CanvasShot, Fps, Keeper, Lines, ORDERS, Order, StagehandOptions,
};
use crate::studio::{Crew, ERRANDS, Studio, StudioLines};

/// How long tasks may take to end before they are left behind.
const END_DEADLINE: Duration = Duration::from_secs(5);

/// How often it is looked whether a picture's time is over.
const HOUSEKEEPING: Duration = Duration::from_secs(6 * 3600);

/// What a show is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A stream, with the sources of the settings.
    Stream,
    /// A demonstration: donors who never sleep, on a service on this machine.
    Demo,
}

/// What a run is besides its settings.
#[derive(Clone, Copy, Debug)]
pub struct LiveOptions {
    /// What the show is for.
    pub occasion: Occasion,
    /// End after so many donations were on.
    pub exit_after: Option<u64>,
    /// At the first start ever: also draw what was given since then.
    pub backfill_since: Option<UnixTime>,
    /// Whether frames per second are shown on the stage.
    pub fps: Fps,
    /// Offset of the local time.
    pub utc_offset: time::UtcOffset,
}

/// The program at work.
#[derive(Debug)]
pub struct Live {
    stop: CancellationToken,
    tasks: TaskTracker,
    orders: mpsc::Sender<Order>,
    view: watch::Receiver<QueueView>,
    #[cfg(feature = "window")]
    settings: Arc<watch::Sender<LiveSettings>>,
    intake: Intake,
    stage: JoinHandle<()>,
    scribe: JoinHandle<()>,
    ledger: JoinHandle<()>,
}

/// Steers the show from the window's keys.
#[cfg(feature = "window")]
#[derive(Clone, Debug)]
pub struct Steering {
    orders: mpsc::Sender<Order>,
    view: watch::Receiver<QueueView>,
    settings: Arc<watch::Sender<LiveSettings>>,
}

impl Live {
    /// Starts everything.
    ///
    /// # Errors
    /// Where the show cannot begin: the ledger is in use, the port is taken, a name in the settings is unknown.
    pub async fn start(
        config: Config,
        options: LiveOptions,
        sinks: Vec<Box<dyn Sink>>,
    ) -> Result<Self, Failure> {
        let gate = Arc::new(config.gate.open()?);
        // Nothing of the start needs its words, and reading them takes longer than all the rest.
        tokio::task::spawn_blocking({
            let gate = Arc::clone(&gate);
            move || gate.wake()
        });
        let stage_options = stagehand_options(&config, options, &gate)?;
        let listener = listen(&config, options).await?;
        let (clerk, ledger) = open_ledger(&config)?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let intake = Intake::new(clerk.clone(), config.currency.clone());
        let staff = Staff::new(tasks.clone(), stop.clone());
        let (scribe, scribe_thread) = Scribe::hire(
            clerk.clone(),
            stop.clone(),
            staff.post("scribe", Policy::EndProgram),
        )
        .context("start the scribe")?;
        let (orders, orders_in) = mpsc::channel(ORDERS);
        let (arrivals, arrivals_in) = mpsc::channel(ARRIVALS);
        let (errands, errands_in) = mpsc::channel(ERRANDS);
        let (view_out, view) = watch::channel(QueueView::default());
        let outputs = watch_outputs(&sinks, &tasks, &stop);
        let (canvas_out, canvas) = watch::channel(CanvasShot::default());
        let settings = Arc::new(watch::Sender::new(LiveSettings::new(&config, options.fps)));
        let crew = Crew {
            gate: Arc::clone(&gate),
            planners: planners::roster(&config)?,
            painters: painters::roster(&config)?,
            image_check: ImageCheck::open(&config.image_gate)?,
        };
        let meters = Arc::new(Meters::new(
            crew.planners.iter().map(|planner| planner.name()),
            crew.painters.iter().map(|painter| painter.name()),
        ));
        if let Some(remote) = crew.painters.iter().find_map(|painter| painter.remote()) {
            let lookout = Arc::new(Lookout::new(remote, Arc::clone(&meters)));
            let ends = stop.clone();
            staff.employ("painting pool", Policy::Restart, move || {
                let (lookout, ends) = (Arc::clone(&lookout), ends.clone());
                async move {
                    tokio::select! {
                        () = lookout.watch() => Ok(()),
                        () = ends.cancelled() => Ok(()),
                    }
                }
            });
        }
        let lines = Lines {
            orders: orders_in,
            arrivals: arrivals_in,
            view: view_out,
            canvas: canvas_out,
            settings: settings.subscribe(),
            meters: Arc::clone(&meters),
        };
        let retell = intake.clone();
        let keeper = Keeper {
            post: staff.post("stage", Policy::Restart),
            began_anew: Box::new(move || retell.retell()),
        };
        let stage = stagehand::start(stage_options, lines, scribe, sinks, stop.clone(), keeper)
            .context("start the stage")?;
        let door = clerk.ask(|ledger| ledger.door()).await;
        if door.is_ok_and(|door| door == Door::Closed) {
            tracing::warn!(
                "requests are closed since an earlier run: `drawstream open` opens them"
            );
            let told = Order::Door(Door::Closed, tokio::sync::oneshot::channel().0);
            // The stage has just begun and takes it with its first frame.
            let _ = orders.send(told).await;
        }
        let sources = feed::start(
            &config,
            options.occasion,
            options.backfill_since,
            &intake,
            &staff,
            &tasks,
            &stop,
        )
        .await?;
        tasks.spawn(remember(intake.clerk().clone(), arrivals.clone()));
        let studio_lines = StudioLines {
            floor: arrivals,
            orders: orders.clone(),
            errands: errands_in,
            sources,
            settings: settings.subscribe(),
            meters: Arc::clone(&meters),
        };
        let studio = Studio::new(&config, intake.clone(), crew, studio_lines, stop.clone());
        let mut checkup = studio.checkup();
        checkup.first().await;
        let ends = stop.clone();
        staff.employ("checkup", Policy::Restart, move || {
            let (checkup, ends) = (checkup.clone(), ends.clone());
            async move {
                tokio::select! {
                    ended = checkup.go_on() => ended,
                    () = ends.cancelled() => Ok(()),
                }
            }
        });
        let studio = Arc::new(tokio::sync::Mutex::new(studio));
        staff.employ("studio", Policy::Restart, move || {
            let studio = Arc::clone(&studio);
            async move {
                let ended = studio.lock().await.run().await;
                ended.map_err(|error| error.to_string())
            }
        });
        if let Some(keep) = config.keep_works {
            let (clerk, ends) = (intake.clerk().clone(), stop.clone());
            staff.employ("housekeeping", Policy::Restart, move || {
                keep_house(clerk.clone(), keep, ends.clone())
            });
        }
        let gallery = Gallery::new(config.gallery.folder.clone());
        if config.gallery.keeping == Keeping::On {
            let (gallery, clerk) = (gallery.clone(), intake.clerk().clone());
            let ends = stop.clone();
            staff.employ("gallery", Policy::Restart, move || {
                gallery.clone().attend(clerk.clone(), ends.clone())
            });
        }
        let console_intake = intake.clone();
        let door = intake.clone();
        let address = listener
            .local_addr()
            .context("ask for the address of the control API")?;
        tracing::info!(
            "the dashboard and the control API are at http://{address}, the stage for OBS at http://{address}/stage"
        );
        let links = Links::new(&config.data_dir, config.api.token.as_ref());
        #[cfg(feature = "window")]
        let steered = Arc::clone(&settings);
        let control_lines = ControlLines {
            queue: view.clone(),
            canvas,
            orders: orders.clone(),
            errands,
            intake,
            gate,
            settings,
            meters,
            tasks: staff.roster(),
            outputs,
            gallery,
            locale: config.locale.name(),
        };
        let served = stop.clone();
        let mut once = Some((listener, links, control_lines));
        staff.employ("control API", Policy::GoOnWithout, move || {
            let (once, stop) = (once.take(), served.clone());
            async move {
                match once {
                    Some((listener, links, lines)) => {
                        control::serve(listener, links, lines, stop).await
                    }
                    // It is not started again.
                    None => Ok(()),
                }
            }
        });
        if console_is_on(config.console.enabled, options.occasion) {
            let reach = Reach {
                intake: console_intake,
                orders: orders.clone(),
                view: view.clone(),
                stop: stop.clone(),
            };
            let input = std::io::BufReader::new(std::io::stdin());
            let lines =
                console::listen(input, config.currency.clone()).context("read the terminal")?;
            tasks.spawn(console::attend(lines, reach, |answer| {
                // Where nobody can be told, what was typed is done all the same.
                let _ = writeln!(std::io::stdout(), "{answer}");
            }));
        }
        tokio::spawn(end_when_asked(stop.clone()));
        Ok(Self {
            stop,
            tasks,
            orders,
            view,
            #[cfg(feature = "window")]
            settings: steered,
            intake: door,
            stage,
            scribe: scribe_thread,
            ledger,
        })
    }

    /// Where donations enter.
    pub fn intake(&self) -> &Intake {
        &self.intake
    }

    /// Cancelled when the program is to end.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// For the window's keys.
    #[cfg(feature = "window")]
    pub fn steering(&self) -> Steering {
        Steering {
            orders: self.orders.clone(),
            view: self.view.clone(),
            settings: Arc::clone(&self.settings),
        }
    }

    /// Waits until the program is to end, and ends it well.
    ///
    /// # Errors
    /// Where a part of it ended by a defect; everything paid for is in the ledger all the same.
    pub async fn finish(self) -> Result<(), Failure> {
        self.stop.cancelled().await;
        tracing::info!("ending: the stroke under way is finished, then everything is written down");
        self.tasks.close();
        drop(self.orders);
        drop(self.intake);
        if tokio::time::timeout(END_DEADLINE, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("a task did not end in time; it is left behind");
        }
        let joined = tokio::task::spawn_blocking(move || {
            // In this order: the stage hands its last notes to the scribe, and the scribe to the ledger.
            [
                ("stage", self.stage),
                ("scribe", self.scribe),
                ("ledger", self.ledger),
            ]
            .into_iter()
            .filter_map(|(name, thread)| thread.join().err().map(|_| name))
            .collect::<Vec<_>>()
        });
        match joined.await {
            Ok(failed) if failed.is_empty() => Ok(()),
            Ok(failed) => Err(Failure::world(anyhow!(
                "the {} ended by a defect of the program",
                failed.join(", ")
            ))),
            Err(error) => Err(Failure::world(error)),
        }
    }
}

#[cfg(feature = "window")]
impl Steering {
    /// Does what a key asks.
    pub fn key(&self, key: crate::sinks::KeyCommand) {
        use crate::sinks::KeyCommand;
        let is_paused = self.view.borrow().paused;
        let order = match key {
            KeyCommand::Skip => Order::Skip(tokio::sync::oneshot::channel().0),
            KeyCommand::TogglePause if is_paused => {
                Order::Resume(tokio::sync::oneshot::channel().0)
            }
            KeyCommand::TogglePause => Order::Pause(tokio::sync::oneshot::channel().0),
            KeyCommand::ToggleHud => {
                return self.settings.send_modify(|settings| {
                    settings.hud = match settings.hud {
                        Hud::Shown => Hud::Hidden,
                        Hud::Hidden => Hud::Shown,
                    };
                });
            }
        };
        if self.orders.try_send(order).is_err() {
            tracing::warn!("the stage does not take the key's order");
        }
    }
}

/// Works that an idle stage knows of an earlier run.
const REMEMBERED: usize = 8;
/// Colours of a palette that are shown.
const MOST_DABS: usize = 64;

/// Tells the stage of the last works that were shown, the oldest first.
async fn remember(clerk: Clerk, stage: mpsc::Sender<Arrival>) {
    let read = clerk.ask(|ledger| {
        let shown = ledger.shelf(Shelf::Shown, 0, REMEMBERED)?;
        let works = shown.iter().filter(|row| row.kept == Kept::Plan);
        let works = works.map(|row| ledger.work(row.entry.donation.id));
        works.collect::<Result<Vec<_>, _>>()
    });
    // A ledger in trouble says so itself; an idle stage can do without.
    let works = read.await.unwrap_or_default();
    for work in works.into_iter().rev() {
        let compiled = tokio::task::spawn_blocking(move || {
            let plan = Plan::parse(work.plan.as_deref()?, &Limits::default()).ok()?;
            let timeline = Timeline::compile(&plan, &TimelineOptions::default());
            let palette = timeline.palette(MOST_DABS).into();
            Some(Arrival::Past {
                timeline: Arc::new(timeline),
                palette,
            })
        });
        if let Ok(Some(past)) = compiled.await
            && stage.send(past).await.is_err()
        {
            return;
        }
    }
}

/// What the sinks tell of themselves, gathered.
fn watch_outputs(
    sinks: &[Box<dyn Sink>],
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> watch::Receiver<Vec<OutputView>> {
    let views: Vec<_> = sinks.iter().filter_map(|sink| sink.view()).collect();
    let all: Vec<OutputView> = views.iter().map(|view| view.borrow().clone()).collect();
    let (told, gathered) = watch::channel(all);
    let told = Arc::new(told);
    for (place, mut view) in views.into_iter().enumerate() {
        let (told, stop) = (Arc::clone(&told), stop.clone());
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    changed = view.changed() => if changed.is_err() { return },
                }
                let now = view.borrow_and_update().clone();
                told.send_modify(|all| all[place] = now);
            }
        });
    }
    gathered
}

/// Lines are read where somebody can type them. A demo is started by scripts too, whose input is not its own.
fn console_is_on(setting: Use, occasion: Occasion) -> bool {
    let is_terminal = occasion == Occasion::Stream && std::io::stdin().is_terminal();
    setting.start(is_terminal.then_some(&())) == Start::Now || setting == Use::On
}

/// The first Ctrl+C (or a service manager's SIGTERM) ends the program well, the second at once.
pub(crate) async fn end_when_asked(stop: CancellationToken) {
    if asked_to_end().await.is_err() {
        return;
    }
    stop.cancel();
    if asked_to_end().await.is_ok() {
        std::process::exit(130);
    }
}

#[cfg(unix)]
async fn asked_to_end() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        asked = tokio::signal::ctrl_c() => asked,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Lets go of scenes, pictures and plans whose time is over, now and every few hours.
async fn keep_house(clerk: Clerk, keep: Duration, ends: CancellationToken) -> Result<(), String> {
    loop {
        match clerk.ask(move |ledger| ledger.prune_older_than(keep)).await {
            Ok(0) => {}
            Ok(pruned) => tracing::info!(pruned, "let go of old scenes, pictures and plans"),
            // The ledger itself says so where it is in trouble.
            Err(error) => tracing::debug!(%error, "old pictures stay for now"),
        }
        tokio::select! {
            () = ends.cancelled() => return Ok(()),
            () = tokio::time::sleep(HOUSEKEEPING) => {}
        }
    }
}

fn open_ledger(config: &Config) -> Result<(Clerk, JoinHandle<()>), Failure> {
    let path = config.data_dir.join(LEDGER_FILE);
    let explain = |error: LedgerError| {
        let hint = error.hint();
        Failure::world(anyhow::Error::new(error).context("open the ledger")).with_maybe_hint(hint)
    };
    let (mut ledger, opening) = Ledger::open(&path).map_err(explain)?;
    ledger.set_house(config.rules.rules().clone());
    let Opening {
        set_aside,
        drawn_again,
        held_again,
        going_on,
        given_up,
    } = opening;
    if let Some(aside) = set_aside {
        tracing::error!(
            "the ledger was damaged: the file is kept as {}, and {} donations were saved from it",
            aside.path.display(),
            aside.donations_saved,
        );
    }
    if drawn_again + held_again + going_on + given_up > 0 {
        tracing::info!(
            drawn_again,
            held_again,
            going_on,
            given_up,
            "the last run was interrupted; its work goes on"
        );
    }
    Clerk::hire(ledger).map_err(explain)
}

/// A demo takes any free port where the usual one is taken, so that it always runs.
async fn listen(config: &Config, options: LiveOptions) -> Result<tokio::net::TcpListener, Failure> {
    let explain = |error: ControlError| {
        let hint = error.hint();
        match error {
            ControlError::NeedsToken { .. } => Failure::input(error).with_hint(hint),
            ControlError::Bind { .. } => Failure::world(error).with_hint(hint),
        }
    };
    match control::bind(&config.api).await {
        Err(ControlError::Bind { .. }) if options.occasion == Occasion::Demo => {
            let mut free = config.api.clone();
            free.port = 0;
            control::bind(&free).await.map_err(explain)
        }
        bound => bound.map_err(explain),
    }
}

fn stagehand_options(
    config: &Config,
    options: LiveOptions,
    gate: &Gate,
) -> Result<StagehandOptions, Failure> {
    let stage = &config.stage;
    let size = StageSize::new(stage.width, stage.height).ok_or_else(|| {
        Failure::input(anyhow!("no stage can be {}×{}", stage.width, stage.height))
    })?;
    let line = config.show.refused_line.as_ref().map(RawText::new);
    let look = StageOptions {
        size,
        safe_area: stage.safe_area,
        theme: stage.theme,
        locale: config.locale,
        caption: Some(stage.caption.clone()),
        empty_canvas: painters::canvas(config)?,
    };
    Ok(StagehandOptions {
        stage: look,
        turns: config.rules.turns(),
        least: config.rules.least(),
        refused_line: line.map(|line| gate.screen_text(&line, Field::Message)),
        frame_rate: stage.frame_rate,
        motion: stage.motion,
        hud: stage.hud,
        show: ShowOptions {
            hold: config.show.hold,
            ..ShowOptions::default()
        },
        exit_after: options.exit_after,
        fps: options.fps,
        utc_offset: options.utc_offset,
    })
}
