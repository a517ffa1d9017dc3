//! What the operator decides about a single donation: again, or never.

use drawstream_core::donation::DonationId;
use rusqlite::params;

use super::{Ledger, LedgerError, Outcome, State};

impl Ledger {
    /// The operator wants it once more. Says where it goes on.
    ///
    /// One that has a painting (`shown`, `skipped` or `cleared` after it was ready) waits for the stage again;
    /// any other that has ended starts anew at the gate. One that has not ended is left as it is.
    ///
    /// # Errors
    /// Those of the database.
    pub fn retry(&mut self, id: DonationId, reason: &str) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let state = super::state_of(&change, id)?;
        let drawable = matches!(state, State::Shown | State::Skipped | State::Cleared)
            && change
                .prepare_cached(
                    "SELECT count(*) FROM works WHERE donation = ?1 AND plan IS NOT NULL",
                )?
                .query_row(params![id.0 as i64], |row| row.get::<_, i64>(0))?
                > 0;
        let ended: Vec<State> = State::ALL.into_iter().filter(|s| s.is_final()).collect();
        let to = if drawable {
            State::Ready
        } else {
            State::Received
        };
        if let Some(state) = super::advance(&change, id, &ended, to, Some(reason), at_ms)? {
            return Ok(Outcome::Overtaken(state));
        }
        change.execute(
            "UPDATE donations SET attempts = 0, interruptions = 0, card_due = 0, drawn = 0 WHERE id = ?1",
            params![id.0 as i64],
        )?;
        if !drawable {
            change.execute(
                "DELETE FROM works WHERE donation = ?1",
                params![id.0 as i64],
            )?;
        }
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The operator says no, whatever the gate said: → `refused`, with the show's own card.
    ///
    /// One that is on the stage is not touched: that is what skipping is for.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refuse(&mut self, id: DonationId, reason: &str) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let mut from = State::PREPARING.to_vec();
        from.push(State::Ready);
        let to = State::Refused;
        if let Some(state) = super::advance(&change, id, &from, to, Some(reason), at_ms)? {
            return Ok(Outcome::Overtaken(state));
        }
        change.execute(
            "UPDATE donations SET card_due = 1 WHERE id = ?1",
            params![id.0 as i64],
        )?;
        super::keep(&change, id, "plan", None::<&str>)?;
        change.commit()?;
        Ok(Outcome::Stored)
    }
}
