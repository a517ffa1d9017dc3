//! What the floor tells the world: the view of the queue, the rows of the stage, and frames to the sinks.

use std::time::Duration;

use drawstream_core::donation::{DonationId, ShowTime};
use drawstream_core::show::{Card, Curtain, Requests, State};
use drawstream_core::stage::{QueueRow, RequestView, Stage, StageRect};

use super::super::board::{Act, Row};
use super::Floor;
use crate::control::{Active, CurtainView, Phase, QueueView, Upcoming};
use crate::ledger::Origin;
use crate::playbill::Playbill;
use crate::sinks::{Frame, Sink};

impl Floor<'_> {
    pub(super) fn clock(&self) -> String {
        let now = time::OffsetDateTime::now_utc().to_offset(self.options.utc_offset);
        format!("{:02}:{:02}", now.hour(), now.minute())
    }

    /// Publishes what is on.
    pub(super) fn tell(&mut self, now: ShowTime) {
        self.told = Some(now.0);
        let view = self.view(now);
        self.lines.view.send_if_modified(|old| {
            let differs = *old != view;
            *old = view;
            differs
        });
    }

    fn view(&self, now: ShowTime) -> QueueView {
        let state = self.show.state(now);
        let seconds = |time: Duration| (time.as_secs_f64() * 100.0).round() / 100.0;
        let told = Told::of(state);
        let ready: Vec<_> = self
            .show
            .queue(now)
            .map(|waiting| (waiting.id, waiting.wait))
            .collect();
        let bill = |id: DonationId| self.board.entry(id).map(|entry| active(id, &entry.bill));
        let preparing = match state {
            State::Preparing(id) => Some(id),
            State::Idle
            | State::Closed
            | State::Drawing { .. }
            | State::Holding { .. }
            | State::Card { .. } => None,
        };
        let on = self.show.active();
        let reply = on
            .and_then(|id| self.board.entry(id))
            .and_then(|entry| match &entry.act {
                Act::Card { reply } => reply.as_ref().map(|reply| reply.as_str().to_owned()),
                Act::Unready | Act::Painting(_) | Act::Finished(_) => None,
            });
        QueueView {
            phase: told.phase,
            paused: self.show.curtain() != Curtain::Up,
            closed: self.show.requests() == Requests::Closed,
            curtain: match self.show.curtain() {
                Curtain::Up => CurtainView::Up,
                Curtain::Paused => CurtainView::Paused,
                Curtain::Covered => CurtainView::Covered,
            },
            active: on.and_then(bill),
            reply,
            progress: told.progress,
            elapsed_sec: told.elapsed.map(seconds),
            duration_sec: told.duration.map(seconds),
            hold_remaining_sec: told.remaining.map(seconds),
            preparing: preparing.map(|id| id.0),
            preparing_request: preparing.and_then(bill),
            preparing_progress: preparing
                .and_then(|id| self.board.entry(id)?.progress)
                .map(|done| (f64::from(done) * 100.0).round() / 100.0),
            size: self.board.waiting(ready.len()),
            next: self.board.next_five(&ready).iter().map(upcoming).collect(),
            fps: (self.pace.fps() * 10.0).round() / 10.0,
            sources: self.board.sources.clone(),
        }
    }
}

/// What is told of the show's state.
struct Told {
    phase: Phase,
    progress: Option<f64>,
    elapsed: Option<Duration>,
    duration: Option<Duration>,
    remaining: Option<Duration>,
}

impl Told {
    fn of(state: State) -> Self {
        let nothing = Self {
            phase: Phase::Idle,
            progress: None,
            elapsed: None,
            duration: None,
            remaining: None,
        };
        match state {
            State::Idle => nothing,
            State::Closed => Self {
                phase: Phase::Closed,
                ..nothing
            },
            State::Preparing(_) => Self {
                phase: Phase::Preparing,
                ..nothing
            },
            State::Drawing {
                elapsed, duration, ..
            } => Self {
                phase: Phase::Drawing,
                progress: Some(elapsed.as_secs_f64() / duration.as_secs_f64().max(1e-9)),
                elapsed: Some(elapsed),
                duration: Some(duration),
                remaining: None,
            },
            State::Holding {
                remaining, hold, ..
            } => Self {
                phase: Phase::Holding,
                progress: Some(1.0),
                duration: Some(hold),
                remaining: Some(remaining),
                ..nothing
            },
            State::Card {
                card, remaining, ..
            } => Self {
                phase: match card {
                    Card::Refused => Phase::RefusedCard,
                    Card::Failed => Phase::FailedCard,
                    Card::Thanked => Phase::ThanksCard,
                },
                remaining: Some(remaining),
                ..nothing
            },
        }
    }
}

fn active(id: DonationId, bill: &Playbill) -> Active {
    let shown = |text: &Option<drawstream_core::gate::ScreenText>| {
        text.as_ref().map(|text| text.as_str().to_owned())
    };
    Active {
        id: id.0,
        donor: shown(&bill.donor),
        amount: Some(bill.amount.to_string()),
        message: shown(&bill.message),
        test: bill.origin == Origin::Trial,
    }
}

pub(super) fn request(bill: &Playbill) -> RequestView<'_> {
    RequestView {
        donor: bill.donor.as_ref(),
        amount: Some(&bill.amount),
        message: bill.message.as_ref(),
    }
}

pub(super) fn queue_row(row: &Row) -> QueueRow<'_> {
    QueueRow {
        donor: row.bill.donor.as_ref(),
        amount: Some(&row.bill.amount),
        wait: row.wait,
    }
}

fn upcoming(row: &Row) -> Upcoming {
    Upcoming {
        id: row.id.0,
        donor: row.bill.donor.as_ref().map(|name| name.as_str().to_owned()),
        amount: Some(row.bill.amount.to_string()),
        test: row.bill.origin == Origin::Trial,
        wait_sec: row.wait.map(|wait| wait.as_secs_f64().round()),
    }
}

/// Hands the frame to each sink; one that fails is dropped, and the show goes on.
pub(super) fn present(
    sinks: &mut Vec<Box<dyn Sink>>,
    stage: &Stage,
    damage: &[StageRect],
    now: ShowTime,
) {
    let (width, height) = (u32::from(stage.size().w()), u32::from(stage.size().h()));
    sinks.retain_mut(|sink| {
        if damage.is_empty() && !sink.wants_still_frames() {
            return true;
        }
        match sink.present(&Frame {
            width,
            height,
            pixels: stage.pixels(),
            damage,
            at: now.0,
        }) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(
                    "{} stopped: {error:#}; the show goes on without it",
                    sink.name()
                );
                false
            }
        }
    });
}
