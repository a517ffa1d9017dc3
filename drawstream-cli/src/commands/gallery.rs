//! `drawstream gallery`: what was painted, as pages to look at.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::settings::Settings;
use crate::failure::Failure;
use crate::gallery::{Gallery, Piece, Site, SiteError, Wall};
use crate::ledger::{Filter, History, LEDGER_FILE, Origin, State};
use crate::playbill::Playbill;

/// Make pages of what was painted
#[derive(Debug, Args)]
pub struct GalleryArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a site of everything that was shown: plain pages that work from a disk
    Build(BuildArgs),
}

#[derive(Debug, Args)]
struct BuildArgs {
    /// Folder of the site; one that was built before is brought up to date
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// With the paintings of test donations
    #[arg(long)]
    with_tests: bool,
    #[command(flatten)]
    settings: Settings,
}

impl GalleryArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where there is no ledger, or the folder cannot be written.
    pub fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Build(args) => args.run(),
        }
    }
}

impl BuildArgs {
    fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        let gate = config.gate.open()?;
        let site =
            Site::open(&self.folder, config.locale, &config.stage.caption).map_err(explain)?;
        let history = History::open(&config.data_dir.join(LEDGER_FILE)).map_err(Failure::world)?;
        let shown = Filter {
            state: Some(State::Shown),
            ..Filter::default()
        };
        let mut walls = Vec::new();
        for entry in history.list(&shown, usize::MAX).map_err(Failure::world)? {
            if entry.origin == Origin::Trial && !self.with_tests {
                continue;
            }
            let id = entry.donation.id;
            let work = history.work(id).map_err(Failure::world)?;
            let Some(piece) = Piece::of(&work) else {
                continue;
            };
            let bill = Playbill::open(&gate, &entry.donation);
            walls.push(Wall {
                id,
                donor: bill.donor,
                title: bill.message,
                day: day(entry.taken_at_ms),
                piece,
            });
        }
        site.build(&walls, &Gallery::new(config.gallery.folder))
            .map_err(explain)?;
        let index = self.folder.join("index.html");
        Ok(writeln!(
            std::io::stdout(),
            "{} paintings: open {}",
            walls.len(),
            index.display()
        )?)
    }
}

fn explain(error: SiteError) -> Failure {
    match error {
        SiteError::Foreign { .. } => {
            Failure::input(error).with_hint("name a folder of its own for the gallery")
        }
        error => Failure::world(error),
    }
}

fn day(at_ms: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(at_ms / 1000)
        .map(|at| at.date().to_string())
        .unwrap_or_default()
}
