//! Settings of the planner.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::error::ConfigError;
use super::http_url;
use super::value::Reader;
use crate::secret::Secret;

/// Where Ollama listens unless it is told otherwise.
const OLLAMA_PORT: u16 = 11_434;

/// Which kind of LLM server plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannerBackend {
    /// Ollama.
    Ollama,
    /// llama.cpp's server.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// Text Generation Inference.
    Tgi,
    /// Any other OpenAI-compatible server.
    OpenAi,
    /// None: the built-in planner.
    Builtin,
}

impl PlannerBackend {
    /// As it is written in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ollama => "ollama",
            Self::LlamaCpp => "llamacpp",
            Self::Vllm => "vllm",
            Self::Tgi => "tgi",
            Self::OpenAi => "openai",
            Self::Builtin => "builtin",
        }
    }
}

/// Who decides about a request where the language model gives no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsure {
    /// The built-in planner.
    BuiltIn,
    /// The operator: the donation is held, nothing is drawn of it, and it goes on where a person approves.
    Person,
}

/// The planner.
#[derive(Clone, Debug)]
pub struct PlannerConfig {
    /// Kind of server.
    pub backend: PlannerBackend,
    /// Where it answers.
    pub endpoint: Url,
    /// Model asked for.
    pub model: String,
    /// Bearer token.
    pub api_key: Option<Secret>,
    /// `0.0..=2.0`.
    pub temperature: f32,
    /// Longest answer in tokens.
    pub max_tokens: u32,
    /// Longest wait for one answer.
    pub timeout: Duration,
    /// How often a server that fails is asked again.
    pub retry_attempts: u32,
    /// Tokens of question and answer together.
    pub context: u32,
    /// How long Ollama keeps the model loaded, in its own words.
    pub keep_alive: String,
    /// The streamer's policy, instead of the built-in one.
    pub policy_file: Option<PathBuf>,
    /// Who decides where the model gives no verdict.
    pub unsure: Unsure,
}

pub(super) fn read(read: &Reader<'_>) -> Result<PlannerConfig, ConfigError> {
    let backends = [
        ("auto", None),
        ("ollama", Some(PlannerBackend::Ollama)),
        ("llamacpp", Some(PlannerBackend::LlamaCpp)),
        ("vllm", Some(PlannerBackend::Vllm)),
        ("tgi", Some(PlannerBackend::Tgi)),
        ("openai", Some(PlannerBackend::OpenAi)),
        ("builtin", Some(PlannerBackend::Builtin)),
    ];
    let endpoint: Url = read.parsed(
        "planner.endpoint",
        "an http:// or https:// address",
        http_url,
    )?;
    let is_named = read.is_said("planner.endpoint") || read.is_said("planner.model");
    let guessed = match (is_named, endpoint.port()) {
        (false, _) => PlannerBackend::Builtin,
        (true, Some(OLLAMA_PORT)) => PlannerBackend::Ollama,
        (true, _) => PlannerBackend::OpenAi,
    };
    Ok(PlannerConfig {
        backend: read
            .one_of("planner.backend", &backends)?
            .unwrap_or(guessed),
        endpoint,
        model: read.text("planner.model"),
        api_key: read.optional("planner.api_key").map(Secret::new),
        temperature: read.number("planner.temperature", 0.0..=2.0)?,
        max_tokens: read.number("planner.max_tokens", 16..=131_072)?,
        timeout: read.seconds("planner.timeout_sec", 0.1..=3_600.0)?,
        retry_attempts: read.number("planner.retry_attempts", 0..=20)?,
        context: read.number("planner.num_ctx", 512..=1_048_576)?,
        keep_alive: read.text("planner.keep_alive"),
        policy_file: read.optional("planner.policy_file").map(PathBuf::from),
        unsure: read.one_of(
            "planner.unsure",
            &[("builtin", Unsure::BuiltIn), ("person", Unsure::Person)],
        )?,
    })
}
