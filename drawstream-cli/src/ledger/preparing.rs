//! The studio's side of the ledger: which donation is next, and what was made of it.

use drawstream_core::donation::{Donation, DonationId};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{Approved, Ledger, LedgerError, Origin, Outcome, State, donation_from, state_from};

/// After so many failed tries a donation is `failed`, with a card instead of a picture.
pub const MOST_ATTEMPTS: u32 = 3;

/// After the program died so often over one step of one donation, that donation is taken for the cause.
///
/// It is more than [`MOST_ATTEMPTS`], since a streamer's machine may be switched off for any reason.
pub const MOST_INTERRUPTIONS: u32 = 10;

/// A donation that the studio should go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToPrepare {
    /// The donation.
    pub donation: Donation,
    /// How far it is: one of [`State::PREPARING`].
    pub state: State,
    /// How many tries failed so far: fewer than [`MOST_ATTEMPTS`].
    pub attempts: u32,
    /// A spoken message: there is no text to draw from.
    pub is_audio: bool,
    /// What was paid in hundredths of the streamer's own currency, where known.
    pub own_hundredths: Option<u64>,
    /// Whether somebody paid.
    pub origin: Origin,
    /// Whether a person has said already that it may be seen.
    pub approved: Approved,
}

/// What is kept of the making of a donation's picture; what is not made yet, or no longer kept, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The gate's verdicts, as JSON.
    pub verdict: Option<String>,
    /// The planner's scene, as JSON.
    pub scene: Option<String>,
    /// The painter's picture, as PNG.
    pub picture: Option<Vec<u8>>,
    /// The plan of strokes or of the card, as Canvas-DSL.
    pub plan: Option<String>,
}

/// What follows from a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It will be offered again by [`Ledger::next_to_prepare`].
    Again {
        /// How many tries are left.
        left: u32,
    },
    /// It has failed, and its card is due.
    GivenUp,
    /// It is not being prepared any more: the operator was faster.
    Overtaken(State),
}

impl Ledger {
    /// The first donation that is neither prepared nor in `busy`, in the order in which they came.
    ///
    /// `busy` holds those that the studio has in hand, and those whose next try it puts off.
    ///
    /// # Errors
    /// Those of the database.
    pub fn next_to_prepare(&self, busy: &[DonationId]) -> Result<Option<ToPrepare>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {}, state, attempts, audio_url IS NOT NULL AND edited IS NULL, own_hundredths, is_test, approved
             FROM donations WHERE state IN ('received', 'gated', 'planned', 'painted') ORDER BY {}",
            super::DONATION_COLUMNS,
            self.in_turn(),
        ))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let donation = match donation_from(row) {
                // A row that nobody can read holds up no other.
                Err(LedgerError::Unreadable { .. }) => continue,
                read => read?,
            };
            if busy.contains(&donation.id) {
                continue;
            }
            return Ok(Some(ToPrepare {
                donation,
                state: state_from(row, 8)?,
                attempts: row.get(9)?,
                is_audio: row.get(10)?,
                own_hundredths: row.get::<_, Option<i64>>(11)?.map(i64::unsigned_abs),
                origin: row.get(12)?,
                approved: row.get(13)?,
            }));
        }
        Ok(None)
    }

    /// What the studio had in hand when the program ended last, in order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn interrupted(&self) -> Result<Vec<DonationId>, LedgerError> {
        Ok(self.interrupted.clone())
    }

    /// Notes that work on a donation begins, so that a program that dies over it is known by it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin(&mut self, id: DonationId) -> Result<Outcome, LedgerError> {
        let change = self.change()?;
        let state = super::state_of(&change, id)?;
        if !State::PREPARING.contains(&state) {
            return Ok(Outcome::Overtaken(state));
        }
        change.execute(
            "UPDATE donations SET in_hand = 1 WHERE id = ?1",
            params![id.0 as i64],
        )?;
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The gate has let it through: `received → gated`, with its verdicts as JSON.
    ///
    /// # Errors
    /// Those of the database.
    pub fn gated(&mut self, id: DonationId, verdict_json: &str) -> Result<Outcome, LedgerError> {
        self.progress(
            id,
            &[State::Received],
            State::Gated,
            "verdict",
            verdict_json,
        )
    }

    /// There is a scene: `gated → planned`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn planned(&mut self, id: DonationId, scene_json: &str) -> Result<Outcome, LedgerError> {
        self.progress(id, &[State::Gated], State::Planned, "scene", scene_json)
    }

    /// There is a picture: `planned → painted`; or another one in the place of one that must not be used.
    ///
    /// # Errors
    /// Those of the database.
    pub fn painted(&mut self, id: DonationId, picture_png: &[u8]) -> Result<Outcome, LedgerError> {
        self.progress(
            id,
            &[State::Planned, State::Painted],
            State::Painted,
            "picture",
            picture_png,
        )
    }

    /// There is a plan, and it waits for the stage: `painted → ready`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ready(&mut self, id: DonationId, plan_json: &str) -> Result<Outcome, LedgerError> {
        self.progress(id, &[State::Painted], State::Ready, "plan", plan_json)
    }

    /// There is a plan, and a person has to approve it before it may be seen: `painted → held`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn held(&mut self, id: DonationId, plan_json: &str) -> Result<Outcome, LedgerError> {
        self.progress(id, &[State::Painted], State::Held, "plan", plan_json)
    }

    /// The gate or the planner said no: → `refused`, and `card_json` (a plan) is due on the stage.
    ///
    /// `reason` is for the operator and must not hold the viewer's words.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refused(
        &mut self,
        id: DonationId,
        reason: &str,
        card_json: &str,
    ) -> Result<Outcome, LedgerError> {
        self.end(id, State::Refused, reason, card_json)
    }

    /// It can never be made: → `failed` at once, and `card_json` is due on the stage.
    ///
    /// # Errors
    /// Those of the database.
    pub fn failed(
        &mut self,
        id: DonationId,
        reason: &str,
        card_json: &str,
    ) -> Result<Outcome, LedgerError> {
        self.end(id, State::Failed, reason, card_json)
    }

    /// Notes a failed try. The third makes it `failed`, and `card_json` is due on the stage.
    ///
    /// # Errors
    /// Those of the database.
    pub fn attempt_failed(
        &mut self,
        id: DonationId,
        reason: &str,
        card_json: &str,
    ) -> Result<Attempt, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let state = super::state_of(&change, id)?;
        if !State::PREPARING.contains(&state) {
            return Ok(Attempt::Overtaken(state));
        }
        let attempts: u32 = change.query_row(
            "UPDATE donations SET attempts = attempts + 1, in_hand = 0 WHERE id = ?1 RETURNING attempts",
            params![id.0 as i64],
            |row| row.get(0),
        )?;
        let attempt = if attempts < MOST_ATTEMPTS {
            super::note(&change, id.0 as i64, at_ms, state, Some(reason))?;
            Attempt::Again {
                left: MOST_ATTEMPTS - attempts,
            }
        } else {
            let _ = end_with_card(&change, id, State::Failed, reason, Some(card_json), at_ms)?;
            Attempt::GivenUp
        };
        change.commit()?;
        Ok(attempt)
    }

    /// What is kept of the making of a donation's picture.
    ///
    /// # Errors
    /// Those of the database.
    pub fn work(&self, id: DonationId) -> Result<Work, LedgerError> {
        work(&self.connection, id)
    }

    fn progress(
        &mut self,
        id: DonationId,
        from: &[State],
        to: State,
        column: &'static str,
        made: impl rusqlite::ToSql,
    ) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        if let Some(state) = super::advance(&change, id, from, to, None, at_ms)? {
            return Ok(Outcome::Overtaken(state));
        }
        let in_hand = State::PREPARING.contains(&to);
        change.execute(
            "UPDATE donations SET interruptions = 0, in_hand = ?2 WHERE id = ?1",
            params![id.0 as i64, in_hand],
        )?;
        super::keep(&change, id, column, made)?;
        change.commit()?;
        Ok(Outcome::Stored)
    }

    fn end(
        &mut self,
        id: DonationId,
        to: State,
        reason: &str,
        card_json: &str,
    ) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let outcome = end_with_card(&change, id, to, reason, Some(card_json), at_ms)?;
        change.commit()?;
        Ok(outcome)
    }
}

/// Ends the preparing of a donation with a card that the stage still has to show.
///
/// Without `card_json` the stage shows its own.
pub(super) fn end_with_card(
    change: &Transaction<'_>,
    id: DonationId,
    to: State,
    reason: &str,
    card_json: Option<&str>,
    at_ms: i64,
) -> Result<Outcome, LedgerError> {
    let from = &State::PREPARING;
    if let Some(state) = super::advance(change, id, from, to, Some(reason), at_ms)? {
        return Ok(Outcome::Overtaken(state));
    }
    change.execute(
        "UPDATE donations SET card_due = 1 WHERE id = ?1",
        params![id.0 as i64],
    )?;
    super::keep(change, id, "plan", card_json)?;
    Ok(Outcome::Stored)
}

pub(super) fn work(connection: &Connection, id: DonationId) -> Result<Work, LedgerError> {
    let mut query = connection
        .prepare_cached("SELECT verdict, scene, picture, plan FROM works WHERE donation = ?1")?;
    let work = query.query_row(params![id.0 as i64], |row| {
        Ok(Work {
            verdict: row.get(0)?,
            scene: row.get(1)?,
            picture: row.get(2)?,
            plan: row.get(3)?,
        })
    });
    Ok(work.optional()?.unwrap_or_default())
}
