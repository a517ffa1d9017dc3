//! The rules of the house at the ledger's door: what a donation is written down as.

use std::time::Duration;

use drawstream_core::house::{Door, Gift, Order, Past, Rules, Ruling, donor_key};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::intake::NewDonation;
use super::{Ledger, LedgerError, State};

/// Under which name the ledger remembers whether requests are taken.
const NAME: &str = "house";

/// How far back a donor's past goes: the rules know of a day.
const A_DAY_MS: i64 = 24 * 3600 * 1000;

/// How a donation comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entrance {
    /// `received`, or where a rule has put it.
    pub(super) state: State,
    pub(super) reason: Option<String>,
    /// Whether the stage has thanks to show.
    pub(super) is_card_due: bool,
    /// When it counts as come, where that is not simply when it came.
    pub(super) turn_ms: Option<i64>,
}

impl Ledger {
    /// Sets the rules for what is taken from now on.
    pub fn set_house(&mut self, rules: Rules) {
        self.house = rules;
    }

    /// Whether requests are taken; remembered from one start to the next.
    ///
    /// # Errors
    /// Those of the database.
    pub fn door(&self) -> Result<Door, LedgerError> {
        Ok(door(&self.connection)?)
    }

    /// Takes requests from now on, or thanks for them only.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_door(&mut self, door: Door) -> Result<(), LedgerError> {
        let word = match door {
            Door::Open => "open",
            Door::Closed => "closed",
        };
        self.set_bookmark(NAME, "door", word)
    }

    /// The order in which those that wait come.
    pub(super) fn in_turn(&self) -> &'static str {
        match self.house.order {
            // Numbers are given in the order of arrival, whatever the clock says.
            Order::FirstCome => "coalesce(place, id), id",
            Order::ByAmount { .. } => "coalesce(place, turn_ms, taken_at_ms), id",
        }
    }

    /// What that order goes by: a number that the operator can give to another donation.
    pub(super) fn turn_key(&self) -> &'static str {
        match self.house.order {
            Order::FirstCome => "coalesce(place, id)",
            Order::ByAmount { .. } => "coalesce(place, turn_ms, taken_at_ms)",
        }
    }
}

/// What the rules make of a donation that is new.
pub(super) fn receive(
    connection: &Connection,
    rules: &Rules,
    donation: &NewDonation,
    at_ms: i64,
) -> Result<Entrance, LedgerError> {
    let gift = Gift {
        donor: donation.donor.as_ref(),
        amount: &donation.amount,
        own_hundredths: donation.own_hundredths,
    };
    let past = if rules.ask_for_past() {
        past(connection, donation, at_ms)?
    } else {
        Past::default()
    };
    let ruling = rules.judge(&gift, past, door(connection)?);
    // Thanks wait for their turn like everybody else.
    let head_start = match ruling {
        Ruling::Paint => i64::try_from(rules.head_start(&gift).as_millis()).unwrap_or(i64::MAX),
        Ruling::Thank(_) | Ruling::TurnAway(_) => 0,
    };
    let turn_ms = (rules.order != Order::FirstCome).then(|| at_ms.saturating_sub(head_start));
    let (state, reason) = match ruling {
        Ruling::Paint => (State::Received, None),
        Ruling::Thank(reason) => (State::Thanked, Some(reason.to_string())),
        Ruling::TurnAway(reason) => (State::Refused, Some(reason.to_string())),
    };
    Ok(Entrance {
        state,
        reason,
        is_card_due: state == State::Thanked,
        turn_ms,
    })
}

fn door(connection: &Connection) -> rusqlite::Result<Door> {
    let word: Option<String> = connection
        .prepare_cached("SELECT value FROM bookmarks WHERE source = ?1 AND name = 'door'")?
        .query_row(params![NAME], |row| row.get(0))
        .optional()?;
    Ok(match word.as_deref() {
        Some("closed") => Door::Closed,
        _ => Door::Open,
    })
}

/// What the same donor has had in a day at the same source. Only what is painted counts.
fn past(connection: &Connection, donation: &NewDonation, at_ms: i64) -> Result<Past, LedgerError> {
    let Some(donor) = &donation.donor else {
        return Ok(Past::default());
    };
    if donor_key(donor.expose()).is_empty() {
        return Ok(Past::default());
    }
    let mut query = connection.prepare_cached(
        "SELECT count(*), max(taken_at_ms) FROM donations
         WHERE source = ?1 AND donor = ?2 AND taken_at_ms > ?3
           AND state NOT IN ('thanked', 'refused', 'failed', 'cleared')",
    )?;
    let of_donor = params![donation.external.source, donor.expose(), at_ms - A_DAY_MS];
    let (in_a_day, last_ms): (u32, Option<i64>) =
        query.query_row(of_donor, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Past {
        since_last: last_ms.map(|last| Duration::from_millis(at_ms.abs_diff(last))),
        in_a_day,
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use drawstream_core::donation::{Currency, DonationId, ExternalId, Money, RawText, UnixTime};

    use super::super::{Act, History, Origin, Outcome};
    use super::*;
    use drawstream_core::house::Order;

    fn donation(id: u64, donor: Option<&str>, amount: &str) -> NewDonation {
        NewDonation {
            external: ExternalId {
                source: "twitch".to_owned(),
                id: id.to_string(),
            },
            donor: donor.map(RawText::new),
            message: Some(RawText::new("a cat")),
            audio_url: None,
            amount: Money::parse(amount, usd()).unwrap(),
            own_hundredths: None,
            created_at: UnixTime(id as i64),
            origin: Origin::Paid,
        }
    }

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    fn open(folder: &tempfile::TempDir, rules: Rules) -> Ledger {
        let (mut ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        ledger.clock = || UNIX_EPOCH + Duration::from_secs(1_000_000);
        ledger.set_house(rules);
        ledger
    }

    fn queue(ledger: &Ledger) -> Vec<u64> {
        let queue = ledger.queue(99).unwrap();
        queue.iter().map(|queued| queued.donation.id.0).collect()
    }

    #[test]
    fn what_a_rule_keeps_from_being_painted_is_thanked_for_kept_with_its_reason_and_can_be_retried()
    {
        let folder = tempfile::tempdir().unwrap();
        let rules = Rules {
            least: [(usd(), 500)].into(),
            blocked: ["troll".to_owned()].into(),
            ..Rules::none(usd())
        };
        let mut ledger = open(&folder, rules);
        let small = donation(1, Some("Ann"), "4.99");
        let enough = donation(2, Some("Bob"), "5");
        let blocked = donation(3, Some("Troll "), "50");
        ledger.take(&[small.clone(), enough, blocked]).unwrap();
        // Heard again it is known, whatever became of it.
        ledger.take(&[small]).unwrap();
        let waiting = ledger.ready_in_order(9).unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(
            (waiting[0].donation.id.0, waiting[0].act),
            (1, Act::ThanksCard)
        );
        let next = ledger.next_to_prepare(&[]).unwrap().unwrap();
        assert_eq!(next.donation.id, DonationId(2));
        // The thanks were shown: nothing more is due, and it stays what it is.
        assert_eq!(ledger.shown(DonationId(1)).unwrap(), Outcome::Stored);
        assert_eq!(queue(&ledger), [2]);
        let history = History::open(&folder.path().join("ledger.db")).unwrap();
        let told = |id| {
            let (entry, changes) = history.show(DonationId(id)).unwrap();
            (entry.state, entry.reason.unwrap_or_default(), changes.len())
        };
        assert_eq!(
            told(1),
            (
                State::Thanked,
                "house: less than the least amount of 5.00 USD".to_owned(),
                2
            )
        );
        assert_eq!(
            told(3),
            (
                State::Refused,
                "house: the donor is on the block list".to_owned(),
                2
            )
        );
        // The operator wants it painted all the same, and no rule is asked again.
        for id in [1, 3] {
            let again = ledger.retry(DonationId(id), "again").unwrap();
            assert_eq!(again, Outcome::Stored);
            assert_eq!(ledger.state(DonationId(id)).unwrap(), State::Received);
        }
        assert_eq!(queue(&ledger), [1, 2, 3]);
    }

    #[test]
    fn closed_requests_stay_closed_over_a_restart_and_what_came_before_is_painted() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = open(&folder, Rules::none(usd()));
        ledger.take(&[donation(1, None, "1")]).unwrap();
        ledger.set_door(Door::Closed).unwrap();
        ledger.close().unwrap();
        let mut ledger = open(&folder, Rules::none(usd()));
        assert_eq!(ledger.door().unwrap(), Door::Closed);
        ledger.take(&[donation(2, None, "100")]).unwrap();
        ledger.set_door(Door::Open).unwrap();
        ledger.take(&[donation(3, None, "1")]).unwrap();
        let states = [1, 2, 3].map(|id| ledger.state(DonationId(id)).unwrap());
        assert_eq!(states, [State::Received, State::Thanked, State::Received]);
    }

    #[test]
    fn a_donors_cooldown_counts_from_the_last_one_that_is_painted_and_survives_a_clock_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let rules = Rules {
            cooldown: Duration::from_secs(600),
            daily_cap: Some(2),
            ..Rules::none(usd())
        };
        let mut ledger = open(&folder, rules);
        let mut take = |id, secs: fn() -> std::time::SystemTime| {
            ledger.clock = secs;
            ledger.take(&[donation(id, Some("Ann"), "5")]).unwrap();
            ledger.state(DonationId(id)).unwrap()
        };
        let (received, thanked) = (State::Received, State::Thanked);
        assert_eq!(
            take(1, || UNIX_EPOCH + Duration::from_secs(1_000_000)),
            received
        );
        assert_eq!(
            take(2, || UNIX_EPOCH + Duration::from_secs(1_000_599)),
            thanked
        );
        // What was thanked for starts no new cooldown.
        assert_eq!(
            take(3, || UNIX_EPOCH + Duration::from_secs(1_000_600)),
            received
        );
        assert_eq!(
            take(4, || UNIX_EPOCH + Duration::from_secs(1_002_000)),
            thanked
        );
        assert_eq!(
            take(5, || UNIX_EPOCH + Duration::from_secs(1_087_000)),
            received
        );
        assert_eq!(
            take(6, || UNIX_EPOCH + Duration::from_secs(996_900)),
            thanked
        );
    }

    #[test]
    fn a_larger_amount_comes_sooner_but_overtakes_nobody_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let rules = Rules {
            order: Order::ByAmount {
                step: Duration::from_secs(60),
                most: Duration::from_secs(1800),
            },
            ..Rules::none(usd())
        };
        let mut ledger = open(&folder, rules.clone());
        ledger
            .take(&[
                donation(1, None, "1"),
                donation(2, None, "6"),
                donation(3, None, "3"),
            ])
            .unwrap();
        assert_eq!(queue(&ledger), [2, 3, 1]);
        let next = ledger.next_to_prepare(&[]).unwrap().unwrap();
        assert_eq!(next.donation.id, DonationId(2));
        // Half an hour later the largest amount comes after everybody who has waited so long.
        ledger.clock = || UNIX_EPOCH + Duration::from_secs(1_001_801);
        ledger.take(&[donation(4, None, "1000")]).unwrap();
        assert_eq!(queue(&ledger), [2, 3, 1, 4]);
        // Thanks have no head start.
        ledger.set_door(Door::Closed).unwrap();
        ledger.take(&[donation(5, None, "1000")]).unwrap();
        assert_eq!(queue(&ledger), [2, 3, 1, 4, 5]);
        // First come, first painted: as the settings say from now on.
        ledger.set_house(Rules::none(usd()));
        assert_eq!(queue(&ledger), [1, 2, 3, 4, 5]);
    }
}
