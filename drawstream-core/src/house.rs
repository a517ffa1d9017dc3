//! The rules of the house: which donations are painted, which are thanked for, and in which order they come.
//!
//! Nobody's money is lost by a rule: what is not painted is thanked for and kept with its [`Reason`], and the operator
//! can have it painted all the same. An amount in a currency of which nothing is known is never held against anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::donation::{Currency, Money, RawText};

/// In which order donations come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// First come, first painted.
    #[default]
    FirstCome,
    /// A larger one gets a head start. It is bounded, so that nobody is overtaken for ever: whoever waits has only
    /// those before them that came at most `most` later.
    ByAmount {
        /// Head start for each further unit: the least amount where there is one, otherwise one of the own currency.
        step: Duration,
        /// The longest head start.
        most: Duration,
    },
}

/// The rules; without any, everything is painted in the order in which it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The streamer's own currency, which the services' converted amounts are in.
    pub own: Currency,
    /// The least amount that is painted, in minor units of each currency.
    pub least: BTreeMap<Currency, u64>,
    /// The least time between two paintings of one donor; zero for none.
    pub cooldown: Duration,
    /// The most paintings of one donor in a day; `None` for no limit.
    pub daily_cap: Option<u32>,
    /// Names of donors who are neither painted nor shown, as [`donor_key`] gives them.
    pub blocked: BTreeSet<String>,
    /// In which order they come.
    pub order: Order,
}

/// What the rules look at.
#[derive(Clone, Copy, Debug)]
pub struct Gift<'a> {
    /// Who gave it; anonymous donors cannot be told apart, so that no rule about donors is for them.
    pub donor: Option<&'a RawText>,
    /// What was given.
    pub amount: &'a Money,
    /// The same in hundredths of the own currency, where the service says it.
    pub own_hundredths: Option<u64>,
}

/// What the same donor has had before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// How long ago the last one was that is painted.
    pub since_last: Option<Duration>,
    /// How many are painted of the last day's.
    pub in_a_day: u32,
}

/// Whether requests are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// They are.
    #[default]
    Open,
    /// They are not: what is given is thanked for.
    Closed,
}

/// What becomes of a donation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It is painted.
    Paint,
    /// It is thanked for on the stage, and not painted.
    Thank(Reason),
    /// It is neither painted nor shown.
    TurnAway(Reason),
}

/// Why a donation is not painted. The text holds no words of a viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Requests were closed.
    Closed,
    /// It is less than the least amount.
    BelowLeast(Money),
    /// The donor's last one was too short a time ago.
    Cooldown {
        /// How long it would have been to wait.
        left: Duration,
    },
    /// The donor has had as many in a day as there may be.
    DailyCap(u32),
    /// The donor is on the block list.
    Blocked,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("house: requests were closed"),
            Self::BelowLeast(least) => write!(f, "house: less than the least amount of {least}"),
            Self::Cooldown { left } => {
                let minutes = left.as_secs().div_ceil(60);
                write!(f, "house: the donor's next painting was {minutes} min away")
            }
            Self::DailyCap(most) => write!(f, "house: the donor had {most} in a day already"),
            Self::Blocked => f.write_str("house: the donor is on the block list"),
        }
    }
}

/// A donor's name as it is compared: without case and without white space around it.
pub fn donor_key(name: &str) -> String {
    name.trim().to_lowercase()
}

impl Rules {
    /// No rules, for a streamer with this currency.
    pub fn none(own: Currency) -> Self {
        Self {
            own,
            least: BTreeMap::new(),
            cooldown: Duration::ZERO,
            daily_cap: None,
            blocked: BTreeSet::new(),
            order: Order::FirstCome,
        }
    }

    /// Whether a donor's past makes a difference.
    pub fn ask_for_past(&self) -> bool {
        !self.cooldown.is_zero() || self.daily_cap.is_some()
    }

    /// What becomes of a donation.
    pub fn judge(&self, gift: &Gift<'_>, past: Past, door: Door) -> Ruling {
        let donor = gift.donor.map(|name| donor_key(name.expose()));
        if donor.is_some_and(|name| self.blocked.contains(&name)) {
            return Ruling::TurnAway(Reason::Blocked);
        }
        if door == Door::Closed {
            return Ruling::Thank(Reason::Closed);
        }
        if let Some(least) = self.undercut(gift) {
            return Ruling::Thank(Reason::BelowLeast(least));
        }
        if gift.donor.is_none() {
            return Ruling::Paint;
        }
        if let Some(most) = self.daily_cap
            && past.in_a_day >= most
        {
            return Ruling::Thank(Reason::DailyCap(most));
        }
        match past.since_last {
            Some(since) if since < self.cooldown => Ruling::Thank(Reason::Cooldown {
                left: self.cooldown - since,
            }),
            Some(_) | None => Ruling::Paint,
        }
    }

    /// The least amount that a donation does not reach. The amount in the own currency counts first, since it is
    /// what the streamer gets.
    fn undercut(&self, gift: &Gift<'_>) -> Option<Money> {
        let least = |currency: &Currency| {
            Some(Money {
                minor_units: *self.least.get(currency)?,
                currency: currency.clone(),
            })
        };
        match (gift.own_hundredths, least(&self.own)) {
            (Some(given), Some(least)) => {
                (given < hundredths(least.minor_units, &self.own)).then_some(least)
            }
            _ => least(&gift.amount.currency).filter(|l| gift.amount.minor_units < l.minor_units),
        }
    }

    /// By how much earlier a donation counts as come than it has.
    pub fn head_start(&self, gift: &Gift<'_>) -> Duration {
        let Order::ByAmount { step, most } = self.order else {
            return Duration::ZERO;
        };
        let currency = &gift.amount.currency;
        let own_unit = 10u64.pow(self.own.minor_digits());
        let own_least = self.least.get(&self.own).copied().unwrap_or(own_unit);
        let (given, unit) = match (gift.own_hundredths, self.least.get(currency)) {
            (Some(given), _) => (given, hundredths(own_least, &self.own)),
            (None, Some(&least)) => (gift.amount.minor_units, least),
            (None, None) if *currency == self.own => (gift.amount.minor_units, own_unit),
            // Nobody knows how much it is.
            (None, None) => return Duration::ZERO,
        };
        let unit = u128::from(unit.max(1));
        let further = u128::from(given).saturating_sub(unit);
        let ms = step.as_millis().saturating_mul(further) / unit;
        u64::try_from(ms).map_or(most, |ms| Duration::from_millis(ms).min(most))
    }
}

/// Minor units of a currency as hundredths of it.
fn hundredths(minor_units: u64, currency: &Currency) -> u64 {
    minor_units.saturating_mul(100) / 10u64.pow(currency.minor_digits())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        let (amount, code) = text.split_once(' ').unwrap();
        Money::parse(amount, Currency::parse(code).unwrap()).unwrap()
    }

    fn rules(least: &[&str]) -> Rules {
        let least = least.iter().map(|text| money(text));
        Rules {
            least: least.map(|m| (m.currency, m.minor_units)).collect(),
            ..Rules::none(Currency::parse("USD").unwrap())
        }
    }

    fn judge(rules: &Rules, amount: &str, own_hundredths: Option<u64>) -> String {
        let amount = money(amount);
        let gift = Gift {
            donor: None,
            amount: &amount,
            own_hundredths,
        };
        match rules.judge(&gift, Past::default(), Door::Open) {
            Ruling::Paint => "paint".to_owned(),
            Ruling::Thank(reason) | Ruling::TurnAway(reason) => reason.to_string(),
        }
    }

    #[test]
    fn without_rules_everything_is_painted() {
        assert_eq!(judge(&rules(&[]), "0 XXX", None), "paint");
    }

    #[test]
    fn the_least_amount_is_of_the_own_currency_where_the_service_converts() {
        let rules = rules(&["5 USD", "300 RUB", "500 JPY"]);
        assert_eq!(judge(&rules, "5 USD", None), "paint");
        assert_eq!(
            judge(&rules, "4.99 USD", None),
            "house: less than the least amount of 5.00 USD"
        );
        assert_eq!(
            judge(&rules, "299.99 RUB", None),
            "house: less than the least amount of 300.00 RUB"
        );
        assert_eq!(judge(&rules, "500 JPY", None), "paint");
        // 400 RUB, of which the service says that they are 4.20 USD.
        assert_eq!(
            judge(&rules, "400 RUB", Some(420)),
            "house: less than the least amount of 5.00 USD"
        );
        assert_eq!(judge(&rules, "100 RUB", Some(500)), "paint");
        // Nothing is known of bits.
        assert_eq!(judge(&rules, "1 BITS", None), "paint");
    }

    fn of(donor: Option<&str>, past: Past, door: Door, rules: &Rules) -> Ruling {
        let donor = donor.map(RawText::new);
        let amount = money("7 USD");
        let gift = Gift {
            donor: donor.as_ref(),
            amount: &amount,
            own_hundredths: None,
        };
        rules.judge(&gift, past, door)
    }

    #[test]
    fn a_donors_cooldown_and_cap_are_not_for_anonymous_ones() {
        let rules = Rules {
            cooldown: Duration::from_secs(600),
            daily_cap: Some(3),
            ..rules(&[])
        };
        let past = |secs, in_a_day| Past {
            since_last: Some(Duration::from_secs(secs)),
            in_a_day,
        };
        let left = Duration::from_secs(1);
        let door = Door::Open;
        assert_eq!(of(Some("a"), Past::default(), door, &rules), Ruling::Paint);
        assert_eq!(
            of(Some("a"), past(599, 1), door, &rules),
            Ruling::Thank(Reason::Cooldown { left })
        );
        assert_eq!(of(Some("a"), past(600, 2), door, &rules), Ruling::Paint);
        assert_eq!(
            of(Some("a"), past(600, 3), door, &rules),
            Ruling::Thank(Reason::DailyCap(3))
        );
        assert_eq!(of(None, past(1, 9), door, &rules), Ruling::Paint);
    }

    #[test]
    fn a_blocked_donor_is_not_even_thanked_and_a_closed_door_is_for_all_others() {
        let rules = Rules {
            blocked: [donor_key(" ВаСя ")].into(),
            ..rules(&["5 USD"])
        };
        let past = Past::default();
        assert_eq!(
            of(Some("вася"), past, Door::Closed, &rules),
            Ruling::TurnAway(Reason::Blocked)
        );
        assert_eq!(
            of(Some("Вася2"), past, Door::Closed, &rules),
            Ruling::Thank(Reason::Closed)
        );
        assert_eq!(of(Some("Вася2"), past, Door::Open, &rules), Ruling::Paint);
    }

    #[test]
    fn a_larger_amount_has_a_head_start_that_is_bounded() {
        let rules = Rules {
            order: Order::ByAmount {
                step: Duration::from_secs(60),
                most: Duration::from_secs(1800),
            },
            ..rules(&["5 USD", "1000 BITS"])
        };
        let head_start = |amount, own_hundredths| {
            let amount = money(amount);
            let gift = Gift {
                donor: None,
                amount: &amount,
                own_hundredths,
            };
            rules.head_start(&gift).as_secs()
        };
        assert_eq!(head_start("5 USD", None), 0);
        assert_eq!(head_start("7.50 USD", None), 30);
        assert_eq!(head_start("10 USD", None), 60);
        assert_eq!(head_start("3000 BITS", None), 120);
        assert_eq!(head_start("900 RUB", Some(1000)), 60);
        assert_eq!(head_start("1 USD", None), 0);
        assert_eq!(head_start("900 RUB", None), 0);
        assert_eq!(head_start("100000 USD", None), 1800);
        let most = Money {
            minor_units: u64::MAX,
            ..money("1 USD")
        };
        let gift = Gift {
            donor: None,
            amount: &most,
            own_hundredths: None,
        };
        assert_eq!(rules.head_start(&gift).as_secs(), 1800);
    }
}
