//! The whole source against the simulator, over real sockets.

use std::sync::Arc;
use std::time::Duration;

use drawstream_core::donation::UnixTime;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::super::*;
use crate::ledger::Ledger;
use crate::secret::Secret;
use crate::sources::simulator::donors::DemoDonors;
use crate::sources::simulator::scenario::Scenario;
use crate::sources::simulator::{CLIENT, Dialect, SimulatedDonation, Simulator, SimulatorOptions};
use crate::sources::status::LinkState;

/// The source's own waits, a hundred times shorter.
fn hurried() -> Pace {
    let ms = Duration::from_millis;
    Pace {
        least_wait: ms(5),
        most_wait: ms(50),
        refused_wait: ms(50),
        poll_up: ms(150),
        poll_down: ms(40),
        answer_within: ms(2_000),
        silence: ms(400),
        hold: ms(500),
        login_wait: ms(50),
        requests_per_minute: 1_000_000,
    }
}

pub(super) struct Stage {
    pub(super) simulator: Simulator,
    pub(super) clerk: Clerk,
    pub(super) folder: TempDir,
    source: DonationAlerts,
    stop: CancellationToken,
}

pub(super) async fn stage(options: SimulatorOptions) -> Stage {
    let simulator = Simulator::start(SimulatorOptions {
        requests_per_minute: None,
        ..options
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let stop = CancellationToken::new();
    let tokens = Tokens {
        access: Secret::new(simulator.access_token()),
        refresh: Some(Secret::new(simulator.refresh_token())),
    };
    let settings = DonationAlertsSettings {
        api_base: simulator.api_url(),
        ws_url: simulator.ws_url().replace("ws://", "http://"),
        tokens: TokenStore::new(tokens, Some(folder.path().join("tokens.json"))),
        application: Some(Application {
            client_id: CLIENT.0.to_owned(),
            client_secret: Secret::new(CLIENT.1),
        }),
        user_id: None,
        backfill_since: None,
        pace: hurried(),
        seed: 3,
    };
    let news = Arc::new(Notify::new());
    let source = DonationAlerts::start(settings, clerk.clone(), news, stop.clone())
        .await
        .unwrap();
    let mut stage = Stage {
        simulator,
        clerk,
        folder,
        source,
        stop,
    };
    stage.status(|status| status.link == LinkState::Live).await;
    stage
}

impl Stage {
    async fn status(&mut self, wished: impl FnMut(&SourceStatus) -> bool) -> SourceStatus {
        let waited = self.source.status.wait_for(wished);
        let waited = tokio::time::timeout(Duration::from_secs(60), waited).await;
        waited.expect("it comes to pass").unwrap().clone()
    }

    /// Waits until so many donations were taken, and gives their ids in the ledger's order.
    pub(super) async fn taken(&mut self, number: usize) -> Vec<u64> {
        let number = number as u64;
        self.status(|status| status.taken >= number).await;
        // What comes twice comes within the next polls.
        let polls = self.simulator.stats().requests + 3;
        self.simulator
            .wait_until(|stats| stats.requests >= polls)
            .await;
        let queue = self
            .clerk
            .ask(|ledger| ledger.queue(100_000))
            .await
            .unwrap();
        queue
            .iter()
            .map(|queued| queued.donation.external.id.parse().unwrap())
            .collect()
    }

    pub(super) async fn end(self) {
        self.stop.cancel();
        self.source.task.await.unwrap();
        drop(self.clerk);
        drop(self.folder);
    }
}

pub(super) fn donation() -> SimulatedDonation {
    SimulatedDonation::written(Some("Аня"), "кот в шляпе", 9.99, "EUR")
}

#[tokio::test]
async fn a_donation_that_is_pushed_and_listed_is_taken_once() {
    for dialect in [Dialect::V27, Dialect::V28Seq, Dialect::V28Offset] {
        let options = SimulatorOptions {
            dialect,
            ..SimulatorOptions::default()
        };
        let mut stage = stage(options).await;
        let id = stage.simulator.push(&donation());
        stage.simulator.repeat(id);
        assert_eq!(stage.taken(1).await, [id], "{dialect:?}");
        let status = stage.status(|status| status.last_poll.is_some()).await;
        assert!(status.last_event.is_some() && status.token_expires.is_some());
        stage.end().await;
    }
}

#[tokio::test]
async fn every_scenario_ends_with_each_donation_taken_once() {
    use clap::ValueEnum as _;
    for scenario in Scenario::value_variants() {
        let options = SimulatorOptions {
            ping_every: Duration::from_millis(250),
            ..SimulatorOptions::default()
        };
        let mut stage = stage(options).await;
        let mut donors = DemoDonors::new(5);
        let pace = Duration::from_millis(100);
        let mut made = scenario.play(&stage.simulator, &mut donors, pace).await;
        let mut taken = stage.taken(made.len()).await;
        taken.sort_unstable();
        made.sort_unstable();
        assert_eq!(taken, made, "{scenario:?}");
        stage
            .status(|status| status.link == LinkState::Live && status.alarm.is_none())
            .await;
        stage.end().await;
    }
}

#[tokio::test]
async fn a_gap_is_filled_in_order_of_creation() {
    let mut stage = stage(SimulatorOptions {
        history_size: 10,
        ..SimulatorOptions::default()
    })
    .await;
    stage.simulator.cut();
    let start = time::OffsetDateTime::now_utc().unix_timestamp();
    let made: Vec<u64> = (0..75)
        .map(|second| {
            stage.simulator.push(&SimulatedDonation {
                created_at: Some(start + second),
                ..donation()
            })
        })
        .collect();
    assert_eq!(stage.taken(75).await, made);
    stage.end().await;
}

#[tokio::test]
async fn expired_tokens_are_renewed_once_and_kept() {
    let mut stage = stage(SimulatorOptions::default()).await;
    stage.simulator.expire_tokens();
    stage.simulator.disconnect(3005);
    stage.simulator.push(&donation());
    stage.taken(1).await;
    assert_eq!(stage.simulator.stats().tokens_granted, 1);
    let path = stage.folder.path().join("tokens.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("refresh_token"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    stage.end().await;
}

#[tokio::test]
async fn requests_that_are_refused_together_renew_the_tokens_once() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let tokens = Tokens {
        access: Secret::new(simulator.access_token()),
        refresh: Some(Secret::new(simulator.refresh_token())),
    };
    let application = Application {
        client_id: CLIENT.0.to_owned(),
        client_secret: Secret::new(CLIENT.1),
    };
    let store = TokenStore::new(tokens, None);
    let rest = Rest::new(&simulator.api_url(), Some(application), store).unwrap();
    simulator.expire_tokens();
    let (one, two, three) = tokio::join!(rest.profile(), rest.page(1, UnixTime(0)), rest.profile());
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(simulator.stats().tokens_granted, 1);
}

#[tokio::test]
async fn without_a_refresh_the_source_waits_for_a_login_and_catches_up() {
    let mut stage = stage(SimulatorOptions::default()).await;
    // A file without a refresh token, as an implicit login leaves it.
    let path = stage.folder.path().join("tokens.json");
    std::fs::write(&path, r#"{"access_token":"a.b.c"}"#).unwrap();
    stage.simulator.disconnect(3005);
    let status = stage.status(|status| status.alarm.is_some()).await;
    assert_eq!(
        status.alarm.unwrap(),
        "Donation Alerts wants a new login: run `drawstream login`"
    );
    let id = stage.simulator.push(&donation());
    let access = stage.simulator.access_token();
    std::fs::write(&path, format!(r#"{{"access_token":"{access}"}}"#)).unwrap();
    assert_eq!(stage.taken(1).await, [id]);
    stage.status(|status| status.alarm.is_none()).await;
    stage.end().await;
}

#[tokio::test]
async fn a_secure_socket_that_cannot_be_opened_is_an_error_and_no_panic() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    let accept = tokio::spawn(async move { listener.accept().await.map(drop) });
    let mut socket = Socket::open(url);
    assert!(matches!(
        socket.next().await,
        Event::Closed { code: None, .. }
    ));
    accept.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_the_log_says_holds_no_token_and_no_words() {
    let secret = Secret::new("PLANTED-TOKEN");
    let tokens = Tokens {
        access: secret.clone(),
        refresh: Some(secret),
    };
    let row = serde_json::json!({"id": 1, "username": "PLANTED-NAME", "message": "PLANTED-WORDS"});
    let donation = row::parse(&row, UnixTime(0)).unwrap();
    let shown = format!("{tokens:?} {donation:?}");
    assert!(!shown.contains("PLANTED"), "{shown}");
}

#[tokio::test]
async fn a_login_in_the_browser_gives_tokens_and_a_strangers_answer_does_not_count() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let application = Application {
        client_id: CLIENT.0.to_owned(),
        client_secret: Secret::new(CLIENT.1),
    };
    let login = Login::begin(&simulator.api_url(), application, 0)
        .await
        .unwrap();
    let page = login.page().unwrap();
    let browser = reqwest::Client::new();
    assert!(
        browser
            .get(page.clone())
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    let asked: std::collections::BTreeMap<_, _> = page.query_pairs().into_owned().collect();
    let strange = format!("{}?code=stolen&state=guessed", asked["redirect_uri"]);
    assert_eq!(browser.get(strange).send().await.unwrap().status(), 400);
    let finished = tokio::spawn(login.finish());
    // The button sends the form's fields, and the browser follows the answer to the program.
    let approve = format!("{}/oauth/approve", simulator.base_url());
    let approved = browser.post(approve).form(&asked).send().await.unwrap();
    assert!(approved.text().await.unwrap().contains("logged in"));
    let tokens = finished.await.unwrap().unwrap();
    let claims = tokens.claims().unwrap();
    assert_eq!(claims.scopes.join(" "), SCOPES);
    assert!(claims.expires.unwrap() > SystemTime::now());
    assert!(tokens.refresh.is_some());
}
