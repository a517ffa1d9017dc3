//! The source against a server that answers as the service's clients say, over real sockets.

use drawstream_core::donation::Currency;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Ws;
use wiremock::matchers::{body_json, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::ledger::{Clerk, Ledger};
use crate::sources::status::{LinkState, SourceStatus};

/// After the types of `notification` that its clients declare: sums as texts, `vars` as JSON in a text.
fn push(id: u64, comment: &str) -> Value {
    let vars = json!({ "name": "ewew", "comment": comment, "sum": "60.00", "currency": "&#8381;",
        "target": "", "video_link": "", "video_id": "" });
    json!({ "result": { "channel": "$public:1374865", "data": { "data": {
        "type": "event",
        "notification": { "id": id, "type": "donation", "user_id": 1_374_865, "vars": vars.to_string(),
            "created_at": "2026-11-22 21:15:00" }
    }, "offset": id } } })
}

fn listed(id: u64, comment: &str) -> Value {
    json!({ "id": id, "type": "donation", "view": 1,
        "vars": { "name": "", "comment": comment, "sum": 30.5, "currency": "RUB" },
        "created_at": { "date": "2026-11-22 20:15:00.960762", "timezone_type": 3, "timezone": "Europe/Moscow" } })
}

struct Stand {
    http: MockServer,
    socket: TcpListener,
    clerk: Clerk,
    source: Running,
    _folder: TempDir,
}

async fn stand(first_page: Value) -> Stand {
    let http = MockServer::start().await;
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let key = "planted-key";
    Mock::given(method("GET"))
        .and(path("/api/v1/user"))
        .and(query_param("access_token", key))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({ "status": "success", "data": { "id": 1_374_865, "name": "ewew", "balance": 0 } }),
        ))
        .mount(&http)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/v2/socket/token"))
        .and(body_json(json!({ "access_token": key })))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "token": "SOCKET" })))
        .mount(&http)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/v2/socket/token"))
        .and(body_json(
            json!({ "client": "c-1", "channels": ["$public:1374865"], "access_token": key }),
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({ "channels": [{ "channel": "$public:1374865", "token": "CHANNEL" }] }),
        ))
        .mount(&http)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v1/notifications"))
        .and(query_param("type", "donation"))
        .and(query_param("skip", "0"))
        .respond_with(ResponseTemplate::new(200).set_body_json(first_page))
        .up_to_n_times(1)
        .mount(&http)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let ms = Duration::from_millis;
    let settings = DonatePaySettings {
        access_token: Secret::new(key),
        api_base: format!("{}/api", http.uri()),
        ws_url: format!("ws://{}/connection/websocket", socket.local_addr().unwrap()),
        backfill: Backfill::default(),
        pace: Pace {
            least_wait: ms(5),
            most_wait: ms(20),
            poll_up: ms(150),
            poll_down: ms(40),
            hold: ms(100),
            login_wait: ms(30),
            requests_per_minute: 1_000_000,
            ..Pace::default()
        },
        seed: 1,
    };
    let intake = Intake::new(clerk.clone(), Currency::parse("RUB").unwrap());
    let source = start(settings, &intake, CancellationToken::new())
        .await
        .unwrap();
    Stand {
        http,
        socket,
        clerk,
        source,
        _folder: folder,
    }
}

impl Stand {
    async fn status(&mut self, wished: impl FnMut(&SourceStatus) -> bool) -> SourceStatus {
        let waited = self.source.status.wait_for(wished);
        let waited = tokio::time::timeout(Duration::from_secs(60), waited).await;
        waited.expect("it comes to pass").unwrap().clone()
    }

    /// From now on the list has this in it.
    async fn list(&self, rows: &[Value]) {
        Mock::given(method("GET"))
            .and(path("/api/v1/notifications"))
            .respond_with(
                ResponseTemplate::new(200)
                    .set_body_json(json!({ "status": "success", "data": rows })),
            )
            .mount(&self.http)
            .await;
    }

    /// Accepts a connection and takes it as far as its subscription.
    async fn accept(&self) -> Connection {
        let (stream, _) = self.socket.accept().await.unwrap();
        let mut socket = Connection(tokio_tungstenite::accept_async(stream).await.unwrap());
        let connect = socket.read().await;
        assert_eq!(connect["params"]["token"], "SOCKET");
        socket
            .send(
                &json!({ "id": connect["id"], "result": { "client": "c-1", "version": "2.8.6" } }),
            )
            .await;
        let subscribe = socket.read().await;
        assert_eq!(subscribe["params"]["channel"], "$public:1374865");
        assert_eq!(subscribe["params"]["token"], "CHANNEL");
        let result = json!({ "recoverable": true, "epoch": "e", "offset": 1 });
        socket
            .send(&json!({ "id": subscribe["id"], "result": result }))
            .await;
        socket
    }

    async fn told(&self) -> Vec<String> {
        let queue = self.clerk.ask(|ledger| ledger.queue(99)).await.unwrap();
        let line = |q: &crate::ledger::Queued| {
            let d = &q.donation;
            let text = |text: &Option<drawstream_core::donation::RawText>| {
                text.as_ref()
                    .map_or("–".to_owned(), |t| t.expose().to_owned())
            };
            let at = d.created_at.0;
            format!(
                "{} {} {} {at}: {}",
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

struct Connection(WebSocketStream<TcpStream>);

impl Connection {
    async fn read(&mut self) -> Value {
        match self.0.next().await {
            Some(Ok(Ws::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("a command was due, not {other:?}"),
        }
    }

    async fn send(&mut self, document: &Value) {
        self.0
            .send(Ws::text(format!("{document}\n")))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn pushes_and_the_list_are_merged_by_the_notifications_id() {
    let mut stand = stand(json!({ "status": "success", "data": [listed(100, "old")] })).await;
    stand
        .list(&[
            listed(102, "missed"),
            listed(101, "a fox"),
            listed(100, "old"),
        ])
        .await;
    let mut socket = stand.accept().await;
    stand.status(|s| s.link == LinkState::Live).await;
    socket.send(&push(101, "a fox")).await;
    socket
        .send(
            &json!({ "result": { "channel": "$public:1374865", "data": { "data": {
            "notification": { "id": 103, "type": "cashout", "vars": "{}" } }, "offset": 3 } } }),
        )
        .await;
    stand.status(|s| s.taken == 2).await;
    let told = stand.told().await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("101 "), "{told:?}");
    // 20:15 in Moscow is 17:15 UTC.
    assert_eq!(told[1], "102 – 30.50 RUB 1795367700: missed");
}

#[tokio::test]
async fn a_push_is_read_whatever_form_its_vars_have() {
    let heard_at = drawstream_core::donation::UnixTime(5);
    let data = &push(7, "a fox")["result"]["data"]["data"];
    let donation = row::parse(data, heard_at).unwrap().unwrap();
    assert_eq!(donation.amount.to_string(), "60.00 RUB");
    assert_eq!(donation.created_at.0, 1_795_371_300);
    let bare = json!({ "notification": { "id": "8", "type": "donation", "vars": "{" } });
    let donation = row::parse(&bare, heard_at).unwrap().unwrap();
    assert_eq!((donation.donor, donation.created_at), (None, heard_at));
    assert!(row::parse(&json!({ "notification": { "type": "donation" } }), heard_at).is_err());
}

#[tokio::test]
async fn a_wrong_key_needs_a_person_and_haste_is_waited_out() {
    let error = json!({ "status": "error", "message": "Неверный токен" });
    let mut stand = stand(error).await;
    let status = stand.status(|s| s.alarm.is_some()).await;
    assert_eq!(
        status.alarm.as_deref(),
        Some("DonatePay does not accept the key: set a new DONATEPAY_ACCESS_TOKEN")
    );
    assert!(!format!("{status:?}").contains("planted"));
    stand.list(&[]).await;
    let _socket = stand.accept().await;
    stand
        .status(|s| s.link == LinkState::Live && s.alarm.is_none())
        .await;
}
