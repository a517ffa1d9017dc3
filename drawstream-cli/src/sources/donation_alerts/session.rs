//! The source's decisions, without a socket and without a clock: the [`Session`].
//!
//! Give it one [`Input`], then take [`Session::poll`]'s outputs until there are none, then wait for the next input
//! or for [`Session::wake_at`], which is an [`Input::Wake`].
//!
//! ```text
//! Down ─profile─▶ Opening ─▶ Connecting ─channel token─▶ Subscribing ─▶ Live
//!   ▲ wait: 1–30 s, reset by a subscription alone; ≥ 60 s after a refusal     │
//!   └──────────── close, silence, no answer, end of a lifetime ◀──────────────┘
//! ```
//!
//! Beside that a [`Sweep`] of REST runs after each connection and at every poll. Requests go out one at a time.

mod haul;

use std::collections::VecDeque;
use std::time::Duration;

use drawstream_core::donation::{ExternalId, ShowTime, UnixTime};

use super::dialect::Dialect;
use super::document::{self, Document, Resume};
use super::pace::{Backoff, Budget, Pace};
use super::report::{Alarm, Report};
use super::request::{Request, RequestError};
use super::sweep::{Memory, PageRead, Sweep};
use crate::ledger::NewDonation;
use crate::sources::status::LinkState;

/// Failed readings of one page before a sweep goes on without it.
const MOST_PAGE_FAILURES: u32 = 5;

/// Close codes after which coming again at once is unwelcome.
const REFUSALS: [u16; 5] = [3002, 3003, 3007, 3012, 3013];

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// [`Session::wake_at`] has come.
    Wake,
    /// The answer to [`Request::Profile`].
    Profile { user_id: u64, socket_token: String },
    /// The answer to [`Request::ChannelToken`].
    ChannelToken(String),
    /// The answer to [`Request::Page`].
    Page(PageRead),
    /// The request failed.
    RequestFailed(RequestError),
    /// The socket is open.
    Opened,
    /// A text frame came.
    Frame { text: String, heard_at: UnixTime },
    /// Something else came: the server is there.
    Heard,
    /// The socket is closed, or could not be opened.
    Closed { code: Option<u16>, reason: String },
    /// A batch is in the ledger; so many of it were new.
    Stored(u64),
    /// The ledger could not be written.
    NotStored(Vec<NewDonation>),
    /// The ledger could not be written, and what was listed at the first start is not marked.
    NotMarked(Vec<ExternalId>),
    /// They were marked.
    Marked,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Output {
    Request(Request),
    Open,
    Send(String),
    Close,
    /// Write these into the ledger, in one go.
    Take(Vec<NewDonation>),
    /// Mark these as known, so that they will not be drawn, and remember in the same breath how far the list was
    /// read: with the one and without the other, a crash would have new ones taken for known.
    MarkKnown(Vec<ExternalId>, Memory),
    /// Remember this for the next start.
    Remember(Memory),
}

#[derive(Clone, Debug, PartialEq)]
enum Link {
    Down { retry_at: ShowTime },
    Profiling,
    Opening { socket_token: String },
    Connecting { id: u64, by: ShowTime },
    Authorizing { client: String },
    Subscribing { id: u64, by: ShowTime },
    Live,
}

/// Settings of a session.
#[derive(Clone, Debug)]
pub(crate) struct SessionSettings {
    pub(crate) dialect: &'static Dialect,
    pub(crate) pace: Pace,
    pub(crate) seed: u64,
    /// The streamer; the profile says it where absent.
    pub(crate) user_id: Option<u64>,
    /// On a first start, take the donations made since then.
    pub(crate) backfill_since: Option<UnixTime>,
    pub(crate) memory: Memory,
}

/// The state machine; see the module.
#[derive(Debug)]
pub(crate) struct Session {
    settings: SessionSettings,
    memory: Memory,
    /// What was remembered before, for when what it stands for could not be stored.
    previous: Memory,
    link: Link,
    outputs: VecDeque<Output>,
    requests: VecDeque<Request>,
    in_flight: Option<Request>,
    blocked_until: ShowTime,
    budget: Budget,
    backoff: Backoff,
    next_id: u64,
    channel: String,
    resume: Option<Resume>,
    last_heard: ShowTime,
    ping_by: Option<ShowTime>,
    expires_at: Option<ShowTime>,
    sweep: Option<Sweep>,
    next_sweep: ShowTime,
    /// A connection was made while a sweep ran: what that one has read is older than the connection.
    sweep_again: bool,
    page_failures: u32,
    held: Vec<NewDonation>,
    /// What could not be marked as known yet. Until it is, the list is not read again: it would look new.
    unmarked: Vec<ExternalId>,
    release_at: Option<ShowTime>,
    report: Report,
}

impl Session {
    pub(crate) fn new(settings: SessionSettings) -> Self {
        Self {
            memory: settings.memory,
            previous: settings.memory,
            link: Link::Down {
                retry_at: ShowTime::ZERO,
            },
            outputs: VecDeque::new(),
            requests: VecDeque::new(),
            in_flight: None,
            blocked_until: ShowTime::ZERO,
            budget: Budget::default(),
            backoff: Backoff::new(settings.seed),
            next_id: 1,
            channel: String::new(),
            resume: None,
            last_heard: ShowTime::ZERO,
            ping_by: None,
            expires_at: None,
            sweep: None,
            next_sweep: ShowTime::ZERO,
            sweep_again: false,
            page_failures: 0,
            held: Vec::new(),
            unmarked: Vec::new(),
            release_at: None,
            report: Report::default(),
            settings,
        }
    }

    /// What the operator is told.
    pub(crate) const fn report(&self) -> &Report {
        &self.report
    }

    /// Takes in what happened at `now`.
    pub(crate) fn handle(&mut self, now: ShowTime, input: Input) {
        match input {
            Input::Wake => {}
            Input::Profile {
                user_id,
                socket_token,
            } => {
                self.answered();
                if self.link == Link::Profiling {
                    let user_id = self.settings.user_id.unwrap_or(user_id);
                    self.channel = (self.settings.dialect.channel)(user_id);
                    self.link = Link::Opening { socket_token };
                    self.outputs.push_back(Output::Open);
                }
            }
            Input::ChannelToken(token) => {
                self.answered();
                if matches!(self.link, Link::Authorizing { .. }) {
                    let id = self.command_id();
                    let command =
                        document::subscribe(id, &self.channel, &token, self.resume.as_ref());
                    self.outputs.push_back(Output::Send(command));
                    let by = now + self.settings.pace.answer_within;
                    self.link = Link::Subscribing { id, by };
                }
            }
            Input::Page(page) => {
                self.answered();
                self.page_failures = 0;
                self.report.polls += 1;
                self.read_page(now, page);
            }
            Input::RequestFailed(error) => self.request_failed(now, &error),
            Input::Opened => self.opened(now),
            Input::Frame { text, heard_at } => {
                self.heard(now);
                for document in document::decode(&text) {
                    match document {
                        Ok(document) => self.document(now, document, heard_at),
                        Err(error) => {
                            self.report.unreadable += 1;
                            self.report.last_error = Some(error.to_string());
                        }
                    }
                }
            }
            Input::Heard => self.heard(now),
            Input::Closed { code, reason } => self.closed(now, code, &reason),
            Input::Stored(new) => {
                self.report.taken += new;
                self.calm(&Alarm::LedgerUnwritable);
            }
            Input::NotStored(batch) => {
                self.report.alarm = Some(Alarm::LedgerUnwritable);
                self.held.extend(batch);
                self.release_at = Some(now + self.settings.pace.hold);
                // The next sweep must not stop at what stands before these.
                self.memory.anchor = self.memory.anchor.min(self.previous.anchor);
                self.outputs.push_back(Output::Remember(self.memory));
            }
            Input::NotMarked(known) => {
                self.report.alarm = Some(Alarm::LedgerUnwritable);
                self.unmarked = known;
                self.release_at = Some(now + self.settings.pace.hold);
                self.outputs
                    .retain(|output| !matches!(output, Output::Remember(_)));
            }
            Input::Marked => self.calm(&Alarm::LedgerUnwritable),
        }
        self.decide(now);
        self.report.link = match self.link {
            Link::Down { .. } => LinkState::Down,
            Link::Live => LinkState::Live,
            _ => LinkState::Connecting,
        };
    }

    /// What is to be done next; `None` until the next input.
    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Wake`] is due.
    pub(crate) fn wake_at(&mut self, now: ShowTime) -> ShowTime {
        let pace = &self.settings.pace;
        let mut wake = match self.link {
            Link::Down { retry_at } if self.memory.horizon.is_some() => retry_at,
            Link::Connecting { by, .. } | Link::Subscribing { by, .. } => by,
            Link::Live => self.silence_ends(),
            _ => now + pace.poll_up,
        };
        if self.sweep.is_none() && self.unmarked.is_empty() {
            wake = wake.min(self.next_sweep);
        }
        if self.in_flight.is_none() && !self.requests.is_empty() {
            let free = self.budget.free_at(now, pace.requests_per_minute);
            wake = wake.min(free.unwrap_or(now).max(self.blocked_until));
        }
        for moment in [self.release_at, self.expires_at].into_iter().flatten() {
            wake = wake.min(moment);
        }
        wake
    }

    fn silence_ends(&self) -> ShowTime {
        self.ping_by
            .unwrap_or(self.last_heard + self.settings.pace.silence)
    }

    /// Everything that time alone brings about.
    fn decide(&mut self, now: ShowTime) {
        match &self.link {
            // The first start marks what is listed before it listens, so that nothing new is marked.
            Link::Down { retry_at } if now >= *retry_at && self.memory.horizon.is_some() => {
                self.link = Link::Profiling;
                self.requests.push_front(Request::Profile);
            }
            Link::Connecting { by, .. } | Link::Subscribing { by, .. } if now >= *by => {
                self.give_up(now, "the server did not answer");
            }
            Link::Live if now >= self.silence_ends() => {
                if self.ping_by.is_some() {
                    self.give_up(now, "the connection fell silent");
                } else {
                    let id = self.command_id();
                    self.outputs.push_back(Output::Send(document::ping(id)));
                    self.ping_by = Some(now + self.settings.pace.answer_within);
                }
            }
            _ => {}
        }
        if self.expires_at.is_some_and(|at| now >= at) {
            self.drop_link(now);
        }
        if self.sweep.is_none() && self.unmarked.is_empty() && now >= self.next_sweep {
            self.sweep = Some(Sweep::default());
            self.requests.push_back(Request::Page(1));
        }
        if self.release_at.is_some_and(|at| now >= at) {
            self.release();
        }
        if self.in_flight.is_none()
            && now >= self.blocked_until
            && !self.requests.is_empty()
            && self
                .budget
                .free_at(now, self.settings.pace.requests_per_minute)
                .is_none()
        {
            self.budget.spend(now);
            self.in_flight = self.requests.pop_front();
            let request = self.in_flight.clone();
            self.outputs.extend(request.map(Output::Request));
        }
    }

    fn answered(&mut self) {
        self.in_flight = None;
        self.calm(&Alarm::LoginNeeded);
    }

    fn calm(&mut self, alarm: &Alarm) {
        if self.report.alarm.as_ref() == Some(alarm) {
            self.report.alarm = None;
        }
    }

    fn request_failed(&mut self, now: ShowTime, error: &RequestError) {
        let Some(request) = self.in_flight.take() else {
            return;
        };
        self.report.last_error = Some(error.to_string());
        let pace = &self.settings.pace;
        let wait = match error {
            RequestError::LoginNeeded => {
                self.report.alarm = Some(Alarm::LoginNeeded);
                pace.login_wait
            }
            RequestError::TooMany { after } => after.unwrap_or(pace.poll_up),
            RequestError::Trouble(_) => Duration::ZERO,
        };
        self.blocked_until = self.blocked_until.max(now + wait);
        match request {
            Request::Page(number) => {
                self.page_failures += 1;
                if *error == RequestError::LoginNeeded
                    || self.page_failures < MOST_PAGE_FAILURES
                    || self.memory.horizon.is_none()
                {
                    let pause = self.backoff.between(pace.poll_down / 2, pace.poll_down);
                    self.blocked_until = self.blocked_until.max(now + pause);
                    self.requests.push_back(Request::Page(number));
                } else {
                    self.page_failures = 0;
                    let found = self.sweep.take().map(Sweep::abandon);
                    self.held.extend(found.unwrap_or_default());
                    self.release();
                    self.plan_sweep(now);
                }
            }
            Request::Profile if self.link == Link::Profiling => self.drop_link(now),
            // The connection is of no use without its channel, and the next one needs a token of its own.
            Request::ChannelToken { .. } if matches!(self.link, Link::Authorizing { .. }) => {
                self.drop_link(now);
            }
            // The connection that it was for has gone already.
            Request::Profile | Request::ChannelToken { .. } => {}
        }
    }

    fn opened(&mut self, now: ShowTime) {
        if let Link::Opening { socket_token } = &self.link {
            let token = std::mem::take(&mut socket_token.clone());
            let id = self.command_id();
            self.outputs
                .push_back(Output::Send(document::connect(id, &token)));
            self.heard(now);
            let by = now + self.settings.pace.answer_within;
            self.link = Link::Connecting { id, by };
        }
    }

    const fn heard(&mut self, now: ShowTime) {
        self.last_heard = now;
        self.ping_by = None;
    }

    fn document(&mut self, now: ShowTime, document: Document, heard_at: UnixTime) {
        match document {
            Document::Reply { id, result } => match self.link {
                Link::Connecting { id: asked, .. } if asked == id => {
                    let Some(client) = document::client(&result) else {
                        return self.give_up(now, "the connection got no name");
                    };
                    self.expire_in(now, document::lifetime(&result));
                    let client = client.to_owned();
                    self.requests.push_front(Request::ChannelToken {
                        client: client.clone(),
                        channel: self.channel.clone(),
                    });
                    self.link = Link::Authorizing { client };
                }
                Link::Subscribing { id: asked, .. } if asked == id => {
                    self.subscribed(now, document::subscribed(result), heard_at);
                }
                // Answers to pings, and to commands of nobody.
                _ => {}
            },
            Document::Refusal { id, code, message } => {
                let about_link = match self.link {
                    Link::Connecting { id: asked, .. } | Link::Subscribing { id: asked, .. } => {
                        id.is_none_or(|id| id == asked)
                    }
                    _ => false,
                };
                if about_link {
                    self.give_up(now, &format!("the server answered {code}: {message}"));
                }
            }
            Document::Publication {
                channel,
                publication,
            } if channel == self.channel => {
                if let (Some(resume), Some(position)) = (&mut self.resume, publication.position) {
                    resume.position = Some(position);
                }
                self.pushed(&publication.data, heard_at);
                if self.sweep.is_none() {
                    self.release();
                } else if self.release_at.is_none() {
                    self.release_at = Some(now + self.settings.pace.hold);
                }
            }
            Document::Unsubscribed { channel } if channel == self.channel => {
                self.give_up(now, "the server ended the subscription");
            }
            Document::Publication { .. } | Document::Unsubscribed { .. } | Document::Other => {}
        }
    }

    fn subscribed(&mut self, now: ShowTime, answer: document::Subscribed, heard_at: UnixTime) {
        self.link = Link::Live;
        self.backoff.reset();
        self.resume = answer.resume;
        self.expire_in(now, answer.ttl_s);
        if matches!(self.report.alarm, Some(Alarm::Refused(_))) {
            self.report.alarm = None;
        }
        self.report.last_error = None;
        for missed in answer.missed {
            self.pushed(&missed.data, heard_at);
        }
        // What was missed is released together with what the pages tell, in order of creation.
        self.sweep_again = self.sweep.is_some();
        self.next_sweep = now;
        self.release_at = Some(now + self.settings.pace.hold);
    }

    /// A lifetime ends a little before the server ends it.
    fn expire_in(&mut self, now: ShowTime, ttl_s: Option<u64>) {
        if let Some(ttl_s) = ttl_s {
            let at = now + Duration::from_secs(ttl_s) * 9 / 10;
            self.expires_at = Some(self.expires_at.map_or(at, |earlier| earlier.min(at)));
        }
    }

    fn closed(&mut self, now: ShowTime, code: Option<u16>, reason: &str) {
        if matches!(self.link, Link::Down { .. } | Link::Profiling) {
            return;
        }
        let advice = document::reconnect_advice(reason);
        let refusal = code.filter(|code| REFUSALS.contains(code) || advice == Some(false));
        self.report.last_error = Some(match code {
            Some(code) => format!("the connection was closed with code {code}"),
            None => "the connection was lost".to_owned(),
        });
        self.drop_link(now);
        if let Some(code) = refusal {
            let least = self.settings.pace.refused_wait;
            let wait = self.backoff.between(least, least * 3 / 2);
            self.link = Link::Down {
                retry_at: now + wait,
            };
            self.report.alarm = Some(Alarm::Refused(code));
        }
    }

    fn give_up(&mut self, now: ShowTime, why: &str) {
        self.drop_link(now);
        self.report.last_error = Some(why.to_owned());
    }

    /// The link is gone: wait, and look at REST more often meanwhile.
    fn drop_link(&mut self, now: ShowTime) {
        if !matches!(self.link, Link::Down { .. } | Link::Profiling) {
            self.outputs.push_back(Output::Close);
        }
        let wait = self.backoff.next(&self.settings.pace);
        self.link = Link::Down {
            retry_at: (now + wait).max(self.blocked_until),
        };
        self.requests
            .retain(|request| matches!(request, Request::Page(_)));
        self.expires_at = None;
        self.ping_by = None;
        if self.sweep.is_none() {
            let pace = &self.settings.pace;
            let soon = now + self.backoff.between(pace.poll_down / 2, pace.poll_down);
            self.next_sweep = self.next_sweep.min(soon);
        }
    }

    const fn command_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }
}
