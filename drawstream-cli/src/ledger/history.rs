//! What the ledger remembers, for people: lists, single donations, and being forgotten.

use std::path::Path;

use drawstream_core::donation::{Donation, DonationId};
use rusqlite::{Connection, OpenFlags, Row, params};

use super::{Ledger, LedgerError, Origin, State, donation_from, state_from};

/// Which donations are wanted; what is `None` is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<State>,
    /// From this source.
    pub source: Option<String>,
    /// By the donor of exactly this name.
    pub donor: Option<String>,
    /// Taken at or after this moment, in milliseconds since 1970.
    pub since_ms: Option<i64>,
}

/// A donation and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The donation.
    pub donation: Donation,
    /// Where it stands.
    pub state: State,
    /// Why, where there is a reason.
    pub reason: Option<String>,
    /// Whether somebody paid.
    pub origin: Origin,
    /// When it was taken, in milliseconds since 1970.
    pub taken_at_ms: i64,
}

/// A step on a donation's way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Where it came to.
    pub state: State,
    /// Why, where there is a reason.
    pub reason: Option<String>,
}

/// A ledger that is only read, also while a program writes it.
#[derive(Debug)]
pub struct History {
    connection: Connection,
}

impl History {
    /// Opens the ledger at `path` for reading.
    ///
    /// # Errors
    /// Where there is none, or it was written by a later version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        if !path.exists() {
            return Err(LedgerError::File {
                path: path.to_owned(),
                source: std::io::ErrorKind::NotFound.into(),
            });
        }
        // A reader of a WAL database needs its shared memory, which a read-only connection cannot make; it is
        // the pragma that keeps this one from writing.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "query_only", true)?;
        super::schema::check(&connection)?;
        Ok(Self { connection })
    }

    /// The donations that are wanted, newest first, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list(&self, filter: &Filter, limit: usize) -> Result<Vec<Entry>, LedgerError> {
        let mut query = self.connection.prepare(&format!(
            "SELECT {}, state, reason, is_test, taken_at_ms FROM donations
             WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR source = ?2)
               AND (?3 IS NULL OR donor = ?3) AND (?4 IS NULL OR taken_at_ms >= ?4)
             ORDER BY id DESC LIMIT ?5",
            super::DONATION_COLUMNS
        ))?;
        let rows = query.query_map(
            params![
                filter.state.map(State::name),
                filter.source,
                filter.donor,
                filter.since_ms,
                i64::try_from(limit).unwrap_or(i64::MAX)
            ],
            |row| Ok(entry_from(row)),
        )?;
        rows.map(|row| row?).collect()
    }

    /// One donation.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] where there is none of that number.
    pub fn show(&self, id: DonationId) -> Result<(Entry, Vec<Change>), LedgerError> {
        let mut query = self.connection.prepare(&format!(
            "SELECT {}, state, reason, is_test, taken_at_ms FROM donations WHERE id = ?1",
            super::DONATION_COLUMNS
        ))?;
        let mut rows = query.query(params![id.0 as i64])?;
        let entry = entry_from(rows.next()?.ok_or(LedgerError::Unknown(id))?)?;
        let mut query = self.connection.prepare(
            "SELECT state, at_ms, reason, donation AS id FROM changes WHERE donation = ?1 ORDER BY changes.id",
        )?;
        let changes = query.query_map(params![id.0 as i64], |row| {
            Ok((state_from(row, 0), row.get(1)?, row.get(2)?))
        })?;
        let changes = changes.map(|change| {
            let (state, at_ms, reason) = change?;
            Ok(Change {
                at_ms,
                state: state?,
                reason,
            })
        });
        Ok((entry, changes.collect::<Result<_, LedgerError>>()?))
    }

    /// What is kept of the making of its picture.
    ///
    /// # Errors
    /// Those of the database.
    pub fn work(&self, id: DonationId) -> Result<super::Work, LedgerError> {
        super::preparing::work(&self.connection, id)
    }
}

impl Ledger {
    /// Lets go of scenes, pictures and plans of donations that have ended and were taken longer ago than `age`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn prune_older_than(&mut self, age: std::time::Duration) -> Result<u64, LedgerError> {
        let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let before_ms = self.now_ms().saturating_sub(age_ms);
        self.prune(before_ms)
    }

    /// Lets go of scenes, pictures and plans of donations that have ended and were taken before `before_ms`
    /// (milliseconds since 1970). The donations and their history stay. Says of how many.
    ///
    /// # Errors
    /// Those of the database.
    pub fn prune(&mut self, before_ms: i64) -> Result<u64, LedgerError> {
        let pruned = self.connection.execute(
            "DELETE FROM works WHERE donation IN (
                 SELECT id FROM donations WHERE taken_at_ms < ?1 AND card_due = 0
                 AND state IN ('shown', 'refused', 'thanked', 'failed', 'skipped', 'cleared'))",
            params![before_ms],
        )?;
        Ok(pruned as u64)
    }

    /// Forgets a person: words, names and everything made from them go from all donations of this name that have
    /// ended; sums and dates stay. Says how many donations that were.
    ///
    /// Freed space is overwritten, and the journal too, so that nothing is left in the file.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget(&mut self, donor: &str) -> Result<u64, LedgerError> {
        let change = self.change()?;
        let ended = "donor = ?1 AND card_due = 0
             AND state IN ('shown', 'refused', 'thanked', 'failed', 'skipped', 'cleared')";
        change.execute(
            &format!(
                "DELETE FROM works WHERE donation IN (SELECT id FROM donations WHERE {ended})"
            ),
            params![donor],
        )?;
        change.execute(
            &format!(
                "UPDATE changes SET reason = NULL
                 WHERE donation IN (SELECT id FROM donations WHERE {ended})"
            ),
            params![donor],
        )?;
        let forgotten = change.execute(
            &format!(
                "UPDATE donations SET donor = NULL, message = NULL, edited = NULL, audio_url = NULL, reason = NULL
                 WHERE {ended}"
            ),
            params![donor],
        )?;
        change.commit()?;
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(forgotten as u64)
    }
}

impl Ledger {
    /// The donations of this name that have ended, whose words [`Ledger::forget`] takes out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ended_of(&self, donor: &str) -> Result<Vec<DonationId>, LedgerError> {
        let mut query = self.connection.prepare_cached(
            "SELECT id FROM donations WHERE donor = ?1 AND card_due = 0
                 AND state IN ('shown', 'refused', 'thanked', 'failed', 'skipped', 'cleared')",
        )?;
        let ids = query.query_map(params![donor], |row| row.get::<_, i64>(0))?;
        ids.map(|id| Ok(DonationId(id?.unsigned_abs()))).collect()
    }

    /// How many donations of this name have not ended yet, cards included.
    ///
    /// # Errors
    /// Those of the database.
    pub fn on_their_way(&self, donor: &str) -> Result<u64, LedgerError> {
        let number: i64 = self.connection.query_row(
            "SELECT count(*) FROM donations WHERE donor = ?1 AND (card_due = 1
                 OR state NOT IN ('shown', 'refused', 'failed', 'thanked', 'skipped', 'cleared'))",
            params![donor],
            |row| row.get(0),
        )?;
        Ok(number.unsigned_abs())
    }
}

pub(super) fn entry_from(row: &Row<'_>) -> Result<Entry, LedgerError> {
    Ok(Entry {
        donation: donation_from(row)?,
        state: state_from(row, 8)?,
        reason: row.get(9)?,
        origin: row.get(10)?,
        taken_at_ms: row.get(11)?,
    })
}
