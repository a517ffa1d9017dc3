//! An evening on which everything goes wrong, over real sockets.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::live::{Stage, donation, stage};
use crate::ledger::{Filter, History};
use crate::sources::simulator::scenario::CLOSE_CODES;
use crate::sources::simulator::{Announce, RestFault, SimulatorOptions, Stats};

/// Donations of a burst.
const BURST: usize = 500;
/// Donations between two disconnects.
const PART: usize = 50;
/// One that was listed so long ago is known, and must not be overtaken any more: a reading of some twenty pages that
/// meets a refusal or two, and then the wait of what is pushed meanwhile.
const KNOWN_AFTER: Duration = Duration::from_millis(1_500);

/// Donations, some of them pushed twice or not at all.
fn donate(stage: &Stage, made: &mut Vec<u64>, number: usize) {
    for number in 0..number {
        let how = match number % 7 {
            3 => Announce::RestOnly,
            _ => Announce::Everywhere,
        };
        let id = stage.simulator.announce(&donation(), how);
        if number % 5 == 0 {
            stage.simulator.repeat(id);
        }
        made.push(id);
    }
}

/// A trouble and the end of the connection.
fn trouble(stage: &Stage, round: usize) {
    match round % 9 {
        2 => stage.simulator.expire_tokens(),
        4 => stage.simulator.new_epoch(),
        6 => stage
            .simulator
            .fail_next([RestFault::TooMany(0), RestFault::Broken, RestFault::Html]),
        8 => stage.simulator.unsubscribe(),
        _ => {}
    }
    if round % 11 == 5 {
        stage.simulator.cut();
    } else {
        let code = CLOSE_CODES.start() + round as u16 % 14;
        stage.simulator.disconnect(code);
    }
}

/// Says how many were overtaken by later ones: each of them must have been unknown at that time.
fn overtaken(stage: &Stage, made: &[u64]) -> usize {
    let history = History::open(&stage.folder.path().join("ledger.db")).unwrap();
    let mut entries = history.list(&Filter::default(), usize::MAX).unwrap();
    entries.reverse();
    let taken: Vec<(u64, i64)> = entries
        .iter()
        .map(|entry| {
            (
                entry.donation.external.id.parse().unwrap(),
                entry.taken_at_ms,
            )
        })
        .collect();
    let mut each: Vec<u64> = taken.iter().map(|(id, _)| *id).collect();
    each.sort_unstable();
    assert_eq!(each, made, "each is in the ledger once");
    let mut overtaken = 0;
    let mut taken_at: BTreeMap<u64, i64> = BTreeMap::new();
    for (id, at_ms) in taken {
        // When the last one was taken that is newer, and stands before it.
        let ahead = taken_at.range(id..).map(|(_, at)| *at).max();
        if let Some(ahead_ms) = ahead {
            overtaken += 1;
            assert_ne!(
                ahead_ms, at_ms,
                "{id} is out of order within what was taken at once"
            );
            let listed = stage
                .simulator
                .listed_at(id)
                .expect("all are listed at last");
            let known = listed + KNOWN_AFTER;
            let ahead = UNIX_EPOCH + Duration::from_millis(ahead_ms.unsigned_abs());
            assert!(ahead <= known, "{id} was known, and overtaken");
        }
        taken_at.insert(id, at_ms);
    }
    overtaken
}

/// The most memory that this process ever had, in MB, where the system says so.
fn most_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}

/// Bursts, each close code, cuts, lost and doubled pushes, new epochs, a short history, jumbled pages, 429 and
/// expired tokens, all of it in one evening. `DRAWSTREAM_SOAK` makes it so many donations; `benches/soak.sh` runs it
/// with 10000, and then time and memory are bounded too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evening_of_troubles_loses_nothing_doubles_nothing_and_keeps_the_order() {
    let soak: Option<usize> = std::env::var("DRAWSTREAM_SOAK")
        .ok()
        .and_then(|number| number.parse().ok());
    let bursts = soak.unwrap_or(1_000).div_ceil(BURST);
    let options = SimulatorOptions {
        history_size: 20,
        listing_jitter: 3,
        ..SimulatorOptions::default()
    };
    let mut stage = stage(options).await;
    let began = Instant::now();
    let mut made = Vec::new();
    let mut disconnects = 0;
    for burst in 0..bursts {
        for _ in 0..BURST / PART {
            let subscriptions = stage.simulator.stats().subscriptions;
            // In every other burst some of the donations come while the source is on its way back.
            let before = if burst % 2 == 0 { PART } else { PART / 2 };
            donate(&stage, &mut made, before);
            disconnects += 1;
            trouble(&stage, disconnects);
            donate(&stage, &mut made, PART - before);
            let more = |stats: &Stats| stats.subscriptions > subscriptions && stats.subscribed > 0;
            stage.simulator.wait_until(more).await;
        }
    }
    stage.taken(made.len()).await;
    let took = began.elapsed();
    let overtaken = overtaken(&stage, &made);
    let stats = stage.simulator.stats();
    let memory = most_memory_mb();
    if soak.is_some() {
        eprintln!(
            "{} donations in bursts of {BURST}, {disconnects} disconnects, {} connections, {} requests, {} answered by 429: \
             each once, {overtaken} overtaken while unknown; {:.1} s, {memory:?} MB with the simulator",
            made.len(),
            stats.opened,
            stats.requests,
            stats.too_many,
            took.as_secs_f64(),
        );
        assert!(took < Duration::from_secs(60), "{took:?}");
        assert!(memory.is_none_or(|most| most <= 100), "{memory:?} MB");
    }
    stage.end().await;
}
