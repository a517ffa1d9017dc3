//! The [`Floor`]: the loop of the show. One input, then what follows from it, then a frame, then the next.

mod telling;

use std::cell::Cell;
use std::time::{Duration, Instant};

use drawstream_core::donation::{DonationId, ShowTime};
use drawstream_core::house::Door;
use drawstream_core::show::{Curtain, Input, Output, Show, State};
use drawstream_core::stage::{
    Act as StageAct, BrushView, CanvasView, HouseView, SourceState, SourceView, Stage, StageView,
    Worth,
};
use tokio_util::sync::CancellationToken;

use self::telling::{present, queue_row, request};
use super::board::{Act, Board};
use super::easel::{Easel, Work};
use super::pace::Pace;
use super::{Arrival, Fps, LAST_STROKE, Lines, Order, StagehandOptions, Steer, Whereabouts};
use crate::control::Link;
use crate::ledger::Origin;
use crate::scribe::{Note, Scribe};
use crate::sinks::Sink;

/// So long before its end a drawing counts as drawn: the ledger has it in writing before the last stroke is down, and
/// whoever pulls the plug then has it drawn to the end once, not twice.
const LAST_MOMENT: Duration = Duration::from_millis(250);
/// How often a stage looks at the clock where nothing moves.
const REST: Duration = Duration::from_millis(500);
/// Frames a second of an idle stage, which paints slowly.
const CALM_RATE: u32 = 20;
/// How often the world is told what is on while something moves.
const TELL: Duration = Duration::from_millis(100);

/// The show, its stage and everything around them.
pub(crate) struct Floor<'a> {
    options: StagehandOptions,
    lines: &'a mut Lines,
    scribe: Scribe,
    sinks: &'a mut Vec<Box<dyn Sink>>,
    /// What is on, for whoever finds the stage broken.
    on: &'a Cell<Option<DonationId>>,
    stop: CancellationToken,
    show: Show,
    stage: Stage,
    board: Board,
    easel: Easel,
    pace: Pace,
    started: Instant,
    ended: u64,
    told: Option<Duration>,
    /// What the scribe was told to be drawn.
    drawn: Option<DonationId>,
}

impl<'a> Floor<'a> {
    pub(crate) fn new(
        options: StagehandOptions,
        lines: &'a mut Lines,
        scribe: Scribe,
        sinks: &'a mut Vec<Box<dyn Sink>>,
        stop: CancellationToken,
        (started, on): (Instant, &'a Cell<Option<DonationId>>),
    ) -> Self {
        let now = ShowTime(started.elapsed());
        let was = lines.view.borrow().clone();
        let mut floor = Self {
            show: Show::new(options.show),
            stage: Stage::new(options.stage.clone()),
            options,
            lines,
            scribe,
            sinks,
            on,
            stop,
            board: Board::default(),
            easel: Easel::default(),
            pace: Pace::default(),
            started,
            ended: 0,
            told: None,
            drawn: None,
        };
        // A stage that begins anew is as closed and as still as the one before it.
        let kept = [(was.closed, Input::Close), (was.paused, Input::Pause)];
        for (_, input) in kept.into_iter().filter(|(was, _)| *was) {
            floor.give(now, input);
        }
        floor
    }

    /// Runs the show until it is asked to stop and the stroke under way is finished.
    pub(crate) fn run(mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(self.play()),
            Err(error) => tracing::error!(%error, "the stage cannot keep time"),
        }
    }

    async fn play(&mut self) {
        let mut last_stroke: Option<Instant> = None;
        let mut is_up = false;
        loop {
            let now = self.now();
            self.give(now, Input::Tick);
            let moves = self.draw(now);
            if !std::mem::replace(&mut is_up, true) {
                tracing::debug!("the first frame is on the stage");
            }
            if let Some(until) = last_stroke
                && (Instant::now() >= until || !moves)
            {
                return;
            }
            let next = match (moves, self.show.state(now)) {
                (true, State::Idle | State::Closed) => self.next_frame(CALM_RATE),
                (true, _) => self.next_frame(self.options.frame_rate),
                (false, _) => Instant::now() + REST,
            };
            let wait = tokio::time::sleep_until(next.into());
            tokio::select! {
                biased;
                () = self.stop.cancelled(), if last_stroke.is_none() => {
                    last_stroke = Some(Instant::now() + self.rest_of_stroke());
                }
                Some(order) = self.lines.orders.recv() => self.obey(order),
                Ok(()) = self.lines.settings.changed() => self.settle(),
                Some(arrival) = self.lines.arrivals.recv() => self.receive(arrival),
                () = wait => {}
            }
            while let Ok(order) = self.lines.orders.try_recv() {
                self.obey(order);
            }
            while let Ok(arrival) = self.lines.arrivals.try_recv() {
                self.receive(arrival);
            }
        }
    }

    /// When the next frame is due. Frames have their moments, counted from the beginning of the show: one that came
    /// late does not make the following ones hurry, and a video of the same rate has a place for each.
    fn next_frame(&self, rate: u32) -> Instant {
        const SECOND: u128 = 1_000_000_000;
        let rate = u128::from(rate.min(self.options.frame_rate).max(1));
        let number = self.started.elapsed().as_nanos() * rate / SECOND + 1;
        let nanos = u64::try_from(number * SECOND / rate).unwrap_or(u64::MAX);
        self.started + Duration::from_nanos(nanos)
    }

    fn now(&self) -> ShowTime {
        ShowTime(self.started.elapsed())
    }

    /// How long the stroke under way still takes; nothing where none is.
    fn rest_of_stroke(&self) -> Duration {
        match self.show.state(self.now()) {
            State::Drawing { id, elapsed, .. } => {
                match self.board.entry(id).map(|entry| &entry.act) {
                    Some(Act::Painting(Work { timeline, .. })) => timeline
                        .stroke_end(elapsed)
                        .saturating_sub(elapsed)
                        .min(LAST_STROKE),
                    Some(Act::Unready | Act::Finished(_) | Act::Card { .. }) | None => {
                        Duration::ZERO
                    }
                }
            }
            State::Idle
            | State::Closed
            | State::Preparing(_)
            | State::Holding { .. }
            | State::Card { .. } => Duration::ZERO,
        }
    }

    /// Gives the show an input and does what follows from it.
    fn give(&mut self, now: ShowTime, input: Input) {
        self.show.handle(now, input);
        self.on.set(self.show.active());
        while let Some(output) = self.show.poll() {
            match output {
                Output::Draw(id) => self.begin(id, now),
                Output::ShowCard(id, _) => {
                    self.easel.clear();
                    self.scribe.note(Note::Drawing(id));
                }
                Output::Drawn(id) => {
                    self.note_drawn(id);
                    if self.drawn == Some(id) {
                        tracing::info!(donation.id = id.0, "drew donation {id}");
                    }
                }
                Output::Shown(id) => {
                    if let Some(Act::Painting(work) | Act::Finished(work)) =
                        self.board.entry(id).map(|entry| &entry.act)
                    {
                        self.easel.hang(work.clone());
                    }
                    self.scribe.note(Note::Shown(id));
                    tracing::info!(donation.id = id.0, "showed donation {id}");
                    self.end(id);
                }
                Output::CardEnded(id) => {
                    self.scribe.note(Note::Shown(id));
                    tracing::info!(donation.id = id.0, "showed the card of donation {id}");
                    self.end(id);
                }
                Output::Skipped(id) => {
                    self.scribe.note(Note::Skipped(id));
                    tracing::info!(donation.id = id.0, "skipped donation {id}");
                    self.end(id);
                }
                // The ledger clears these itself, together with what is not prepared yet.
                Output::Cleared(ids) => ids.into_iter().for_each(|id| self.board.remove(id)),
                // The loop gives a tick with every frame.
                Output::WakeAt(_) => {}
            }
        }
    }

    fn begin(&mut self, id: DonationId, now: ShowTime) {
        match self.board.entry(id).map(|entry| &entry.act) {
            Some(Act::Painting(work)) => {
                self.easel.begin(id, work, now);
                self.scribe.note(Note::Drawing(id));
                tracing::info!(donation.id = id.0, "drawing donation {id}");
            }
            Some(Act::Finished(work)) => {
                self.easel.begin(id, work, now);
                self.scribe.note(Note::Drawing(id));
                tracing::info!(
                    donation.id = id.0,
                    "holding donation {id}, which was drawn before"
                );
            }
            Some(Act::Unready | Act::Card { .. }) | None => {
                tracing::error!(
                    donation.id = id.0,
                    "donation {id} is due and has no painting; it is skipped for now"
                );
                self.show.handle(now, Input::Skip);
            }
        }
    }

    /// Has it written down, once a drawing, that it was drawn to the end.
    fn note_drawn(&mut self, id: DonationId) {
        let is_drawn = matches!(
            self.board.entry(id).map(|entry| &entry.act),
            Some(Act::Painting(_))
        );
        if is_drawn && self.drawn != Some(id) {
            self.drawn = Some(id);
            self.scribe.note(Note::Drawn(id));
        }
    }

    fn end(&mut self, id: DonationId) {
        self.board.remove(id);
        self.drawn = None;
        self.ended += 1;
        if self.options.exit_after == Some(self.ended) {
            self.stop.cancel();
        }
    }

    fn obey(&mut self, order: Order) {
        let now = self.now();
        // Whoever asked may have gone by now; what was asked is done all the same.
        match order {
            Order::Skip(answer) => {
                let active = self.show.active();
                if active.is_some() {
                    // Not even on an idle stage does it stay.
                    self.easel.clear();
                }
                self.give(now, Input::Skip);
                self.tell(now);
                let _ = answer.send(active);
            }
            Order::Clear(answer) => {
                self.give(now, Input::Clear);
                self.board.set_backlog(0, Vec::new());
                self.tell(now);
                self.scribe.note(Note::Cleared(answer));
            }
            Order::Pause(answer) => {
                self.give(now, Input::Pause);
                self.tell(now);
                let _ = answer.send(());
            }
            Order::Resume(answer) => {
                self.give(now, Input::Resume);
                self.tell(now);
                let _ = answer.send(());
            }
            Order::Door(door, answer) => {
                let input = match door {
                    Door::Open => Input::Open,
                    Door::Closed => Input::Close,
                };
                self.give(now, input);
                self.tell(now);
                let _ = answer.send(());
            }
            Order::Steer(what, answer) => {
                let active = self.show.active();
                let input = match what {
                    Steer::HoldLonger => Input::HoldLonger,
                    Steer::Replay => Input::Replay,
                    Steer::Cover => Input::Panic,
                    Steer::Uncover => Input::Unpanic,
                };
                self.give(now, input);
                self.tell(now);
                let _ = answer.send(active);
            }
            Order::Withdraw(id, answer) => {
                let on_stage = self.show.active() == Some(id);
                if !on_stage {
                    self.give(now, Input::Withdrawn(id));
                    self.give(now, Input::Recalled(id));
                    self.board.remove(id);
                    self.tell(now);
                }
                let _ = answer.send(if on_stage {
                    Whereabouts::OnStage
                } else {
                    Whereabouts::Gone
                });
            }
        }
    }

    fn receive(&mut self, arrival: Arrival) {
        let now = self.now();
        match arrival {
            Arrival::Preparing { id, bill } => {
                self.board.put(id, bill, Act::Unready);
                self.give(now, Input::Preparing(id));
            }
            Arrival::Underdrawing {
                id,
                timeline,
                palette,
            } => {
                // It is put on when its donation's turn has come, which may be now or after the one that is on.
                self.board.set_idea(id, Work { timeline, palette });
            }
            Arrival::Progress { id, done } => self.board.set_progress(id, done),
            Arrival::Ready {
                id,
                bill,
                timeline,
                palette,
            } => {
                let duration = timeline.duration();
                self.board
                    .put(id, bill, Act::Painting(Work { timeline, palette }));
                self.give(now, Input::Ready { id, duration });
            }
            Arrival::Finished {
                id,
                bill,
                timeline,
                palette,
            } => {
                let work = Work { timeline, palette };
                self.board.put(id, bill, Act::Finished(work));
                let duration = Duration::ZERO;
                self.give(now, Input::Ready { id, duration });
            }
            Arrival::Recalled(id) => self.give(now, Input::Recalled(id)),
            Arrival::Refused { id, bill, reply } => {
                let reply = reply.or_else(|| self.options.refused_line.clone());
                self.board.put(id, bill, Act::Card { reply });
                self.give(now, Input::Refused(id));
            }
            Arrival::Thanked { id, bill } => {
                self.board.put(id, bill, Act::Card { reply: None });
                self.give(now, Input::Thanked(id));
            }
            Arrival::InTurn(ids) => {
                let waiting: Vec<_> = self.show.queue(now).map(|waiting| waiting.id).collect();
                let in_turn = ids.into_iter().filter(|id| waiting.contains(id));
                for (to, id) in in_turn.enumerate() {
                    self.give(now, Input::Move { id, to });
                }
            }
            Arrival::Failed { id, bill } => {
                self.board.put(id, bill, Act::Card { reply: None });
                self.give(now, Input::Failed(id));
            }
            Arrival::Withdrawn(id) => {
                self.give(now, Input::Withdrawn(id));
                if self.show.active() != Some(id) {
                    self.board.remove(id);
                }
            }
            Arrival::Backlog { total, head, order } => {
                self.board.set_backlog(total, head);
                self.arrange(now, &order);
            }
            Arrival::Sources(sources) => self.board.sources = sources,
            Arrival::Past { timeline, palette } => self.easel.remember(Work { timeline, palette }),
        }
        self.told = None;
    }

    /// Brings what is ready into this order.
    fn arrange(&mut self, now: ShowTime, order: &[DonationId]) {
        let queue: Vec<DonationId> = self.show.queue(now).map(|waiting| waiting.id).collect();
        let wanted = order.iter().copied().filter(|id| queue.contains(id));
        for (to, id) in wanted.enumerate() {
            self.give(now, Input::Move { id, to });
        }
    }

    /// Takes over what people have changed.
    fn settle(&mut self) {
        let settings = self.lines.settings.borrow_and_update().clone();
        self.show.hold_for(settings.hold);
        self.options.fps = settings.fps;
        self.options.hud = settings.hud;
        let look = settings.dress(&self.options.stage);
        if look != self.options.stage {
            self.options.stage = look;
            self.stage = Stage::new(self.options.stage.clone());
            self.easel.show_anew();
        }
    }

    /// Draws a frame, hands it to the sinks and tells the world. Says whether something moves.
    fn draw(&mut self, now: ShowTime) -> bool {
        let state = self.show.state(now);
        let is_up = self.show.curtain() == Curtain::Up;
        let moves = match state {
            State::Drawing {
                id,
                elapsed,
                duration,
            } => {
                let rest = duration.saturating_sub(elapsed);
                if rest <= LAST_MOMENT {
                    self.note_drawn(id);
                }
                self.easel.seek(if rest.is_zero() {
                    Duration::MAX
                } else {
                    elapsed
                });
                is_up
            }
            State::Idle | State::Closed => {
                self.easel.idle(now, self.options.motion);
                self.easel.is_drawing()
            }
            State::Preparing(id) => {
                if let Some(idea) = self.board.entry(id).and_then(|entry| entry.idea.clone())
                    && !self.easel.is_underdrawing(id, &idea)
                {
                    self.easel.underdraw(id, &idea, now);
                }
                self.easel.prepare(id, now);
                is_up
            }
            State::Holding { .. } => {
                // The last frame of the drawing came a little before its end.
                self.easel.seek(Duration::MAX);
                is_up
            }
            State::Card { .. } => is_up,
        };
        let ready: Vec<_> = self
            .show
            .queue(now)
            .map(|waiting| (waiting.id, waiting.wait))
            .collect();
        let rows = self.board.next_five(&ready);
        let waiting = self.board.waiting(ready.len());
        let id = match state {
            State::Preparing(id) => Some(id),
            State::Idle | State::Closed => None,
            State::Drawing { id, .. } | State::Holding { id, .. } | State::Card { id, .. } => {
                Some(id)
            }
        };
        let entry = id.and_then(|id| self.board.entry(id));
        let reply = match entry.map(|entry| &entry.act) {
            Some(Act::Card { reply }) => reply.as_ref(),
            Some(Act::Unready | Act::Painting(_) | Act::Finished(_)) | None => None,
        };
        let progress = entry.and_then(|entry| entry.progress);
        let act = StageAct::of(state, progress, reply);
        let clock = self.clock();
        let queue: Vec<_> = rows.iter().map(queue_row).collect();
        let brush = self
            .easel
            .brush()
            .map(|(at, color)| BrushView { at, color });
        let dabs = self.easel.dabs().to_vec();
        let covered = self.show.curtain() == Curtain::Covered;
        let canvas = self
            .easel
            .take()
            .map(|(frame, damage)| CanvasView { frame, damage });
        self.lines
            .canvas
            .send_if_modified(|shot| shot.take(canvas.filter(|_| !covered), brush, &dabs));
        let view = StageView {
            now,
            act,
            curtain: self.show.curtain(),
            request: entry.map(|entry| request(&entry.bill)),
            worth: match entry.map(|entry| entry.bill.origin) {
                Some(Origin::Trial) => Worth::Test,
                Some(Origin::Paid) | None => Worth::Paid,
            },
            house: HouseView {
                turns: self.options.turns,
                requests: self.show.requests(),
                least: self.options.least.as_ref(),
            },
            canvas,
            brush,
            palette: &dabs,
            queue: &queue,
            waiting: usize::try_from(waiting).unwrap_or(usize::MAX),
            source: self.board.source().map(|source| SourceView {
                name: &source.name,
                state: match source.link {
                    Link::Off => SourceState::Offline,
                    Link::Down => SourceState::Reconnecting,
                    Link::Connecting => SourceState::Connecting,
                    Link::Live => SourceState::Live,
                },
            }),
            clock: &clock,
            motion: self.options.motion,
            hud: self.options.hud,
            fps: (self.options.fps == Fps::Shown && moves).then(|| self.pace.fps().round() as u32),
        };
        let frame_began = Instant::now();
        let damage = self.stage.render(&view).clone();
        let moves = moves || !damage.is_empty() || self.stage.is_settling();
        self.pace.tick(now.0);
        present(self.sinks, &self.stage, damage.rects(), now);
        if moves {
            self.lines.meters.frame(frame_began.elapsed());
        }
        if self
            .told
            .is_none_or(|told| now.0.saturating_sub(told) >= TELL)
        {
            self.tell(now);
        }
        moves
    }
}
