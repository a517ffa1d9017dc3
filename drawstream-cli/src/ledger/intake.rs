//! The ledger's door: donations are taken here, each once.

use drawstream_core::donation::{DonationId, ExternalId, Money, RawText, UnixTime};
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::house::{self, Entrance};
use super::{Ledger, LedgerError, State};

/// The longest text of a viewer that is kept, in characters; services cut far earlier.
const LONGEST_TEXT: usize = 20_000;

/// Leaves a word of a source.
const LEAVE: &str = "INSERT INTO bookmarks (source, name, value) VALUES (?1, ?2, ?3)
    ON CONFLICT (source, name) DO UPDATE SET value = excluded.value";

/// A donation as a source tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDonation {
    /// Who it is to its source: the key by which it is taken once.
    pub external: ExternalId,
    /// The donor's name; `None` for an anonymous one.
    pub donor: Option<RawText>,
    /// What was asked for; `None` where nothing was written, or it was spoken.
    pub message: Option<RawText>,
    /// Where a spoken message can be heard. Never part of a request.
    pub audio_url: Option<RawText>,
    /// What was paid, in the donor's own currency.
    pub amount: Money,
    /// The same in hundredths of the streamer's own currency, where the service says it.
    pub own_hundredths: Option<u64>,
    /// When the source says it was made.
    pub created_at: UnixTime,
    /// Whether somebody paid.
    pub origin: Origin,
}

/// Whether somebody paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Somebody did.
    Paid,
    /// The streamer tries something out: it is marked as a test, and counts for no sum.
    Trial,
}

impl FromSql for Origin {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(if value.as_i64()? == 0 {
            Self::Paid
        } else {
            Self::Trial
        })
    }
}

/// What became of a donation at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is new and stands in the ledger under this number.
    New(DonationId),
    /// It was taken or marked as known before.
    Known,
}

/// What the ledger knows of a donation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Familiarity {
    /// Nothing.
    New,
    /// It was taken under this number.
    Taken(DonationId),
    /// It was marked as known, and will not be drawn.
    Marked,
}

impl Ledger {
    /// Takes donations in one transaction and says of each, in the order given, whether it was new.
    ///
    /// New ones get their numbers in order of creation: by time, then by their source's id (as a number
    /// where both are numbers). When this returns `Ok`, they are on the disk.
    ///
    /// # Errors
    /// Those of the database; then none of them was taken.
    pub fn take(&mut self, donations: &[NewDonation]) -> Result<Vec<Taken>, LedgerError> {
        let at_ms = self.now_ms();
        let mut order: Vec<usize> = (0..donations.len()).collect();
        order.sort_by(|&a, &b| creation_key(&donations[a]).cmp(&creation_key(&donations[b])));
        let mut taken = vec![Taken::Known; donations.len()];
        let rules = self.house.clone();
        let change = self.change()?;
        for index in order {
            let donation = &donations[index];
            if familiarity(&change, &donation.external)? == Familiarity::New {
                let entrance = house::receive(&change, &rules, donation, at_ms)?;
                taken[index] = Taken::New(insert(&change, donation, &entrance, at_ms)?);
            }
        }
        change.commit()?;
        Ok(taken)
    }

    /// Marks donations as known without taking them: they will never be drawn. And leaves words of `source` for its
    /// next start, by name; both or neither.
    ///
    /// # Errors
    /// Those of the database.
    pub fn settle(
        &mut self,
        donations: &[ExternalId],
        source: &str,
        bookmarks: &[(&str, String)],
    ) -> Result<(), LedgerError> {
        let change = self.change()?;
        {
            let mut insert = change.prepare_cached(
                "INSERT OR IGNORE INTO known (source, external_id) VALUES (?1, ?2)",
            )?;
            for external in donations {
                insert.execute(params![external.source, external.id])?;
            }
            let mut leave = change.prepare_cached(LEAVE)?;
            for (name, value) in bookmarks {
                leave.execute(params![source, name, value])?;
            }
        }
        change.commit()?;
        Ok(())
    }

    /// Says of each what is known of it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn familiar(&self, donations: &[ExternalId]) -> Result<Vec<Familiarity>, LedgerError> {
        donations
            .iter()
            .map(|external| Ok(familiarity(&self.connection, external)?))
            .collect()
    }

    /// The last number that was given to a donation; 0 before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_id(&self) -> Result<DonationId, LedgerError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT coalesce(max(id), 0) FROM donations")?;
        let id: i64 = query.query_row([], |row| row.get(0))?;
        Ok(DonationId(id as u64))
    }

    /// A word that a source left for its next start, such as where it stopped reading.
    ///
    /// # Errors
    /// Those of the database.
    pub fn bookmark(&self, source: &str, name: &str) -> Result<Option<String>, LedgerError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT value FROM bookmarks WHERE source = ?1 AND name = ?2")?;
        Ok(query
            .query_row(params![source, name], |row| row.get(0))
            .optional()?)
    }

    /// Leaves a word for the next start.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_bookmark(
        &mut self,
        source: &str,
        name: &str,
        value: &str,
    ) -> Result<(), LedgerError> {
        let mut leave = self.connection.prepare_cached(LEAVE)?;
        leave.execute(params![source, name, value])?;
        Ok(())
    }
}

/// Donations of one second are told apart by id, which the services count upwards.
fn creation_key(donation: &NewDonation) -> (UnixTime, &str, Option<u64>, &str) {
    let id = &donation.external.id;
    (
        donation.created_at,
        &donation.external.source,
        id.parse().ok(),
        id,
    )
}

fn familiarity(
    connection: &rusqlite::Connection,
    external: &ExternalId,
) -> rusqlite::Result<Familiarity> {
    let taken: Option<i64> = connection
        .prepare_cached("SELECT id FROM donations WHERE source = ?1 AND external_id = ?2")?
        .query_row(params![external.source, external.id], |row| row.get(0))
        .optional()?;
    if let Some(id) = taken {
        return Ok(Familiarity::Taken(DonationId(id as u64)));
    }
    let marked: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM known WHERE source = ?1 AND external_id = ?2)",
        )?
        .query_row(params![external.source, external.id], |row| row.get(0))?;
    Ok(if marked {
        Familiarity::Marked
    } else {
        Familiarity::New
    })
}

fn insert(
    change: &Transaction<'_>,
    donation: &NewDonation,
    entrance: &Entrance,
    at_ms: i64,
) -> Result<DonationId, LedgerError> {
    let text = |text: &Option<RawText>| {
        text.as_ref()
            .map(|text| text.expose().chars().take(LONGEST_TEXT).collect::<String>())
    };
    let id = change
        .prepare_cached(
            "INSERT INTO donations (source, external_id, donor, message, audio_url, minor_units, currency,
                 own_hundredths, created_at_s, taken_at_ms, is_test, state, reason, card_due, turn_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .insert(params![
            donation.external.source,
            donation.external.id,
            text(&donation.donor),
            text(&donation.message),
            text(&donation.audio_url),
            storable(donation.amount.minor_units),
            donation.amount.currency.code(),
            donation.own_hundredths.map(storable),
            donation.created_at.0,
            at_ms,
            donation.origin == Origin::Trial,
            entrance.state.name(),
            entrance.reason,
            entrance.is_card_due,
            entrance.turn_ms,
        ])?;
    super::note(change, id, at_ms, State::Received, None)?;
    if entrance.state != State::Received {
        let reason = entrance.reason.as_deref();
        super::note(change, id, at_ms, entrance.state, reason)?;
    }
    Ok(DonationId(id as u64))
}

/// SQLite counts to 2⁶³: more money than that is a service's mistake, and must not stop the others.
fn storable(minor_units: u64) -> i64 {
    i64::try_from(minor_units).unwrap_or(i64::MAX)
}
