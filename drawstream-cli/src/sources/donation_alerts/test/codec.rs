use drawstream_core::donation::UnixTime;
use serde_json::{Map, Value};

use super::super::document::{
    self, Document, Position, Resume, decode, mended, reconnect_advice, subscribed,
};
use super::super::row;
use crate::ledger::Origin;

fn fixtures() -> Map<String, Value> {
    let text = include_str!("../../../../../fixtures/da-frames.json");
    let mut fixtures: Map<String, Value> = serde_json::from_str(text).unwrap();
    fixtures.remove("_about");
    fixtures
}

fn frame(key: &str) -> String {
    fixtures()[key]["text"].as_str().unwrap().to_owned()
}

fn documents(frame: &str) -> Vec<Document> {
    decode(frame).map(Result::unwrap).collect()
}

/// The frames that a server sends.
pub(super) fn server_frames() -> Vec<(String, String)> {
    let from_server = |key: &str| !key.contains("_request") || key.starts_with("error_");
    fixtures()
        .into_iter()
        .filter(|(key, _)| from_server(key))
        .filter_map(|(key, entry)| Some((key, entry["text"].as_str()?.to_owned())))
        .collect()
}

#[test]
fn every_frame_of_a_server_is_read_as_what_it_is() {
    let kind = |document: &Document| match document {
        Document::Reply { id, .. } => format!("reply {id}"),
        Document::Refusal { id, code, .. } => format!("refusal {id:?} {code}"),
        Document::Publication {
            channel,
            publication,
        } => {
            let at = publication.position.map(Position::value);
            format!("{} at {at:?}", channel.split('_').next().unwrap())
        }
        Document::Unsubscribed { .. } => "unsubscribed".to_owned(),
        Document::Other => "other".to_owned(),
    };
    let read: Vec<String> = server_frames()
        .iter()
        .map(|(key, text)| {
            let kinds: Vec<_> = documents(text).iter().map(kind).collect();
            format!("{key}: {}", kinds.join(", "))
        })
        .collect();
    insta::assert_snapshot!(read.join("\n"));
}

#[test]
fn frames_joined_are_read_as_apart_and_no_cut_harms_what_stands_before_it() {
    let all: Vec<String> = server_frames().into_iter().map(|(_, text)| text).collect();
    let joined = all.concat();
    let apart: Vec<Document> = all.iter().flat_map(|text| documents(text)).collect();
    assert_eq!(documents(&joined), apart);
    for text in &all {
        let whole = documents(text);
        for at in 0..=text.len() {
            let (head, tail) = text.as_bytes().split_at(at);
            // A cut inside of a letter is what a broken byte does.
            let head = String::from_utf8_lossy(head);
            let ended = head.matches('\n').count();
            let read: Vec<_> = decode(&head).take(ended).map(Result::unwrap).collect();
            assert_eq!(read, whole[..ended], "cut at {at} of {text}");
            let _ = decode(&String::from_utf8_lossy(tail)).count();
        }
    }
}

#[test]
fn bodies_and_close_reasons_cut_anywhere_are_errors_and_no_harm() {
    let mut seen = 0;
    for (key, entry) in fixtures() {
        if let Some(reason) = entry["reason"].as_str() {
            seen += 1;
            for at in 0..reason.len() {
                assert_eq!(reconnect_advice(&reason[..at]), None, "{key} cut at {at}");
            }
        }
        let body = &entry["body"];
        if body.is_object() && !key.contains("_request") {
            seen += 1;
            let whole = body.to_string();
            for at in 0..whole.len() {
                let head = String::from_utf8_lossy(&whole.as_bytes()[..at]);
                let read = serde_json::from_str::<Value>(&mended(&head));
                assert!(read.is_err(), "{key} cut at {at} is taken for whole");
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

/// Where the sheet of frames lies that the fixtures were taken from.
#[test]
fn every_frame_that_the_service_sends_is_among_the_fixtures() {
    let shared = std::env::var_os("DRAWSTREAM_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        std::path::PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(shared.join("da-frames.json")) else {
        return;
    };
    let sheet: Map<String, Value> = serde_json::from_str(&text).unwrap();
    let fixtures = fixtures();
    let of_others = [
        "donatepay",
        "streamlabs",
        "streamelements",
        "twitch",
        "kofi",
    ];
    for (key, entry) in sheet {
        let is_ours = !of_others.iter().any(|other| key.starts_with(other));
        if is_ours && entry["dir"] == "s2c" && entry["kind"] != "http" {
            let fixture = fixtures
                .get(&key)
                .unwrap_or_else(|| panic!("{key} is missing"));
            assert_eq!(fixture["text"], entry["text"], "{key}");
            assert_eq!(fixture["reason"], entry["reason"], "{key}");
        }
    }
}

#[test]
fn a_subscription_tells_where_to_go_on_and_what_was_missed_in_order() {
    let reply = |key: &str| match documents(&frame(key)).remove(0) {
        Document::Reply { result, .. } => subscribed(result),
        other => panic!("{other:?}"),
    };
    let at = |position, epoch: &str| {
        Some(Resume {
            position,
            epoch: epoch.to_owned(),
        })
    };
    let seq = |value| Some(Position::Seq(value));
    assert_eq!(
        reply("subscribe_reply_da_shape").resume,
        at(seq(14), "FqXk")
    );
    assert_eq!(
        reply("subscribe_reply_empty_history").resume,
        at(None, "yxaS")
    );
    let offset = Some(Position::Offset(3));
    assert_eq!(reply("subscribe_reply_offset").resume, at(offset, "UlrI"));
    assert_eq!(reply("subscribe_reply_plain").resume, None);
    for key in [
        "recover_reply_seq",
        "recover_reply_da_shape",
        "recover_reply_offset",
        "recover_reply_wrong_epoch",
        "recover_reply_truncated",
    ] {
        let ids: Vec<_> = reply(key)
            .missed
            .iter()
            .map(|missed| missed.data["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids.len(), 2, "{key}");
        assert!(ids.is_sorted(), "{key}: {ids:?}");
    }
    assert!(reply("recover_reply_nothing_missed").missed.is_empty());
}

#[test]
fn commands_are_written_as_the_reference_client_writes_them() {
    let same = |written: String, key: &str| {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&written), read(&frame(key)), "{key}");
    };
    let channel = "$alerts:donation_13900001";
    let resume = |position, epoch: &str| Resume {
        position: Some(position),
        epoch: epoch.to_owned(),
    };
    same(document::connect(1, "SOCKTOKEN"), "connect_request_min");
    same(
        document::subscribe(2, channel, "SUBTOKEN", None),
        "subscribe_request",
    );
    same(
        document::subscribe(
            5,
            channel,
            "SUBTOKEN",
            Some(&resume(Position::Seq(17), "FqXk")),
        ),
        "resubscribe_request_js2",
    );
    same(
        document::subscribe(
            2,
            channel,
            "SUBTOKEN",
            Some(&resume(Position::Offset(1), "UlrI")),
        ),
        "resubscribe_request_offset",
    );
    same(document::ping(3), "ping_request");
}

#[test]
fn close_reasons_say_whether_to_come_again() {
    for (key, entry) in fixtures() {
        if entry["kind"] == "ws-close" {
            let refused = [3002, 3003, 3007, 3012].contains(&entry["code"].as_u64().unwrap());
            let advice = reconnect_advice(entry["reason"].as_str().unwrap());
            assert_eq!(advice, Some(!refused), "{key}");
        }
    }
    assert_eq!(reconnect_advice("bye"), None);
}

#[test]
fn donations_are_read_from_pushes_and_pages_as_what_was_paid() {
    let mut seen = Vec::new();
    let mut note = |key: &str, row: &Value| {
        let d = row::parse(row, UnixTime(7)).unwrap();
        let origin = if d.origin == Origin::Trial {
            " trial"
        } else {
            ""
        };
        let shown = |text: &Option<drawstream_core::donation::RawText>| {
            text.as_ref()
                .map_or("-".to_owned(), |t| format!("{:?}", t.expose()))
        };
        seen.push(format!(
            "{key}: {} by {} for {} (own {:?}) at {}{origin}, audio {}: {}",
            d.external.id,
            shown(&d.donor),
            d.amount,
            d.own_hundredths,
            d.created_at.0,
            shown(&d.audio_url),
            shown(&d.message),
        ));
    };
    for (key, entry) in fixtures() {
        if key.starts_with("donation_push") {
            let Document::Publication { publication, .. } =
                documents(entry["text"].as_str().unwrap()).remove(0)
            else {
                panic!("{key} is a publication")
            };
            note(&key, &publication.data);
        } else if key.starts_with("donations_") {
            for row in entry["body"]["data"].as_array().unwrap() {
                note(&key, row);
            }
        }
    }
    insta::assert_snapshot!(seen.join("\n"));
}

#[test]
fn odd_rows_are_taken_as_well_as_can_be_and_only_an_id_must_be() {
    let read = |text: &str| row::parse(&serde_json::from_str(text).unwrap(), UnixTime(7));
    let odd = read(
        r#"{"id":"77","amount":"1 000,50","currency":"rub","message":"null","created_at":"2019-09-29 09.00.00"}"#,
    )
    .unwrap();
    assert_eq!(odd.external.id, "77");
    assert_eq!(odd.amount.to_string(), "1000.50 RUB");
    assert_eq!(
        (odd.message, odd.created_at),
        (None, UnixTime(1_569_747_600))
    );
    let odder =
        read(r#"{"id":78,"amount":[1],"currency":"?!","message":5,"created_at":"soon"}"#).unwrap();
    assert_eq!(odder.amount.to_string(), "0.00 XXX");
    assert_eq!(odder.created_at, UnixTime(7));
    for no_id in [
        r#"{"amount":5}"#,
        r#"{"id":null}"#,
        r#"{"id":""}"#,
        "[]",
        "7",
    ] {
        assert!(read(no_id).is_err(), "{no_id}");
    }
}

#[test]
fn a_lone_half_of_a_pair_costs_one_letter_and_not_the_donation() {
    let lone = r#"{"result":{"channel":"c","data":{"data":{"id":1,"message":"a\ud83dz \ude80 \\ud83d \ud83d\ude80"}}}}"#;
    let Document::Publication { publication, .. } = documents(lone).remove(0) else {
        panic!("a publication")
    };
    assert_eq!(
        publication.data["message"],
        "a\u{fffd}z \u{fffd} \\ud83d 🚀"
    );
    assert_eq!(mended("{}"), "{}");
}

#[test]
fn hostile_documents_are_errors_of_their_own() {
    let deep = "[".repeat(100_000);
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(5 << 20));
    let frame = format!("{deep}\n{long}\nnull\n7\n{{\"id\":3}}\n");
    let read: Vec<bool> = decode(&frame).map(|document| document.is_ok()).collect();
    assert_eq!(read, [false, false, false, false, true]);
}
