//! A language model's server: Ollama's own API and OpenAI's on one port, as Ollama has them.
//!
//! Shapes as documented by Ollama (`/api/chat`, `/api/generate`, `/api/tags`, `/api/show`, `/api/ps`) and OpenAI
//! (`/v1/chat/completions`, `/v1/models`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{Log, Mishap, Served};

/// What the model says to the n-th request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speech {
    pub(crate) content: String,
    pub(crate) thinking: Option<String>,
    pub(crate) is_cut: bool,
    pub(crate) mishap: Option<Mishap>,
    /// An error instead, with this text.
    pub(crate) error: Option<(u16, &'static str)>,
}

impl From<&str> for Speech {
    fn from(content: &str) -> Self {
        Self {
            content: content.to_owned(),
            ..Self::default()
        }
    }
}

impl From<Mishap> for Speech {
    fn from(mishap: Mishap) -> Self {
        Self {
            content: GOOD.to_owned(),
            mishap: Some(mishap),
            ..Self::default()
        }
    }
}

/// A decision as it is asked for.
pub(crate) const GOOD: &str = r##"{"decision":"draw","reason":"harmless","reply":"On it!","prompt":"a red fox in the snow",
"negative_prompt":"text","style_notes":"calm","palette":["#112233","#445566","#778899","#AABBCC"],"seed":5,
"setting":"forest, night, snow","subjects":[{"name":"fox","emoji":"🦊","count":1,"color":"","place":"ground","of":""}]}"##;

type Model = dyn Fn(usize, &Value) -> Speech + Send + Sync;

#[derive(Clone)]
struct Server {
    log: Log,
    model: Arc<Model>,
    asked: Arc<AtomicUsize>,
    /// How often `/api/ps` still lists a model that is unloading.
    lingers: Arc<AtomicUsize>,
}

/// The name of the one model that the server has.
pub(crate) const MODEL: &str = "tiny:1b";

/// Starts a server with this model behind it.
pub(crate) async fn start(
    model: impl Fn(usize, &Value) -> Speech + Send + Sync + 'static,
) -> Served {
    start_with(Log::default(), model).await
}

/// The same, noting into a log that other servers may share.
pub(crate) async fn start_with(
    log: Log,
    model: impl Fn(usize, &Value) -> Speech + Send + Sync + 'static,
) -> Served {
    let server = Server {
        log: log.clone(),
        model: Arc::new(model),
        asked: Arc::default(),
        lingers: Arc::new(AtomicUsize::new(usize::MAX)),
    };
    let router = Router::new()
        .route("/api/chat", post(chat))
        .route("/v1/chat/completions", post(completions))
        .route("/api/generate", post(generate))
        .route("/api/tags", get(tags))
        .route("/api/show", post(show))
        .route("/api/ps", get(ps))
        .route("/v1/models", get(models))
        .with_state(server);
    Served::start(router, log).await
}

async fn chat(State(server): State<Server>, Json(body): Json<Value>) -> Response {
    let speech = server.speech("/api/chat", &body);
    if body["model"] != MODEL {
        let error = json!({ "error": format!("model '{}' not found", body["model"]) });
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    }
    let mut message = json!({ "role": "assistant", "content": speech.content });
    if let Some(thinking) = &speech.thinking {
        message["thinking"] = json!(thinking);
    }
    let answer = json!({
        "model": MODEL, "created_at": "2026-01-01T00:00:00Z", "message": message, "done": true,
        "done_reason": if speech.is_cut { "length" } else { "stop" },
        "total_duration": 1, "load_duration": 1, "prompt_eval_count": 1, "eval_count": 1, "eval_duration": 1,
    });
    speech.answer(answer).await
}

async fn completions(State(server): State<Server>, Json(body): Json<Value>) -> Response {
    let speech = server.speech("/v1/chat/completions", &body);
    let answer = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL,
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant", "content": speech.content, "reasoning_content": speech.thinking,
            },
            "finish_reason": if speech.is_cut { "length" } else { "stop" },
        }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
    });
    speech.answer(answer).await
}

impl Server {
    fn speech(&self, path: &str, body: &Value) -> Speech {
        self.log.note(path, body.clone());
        (self.model)(self.asked.fetch_add(1, Ordering::SeqCst), body)
    }
}

impl Speech {
    async fn answer(self, answer: Value) -> Response {
        if let Some((status, text)) = self.error {
            let error = json!({ "error": { "message": text, "type": "invalid_request_error" } });
            return (StatusCode::from_u16(status).unwrap(), Json(error)).into_response();
        }
        Mishap::befall(self.mishap, answer).await
    }
}

async fn generate(State(server): State<Server>, Json(body): Json<Value>) -> Json<Value> {
    if body["keep_alive"] == 0 {
        server.lingers.store(2, Ordering::SeqCst);
    }
    server.log.note("/api/generate", body);
    Json(json!({ "model": MODEL, "response": "", "done": true, "done_reason": "unload" }))
}

async fn ps(State(server): State<Server>) -> Json<Value> {
    server.log.note("/api/ps", Value::Null);
    let left = server.lingers.load(Ordering::SeqCst);
    server
        .lingers
        .store(left.saturating_sub(1), Ordering::SeqCst);
    let loaded =
        json!({ "name": MODEL, "model": MODEL, "size": 1, "size_vram": 1, "expires_at": "x" });
    Json(json!({ "models": if left > 0 { vec![loaded] } else { Vec::new() } }))
}

async fn tags() -> Json<Value> {
    Json(
        json!({ "models": [{ "name": MODEL, "model": MODEL, "size": 1, "digest": "x",
        "details": { "format": "gguf", "parameter_size": "1B", "quantization_level": "Q4_K_M" } }] }),
    )
}

async fn show() -> Json<Value> {
    Json(
        json!({ "details": { "parameter_size": "1B", "quantization_level": "Q4_K_M" },
        "model_info": { "general.architecture": "llama", "llama.context_length": 8192 },
        "capabilities": ["completion"] }),
    )
}

async fn models() -> Json<Value> {
    Json(
        json!({ "object": "list", "data": [{ "id": MODEL, "object": "model", "owned_by": "library" }] }),
    )
}
