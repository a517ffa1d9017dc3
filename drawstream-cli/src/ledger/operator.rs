//! What the operator decides about a single donation: that it may be seen, when, as what, again, or never.

use drawstream_core::donation::DonationId;
use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Ledger, LedgerError, Outcome, State};

/// The verdict about what a person wants painted where no planner gave one.
const BY_PERSON: &str = r#"{"call":"allow","by":"person"}"#;

/// Whether a person has said that a donation may be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Approved {
    /// Nobody has.
    #[default]
    NotYet,
    /// Somebody has.
    Yes,
}

impl FromSql for Approved {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value.as_i64()? {
            0 => Self::NotYet,
            _ => Self::Yes,
        })
    }
}

impl Ledger {
    /// No planner gave a verdict, and a person has to: `gated → held`, with nothing made of it.
    ///
    /// `reason` is for the operator and must not hold the viewer's words.
    ///
    /// # Errors
    /// Those of the database.
    pub fn undecided(&mut self, id: DonationId, reason: &str) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let (from, to) = (&[State::Gated], State::Held);
        if let Some(state) = super::advance(&change, id, from, to, Some(reason), at_ms)? {
            return Ok(Outcome::Overtaken(state));
        }
        change.execute(
            "UPDATE donations SET interruptions = 0 WHERE id = ?1",
            params![id.0 as i64],
        )?;
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// Whether a person has said that it may be painted, so that no planner's verdict is needed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_vouched_for(&self, id: DonationId) -> Result<bool, LedgerError> {
        Ok(column(&self.connection, id, "verdict")?.as_deref() == Some(BY_PERSON))
    }

    /// A person says that it may be seen: `held → ready`; one that is still being made will not be held. One that no
    /// planner gave a verdict about may be painted now, and goes on at the gate: `held → gated`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn approve(&mut self, id: DonationId) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let is_held = super::state_of(&change, id)? == State::Held;
        if is_held && column(&change, id, "plan")?.is_none() {
            let (from, reason) = (&[State::Held], Some("a person says that it may be painted"));
            let _ = super::advance(&change, id, from, State::Gated, reason, at_ms)?;
            super::keep(&change, id, "verdict", BY_PERSON)?;
            change.commit()?;
            return Ok(Outcome::Stored);
        }
        drop(change);
        self.judge(id, Approved::Yes, State::Held, State::Ready)
    }

    /// A person takes that back: `ready → held`; one that is still being made will be held. One that is made because
    /// a person said so waits for a person again, with nothing made of it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn disapprove(&mut self, id: DonationId) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let is_vouched_for = self.is_vouched_for(id)?;
        let change = self.change()?;
        let state = super::state_of(&change, id)?;
        if is_vouched_for && State::PREPARING.contains(&state) {
            let reason = Some("the approval was taken back");
            let _ = super::advance(&change, id, &[state], State::Held, reason, at_ms)?;
            change.execute(
                "DELETE FROM works WHERE donation = ?1",
                params![id.0 as i64],
            )?;
            change.commit()?;
            return Ok(Outcome::Stored);
        }
        drop(change);
        self.judge(id, Approved::NotYet, State::Ready, State::Held)
    }

    fn judge(
        &mut self,
        id: DonationId,
        approved: Approved,
        from: State,
        to: State,
    ) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let state = super::state_of(&change, id)?;
        if state == from {
            let reason = match approved {
                Approved::Yes => "approved",
                Approved::NotYet => "the approval was taken back",
            };
            let _ = super::advance(&change, id, &[from], to, Some(reason), at_ms)?;
        } else if state != to && !State::PREPARING.contains(&state) {
            return Ok(Outcome::Overtaken(state));
        }
        change.execute(
            "UPDATE donations SET approved = ?2 WHERE id = ?1",
            params![id.0 as i64, approved == Approved::Yes],
        )?;
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The operator has it painted from other words, or with `None` from the donor's own again: everything that was
    /// made of it goes, and it starts anew at the gate. One that is on the stage is left as it is.
    ///
    /// # Errors
    /// Those of the database.
    pub fn edit(&mut self, id: DonationId, words: Option<&str>) -> Result<Outcome, LedgerError> {
        let at_ms = self.now_ms();
        let change = self.change()?;
        let from: Vec<State> = State::ALL
            .into_iter()
            .filter(|&state| state != State::Drawing)
            .collect();
        let reason = Some("the operator changed the words");
        if let Some(state) = super::advance(&change, id, &from, State::Received, reason, at_ms)? {
            return Ok(Outcome::Overtaken(state));
        }
        change.execute(
            "UPDATE donations SET edited = ?2, approved = 0, attempts = 0, interruptions = 0, card_due = 0, drawn = 0
             WHERE id = ?1",
            params![id.0 as i64, words],
        )?;
        change.execute(
            "DELETE FROM works WHERE donation = ?1",
            params![id.0 as i64],
        )?;
        change.commit()?;
        Ok(Outcome::Stored)
    }

    /// The operator gives it the turn `to` among those that wait, 0 being the next; past the end is the end. Says
    /// which turn it had, or `None` where it does not wait.
    ///
    /// # Errors
    /// Those of the database.
    pub fn move_to(&mut self, id: DonationId, to: usize) -> Result<Option<usize>, LedgerError> {
        let (key, order) = (self.turn_key(), self.in_turn());
        let change = self.change()?;
        super::state_of(&change, id)?;
        let mut waiting: Vec<(i64, i64)> = {
            let mut query = change.prepare_cached(&format!(
                "SELECT id, {key} FROM donations
                 WHERE state IN ('received', 'gated', 'planned', 'painted', 'ready') OR card_due = 1
                 ORDER BY {order}"
            ))?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let Some(from) = waiting.iter().position(|&(other, _)| other == id.0 as i64) else {
            return Ok(None);
        };
        // The turns stay, and are dealt out anew: nothing that does not wait is passed by.
        let turns: Vec<i64> = waiting.iter().map(|&(_, turn)| turn).collect();
        let moved = waiting.remove(from);
        waiting.insert(to.min(waiting.len()), moved);
        {
            let mut update =
                change.prepare_cached("UPDATE donations SET place = ?2 WHERE id = ?1")?;
            for (&(other, before), turn) in waiting.iter().zip(turns) {
                if before != turn {
                    update.execute(params![other, turn])?;
                }
            }
        }
        change.commit()?;
        Ok(Some(from))
    }

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
        from.extend([State::Held, State::Ready]);
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

/// What is kept of a donation's making, as text.
fn column(
    connection: &Connection,
    id: DonationId,
    column: &'static str,
) -> Result<Option<String>, LedgerError> {
    let kept = connection
        .prepare_cached(&format!("SELECT {column} FROM works WHERE donation = ?1"))?
        .query_row(params![id.0 as i64], |row| row.get(0))
        .optional()?;
    Ok(kept.flatten())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use drawstream_core::donation::{Currency, ExternalId, Money, RawText, UnixTime};

    use super::super::{NewDonation, Shelf};
    use super::*;

    fn ledger(folder: &Path, donations: u64) -> Ledger {
        let (mut ledger, _) = Ledger::open(&folder.join("ledger.db")).unwrap();
        let new = |number: u64| NewDonation {
            external: ExternalId {
                source: "console".to_owned(),
                id: number.to_string(),
            },
            donor: None,
            message: Some(RawText::new("a cat")),
            audio_url: None,
            amount: Money {
                minor_units: 100,
                currency: Currency::parse("EUR").unwrap(),
            },
            own_hundredths: None,
            created_at: UnixTime(number as i64),
            origin: super::super::Origin::Paid,
        };
        let all: Vec<_> = (1..=donations).map(new).collect();
        ledger.take(&all).unwrap();
        ledger
    }

    fn paint(ledger: &mut Ledger, id: DonationId) {
        assert_eq!(ledger.gated(id, "{}").unwrap(), Outcome::Stored);
        assert_eq!(ledger.planned(id, "{}").unwrap(), Outcome::Stored);
        assert_eq!(ledger.painted(id, b"PNG").unwrap(), Outcome::Stored);
    }

    fn turns(ledger: &Ledger) -> Vec<u64> {
        let waiting = ledger.shelf(Shelf::Waiting, 0, 10).unwrap();
        waiting.iter().map(|row| row.entry.donation.id.0).collect()
    }

    #[test]
    fn what_is_held_reaches_the_stage_only_by_an_approval_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let id = DonationId(1);
        let mut ledger = ledger(folder.path(), 1);
        paint(&mut ledger, id);
        assert_eq!(ledger.held(id, "plan").unwrap(), Outcome::Stored);
        ledger.close().unwrap();
        let (mut ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        assert_eq!(ledger.ready_in_order(9).unwrap(), []);
        assert_eq!(ledger.next_to_prepare(&[]).unwrap(), None);
        assert_eq!(ledger.counts().unwrap().prepared(), 1);
        assert_eq!(
            ledger.start_drawing(id).unwrap(),
            Outcome::Overtaken(State::Held)
        );
        assert_eq!(ledger.approve(id).unwrap(), Outcome::Stored);
        assert_eq!(ledger.ready_in_order(9).unwrap().len(), 1);
        assert_eq!(ledger.look(id).unwrap().approved, Approved::Yes);
        assert_eq!(ledger.disapprove(id).unwrap(), Outcome::Stored);
        assert_eq!(ledger.state(id).unwrap(), State::Held);
        assert_eq!(ledger.refuse(id, "no").unwrap(), Outcome::Stored);
        assert_eq!(
            ledger.approve(id).unwrap(),
            Outcome::Overtaken(State::Refused)
        );
    }

    #[test]
    fn what_nobody_gave_a_verdict_about_waits_for_a_person_and_goes_on_at_the_gate() {
        let folder = tempfile::tempdir().unwrap();
        let id = DonationId(1);
        let mut ledger = ledger(folder.path(), 1);
        assert_eq!(
            ledger.undecided(id, "no verdict").unwrap(),
            Outcome::Overtaken(State::Received)
        );
        assert_eq!(ledger.gated(id, "{}").unwrap(), Outcome::Stored);
        assert_eq!(ledger.undecided(id, "no verdict").unwrap(), Outcome::Stored);
        ledger.close().unwrap();
        let (mut ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        assert_eq!(ledger.next_to_prepare(&[]).unwrap(), None);
        // Nothing was made of it, so that it keeps nothing else from being made.
        let counts = ledger.counts().unwrap();
        assert_eq!((counts.held, counts.prepared()), (1, 0));
        assert!(!ledger.is_vouched_for(id).unwrap());
        assert_eq!(ledger.approve(id).unwrap(), Outcome::Stored);
        let next = ledger.next_to_prepare(&[]).unwrap().unwrap();
        assert_eq!(
            (next.state, next.approved),
            (State::Gated, Approved::NotYet)
        );
        assert!(ledger.is_vouched_for(id).unwrap());
        assert_eq!(ledger.planned(id, "{}").unwrap(), Outcome::Stored);
        assert_eq!(ledger.disapprove(id).unwrap(), Outcome::Stored);
        assert_eq!(ledger.state(id).unwrap(), State::Held);
        assert!(!ledger.is_vouched_for(id).unwrap());
        assert_eq!(ledger.refuse(id, "no").unwrap(), Outcome::Stored);
    }

    #[test]
    fn new_words_start_it_anew_and_the_donors_own_are_kept_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let id = DonationId(1);
        let mut ledger = ledger(folder.path(), 1);
        paint(&mut ledger, id);
        assert_eq!(ledger.ready(id, "plan").unwrap(), Outcome::Stored);
        assert_eq!(ledger.edit(id, Some("a dog")).unwrap(), Outcome::Stored);
        let next = ledger.next_to_prepare(&[]).unwrap().unwrap();
        assert_eq!(next.state, State::Received);
        assert_eq!(next.donation.message.unwrap().expose(), "a dog");
        assert_eq!(ledger.work(id).unwrap().plan, None);
        assert_eq!(ledger.edit(id, None).unwrap(), Outcome::Stored);
        let next = ledger.next_to_prepare(&[]).unwrap().unwrap();
        assert_eq!(next.donation.message.unwrap().expose(), "a cat");
        paint(&mut ledger, id);
        assert_eq!(ledger.ready(id, "plan").unwrap(), Outcome::Stored);
        assert_eq!(ledger.start_drawing(id).unwrap(), Outcome::Stored);
        assert_eq!(
            ledger.edit(id, Some("a fox")).unwrap(),
            Outcome::Overtaken(State::Drawing)
        );
    }

    #[test]
    fn a_moved_one_has_its_turn_for_the_studio_and_for_the_stage_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = ledger(folder.path(), 5);
        assert_eq!(ledger.move_to(DonationId(5), 0).unwrap(), Some(4));
        assert_eq!(ledger.move_to(DonationId(1), 99).unwrap(), Some(1));
        assert_eq!(turns(&ledger), [5, 2, 3, 4, 1]);
        let next = ledger.next_to_prepare(&[]).unwrap().unwrap();
        assert_eq!(next.donation.id, DonationId(5));
        for id in [2, 5] {
            paint(&mut ledger, DonationId(id));
            assert_eq!(
                ledger.ready(DonationId(id), "plan").unwrap(),
                Outcome::Stored
            );
        }
        ledger.close().unwrap();
        let (mut ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        let ready = ledger.ready_in_order(9).unwrap();
        let ids: Vec<_> = ready.iter().map(|waiting| waiting.donation.id.0).collect();
        assert_eq!(ids, [5, 2]);
        assert_eq!(ledger.skip(DonationId(3), "no").unwrap(), Outcome::Stored);
        assert_eq!(ledger.move_to(DonationId(3), 0).unwrap(), None);
        assert_eq!(ledger.move_to(DonationId(5), 4).unwrap(), Some(0));
        assert_eq!(turns(&ledger), [2, 4, 1, 5]);
    }
}
