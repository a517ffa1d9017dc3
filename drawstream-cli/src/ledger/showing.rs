//! The stage's side of the ledger: what waits to be drawn, in order, and what the operator does to it.

use drawstream_core::donation::{Donation, DonationId};
use rusqlite::{Row, params};

use super::{
    Ledger, LedgerError, MOST_ATTEMPTS, Origin, Outcome, State, donation_from, state_from,
};

/// What the stage is to show of a donation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Its painting, stroke by stroke.
    Painting,
    /// Its finished painting, for its stay: it was drawn to the end before the program ended.
    Finished,
    /// The card of a request that was refused.
    RefusalCard,
    /// The card of a request that could not be made.
    FailureCard,
    /// The thanks for what is not painted.
    ThanksCard,
}

/// A donation whose turn on the stage will come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The donation.
    pub donation: Donation,
    /// What will be shown.
    pub act: Act,
    /// Whether somebody paid.
    pub origin: Origin,
}

/// What marks a turn on the stage: an operator who wants a donation once more gives it another turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(i64);

/// A donation of the queue, whatever its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The donation.
    pub donation: Donation,
    /// Where it stands.
    pub state: State,
    /// Whether a card is still to be shown of it.
    pub card_due: bool,
    /// Whether somebody paid.
    pub origin: Origin,
}

/// How many donations are where. The one being drawn is in none of the waiting numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken, and not ready yet.
    pub preparing: u64,
    /// Ready for the stage.
    pub ready: u64,
    /// Cards that are due.
    pub cards: u64,
    /// Waiting for a person's approval.
    pub held: u64,
    /// Those of them that are painted.
    pub painted: u64,
    /// On the stage: none or one.
    pub drawing: u64,
    /// Drawn and held to the end, ever.
    pub shown: u64,
}

impl Counts {
    /// All that wait for the stage, prepared or not.
    pub const fn waiting(&self) -> u64 {
        self.preparing + self.ready + self.cards
    }

    /// Those that are prepared and wait, for the stage or for a person: what the limit of the queue is about.
    pub const fn prepared(&self) -> u64 {
        self.ready + self.cards + self.painted
    }
}

const WAITING: &str = "FROM donations WHERE state = 'ready' OR card_due = 1";

impl Ledger {
    /// What is prepared and waits for the stage, in the order in which it came, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ready_in_order(&self, limit: usize) -> Result<Vec<Waiting>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {} , state, is_test, drawn {WAITING} ORDER BY {} LIMIT ?1",
            super::DONATION_COLUMNS,
            self.in_turn()
        ))?;
        let mut rows = query.query(params![limit as i64])?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next()? {
            waiting.push(waiting_from(row)?);
        }
        Ok(waiting)
    }

    /// The turns of what is prepared and waits for the stage, in the order in which it came, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn turns(&self, limit: usize) -> Result<Vec<(DonationId, Turn)>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT id, (SELECT max(changes.id) FROM changes WHERE donation = donations.id)
             {WAITING} ORDER BY {} LIMIT ?1",
            self.in_turn()
        ))?;
        let turns = query.query_map(params![limit as i64], |row| {
            let id: i64 = row.get(0)?;
            let turn: Option<i64> = row.get(1)?;
            Ok((
                DonationId(id.unsigned_abs()),
                Turn(turn.unwrap_or_default()),
            ))
        })?;
        Ok(turns.collect::<Result<_, _>>()?)
    }

    /// The turn of a donation, if it is prepared and waits for the stage.
    ///
    /// # Errors
    /// Those of the database.
    pub fn turn(&self, id: DonationId) -> Result<Option<Turn>, LedgerError> {
        let mut query = self.connection.prepare_cached(
            "SELECT max(changes.id) FROM changes JOIN donations ON donations.id = donation
             WHERE donation = ?1 AND (donations.state = 'ready' OR card_due = 1)",
        )?;
        let turn: Option<i64> = query.query_row(params![id.0 as i64], |row| row.get(0))?;
        Ok(turn.map(Turn))
    }

    /// One donation, if it is prepared and waits for the stage.
    ///
    /// # Errors
    /// Those of the database.
    pub fn waiting(&self, id: DonationId) -> Result<Option<Waiting>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {} , state, is_test, drawn FROM donations
             WHERE id = ?1 AND (state = 'ready' OR card_due = 1)",
            super::DONATION_COLUMNS
        ))?;
        let mut rows = query.query(params![id.0 as i64])?;
        rows.next()?.map(waiting_from).transpose()
    }

    /// All donations that are not done with, the one on the stage first, at most `limit`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn queue(&self, limit: usize) -> Result<Vec<Queued>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {} , state, card_due, is_test FROM donations
             WHERE state IN ('received', 'gated', 'planned', 'painted', 'ready', 'drawing') OR card_due = 1
             ORDER BY state = 'drawing' DESC, {} LIMIT ?1",
            super::DONATION_COLUMNS,
            self.in_turn()
        ))?;
        let rows = query.query_map(params![limit as i64], |row| Ok(queued_from(row)))?;
        rows.map(|row| row?).collect()
    }

    /// How many donations are where.
    ///
    /// # Errors
    /// Those of the database.
    pub fn counts(&self) -> Result<Counts, LedgerError> {
        let mut counts = Counts::default();
        let mut query = self
            .connection
            .prepare_cached("SELECT state, count(*) FROM donations GROUP BY state")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let number = row.get::<_, i64>(1)?.unsigned_abs();
            match state_from(row, 0)? {
                State::Ready => counts.ready += number,
                State::Drawing => counts.drawing += number,
                State::Held => counts.held += number,
                State::Shown => counts.shown += number,
                state if State::PREPARING.contains(&state) => counts.preparing += number,
                _ => {}
            }
        }
        let cards: i64 = self
            .connection
            .prepare_cached("SELECT count(*) FROM donations WHERE card_due = 1")?
            .query_row([], |row| row.get(0))?;
        counts.cards = cards.unsigned_abs();
        if counts.held > 0 {
            let painted: i64 = self
                .connection
                .prepare_cached(
                    "SELECT count(*) FROM donations JOIN works ON works.donation = donations.id
                     WHERE state = 'held' AND plan IS NOT NULL",
                )?
                .query_row([], |row| row.get(0))?;
            counts.painted = painted.unsigned_abs();
        }
        Ok(counts)
    }

    /// How many donations stand in each state; states without any are left out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn census(&self) -> Result<Vec<(State, u64)>, LedgerError> {
        let mut query = self
            .connection
            .prepare_cached("SELECT state, count(*), 0 AS id FROM donations GROUP BY state")?;
        let rows = query.query_map([], |row| Ok((state_from(row, 0), row.get::<_, i64>(1)?)))?;
        rows.map(|row| {
            let (state, number) = row?;
            Ok((state?, number.unsigned_abs()))
        })
        .collect()
    }

    /// Its turn has come: `ready → drawing`. A card stays what it is until [`Self::shown`].
    ///
    /// # Errors
    /// Those of the database.
    pub fn start_drawing(&mut self, id: DonationId) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        if super::card_is_due(&change, id)? {
            return Ok(Outcome::Stored);
        }
        if let Some(state) =
            super::advance(&change, id, &[State::Ready], State::Drawing, None, at_ms)?
        {
            return Ok(Outcome::Overtaken(state));
        }
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The last stroke is down, or about to be: from now on a crash has it held once more, and not drawn again.
    ///
    /// # Errors
    /// Those of the database.
    pub fn drawn(&mut self, id: DonationId) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let state = super::state_of(&change, id)?;
        if state != State::Drawing {
            return Ok(Outcome::Overtaken(state));
        }
        let reason = Some("drawn to the end");
        super::note(&change, id.0 as i64, at_ms, State::Drawing, reason)?;
        change.execute(
            "UPDATE donations SET drawn = 1, interruptions = 0 WHERE id = ?1",
            params![id.0 as i64],
        )?;
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The stage broke while it was on: → `ready`, for another try; the third time → `failed`, with a card.
    ///
    /// # Errors
    /// Those of the database.
    pub fn broke(&mut self, id: DonationId) -> Result<Outcome, LedgerError> {
        const REASON: &str = "the stage broke while it was on";
        let at_ms = self.now_ms();
        let change = self.change()?;
        if super::card_is_due(&change, id)? {
            super::withdraw_card(&change, id)?;
            change.commit()?;
            return Ok(Outcome::Stored);
        }
        let from = [State::Drawing];
        let (to, reason) = (State::Ready, Some(REASON));
        if let Some(state) = super::advance(&change, id, &from, to, reason, at_ms)? {
            return Ok(Outcome::Overtaken(state));
        }
        let attempts: u32 = change.query_row(
            "UPDATE donations SET attempts = attempts + 1 WHERE id = ?1 RETURNING attempts",
            params![id.0 as i64],
            |row| row.get(0),
        )?;
        if attempts >= MOST_ATTEMPTS {
            // From here on it is as if it had never been ready.
            change.execute(
                "UPDATE donations SET state = 'painted', drawn = 0 WHERE id = ?1",
                params![id.0 as i64],
            )?;
            let failed = State::Failed;
            let _ = super::preparing::end_with_card(&change, id, failed, REASON, None, at_ms)?;
        }
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// It was drawn and held to the end: `drawing → shown`; or its card was shown.
    ///
    /// # Errors
    /// Those of the database.
    pub fn shown(&mut self, id: DonationId) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        if !super::withdraw_card(&change, id)? {
            let from = [State::Drawing];
            if let Some(state) = super::advance(&change, id, &from, State::Shown, None, at_ms)? {
                return Ok(Outcome::Overtaken(state));
            }
            change.execute(
                "UPDATE donations SET interruptions = 0, drawn = 0 WHERE id = ?1",
                params![id.0 as i64],
            )?;
        }
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The operator ends it, wherever it stands: → `skipped`; a card is just not shown.
    ///
    /// # Errors
    /// Those of the database.
    pub fn skip(&mut self, id: DonationId, reason: &str) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        if !super::withdraw_card(&change, id)? {
            let from: Vec<State> = State::ALL.into_iter().filter(|s| !s.is_final()).collect();
            let reason = Some(reason);
            if let Some(state) = super::advance(&change, id, &from, State::Skipped, reason, at_ms)?
            {
                return Ok(Outcome::Overtaken(state));
            }
        }
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The operator empties the queue: all that wait → `cleared`, and no card is due. The one on the stage stays.
    ///
    /// Says how many donations and cards left the queue.
    ///
    /// # Errors
    /// Those of the database.
    pub fn clear(&mut self, reason: &str) -> Result<u64, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let waiting = "state IN ('received', 'gated', 'planned', 'painted', 'ready')";
        change.execute(
            &format!(
                "INSERT INTO changes (donation, at_ms, state, reason)
                 SELECT id, ?1, 'cleared', ?2 FROM donations WHERE {waiting}"
            ),
            params![at_ms, reason],
        )?;
        let cleared = change.execute(
            &format!(
                "UPDATE donations SET state = 'cleared', reason = ?1, in_hand = 0 WHERE {waiting}"
            ),
            params![reason],
        )?;
        let cards = change.execute("UPDATE donations SET card_due = 0 WHERE card_due = 1", [])?;
        change.commit()?;
        Ok((cleared + cards) as u64)
    }
}

/// Reads the donation's columns, its state, whether it is a trial, and whether it was drawn to the end.
fn waiting_from(row: &Row<'_>) -> Result<Waiting, LedgerError> {
    Ok(Waiting {
        donation: donation_from(row)?,
        act: match state_from(row, 8)? {
            State::Refused => Act::RefusalCard,
            State::Failed => Act::FailureCard,
            State::Thanked => Act::ThanksCard,
            _ if row.get(10)? => Act::Finished,
            _ => Act::Painting,
        },
        origin: row.get(9)?,
    })
}

fn queued_from(row: &Row<'_>) -> Result<Queued, LedgerError> {
    Ok(Queued {
        donation: donation_from(row)?,
        state: state_from(row, 8)?,
        card_due: row.get(9)?,
        origin: row.get(10)?,
    })
}
