//! `drawstream convert`: a plan in another version of the format.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use drawstream_core::plan::{Limits, Plan, Version};

use crate::failure::Failure;
use crate::fresh_file::FreshFile;
use crate::plan_file::PlanFile;

/// What is converted, and to what.
#[derive(Debug, clap::Args)]
pub struct ConvertArgs {
    /// A file with a plan; - is standard input
    #[arg(value_name = "PLAN")]
    plan: String,
    /// The version to write: 1.0, which everyone reads, or 1.1, which is shorter
    #[arg(long, value_name = "VERSION", value_parser = parse_version)]
    to: Version,
    /// Where to write; standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn parse_version(name: &str) -> Result<Version, String> {
    Version::parse(name).ok_or_else(|| "the versions are 1.0 and 1.1".to_owned())
}

impl ConvertArgs {
    /// Writes the plan anew; every moment of the painting stays the same.
    ///
    /// # Errors
    /// The plan is wrong, or over the limits in the other version, or the file cannot be written.
    pub fn run(self) -> Result<(), Failure> {
        let plan = PlanFile::from(self.plan.as_str()).plan()?;
        let plan = match self.to {
            Version::V1_0 => plan,
            Version::V1_1 => plan.with_runs(),
        };
        let json = plan.to_json(self.to);
        // Brush strokes and runs become many points: what nobody could read again is not written.
        if let Err(error) = Plan::parse(&json, &Limits::default()) {
            let hint = error.hint();
            let error = anyhow::Error::from(error).context("the converted plan is over a limit");
            return Err(Failure::input(error).with_maybe_hint(hint));
        }
        match &self.output {
            None => io::stdout().lock().write_all(json.as_bytes())?,
            Some(path) => {
                let write = || -> io::Result<()> {
                    let mut file = FreshFile::create(path)?;
                    file.write_all(json.as_bytes())?;
                    file.keep()
                };
                write().with_context(|| format!("write {}", path.display()))?;
            }
        }
        Ok(())
    }
}
