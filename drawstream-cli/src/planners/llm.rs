//! [`Llm`]: a language model plans. It is asked well, read patiently, and never believed.
//!
//! An answer climbs down a ladder: as it stands; without thinking, fences and prose; with its JSON mended; once more
//! from the model, which is shown what was wrong. What is no decision after that is none: the next planner is asked,
//! or a person, and no painter ever hears of it.

mod answer;
pub(crate) mod briefing;
mod chat;
mod ladder;
mod server;
#[cfg(test)]
pub(crate) mod test;

use std::fmt;
use std::time::Duration;

use drawstream_core::gate::ApprovedRequest;
use drawstream_core::scene::Seed;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::sleep;

use self::answer::AnswerError;
use self::briefing::{Briefing, Message};
pub(crate) use self::chat::{Chat, Dialect, Manner, Thinking};
use self::chat::{Kind, Said};
pub(crate) use self::ladder::{first_object, without_thinking};
use super::{Planned, Planner, PlannerError};
use crate::config::PlannerBackend;
use crate::health::Health;
use crate::peer::PeerError;

/// The pause before a server that failed is asked again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A language model as a planner.
pub(crate) struct Llm {
    backend: PlannerBackend,
    chat: Chat,
    briefing: Briefing,
    /// How often a server that fails is asked again.
    retries: u32,
}

impl fmt::Debug for Llm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Llm")
            .field("backend", &self.backend)
            .field("model", &self.chat.manner().model)
            .finish_non_exhaustive()
    }
}

impl Llm {
    pub(crate) fn new(backend: PlannerBackend, chat: Chat, policy: &str, retries: u32) -> Self {
        Self {
            backend,
            chat,
            briefing: Briefing::new(policy),
            retries,
        }
    }

    /// The model behind it, for who else may ask it something.
    pub(crate) fn chat(&self) -> &Chat {
        &self.chat
    }

    /// Asks for a decision, and once more where the answer is none.
    async fn decide(&self, request: &ApprovedRequest, seed: Seed) -> Result<Planned, PlannerError> {
        let mut messages = self.briefing.about(request);
        let mut wrong = None;
        let mut thinking = Thinking::Usual;
        for answers in 1..=2 {
            let said = self.insist(&messages, thinking).await?;
            match ladder::climb(&said.text, seed, request.text()) {
                Ok((decision, rung)) => {
                    return Ok(Planned {
                        decision,
                        rung,
                        answers,
                    });
                }
                Err(error) => {
                    let told = told(error, &said);
                    messages.extend(briefing::correction(&said.text, &told));
                    if said.kind == Kind::Thoughts {
                        thinking = Thinking::Off;
                    }
                    wrong = Some(told);
                }
            }
        }
        Err(PlannerError::Unreadable(wrong.unwrap_or_default()))
    }

    /// Asks again where the server failed in a way that may pass.
    async fn insist(&self, messages: &[Message], thinking: Thinking) -> Result<Said, PlannerError> {
        let mut pause = PAUSE;
        let mut tries = 0;
        loop {
            match self.chat.ask(messages, thinking).await {
                Ok(said) => return Ok(said),
                Err(error) if tries < self.retries && error.may_pass() => {
                    tries += 1;
                    tracing::debug!(tries, "the language model's server failed: {error}");
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(no_answer(&error)),
            }
        }
    }
}

/// What is wrong with an answer, for the model.
fn told(error: AnswerError, said: &Said) -> String {
    match said.kind {
        Kind::Answer => error.to_string(),
        Kind::Cut => format!("it was cut off because it became too long, and {error}; be brief"),
        Kind::Thoughts => format!("it has thoughts and no answer, and {error}"),
    }
}

fn no_answer(error: &PeerError) -> PlannerError {
    match error {
        PeerError::TooLong { .. } | PeerError::NotUnderstood => {
            PlannerError::Unreadable(error.to_string())
        }
        PeerError::Unreachable { .. }
        | PeerError::TooSlow { .. }
        | PeerError::Cut
        | PeerError::Status { .. } => PlannerError::Unreachable(error.to_string()),
    }
}

impl Planner for Llm {
    fn name(&self) -> &'static str {
        self.backend.name()
    }

    fn plan<'a>(
        &'a self,
        request: &'a ApprovedRequest,
        seed: Seed,
    ) -> BoxFuture<'a, Result<Planned, PlannerError>> {
        self.decide(request, seed).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        server::check(&self.chat, self.backend).boxed()
    }

    fn release(&self) -> BoxFuture<'_, ()> {
        server::release(&self.chat).boxed()
    }
}
