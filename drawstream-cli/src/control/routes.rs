//! The routes: what can be asked of the show.

use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router, middleware};
use drawstream_core::house::Door;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::problem::{Answer, Problem};
use super::snapshot::{Link, OutputView, QueueView, SourceView};
use super::{
    Desk, Role, SettingsPatch, SettingsView, border, donation, event, history, idempotency,
    metrics, openapi, page, rate, role,
};
use crate::intake::{IntakeError, Trial};
use crate::picture::write_png;
use crate::pool::PoolView;
use crate::staff::TaskView;
use crate::stagehand::{Order, Steer};

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `ok`, or `degraded` where a source is down or the stage stands still.
    pub status: String,
    /// The program's version.
    pub version: String,
    /// What is not as it should be, a line each.
    pub problems: Vec<String>,
    /// Its tasks, what happens when one dies, and how each is.
    #[serde(default)]
    pub tasks: Vec<TaskView>,
    /// Videos and streams of the stage, and how each is.
    #[serde(default)]
    pub outputs: Vec<OutputView>,
    /// Its process, as the system counts.
    #[serde(default)]
    pub pid: u32,
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

/// All addresses. Before each stands the border, then the limits, then what its role may do.
pub(crate) fn router(desk: Desk) -> Router {
    let viewer = Router::new()
        .route("/health", get(health))
        .route("/queue", get(queue))
        .route("/sources", get(sources))
        .route("/events", get(event::over_sse))
        .route("/events/ws", get(event::over_socket))
        .route("/canvas/ws", get(event::canvas))
        .route("/canvas.png", get(canvas_png))
        .route("/session", get(page::session))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(async || Json(openapi::document())))
        .route_layer(middleware::from_fn_with_state(Role::Viewer, role::at_least));
    let pages = Router::new()
        .route("/", get(page::dashboard))
        .route("/stage", get(page::stage))
        .route("/theme.css", get(page::theme))
        .route("/assets/{name}", get(page::asset))
        .route("/session", post(page::open_session));
    Router::new()
        .merge(viewer)
        .merge(moderator())
        .merge(owner())
        .merge(pages)
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
            desk.answers.clone(),
            idempotency::once,
        ))
        .layer(middleware::from_fn_with_state(
            desk.rate.clone(),
            rate::limit,
        ))
        .layer(middleware::from_fn_with_state(
            desk.border.clone(),
            border::guard,
        ))
        .with_state(desk)
}

fn moderator() -> Router<Desk> {
    Router::new()
        .route("/queue/skip", post(skip))
        .route("/queue/pause", post(pause))
        .route("/queue/resume", post(resume))
        .route("/queue/close", post(close))
        .route("/queue/open", post(open))
        .route("/queue/replay", post(replay))
        .route("/queue/hold-longer", post(hold_longer))
        .route("/panic/on", post(panic_on))
        .route("/panic/off", post(panic_off))
        .route("/commands/donate", post(donate))
        .route("/pool", get(pool))
        .route("/donations", get(donation::list))
        .route("/donations/{id}", get(donation::one))
        .route("/donations/{id}/approve", post(donation::approve))
        .route("/donations/{id}/refuse", post(donation::refuse))
        .route("/donations/{id}/retry", post(donation::retry))
        .route("/donations/{id}/undo", post(donation::undo))
        .route("/donations/{id}/move", post(donation::shift))
        .route("/donations/{id}/edit", post(donation::edit))
        .route("/donations/{id}/picture.png", get(donation::picture))
        .route("/donations/{id}/plan.json", get(donation::plan))
        .route("/donations/{id}/timelapse.gif", get(donation::timelapse))
        .route("/settings", get(settings))
        .route_layer(middleware::from_fn_with_state(
            Role::Moderator,
            role::at_least,
        ))
}

fn owner() -> Router<Desk> {
    Router::new()
        .route("/queue/clear", post(clear))
        .route("/history/forget", post(history::forget))
        .route("/settings", patch(change_settings))
        .route("/control/shutdown", post(shutdown))
        .route_layer(middleware::from_fn_with_state(Role::Owner, role::at_least))
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
    problems.extend(desk.intake.clerk().trouble());
    let tasks = desk.tasks.borrow().clone();
    problems.extend(tasks.iter().filter_map(TaskView::problem));
    let outputs = desk.outputs.borrow().clone();
    problems.extend(outputs.iter().filter_map(OutputView::problem));
    let status = if problems.is_empty() {
        "ok"
    } else {
        "degraded"
    };
    Json(Health {
        status: status.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        problems,
        tasks,
        outputs,
        pid: std::process::id(),
    })
}

async fn queue(State(desk): State<Desk>, role: Role) -> Json<QueueView> {
    let view = desk.queue.borrow().clone();
    Json(match role {
        Role::Owner | Role::Viewer => view,
        Role::Moderator => view.without_amounts(),
    })
}

async fn sources(State(desk): State<Desk>) -> Json<Vec<SourceView>> {
    Json(desk.queue.borrow().sources.clone())
}

async fn pool(State(desk): State<Desk>) -> Answer<PoolView> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "this show has no painting pool");
    let view = desk.meters.pool().ok_or_else(none)?;
    Ok((StatusCode::OK, Json(view)))
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
        Some(id) => {
            desk.undos.skipped(id);
            Ok((StatusCode::ACCEPTED, Json(Accepted { id: Some(id.0) })))
        }
        None => Err(Problem::new(
            StatusCode::CONFLICT,
            "nothing is on that could be skipped",
        )),
    }
}

async fn steer(desk: &Desk, what: Steer) -> Result<Option<u64>, Problem> {
    let on = order(desk, |answer| Order::Steer(what, answer)).await?;
    Ok(on.map(|id| id.0))
}

/// For what needs something to be on.
async fn steer_what_is_on(desk: &Desk, what: Steer) -> Answer<Accepted> {
    match steer(desk, what).await? {
        Some(id) => Ok((StatusCode::ACCEPTED, Json(Accepted { id: Some(id) }))),
        None => Err(Problem::new(StatusCode::CONFLICT, "nothing is on")),
    }
}

async fn replay(State(desk): State<Desk>) -> Answer<Accepted> {
    steer_what_is_on(&desk, Steer::Replay).await
}

async fn hold_longer(State(desk): State<Desk>) -> Answer<Accepted> {
    steer_what_is_on(&desk, Steer::HoldLonger).await
}

async fn panic_on(State(desk): State<Desk>) -> Answer<Accepted> {
    let id = steer(&desk, Steer::Cover).await?;
    tracing::warn!("the stage was covered over the control API; the queue stays");
    Ok((StatusCode::ACCEPTED, Json(Accepted { id })))
}

async fn panic_off(State(desk): State<Desk>) -> Answer<Accepted> {
    let id = steer(&desk, Steer::Uncover).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { id })))
}

async fn settings(State(desk): State<Desk>) -> Json<SettingsView> {
    Json(desk.settings.borrow().view())
}

async fn change_settings(
    State(desk): State<Desk>,
    body: Result<Json<SettingsPatch>, JsonRejection>,
) -> Result<Json<SettingsView>, Problem> {
    let Json(patch) =
        body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let mut outcome = Ok(());
    desk.settings
        .send_if_modified(|settings| match settings.patched(patch) {
            Ok(changed) => {
                let differs = changed != *settings;
                *settings = changed;
                differs
            }
            Err(problem) => {
                outcome = Err(problem);
                false
            }
        });
    outcome?;
    Ok(Json(desk.settings.borrow().view()))
}

/// The canvas as it is now, a pixel for a pixel.
async fn canvas_png(State(desk): State<Desk>) -> Result<Response, Problem> {
    let frame = desk
        .canvas
        .now()
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no canvas is shown"))?;
    let mut png = Vec::new();
    write_png(&frame, 1, &[], &mut png)
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
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
