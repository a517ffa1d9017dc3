//! The server behind a language model: whether it is there, has the model, and gives its memory back.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::chat::{Chat, Dialect};
use crate::config::PlannerBackend;
use crate::health::Health;
use crate::peer::{Peer, PeerError};

/// How long a server may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lists of models and descriptions of one: templates and licences make them long.
const MOST: usize = 8 << 20;
/// How often Ollama is asked whether a model has left, and for how long.
const LOOK: Duration = Duration::from_millis(250);
const LEAVING: Duration = Duration::from_secs(15);

/// Whether the server answers and has the model.
pub(super) async fn check(chat: &Chat, backend: PlannerBackend) -> Health {
    let peer = chat.peer().within(PATIENCE);
    let checked = match chat.dialect() {
        Dialect::Ollama => ollama(&peer, chat).await,
        Dialect::OpenAi => openai(&peer, chat, backend).await,
    };
    checked.unwrap_or_else(|error| unreachable(&error, &peer, backend))
}

fn unreachable(error: &PeerError, peer: &Peer, backend: PlannerBackend) -> Health {
    let address = peer.address();
    if matches!(
        error.status(),
        Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    ) {
        return Health::bad(
            format!("{address} refuses the key"),
            "set LLM_API_KEY to a key that this server knows",
        );
    }
    let mend = match backend {
        PlannerBackend::Ollama => {
            "start it: ollama serve (under WSL see docs/DOCTOR.md), or set LLM_ENDPOINT"
        }
        PlannerBackend::LlamaCpp => {
            "start it: llama-server -m MODEL.gguf --port 8080, or set LLM_ENDPOINT"
        }
        PlannerBackend::Vllm => "start it: vllm serve MODEL, or set LLM_ENDPOINT",
        PlannerBackend::Tgi | PlannerBackend::OpenAi | PlannerBackend::Builtin => {
            "start the server, or set LLM_ENDPOINT to where it answers"
        }
    };
    Health::bad(error.at(&address), mend)
}

async fn ollama(peer: &Peer, chat: &Chat) -> Result<Health, PeerError> {
    let manner = chat.manner();
    let tags = peer.get("api/tags", MOST).await?;
    let models = tags["models"].as_array().ok_or(PeerError::NotUnderstood)?;
    let names: Vec<&str> = models
        .iter()
        .filter_map(|model| model["name"].as_str())
        .collect();
    let is_there =
        |name: &&str| **name == manner.model || **name == format!("{}:latest", manner.model);
    if !names.iter().any(is_there) {
        let there = match names.as_slice() {
            [] => "it has no model at all".to_owned(),
            names => format!("it has {}", names[..names.len().min(6)].join(", ")),
        };
        return Ok(Health::bad(
            format!("Ollama does not have the model {}; {there}", manner.model),
            format!("ollama pull {}", manner.model),
        ));
    }
    let about = peer
        .post("api/show", &json!({ "model": manner.model }), MOST)
        .await?;
    let size = about["details"]["parameter_size"].as_str().unwrap_or("?");
    let quantization = about["details"]["quantization_level"]
        .as_str()
        .unwrap_or("?");
    let trained = context_length(&about);
    let context = manner.context;
    let line = format!(
        "Ollama has {} ({size}, {quantization}), context {context} of {}",
        manner.model,
        trained.map_or("?".to_owned(), |n| n.to_string()),
    );
    Ok(match trained {
        Some(trained) if u64::from(context) > trained => Health::fair(
            line,
            format!("the model reads {trained} tokens at most: LLM_NUM_CTX={trained}"),
        ),
        Some(_) | None => Health::good(line),
    })
}

/// `llama.context_length`, `qwen2.context_length`, …
fn context_length(about: &Value) -> Option<u64> {
    let model = about["model_info"].as_object()?;
    let length = model
        .iter()
        .find(|(name, _)| name.ends_with(".context_length"))?;
    length.1.as_u64()
}

async fn openai(peer: &Peer, chat: &Chat, backend: PlannerBackend) -> Result<Health, PeerError> {
    let model = &chat.manner().model;
    let list = match peer.get("models", MOST).await {
        Ok(list) => list,
        // Not every server lists its models; that it answers at all is what counts then.
        Err(error) if error.status() == Some(StatusCode::NOT_FOUND) => {
            return Ok(Health::good(format!("{} answers", peer.address())));
        }
        Err(error) => return Err(error),
    };
    let ids: Vec<&str> = list["data"]
        .as_array()
        .ok_or(PeerError::NotUnderstood)?
        .iter()
        .filter_map(|model| model["id"].as_str())
        .collect();
    if ids.contains(&model.as_str()) {
        return Ok(Health::good(format!("{} has {model}", peer.address())));
    }
    let first = ids.first().copied().unwrap_or("no model");
    Ok(match backend {
        // These have one model and answer with it whatever they are asked for.
        PlannerBackend::LlamaCpp | PlannerBackend::Tgi => {
            Health::good(format!("{} has {first}", peer.address()))
        }
        PlannerBackend::Ollama
        | PlannerBackend::Vllm
        | PlannerBackend::OpenAi
        | PlannerBackend::Builtin => Health::bad(
            format!(
                "{} does not list the model {model}; it has {first}",
                peer.address()
            ),
            format!("LLM_MODEL_ID={first}"),
        ),
    })
}

/// Has Ollama unload the model, and waits until it is gone. Others keep their one model for as long as they run.
pub(super) async fn release(chat: &Chat) {
    if chat.dialect() != Dialect::Ollama {
        return;
    }
    let (peer, model) = (chat.peer().within(PATIENCE), &chat.manner().model);
    let begun = Instant::now();
    let order = json!({ "model": model, "keep_alive": 0 });
    if let Err(error) = peer.post("api/generate", &order, MOST).await {
        tracing::warn!("the language model does not leave the card: {error}");
        return;
    }
    // It says that it unloads before it has.
    while begun.elapsed() < LEAVING {
        match peer.get("api/ps", MOST).await {
            Ok(loaded) if !is_loaded(&loaded, model) => {
                tracing::info!(
                    planner.unload_ms = begun.elapsed().as_millis() as u64,
                    "the language model left the card"
                );
                return;
            }
            Ok(_) => sleep(LOOK).await,
            Err(error) => {
                tracing::warn!("nobody knows whether the language model left the card: {error}");
                return;
            }
        }
    }
    tracing::warn!(
        "the language model is still on the card after {} s",
        LEAVING.as_secs()
    );
}

fn is_loaded(loaded: &Value, model: &str) -> bool {
    let latest = format!("{model}:latest");
    let models = loaded["models"].as_array().map_or(&[][..], Vec::as_slice);
    models.iter().any(|loaded| {
        let name = loaded["name"].as_str().or_else(|| loaded["model"].as_str());
        name.is_some_and(|name| name == model || name == latest)
    })
}
