//! Planners: a request that the gate let through → a [`Decision`] with a scene in it.

mod builtin;
pub(crate) mod llm;
mod roster;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use drawstream_core::gate::ApprovedRequest;
use drawstream_core::scene::{Decision, Seed};

pub use self::builtin::Builtin;
pub(crate) use self::llm::Llm;
pub(crate) use self::roster::language_model;
pub use self::roster::roster;
use crate::health::Health;

/// Why a planner gave no decision. The next planner is asked; nothing is ever painted without one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlannerError {
    /// Nobody answers there, or not in time.
    #[error("the planner does not answer: {0}")]
    Unreachable(String),
    /// It answered, and not with a decision, however often it was asked.
    #[error("the planner's answers are no decisions: {0}")]
    Unreadable(String),
}

/// How a decision was got out of what a planner answered, from the surest to the least sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// The program itself decided.
    Own,
    /// The answer was a decision as it stood.
    Strict,
    /// It was one after thinking, code fences and prose around it were taken away.
    Extracted,
    /// It was one after its JSON was mended.
    Repaired,
}

impl Rung {
    /// Its name in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Strict => "strict",
            Self::Extracted => "extracted",
            Self::Repaired => "repaired",
        }
    }
}

/// A decision, and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The decision.
    pub decision: Decision,
    /// How it was read.
    pub rung: Rung,
    /// How many answers it took.
    pub answers: u32,
}

/// Plans scenes.
pub trait Planner: Send + Sync + std::fmt::Debug {
    /// Its name, as in the configuration.
    fn name(&self) -> &'static str;

    /// Decides about a request. Dropping the future cancels it.
    fn plan<'a>(
        &'a self,
        request: &'a ApprovedRequest,
        seed: Seed,
    ) -> BoxFuture<'a, Result<Planned, PlannerError>>;

    /// How it is: whether it could plan now, and what can be done where it cannot.
    fn check(&self) -> BoxFuture<'_, Health>;

    /// Gives back what it keeps between requests on a card, so that a painter can have it. The next request takes
    /// it again.
    fn release(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
