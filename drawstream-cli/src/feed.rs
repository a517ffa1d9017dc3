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

use crate::config::{Config, Start, Use};
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
use crate::sources::streamelements;
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
    let mut opening = Opening {
        sources: Sources::default(),
        config,
        backfill_since,
        intake,
        stop,
    };
    match occasion {
        Occasion::Demo => opening
            .sources
            .run(demo(config, intake, tasks, stop).await?),
        Occasion::Stream => {
            opening.donation_alerts().await?;
            opening.donatepay().await?;
            opening.twitch()?;
            opening.streamelements()?;
            opening.webhook().await?;
            if opening.sources.running.is_empty() {
                tracing::warn!(
                    "no source of donations is on. Set DA_ACCESS_TOKEN, or look around with `drawstream run --demo`; \
                     `drawstream donate 5 \"a cat\"` sends a test donation"
                );
            }
        }
    }
    Ok(opening.sources.watch(staff, tasks, stop))
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

/// The sources being started, and what they start with.
struct Opening<'a> {
    sources: Sources,
    config: &'a Config,
    backfill_since: Option<UnixTime>,
    intake: &'a Intake,
    stop: &'a CancellationToken,
}

impl Opening<'_> {
    /// The key of a source that is to start; where it is not, that is noted, and where it should, that is an error.
    fn key<'k, K>(
        &mut self,
        name: &str,
        (enabled, key): (Use, Option<&'k K>),
        lacks: &str,
        mend: &str,
    ) -> Result<Option<&'k K>, Failure> {
        match enabled.start(key) {
            Start::Now => Ok(key),
            start => self
                .sources
                .off_or_lacking(start, name, lacks, mend)
                .map(|()| None),
        }
    }

    async fn donation_alerts(&mut self) -> Result<(), Failure> {
        let settings = settings(self.config, self.backfill_since);
        let tokens = settings.tokens.load().ok();
        let token = tokens
            .as_ref()
            .map(|tokens| &tokens.access)
            .filter(|token| !token.expose().is_empty());
        let enabled = self.config.donation_alerts.enabled;
        let mend = "run `drawstream login`, or set DA_ACCESS_TOKEN";
        let key = self.key(donation_alerts::NAME, (enabled, token), "no token", mend)?;
        if key.is_some() {
            let source = run_donation_alerts(settings, self.intake, self.stop).await?;
            self.sources.run(source);
        }
        Ok(())
    }

    async fn donatepay(&mut self) -> Result<(), Failure> {
        let config = &self.config.donatepay;
        let key = (config.enabled, config.access_token.as_ref());
        let mend = "set DONATEPAY_ACCESS_TOKEN to the API key of your account";
        let Some(token) = self.key(donatepay::NAME, key, "no key", mend)? else {
            return Ok(());
        };
        let settings = DonatePaySettings {
            access_token: token.clone(),
            api_base: config.api_base.to_string(),
            ws_url: config.ws_url.to_string(),
            backfill: Backfill {
                user_id: config.user_id,
                since: self.backfill_since,
            },
            pace: donatepay::pace(config.poll_interval),
            seed: seed(),
        };
        let source = donatepay::start(settings, self.intake, self.stop.clone()).await;
        self.sources
            .run(source.context("start the source donatepay")?);
        Ok(())
    }

    fn twitch(&mut self) -> Result<(), Failure> {
        let config = &self.config.twitch;
        let key = (config.enabled, config.access_token.as_ref());
        let mend = "set TWITCH_ACCESS_TOKEN to a user token of the channel";
        let Some(token) = self.key(twitch::NAME, key, "no token", mend)? else {
            return Ok(());
        };
        let settings = TwitchSettings {
            access_token: token.clone(),
            rewards: config.rewards.clone(),
            ws_url: config.ws_url.to_string(),
            api_base: config.api_base.to_string(),
            auth_base: config.auth_base.to_string(),
            pace: Pace::default(),
            seed: seed(),
        };
        let source = twitch::start(settings, self.intake.clone(), self.stop.clone());
        self.sources.run(source.context("start the source twitch")?);
        Ok(())
    }

    fn streamelements(&mut self) -> Result<(), Failure> {
        let config = &self.config.streamelements;
        let key = (config.enabled, config.token.as_ref());
        let mend = "set STREAMELEMENTS_TOKEN to the channel's JWT";
        let is_on = self
            .key(streamelements::NAME, key, "no token", mend)?
            .is_some();
        let Some(settings) = streamelements::settings(config).filter(|_| is_on) else {
            return Ok(());
        };
        let source = streamelements::start(settings, self.intake.clone(), self.stop.clone());
        self.sources.run(source);
        Ok(())
    }

    async fn webhook(&mut self) -> Result<(), Failure> {
        let config = &self.config.webhook;
        let key = webhook::is_equipped(config).then_some(config);
        let mend =
            "set WEBHOOK_SECRET, KOFI_VERIFICATION_TOKEN, THRONE_CREATOR_ID or KICK_BROADCASTER_ID";
        if self
            .key(webhook::NAME, (config.enabled, key), "no key", mend)?
            .is_none()
        {
            return Ok(());
        }
        let listener = webhook::bind(config).await.map_err(|error| {
            let place = format!("listen for webhooks on {}:{}", config.host, config.port);
            Failure::world(anyhow::Error::new(error).context(place))
                .with_hint("another program may have the port: choose another with WEBHOOK_PORT")
        })?;
        let address = listener.local_addr().context("ask for the address")?;
        tracing::info!("webhooks are taken at http://{address}");
        let (config, intake, stop) = (config.clone(), self.intake.clone(), self.stop.clone());
        self.sources
            .run(webhook::start(listener, config, intake, stop));
        Ok(())
    }
}

/// Waits between connections differ from program to program, so that not all come back at once.
fn seed() -> u64 {
    u64::from(std::process::id())
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
        seed: seed(),
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
