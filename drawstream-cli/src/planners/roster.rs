//! The roster: which planners there are, in which order, as the settings say.

use std::fs::File;
use std::io::Read as _;

use anyhow::{Context as _, anyhow};
use url::Url;

use super::llm::briefing::{LONGEST_POLICY, POLICY};
use super::llm::{Chat, Dialect, Manner};
use super::{Builtin, Llm, Planner};
use crate::config::{Config, PlannerBackend, Unsure};
use crate::failure::Failure;
use crate::peer::{Credentials, Peer};

/// The planners in order of preference.
///
/// The built-in one is the last, unless a person is to decide where a language model gives no verdict.
///
/// # Errors
/// Where the settings name something that a planner cannot use, such as a policy that cannot be read.
pub fn roster(config: &Config) -> Result<Vec<Box<dyn Planner>>, Failure> {
    let mut planners: Vec<Box<dyn Planner>> = Vec::new();
    let llm = language_model(config)?;
    let has_judge = llm.is_some();
    planners.extend(llm.map(|llm| Box::new(llm) as Box<dyn Planner>));
    if !has_judge || config.planner.unsure == Unsure::BuiltIn {
        planners.push(Box::new(Builtin));
    }
    Ok(planners)
}

/// The language model, where one is set up.
///
/// # Errors
/// As [`roster`].
pub(crate) fn language_model(config: &Config) -> Result<Option<Llm>, Failure> {
    let planner = &config.planner;
    if planner.backend == PlannerBackend::Builtin {
        return Ok(None);
    }
    let (dialect, path) = match planner.backend {
        PlannerBackend::Ollama => (Dialect::Ollama, "api/chat"),
        PlannerBackend::LlamaCpp
        | PlannerBackend::Vllm
        | PlannerBackend::Tgi
        | PlannerBackend::OpenAi
        | PlannerBackend::Builtin => (Dialect::OpenAi, "chat/completions"),
    };
    let credentials = planner
        .api_key
        .clone()
        .map_or(Credentials::None, Credentials::Bearer);
    let peer = Peer::new(
        &base(&planner.endpoint, dialect),
        credentials,
        planner.timeout,
    )
    .context("make ready for the language model")?;
    let manner = Manner {
        model: planner.model.clone(),
        temperature: planner.temperature,
        max_tokens: planner.max_tokens,
        context: planner.context,
        keep_alive: planner.keep_alive.clone(),
    };
    let chat = Chat::new(peer, dialect, path, manner);
    let policy = policy(config)?;
    Ok(Some(Llm::new(
        planner.backend,
        chat,
        &policy,
        planner.retry_attempts,
    )))
}

fn policy(config: &Config) -> Result<String, Failure> {
    let Some(path) = &config.planner.policy_file else {
        return Ok(POLICY.to_owned());
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| {
            file.take(LONGEST_POLICY as u64 + 1)
                .read_to_string(&mut text)
        })
        .with_context(|| format!("read the policy in {}", path.display()))
        .map_err(Failure::input)?;
    if text.len() > LONGEST_POLICY {
        return Err(Failure::input(anyhow!(
            "the policy in {} is longer than {LONGEST_POLICY} bytes",
            path.display()
        ))
        .with_hint("a page of text is the most that a model reads beside a request"));
    }
    if text.trim().is_empty() {
        return Err(
            Failure::input(anyhow!("the policy in {} is empty", path.display()))
                .with_hint("leave LLM_POLICY_FILE out for the built-in one"),
        );
    }
    Ok(text)
}

/// People paste the address of the server, of its API or of the very endpoint: all of them mean the same server.
fn base(endpoint: &Url, dialect: Dialect) -> Url {
    let mut path = endpoint.path().trim_end_matches('/');
    for end in [
        "/chat/completions",
        "/completions",
        "/models",
        "/api/chat",
        "/api/generate",
        "/api",
    ] {
        path = path.strip_suffix(end).unwrap_or(path);
    }
    let root = path.strip_suffix("/v1").unwrap_or(path);
    let path = match dialect {
        Dialect::Ollama => root.to_owned(),
        Dialect::OpenAi if path.is_empty() => "/v1".to_owned(),
        Dialect::OpenAi => path.to_owned(),
    };
    let mut base = endpoint.clone();
    base.set_path(&path);
    base.set_query(None);
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_people_paste_leads_to_the_same_server() {
        let base = |text: &str, dialect| base(&Url::parse(text).unwrap(), dialect).to_string();
        for text in [
            "http://h:1",
            "http://h:1/",
            "http://h:1/v1",
            "http://h:1/v1/",
            "http://h:1/v1/chat/completions",
            "http://h:1/api/chat",
            "http://h:1/api",
        ] {
            assert_eq!(base(text, Dialect::Ollama), "http://h:1/", "{text}");
        }
        for text in [
            "http://h:1",
            "http://h:1/v1",
            "http://h:1/v1/chat/completions",
        ] {
            assert_eq!(base(text, Dialect::OpenAi), "http://h:1/v1", "{text}");
        }
        let routed = "https://openrouter.ai/api/v1/chat/completions";
        assert_eq!(
            base(routed, Dialect::OpenAi),
            "https://openrouter.ai/api/v1"
        );
    }
}
