//! Servers that people run, as far as this program speaks to them, with everything that goes wrong with them.

pub(crate) mod atelier;
pub(crate) mod images;
pub(crate) mod language;
pub(crate) mod nats;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::Value;
use tokio::task::JoinHandle;

/// What goes wrong with an answer, whatever it would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It comes late.
    Slow,
    /// It never comes.
    Hang,
    /// The server has a defect.
    Error500,
    /// A proxy answers in its place: 200 and a page.
    Html,
    /// Half of the JSON, and a proper end.
    TruncatedJson,
    /// 200 MB of it.
    Huge,
    /// The connection breaks in the middle.
    Cut,
}

impl Mishap {
    pub(crate) const ALL: [Self; 7] = [
        Self::Slow,
        Self::Hang,
        Self::Error500,
        Self::Html,
        Self::TruncatedJson,
        Self::Huge,
        Self::Cut,
    ];

    /// The answer with what goes wrong with it.
    pub(crate) async fn befall(mishap: Option<Self>, answer: Value) -> Response {
        let text = answer.to_string();
        match mishap {
            None => axum::Json(answer).into_response(),
            Some(Self::Slow) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                axum::Json(answer).into_response()
            }
            Some(Self::Hang) => std::future::pending().await,
            Some(Self::Error500) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "{\"error\":\"defect\"}").into_response()
            }
            Some(Self::Html) => "<html><body>502 Bad Gateway</body></html>".into_response(),
            Some(Self::TruncatedJson) => {
                let half = (0..=text.len() / 2)
                    .rev()
                    .find(|&n| text.is_char_boundary(n));
                text[..half.unwrap_or(0)].to_owned().into_response()
            }
            Some(Self::Huge) => {
                let chunk = Bytes::from(vec![b' '; 1 << 20]);
                let chunks =
                    stream::iter((0..200).map(move |_| Ok::<_, Infallible>(chunk.clone())));
                Body::from_stream(chunks).into_response()
            }
            Some(Self::Cut) => {
                let first = Bytes::from(text.into_bytes()).slice(..8);
                let parts = [Ok(first), Err(std::io::Error::other("cut"))];
                Body::from_stream(stream::iter(parts)).into_response()
            }
        }
    }
}

/// What a server was asked, path and body, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(String, Value)>>>);

impl Log {
    pub(crate) fn note(&self, path: &str, body: Value) {
        self.0.lock().unwrap().push((path.to_owned(), body));
    }

    /// The bodies sent to a path.
    pub(crate) fn of(&self, path: &str) -> Vec<Value> {
        let log = self.0.lock().unwrap();
        let these = log.iter().filter(|(asked, _)| asked == path);
        these.map(|(_, body)| body.clone()).collect()
    }

    /// The paths in the order in which they were asked for.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Waits until a path was asked for.
    pub(crate) async fn until(&self, path: &str) {
        while self.of(path).is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

/// A server on this machine; it ends with the value.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) log: Log,
    task: JoinHandle<()>,
}

impl Served {
    pub(crate) async fn start(router: Router, log: Log) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { url, log, task }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}
