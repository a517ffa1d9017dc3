//! `drawstream validate`: everything that is wrong with plans.

use std::io::{self, Write};

use drawstream_core::plan::{Limits, Plan};
use drawstream_core::timeline::{Timeline, TimelineOptions};

use crate::failure::Failure;
use crate::plan_file::PlanFile;

/// The plans to look at.
#[derive(Debug, clap::Args)]
pub struct ValidateArgs {
    /// Files with plans; - is standard input
    #[arg(required = true, value_name = "PLAN")]
    plans: Vec<String>,
}

impl ValidateArgs {
    /// Says of each plan what it is, or everything that is wrong with it.
    ///
    /// # Errors
    /// Any of the plans is wrong or cannot be read; exit status 2.
    pub fn run(self) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let mut wrong = 0;
        for name in &self.plans {
            if !validate(&PlanFile::from(name.as_str()), &mut out)? {
                wrong += 1;
            }
        }
        match (wrong, self.plans.len()) {
            (0, _) => Ok(()),
            (_, 1) => Err(Failure::input(anyhow::anyhow!("the plan is wrong"))),
            (wrong, all) => Err(Failure::input(anyhow::anyhow!(
                "{wrong} of {all} plans are wrong"
            ))),
        }
    }
}

/// Prints what there is to say about a plan; whether it is right.
fn validate(file: &PlanFile, out: &mut impl Write) -> io::Result<bool> {
    let limits = Limits::default();
    let bytes = match file.bytes(&limits) {
        Ok(bytes) => bytes,
        Err(error) => {
            writeln!(out, "{file}: cannot be read: {error}")?;
            return Ok(false);
        }
    };
    match Plan::parse_all(bytes, &limits) {
        Ok(plan) => {
            let timeline = Timeline::compile(&plan, &TimelineOptions::default());
            let size = plan.canvas().size;
            let strokes = timeline.strokes();
            let seconds = timeline.duration().as_secs_f64();
            writeln!(
                out,
                "{file}: right: {}x{}, strokes: {strokes}, seconds: {seconds:.1}",
                size.w(),
                size.h()
            )?;
            Ok(true)
        }
        Err(errors) => {
            for error in errors {
                writeln!(out, "{file}: {error}")?;
                if let Some(hint) = error.hint() {
                    writeln!(out, "  hint: {hint}")?;
                }
            }
            Ok(false)
        }
    }
}
