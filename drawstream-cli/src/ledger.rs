//! The ledger: every donation, and what became of it, in one SQLite file that survives a power cut.
//!
//! A donation is written here before its source hears that it was taken. Each change of its [`State`] is one
//! short transaction that is on the disk when the call returns (`synchronous=FULL`), with its time and reason,
//! and carries what was made: verdicts, scene, picture, plan. After a crash [`Ledger::open`] puts everything
//! back to where it goes on: what was being drawn is drawn again from the start.
//!
//! ```text
//! source ──take──▶ received ─gated─▶ gated ─planned─▶ planned ─painted─▶ painted ─ready─▶ ready
//!                      └────────── refused / failed, and a card is due ──────────┘  (held ─approve─▶ ready)
//!                                                                                          │
//!                                              shown ◀──shown── drawing ◀──start_drawing────┘
//! ```
//!
//! A [`Ledger`] is one owner's and blocks; tasks share it through a [`Clerk`]. A call about a donation that the
//! operator has moved meanwhile does nothing and says so: [`Outcome::Overtaken`].
//!
//! | file | holds |
//! |---|---|
//! | `house` | what the rules of the house make of a donation at the door |
//! | `intake` | taking donations, each once; what sources remember |
//! | `preparing` | what the studio reads and writes |
//! | `showing` | what the stage and the operator read and write |
//! | `operator` | once more, and never |
//! | `shelf` | what people look through: what waits, is held, was shown, was refused |
//! | `history` | what is remembered, and forgetting |
//! | `trouble` | a database that cannot be written: said once, until it is over |
//! | `salvage` | damaged files |
//! | `clerk` | the thread that owns a ledger, and the handle to it |

mod clerk;
mod history;
mod house;
mod intake;
mod lock;
mod operator;
mod preparing;
mod salvage;
mod schema;
mod shelf;
mod showing;
mod state;
#[cfg(test)]
mod test;
mod trouble;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use drawstream_core::donation::{
    Currency, Donation, DonationId, ExternalId, Money, RawText, UnixTime,
};
use drawstream_core::house::Rules;
use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior, params};

pub use clerk::Clerk;
pub use history::{Change, Entry, Filter, History};
pub use intake::{Familiarity, NewDonation, Origin, Taken};
pub use operator::Approved;
pub use preparing::{Attempt, MOST_ATTEMPTS, MOST_INTERRUPTIONS, ToPrepare, Work};
pub use salvage::SetAside;
pub use shelf::{Kept, Listed, Shelf};
pub use showing::{Act, Counts, Queued, Turn, Waiting};
pub use state::State;
pub use trouble::Trouble;

/// The columns that [`donation_from`] reads, in its order.
const DONATION_COLUMNS: &str = "id, source, external_id, donor, coalesce(edited, message), minor_units, currency, created_at_s";

/// The ledger's file in the data folder.
pub const LEDGER_FILE: &str = "ledger.db";

/// Why the ledger could not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Another program has it open.
    #[error("the ledger {} is in use by {}", path.display(), holder(*pid))]
    InUse {
        /// The ledger's file.
        path: PathBuf,
        /// Its holder, where that can be read.
        pid: Option<u32>,
    },
    /// The file or its folder cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file in question.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It was written by a later version of this program.
    #[error("the ledger has version {found}, and this program knows up to {newest}")]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest that is known here.
        newest: i64,
    },
    /// No donation has that number.
    #[error("there is no donation {0}")]
    Unknown(DonationId),
    /// A row holds what this program would never write.
    #[error("donation {id} has an unreadable {column} in the ledger")]
    Unreadable {
        /// The donation.
        id: i64,
        /// Which of its values.
        column: &'static str,
    },
    /// The database refused.
    #[error("the ledger could not be read or written")]
    Database(#[from] rusqlite::Error),
    /// The thread of the ledger could not be started.
    #[error("cannot start the ledger's thread")]
    Thread(#[source] std::io::Error),
    /// The clerk is gone, or died over this request.
    #[error("the ledger is closed")]
    Closed,
}

impl LedgerError {
    /// What the person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, PermissionDenied, ReadOnly,
            SystemIoFailure,
        };
        match self {
            Self::InUse { .. } => {
                Some("end that program, or choose another ledger file for this one")
            }
            Self::File { .. } => Some("check that the folder exists and can be written"),
            Self::Newer { .. } => Some("use the newer drawstream, or another ledger file"),
            Self::Database(error) => match error.sqlite_error_code()? {
                DiskFull => Some("the disk is full: make room, then it goes on by itself"),
                ReadOnly | PermissionDenied | CannotOpen => {
                    Some("check that the file and its folder can be written")
                }
                DatabaseBusy | DatabaseLocked => Some(
                    "another program has the ledger's file locked (a database viewer, a backup?): end what it does there",
                ),
                SystemIoFailure => Some(
                    "the disk does not take it: check that it is there, has room and can be written",
                ),
                _ => None,
            },
            _ => None,
        }
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another program".to_owned(),
        |pid| format!("the program with pid {pid}"),
    )
}

/// Whether a change of state took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It did, and is on the disk.
    Stored,
    /// The donation stands elsewhere by now, and nothing was changed.
    Overtaken(State),
}

/// What [`Ledger::open`] found to put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The file was damaged.
    pub set_aside: Option<SetAside>,
    /// Donations that were being drawn when the program ended: they are drawn again from the start.
    pub drawn_again: u64,
    /// Donations that were drawn to the end and held: they are held once more, and not drawn again.
    pub held_again: u64,
    /// Donations that were being prepared: they go on from their last state.
    pub going_on: u64,
    /// Donations over which the program has died too often: now `failed`.
    pub given_up: u64,
}

/// A ledger that is open for writing; the only one of its file.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    house: Rules,
    clock: fn() -> SystemTime,
    trouble: Trouble,
    /// What was in hand when the program ended last.
    interrupted: Vec<DonationId>,
    _lock: lock::Lock,
}

impl Ledger {
    /// Opens the ledger at `path`, makes it where there is none, and puts in order what a crash left.
    ///
    /// A damaged file is moved to `<path>.damaged-<seconds>` and what can be read of it copied into a new one;
    /// [`Opening`] tells.
    ///
    /// # Errors
    /// [`LedgerError::InUse`] where another program has it; others where the folder cannot be used.
    pub fn open(path: &Path) -> Result<(Self, Opening), LedgerError> {
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| LedgerError::File {
                path: folder.to_owned(),
                source,
            })?;
        }
        let lock = lock::Lock::take(path)?;
        let mut opening = Opening::default();
        let connection = match connect(path) {
            Ok(connection) => connection,
            Err(LedgerError::Database(error)) if is_damage(&error) => {
                let seconds = since_epoch(SystemTime::now()).as_secs();
                let away = salvage::set_aside(path, seconds as i64)?;
                let mut fresh = connect(path)?;
                let donations_saved = salvage::save_rows(&away, &mut fresh)?;
                opening.set_aside = Some(SetAside {
                    path: away,
                    donations_saved,
                });
                fresh
            }
            Err(error) => return Err(error),
        };
        let mut ledger = Self {
            connection,
            house: Rules::none(Currency::parse("USD").expect("three letters are a code")),
            clock: SystemTime::now,
            trouble: Trouble::default(),
            interrupted: Vec::new(),
            _lock: lock,
        };
        ledger.recover(&mut opening)?;
        Ok((ledger, opening))
    }

    /// Where a donation stands.
    ///
    /// # Errors
    /// Those of the database, and where there is no such donation.
    pub fn state(&self, id: DonationId) -> Result<State, LedgerError> {
        state_of(&self.connection, id)
    }

    /// Writes everything into the one file and closes it.
    ///
    /// # Errors
    /// Those of the database; the journal beside the file then holds what is not in it yet.
    pub fn close(self) -> Result<(), LedgerError> {
        let _ = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        self.connection
            .close()
            .map_err(|(_, error)| LedgerError::Database(error))
    }

    /// Puts back to where it goes on what was under way when the program ended.
    fn recover(&mut self, opening: &mut Opening) -> Result<(), LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        change.execute(
            "UPDATE donations SET interruptions = interruptions + 1 WHERE in_hand = 1 OR state = 'drawing'",
            [],
        )?;
        let in_hand: Vec<i64> = change
            .prepare("SELECT id FROM donations WHERE in_hand = 1 ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let going_on = change.execute("UPDATE donations SET in_hand = 0 WHERE in_hand = 1", [])?;
        change.execute(
            "INSERT INTO changes (donation, at_ms, state, reason)
             SELECT id, ?1, 'ready', CASE drawn WHEN 0 THEN 'the program ended while it was drawn'
                 ELSE 'the program ended while it was held' END
             FROM donations WHERE state = 'drawing'",
            params![at_ms],
        )?;
        let held_again = change.execute(
            "UPDATE donations SET state = 'ready' WHERE state = 'drawing' AND drawn = 1",
            [],
        )?;
        let drawn_again = change.execute(
            "UPDATE donations SET state = 'ready' WHERE state = 'drawing'",
            [],
        )?;
        let poison: Vec<i64> = change
            .prepare(
                "SELECT id FROM donations WHERE interruptions >= ?1
                 AND state IN ('received', 'gated', 'planned', 'painted', 'ready')",
            )?
            .query_map(params![MOST_INTERRUPTIONS], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for &id in &poison {
            change.execute(
                "UPDATE donations SET state = 'painted', interruptions = 0 WHERE id = ?1",
                params![id],
            )?;
            let reason = "the program ended too often while it worked on this donation";
            let id = DonationId(id as u64);
            let _ = preparing::end_with_card(&change, id, State::Failed, reason, None, at_ms)?;
        }
        change.commit()?;
        self.interrupted = in_hand
            .into_iter()
            .filter(|id| !poison.contains(id))
            .map(|id| DonationId(id.unsigned_abs()))
            .collect();
        opening.drawn_again = drawn_again as u64;
        opening.held_again = held_again as u64;
        opening.going_on = going_on as u64;
        opening.given_up = poison.len() as u64;
        Ok(())
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(since_epoch((self.clock)()).as_millis()).unwrap_or(i64::MAX)
    }

    fn change(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
    }
}

fn connect(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // FULL: a commit returns when the disk has it. What people paid for must outlive a power cut.
    // Deleted words are overwritten, so that a forgotten person is not left in free pages.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
    )?;
    salvage::check_whole(&connection)?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(
        error.sqlite_error_code(),
        Some(DatabaseCorrupt | NotADatabase)
    )
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Moves a donation on if it stands in one of `from`, with a line in its history; else says where it stands.
fn advance(
    change: &Transaction<'_>,
    id: DonationId,
    from: &[State],
    to: State,
    reason: Option<&str>,
    at_ms: i64,
) -> Result<Option<State>, LedgerError> {
    let state = state_of(change, id)?;
    if !from.contains(&state) {
        return Ok(Some(state));
    }
    change
        .prepare_cached("UPDATE donations SET state = ?2, reason = ?3, in_hand = 0 WHERE id = ?1")?
        .execute(params![id.0 as i64, to.name(), reason])?;
    note(change, id.0 as i64, at_ms, to, reason)?;
    Ok(None)
}

/// Writes a line of a donation's history.
fn note(
    change: &Transaction<'_>,
    id: i64,
    at_ms: i64,
    state: State,
    reason: Option<&str>,
) -> Result<(), LedgerError> {
    change
        .prepare_cached(
            "INSERT INTO changes (donation, at_ms, state, reason) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![id, at_ms, state.name(), reason])?;
    Ok(())
}

/// Keeps what was made for a donation.
fn keep(
    change: &Transaction<'_>,
    id: DonationId,
    column: &'static str,
    made: impl rusqlite::ToSql,
) -> Result<(), LedgerError> {
    change
        .prepare_cached(&format!(
            "INSERT INTO works (donation, {column}) VALUES (?1, ?2)
             ON CONFLICT (donation) DO UPDATE SET {column} = excluded.{column}"
        ))?
        .execute(params![id.0 as i64, made])?;
    Ok(())
}

fn state_of(connection: &Connection, id: DonationId) -> Result<State, LedgerError> {
    let mut query = connection.prepare_cached("SELECT state, id FROM donations WHERE id = ?1")?;
    let mut rows = query.query(params![id.0 as i64])?;
    match rows.next()? {
        None => Err(LedgerError::Unknown(id)),
        Some(row) => state_from(row, 0),
    }
}

fn card_is_due(connection: &Connection, id: DonationId) -> Result<bool, LedgerError> {
    state_of(connection, id)?;
    Ok(connection
        .prepare_cached("SELECT card_due FROM donations WHERE id = ?1")?
        .query_row(params![id.0 as i64], |row| row.get(0))?)
}

/// Takes a due card out of the queue; says whether one was due.
fn withdraw_card(change: &Transaction<'_>, id: DonationId) -> Result<bool, LedgerError> {
    let due = card_is_due(change, id)?;
    if due {
        change
            .prepare_cached("UPDATE donations SET card_due = 0 WHERE id = ?1")?
            .execute(params![id.0 as i64])?;
    }
    Ok(due)
}

fn state_from(row: &Row<'_>, column: usize) -> Result<State, LedgerError> {
    let name = row.get_ref(column)?.as_str().unwrap_or_default();
    State::parse(name).ok_or(LedgerError::Unreadable {
        id: row.get("id").unwrap_or_default(),
        column: "state",
    })
}

/// Reads the columns of [`DONATION_COLUMNS`], which must be the first of the row.
fn donation_from(row: &Row<'_>) -> Result<Donation, LedgerError> {
    let id: i64 = row.get(0)?;
    let currency: String = row.get(6)?;
    Ok(Donation {
        id: DonationId(id as u64),
        external: ExternalId {
            source: row.get(1)?,
            id: row.get(2)?,
        },
        donor: row.get::<_, Option<String>>(3)?.map(RawText::new),
        message: row.get::<_, Option<String>>(4)?.map(RawText::new),
        amount: Money {
            minor_units: row.get::<_, i64>(5)?.unsigned_abs(),
            currency: Currency::parse(&currency).ok_or(LedgerError::Unreadable {
                id,
                column: "currency",
            })?,
        },
        created_at: UnixTime(row.get(7)?),
    })
}
