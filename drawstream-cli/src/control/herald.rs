//! The [`Herald`]: gathers what there is to know, and cries out what of it is new.
//!
//! Everything is a topic with one whole value. A [`Bulletin`] holds all topics as they are now, already written as
//! JSON once for all who listen, each with the number of its last change. A listener who was slow finds the newest
//! bulletin and takes the topics whose number it has not seen: it misses what lay between, and never holds up anybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::gate::Gate;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::donation::{DonationView, RowReader};
use super::event::{CountView, LookView, PulseView, QueueTopic, ShowView};
use super::{LiveSettings, OutputView, QueueView, Role};
use crate::ledger::{Clerk, Shelf};
use crate::meters::{Meters, Watching};

/// The ledger is read at most so often, however much is written.
const LEDGER: Duration = Duration::from_millis(150);
/// How often frames a second and the like are told.
const PULSE: Duration = Duration::from_secs(2);
/// How far the time that a page counts on by itself may be from the truth, in seconds.
const DRIFT: f64 = 0.35;
/// Donations of a list that are told; the rest can be asked for.
pub(crate) const ROWS: usize = 100;

/// A thing to know.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) name: &'static str,
    /// The number of the bulletin in which it changed last.
    pub(crate) changed: u64,
    /// As JSON, for each role that may know it.
    json: [Option<Arc<str>>; 3],
}

impl Topic {
    pub(crate) fn json(&self, role: Role) -> Option<&str> {
        self.json[role as usize].as_deref()
    }
}

/// All there is to know at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bulletin {
    pub(crate) number: u64,
    pub(crate) topics: Vec<Topic>,
}

/// Who gathers it.
#[derive(Debug)]
pub(crate) struct Herald {
    pub(crate) clerk: Clerk,
    pub(crate) gate: Arc<Gate>,
    pub(crate) view: watch::Receiver<QueueView>,
    pub(crate) settings: watch::Receiver<LiveSettings>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) outputs: watch::Receiver<Vec<OutputView>>,
    pub(crate) locale: &'static str,
}

impl Herald {
    /// Begins to cry; ends with `stop`.
    pub(crate) fn start(self, stop: CancellationToken) -> watch::Receiver<Arc<Bulletin>> {
        let (out, bulletins) = watch::channel(Arc::default());
        tokio::spawn(async move {
            tokio::select! {
                () = self.run(&out) => {}
                () = stop.cancelled() => {}
            }
        });
        bulletins
    }

    async fn run(mut self, out: &watch::Sender<Arc<Bulletin>>) {
        let mut written = self.clerk.changes();
        let mut worked = self.meters.changes();
        let mut pulse = tokio::time::interval(PULSE);
        let mut rows = RowReader::new(Arc::clone(&self.gate));
        let mut draft = Draft::default();
        let mut told: Option<(ShowView, Instant)> = None;
        self.tell_workers(&mut draft);
        draft.all("outputs", &*self.outputs.borrow_and_update());
        self.tell_settings(&mut draft);
        self.tell_pulse(&mut draft);
        self.tell_ledger(&mut draft, &mut rows).await;
        let mut ledger_due: Option<Instant> = None;
        loop {
            self.tell_show(&mut draft, &mut told);
            draft.publish(out);
            let look = ledger_due.unwrap_or_else(Instant::now);
            tokio::select! {
                changed = self.view.changed() => if changed.is_err() { return },
                changed = written.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    ledger_due.get_or_insert_with(|| Instant::now() + LEDGER);
                }
                () = tokio::time::sleep_until(look), if ledger_due.is_some() => {
                    ledger_due = None;
                    self.tell_ledger(&mut draft, &mut rows).await;
                }
                Ok(()) = worked.changed() => self.tell_workers(&mut draft),
                Ok(()) = self.outputs.changed() => draft.all("outputs", &*self.outputs.borrow_and_update()),
                Ok(()) = self.settings.changed() => self.tell_settings(&mut draft),
                _ = pulse.tick() => self.tell_pulse(&mut draft),
            }
        }
    }

    fn tell_show(&mut self, draft: &mut Draft, told: &mut Option<(ShowView, Instant)>) {
        let view = self.view.borrow_and_update().clone();
        let queue = QueueTopic {
            size: view.size,
            next: view.next.clone(),
        };
        draft.amounts("queue", &queue, |queue| {
            queue.next.iter_mut().for_each(|next| next.amount = None);
        });
        draft.all("sources", &view.sources);
        let show = ShowView::from(view);
        let is_news = told
            .as_ref()
            .is_none_or(|(before, at)| !show.follows(before, at.elapsed().as_secs_f64(), DRIFT));
        if is_news {
            draft.amounts("show", &show, |show| {
                for request in [&mut show.active, &mut show.preparing]
                    .into_iter()
                    .flatten()
                {
                    request.amount = None;
                }
            });
            *told = Some((show, Instant::now()));
        }
    }

    fn tell_workers(&self, draft: &mut Draft) {
        draft.all("workers", &self.meters.workers());
        if let Some(pool) = self.meters.pool() {
            draft.staff("pool", &pool);
        }
    }

    fn tell_settings(&mut self, draft: &mut Draft) {
        let settings = self.settings.borrow_and_update().clone();
        draft.staff("settings", &settings.view());
        let look = LookView {
            theme: settings.theme.name().to_owned(),
            caption: settings.caption,
            locale: self.locale.to_owned(),
        };
        draft.all("look", &look);
    }

    fn tell_pulse(&mut self, draft: &mut Draft) {
        let pulse = PulseView {
            fps: self.view.borrow().fps,
            late_frames: self.meters.late_frames(),
            watching: self.meters.watched(Watching::Canvas).max(0).unsigned_abs(),
        };
        draft.all("pulse", &pulse);
    }

    async fn tell_ledger(&self, draft: &mut Draft, rows: &mut RowReader) {
        let read = self.clerk.ask(|ledger| {
            Ok((
                ledger.census()?,
                ledger.shelf(Shelf::Waiting, 0, ROWS)?,
                ledger.shelf(Shelf::Held, 0, ROWS)?,
            ))
        });
        let Ok((census, waiting, held)) = read.await else {
            // The ledger says what is wrong with it in the log, and health tells of it.
            return;
        };
        let counts: Vec<CountView> = census
            .into_iter()
            .map(|(state, count)| CountView {
                state: state.name().to_owned(),
                count,
            })
            .collect();
        draft.staff("counts", &counts);
        for (name, list) in [("waiting", waiting), ("held", held)] {
            let views: Vec<DonationView> = list.iter().map(|row| rows.view(row)).collect();
            draft.staff_amounts(name, &views);
        }
        rows.trim();
    }
}

/// The next bulletin.
#[derive(Debug, Default)]
struct Draft {
    number: u64,
    topics: BTreeMap<&'static str, Topic>,
    is_new: bool,
}

impl Draft {
    /// For everybody.
    fn all<T: Serialize>(&mut self, name: &'static str, value: &T) {
        let json: Option<Arc<str>> = write(value);
        self.put(name, [json.clone(), json.clone(), json]);
    }

    /// For moderators and the owner.
    fn staff<T: Serialize>(&mut self, name: &'static str, value: &T) {
        let json: Option<Arc<str>> = write(value);
        self.put(name, [None, json.clone(), json]);
    }

    /// For everybody: with amounts for the stage and the owner, without for moderators.
    fn amounts<T: Serialize + Clone>(
        &mut self,
        name: &'static str,
        value: &T,
        hide: impl Fn(&mut T),
    ) {
        let json: Option<Arc<str>> = write(value);
        let mut hidden = value.clone();
        hide(&mut hidden);
        self.put(name, [json.clone(), write(&hidden), json]);
    }

    fn staff_amounts(&mut self, name: &'static str, rows: &[DonationView]) {
        let hidden: Vec<DonationView> = rows
            .iter()
            .cloned()
            .map(|r| r.seen_by(Role::Moderator))
            .collect();
        self.put(name, [None, write(&hidden), write(&rows)]);
    }

    fn put(&mut self, name: &'static str, json: [Option<Arc<str>>; 3]) {
        if self
            .topics
            .get(name)
            .is_some_and(|known| known.json == json)
        {
            return;
        }
        self.is_new = true;
        let changed = self.number + 1;
        self.topics.insert(
            name,
            Topic {
                name,
                changed,
                json,
            },
        );
    }

    fn publish(&mut self, out: &watch::Sender<Arc<Bulletin>>) {
        if std::mem::take(&mut self.is_new) {
            self.number += 1;
            out.send_replace(Arc::new(Bulletin {
                number: self.number,
                topics: self.topics.values().cloned().collect(),
            }));
        }
    }
}

/// Our own types are always written; were one not, its topic would be missing and nothing else.
fn write<T: Serialize + ?Sized>(value: &T) -> Option<Arc<str>> {
    serde_json::to_string(value).ok().map(Arc::from)
}
