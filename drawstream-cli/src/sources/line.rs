//! A [`Line`]: a connection that is made again whenever it ends, and what its end means.

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::donation_alerts::Pace;
use super::donation_alerts::pace::Backoff;
use super::status::{LinkState, Running, Teller};
use super::taker::Taker;
use crate::intake::Intake;

/// Why a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Try again soon.
    Again(String),
    /// Somebody has to do something; try again seldom.
    Alarm(String),
}

impl End {
    /// The other side has closed it.
    pub(super) fn closed(code: Option<u16>) -> Self {
        Self::Again(code.map_or_else(
            || "the connection was lost".to_owned(),
            |code| format!("the connection was closed with code {code}"),
        ))
    }
}

/// What a connection needs besides what is said on it.
#[derive(Debug)]
pub(super) struct Line {
    /// Lengths of time.
    pub(super) pace: Pace,
    /// The waits between connections; reset where one is well.
    pub(super) backoff: Backoff,
    pub(super) teller: Teller,
    pub(super) taker: Taker,
}

/// Who speaks on a line.
pub(super) trait Speaker: Send + 'static {
    /// One connection, and those that take over from it, until none is left.
    fn session(&mut self, line: &mut Line) -> impl Future<Output = End> + Send;
}

/// Starts a source that speaks on a line.
pub(super) fn start(
    name: &'static str,
    speaker: impl Speaker,
    (pace, seed): (Pace, u64),
    intake: Intake,
    stop: CancellationToken,
) -> Running {
    let (teller, status) = Teller::new(name);
    let (taker, taking) = Taker::start(intake, teller.clone(), stop.clone());
    let line = Line {
        pace,
        backoff: Backoff::new(seed),
        teller,
        taker,
    };
    let task = tokio::spawn(async move {
        line.keep(speaker, stop).await;
        if let Err(error) = taking.await {
            tracing::error!("the source's writer ended by a defect of the program: {error}");
        }
    });
    Running { status, task }
}

impl Line {
    async fn keep(mut self, mut speaker: impl Speaker, stop: CancellationToken) {
        loop {
            self.teller.link(LinkState::Connecting);
            let end = tokio::select! {
                () = stop.cancelled() => return,
                end = speaker.session(&mut self) => end,
            };
            let wait = match end {
                End::Again(why) => {
                    self.teller.trouble(&why);
                    self.backoff.next(&self.pace)
                }
                End::Alarm(why) => {
                    self.teller.trouble(&why);
                    self.teller.alarm(&why);
                    self.pace.refused_wait
                }
            };
            self.teller.link(LinkState::Down);
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }
}
