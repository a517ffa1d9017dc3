//! `drawstream history`: what was donated, and what became of it.

mod words;

use std::io::{self, Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use drawstream_core::donation::DonationId;
use drawstream_core::gate::Field;
use drawstream_core::plan::{Limits, Plan};
use drawstream_core::timeline::{Timeline, TimelineOptions};
use reqwest::Method;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use self::words::Words;
use super::settings::Settings;
use super::steer::{NOTHING, call};
use crate::control::{Accepted, ForgetBody, Forgotten, Health};
use crate::failure::Failure;
use crate::fresh_file::FreshFile;
use crate::gallery::Gallery;
use crate::ledger::{
    Change, Entry, Filter, History, LEDGER_FILE, Ledger, LedgerError, Origin, Outcome, State,
};
use crate::timelapse::{Timelapse, write_apng, write_gif};

/// Frames a second of an exported time-lapse.
const FRAME_RATE: u16 = 20;
/// How long its last frame stays.
const LAST_FRAME: Duration = Duration::from_secs(2);
/// How many times larger than the canvas it is.
const ENLARGED: u16 = 4;

/// What `drawstream history` takes.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The ledger's file [default: ledger.db in the data folder].
    #[arg(long, global = true, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Names and messages as they were typed, instead of as a screen may show them: never while you are on air.
    #[arg(long, global = true)]
    as_typed: bool,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only those in this state, such as `shown` or `failed`.
    #[arg(long, value_parser = state)]
    state: Option<State>,
    /// Only those from this source.
    #[arg(long)]
    source: Option<String>,
    /// Only those by this donor.
    #[arg(long)]
    donor: Option<String>,
    /// Only those taken since then: 2026-11-22T18:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// At most so many, the newest first.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// How the list is written.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

/// What a time-lapse is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Lapse {
    /// A GIF.
    Gif,
    /// An animated PNG: every colour as it is.
    Apng,
    /// None is written.
    None,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Everything about one donation.
    Show { id: u64 },
    /// Write the plan, the picture and the time-lapse of each into a folder.
    Export {
        /// It is made where there is none.
        folder: PathBuf,
        /// What a time-lapse is written as.
        #[arg(long, value_enum, default_value = "gif")]
        timelapse: Lapse,
        /// Seconds that a time-lapse takes.
        #[arg(long, value_name = "SECONDS", default_value_t = 8.0)]
        seconds: f64,
    },
    /// Draw it once more.
    Retry { id: u64 },
    /// Refuse it, whatever the gate said.
    Refuse { id: u64 },
    /// Take a person's words and name out; sums and dates stay.
    Forget {
        /// The name, exactly as it stands in the list with `--as-typed`.
        #[arg(long)]
        donor: String,
    },
}

impl HistoryArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where there is no ledger, no such donation, or another program has the ledger and it is to be changed.
    pub fn run(self) -> Result<(), Failure> {
        let path = match &self.ledger {
            Some(path) => path.clone(),
            None => self.settings.load()?.data_dir.join(LEDGER_FILE),
        };
        let words = self.words()?;
        match self.action {
            None => {
                let history = History::open(&path).map_err(failure)?;
                let filter = Filter {
                    state: self.list.state,
                    source: self.list.source,
                    donor: self.list.donor,
                    since_ms: self.list.since.map(|at| at.unix_timestamp() * 1000),
                };
                let entries = history.list(&filter, self.list.limit).map_err(failure)?;
                Ok(write_list(
                    &mut stdout().lock(),
                    self.list.format,
                    &entries,
                    &words,
                )?)
            }
            Some(Action::Show { id }) => {
                let history = History::open(&path).map_err(failure)?;
                let (entry, changes) = history.show(DonationId(id)).map_err(failure)?;
                Ok(write_entry(&mut stdout().lock(), &entry, &changes, &words)?)
            }
            Some(Action::Export {
                folder,
                timelapse,
                seconds,
            }) => {
                let length = Duration::try_from_secs_f64(seconds).map_err(|error| {
                    Failure::input(error).with_hint("--seconds takes a length such as 8 or 2.5")
                })?;
                export(&path, &folder, timelapse, length)
            }
            Some(Action::Retry { id }) => {
                let asked = format!("/donations/{id}/retry");
                change(&path, &self.settings, &asked, |ledger| {
                    ledger.retry(DonationId(id), "the operator wants it once more")
                })
            }
            Some(Action::Refuse { id }) => {
                let asked = format!("/donations/{id}/refuse");
                change(&path, &self.settings, &asked, |ledger| {
                    ledger.refuse(DonationId(id), "the operator said no")
                })
            }
            Some(Action::Forget { donor }) => forget(&path, &self.settings, donor),
        }
    }

    fn words(&self) -> Result<Words, Failure> {
        if self.as_typed {
            return Ok(Words::AsTyped);
        }
        let gate = self.settings.load()?.gate.open()?;
        Ok(Words::Screened(Box::new(gate)))
    }
}

fn failure(error: LedgerError) -> Failure {
    let hint = error.hint();
    Failure::world(error).with_maybe_hint(hint)
}

fn state(name: &str) -> Result<State, String> {
    State::parse(name).ok_or_else(|| {
        let names = State::ALL.map(State::name).join(", ");
        format!("the states are {names}")
    })
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "write a time as 2026-11-22T18:00:00Z".to_owned())
}

/// Opens the ledger to change it; `None` where the running program has it, which then is to be asked.
fn open(path: &Path, settings: &Settings) -> Result<Option<Ledger>, Failure> {
    match Ledger::open(path) {
        Ok((ledger, _)) => Ok(Some(ledger)),
        Err(LedgerError::InUse { path, pid }) => {
            let health: Health = call(settings, Method::GET, "/health", NOTHING)?;
            if pid.is_some_and(|pid| pid != health.pid) {
                let error = LedgerError::InUse { path, pid };
                return Err(Failure::world(error).with_hint(
                    "that is another program than the one that answers: name its address with API_HOST and API_PORT",
                ));
            }
            Ok(None)
        }
        Err(error) => Err(failure(error)),
    }
}

fn change(
    path: &Path,
    settings: &Settings,
    asked: &str,
    action: impl FnOnce(&mut Ledger) -> Result<Outcome, LedgerError>,
) -> Result<(), Failure> {
    let Some(mut ledger) = open(path, settings)? else {
        let _: Accepted = call(settings, Method::POST, asked, NOTHING)?;
        return Ok(writeln!(stdout(), "the running program does it")?);
    };
    let outcome = action(&mut ledger).map_err(failure)?;
    ledger.close().map_err(failure)?;
    match outcome {
        Outcome::Stored => Ok(writeln!(
            stdout(),
            "it is done with the next `drawstream run`"
        )?),
        Outcome::Overtaken(state) => Err(Failure::input(anyhow::anyhow!(
            "the donation is {state}, so there is nothing to change"
        ))),
    }
}

fn forget(path: &Path, settings: &Settings, donor: String) -> Result<(), Failure> {
    let Forgotten { forgotten, waiting } = match open(path, settings)? {
        Some(mut ledger) => {
            let ended = ledger.ended_of(&donor).map_err(failure)?;
            let forgotten = ledger.forget(&donor).map_err(failure)?;
            Gallery::new(settings.load()?.gallery.folder).take_down(&ended);
            let waiting = ledger.on_their_way(&donor).map_err(failure)?;
            ledger.close().map_err(failure)?;
            Forgotten { forgotten, waiting }
        }
        None => {
            let body = ForgetBody { donor };
            call(settings, Method::POST, "/history/forget", Some(&body))?
        }
    };
    let mut out = stdout().lock();
    writeln!(out, "forgotten in {forgotten} donations")?;
    if waiting > 0 {
        writeln!(
            out,
            "{waiting} more are on their way: forget again when they have ended"
        )?;
    }
    Ok(())
}

/// Writes `<id>.plan.json`, `<id>.png` and the time-lapse of each donation that has them.
fn export(path: &Path, folder: &Path, lapse: Lapse, length: Duration) -> Result<(), Failure> {
    let history = History::open(path).map_err(failure)?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("make the folder {}", folder.display()))?;
    let mut written = 0;
    for entry in history
        .list(&Filter::default(), usize::MAX)
        .map_err(failure)?
    {
        let id = entry.donation.id;
        let work = history.work(id).map_err(failure)?;
        let mut write = |name: String, bytes: &[u8]| {
            written += 1;
            let path = folder.join(name);
            std::fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))
        };
        if let Some(picture) = &work.picture {
            write(format!("{}.png", id.0), picture)?;
        }
        // A card has a reply in the plan's place.
        let plan = work.plan.as_deref();
        let Some((json, plan)) = plan.and_then(|json| {
            let plan = Plan::parse(json, &Limits::default()).ok()?;
            Some((json, plan))
        }) else {
            continue;
        };
        write(format!("{}.plan.json", id.0), json.as_bytes())?;
        if lapse != Lapse::None {
            let file = write_lapse(&plan, folder, id, lapse, length);
            file.with_context(|| format!("write the time-lapse of donation {id}"))?;
            written += 1;
        }
    }
    Ok(writeln!(
        stdout(),
        "wrote {written} files into {}",
        folder.display()
    )?)
}

fn write_lapse(
    plan: &Plan,
    folder: &Path,
    id: DonationId,
    lapse: Lapse,
    length: Duration,
) -> anyhow::Result<()> {
    let timeline = Arc::new(Timeline::compile(plan, &TimelineOptions::default()));
    let timelapse = Timelapse::new(timeline, FRAME_RATE, Some(length))?.with_hold(LAST_FRAME);
    let suffix = if lapse == Lapse::Gif { "gif" } else { "apng" };
    let mut file = FreshFile::create(&folder.join(format!("{}.{suffix}", id.0)))?;
    match lapse {
        Lapse::Gif => write_gif(&timelapse, ENLARGED, &mut file, &mut |_, _| {})?,
        Lapse::Apng => write_apng(&timelapse, ENLARGED, &mut file, &mut |_, _| {})?,
        Lapse::None => {}
    }
    Ok(file.keep()?)
}

fn date(at_ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp(at_ms / 1000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// A viewer's text for a terminal: on one line, and without what would move the cursor or turn the text around.
fn plain(text: &str) -> String {
    let unsafe_here = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if unsafe_here(c) { ' ' } else { c })
        .collect()
}

/// Exactly so many characters wide, cut or filled.
fn cell(text: &str, width: usize) -> String {
    if text.chars().count() > width {
        let cut: String = text.chars().take(width - 1).collect();
        return cut + "…";
    }
    format!("{text:width$}")
}

fn write_list(
    out: &mut impl Write,
    format: Format,
    entries: &[Entry],
    words: &Words,
) -> io::Result<()> {
    match format {
        Format::Table => {
            for entry in entries {
                let donation = &entry.donation;
                writeln!(
                    out,
                    "{:>6}  {}  {}  {:>14}  {}  {}",
                    donation.id.0,
                    date(entry.taken_at_ms),
                    cell(entry.state.name(), 8),
                    donation.amount.to_string(),
                    cell(&words.plain(donation.donor.as_ref(), Field::Name), 18),
                    cell(&words.plain(donation.message.as_ref(), Field::Message), 48).trim_end(),
                )?;
            }
            Ok(())
        }
        Format::Json => {
            let all: Vec<Value> = entries.iter().map(|entry| json_of(entry, words)).collect();
            serde_json::to_writer_pretty(&mut *out, &all)?;
            writeln!(out)
        }
        Format::Csv => {
            writeln!(
                out,
                "id,taken_at,source,external_id,state,amount,currency,test,donor,message,reason"
            )?;
            for entry in entries {
                let donation = &entry.donation;
                let amount = donation.amount.to_string();
                let fields = [
                    donation.id.0.to_string(),
                    date(entry.taken_at_ms),
                    donation.external.source.clone(),
                    donation.external.id.clone(),
                    entry.state.to_string(),
                    amount.split(' ').next().unwrap_or_default().to_owned(),
                    donation.amount.currency.code().to_owned(),
                    (entry.origin == Origin::Trial).to_string(),
                    words.plain(donation.donor.as_ref(), Field::Name),
                    words.plain(donation.message.as_ref(), Field::Message),
                    words.reason(entry.reason.as_ref()).unwrap_or_default(),
                ];
                writeln!(out, "{}", fields.map(|field| csv(&field)).join(","))?;
            }
            Ok(())
        }
    }
}

/// A field of CSV. One that a spreadsheet would take for a formula is made a text.
fn csv(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@']);
    let field = if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}

fn json_of(entry: &Entry, words: &Words) -> Value {
    let donation = &entry.donation;
    json!({
        "id": donation.id.0,
        "source": donation.external.source,
        "external_id": donation.external.id,
        "state": entry.state.name(),
        "reason": words.reason(entry.reason.as_ref()),
        "minor_units": donation.amount.minor_units,
        "currency": donation.amount.currency.code(),
        "test": entry.origin == Origin::Trial,
        "donor": words.of(donation.donor.as_ref(), Field::Name),
        "message": words.of(donation.message.as_ref(), Field::Message),
        "created_at_s": donation.created_at.0,
        "taken_at_ms": entry.taken_at_ms,
    })
}

fn write_entry(
    out: &mut impl Write,
    entry: &Entry,
    changes: &[Change],
    words: &Words,
) -> io::Result<()> {
    let donation = &entry.donation;
    let test = match entry.origin {
        Origin::Paid => "",
        Origin::Trial => " (test)",
    };
    writeln!(out, "donation  {}{test}", donation.id)?;
    writeln!(
        out,
        "source    {} {}",
        donation.external.source, donation.external.id
    )?;
    writeln!(out, "amount    {}", donation.amount)?;
    let donor = words.plain(donation.donor.as_ref(), Field::Name);
    let message = words.plain(donation.message.as_ref(), Field::Message);
    writeln!(out, "donor     {donor}")?;
    writeln!(out, "message   {message}")?;
    for change in changes {
        let reason = words.reason(change.reason.as_ref());
        let reason = reason.map(|reason| format!(": {reason}"));
        writeln!(
            out,
            "{}  {}{}",
            date(change.at_ms),
            change.state,
            reason.unwrap_or_default()
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use drawstream_core::donation::{Currency, Donation, ExternalId, Money, RawText, UnixTime};
    use drawstream_core::gate::Gate;

    use super::*;

    fn entry() -> Entry {
        Entry {
            donation: Donation {
                id: DonationId(7),
                external: ExternalId {
                    source: "donation_alerts".to_owned(),
                    id: "164".to_owned(),
                },
                donor: Some(RawText::new("=cmd|' /C calc'!A0")),
                message: Some(RawText::new(
                    "a cat,\r\n\u{1b}[2Jor \"two\" кота и ещё много разных других слов",
                )),
                amount: Money {
                    minor_units: 750,
                    currency: Currency::parse("EUR").unwrap(),
                },
                created_at: UnixTime(1_700_000_000),
            },
            state: State::Refused,
            reason: Some("weapons".to_owned()),
            origin: Origin::Trial,
            taken_at_ms: 1_700_000_001_500,
        }
    }

    fn written(format: Format) -> String {
        let mut out = Vec::new();
        write_list(&mut out, format, &[entry()], &Words::AsTyped).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_is_one_line_a_donation_and_moves_no_cursor() {
        insta::assert_snapshot!(written(Format::Table));
    }

    #[test]
    fn a_spreadsheet_gets_text_and_no_formula() {
        insta::assert_snapshot!(written(Format::Csv));
    }

    #[test]
    fn words_are_hidden_as_on_a_screen_unless_they_are_asked_for() {
        let rule = "harassment | quuxbert # an old quarrel of the chat";
        let gate = Gate::with_words(drawstream_core::gate::Policy::default(), rule).unwrap();
        let screened = Words::Screened(Box::new(gate));
        let mut entry = entry();
        for text in [&mut entry.donation.donor, &mut entry.donation.message] {
            *text = Some(RawText::new("it is quuxbert"));
        }
        entry.reason = Some("the donor wrote quuxbert".to_owned());
        let change = Change {
            at_ms: 0,
            state: State::Refused,
            reason: entry.reason.clone(),
        };
        let said = |words: &Words| {
            let mut out = Vec::new();
            for format in [Format::Table, Format::Json, Format::Csv] {
                write_list(&mut out, format, std::slice::from_ref(&entry), words).unwrap();
            }
            write_entry(&mut out, &entry, std::slice::from_ref(&change), words).unwrap();
            String::from_utf8(out).unwrap().matches("quuxbert").count()
        };
        assert_eq!(said(&screened), 0);
        assert_eq!(said(&Words::AsTyped), 11);
    }

    #[test]
    fn one_donation_is_shown_with_its_road() {
        let mut out = Vec::new();
        let change = Change {
            at_ms: 1_700_000_001_500,
            state: State::Refused,
            reason: Some("weapons".to_owned()),
        };
        write_entry(&mut out, &entry(), &[change], &Words::AsTyped).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
