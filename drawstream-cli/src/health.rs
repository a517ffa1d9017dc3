//! [`Health`]: how something that the show leans on is, in one line, and what can be done about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// It works.
    Good,
    /// It works, with less than was asked for, or might not for long.
    Fair,
    /// It does not work.
    Bad,
}

/// One line of state, and the mend. Neither holds a secret or a viewer's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WorkerHealth")]
pub struct Health {
    /// How it is.
    pub grade: Grade,
    /// In what state it is, in one line.
    pub state: String,
    /// What the person can do, with the command to copy where there is one.
    pub mend: Option<String>,
}

impl Health {
    /// It works.
    pub fn good(state: impl Into<String>) -> Self {
        Self {
            grade: Grade::Good,
            state: state.into(),
            mend: None,
        }
    }

    /// It works, with less than was asked for.
    pub fn fair(state: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            grade: Grade::Fair,
            state: state.into(),
            mend: Some(mend.into()),
        }
    }

    /// It does not work.
    pub fn bad(state: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            grade: Grade::Bad,
            state: state.into(),
            mend: Some(mend.into()),
        }
    }
}
