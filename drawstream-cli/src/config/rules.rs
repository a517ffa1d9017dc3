//! The settings of the rules of the house.

use std::collections::{BTreeMap, BTreeSet};

use drawstream_core::donation::{Currency, Money};
use drawstream_core::house::{Order, Rules, donor_key};
use drawstream_core::stage::Turns;

use super::error::ConfigError;
use super::value::Reader;

/// The rules of the house.
#[derive(Clone, Debug)]
pub struct RulesConfig(Rules);

impl RulesConfig {
    /// As the ledger's door takes them.
    pub fn rules(&self) -> &Rules {
        &self.0
    }

    /// In which order requests come, as the stage says it.
    pub fn turns(&self) -> Turns {
        match self.0.order {
            Order::FirstCome => Turns::FirstCome,
            Order::ByAmount { .. } => Turns::ByAmount,
        }
    }

    /// The least amount in the own currency, or in the only one that has any.
    pub fn least(&self) -> Option<Money> {
        let Rules { own, least, .. } = &self.0;
        let only = || least.iter().next().filter(|_| least.len() == 1);
        let (currency, &minor_units) = least.get_key_value(own).or_else(only)?;
        Some(Money {
            minor_units,
            currency: currency.clone(),
        })
    }
}

pub(super) fn rules(read: &Reader<'_>) -> Result<RulesConfig, ConfigError> {
    let own = read.parsed("currency", "a currency code", Currency::parse)?;
    let expected = "a list such as USD=5,RUB=300";
    let least = read.optional_parsed("rules.least", expected, least)?;
    let step = read.seconds("rules.head_start_sec", 0.0..=86_400.0)?;
    let most = read.seconds("rules.head_start_most_sec", 0.0..=86_400.0)?;
    let order = [
        ("first", Order::FirstCome),
        ("amount", Order::ByAmount { step, most }),
    ];
    let cap: u32 = read.number("rules.donor_daily_cap", 0..=10_000)?;
    let blocked = read.text("rules.blocked");
    let blocked = blocked.split(',').map(donor_key);
    Ok(RulesConfig(Rules {
        least: least.unwrap_or_default(),
        cooldown: read.seconds("rules.donor_cooldown_sec", 0.0..=86_400.0)?,
        daily_cap: (cap > 0).then_some(cap),
        blocked: blocked
            .filter(|name| !name.is_empty())
            .collect::<BTreeSet<_>>(),
        order: read.one_of("rules.order", &order)?,
        ..Rules::none(own)
    }))
}

/// `USD=5,RUB=300`
fn least(text: &str) -> Option<BTreeMap<Currency, u64>> {
    let amount = |entry: &str| {
        let (code, amount) = entry.split_once('=')?;
        let money = Money::parse(amount.trim(), Currency::parse(code)?)?;
        Some((money.currency, money.minor_units))
    };
    text.split(',').map(amount).collect()
}
