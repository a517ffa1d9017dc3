//! Any bytes at all, and the service's own frames damaged in any way: nothing of it harms the program.
//!
//! `DRAWSTREAM_FUZZ_SECONDS` makes it go on for so long, with new seeds; `benches/fuzz_frames.sh` takes ten minutes.

use std::time::{Duration, Instant};

use drawstream_core::donation::UnixTime;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::super::document::{self, Document, decode, mended, reconnect_advice, subscribed};
use super::super::row;
use super::super::session::Input;
use super::codec::server_frames;
use super::made_up_time::{PRIMED, World, recoverable};

/// A change to a frame.
#[derive(Clone, Debug)]
enum Damage {
    Byte(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Cut(prop::sample::Index, prop::sample::Index),
    Double(prop::sample::Index, prop::sample::Index),
    /// Another frame from here on.
    Splice(
        prop::sample::Index,
        prop::sample::Index,
        prop::sample::Index,
    ),
}

/// Pieces that JSON and the protocol give a meaning to.
const PIECES: [&str; 16] = [
    "\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\ud83d",
    "\\udc08",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "\"seq\":4294967296",
    "\"gen\":4294967295",
    "\"id\":0",
    "\"type\":3",
];

fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (at(), piece()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (at(), at()).prop_map(|(from, to)| Damage::Cut(from, to)),
        (at(), at()).prop_map(|(from, to)| Damage::Double(from, to)),
        (at(), at(), at()).prop_map(|(at, which, from)| Damage::Splice(at, which, from)),
    ]
}

/// A frame of the service with up to six changes, or any bytes.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let frames: Vec<Vec<u8>> = server_frames()
        .into_iter()
        .map(|(_, text)| text.into_bytes())
        .collect();
    let others = frames.clone();
    let damaged = (
        prop::sample::select(frames),
        prop::collection::vec(damage(), 0..6),
    )
        .prop_map(move |(mut bytes, damages)| {
            for damage in damages {
                hurt(&mut bytes, damage, &others);
            }
            bytes
        });
    prop_oneof![4 => damaged, 1 => prop::collection::vec(any::<u8>(), 0..400)]
}

fn hurt(bytes: &mut Vec<u8>, damage: Damage, frames: &[Vec<u8>]) {
    let end = bytes.len() + 1;
    match damage {
        Damage::Byte(at, byte) => {
            if let Some(place) = bytes.get_mut(at.index(end)) {
                *place = byte;
            }
        }
        Damage::Insert(at, piece) => {
            let at = at.index(end);
            bytes.splice(at..at, piece);
        }
        Damage::Cut(from, to) => {
            let (from, to) = (from.index(end), to.index(end));
            bytes.drain(from.min(to)..from.max(to));
        }
        Damage::Double(from, to) => {
            let (from, to) = (from.index(end), to.index(end));
            let part = bytes[from.min(to)..from.max(to)].to_vec();
            bytes.splice(to..to, part);
        }
        Damage::Splice(at, which, from) => {
            bytes.truncate(at.index(end));
            let other = &frames[which.index(frames.len())];
            bytes.extend(&other[from.index(other.len() + 1)..]);
        }
    }
}

/// Everything that is ever done with what a server sends, in every state of the connection.
fn devour(frames: &[Vec<u8>]) -> Result<(), TestCaseError> {
    for bytes in frames {
        let text = String::from_utf8_lossy(bytes);
        let _ = reconnect_advice(&text);
        let _ = mended(&text);
        for document in decode(&text).flatten() {
            match document {
                Document::Publication { publication, .. } => {
                    let _ = row::parse(&publication.data, UnixTime(0));
                }
                Document::Reply { result, .. } => {
                    let _ = document::client(&result).map(str::len);
                    let _ = document::lifetime(&result);
                    let _ = subscribed(result);
                }
                Document::Refusal { .. } | Document::Unsubscribed { .. } | Document::Other => {}
            }
        }
    }
    let texts = || frames.iter().map(|bytes| String::from_utf8_lossy(bytes));
    // While it connects; then while it listens.
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    world.give(Input::Opened);
    texts().for_each(|text| world.frame(&text));
    world.pass(Duration::from_secs(90));
    let mut world = World::new(PRIMED);
    world.give(Input::Wake);
    world.come_up(&recoverable(1));
    texts().for_each(|text| world.frame(&text));
    world.pass(Duration::from_secs(90));
    let taken = world.ledger.len();
    world.ledger.sort_unstable();
    world.ledger.dedup();
    prop_assert_eq!(world.ledger.len(), taken, "one was taken twice");
    Ok(())
}

#[test]
fn nothing_that_a_server_could_send_does_harm() {
    let seconds = std::env::var("DRAWSTREAM_FUZZ_SECONDS").ok();
    let seconds: Option<u64> = seconds.and_then(|seconds| seconds.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
    let frames = prop::collection::vec(frame(), 1..4);
    let cases = if seconds.is_some() { 2_000 } else { 200 };
    let mut total = 0_u64;
    loop {
        let config = Config {
            cases,
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new(config);
        if let Err(error) = runner.run(&frames, |frames| devour(&frames)) {
            panic!("{error}");
        }
        total += u64::from(cases);
        if Instant::now() >= until {
            break;
        }
    }
    if seconds.is_some() {
        eprintln!("{total} cases of one to three frames: no harm");
    }
}
