//! Planners: a request that the gate let through → a [`Decision`] with a scene in it.

mod builtin;
mod roster;

use futures_util::future::BoxFuture;

use drawstream_core::gate::ApprovedRequest;
use drawstream_core::scene::{Decision, Seed};

pub use self::builtin::Builtin;
pub use self::roster::roster;
use crate::health::Health;

/// Why a planner gave no decision. The next planner is asked; the last one always gives one.
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

/// Plans scenes.
pub trait Planner: Send + Sync + std::fmt::Debug {
    /// Its name, as in the configuration.
    fn name(&self) -> &'static str;

    /// Decides about a request. Dropping the future cancels it.
    fn plan<'a>(
        &'a self,
        request: &'a ApprovedRequest,
        seed: Seed,
    ) -> BoxFuture<'a, Result<Decision, PlannerError>>;

    /// How it is: whether it could plan now, and what can be done where it cannot.
    fn check(&self) -> BoxFuture<'_, Health>;
}
