//! The roster: which planners there are, in which order, as the settings say.

use super::{Builtin, Planner};
use crate::config::Config;
use crate::failure::Failure;

/// The planners in order of preference.
///
/// # Errors
/// Where the settings name something that a planner cannot use.
pub fn roster(_config: &Config) -> Result<Vec<Box<dyn Planner>>, Failure> {
    Ok(vec![Box::new(Builtin)])
}
