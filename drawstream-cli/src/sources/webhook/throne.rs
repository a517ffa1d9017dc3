//! Throne: gifts and contributions of a wish list.
//!
//! Source: help.throne.com, "Webhook Integration". All creators' requests are signed with one key, so that the
//! creator is checked too. A gift comes without its price.

use drawstream_core::donation::{Currency, ExternalId, Money, UnixTime};

use super::proof::{self, Keys, ProofError};
use super::{Call, HookError, Told};
use crate::ledger::{NewDonation, Origin};
use crate::sources::field;

/// The source's name in the ledger.
pub(super) const NAME: &str = "throne";

pub(super) fn read(call: &Call<'_>, keys: &Keys, creator: &str) -> Result<Told, HookError> {
    let timestamp = call.header("x-signature-timestamp");
    let signed = [timestamp.as_bytes(), b".", call.body].concat();
    keys.check_throne(&signed, call.header("x-signature-ed25519"))?;
    let signed_at = timestamp.parse().ok().map(UnixTime);
    proof::check_time(signed_at, call.now)?;
    let body = call.json()?;
    let data = &body["data"];
    if data["creator_id"].as_str() != Some(creator) {
        return Err(ProofError::Foreign.into());
    }
    let amount = match body["event_type"].as_str() {
        Some("gift_purchased") => Money {
            minor_units: 1,
            currency: field::unit("GIFT"),
        },
        Some("contribution_purchased") => {
            let hundredths = data["amount"].as_u64();
            contribution(hundredths, field::currency(&data["currency"]))
        }
        // A wish came true by the contributions that were told of before.
        _ => return Ok(Told::Nothing),
    };
    let id = field::id(&body["event_id"]).ok_or(HookError::Body("it has no event_id"))?;
    let donor = field::words(&data["gifter_username"]);
    Ok(Told::Donation(Box::new(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id,
        },
        donor: donor.filter(|name| name.expose() != "Anonymous"),
        message: field::words(&data["message"]),
        audio_url: None,
        amount,
        own_hundredths: None,
        created_at: signed_at.unwrap_or(call.now),
        origin: Origin::Paid,
    })))
}

/// Amounts are in hundredths of every currency: 1099 is 10.99 USD, and 109900 is 1099 JPY.
fn contribution(hundredths: Option<u64>, currency: Currency) -> Money {
    let hundredths = hundredths.unwrap_or(0);
    let decimal = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    Money::parse(&decimal, currency.clone()).unwrap_or(Money {
        minor_units: 0,
        currency,
    })
}
