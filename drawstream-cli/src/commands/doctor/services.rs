//! Those whom the show talks to: Donation Alerts, the port, the planner, the painters.

use std::time::{Duration, Instant, SystemTime};

use drawstream_core::gate::{ApprovedRequest, Gate, Judgement};
use drawstream_core::scene::Seed;
use drawstream_core::sketch;
use reqwest::StatusCode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::timeout;

use super::{Finding, PATIENCE};
use crate::config::{Config, GateConfig, PlannerBackend};
use crate::control;
use crate::failure::Failure;
use crate::health::{Grade, Health};
use crate::painters::{self, Painter, Sitting};
use crate::planners::{self, Planner, Rung};
use crate::pool::link::Link;
use crate::sources::donation_alerts::{SCOPES, TOKEN_FILE, TokenStore, Tokens};

use super::super::plan_scene::donation;

/// A clock that is further off than this makes donations look older or newer than they are.
const MOST_OFF: Duration = Duration::from_secs(60);
/// How often a planner is asked for a test decision.
const CANARIES: usize = 3;

/// How closely models are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Whether they are there.
    Quick,
    /// Whether they do their work.
    Whole,
}

/// This machine's clock against that of Donation Alerts.
pub(super) async fn clock(config: &Config) -> Vec<Finding> {
    let health = match asked(config, "").await {
        Ok(response) => {
            let date = response.headers().get(reqwest::header::DATE);
            let date =
                date.and_then(|date| OffsetDateTime::parse(date.to_str().ok()?, &Rfc2822).ok());
            match date {
                Some(date) => {
                    let theirs = SystemTime::from(date);
                    let now = SystemTime::now();
                    let off = now
                        .duration_since(theirs)
                        .unwrap_or_else(|error| error.duration());
                    if off > MOST_OFF {
                        Health::bad(
                            format!("it is {} s off", off.as_secs()),
                            "sudo timedatectl set-ntp true (Windows: w32tm /resync)",
                        )
                    } else {
                        Health::good("it is right")
                    }
                }
                None => Health::good("nobody told the time to compare it with"),
            }
        }
        Err(_) => Health::good("nobody told the time to compare it with"),
    };
    vec![Finding::new("clock", health)]
}

async fn asked(config: &Config, path: &str) -> Result<reqwest::Response, reqwest::Error> {
    let base = config
        .donation_alerts
        .api_base
        .as_str()
        .trim_end_matches('/');
    let mut request = reqwest::Client::new()
        .get(format!("{base}{path}"))
        .timeout(PATIENCE / 2);
    if let Some(token) = token(config).filter(|token| !token.access.expose().is_empty()) {
        request = request.bearer_auth(token.access.expose());
    }
    request.send().await
}

fn token(config: &Config) -> Option<Tokens> {
    let given = Tokens {
        access: config
            .donation_alerts
            .access_token
            .clone()
            .unwrap_or_default(),
        refresh: None,
    };
    TokenStore::new(given, Some(config.data_dir.join(TOKEN_FILE)))
        .load()
        .ok()
}

/// The token, what it allows, and whether the service takes it.
pub(super) async fn donation_alerts(config: &Config) -> Vec<Finding> {
    let login = "run `drawstream login`, or set DA_ACCESS_TOKEN";
    let finding = |health| vec![Finding::new("donation alerts", health)];
    let file = config.data_dir.join(TOKEN_FILE);
    let Some(token) = token(config) else {
        return finding(Health::bad(
            format!("the tokens in {} cannot be read", file.display()),
            format!("remove {} and run `drawstream login`", file.display()),
        ));
    };
    if token.access.expose().is_empty() {
        return finding(Health::fair(
            "nobody is logged in: no donations come from there",
            login,
        ));
    }
    if let Some(claims) = token.claims() {
        let lacks: Vec<&str> = SCOPES
            .split(' ')
            .filter(|scope| !claims.scopes.iter().any(|has| has == scope))
            .collect();
        if !lacks.is_empty() {
            return finding(Health::bad(
                format!("the token lacks {}", lacks.join(" ")),
                "run `drawstream login` once more and agree to everything",
            ));
        }
        if claims.expires.is_some_and(|end| end < SystemTime::now()) && token.refresh.is_none() {
            return finding(Health::bad("the token has expired", login));
        }
    }
    finding(match asked(config, "/user/oauth").await {
        Ok(response) => match response.status() {
            status if status.is_success() => Health::good("logged in"),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Health::bad("the service refuses the token", login)
            }
            status => Health::fair(
                format!("the service answered {status}"),
                "try again in some minutes; donations are fetched later, none is lost",
            ),
        },
        Err(_) => Health::bad(
            "the service cannot be reached",
            "check the network: curl -I https://www.donationalerts.com",
        ),
    })
}

/// Whether the control API can listen; a show that runs already is no mistake.
pub(super) async fn port(config: &Config) -> Vec<Finding> {
    let (host, port) = (config.api.host, config.api.port);
    let health = match control::bind(&config.api).await {
        Ok(_) => Health::good(format!("{host}:{port} is free")),
        Err(error) => {
            if is_ours(&format!("http://{host}:{port}/health")).await {
                Health::good(format!("a show is running at {host}:{port}"))
            } else {
                Health::bad(
                    error.to_string(),
                    format!(
                        "{}; `ss -ltnp 'sport = :{port}'` says who has it",
                        error.hint()
                    ),
                )
            }
        }
    };
    vec![Finding::new("port", health)]
}

/// Whether a show of this program answers there.
pub(super) async fn is_ours(address: &str) -> bool {
    let asked = reqwest::Client::new()
        .get(address)
        .timeout(Duration::from_secs(2))
        .send()
        .await;
    match asked {
        Ok(answer) => answer.json::<control::Health>().await.is_ok(),
        Err(_) => false,
    }
}

/// The server of the painting pool, where one is named; the painter `remote` tells of its workers.
pub(super) async fn pool(config: &Config) -> Vec<Finding> {
    if config.pool.servers.is_none() {
        return Vec::new();
    }
    let look = async {
        match Link::connect(&config.pool, "drawstream doctor").await {
            Ok(link) => link.health().await,
            Err(error) => error.health(),
        }
    };
    vec![Finding::new("painting pool", patient(look).await)]
}

/// The planners, and whether the first one's decisions can be read.
pub(super) async fn planner(config: &Config, depth: Depth) -> Vec<Finding> {
    let planners = match planners::roster(config) {
        Ok(planners) => planners,
        Err(failure) => return vec![Finding::new("planner", of(&failure))],
    };
    let mut findings = Vec::new();
    for planner in &planners {
        let health = patient(planner.check()).await;
        let is_good = health.grade != Grade::Bad;
        findings.push(Finding::new(format!("planner {}", planner.name()), health));
        if is_good
            && depth == Depth::Whole
            && config.planner.backend != PlannerBackend::Builtin
            && planner.name() != "builtin"
        {
            findings.push(Finding::new(
                "its decisions",
                canaries(&**planner, &config.gate).await,
            ));
        }
    }
    findings
}

async fn canaries(planner: &dyn Planner, gate: &GateConfig) -> Health {
    let (_, request) = match test_request(gate) {
        Ok(tested) => tested,
        Err(health) => return health,
    };
    let (mut read, mut strict, mut again) = (0, 0, 0);
    let begun = Instant::now();
    for seed in 0..CANARIES {
        if let Ok(planned) = planner.plan(&request, Seed(seed as u64)).await {
            read += 1;
            strict += usize::from(planned.rung == Rung::Strict);
            again += usize::from(planned.answers > 1);
        }
    }
    let seconds = begun.elapsed().as_secs_f64() / CANARIES as f64;
    let line = format!(
        "{read} of {CANARIES} can be read, {strict} as they stand, {again} after a second answer; {seconds:.1} s each"
    );
    if read == CANARIES {
        Health::good(line)
    } else if read > 0 {
        Health::fair(
            line,
            "a larger model answers in the right form: LLM_MODEL_ID",
        )
    } else {
        Health::bad(
            line,
            "try a larger model, or raise LLM_TIMEOUT_SEC and LLM_MAX_TOKENS",
        )
    }
}

/// The painters in their order, and a picture of each that has its own machine to paint it with.
pub(super) async fn painters(config: &Config, depth: Depth) -> Vec<Finding> {
    let painters = match painters::roster(config) {
        Ok(painters) => painters,
        Err(failure) => return vec![Finding::new("painters", of(&failure))],
    };
    let mut findings = Vec::new();
    for painter in &painters {
        let health = patient(painter.check()).await;
        let is_good = health.grade != Grade::Bad;
        findings.push(Finding::new(format!("painter {}", painter.name()), health));
        // A picture of a rented server costs money.
        if is_good && depth == Depth::Whole && painter.name() != "openai-images" {
            findings.push(Finding::new(
                "its test picture",
                test_picture(&**painter, &config.gate).await,
            ));
        }
    }
    findings
}

async fn test_picture(painter: &dyn Painter, gate: &GateConfig) -> Health {
    let (gate, request) = match test_request(gate) {
        Ok(tested) => tested,
        Err(health) => return health,
    };
    let Ok(scene) = gate.judge_scene(&request, sketch::plan(request.text(), Seed(1))) else {
        return Health::bad("the gate stops the test scene", "report it");
    };
    let begun = Instant::now();
    match painter.paint(&scene, &Sitting::default()).await {
        Ok(_) => Health::good(format!("{:.1} s", begun.elapsed().as_secs_f64())),
        Err(error) => Health::bad(
            error.to_string(),
            "until it paints, the next painter in PAINTERS takes its place",
        ),
    }
}

/// The streamer's gate, and an innocent request that passed it.
fn test_request(gate: &GateConfig) -> Result<(Gate, ApprovedRequest), Health> {
    let gate = gate.open().map_err(|failure| of(&failure))?;
    match gate.judge(donation(0, "a red fox in a snowy forest")) {
        Judgement::Approved(request) => Ok((gate, *request)),
        Judgement::Refused(refusal) => Err(Health::bad(
            format!("the gate stops an innocent test request: {}", refusal.rule),
            "look at the rules in GATE_WORDS",
        )),
    }
}

pub(super) async fn patient(check: impl Future<Output = Health>) -> Health {
    timeout(PATIENCE, check).await.unwrap_or_else(|_| {
        Health::bad(
            format!("no answer within {} s", PATIENCE.as_secs()),
            "it hangs: start it again",
        )
    })
}

pub(super) fn of(failure: &Failure) -> Health {
    Health::bad(
        failure.in_one_line(),
        failure
            .hint()
            .unwrap_or("`drawstream config` lists every setting"),
    )
}
