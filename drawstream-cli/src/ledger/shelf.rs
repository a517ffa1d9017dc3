//! What people look through: donations that wait, are held, were shown, or came to another end.

use drawstream_core::donation::DonationId;
use rusqlite::params;

use super::history::entry_from;
use super::{Approved, Entry, Ledger, LedgerError};

/// A place at which donations are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// What is on, what waits for the stage, and what is still to be made; in the order of their turns.
    Waiting,
    /// What a person has to approve; in the order of their turns.
    Held,
    /// What was shown; the newest first.
    Shown,
    /// What was refused, thanked for, failed, skipped or cleared; the newest first.
    Refused,
}

impl Shelf {
    fn condition(self) -> &'static str {
        match self {
            Self::Waiting => {
                "(state IN ('received', 'gated', 'planned', 'painted', 'ready', 'drawing') OR card_due = 1)"
            }
            Self::Held => "state = 'held'",
            Self::Shown => "state = 'shown'",
            Self::Refused => "state IN ('refused', 'thanked', 'failed', 'skipped', 'cleared')",
        }
    }

    fn order(self, in_turn: &str) -> String {
        match self {
            Self::Waiting => format!("state = 'drawing' DESC, {in_turn}"),
            Self::Held => in_turn.to_owned(),
            Self::Shown | Self::Refused => "id DESC".to_owned(),
        }
    }
}

/// A donation as people look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The donation, where it stands and why.
    pub entry: Entry,
    /// What the operator put in the place of the message is what is painted.
    pub edited: Option<String>,
    /// Whether a person has said that it may be seen.
    pub approved: Approved,
    /// What can be looked at of it.
    pub kept: Kept,
    /// When its state changed last, in milliseconds since 1970.
    pub changed_at_ms: i64,
}

/// What there is of a donation's painting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing, or nothing any more.
    Nothing,
    /// The painter's picture.
    Picture,
    /// The plan of strokes.
    Plan,
}

impl Ledger {
    /// What is on a shelf, at most `limit`, from `offset` on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn shelf(
        &self,
        shelf: Shelf,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Listed>, LedgerError> {
        self.listed(
            shelf.condition(),
            &shelf.order(self.in_turn()),
            params![bounded(limit), bounded(offset)],
        )
    }

    /// One donation as people look at it.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] where there is none of that number.
    pub fn look(&self, id: DonationId) -> Result<Listed, LedgerError> {
        let found = self.listed("id = ?3", "id", params![1, 0, id.0 as i64])?;
        found.into_iter().next().ok_or(LedgerError::Unknown(id))
    }

    /// `params` are the limit, the offset, and what `condition` asks for.
    fn listed(
        &self,
        condition: &str,
        order: &str,
        params: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Listed>, LedgerError> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {}, state, reason, is_test, taken_at_ms, edited, approved,
                    (SELECT plan IS NOT NULL FROM works WHERE donation = donations.id),
                    (SELECT picture IS NOT NULL FROM works WHERE donation = donations.id),
                    (SELECT max(at_ms) FROM changes WHERE donation = donations.id)
             FROM donations WHERE {condition} ORDER BY {order} LIMIT ?1 OFFSET ?2",
            super::DONATION_COLUMNS
        ))?;
        let mut rows = query.query(params)?;
        let mut listed = Vec::new();
        while let Some(row) = rows.next()? {
            let entry = entry_from(row)?;
            let has_plan: Option<bool> = row.get(14)?;
            let has_picture: Option<bool> = row.get(15)?;
            // Of what was refused or failed, the plan's place holds the card's words.
            let is_card = matches!(
                entry.state,
                super::State::Refused | super::State::Thanked | super::State::Failed
            );
            let kept = match (has_plan, has_picture) {
                (Some(true), _) if !is_card => Kept::Plan,
                (_, Some(true)) => Kept::Picture,
                _ => Kept::Nothing,
            };
            listed.push(Listed {
                changed_at_ms: row.get::<_, Option<i64>>(16)?.unwrap_or(entry.taken_at_ms),
                entry,
                edited: row.get(12)?,
                approved: row.get(13)?,
                kept,
            });
        }
        Ok(listed)
    }
}

fn bounded(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
