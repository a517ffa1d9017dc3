//! [`Answers`]: a command that is sent twice with one `Idempotency-Key` is done once and answered twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::Problem;

/// Answers that are remembered: far more than anybody gives within the time in which a command is repeated.
const REMEMBERED: usize = 512;
/// Longest key.
const LONGEST_KEY: usize = 128;
/// Longest body of a command or an answer, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// The answers to recent commands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(Arc<Mutex<VecDeque<Remembered>>>);

#[derive(Clone, Debug)]
struct Remembered {
    key: String,
    /// Who asked for what: the same key with another request is a mistake.
    request: [u8; 32],
    answer: Arc<OnceCell<(StatusCode, HeaderValue, Bytes)>>,
}

impl Answers {
    fn place(&self, key: &str, request: [u8; 32]) -> Remembered {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.iter().find(|known| known.key == key) {
            return known.clone();
        }
        if all.len() >= REMEMBERED {
            all.pop_front();
        }
        let fresh = Remembered {
            key: key.to_owned(),
            request,
            answer: Arc::default(),
        };
        all.push_back(fresh.clone());
        fresh
    }
}

/// The layer before the routes that change something.
pub(crate) async fn once(State(answers): State<Answers>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get("idempotency-key") else {
        return next.run(request).await;
    };
    let key = key.to_str().unwrap_or_default().to_owned();
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            format!("Idempotency-Key: write 1 to {LONGEST_KEY} letters or digits"),
        )
        .into_response();
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_BODY).await else {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long").into_response();
    };
    let mut hash = Sha256::new();
    for part in [parts.method.as_str(), &parts.uri.to_string()] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(format!("{:?}", parts.extensions.get::<super::Role>()));
    hash.update(&body);
    let fingerprint: [u8; 32] = hash.finalize().into();
    let place = answers.place(&key, fingerprint);
    if place.request != fingerprint {
        return Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Idempotency-Key: it was used for another command already",
        )
        .into_response();
    }
    // Whoever comes second while the first is under way waits for the same answer.
    let (status, kind, bytes) = place
        .answer
        .get_or_init(|| async move {
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            let (parts, body) = response.into_parts();
            let kind = parts.headers.get(header::CONTENT_TYPE).cloned();
            let kind = kind.unwrap_or(HeaderValue::from_static("application/json"));
            let bytes = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
            (parts.status, kind, bytes)
        })
        .await
        .clone();
    (status, [(header::CONTENT_TYPE, kind)], bytes).into_response()
}
