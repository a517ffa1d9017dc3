//! [`Failure`]: what a command ends with when it did not do its work.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Whose mistake it was; the exit status says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    /// Something failed: exit status 1.
    World,
    /// What was given is not usable: exit status 2.
    Input,
    /// Whoever read our output has gone: nothing to say.
    Reader,
    /// Nobody's: everything was said already, and this is the exit status.
    Told(u8),
}

/// An error for a person: what failed, why, and what can be done about it.
#[derive(Debug)]
pub struct Failure {
    blame: Blame,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    /// What was given (arguments, a file, a setting) is not usable; exit status 2.
    pub fn input(error: impl Into<anyhow::Error>) -> Self {
        Self {
            blame: Blame::Input,
            error: error.into(),
            hint: None,
        }
    }

    /// Something failed that was asked for rightly; exit status 1.
    pub fn world(error: impl Into<anyhow::Error>) -> Self {
        Self {
            blame: Blame::World,
            error: error.into(),
            hint: None,
        }
    }

    /// What was found has been said already; the program ends with this status.
    pub(crate) fn told(status: u8) -> Self {
        Self {
            blame: Blame::Told(status),
            error: anyhow::anyhow!("see above"),
            hint: None,
        }
    }

    /// What the person can do.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What failed and why, in one line.
    pub(crate) fn in_one_line(&self) -> String {
        format!("{:#}", self.error)
    }

    /// Adds what the person can do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Adds the hint, if there is one.
    #[must_use]
    pub fn with_maybe_hint(self, hint: Option<impl Display>) -> Self {
        match hint {
            Some(hint) => self.with_hint(hint),
            None => self,
        }
    }

    /// Prints `error:`, each cause and `hint:` on standard error, and gives the exit status.
    pub fn report(&self) -> ExitCode {
        let status = match self.blame {
            Blame::World => ExitCode::from(1),
            Blame::Input => ExitCode::from(2),
            Blame::Reader => return ExitCode::SUCCESS,
            Blame::Told(status) => return ExitCode::from(status),
        };
        // Nobody is left to tell where standard error is closed.
        let _ = self.write(&mut io::stderr().lock());
        status
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "error: {}", self.error)?;
        for cause in self.error.chain().skip(1) {
            writeln!(out, "  because: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            writeln!(out, "hint: {hint}")?;
        }
        Ok(())
    }
}

/// Errors that nobody has said more about are the world's. A reader who closed our output early is no error.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let closed = |cause: &(dyn std::error::Error + 'static)| {
            cause
                .downcast_ref::<io::Error>()
                .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
        };
        let blame = if error.chain().any(closed) {
            Blame::Reader
        } else {
            Blame::World
        };
        Self {
            blame,
            error,
            hint: None,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::from(anyhow::Error::from(error))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_failure_names_each_cause_and_the_mend() {
        let error = Err::<(), _>(io::Error::other("disk on fire"))
            .context("write out.png")
            .unwrap_err();
        let mut text = Vec::new();
        Failure::world(error)
            .with_hint("try another disk")
            .write(&mut text)
            .unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
        error: write out.png
          because: disk on fire
        hint: try another disk
        ");
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(failure.blame, Blame::Reader);
    }
}
