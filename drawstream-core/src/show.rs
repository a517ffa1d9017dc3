//! The show: what is on, what is next, and when the next thing happens.
//!
//! A state machine without a clock. The caller does one thing in a loop: it gives one [`Input`] to
//! [`Show::handle`], takes [`Show::poll`] until it is `None` and does what each [`Output`] says, then waits for the
//! next input or for the last [`Output::WakeAt`], at which it gives [`Input::Tick`].
//!
//! Two promises hold for any order of inputs. A painting that was taken ends in exactly one of
//! [`Output::Shown`], [`Output::Skipped`] and [`Output::Cleared`]. And what was shown once is not drawn again,
//! however often it is announced, unless it is recalled.

use std::collections::{BTreeSet, VecDeque};
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use crate::donation::{DonationId, ShowTime};
use clock::FreezableClock;

pub use input::Input;
pub use output::Output;
pub use state::{Curtain, Requests, State, Waiting};

mod clock;
mod input;
mod output;
mod state;
#[cfg(test)]
mod test;

/// How long things stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowOptions {
    /// How long a finished painting stays.
    pub hold: Duration,
    /// How long the card of a refused request stays.
    pub refused_hold: Duration,
    /// How long the card of a request that could not be painted stays.
    pub failed_hold: Duration,
    /// How long the thanks for what is not painted stay.
    pub thanked_hold: Duration,
    /// By how much [`Input::HoldLonger`] lengthens the stay.
    pub hold_longer: Duration,
}

impl Default for ShowOptions {
    /// A minute and a half for a painting, six seconds for a card, half a minute more on request.
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(90),
            refused_hold: Duration::from_secs(6),
            failed_hold: Duration::from_secs(6),
            thanked_hold: Duration::from_secs(5),
            hold_longer: Duration::from_secs(30),
        }
    }
}

/// A request that ends in words, not in a painting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Card {
    /// It was refused.
    Refused,
    /// No painter could paint it.
    Failed,
    /// By the rules of the house it is thanked for, and not painted.
    Thanked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Painting { id: DonationId, duration: Duration },
    Card { id: DonationId, card: Card },
}

impl Piece {
    fn id(self) -> DonationId {
        match self {
            Self::Painting { id, .. } | Self::Card { id, .. } => id,
        }
    }
}

/// Whether the painting that is drawn has been seen to its end before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    First,
    Again,
}

/// What is on; times are the show's own.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Rest,
    Drawing {
        id: DonationId,
        since: ShowTime,
        duration: Duration,
        hold: Duration,
        run: Run,
    },
    Holding {
        id: DonationId,
        until: ShowTime,
        hold: Duration,
        duration: Duration,
    },
    Card {
        id: DonationId,
        card: Card,
        until: ShowTime,
    },
}

/// The show as a state machine; the module's doc has its contract.
#[derive(Debug)]
pub struct Show {
    options: ShowOptions,
    clock: FreezableClock,
    curtain: Curtain,
    /// Whether the curtain is still down when the panic is over.
    paused: bool,
    requests: Requests,
    phase: Phase,
    queue: VecDeque<Piece>,
    preparing: VecDeque<DonationId>,
    shown: BTreeSet<DonationId>,
    outputs: VecDeque<Output>,
}

impl Show {
    /// How many shown donations are remembered: the oldest, whose numbers are the smallest, go first.
    const SHOWN_MEMORY: usize = 4096;

    /// An idle show at time zero.
    pub fn new(options: ShowOptions) -> Self {
        Self {
            options,
            clock: FreezableClock::new(),
            curtain: Curtain::Up,
            paused: false,
            requests: Requests::Open,
            phase: Phase::Rest,
            queue: VecDeque::new(),
            preparing: VecDeque::new(),
            shown: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one input. What follows from it comes out of [`Show::poll`].
    pub fn handle(&mut self, now: ShowTime, input: Input) {
        let inner = self.clock.advance(now);
        let alarm = self.alarm();
        self.end_what_is_due(inner);
        match input {
            Input::Tick => {}
            Input::Preparing(id) => self.prepare(id),
            Input::Ready { id, duration } => self.enqueue(Piece::Painting { id, duration }),
            Input::Refused(id) => self.enqueue(Piece::Card {
                id,
                card: Card::Refused,
            }),
            Input::Failed(id) => self.enqueue(Piece::Card {
                id,
                card: Card::Failed,
            }),
            Input::Thanked(id) => self.enqueue(Piece::Card {
                id,
                card: Card::Thanked,
            }),
            Input::Recalled(id) => {
                self.shown.remove(&id);
            }
            Input::Withdrawn(id) => self.withdraw(id),
            Input::Move { id, to } => self.move_to(id, to),
            Input::Skip => self.skip(),
            Input::Clear => self.clear(),
            Input::Pause => self.pause(now),
            Input::Resume => self.resume(now),
            Input::HoldLonger => self.hold_longer(),
            Input::Replay => self.replay(inner),
            Input::Close => self.requests = Requests::Closed,
            Input::Open => self.requests = Requests::Open,
            Input::Panic => self.cover(now),
            Input::Unpanic => self.uncover(now),
        }
        self.begin_next(inner);
        let thawed = matches!(input, Input::Resume | Input::Unpanic);
        if self.alarm() != alarm || thawed {
            self.wake();
        }
    }

    /// From the next painting on, finished ones stay so long.
    pub fn hold_for(&mut self, hold: Duration) {
        self.options.hold = hold;
    }

    /// The next thing to do, in the order in which it came about.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What is on at `now`, which may be later than the last input.
    pub fn state(&self, now: ShowTime) -> State {
        let inner = self.clock.read(now);
        match self.phase {
            Phase::Rest => match self.preparing.front() {
                Some(&id) => State::Preparing(id),
                None => match self.requests {
                    Requests::Open => State::Idle,
                    Requests::Closed => State::Closed,
                },
            },
            Phase::Drawing {
                id,
                since,
                duration,
                ..
            } => State::Drawing {
                id,
                elapsed: inner.since(since).min(duration),
                duration,
            },
            Phase::Holding {
                id, until, hold, ..
            } => State::Holding {
                id,
                remaining: until.since(inner),
                hold,
            },
            Phase::Card { id, card, until } => State::Card {
                id,
                card,
                remaining: until.since(inner),
            },
        }
    }

    /// Whether time runs.
    pub fn curtain(&self) -> Curtain {
        self.curtain
    }

    /// Whether requests are taken; known also while something is on.
    pub fn requests(&self) -> Requests {
        self.requests
    }

    /// Whose turn it is: the painting or card that is on.
    pub fn active(&self) -> Option<DonationId> {
        match self.phase {
            Phase::Rest => None,
            Phase::Drawing { id, .. } | Phase::Holding { id, .. } | Phase::Card { id, .. } => {
                Some(id)
            }
        }
    }

    /// What waits for its turn, with the time until then; what is on is not among it.
    pub fn queue(&self, now: ShowTime) -> impl Iterator<Item = Waiting> + '_ {
        let inner = self.clock.read(now);
        let mut wait = match self.phase {
            Phase::Rest => Duration::ZERO,
            Phase::Drawing {
                since,
                duration,
                hold,
                ..
            } => (since + duration + hold).since(inner),
            Phase::Holding { until, .. } | Phase::Card { until, .. } => until.since(inner),
        };
        self.queue.iter().map(move |piece| {
            let waiting = Waiting {
                id: piece.id(),
                wait,
            };
            wait += self.length(*piece);
            waiting
        })
    }

    fn length(&self, piece: Piece) -> Duration {
        match piece {
            Piece::Painting { duration, .. } => duration + self.options.hold,
            Piece::Card { card, .. } => self.card_hold(card),
        }
    }

    fn card_hold(&self, card: Card) -> Duration {
        match card {
            Card::Refused => self.options.refused_hold,
            Card::Failed => self.options.failed_hold,
            Card::Thanked => self.options.thanked_hold,
        }
    }

    fn deadline(&self) -> Option<ShowTime> {
        match self.phase {
            Phase::Rest => None,
            Phase::Drawing {
                since, duration, ..
            } => Some(since + duration),
            Phase::Holding { until, .. } | Phase::Card { until, .. } => Some(until),
        }
    }

    /// What the last wake was for. The next piece may be due at the very moment at which this one was, so the
    /// deadline alone would not tell that a new wake is needed.
    fn alarm(&self) -> (Option<ShowTime>, Option<DonationId>, Discriminant<Phase>) {
        (self.deadline(), self.active(), discriminant(&self.phase))
    }

    fn wake(&mut self) {
        let at = self.deadline().and_then(|inner| self.clock.outside(inner));
        self.outputs.extend(at.map(Output::WakeAt));
    }

    /// A late tick ends a drawing when it was due, so that its hold is not made longer by the delay.
    fn end_what_is_due(&mut self, inner: ShowTime) {
        if let Phase::Drawing {
            id,
            since,
            duration,
            hold,
            run: _,
        } = self.phase
            && inner >= since + duration
        {
            self.outputs.push_back(Output::Drawn(id));
            self.phase = Phase::Holding {
                id,
                until: since + duration + hold,
                hold,
                duration,
            };
        }
        match self.phase {
            Phase::Holding { id, until, .. } if inner >= until => self.end_as_shown(id),
            Phase::Card { id, until, .. } if inner >= until => self.end_card(id),
            Phase::Rest | Phase::Drawing { .. } | Phase::Holding { .. } | Phase::Card { .. } => {}
        }
    }

    fn end_as_shown(&mut self, id: DonationId) {
        self.outputs.push_back(Output::Shown(id));
        self.shown.insert(id);
        if self.shown.len() > Self::SHOWN_MEMORY {
            self.shown.pop_first();
        }
        self.phase = Phase::Rest;
    }

    fn end_card(&mut self, id: DonationId) {
        self.outputs.push_back(Output::CardEnded(id));
        self.phase = Phase::Rest;
    }

    /// The next piece begins when it is told to, not when it could have: its first strokes are never missed.
    fn begin_next(&mut self, inner: ShowTime) {
        match self.phase {
            Phase::Drawing { .. } | Phase::Holding { .. } | Phase::Card { .. } => {}
            Phase::Rest => match self.queue.pop_front() {
                None => {}
                Some(Piece::Painting { id, duration }) => {
                    self.outputs.push_back(Output::Draw(id));
                    self.phase = Phase::Drawing {
                        id,
                        since: inner,
                        duration,
                        hold: self.options.hold,
                        run: Run::First,
                    };
                }
                Some(Piece::Card { id, card }) => {
                    self.outputs.push_back(Output::ShowCard(id, card));
                    self.phase = Phase::Card {
                        id,
                        card,
                        until: inner + self.card_hold(card),
                    };
                }
            },
        }
    }

    fn is_known(&self, id: DonationId) -> bool {
        self.active() == Some(id)
            || self.shown.contains(&id)
            || self.queue.iter().any(|p| p.id() == id)
    }

    fn prepare(&mut self, id: DonationId) {
        // A piece that is here already needs no preparing, whoever says so.
        if !self.is_known(id) && !self.preparing.contains(&id) {
            self.preparing.push_back(id);
        }
    }

    fn enqueue(&mut self, piece: Piece) {
        self.preparing.retain(|&id| id != piece.id());
        if !self.is_known(piece.id()) {
            self.queue.push_back(piece);
        }
    }

    fn withdraw(&mut self, id: DonationId) {
        self.preparing.retain(|&other| other != id);
        if let Some(at) = self.queue.iter().position(|p| p.id() == id)
            && let Some(piece) = self.queue.remove(at)
        {
            self.drop_pieces([piece]);
        }
    }

    /// Cards that nobody will read need no word: their donations are already written down as refused or failed.
    fn drop_pieces(&mut self, pieces: impl IntoIterator<Item = Piece>) {
        let ids: Vec<DonationId> = pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Painting { id, .. } => Some(id),
                Piece::Card { .. } => None,
            })
            .collect();
        if !ids.is_empty() {
            self.outputs.push_back(Output::Cleared(ids));
        }
    }

    fn move_to(&mut self, id: DonationId, to: usize) {
        if let Some(at) = self.queue.iter().position(|p| p.id() == id)
            && let Some(piece) = self.queue.remove(at)
        {
            self.queue.insert(to.min(self.queue.len()), piece);
        }
    }

    fn skip(&mut self) {
        match self.phase {
            // Nothing is on.
            Phase::Rest => {}
            Phase::Drawing {
                id,
                run: Run::First,
                ..
            } => {
                self.outputs.push_back(Output::Skipped(id));
                self.phase = Phase::Rest;
            }
            // Its donor has seen all of it.
            Phase::Drawing {
                id,
                run: Run::Again,
                ..
            }
            | Phase::Holding { id, .. } => self.end_as_shown(id),
            Phase::Card { id, .. } => self.end_card(id),
        }
    }

    fn clear(&mut self) {
        let queue = std::mem::take(&mut self.queue);
        self.drop_pieces(queue);
    }

    fn hold_longer(&mut self) {
        let more = self.options.hold_longer;
        match &mut self.phase {
            // Nothing is on that could stay.
            Phase::Rest => {}
            Phase::Drawing { hold, .. } => *hold += more,
            Phase::Holding { until, hold, .. } => {
                *until = *until + more;
                *hold += more;
            }
            Phase::Card { until, .. } => *until = *until + more,
        }
    }

    fn replay(&mut self, inner: ShowTime) {
        let again = |id, duration, hold, run| Phase::Drawing {
            id,
            since: inner,
            duration,
            hold,
            run,
        };
        match self.phase {
            // A shown painting is the gallery's, and a card has no beginning.
            Phase::Rest | Phase::Card { .. } => {}
            Phase::Drawing {
                id,
                duration,
                hold,
                run,
                ..
            } => {
                self.phase = again(id, duration, hold, run);
                self.outputs.push_back(Output::Draw(id));
            }
            Phase::Holding { id, duration, .. } => {
                self.phase = again(id, duration, self.options.hold, Run::Again);
                self.outputs.push_back(Output::Draw(id));
            }
        }
    }

    fn pause(&mut self, now: ShowTime) {
        self.paused = true;
        match self.curtain {
            Curtain::Up => {
                self.clock.freeze(now);
                self.curtain = Curtain::Paused;
            }
            // Time stands still already; a covered stage is paused when the cover is lifted.
            Curtain::Paused | Curtain::Covered => {}
        }
    }

    fn resume(&mut self, now: ShowTime) {
        self.paused = false;
        match self.curtain {
            Curtain::Paused => {
                self.clock.thaw(now);
                self.curtain = Curtain::Up;
            }
            // Only the one who covered the stage lifts the cover.
            Curtain::Up | Curtain::Covered => {}
        }
    }

    fn cover(&mut self, now: ShowTime) {
        match self.curtain {
            Curtain::Up => self.clock.freeze(now),
            // Time stands still already.
            Curtain::Paused | Curtain::Covered => {}
        }
        self.curtain = Curtain::Covered;
    }

    fn uncover(&mut self, now: ShowTime) {
        match self.curtain {
            // There is no cover.
            Curtain::Up | Curtain::Paused => {}
            Curtain::Covered if self.paused => self.curtain = Curtain::Paused,
            Curtain::Covered => {
                self.clock.thaw(now);
                self.curtain = Curtain::Up;
            }
        }
    }
}
