//! The [`Playbill`]: what may be seen of a donation.

use drawstream_core::donation::{Donation, Money};
use drawstream_core::gate::{Field, Gate, ScreenText};

use crate::ledger::Origin;

/// What may be seen of a donation on a screen, in the API and in exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playbill {
    /// Who gave it; `None` is nobody who wants to be named.
    pub donor: Option<ScreenText>,
    /// What was given, in its own currency.
    pub amount: Money,
    /// What was asked for; `None` for what was refused, spoken or left blank.
    pub message: Option<ScreenText>,
    /// Whether somebody paid.
    pub origin: Origin,
}

impl Playbill {
    /// With the message, for a donation that the gate let through.
    pub fn open(gate: &Gate, donation: &Donation) -> Self {
        let shown = |text: &_, field| {
            Some(gate.screen_text(text, field)).filter(|t| !t.as_str().is_empty())
        };
        Self {
            donor: donation
                .donor
                .as_ref()
                .and_then(|name| shown(name, Field::Name)),
            amount: donation.amount.clone(),
            message: donation
                .message
                .as_ref()
                .and_then(|text| shown(text, Field::Message)),
            origin: Origin::Paid,
        }
    }

    /// Without the message: for a donation that the gate has not seen yet, or has refused.
    pub fn closed(gate: &Gate, donation: &Donation) -> Self {
        Self {
            message: None,
            ..Self::open(gate, donation)
        }
    }

    /// The same, marked as a test where it is one.
    #[must_use]
    pub fn marked(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }
}
