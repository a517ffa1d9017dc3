//! Our client against the real Centrifuge engine, which `tests/engine/main.go` serves an account with: what is tested
//! here is not our reading of the protocol but its makers'. `benches/engine.sh` builds the engine and runs this.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use drawstream::ledger::{Clerk, Filter, History, Ledger};
use drawstream::secret::Secret;
use drawstream::sources::donation_alerts::{
    DonationAlerts, DonationAlertsSettings, Pace, TokenStore, Tokens,
};
use drawstream::sources::status::LinkState;
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

/// The engine as a process of its own.
struct Engine {
    _child: Child,
    address: String,
    http: reqwest::Client,
}

impl Engine {
    /// Starts the engine; `None` where it was not built.
    async fn start(mode: &str) -> Option<Self> {
        let program = std::env::var_os("DRAWSTREAM_ENGINE")?;
        let mut child = Command::new(program)
            .args(["-mode", mode])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .next_line()
            .await
            .unwrap()
            .expect("it says where it is");
        Some(Self {
            _child: child,
            address,
            http: reqwest::Client::new(),
        })
    }

    async fn steer(&self, what: &str) -> Value {
        let url = format!("http://{}/steer/{what}", self.address);
        self.http
            .post(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn donate(&self, what: &str) -> Vec<u64> {
        serde_json::from_value(self.steer(&format!("donate?{what}")).await).unwrap()
    }

    async fn stat(&self, name: &str) -> i64 {
        self.steer("stats").await[name].as_i64().unwrap()
    }
}

/// Our client with its own ledger.
struct Listener {
    source: DonationAlerts,
    folder: tempfile::TempDir,
    stop: CancellationToken,
}

impl Listener {
    async fn start(engine: &Engine, poll_up: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        let (clerk, _) = Clerk::hire(ledger).unwrap();
        let ms = Duration::from_millis;
        let tokens = Tokens {
            access: Secret::new("any"),
            refresh: None,
        };
        let settings = DonationAlertsSettings {
            api_base: format!("http://{}/api/v1", engine.address),
            ws_url: format!("ws://{}/connection/websocket", engine.address),
            tokens: TokenStore::new(tokens, None),
            application: None,
            user_id: None,
            backfill_since: None,
            pace: Pace {
                least_wait: ms(20),
                most_wait: ms(100),
                refused_wait: ms(100),
                poll_up,
                poll_down: ms(100),
                requests_per_minute: 100_000,
                ..Pace::default()
            },
            seed: 1,
        };
        let stop = CancellationToken::new();
        let news = Arc::new(Notify::new());
        let source = DonationAlerts::start(settings, clerk, news, stop.clone())
            .await
            .unwrap();
        let mut listener = Self {
            source,
            folder,
            stop,
        };
        listener.live().await;
        listener
    }

    async fn live(&mut self) {
        let live = self.source.status.wait_for(|s| s.link == LinkState::Live);
        let live = tokio::time::timeout(Duration::from_secs(30), live).await;
        live.expect("it comes up").unwrap();
    }

    async fn taken(&mut self, number: usize) -> Vec<u64> {
        let enough = self.source.status.wait_for(|s| s.taken >= number as u64);
        let enough = tokio::time::timeout(Duration::from_secs(30), enough).await;
        enough.expect("they come").unwrap();
        let history = History::open(&self.folder.path().join("ledger.db")).unwrap();
        let mut entries = history.list(&Filter::default(), usize::MAX).unwrap();
        entries.reverse();
        let id = |entry: &drawstream::ledger::Entry| entry.donation.external.id.parse().unwrap();
        entries.iter().map(id).collect()
    }

    async fn end(self) {
        self.stop.cancel();
        self.source.task.await.unwrap();
    }
}

/// So seldom that the list brings nothing within a test, but after a connection.
const SELDOM: Duration = Duration::from_secs(600);

async fn recovers(engine: &Engine) {
    let mut listener = Listener::start(engine, SELDOM).await;
    let mut made = engine.donate("n=1").await;
    made.extend(engine.donate("n=6").await);
    assert_eq!(listener.taken(made.len()).await, made);
    // What the list never tells of can come through recovery alone.
    for _ in 0..3 {
        let opened = engine.stat("opened").await;
        engine.steer("disconnect?code=3011").await;
        made.extend(engine.donate("n=5&listed=0").await);
        assert_eq!(listener.taken(made.len()).await, made);
        listener.live().await;
        assert!(engine.stat("opened").await > opened);
    }
    // A history that is gone, and one that is too short for the gap: the list has them.
    for gone in [true, false] {
        engine.steer("disconnect?code=3011").await;
        if gone {
            engine.steer("forget").await;
        }
        made.extend(engine.donate("n=40").await);
        assert_eq!(listener.taken(made.len()).await, made);
        listener.live().await;
    }
    listener.end().await;
}

async fn comes_back(engine: &Engine) {
    let mut listener = Listener::start(engine, SELDOM).await;
    let mut made = Vec::new();
    for code in 3000..=3013 {
        made.extend(engine.donate("n=1").await);
        assert_eq!(listener.taken(made.len()).await, made);
        let opened = engine.stat("opened").await;
        engine.steer(&format!("disconnect?code={code}")).await;
        made.extend(engine.donate("n=1").await);
        assert_eq!(listener.taken(made.len()).await, made, "after {code}");
        while engine.stat("opened").await == opened {
            tokio::task::yield_now().await;
        }
        listener.live().await;
    }
    listener.end().await;
}

/// The server pings every 0.9 s and cuts whoever does not answer: one who never reads is cut, and we are not.
async fn answers_pings(engine: &Engine) {
    let listener = Listener::start(engine, SELDOM).await;
    let opened = engine.stat("opened").await;
    let url = format!("ws://{}/connection/websocket", engine.address);
    let (mut deaf, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let connect = json!({"id": 1, "params": {"token": "sock-deaf"}}).to_string();
    deaf.send(Message::text(connect)).await.unwrap();
    while engine.stat("clients").await < 2 {
        tokio::task::yield_now().await;
    }
    while engine.stat("clients").await > 1 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The deaf one had two pings at the most; we have had as many and more.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(engine.stat("opened").await, opened + 1, "nobody came anew");
    assert_eq!(engine.stat("subscribers").await, 1, "we are there still");
    listener.end().await;
}

#[tokio::test]
async fn our_client_keeps_up_with_the_real_engine() {
    for mode in ["seq", "offset"] {
        let Some(engine) = Engine::start(mode).await else {
            eprintln!(
                "left out: DRAWSTREAM_ENGINE is not set; benches/engine.sh builds the engine"
            );
            return;
        };
        recovers(&engine).await;
        comes_back(&engine).await;
        answers_pings(&engine).await;
        eprintln!("{mode}: recovery, all close codes and PONG timeout are as they should be");
    }
}
