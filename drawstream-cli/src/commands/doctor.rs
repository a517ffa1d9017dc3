//! `drawstream doctor`: everything that a show leans on, one line each, and the command that mends it.
//!
//! It looks and asks; it changes nothing, downloads nothing and starts nothing.

mod image_gate;
mod machine;
mod services;
mod sources;

use std::io::Write as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::settings::Settings;
use crate::config::Config;
use crate::failure::Failure;
use crate::health::{Grade, Health};

/// How long one look may take: what hangs longer is a finding by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// Look at everything that a show leans on
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct DoctorArgs {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Do not ask models to do anything: no test decisions, no test picture
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Something that was looked at.
#[derive(Debug)]
struct Finding {
    what: String,
    health: Health,
}

impl Finding {
    fn new(what: impl Into<String>, health: Health) -> Self {
        Self {
            what: what.into(),
            health,
        }
    }
}

impl DoctorArgs {
    /// Looks, and ends the program with 0 where all is well, 1 where something is less than it could be, and 2 where
    /// something does not work.
    ///
    /// # Errors
    /// Where nobody reads what it prints.
    pub fn run(self) -> Result<(), Failure> {
        let mut worst = Grade::Good;
        let mut tell = |finding: &Finding| {
            worst = worst.max(finding.health.grade);
            self.tell(finding)
        };
        match self.settings.load() {
            Ok(config) => {
                tell(&Finding::new("settings", Health::good("they can be used")))?;
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                let runtime = runtime.context("start the program's threads")?;
                runtime.block_on(async {
                    for look in self.looks(&config) {
                        for finding in look.await {
                            tell(&finding)?;
                        }
                    }
                    Ok::<_, Failure>(())
                })?;
            }
            Err(failure) => {
                let mend = failure
                    .hint()
                    .unwrap_or("`drawstream config` lists every setting");
                tell(&Finding::new(
                    "settings",
                    Health::bad(failure.in_one_line(), mend),
                ))?;
            }
        }
        match worst {
            Grade::Good => Ok(()),
            Grade::Fair => Err(Failure::told(1)),
            Grade::Bad => Err(Failure::told(2)),
        }
    }

    /// What is looked at, in the order in which things are needed.
    fn looks<'a>(&self, config: &'a Config) -> Vec<BoxFuture<'a, Vec<Finding>>> {
        let depth = if self.quick {
            services::Depth::Quick
        } else {
            services::Depth::Whole
        };
        vec![
            Box::pin(machine::look(config)),
            Box::pin(services::clock(config)),
            Box::pin(services::donation_alerts(config)),
            Box::pin(sources::look(config)),
            Box::pin(services::port(config)),
            Box::pin(services::pool(config)),
            Box::pin(services::planner(config, depth)),
            Box::pin(services::painters(config, depth)),
            Box::pin(image_gate::look(config)),
        ]
    }

    fn tell(&self, finding: &Finding) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        let Health { grade, state, mend } = &finding.health;
        if self.json {
            let line =
                json!({ "what": finding.what, "grade": grade, "state": state, "mend": mend });
            writeln!(out, "{line}")?;
            return Ok(());
        }
        let mark = match grade {
            Grade::Good => "ok  ",
            Grade::Fair => "hm  ",
            Grade::Bad => "BAD ",
        };
        writeln!(out, "{mark} {:<16} {state}", finding.what)?;
        if let Some(mend) = mend {
            writeln!(out, "{:22}→ {mend}", "")?;
        }
        Ok(())
    }
}
