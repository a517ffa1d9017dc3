//! Plans as files, or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use drawstream_core::plan::{Limits, Plan, PlanError};

use crate::failure::Failure;

/// Where a plan is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanFile {
    /// `-`.
    StandardInput,
    /// A file.
    Path(PathBuf),
}

impl From<&str> for PlanFile {
    fn from(name: &str) -> Self {
        match name {
            "-" => Self::StandardInput,
            path => Self::Path(path.into()),
        }
    }
}

impl std::fmt::Display for PlanFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StandardInput => f.write_str("standard input"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

impl PlanFile {
    /// Its name with another ending, in the current folder; `None` for standard input.
    pub fn beside(&self, ending: &str) -> Option<PathBuf> {
        match self {
            Self::StandardInput => None,
            Self::Path(path) => Some(Path::new(path.file_name()?).with_extension(ending)),
        }
    }

    /// Reads the bytes, one more than the limit at most: enough to see that there are too many.
    ///
    /// # Errors
    /// The file is not there or cannot be read.
    pub fn bytes(&self, limits: &Limits) -> io::Result<Vec<u8>> {
        let most = limits.bytes as u64 + 1;
        let mut bytes = Vec::new();
        match self {
            Self::StandardInput => io::stdin().lock().take(most).read_to_end(&mut bytes)?,
            Self::Path(path) => {
                let file = File::open(path)?;
                // A file that is known to be too long need not be read to be refused.
                if file.metadata()?.len() > most {
                    bytes.resize(limits.bytes + 1, b' ');
                    return Ok(bytes);
                }
                file.take(most).read_to_end(&mut bytes)?
            }
        };
        Ok(bytes)
    }

    /// Reads the plan.
    ///
    /// # Errors
    /// The file cannot be read, or something is wrong with the plan: all of it is in the failure.
    pub fn plan(&self) -> Result<Plan, Failure> {
        let limits = Limits::default();
        let bytes = self
            .bytes(&limits)
            .with_context(|| format!("read {self}"))
            .map_err(Failure::input)?;
        Plan::parse_all(bytes, &limits).map_err(|errors| self.refusal(&errors))
    }

    fn refusal(&self, errors: &[PlanError]) -> Failure {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let hint = match errors {
            [only] => only.hint(),
            _ => None,
        };
        Failure::input(anyhow::anyhow!("{self}: {}", lines.join("\n  "))).with_maybe_hint(hint)
    }
}
