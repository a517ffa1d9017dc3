//! The routes: what can be asked of the show.

use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use drawstream_core::house::Door;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::problem::Problem;
use super::snapshot::{Link, QueueView, SourceView};
use super::{Desk, border, openapi};
use crate::intake::{IntakeError, Trial};
use crate::stagehand::Order;

/// Longest wait for the stage to take an order; it looks at them with every frame.
const ORDER_TIMEOUT: Duration = Duration::from_secs(2);

/// A command was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// The donation that it is about, where it is about one.
    pub id: Option<u64>,
}

/// The queue was cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cleared {
    /// How many donations left it.
    pub cleared: u64,
}

/// How the program is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `ok`, or `degraded` where a source is down or the stage stands still.
    pub status: String,
    /// The program's version.
    pub version: String,
    /// What is not as it should be, a line each.
    pub problems: Vec<String>,
}

/// A test donation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DonateBody {
    /// An amount such as `7.50`.
    pub amount: String,
    /// Its currency; the configured one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What is asked for, at most 2,000 characters.
    pub message: String,
    /// Who gives; anonymous where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donor: Option<String>,
}

type Answer<T> = Result<(StatusCode, Json<T>), Problem>;

pub(crate) fn router(desk: Desk) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/queue", get(queue))
        .route("/sources", get(sources))
        .route("/queue/skip", post(skip))
        .route("/queue/clear", post(clear))
        .route("/queue/pause", post(pause))
        .route("/queue/resume", post(resume))
        .route("/queue/close", post(close))
        .route("/queue/open", post(open))
        .route("/commands/donate", post(donate))
        .route("/control/shutdown", post(shutdown))
        .route("/openapi.json", get(async || Json(openapi::document())))
        .fallback(async || {
            Problem::new(StatusCode::NOT_FOUND, "no such address; see /openapi.json")
        })
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this address takes another method; see /openapi.json",
            )
        })
        .layer(DefaultBodyLimit::max(64 * 1024))
        .layer(middleware::from_fn_with_state(
            desk.border.clone(),
            border::guard,
        ))
        .with_state(desk)
}

async fn health(State(desk): State<Desk>) -> Json<Health> {
    let view = desk.queue.borrow().clone();
    let mut problems: Vec<String> = view
        .sources
        .iter()
        .filter(|s| s.is_in_trouble())
        .map(|s| format!("{}: {}", s.name, s.state))
        .collect();
    if !view.sources.is_empty() && view.sources.iter().all(|s| s.link == Link::Off) {
        problems.push("no source of donations is on".to_owned());
    }
    if desk.orders.is_closed() {
        problems.push("the stage has ended".to_owned());
    }
    if !desk.intake.is_open() {
        problems.push("the ledger does not answer".to_owned());
    }
    let status = if problems.is_empty() {
        "ok"
    } else {
        "degraded"
    };
    Json(Health {
        status: status.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        problems,
    })
}

async fn queue(State(desk): State<Desk>) -> Json<QueueView> {
    Json(desk.queue.borrow().clone())
}

async fn sources(State(desk): State<Desk>) -> Json<Vec<SourceView>> {
    Json(desk.queue.borrow().sources.clone())
}

/// Gives the stage an order and waits until it was taken, so that the next `GET /queue` already tells of it.
async fn order<T>(
    desk: &Desk,
    make: impl FnOnce(oneshot::Sender<T>) -> Order,
) -> Result<T, Problem> {
    let gone = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the stage does not answer");
    let (done, taken) = oneshot::channel();
    desk.orders.send(make(done)).await.map_err(|_| gone())?;
    tokio::time::timeout(ORDER_TIMEOUT, taken)
        .await
        .map_err(|_| gone())?
        .map_err(|_| gone())
}

async fn skip(State(desk): State<Desk>) -> Answer<Accepted> {
    match order(&desk, Order::Skip).await? {
        Some(id) => Ok((StatusCode::ACCEPTED, Json(Accepted { id: Some(id.0) }))),
        None => Err(Problem::new(
            StatusCode::CONFLICT,
            "nothing is on that could be skipped",
        )),
    }
}

async fn clear(State(desk): State<Desk>) -> Answer<Cleared> {
    let cleared = order(&desk, Order::Clear).await?;
    Ok((StatusCode::ACCEPTED, Json(Cleared { cleared })))
}

async fn pause(State(desk): State<Desk>) -> Answer<Accepted> {
    order(&desk, Order::Pause).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { id: None })))
}

async fn resume(State(desk): State<Desk>) -> Answer<Accepted> {
    order(&desk, Order::Resume).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { id: None })))
}

async fn close(State(desk): State<Desk>) -> Answer<Accepted> {
    set_door(&desk, Door::Closed).await
}

async fn open(State(desk): State<Desk>) -> Answer<Accepted> {
    set_door(&desk, Door::Open).await
}

/// The ledger first: it decides about what comes in, and remembers it over a restart.
async fn set_door(desk: &Desk, door: Door) -> Answer<Accepted> {
    if let Err(error) = desk.intake.set_door(door).await {
        tracing::error!(%error, "the ledger does not take whether requests are open");
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the ledger does not take it; the log says why",
        ));
    }
    order(desk, |answer| Order::Door(door, answer)).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { id: None })))
}

async fn donate(
    State(desk): State<Desk>,
    body: Result<Json<DonateBody>, JsonRejection>,
) -> Answer<Accepted> {
    let Json(body) =
        body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let trial = Trial {
        amount: body.amount,
        currency: body.currency,
        message: body.message,
        donor: body.donor,
    };
    match desk.intake.take_trial("api", trial).await {
        Ok(id) => Ok((StatusCode::ACCEPTED, Json(Accepted { id: Some(id.0) }))),
        Err(error @ IntakeError::TooMany { .. }) => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            error.to_string(),
        )),
        Err(error @ IntakeError::Ledger(_)) => {
            tracing::error!(%error, "a test donation could not be written down");
            Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the ledger does not take it; the log says why",
            ))
        }
        Err(error) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            error.to_string(),
        )),
    }
}

async fn shutdown(State(desk): State<Desk>) -> (StatusCode, Json<Accepted>) {
    tracing::info!("the control API was asked to end the program");
    desk.stop.cancel();
    (StatusCode::ACCEPTED, Json(Accepted { id: None }))
}
