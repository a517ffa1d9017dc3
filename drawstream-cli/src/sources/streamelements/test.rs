//! The source against a server that keeps to StreamElements' documentation, over real sockets.

use std::time::Duration;

use drawstream_core::donation::Currency;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Ws;

use super::*;
use crate::ledger::{Clerk, Ledger};
use crate::sources::status::SourceStatus;

/// Source: github.com/StreamElements/docs, docs/websockets/topics/channel-tips.md, "Tip Created".
fn tip(id: &str, message: &str, approved: &str) -> Value {
    json!({
        "id": "01JMFBZF7KSRDDXXV0EH7G8X6G", "ts": "2025-02-19T15:07:17Z", "type": "message",
        "topic": "channel.tips", "room": "5ad23dcc18fff500d78c5348",
        "data": {
            "donation": {
                "user": { "username": "Styler", "geo": "ZZ", "email": "styler@streamelements.com",
                    "channel": "5ad23dcc18fff500d78c5348" },
                "message": message, "amount": 4.2, "currency": "USD", "paymentMethod": "scheme"
            },
            "_id": id, "channel": "5ad23dcc18fff500d78c5348", "provider": "paypal", "approved": approved,
            "status": "success", "createdAt": "2025-02-19T15:07:09.302Z",
            "updatedAt": "2025-02-19T15:07:17.099Z", "transactionId": "2YH79902JR1691017"
        }
    })
}

struct Stand {
    gateway: TcpListener,
    clerk: Clerk,
    source: Running,
    stop: CancellationToken,
    _folder: TempDir,
}

async fn stand() -> Stand {
    let gateway = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let ms = Duration::from_millis;
    let settings = StreamElementsSettings {
        token: Secret::new("planted-token"),
        token_type: "jwt".to_owned(),
        channel: Some("5ad23dcc18fff500d78c5348".to_owned()),
        ws_url: format!("ws://{}/", gateway.local_addr().unwrap()),
        pace: Pace {
            least_wait: ms(5),
            most_wait: ms(20),
            refused_wait: ms(20),
            silence: ms(300),
            ..Pace::default()
        },
        seed: 1,
    };
    let intake = Intake::new(clerk.clone(), Currency::parse("EUR").unwrap());
    let stop = CancellationToken::new();
    Stand {
        source: start(settings, intake, stop.clone()),
        gateway,
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

    /// Reads the subscription, and answers it as documented.
    async fn answer(&mut self, error: Option<&str>) {
        let Some(Ok(Ws::Text(text))) = self.0.next().await else {
            panic!("a subscription was due");
        };
        let asked: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(asked["type"], "subscribe");
        assert_eq!(
            asked["data"],
            json!({ "topic": "channel.tips", "token": "planted-token", "token_type": "jwt",
                "room": "5ad23dcc18fff500d78c5348" })
        );
        let mut answer = json!({
            "id": "01HB0YE5TR26EH71DVPJ68MA82", "ts": "2023-09-20T16:43:21Z", "type": "response",
            "nonce": asked["nonce"],
            "data": { "message": "successfully subscribed to topic", "topic": "channel.tips" }
        });
        if let Some(error) = error {
            answer["error"] = json!(error);
        }
        self.send(&answer).await;
    }
}

impl Stand {
    async fn accept(&self) -> (Connection, String) {
        let (stream, _) = self.gateway.accept().await.unwrap();
        let mut address = String::new();
        #[expect(
            clippy::result_large_err,
            reason = "the handshake's own type of callback"
        )]
        let note = |request: &tokio_tungstenite::tungstenite::handshake::server::Request,
                    answer| {
            address = request.uri().to_string();
            Ok(answer)
        };
        let socket = tokio_tungstenite::accept_hdr_async(stream, note)
            .await
            .unwrap();
        (Connection(socket), address)
    }

    async fn status(&mut self, wished: impl FnMut(&SourceStatus) -> bool) -> SourceStatus {
        let waited =
            tokio::time::timeout(Duration::from_secs(60), self.source.status.wait_for(wished));
        waited.await.expect("it comes to pass").unwrap().clone()
    }

    async fn told(&self) -> Vec<String> {
        let queue = self.clerk.ask(|ledger| ledger.queue(99)).await.unwrap();
        queue
            .iter()
            .map(|q| format!("{} {}", q.donation.external.id, q.donation.amount))
            .collect()
    }
}

#[tokio::test]
async fn tips_are_taken_once_and_another_connection_takes_over_where_the_server_goes() {
    let mut stand = stand().await;
    let (mut first, _) = stand.accept().await;
    first.send(&json!({ "id": "01", "ts": "2023-09-20T16:43:20Z", "type": "welcome", "data": { "message": "hello" } })).await;
    first.answer(None).await;
    stand.status(|s| s.link == LinkState::Live).await;
    first.send(&tip("a", "a fox", "allowed")).await;
    first.send(&tip("a", "a fox", "allowed")).await;
    first.send(&tip("b", "not yet", "pending")).await;
    first.0.send(Ws::text("{")).await.unwrap();
    first
        .send(&json!({ "id": "02", "type": "reconnect", "data": { "reconnect_token": "t0" } }))
        .await;
    let (mut second, address) = stand.accept().await;
    assert_eq!(address, "/?reconnect_token=t0");
    first.send(&tip("c", "", "allowed")).await;
    stand.status(|s| s.taken == 2).await;
    second.answer(None).await;
    second.send(&tip("b", "not yet", "allowed")).await;
    let status = stand.status(|s| s.taken == 3).await;
    assert_eq!((status.link, status.unreadable), (LinkState::Live, 1));
    assert_eq!(
        stand.told().await,
        ["a 4.20 USD", "c 4.20 USD", "b 4.20 USD"]
    );
    stand.stop.cancel();
    stand.source.task.await.unwrap();
}

#[tokio::test]
async fn a_silent_server_is_left_and_a_refused_token_needs_a_person() {
    let mut stand = stand().await;
    let (mut first, _) = stand.accept().await;
    first.answer(Some("rate_limit_exceeded")).await;
    let (mut second, _) = stand.accept().await;
    second.answer(None).await;
    stand.status(|s| s.link == LinkState::Live).await;
    // Asked after a silence, a server that is there answers.
    let Some(Ok(Ws::Ping(_))) = second.0.next().await else {
        panic!("a ping was due");
    };
    drop(second);
    let (mut third, _) = stand.accept().await;
    third.answer(Some("err_unauthorized")).await;
    let status = stand.status(|s| s.alarm.is_some()).await;
    assert!(
        status
            .alarm
            .as_deref()
            .unwrap()
            .contains("STREAMELEMENTS_TOKEN")
    );
    assert!(!format!("{status:?}").contains("planted"));
}
