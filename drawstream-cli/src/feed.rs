//! The feed: starts the sources that the settings ask for, and tells how they are.

mod demo;

use std::time::SystemTime;

use anyhow::{Context as _, anyhow};
use drawstream_core::donation::UnixTime;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Start};
use crate::control::{Link, SourceView};
use crate::failure::Failure;
use crate::intake::Intake;
use crate::live::Occasion;
use crate::secret::Secret;
use crate::sources::donatepay::{self, DonatePaySettings};
use crate::sources::donation_alerts::{
    self, Application, Backfill, DonationAlerts, DonationAlertsSettings, Pace, TOKEN_FILE,
    TokenStore, Tokens,
};
use crate::sources::simulator::{Simulator, SimulatorOptions};
use crate::sources::status::{LinkState, Running, SourceStatus};
use crate::sources::streamelements::{self, StreamElementsSettings};
use crate::sources::twitch::{self, TwitchSettings};
use crate::sources::webhook;
use crate::staff::{Policy, Staff};

/// The sources, those that are off among them.
#[derive(Default)]
struct Sources {
    views: Vec<SourceView>,
    /// Each with its place in `views`.
    running: Vec<(usize, Running)>,
}

impl Sources {
    fn run(&mut self, source: Running) {
        let view = view(&source.status.borrow());
        self.running.push((self.views.len(), source));
        self.views.push(view);
    }

    fn off(&mut self, name: &str, why: &str) {
        self.views.push(SourceView {
            name: title(name).to_owned(),
            key: name.to_owned(),
            state: format!("off: {why}"),
            ..SourceView::default()
        });
    }

    /// Notes that it is off, or that it cannot be on as the settings want it.
    fn off_or_lacking(
        &mut self,
        start: Start,
        name: &str,
        lacks: &str,
        mend: &str,
    ) -> Result<(), Failure> {
        if start == Start::Lacking {
            return Err(
                Failure::input(anyhow!("the source {name} is on and has {lacks}"))
                    .with_hint(mend.to_owned()),
            );
        }
        self.off(name, lacks);
        Ok(())
    }

    /// What the API and the stage tell of the sources, as they change.
    fn watch(
        self,
        staff: &Staff,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> watch::Receiver<Vec<SourceView>> {
        let (views, receiver) = watch::channel(self.views);
        for (place, mut source) in self.running {
            let (views, stop) = (views.clone(), stop.clone());
            let name = format!("source {}", source.status.borrow().name);
            let post = staff.post(name, Policy::GoOnWithout);
            tasks.spawn(async move {
                loop {
                    tokio::select! {
                        () = stop.cancelled() => break,
                        changed = source.status.changed() => if changed.is_err() { break },
                    }
                    let now = view(&source.status.borrow_and_update());
                    views.send_if_modified(|all| {
                        let differs = all[place] != now;
                        all[place] = now;
                        differs
                    });
                }
                if source.task.await.is_err() {
                    post.broke("a defect of the program");
                }
            });
        }
        receiver
    }
}

/// Starts the sources. What they take is in the ledger before `intake` announces it.
pub(crate) async fn start(
    config: &Config,
    occasion: Occasion,
    backfill_since: Option<UnixTime>,
    intake: &Intake,
    staff: &Staff,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<watch::Receiver<Vec<SourceView>>, Failure> {
    let mut sources = Sources::default();
    match occasion {
        Occasion::Demo => {
            sources.run(demo(config, intake, tasks, stop).await?);
        }
        Occasion::Stream => {
            donation_alerts(&mut sources, config, backfill_since, intake, stop).await?;
            donatepay(&mut sources, config, backfill_since, intake, stop).await?;
            twitch(&mut sources, config, intake, stop)?;
            streamelements(&mut sources, config, intake, stop)?;
            webhook(&mut sources, config, intake, stop).await?;
            if sources.running.is_empty() {
                tracing::warn!(
                    "no source of donations is on. Set DA_ACCESS_TOKEN, or look around with `drawstream run --demo`; \
                     `drawstream donate 5 \"a cat\"` sends a test donation"
                );
            }
        }
    }
    Ok(sources.watch(staff, tasks, stop))
}

async fn demo(
    config: &Config,
    intake: &Intake,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<Running, Failure> {
    let simulator = Simulator::start(SimulatorOptions::default())
        .await
        .context("start the demo's service")?;
    let mut settings = settings(config, None);
    settings.api_base = simulator.api_url();
    settings.ws_url = simulator.ws_url();
    let tokens = Tokens {
        access: Secret::new(simulator.access_token()),
        refresh: None,
    };
    settings.tokens = TokenStore::new(tokens, None);
    let source = run_donation_alerts(settings, intake, stop).await?;
    tasks.spawn(demo::donate(
        simulator,
        source.status.clone(),
        intake.clerk().clone(),
        stop.clone(),
    ));
    Ok(source)
}

async fn donation_alerts(
    sources: &mut Sources,
    config: &Config,
    backfill_since: Option<UnixTime>,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let settings = settings(config, backfill_since);
    let tokens = settings.tokens.load().ok();
    let token = tokens
        .as_ref()
        .map(|tokens| tokens.access.expose())
        .filter(|token| !token.is_empty());
    match config.donation_alerts.enabled.start(token.as_ref()) {
        Start::Now => {
            sources.run(run_donation_alerts(settings, intake, stop).await?);
            Ok(())
        }
        start => sources.off_or_lacking(
            start,
            donation_alerts::NAME,
            "no token",
            "run `drawstream login`, or set DA_ACCESS_TOKEN",
        ),
    }
}

async fn donatepay(
    sources: &mut Sources,
    config: &Config,
    backfill_since: Option<UnixTime>,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let config = &config.donatepay;
    let start = config.enabled.start(config.access_token.as_ref());
    let (Start::Now, Some(token)) = (start, &config.access_token) else {
        let mend = "set DONATEPAY_ACCESS_TOKEN to the API key of your account";
        return sources.off_or_lacking(start, donatepay::NAME, "no key", mend);
    };
    let settings = DonatePaySettings {
        access_token: token.clone(),
        api_base: config.api_base.to_string(),
        ws_url: config.ws_url.to_string(),
        backfill: Backfill {
            user_id: config.user_id,
            since: backfill_since,
        },
        pace: donatepay::pace(config.poll_interval),
        seed: u64::from(std::process::id()),
    };
    let source = donatepay::start(settings, intake, stop.clone()).await;
    sources.run(source.context("start the source donatepay")?);
    Ok(())
}

fn twitch(
    sources: &mut Sources,
    config: &Config,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let config = &config.twitch;
    let start = config.enabled.start(config.access_token.as_ref());
    let (Start::Now, Some(token)) = (start, &config.access_token) else {
        let mend = "set TWITCH_ACCESS_TOKEN to a user token of the channel";
        return sources.off_or_lacking(start, twitch::NAME, "no token", mend);
    };
    let settings = TwitchSettings {
        access_token: token.clone(),
        rewards: config.rewards.clone(),
        ws_url: config.ws_url.to_string(),
        api_base: config.api_base.to_string(),
        auth_base: config.auth_base.to_string(),
        pace: Pace::default(),
        seed: u64::from(std::process::id()),
    };
    let source = twitch::start(settings, intake.clone(), stop.clone());
    sources.run(source.context("start the source twitch")?);
    Ok(())
}

fn streamelements(
    sources: &mut Sources,
    config: &Config,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let config = &config.streamelements;
    let start = config.enabled.start(config.token.as_ref());
    let (Start::Now, Some(token)) = (start, &config.token) else {
        let mend = "set STREAMELEMENTS_TOKEN to the channel's JWT";
        return sources.off_or_lacking(start, streamelements::NAME, "no token", mend);
    };
    let settings = StreamElementsSettings {
        token: token.clone(),
        token_type: config.token_type.clone(),
        channel: config.channel.clone(),
        ws_url: config.ws_url.to_string(),
        pace: Pace::default(),
        seed: u64::from(std::process::id()),
    };
    sources.run(streamelements::start(
        settings,
        intake.clone(),
        stop.clone(),
    ));
    Ok(())
}

async fn webhook(
    sources: &mut Sources,
    config: &Config,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let config = &config.webhook;
    match config
        .enabled
        .start(webhook::is_equipped(config).then_some(config))
    {
        Start::Now => {}
        start => {
            return sources.off_or_lacking(
                start,
                webhook::NAME,
                "no key",
                "set WEBHOOK_SECRET, KOFI_VERIFICATION_TOKEN, THRONE_CREATOR_ID or KICK_BROADCASTER_ID",
            );
        }
    }
    let listener = webhook::bind(config).await.map_err(|error| {
        let place = format!("listen for webhooks on {}:{}", config.host, config.port);
        Failure::world(anyhow::Error::new(error).context(place))
            .with_hint("another program may have the port: choose another with WEBHOOK_PORT")
    })?;
    let address = listener.local_addr().context("ask for the address")?;
    tracing::info!("webhooks are taken at http://{address}");
    sources.run(webhook::start(
        listener,
        config.clone(),
        intake.clone(),
        stop.clone(),
    ));
    Ok(())
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

async fn run_donation_alerts(
    settings: DonationAlertsSettings,
    intake: &Intake,
    stop: &CancellationToken,
) -> Result<Running, Failure> {
    let started = DonationAlerts::start(
        settings,
        intake.clerk().clone(),
        intake.bell(),
        stop.clone(),
    )
    .await;
    let DonationAlerts { status, task } = started.context("start the source donation_alerts")?;
    Ok(Running { status, task })
}

/// A source's name as people know it.
fn title(name: &str) -> &str {
    match name {
        donation_alerts::NAME => "Donation Alerts",
        donatepay::NAME => "DonatePay",
        streamelements::NAME => "StreamElements",
        twitch::NAME => "Twitch",
        webhook::NAME => "Webhooks",
        name => name,
    }
}

fn view(status: &SourceStatus) -> SourceView {
    let state = match (&status.alarm, status.link) {
        (Some(alarm), _) => alarm.clone(),
        (None, LinkState::Off) => "off".to_owned(),
        (None, LinkState::Live) => "live".to_owned(),
        (None, LinkState::Connecting) => "connecting".to_owned(),
        (None, LinkState::Down) => status.last_error.as_ref().map_or_else(
            || "not connected".to_owned(),
            |error| format!("not connected: {error}"),
        ),
    };
    let moment = |at: Option<SystemTime>| {
        at.and_then(|at| {
            OffsetDateTime::from(at)
                .replace_nanosecond(0)
                .ok()?
                .format(&Rfc3339)
                .ok()
        })
    };
    SourceView {
        name: title(status.name).to_owned(),
        key: status.name.to_owned(),
        up: status.link == LinkState::Live,
        link: match status.link {
            LinkState::Off => Link::Off,
            LinkState::Down => Link::Down,
            LinkState::Connecting => Link::Connecting,
            LinkState::Live => Link::Live,
        },
        state,
        last_event: moment(status.last_event),
        last_poll: moment(status.last_poll),
        token_expires: moment(status.token_expires),
        last_error: status.last_error.clone(),
        taken: status.taken,
        unreadable: status.unreadable,
    }
}
