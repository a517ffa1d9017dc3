//! [`QueueView`]: the truth about the show at a moment, as the API and the dashboard tell it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::health::Health;

/// What is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing; requests are welcome.
    #[default]
    Idle,
    /// Nothing; requests are not taken.
    Closed,
    /// The next donation is being made into a painting.
    Preparing,
    /// A painting is being drawn.
    Drawing,
    /// A finished painting is held.
    Holding,
    /// The card of a refused request.
    RefusedCard,
    /// The card of a request that could not be painted.
    FailedCard,
    /// The thanks for what is not painted.
    ThanksCard,
}

/// Whether time runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CurtainView {
    /// It does.
    #[default]
    Up,
    /// It stands still, and what is on stays visible.
    Paused,
    /// It stands still, and the stage is covered.
    Covered,
}

/// The donation that is on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Active {
    /// The ledger's number.
    pub id: u64,
    /// Who gave, as the screen shows it; absent for an anonymous donor.
    pub donor: Option<String>,
    /// What was given, with its currency; not told to moderators.
    pub amount: Option<String>,
    /// What was asked for, as the screen shows it; absent on a card.
    pub message: Option<String>,
    /// Whether it is a test, for which nobody paid.
    #[serde(default)]
    pub test: bool,
}

/// A donation that waits for its turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Upcoming {
    /// The ledger's number.
    pub id: u64,
    /// Who gave, as the screen shows it.
    pub donor: Option<String>,
    /// What was given, with its currency; not told to moderators.
    pub amount: Option<String>,
    /// Whether it is a test, for which nobody paid.
    #[serde(default)]
    pub test: bool,
    /// Seconds until its turn, if nobody skips or pauses; absent until its painting is ready.
    pub wait_sec: Option<f64>,
}

/// How far the connection of a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The source is not used.
    #[default]
    Off,
    /// Not connected; the next try comes by itself.
    Down,
    /// On the way.
    Connecting,
    /// Connected and subscribed: donations arrive as they are made.
    Live,
}

/// A source of donations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceView {
    /// Its name.
    pub name: String,
    /// Its name in the settings and in the ledger.
    #[serde(default)]
    pub key: String,
    /// Whether donations reach us from it now.
    pub up: bool,
    /// How far its connection is.
    #[serde(default)]
    pub link: Link,
    /// How it is, for a person.
    pub state: String,
    /// When it last heard of a donation (RFC 3339).
    #[serde(default)]
    pub last_event: Option<String>,
    /// When it last read the service's list of donations (RFC 3339).
    #[serde(default)]
    pub last_poll: Option<String>,
    /// When its token expires, where that is known (RFC 3339).
    #[serde(default)]
    pub token_expires: Option<String>,
    /// The last thing that went wrong, for a person.
    #[serde(default)]
    pub last_error: Option<String>,
    /// Donations that it brought since the program started.
    #[serde(default)]
    pub taken: u64,
    /// What it sent that could not be read.
    #[serde(default)]
    pub unreadable: u64,
}

impl SourceView {
    /// Whether somebody should look after it: it is used, and donations do not reach us.
    pub fn is_in_trouble(&self) -> bool {
        self.link != Link::Off && !self.up
    }
}

/// How a video or a stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputState {
    /// It has not begun, or nobody takes its frames yet.
    #[default]
    Starting,
    /// Its frames are taken.
    Live,
    /// It broke off, and is started again in a moment.
    Waiting,
    /// It broke off too often, and is given up.
    Failed,
    /// It has ended with the show.
    Done,
}

/// A video or a stream of the stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputView {
    /// What it is: `the video` or `the stream`.
    pub name: String,
    /// Where it goes: a file, or a service's host; never with a key.
    pub to: String,
    /// How it is.
    pub state: OutputState,
    /// Frames that were taken.
    pub frames: u64,
    /// Frames that were due and left out.
    pub dropped: u64,
    /// How often it was started again.
    pub restarts: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl OutputView {
    /// What a person should know; nothing where all is well.
    pub fn problem(&self) -> Option<String> {
        let why = self.last_error.as_deref().unwrap_or("it broke off");
        match self.state {
            OutputState::Starting | OutputState::Live | OutputState::Done => None,
            OutputState::Waiting => Some(format!("{}: {why}; it is started again", self.name)),
            OutputState::Failed => Some(format!("{}: {why}; it was given up", self.name)),
        }
    }
}

/// A planner or a painter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerView {
    /// Its name.
    pub name: String,
    /// `planner` or `painter`.
    pub trade: String,
    /// Whether it can work, by its last work or the last look at it; absent before either.
    pub up: Option<bool>,
    /// What the last look at it found, and the mend; absent before the first.
    #[serde(default)]
    pub health: Option<Health>,
    /// How many works it has done since the program started.
    pub done: u64,
    /// How many it has failed to do.
    pub failed: u64,
    /// Seconds that its last work took.
    pub seconds: Option<f64>,
    /// What went wrong last, since the program started.
    pub last_error: Option<String>,
}

/// The show at a moment.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are told to programs under these names, and are independent of each other"
)]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueView {
    /// What is on.
    pub phase: Phase,
    /// Whether time stands still.
    pub paused: bool,
    /// Whether requests are closed: what is given now is thanked for, and not painted.
    #[serde(default)]
    pub closed: bool,
    /// Whether it stands still because of a pause, or because the stage is covered.
    pub curtain: CurtainView,
    /// The donation that is on.
    pub active: Option<Active>,
    /// What the card says that is on, where that is not the locale's own line.
    pub reply: Option<String>,
    /// How much of it is drawn, 0 to 1; absent where nothing is drawn.
    pub progress: Option<f64>,
    /// Seconds that the drawing has gone on.
    pub elapsed_sec: Option<f64>,
    /// Seconds that the drawing takes in all, or that the finished painting stays in all.
    pub duration_sec: Option<f64>,
    /// Seconds that the finished painting or the card still stays.
    pub hold_remaining_sec: Option<f64>,
    /// The donation that is being made into a painting now.
    pub preparing: Option<u64>,
    /// What may be seen of it.
    pub preparing_request: Option<Active>,
    /// How far its painter is, 0 to 1, where it says so.
    pub preparing_progress: Option<f64>,
    /// How many wait for the stage, prepared or not; the one that is on is not counted.
    pub size: u64,
    /// The next five.
    pub next: Vec<Upcoming>,
    /// Frames a second that the stage draws when it has something to draw.
    pub fps: f64,
    /// Where donations come from.
    pub sources: Vec<SourceView>,
}

impl QueueView {
    /// The same as moderators see it.
    pub(crate) fn without_amounts(mut self) -> Self {
        for request in [&mut self.active, &mut self.preparing_request]
            .into_iter()
            .flatten()
        {
            request.amount = None;
        }
        self.next.iter_mut().for_each(|next| next.amount = None);
        self
    }
}
