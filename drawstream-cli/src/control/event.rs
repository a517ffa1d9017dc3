//! The event stream: everything as it is now, then what of it changes, over a WebSocket or as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{SinkExt as _, Stream, StreamExt as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::donation::DonationView;
use super::herald::Bulletin;
use super::{
    Active, CurtainView, Desk, OutputView, Phase, Problem, QueueView, Role, SettingsView,
    SourceView, Upcoming, WorkerView,
};
use crate::meters::Watching;
use crate::pool::PoolView;

/// A listener hears of changes at most so often.
const PACE: Duration = Duration::from_millis(100);
/// Who does not take a message for so long is let go; it comes back by itself.
const PATIENCE: Duration = Duration::from_secs(10);
/// A sign of life where nothing happens, so that a page knows that it is still connected.
const BEAT: Duration = Duration::from_secs(10);
/// Listeners at once.
const MOST: i64 = 256;

/// What is on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShowView {
    /// What kind of thing is on.
    pub phase: Phase,
    /// Whether time runs.
    pub curtain: CurtainView,
    /// Whether requests are closed: what is given now is thanked for, and not painted.
    pub closed: bool,
    /// The donation that is on.
    pub active: Option<Active>,
    /// The donation that is being made into a painting.
    pub preparing: Option<Active>,
    /// How far its painter is, 0 to 1, where it says so.
    pub preparing_progress: Option<f64>,
    /// What the card says that is on.
    pub reply: Option<String>,
    /// Seconds that the drawing had gone on when this was told; it goes on while the curtain is up.
    pub elapsed_sec: Option<f64>,
    /// Seconds that the drawing takes, or that the finished painting stays in all.
    pub duration_sec: Option<f64>,
    /// Seconds that it still stayed when this was told.
    pub hold_remaining_sec: Option<f64>,
}

impl From<QueueView> for ShowView {
    fn from(view: QueueView) -> Self {
        Self {
            phase: view.phase,
            curtain: view.curtain,
            closed: view.closed,
            active: view.active,
            preparing: view.preparing_request,
            preparing_progress: view.preparing_progress,
            reply: view.reply,
            elapsed_sec: view.elapsed_sec,
            duration_sec: view.duration_sec,
            hold_remaining_sec: view.hold_remaining_sec,
        }
    }
}

impl ShowView {
    /// Whether it is what somebody expects who was told `before` so many seconds ago, within `drift` seconds.
    pub(crate) fn follows(&self, before: &Self, seconds: f64, drift: f64) -> bool {
        let run = if before.curtain == CurtainView::Up {
            seconds
        } else {
            0.0
        };
        let near = |now: Option<f64>, then: Option<f64>, run: f64| match (now, then) {
            (Some(now), Some(then)) => ((then + run).max(0.0) - now).abs() <= drift,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let timeless = |view: &Self| Self {
            elapsed_sec: None,
            hold_remaining_sec: None,
            ..view.clone()
        };
        near(self.elapsed_sec, before.elapsed_sec, run)
            && near(self.hold_remaining_sec, before.hold_remaining_sec, -run)
            && timeless(self) == timeless(before)
    }
}

/// What comes next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueTopic {
    /// How many wait, without the one that is on.
    pub size: u64,
    /// The next five.
    pub next: Vec<Upcoming>,
}

/// How the stage looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LookView {
    /// Its colours, by name; the colours themselves are at `/theme.css`.
    pub theme: String,
    /// The line under the picture.
    pub caption: String,
    /// Its language.
    pub locale: String,
}

/// How the program is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PulseView {
    /// Frames a second that the stage draws.
    pub fps: f64,
    /// Frames since the start that took over 33 ms.
    pub late_frames: u64,
    /// Browsers that watch the canvas.
    pub watching: u64,
}

/// How many donations stand in a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CountView {
    /// The state.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// Everything there is to know; in a delta only what has changed. What a role may not know is never there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Topics {
    /// What is on.
    pub show: Option<ShowView>,
    /// What comes next.
    pub queue: Option<QueueTopic>,
    /// What waits, with what is on, in the order of their turns.
    pub waiting: Option<Vec<DonationView>>,
    /// What a person has to approve.
    pub held: Option<Vec<DonationView>>,
    /// How many donations stand in each state.
    pub counts: Option<Vec<CountView>>,
    /// Where donations come from.
    pub sources: Option<Vec<SourceView>>,
    /// Planners and painters.
    pub workers: Option<Vec<WorkerView>>,
    /// Painters on other machines, where the show has a pool of them.
    pub pool: Option<PoolView>,
    /// Videos and streams.
    pub outputs: Option<Vec<OutputView>>,
    /// What can be changed while the show goes on.
    pub settings: Option<SettingsView>,
    /// How the stage looks.
    pub look: Option<LookView>,
    /// How the program is.
    pub pulse: Option<PulseView>,
}

/// A message of the stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum EventView {
    /// Everything as it is; the first message.
    Snapshot(Box<Topics>),
    /// What has changed since the message before.
    Delta(Box<Topics>),
    /// Nothing has happened; the connection stands.
    Beat,
}

/// What a listener has heard so far.
struct Ear {
    bulletins: watch::Receiver<Arc<Bulletin>>,
    view: watch::Receiver<QueueView>,
    role: Role,
    heard: Option<u64>,
}

impl Ear {
    /// What is new to it: an event's name and its data; `None` where nothing is.
    fn next(&mut self) -> Option<(&'static str, String)> {
        let bulletin = Arc::clone(&self.bulletins.borrow_and_update());
        let name = match self.heard {
            None => "snapshot",
            Some(_) => "delta",
        };
        let mut data = String::from("{");
        let unheard = |changed: u64| self.heard.is_none_or(|heard| changed > heard);
        for topic in bulletin.topics.iter().filter(|t| unheard(t.changed)) {
            // Whoever comes in the middle of a drawing needs the time of now, not of when it was told last.
            let fresh = match (self.heard, topic.name) {
                (None, "show") => self.fresh_show(),
                (None | Some(_), _) => None,
            };
            if let Some(json) = fresh.as_deref().or(topic.json(self.role)) {
                if data.len() > 1 {
                    data.push(',');
                }
                data.push('"');
                data.push_str(topic.name);
                data.push_str("\":");
                data.push_str(json);
            }
        }
        let is_first = self.heard.replace(bulletin.number).is_none();
        data.push('}');
        (is_first || data.len() > 2).then_some((name, data))
    }

    fn fresh_show(&self) -> Option<String> {
        let view = self.view.borrow().clone();
        let view = match self.role {
            Role::Owner | Role::Viewer => view,
            Role::Moderator => view.without_amounts(),
        };
        serde_json::to_string(&ShowView::from(view)).ok()
    }

    /// Waits for something new; `None` says that nothing came for a while.
    async fn listen(&mut self) -> Result<Option<(&'static str, String)>, watch::error::RecvError> {
        if self.heard.is_none() {
            // Only at the very start there is nothing to know yet.
            self.bulletins
                .wait_for(|bulletin| bulletin.number > 0)
                .await?;
            return Ok(self.next());
        }
        let beat = tokio::time::Instant::now() + BEAT;
        loop {
            // This may be dropped at any wait and called again, so that what was heard is asked first.
            if Some(self.bulletins.borrow().number) > self.heard {
                // What happens within this time comes in one message.
                tokio::time::sleep(PACE).await;
                if let Some(news) = self.next() {
                    return Ok(Some(news));
                }
            }
            match tokio::time::timeout_at(beat, self.bulletins.changed()).await {
                Err(_) => return Ok(None),
                Ok(changed) => changed?,
            }
        }
    }
}

fn ear(desk: &Desk, role: Role) -> Result<Ear, Problem> {
    if desk.meters.watched(Watching::Events) >= MOST {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many are listening; close a page",
        ));
    }
    Ok(Ear {
        bulletins: desk.bulletins.clone(),
        view: desk.queue.clone(),
        role,
        heard: None,
    })
}

/// `GET /events/ws`.
pub(crate) async fn over_socket(
    State(desk): State<Desk>,
    role: Role,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let mut ear = ear(&desk, role)?;
    let watcher = desk.meters.watching(Watching::Events);
    let stop = desk.stop.clone();
    Ok(upgrade
        .max_message_size(1_024)
        .on_upgrade(move |mut socket| async move {
            let _watcher = watcher;
            loop {
                tokio::select! {
                    news = ear.listen() => {
                        let Ok(news) = news else { break };
                        let text = news.map_or_else(
                            || r#"{"event":"beat"}"#.to_owned(),
                            |(event, data)| format!(r#"{{"event":"{event}","data":{data}}}"#),
                        );
                        if !send(&mut socket, Message::Text(text.into())).await {
                            break;
                        }
                    }
                    // Nothing is asked here; reading answers pings and notices the end.
                    heard = socket.next() => match heard {
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                        Some(Ok(_)) => {}
                    },
                    () = stop.cancelled() => break,
                }
            }
            // It may be gone already.
            let _ = tokio::time::timeout(Duration::from_secs(1), socket.close()).await;
        }))
}

/// Sends a message; whoever does not take it in time is let go.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(
        tokio::time::timeout(PATIENCE, socket.send(message)).await,
        Ok(Ok(()))
    )
}

/// `GET /events`.
pub(crate) async fn over_sse(State(desk): State<Desk>, role: Role) -> Result<Response, Problem> {
    let ear = ear(&desk, role)?;
    let watcher = desk.meters.watching(Watching::Events);
    let stream = futures_util::stream::unfold((ear, watcher), |(mut ear, watcher)| async move {
        let event = match ear.listen().await.ok()? {
            Some((name, data)) => SseEvent::default().event(name).data(data),
            None => SseEvent::default().event("beat").data("{}"),
        };
        Some((Ok::<_, Infallible>(event), (ear, watcher)))
    });
    let stop = desk.stop.clone();
    let stream: std::pin::Pin<Box<dyn Stream<Item = _> + Send>> =
        Box::pin(stream.take_until(stop.cancelled_owned()));
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::default())
        .into_response())
}

/// `GET /canvas/ws`: the canvas, as `canvas.rs` says.
pub(crate) async fn canvas(
    State(desk): State<Desk>,
    _role: Role,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    if desk.meters.watched(Watching::Canvas) >= MOST {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many are watching; close a page",
        ));
    }
    let watcher = desk.meters.watching(Watching::Canvas);
    Ok(upgrade
        .max_message_size(1_024)
        .on_upgrade(move |mut socket| async move {
            let _watcher = watcher;
            watch_canvas(&desk, &mut socket).await;
            let _ = tokio::time::timeout(Duration::from_secs(1), socket.close()).await;
        }))
}

async fn watch_canvas(desk: &Desk, socket: &mut WebSocket) {
    use tokio::sync::broadcast::error::RecvError;
    while let Some((whole, mut changes)) = desk.canvas.sit().await {
        if !send(socket, Message::Binary(whole)).await {
            return;
        }
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(message) => if !send(socket, Message::Binary(message)).await { return },
                    // It was too slow for all the changes: it gets the whole canvas.
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep(BEAT) => if !send(socket, Message::Binary(axum::body::Bytes::new())).await { return },
                heard = socket.next() => match heard {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                () = desk.stop.cancelled() => return,
            }
        }
    }
}
