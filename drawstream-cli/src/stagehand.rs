//! The stagehand: the one who owns the show and the stage, and hands frames to the sinks.
//!
//! It lives on a thread of its own, so that nothing that the rest of the program does costs a frame. Others send it
//! [`Order`]s and [`Arrival`]s and read its [`QueueView`].

mod board;
mod canvas_shot;
mod easel;
mod floor;
mod pace;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use drawstream_core::color::Rgb8;
use drawstream_core::donation::{DonationId, Money};
use drawstream_core::gate::ScreenText;
use drawstream_core::house::Door;
use drawstream_core::show::ShowOptions;
use drawstream_core::stage::{Hud, Motion, StageOptions, Turns};
use drawstream_core::timeline::Timeline;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub use self::canvas_shot::CanvasShot;
use crate::control::{LiveSettings, QueueView, SourceView};
use crate::meters::Meters;
use crate::playbill::Playbill;
use crate::scribe::{Note, Scribe};
use crate::sinks::Sink;
use crate::staff::Post;

/// Orders of people that may wait for the next frame.
pub const ORDERS: usize = 64;
/// News of the studio that may wait for the next frame.
pub const ARRIVALS: usize = 256;

/// What a person wants of the show. Each is answered when it was done.
#[derive(Debug)]
pub enum Order {
    /// End what is on; answered with what that was.
    Skip(oneshot::Sender<Option<DonationId>>),
    /// Empty the queue; answered with how many left it.
    Clear(oneshot::Sender<u64>),
    /// Time stands still.
    Pause(oneshot::Sender<()>),
    /// Time goes on.
    Resume(oneshot::Sender<()>),
    /// The stage tells whether requests are taken; the ledger has been told already.
    Door(Door, oneshot::Sender<()>),
    /// Do this with what is on; answered with what that is.
    Steer(Steer, oneshot::Sender<Option<DonationId>>),
    /// Take this one back, if it is not on; answered with where it was.
    Withdraw(DonationId, oneshot::Sender<Whereabouts>),
}

/// What can be done with what is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// It stays longer.
    HoldLonger,
    /// It is drawn from its beginning again.
    Replay,
    /// The stage is covered with the next frame, and time stands still.
    Cover,
    /// The cover is lifted.
    Uncover,
}

/// Where a donation was that the stage was asked to let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// It is on, and stays there.
    OnStage,
    /// It was not on, and is not known to the stage any more.
    Gone,
}

/// News of the studio.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A donation is being made into a painting.
    Preparing {
        /// Which.
        id: DonationId,
        /// What may be seen of it.
        bill: Arc<Playbill>,
    },
    /// A rough idea of the painting, to be seen while a painter works: a first one, or what the painter shows of its
    /// work, which goes over the one before.
    Underdrawing {
        /// Whose.
        id: DonationId,
        /// The idea.
        timeline: Arc<Timeline>,
        /// Its colours, in the order of their first use.
        palette: Arc<[Rgb8]>,
    },
    /// How far the painter is, `0.0..=1.0`.
    Progress {
        /// With whose.
        id: DonationId,
        /// How far.
        done: f32,
    },
    /// A painting is ready.
    Ready {
        /// Whose.
        id: DonationId,
        /// What may be seen of the donation.
        bill: Arc<Playbill>,
        /// The painting.
        timeline: Arc<Timeline>,
        /// Its colours, in the order of their first use.
        palette: Arc<[Rgb8]>,
    },
    /// A painting that was drawn to the end before the program was interrupted: it gets its stay, and is not drawn
    /// again.
    Finished {
        /// Whose.
        id: DonationId,
        /// What may be seen of the donation.
        bill: Arc<Playbill>,
        /// The painting.
        timeline: Arc<Timeline>,
        /// Its colours, in the order of their first use.
        palette: Arc<[Rgb8]>,
    },
    /// The operator wants one once more: what was shown of it before does not count.
    Recalled(DonationId),
    /// The request was refused.
    Refused {
        /// Whose.
        id: DonationId,
        /// What may be seen of the donation.
        bill: Arc<Playbill>,
        /// What the donor is told; the configured line where absent.
        reply: Option<ScreenText>,
    },
    /// Nobody could paint it.
    Failed {
        /// Whose.
        id: DonationId,
        /// What may be seen of the donation.
        bill: Arc<Playbill>,
    },
    /// It is thanked for, and not painted.
    Thanked {
        /// Whose.
        id: DonationId,
        /// What may be seen of the donation.
        bill: Arc<Playbill>,
    },
    /// The order in which those that wait come, where it is not that of their arrival.
    InTurn(Vec<DonationId>),
    /// The operator took it back.
    Withdrawn(DonationId),
    /// What is not prepared yet.
    Backlog {
        /// How many.
        total: u64,
        /// The first five.
        head: Vec<(DonationId, Arc<Playbill>)>,
        /// Everything that is ready, in the order in which it shall be on.
        order: Vec<DonationId>,
    },
    /// How the sources are.
    Sources(Vec<SourceView>),
    /// A painting of an earlier run, for idle hours.
    Past {
        /// The painting.
        timeline: Arc<Timeline>,
        /// Its colours, in the order of their first use.
        palette: Arc<[Rgb8]>,
    },
}

/// How the stage looks and how long things stay.
#[derive(Clone, Debug)]
pub struct StagehandOptions {
    /// How it looks.
    pub stage: StageOptions,
    /// What a refused request's card says, where the planner gave no answer and it is not the locale's line.
    pub refused_line: Option<ScreenText>,
    /// Whether larger requests come sooner.
    pub turns: Turns,
    /// The least amount that is painted, where the stage says it.
    pub least: Option<Money>,
    /// Frames a second while something moves.
    pub frame_rate: u32,
    /// Whether things move that need not.
    pub motion: Motion,
    /// What is around the canvas.
    pub hud: Hud,
    /// Holds.
    pub show: ShowOptions,
    /// End the program after so many donations were on.
    pub exit_after: Option<u64>,
    /// The stage tells its frames a second.
    pub fps: Fps,
    /// Offset of the local time from UTC, for the clock.
    pub utc_offset: time::UtcOffset,
}

/// Whether frames per second are shown on the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fps {
    /// They are.
    Shown,
    /// They are not.
    Hidden,
}

/// The ends of the channels that lead to the stagehand.
#[derive(Debug)]
pub struct Lines {
    /// From people.
    pub orders: mpsc::Receiver<Order>,
    /// From the studio.
    pub arrivals: mpsc::Receiver<Arrival>,
    /// To whoever wants to know what is on.
    pub view: watch::Sender<QueueView>,
    /// To whoever wants to see the canvas.
    pub canvas: watch::Sender<CanvasShot>,
    /// What people change while the show goes on.
    pub settings: watch::Receiver<LiveSettings>,
    /// Where frames are counted.
    pub meters: Arc<Meters>,
}

/// Who looks after the stage.
pub(crate) struct Keeper {
    /// Its place on the roster.
    pub(crate) post: Post,
    /// Called after it broke and began anew: it knows of nothing then.
    pub(crate) began_anew: Box<dyn Fn() + Send>,
}

/// Starts the show on a thread of its own. It ends when `stop` is cancelled and the stroke under way is finished.
///
/// A stage that breaks by a defect begins anew; what was on when it broke has two more tries.
///
/// # Errors
/// Where the system has no thread left.
pub(crate) fn start(
    options: StagehandOptions,
    mut lines: Lines,
    scribe: Scribe,
    mut sinks: Vec<Box<dyn Sink>>,
    stop: CancellationToken,
    keeper: Keeper,
) -> std::io::Result<JoinHandle<()>> {
    Builder::new().name("stage".to_owned()).spawn(move || {
        let stop_all = stop.clone();
        let started = Instant::now();
        let on = Cell::new(None);
        let mut in_a_row = 0;
        loop {
            let began = Instant::now();
            let work = AssertUnwindSafe(|| {
                let (options, scribe, stop) = (options.clone(), scribe.clone(), stop.clone());
                floor::Floor::new(options, &mut lines, scribe, &mut sinks, stop, (started, &on)).run();
            });
            if catch_unwind(work).is_ok() {
                break;
            }
            keeper.post.broke("a defect of the program");
            if let Some(id) = on.take() {
                scribe.note(Note::Broke(id));
            }
            in_a_row = if began.elapsed() < SOON { in_a_row + 1 } else { 1 };
            if in_a_row >= MOST_IN_A_ROW {
                tracing::error!(
                    "the stage breaks again and again: the program ends; everything paid for is in the ledger"
                );
                break;
            }
            keeper.post.began_anew();
            (keeper.began_anew)();
        }
        for sink in &mut sinks {
            if let Err(error) = sink.finish() {
                tracing::warn!("{}: {error:#}", sink.name());
            }
        }
        stop_all.cancel();
    })
}

/// A stage that breaks so soon after it began is not well.
const SOON: Duration = Duration::from_secs(2);
/// How often it may do so in a row.
const MOST_IN_A_ROW: u32 = 10;
/// Longest wait for a stroke to end when the program is asked to.
const LAST_STROKE: Duration = Duration::from_secs(3);
