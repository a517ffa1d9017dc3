use std::collections::BTreeMap;
use std::time::Duration;

use drawstream_core::donation::{DonationId, ShowTime, UnixTime};
use serde_json::json;

use super::super::pace::Pace;
use super::super::report::Alarm;
use super::super::request::{Request, RequestError};
use super::super::row;
use super::super::session::{Input, Output, Session, SessionSettings};
use super::super::sweep::{Memory, PageRead};
use crate::ledger::{Familiarity, NewDonation};
use crate::sources::status::LinkState;

pub(super) const PRIMED: Memory = Memory {
    horizon: Some(0),
    anchor: 0,
};

/// A session with a world around it: time that jumps, a ledger and a list of donations.
pub(super) struct World {
    session: Session,
    now: ShowTime,
    /// What REST lists, newest first.
    listed: Vec<u64>,
    pub(super) ledger: Vec<u64>,
    known: Vec<u64>,
    requests: Vec<(ShowTime, Request)>,
    sent: Vec<String>,
    opened: Vec<ShowTime>,
    /// How requests fail, instead of being answered.
    failures: Vec<RequestError>,
    memory: Memory,
    disk_full: bool,
}

fn donation(id: u64) -> NewDonation {
    row::parse(
        &json!({"id": id, "amount": 5, "currency": "EUR", "created_at_ts": id}),
        UnixTime(0),
    )
    .unwrap()
}

fn push(id: u64, seq: u64) -> String {
    let data = json!({"seq": seq, "data": {"id": id, "amount": 5, "currency": "EUR", "created_at_ts": id}});
    json!({"result": {"channel": "$alerts:donation_1", "data": data}}).to_string()
}

impl World {
    pub(super) fn new(memory: Memory) -> Self {
        Self::with(memory, None)
    }

    fn with(memory: Memory, backfill_since: Option<UnixTime>) -> Self {
        Self {
            session: Session::new(SessionSettings {
                dialect: &super::super::dialect::DONATION_ALERTS,
                pace: Pace::default(),
                seed: 7,
                user_id: None,
                backfill_since,
                memory,
            }),
            now: ShowTime::ZERO,
            listed: Vec::new(),
            ledger: Vec::new(),
            known: Vec::new(),
            requests: Vec::new(),
            sent: Vec::new(),
            opened: Vec::new(),
            failures: Vec::new(),
            memory,
            disk_full: false,
        }
    }

    pub(super) fn give(&mut self, input: Input) {
        self.session.handle(self.now, input);
        while let Some(output) = self.session.poll() {
            self.perform(output);
        }
    }

    /// Lets time pass, waking the session whenever it asks for it.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..10_000 {
            let wake = self.session.wake_at(self.now);
            if wake > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(wake);
            self.give(Input::Wake);
        }
        panic!("the session does not rest");
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Request(request) => {
                self.requests.push((self.now, request.clone()));
                let answer = match self.failures.pop() {
                    Some(failure) => Input::RequestFailed(failure),
                    None => self.answer(request),
                };
                self.give(answer);
            }
            Output::Open => self.opened.push(self.now),
            Output::Send(frame) => self.sent.push(frame),
            Output::Close => {}
            Output::Take(batch) if self.disk_full => self.give(Input::NotStored(batch)),
            Output::Take(mut batch) => {
                batch.sort_by_key(|donation| donation.created_at);
                let before = self.ledger.len();
                for donation in batch {
                    // A damaged frame may have an id that is no number; the list never has.
                    let Ok(id) = donation.external.id.parse() else {
                        continue;
                    };
                    if !self.ledger.contains(&id) && !self.known.contains(&id) {
                        self.ledger.push(id);
                    }
                }
                self.give(Input::Stored((self.ledger.len() - before) as u64));
            }
            Output::MarkKnown(known, _) if self.disk_full => self.give(Input::NotMarked(known)),
            Output::MarkKnown(known, memory) => {
                self.known.extend(
                    known
                        .iter()
                        .map(|external| external.id.parse::<u64>().unwrap()),
                );
                self.memory = memory;
                self.give(Input::Marked);
            }
            Output::Remember(memory) => self.memory = memory,
        }
    }

    fn answer(&mut self, request: Request) -> Input {
        match request {
            Request::Profile => Input::Profile {
                user_id: 1,
                socket_token: "SOCK".to_owned(),
            },
            Request::ChannelToken { client, .. } => Input::ChannelToken(format!("for {client}")),
            Request::Page(number) => {
                let pages: Vec<&[u64]> = self.listed.chunks(30).collect();
                let rows = pages.get(number as usize - 1).copied().unwrap_or_default();
                let familiar = |id: &u64| match self.ledger.iter().position(|taken| taken == id) {
                    Some(index) => Familiarity::Taken(DonationId(index as u64 + 1)),
                    None if self.known.contains(id) => Familiarity::Marked,
                    None => Familiarity::New,
                };
                Input::Page(PageRead {
                    number,
                    rows: rows
                        .iter()
                        .map(|id| (donation(*id), familiar(id)))
                        .collect(),
                    unreadable: 0,
                    has_next: (number as usize) < pages.len(),
                    ledger_top: self.ledger.len() as u64,
                })
            }
        }
    }

    pub(super) fn frame(&mut self, text: &str) {
        let text = text.to_owned();
        self.give(Input::Frame {
            text,
            heard_at: UnixTime(0),
        });
    }

    /// The id of the last command that was sent.
    fn last_command(&self) -> u64 {
        let command: serde_json::Value = serde_json::from_str(self.sent.last().unwrap()).unwrap();
        command["id"].as_u64().unwrap()
    }

    /// Goes through the door: opened, connected, and subscribed with this result.
    pub(super) fn come_up(&mut self, result: &serde_json::Value) {
        assert_eq!(self.session.report().link, LinkState::Connecting);
        self.give(Input::Opened);
        let id = self.last_command();
        self.frame(&json!({"id": id, "result": {"client": "c1"}}).to_string());
        let id = self.last_command();
        self.frame(&json!({"id": id, "result": result}).to_string());
        assert_eq!(self.session.report().link, LinkState::Live);
    }

    fn close(&mut self, code: u16) {
        self.give(Input::Closed {
            code: Some(code),
            reason: String::new(),
        });
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (_, request) in &self.requests {
            let name = match request {
                Request::Profile => "profile".to_owned(),
                Request::ChannelToken { .. } => "channel token".to_owned(),
                Request::Page(_) => "page".to_owned(),
            };
            *counts.entry(name).or_default() += 1;
        }
        counts
    }
}

pub(super) fn recoverable(seq: u64) -> serde_json::Value {
    json!({"recoverable": true, "seq": seq, "epoch": "e"})
}

#[test]
fn a_first_start_draws_nothing_old_and_everything_new() {
    let mut world = World::new(Memory::default());
    world.listed = (1..=40).rev().collect();
    world.give(Input::Wake);
    assert_eq!(world.known.len(), 30, "the first page is marked");
    world.come_up(&recoverable(5));
    world.frame(&push(41, 6));
    world.listed.insert(0, 41);
    world.pass(Duration::from_secs(120));
    assert_eq!(world.ledger, [41]);
    assert_eq!(
        world.memory.horizon,
        Some(11),
        "page two is older than the first page ever"
    );
}

#[test]
fn a_first_start_takes_what_was_asked_for_from_as_many_pages_as_it_stands_on() {
    let mut world = World::with(Memory::default(), Some(UnixTime(50)));
    world.listed = (1..=100).rev().collect();
    world.give(Input::Wake);
    assert_eq!(world.ledger, (50..=100).collect::<Vec<_>>());
    assert_eq!(
        world.known.len(),
        39,
        "the rest of the pages that were read"
    );
}

#[test]
fn what_was_missed_on_the_second_page_is_found_though_the_first_is_known() {
    let mut world = World::new(PRIMED);
    world.listed = (1..=30).rev().collect();
    world.give(Input::Wake);
    assert_eq!(world.ledger.len(), 30);
    world.come_up(&recoverable(30));
    world.pass(Duration::from_secs(70));
    world.close(3001);
    // 45 donations while the connection was down, and a history that remembers only thirty of them.
    world.listed = (1..=75).rev().collect();
    // REST fails meanwhile, so that the pushes are taken first.
    world.failures = vec![RequestError::Trouble("500".to_owned()); 3];
    let opened = world.opened.len();
    while world.opened.len() == opened {
        world.pass(Duration::from_millis(100));
    }
    world.come_up(&recoverable(75));
    for id in 46..=75 {
        world.frame(&push(id, id));
    }
    world.pass(Duration::from_secs(60));
    let mut all = world.ledger.clone();
    all.sort_unstable();
    assert_eq!(all, (1..=75).collect::<Vec<_>>());
}

#[test]
fn pushes_wait_for_the_pages_so_that_the_oldest_is_first() {
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    let missed = json!({"recoverable": true, "seq": 4, "epoch": "e", "publications": [
        {"seq": 4, "data": {"id": 4, "amount": 1, "currency": "EUR", "created_at_ts": 4}},
        {"seq": 3, "data": {"id": 3, "amount": 1, "currency": "EUR", "created_at_ts": 3}}
    ]});
    world.listed = vec![4, 3, 2, 1];
    world.come_up(&missed);
    assert_eq!(world.ledger, [1, 2, 3, 4]);
    world.frame(&push(5, 5));
    assert_eq!(
        world.ledger,
        [1, 2, 3, 4, 5],
        "without a sweep it is taken at once"
    );
}

#[test]
fn waits_grow_and_a_subscription_alone_resets_them() {
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    let mut waits = Vec::new();
    for _ in 0..12 {
        let closed_at = world.now;
        world.close(3001);
        let before = world.opened.len();
        while world.opened.len() == before {
            world.pass(Duration::from_millis(100));
        }
        waits.push(world.opened[before].since(closed_at));
        // Opened and connected, but never subscribed.
        world.give(Input::Opened);
    }
    let second = Duration::from_secs(1);
    assert!(
        waits
            .iter()
            .all(|wait| *wait >= second && *wait <= second * 31),
        "{waits:?}"
    );
    assert!(
        waits[0] <= second * 3 && waits[6..].iter().any(|wait| *wait > second * 10),
        "{waits:?}"
    );
    world.close(3001);
    while world.session.report().link != LinkState::Connecting {
        world.pass(Duration::from_millis(100));
    }
    world.come_up(&recoverable(1));
    let closed_at = world.now;
    world.close(3001);
    let before = world.opened.len();
    while world.opened.len() == before {
        world.pass(Duration::from_millis(100));
    }
    assert!(world.opened[before].since(closed_at) <= second * 3);
}

#[test]
fn a_refusal_is_retried_slowly_with_an_alarm_until_it_works_again() {
    for code in [3002, 3003, 3007, 3012, 3013] {
        let mut world = World::new(PRIMED);
        world.give(Input::Wake);
        world.come_up(&recoverable(1));
        world.close(code);
        assert_eq!(world.session.report().alarm, Some(Alarm::Refused(code)));
        world.pass(Duration::from_secs(59));
        assert_eq!(world.opened.len(), 1, "{code}");
        world.pass(Duration::from_secs(35));
        assert_eq!(world.opened.len(), 2, "{code}");
        world.come_up(&recoverable(1));
        assert_eq!(world.session.report().alarm, None);
        let tokens = world.counts();
        assert_eq!(
            (tokens["profile"], tokens["channel token"]),
            (2, 2),
            "fresh tokens"
        );
    }
}

#[test]
fn while_the_socket_is_down_the_list_is_read_more_often() {
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    world.come_up(&recoverable(1));
    world.pass(Duration::from_secs(1));
    let frames = |world: &mut World, seconds: u64| {
        let before = world.counts()["page"];
        for _ in 0..seconds {
            world.give(Input::Heard);
            world.pass(Duration::from_secs(1));
        }
        world.counts()["page"] - before
    };
    let up = frames(&mut world, 300);
    assert!(
        (9..=11).contains(&up),
        "{up} pages in five minutes while up"
    );
    world.close(3003);
    let before = world.counts()["page"];
    world.listed = vec![1];
    world.pass(Duration::from_secs(59));
    let down = world.counts()["page"] - before;
    assert!(
        (5..=13).contains(&down),
        "{down} pages in a minute while down"
    );
    assert_eq!(world.ledger, [1], "REST alone brings donations");
}

#[test]
fn a_silent_peer_is_asked_and_then_left() {
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    world.come_up(&recoverable(1));
    let sent = world.sent.len();
    world.pass(Duration::from_secs(27));
    assert!(
        world.sent[sent].contains("\"method\":7"),
        "{:?}",
        &world.sent[sent..]
    );
    world.frame(&json!({"id": world.last_command()}).to_string());
    world.pass(Duration::from_secs(35));
    assert_eq!(world.session.report().link, LinkState::Live);
    world.pass(Duration::from_secs(2));
    assert_ne!(world.session.report().link, LinkState::Live);
}

#[test]
fn a_connection_with_a_lifetime_is_renewed_before_its_end() {
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    world.give(Input::Opened);
    let id = world.last_command();
    let connected = json!({"client": "c", "expires": true, "ttl": 20});
    world.frame(&json!({"id": id, "result": connected}).to_string());
    let id = world.last_command();
    world.frame(&json!({"id": id, "result": recoverable(9)}).to_string());
    world.pass(Duration::from_secs(21));
    assert_eq!(world.opened.len(), 2);
    world.give(Input::Opened);
    let id = world.last_command();
    world.frame(&json!({"id": id, "result": connected}).to_string());
    let command = world.sent.last().unwrap();
    assert!(
        command.contains(r#""recover":true,"seq":9,"epoch":"e""#),
        "{command}"
    );
}

#[test]
fn the_budget_of_requests_is_never_exceeded_and_retry_after_is_obeyed() {
    let mut world = World::new(PRIMED);
    world.listed = (1..=3_000).rev().collect();
    world.give(Input::Wake);
    world.pass(Duration::from_secs(200));
    for (index, (at, _)) in world.requests.iter().enumerate() {
        let minute = world.requests[index..]
            .iter()
            .filter(|(later, _)| later.since(*at) < Duration::from_secs(60));
        assert!(minute.count() <= 60);
    }
    assert_eq!(
        world.ledger,
        (1..=3_000).collect::<Vec<_>>(),
        "in order, in spite of a hundred pages"
    );

    let mut world = World::new(PRIMED);
    let after = Some(Duration::from_secs(40));
    world.failures = vec![RequestError::TooMany { after }];
    world.give(Input::Wake);
    world.pass(Duration::from_secs(39));
    assert_eq!(world.requests.len(), 1);
    world.pass(Duration::from_secs(12));
    assert!(world.requests.len() > 1);
}

#[test]
fn a_dead_login_is_said_and_mended_by_the_next() {
    let mut world = World::new(PRIMED);
    world.failures = vec![RequestError::LoginNeeded; 6];
    world.give(Input::Wake);
    assert_eq!(world.session.report().alarm, Some(Alarm::LoginNeeded));
    world.listed = vec![2, 1];
    world.pass(Duration::from_secs(240));
    assert_eq!(world.session.report().alarm, None);
    assert_eq!(world.ledger, [1, 2]);
    assert!(world.requests.len() < 60);
}

#[test]
fn a_full_disk_loses_nothing() {
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    world.come_up(&recoverable(1));
    world.disk_full = true;
    world.frame(&push(1, 2));
    assert_eq!(world.session.report().alarm, Some(Alarm::LedgerUnwritable));
    world.listed = (1..=70).rev().collect();
    for _ in 0..5 {
        world.give(Input::Heard);
        world.pass(Duration::from_secs(20));
    }
    world.disk_full = false;
    for _ in 0..5 {
        world.give(Input::Heard);
        world.pass(Duration::from_secs(20));
    }
    assert_eq!(world.ledger, (1..=70).collect::<Vec<_>>());
    assert_eq!(world.session.report().alarm, None);
}

#[test]
fn a_disk_that_is_full_at_the_first_start_has_no_new_one_taken_for_known() {
    let mut world = World::new(Memory::default());
    world.listed = (1..=40).rev().collect();
    world.disk_full = true;
    world.give(Input::Wake);
    assert_eq!(world.session.report().alarm, Some(Alarm::LedgerUnwritable));
    assert_eq!(
        world.memory,
        Memory::default(),
        "nothing is remembered of it yet"
    );
    world.listed.insert(0, 41);
    world.pass(Duration::from_secs(60));
    assert!(world.known.is_empty());
    world.disk_full = false;
    world.pass(Duration::from_secs(60));
    assert_eq!(world.ledger, [41]);
    assert_eq!(world.known.len(), 30);
    assert_eq!(world.session.report().alarm, None);
}

#[test]
fn errors_of_the_server_end_the_try_and_not_the_program() {
    for code in [100, 101, 102, 103, 105, 106, 107, 108, 109, 110, 111] {
        let mut world = World::new(PRIMED);
        world.give(Input::Wake);
        world.give(Input::Opened);
        let id = world.last_command();
        let refusal = json!({"id": id, "error": {"code": code, "message": "no"}});
        world.frame(&refusal.to_string());
        assert_eq!(world.session.report().link, LinkState::Down, "{code}");
        world.pass(Duration::from_secs(4));
        world.come_up(&recoverable(1));
    }
}

#[test]
fn the_end_of_a_subscription_leads_to_a_new_one() {
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    world.come_up(&recoverable(1));
    let push = json!({"result": {"type": 3, "channel": "$alerts:donation_1", "data": {}}});
    world.frame(&push.to_string());
    world.pass(Duration::from_secs(4));
    world.come_up(&recoverable(1));
}
