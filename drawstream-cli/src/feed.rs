//! The feed: starts the sources that the settings ask for, and tells how they are.

use std::time::Duration;

use anyhow::Context as _;
use drawstream_core::donation::UnixTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::control::SourceView;
use crate::failure::Failure;
use crate::intake::Intake;
use crate::ledger::Clerk;
use crate::live::Occasion;
use crate::secret::Secret;
use crate::sources::donation_alerts::{
    Application, DonationAlerts, DonationAlertsSettings, Pace, TokenStore, Tokens,
};
use crate::sources::simulator::donors::DemoDonors;
use crate::sources::simulator::{Simulator, SimulatorOptions};
use crate::sources::status::{LinkState, SourceStatus};

/// The file in the data folder that a login writes.
const TOKEN_FILE: &str = "donation-alerts-tokens.json";
/// The demo's first donors come one by one, so that the first painting has begun before the queue fills.
const DEMO_FIRST: Duration = Duration::from_secs(4);
/// Then about as fast as paintings are shown.
const DEMO_NEXT: Duration = Duration::from_secs(17);
/// After so many the demo waits until the queue is short again.
const DEMO_QUEUE: u64 = 6;

/// Starts the sources. What they take is in the ledger before `intake` announces it.
pub(crate) async fn start(
    config: &Config,
    occasion: Occasion,
    backfill_since: Option<UnixTime>,
    intake: &Intake,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<watch::Receiver<Vec<SourceView>>, Failure> {
    let mut settings = settings(config, backfill_since);
    if occasion == Occasion::Demo {
        let simulator = Simulator::start(SimulatorOptions::default())
            .await
            .context("start the demo's service")?;
        settings.api_base = simulator.api_url();
        settings.ws_url = simulator.ws_url();
        let tokens = Tokens {
            access: Secret::new(simulator.access_token()),
            refresh: None,
        };
        settings.tokens = TokenStore::new(tokens, None);
        let source = run(settings, intake, stop).await?;
        let live = source.status.clone();
        tasks.spawn(donate(
            simulator,
            live,
            intake.clerk().clone(),
            stop.clone(),
        ));
        return Ok(watching(source, tasks, stop));
    }
    let has_token = settings
        .tokens
        .load()
        .is_ok_and(|tokens| !tokens.access.expose().is_empty());
    if !has_token {
        tracing::warn!(
            "Donation Alerts is off: there is no token. Set DA_ACCESS_TOKEN, or look around with `drawstream run --demo`; \
             `drawstream donate 5 \"a cat\"` sends a test donation"
        );
        let off = SourceView {
            name: "Donation Alerts".to_owned(),
            up: false,
            state: "off: no token".to_owned(),
        };
        return Ok(watch::channel(vec![off]).1);
    }
    Ok(watching(run(settings, intake, stop).await?, tasks, stop))
}

fn settings(config: &Config, backfill_since: Option<UnixTime>) -> DonationAlertsSettings {
    let da = &config.donation_alerts;
    let given = Tokens {
        access: da.access_token.clone().unwrap_or_default(),
        refresh: None,
    };
    let application = da.client_id.clone().zip(da.client_secret.clone());
    DonationAlertsSettings {
        api_base: da.api_base.as_str().trim_end_matches('/').to_owned(),
        ws_url: da.ws_url.to_string(),
        tokens: TokenStore::new(given, Some(config.data_dir.join(TOKEN_FILE))),
        application: application.map(|(client_id, client_secret)| Application {
            client_id,
            client_secret,
        }),
        user_id: da.user_id,
        backfill_since,
        pace: Pace {
            poll_up: da.poll_interval,
            ..Pace::default()
        },
        // Waits between connections differ from program to program, so that not all come back at once.
        seed: u64::from(std::process::id()),
    }
}

async fn run(
    settings: DonationAlertsSettings,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<DonationAlerts, Failure> {
    let started = DonationAlerts::start(
        settings,
        intake.clerk().clone(),
        intake.bell(),
        stop.clone(),
    )
    .await;
    Ok(started.context("start the source donation_alerts")?)
}

/// What the API and the stage tell of a source, as its status changes.
fn watching(
    source: DonationAlerts,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> watch::Receiver<Vec<SourceView>> {
    let mut status = source.status;
    let (views, receiver) = watch::channel(vec![view(&status.borrow())]);
    let stop = stop.clone();
    tasks.spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                changed = status.changed() => if changed.is_err() { break },
            }
            let now = view(&status.borrow_and_update());
            views.send_if_modified(|old| {
                let differs = old.first() != Some(&now);
                *old = vec![now];
                differs
            });
        }
        if let Err(error) = source.task.await {
            tracing::error!("the source ended by a defect of the program: {error}");
        }
    });
    receiver
}

fn view(status: &SourceStatus) -> SourceView {
    let state = match (&status.alarm, status.link) {
        (Some(alarm), _) => alarm.clone(),
        (None, LinkState::Live) => "live".to_owned(),
        (None, LinkState::Connecting) => "connecting".to_owned(),
        (None, LinkState::Down) => status.last_error.as_ref().map_or_else(
            || "not connected".to_owned(),
            |error| format!("not connected: {error}"),
        ),
    };
    SourceView {
        name: "Donation Alerts".to_owned(),
        up: status.link == LinkState::Live,
        state,
    }
}

/// The demo's donors: they come as soon as the program listens, and wait when too many others do.
async fn donate(
    simulator: Simulator,
    mut status: watch::Receiver<SourceStatus>,
    clerk: Clerk,
    stop: CancellationToken,
) {
    let show = async {
        let is_live = |status: &SourceStatus| status.link == LinkState::Live;
        if status.wait_for(is_live).await.is_err() {
            return;
        }
        for (count, donation) in DemoDonors::new(1).enumerate() {
            simulator.push(&donation);
            tokio::time::sleep(if count < 3 { DEMO_FIRST } else { DEMO_NEXT }).await;
            while clerk
                .ask(|ledger| ledger.counts())
                .await
                .is_ok_and(|counts| counts.waiting() >= DEMO_QUEUE)
            {
                tokio::time::sleep(DEMO_FIRST).await;
            }
        }
    };
    tokio::select! {
        () = show => {}
        () = stop.cancelled() => {}
    }
}
