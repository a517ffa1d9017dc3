//! Commands that speak to a running program: `donate`, `da`, `queue`, `skip`, `clear`, `pause`, `resume`, `stop`.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Args;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::settings::Settings;
use crate::config::ApiConfig;
use crate::control::{
    Accepted, Active, Cleared, DonateBody, Health, Link, Phase, Problem, QueueView,
};
use crate::failure::Failure;

/// Send a test donation to the running program
#[derive(Debug, Args)]
pub struct DonateArgs {
    /// How much, as in 7.50
    amount: String,
    /// What shall be painted
    message: String,
    /// Who gives [default: anonymous]
    #[arg(long)]
    donor: Option<String>,
    /// Currency code [default: DISPLAY_CURRENCY]
    #[arg(long)]
    currency: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

impl DonateArgs {
    /// Runs it.
    ///
    /// # Errors
    /// What the program says against it, or that none answers.
    pub fn run(self) -> Result<(), Failure> {
        let body = DonateBody {
            amount: self.amount,
            currency: self.currency,
            message: self.message,
            donor: self.donor,
        };
        let accepted: Accepted = call(
            &self.settings,
            Method::POST,
            "/commands/donate",
            Some(&body),
        )?;
        writeln!(
            std::io::stdout(),
            "taken as donation #{}",
            accepted.id.unwrap_or_default()
        )?;
        Ok(())
    }
}

/// Show what is on and what waits
#[derive(Debug, Args)]
pub struct QueueArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

impl QueueArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where no program answers.
    pub fn run(self) -> Result<(), Failure> {
        let view: QueueView = call(&self.settings, Method::GET, "/queue", NOTHING)?;
        let health: Health = call(&self.settings, Method::GET, "/health", NOTHING)?;
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(
                out,
                "{}",
                serde_json::to_string_pretty(&view).context("write the queue")?
            )?;
        } else {
            write!(out, "{}", describe(&view))?;
            for problem in health.problems {
                writeln!(out, "! {problem}")?;
            }
        }
        Ok(())
    }
}

/// No body.
pub(super) const NOTHING: Option<&()> = None;

/// A command that needs nothing but a running program.
#[derive(Debug, Args)]
pub struct SteerArgs {
    #[command(flatten)]
    settings: Settings,
}

impl SteerArgs {
    /// Ends what is on.
    ///
    /// # Errors
    /// Where nothing is on, or no program answers.
    pub fn skip(self) -> Result<(), Failure> {
        let accepted: Accepted = call(&self.settings, Method::POST, "/queue/skip", NOTHING)?;
        writeln!(
            std::io::stdout(),
            "skipped donation #{}",
            accepted.id.unwrap_or_default()
        )?;
        Ok(())
    }

    /// Empties the queue.
    ///
    /// # Errors
    /// Where no program answers.
    pub fn clear(self) -> Result<(), Failure> {
        let cleared: Cleared = call(&self.settings, Method::POST, "/queue/clear", NOTHING)?;
        writeln!(
            std::io::stdout(),
            "cleared {} from the queue",
            cleared.cleared
        )?;
        Ok(())
    }

    /// Gives a command that is answered with nothing.
    ///
    /// # Errors
    /// Where no program answers.
    pub fn tell(self, path: &str, done: &str) -> Result<(), Failure> {
        let _: Accepted = call(&self.settings, Method::POST, path, NOTHING)?;
        writeln!(std::io::stdout(), "{done}")?;
        Ok(())
    }
}

/// Asks the running program.
///
/// # Errors
/// What it says against it, or that none answers.
pub(super) fn call<T: DeserializeOwned>(
    settings: &Settings,
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<T, Failure> {
    let config = settings.load()?;
    let address = reachable(&config.api);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start")?;
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()
            .context("start")?;
        let mut request = client.request(method, format!("http://{address}{path}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(token) = &config.api.token {
            request = request.bearer_auth(token.expose());
        }
        let answer = request.send().await.map_err(|error| {
            Failure::world(
                anyhow!(error.without_url()).context(format!("no drawstream answers at {address}")),
            )
            .with_hint(
                "start one with `drawstream run`, or name its address with API_HOST and API_PORT",
            )
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json().await.context("read the answer")?);
        }
        let problem: Option<Problem> = answer.json().await.ok();
        let detail = problem.map_or_else(|| status.to_string(), |problem| problem.detail);
        let usage = matches!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST
        );
        Err(if usage {
            Failure::input(anyhow!(detail))
        } else {
            Failure::world(anyhow!(detail))
        })
    })
}

/// Where a program with these settings is reached from this machine.
pub(super) fn reachable(api: &ApiConfig) -> SocketAddr {
    let host = match api.host {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(host, api.port)
}

pub(crate) fn describe(view: &QueueView) -> String {
    let phase = match view.phase {
        Phase::Idle => "idle",
        Phase::Closed => "requests are closed",
        Phase::Preparing => "preparing",
        Phase::Drawing => "drawing",
        Phase::Holding => "holding",
        Phase::RefusedCard => "refused card",
        Phase::FailedCard => "failed card",
        Phase::ThanksCard => "thanks card",
    };
    let mut text = format!("{phase}{}\n", if view.paused { " (paused)" } else { "" });
    if view.closed && view.phase != Phase::Closed {
        text += "  requests are closed\n";
    }
    if let Some(Active {
        id,
        donor,
        amount,
        message,
        test,
    }) = &view.active
    {
        let donor = donor.as_deref().unwrap_or("anonymous");
        let amount = amount.as_deref().unwrap_or("…");
        let amount = format!("{amount}{}", if *test { " (test)" } else { "" });
        text += &format!(
            "  #{id} {donor}, {amount}: {}\n",
            message.as_deref().unwrap_or("…")
        );
    }
    if let Some(progress) = view.progress {
        text += &format!("  {:.0} % drawn\n", progress * 100.0);
    }
    if let Some(hold) = view.hold_remaining_sec {
        text += &format!("  stays {hold:.0} s more\n");
    }
    text += &format!("{} waiting\n", view.size);
    for (place, next) in view.next.iter().enumerate() {
        let donor = next.donor.as_deref().unwrap_or("anonymous");
        let wait = next
            .wait_sec
            .map_or_else(|| "being made".to_owned(), |wait| format!("in {wait:.0} s"));
        text += &format!(
            "  {}. #{} {donor}, {}, {wait}\n",
            place + 1,
            next.id,
            format_args!(
                "{}{}",
                next.amount.as_deref().unwrap_or("…"),
                if next.test { " (test)" } else { "" }
            )
        );
    }
    let is_any_on = view.sources.iter().any(|s| s.link != Link::Off);
    for source in view
        .sources
        .iter()
        .filter(|s| !is_any_on || s.link != Link::Off)
    {
        text += &format!("source {}: {}\n", source.name, source.state);
    }
    text
}
