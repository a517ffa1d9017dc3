//! The source against a server that keeps to Twitch's documentation, over real sockets.

use std::time::Duration;

use drawstream_core::donation::Currency;
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Ws;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::message::{CHEER, REDEMPTION};
use super::*;
use crate::ledger::{Clerk, Ledger};
use crate::sources::status::SourceStatus;

/// Source: dev.twitch.tv/docs/eventsub/websocket-reference, "Welcome message".
fn welcome(session: &str, keepalive_s: u64) -> Value {
    json!({
        "metadata": {
            "message_id": "96a3f3b5-5dec-4eed-908e-e11ee657416c",
            "message_type": "session_welcome",
            "message_timestamp": "2023-07-19T14:56:51.634234626Z"
        },
        "payload": { "session": {
            "id": session, "status": "connected", "connected_at": "2023-07-19T14:56:51.616329898Z",
            "keepalive_timeout_seconds": keepalive_s, "reconnect_url": null
        } }
    })
}

fn notification(message_id: &str, kind: &str, event: &Value) -> Value {
    json!({
        "metadata": {
            "message_id": message_id, "message_type": "notification",
            "message_timestamp": "2022-11-16T10:11:12.464757833Z",
            "subscription_type": kind, "subscription_version": "1"
        },
        "payload": {
            "subscription": {
                "id": "f1c2a387-161a-49f9-a165-0f21d7a4e1c4", "status": "enabled", "type": kind,
                "version": "1", "cost": 0, "condition": { "broadcaster_user_id": "1337" },
                "transport": { "method": "websocket", "session_id": "AQoQexAWVYKSTIu4ec_2VAxyuhAB" },
                "created_at": "2022-11-16T10:11:12.464757833Z"
            },
            "event": event
        }
    })
}

/// Source: dev.twitch.tv/docs/eventsub/eventsub-subscription-types, "Channel Cheer Notification Example".
fn cheer(message_id: &str, message: &str) -> Value {
    let event = json!({
        "is_anonymous": false, "user_id": "1234", "user_login": "cool_user", "user_name": "Cool_User",
        "broadcaster_user_id": "1337", "broadcaster_user_login": "cooler_user",
        "broadcaster_user_name": "Cooler_User", "message": message, "bits": 1000
    });
    notification(message_id, CHEER, &event)
}

/// Source: the same, "Channel Points Custom Reward Redemption Add Notification Example".
fn redemption(id: &str, title: &str, input: &str) -> Value {
    let event = json!({
        "id": id, "broadcaster_user_id": "1337", "broadcaster_user_login": "cool_user",
        "broadcaster_user_name": "Cool_User", "user_id": "9001", "user_login": "cooler_user",
        "user_name": "Cooler_User", "user_input": input, "status": "unfulfilled",
        "reward": { "id": "92af127c-7326-4483-a52b-b0da0be61c01", "title": title, "cost": 100, "prompt": "reward prompt" },
        "redeemed_at": "2020-07-15T17:16:03.17106713Z"
    });
    notification("any", REDEMPTION, &event)
}

struct Stand {
    http: MockServer,
    events: TcpListener,
    clerk: Clerk,
    source: Running,
    stop: CancellationToken,
    _folder: TempDir,
}

async fn stand(rewards: &[&str], answers: &[(&str, u16)]) -> Stand {
    let http = MockServer::start().await;
    // Source: dev.twitch.tv/docs/authentication/validate-tokens.
    Mock::given(method("GET"))
        .and(path("/oauth2/validate"))
        .and(header("authorization", "OAuth planted-token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "client_id": "wbmytr93xzw8zbg0p1izqyzzc5mbiz", "login": "twitchdev",
            "scopes": ["bits:read", "channel:read:redemptions"], "user_id": "1337", "expires_in": 5_520_838
        })))
        .mount(&http)
        .await;
    for (kind, status) in answers {
        Mock::given(method("POST"))
            .and(path("/helix/eventsub/subscriptions"))
            .and(header("authorization", "Bearer planted-token"))
            .and(header("client-id", "wbmytr93xzw8zbg0p1izqyzzc5mbiz"))
            .and(body_partial_json(json!({
                "type": kind, "version": "1", "condition": { "broadcaster_user_id": "1337" },
                "transport": { "method": "websocket" }
            })))
            .respond_with(ResponseTemplate::new(*status))
            .mount(&http)
            .await;
    }
    let events = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let ms = Duration::from_millis;
    let settings = TwitchSettings {
        access_token: Secret::new("planted-token"),
        rewards: rewards.iter().map(|&title| title.to_owned()).collect(),
        ws_url: format!("ws://{}/ws", events.local_addr().unwrap()),
        api_base: format!("{}/helix", http.uri()),
        auth_base: format!("{}/oauth2", http.uri()),
        pace: Pace {
            least_wait: ms(5),
            most_wait: ms(20),
            refused_wait: ms(20),
            ..Pace::default()
        },
        seed: 1,
    };
    let intake = Intake::new(clerk.clone(), Currency::parse("EUR").unwrap());
    let stop = CancellationToken::new();
    Stand {
        source: start(settings, intake, stop.clone()).unwrap(),
        http,
        events,
        clerk,
        stop,
        _folder: folder,
    }
}

struct Connection(WebSocketStream<TcpStream>);

impl Connection {
    async fn send(&mut self, message: &Value) {
        self.0.send(Ws::text(message.to_string())).await.unwrap();
    }
}

impl Stand {
    async fn accept(&self) -> Connection {
        let (stream, _) = self.events.accept().await.unwrap();
        Connection(tokio_tungstenite::accept_async(stream).await.unwrap())
    }

    async fn status(&mut self, wished: impl FnMut(&SourceStatus) -> bool) -> SourceStatus {
        let waited =
            tokio::time::timeout(Duration::from_secs(60), self.source.status.wait_for(wished));
        waited.await.expect("it comes to pass").unwrap().clone()
    }

    async fn subscriptions(&self) -> usize {
        let requests = self.http.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|r| r.method.as_str() == "POST")
            .count()
    }

    /// What was taken, sorted: what comes together is numbered by its dates.
    async fn told(&self) -> Vec<String> {
        let queue = self.clerk.ask(|ledger| ledger.queue(99)).await.unwrap();
        let line = |q: &crate::ledger::Queued| {
            let d = &q.donation;
            let text = |text: &Option<drawstream_core::donation::RawText>| {
                text.as_ref()
                    .map_or("–".to_owned(), |t| t.expose().to_owned())
            };
            format!(
                "{} {} {}: {}",
                d.external.id,
                text(&d.donor),
                d.amount,
                text(&d.message)
            )
        };
        let mut told: Vec<String> = queue.iter().map(line).collect();
        told.sort();
        told
    }
}

const ALL: [(&str, u16); 2] = [(CHEER, 202), (REDEMPTION, 202)];

#[tokio::test]
async fn cheers_and_redemptions_are_taken_once_across_a_reconnect_that_was_asked_for() {
    let mut stand = stand(&[], &ALL).await;
    let mut first = stand.accept().await;
    first
        .send(&welcome("AQoQILE98gtqShGmLD7AM6yJThAB", 10))
        .await;
    let live = stand.status(|s| s.link == LinkState::Live).await;
    assert!(live.token_expires.is_some());
    assert_eq!(stand.subscriptions().await, 2);
    first
        .send(&cheer("m1", "Cheer900 a fox  in the snow cheer100"))
        .await;
    first
        .send(&cheer("m1", "Cheer900 a fox  in the snow cheer100"))
        .await;
    first.send(&redemption("r1", "Paint it", "pogchamp")).await;
    first.send(&redemption("r2", "Drink some water", "")).await;
    // Source: websocket-reference, "Reconnect message".
    let other = format!("ws://{}/ws?id=2", stand.events.local_addr().unwrap());
    first.send(&json!({
        "metadata": { "message_id": "84c1e79a-2a4b-4c13-ba0b-4312293e9308", "message_type": "session_reconnect",
            "message_timestamp": "2022-11-18T09:10:11.634234626Z" },
        "payload": { "session": { "id": "AQoQexAWVYKSTIu4ec_2VAxyuhAB", "status": "reconnecting",
            "keepalive_timeout_seconds": null, "reconnect_url": other, "connected_at": "2022-11-16T10:11:12.634234626Z" } }
    })).await;
    let mut second = stand.accept().await;
    // The old connection serves until the new one is welcome.
    first.send(&cheer("m2", "pogchamp")).await;
    stand.status(|s| s.taken == 3).await;
    second
        .send(&welcome("AQoQexAWVYKSTIu4ec_2VAxyuhAB", 10))
        .await;
    second.send(&cheer("m2", "pogchamp")).await;
    second.send(&cheer("m3", "second")).await;
    let status = stand.status(|s| s.taken == 4).await;
    assert_eq!(status.link, LinkState::Live);
    // Subscriptions go over with the session.
    assert_eq!(stand.subscriptions().await, 2);
    assert_eq!(
        stand.told().await,
        [
            "m1 Cool_User 1000 BITS: a fox in the snow",
            "m2 Cool_User 1000 BITS: pogchamp",
            "m3 Cool_User 1000 BITS: second",
            "r1 Cooler_User 100 POINTS: pogchamp"
        ]
    );
    stand.stop.cancel();
    stand.source.task.await.unwrap();
}

#[tokio::test]
async fn a_break_a_silence_and_odd_frames_lead_to_a_new_session_with_new_subscriptions() {
    let mut stand = stand(&["PAINT IT"], &ALL).await;
    let mut first = stand.accept().await;
    first.send(&welcome("one", 10)).await;
    stand.status(|s| s.link == LinkState::Live).await;
    for odd in [
        "{",
        "[]",
        r#"{"metadata":{}}"#,
        r#"{"metadata":{"message_type":"new"}}"#,
    ] {
        first.0.send(Ws::text(odd)).await.unwrap();
    }
    // Named rewards are painted without a text too, and no others.
    first.send(&redemption("r1", "Paint it", "")).await;
    first.send(&redemption("r2", "Sing it", "la la")).await;
    stand.status(|s| s.taken == 1).await;
    drop(first);
    let mut second = stand.accept().await;
    // It is silent for twice its second of keep-alive, and given up.
    second.send(&welcome("two", 1)).await;
    let mut third = stand.accept().await;
    third.send(&welcome("three", 10)).await;
    third.send(&cheer("m1", "Cheer1000")).await;
    let status = stand.status(|s| s.taken == 2).await;
    assert_eq!(status.unreadable, 3);
    stand.status(|s| s.link == LinkState::Live).await;
    assert_eq!(stand.subscriptions().await, 6);
    assert_eq!(
        stand.told().await,
        ["m1 Cool_User 1000 BITS: –", "r1 Cooler_User 100 POINTS: –"]
    );
}

#[tokio::test]
async fn a_token_that_allows_one_of_two_is_good_for_one_and_a_revocation_is_told() {
    let mut stand = stand(&[], &[(CHEER, 403), (REDEMPTION, 202)]).await;
    let mut first = stand.accept().await;
    first.send(&welcome("one", 10)).await;
    let status = stand.status(|s| s.last_error.is_some()).await;
    assert_eq!(
        status.last_error.as_deref(),
        Some(
            "the token does not allow channel.cheer: it needs bits:read and channel:read:redemptions"
        )
    );
    // Source: websocket-reference, "Revocation message".
    first.send(&json!({
        "metadata": { "message_id": "84c1e79a-2a4b-4c13-ba0b-4312293e9308", "message_type": "revocation",
            "message_timestamp": "2022-11-16T10:11:12.464757833Z", "subscription_type": REDEMPTION, "subscription_version": "1" },
        "payload": { "subscription": { "id": "f1c2a387-161a-49f9-a165-0f21d7a4e1c4", "status": "authorization_revoked",
            "type": REDEMPTION, "version": "1", "cost": 1, "condition": { "broadcaster_user_id": "1337" },
            "transport": { "method": "websocket", "session_id": "one" }, "created_at": "2022-11-16T10:11:12.464757833Z" } }
    })).await;
    let status = stand.status(|s| s.alarm.is_some()).await;
    let alarm = status.alarm.unwrap();
    assert!(
        alarm.ends_with("redemption.add: authorization_revoked"),
        "{alarm}"
    );
}

#[tokio::test]
async fn a_token_that_is_not_accepted_needs_a_person_and_is_never_told() {
    let mut stand = stand(&[], &[(CHEER, 401)]).await;
    let mut first = stand.accept().await;
    first.send(&welcome("one", 10)).await;
    let status = stand.status(|s| s.alarm.is_some()).await;
    assert!(
        status
            .alarm
            .as_deref()
            .unwrap()
            .contains("TWITCH_ACCESS_TOKEN")
    );
    assert!(!format!("{status:?}").contains("planted"));
}
