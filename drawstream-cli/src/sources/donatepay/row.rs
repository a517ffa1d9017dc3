//! A donation as DonatePay writes it, in the list of notifications and in pushes alike.

use drawstream_core::donation::{Currency, ExternalId, UnixTime};
use serde_json::Value;
use time::PrimitiveDateTime;
use time::macros::{format_description, offset};

use super::NAME;
use crate::ledger::{NewDonation, Origin};
use crate::sources::donation_alerts::mended;
use crate::sources::donation_alerts::row::NoId;
use crate::sources::field;

/// Reads a notification; `None` where it is not of a donation. What is given is inside of `notification` in a push,
/// and `vars` is an object or JSON in a text.
pub(super) fn parse(row: &Value, heard_at: UnixTime) -> Result<Option<NewDonation>, NoId> {
    let notification = if row["notification"].is_object() {
        &row["notification"]
    } else {
        row
    };
    if notification["type"]
        .as_str()
        .is_some_and(|kind| kind != "donation")
    {
        return Ok(None);
    }
    let vars = match &notification["vars"] {
        Value::String(text) => serde_json::from_str(&mended(text)).unwrap_or_default(),
        vars => vars.clone(),
    };
    // The currency may be a sign, or HTML of one; roubles are what the service is in.
    let currency = vars["currency"].as_str();
    let currency = currency
        .and_then(Currency::parse)
        .unwrap_or_else(|| field::unit("RUB"));
    Ok(Some(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id: field::id(&notification["id"]).ok_or(NoId)?,
        },
        donor: field::words(&vars["name"]),
        message: field::words(&vars["comment"]),
        audio_url: None,
        amount: field::money(&vars["sum"], currency),
        own_hundredths: None,
        created_at: created_at(&notification["created_at"]).unwrap_or(heard_at),
        origin: Origin::Paid,
    }))
}

/// Times are Moscow's and do not say so: `2026-11-22 21:15:00`, or an object with such a `date`.
fn created_at(value: &Value) -> Option<UnixTime> {
    let text = value.as_str().or_else(|| value["date"].as_str())?;
    let layout = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let time = PrimitiveDateTime::parse(text.get(..19)?, layout).ok()?;
    Some(UnixTime(time.assume_offset(offset!(+3)).unix_timestamp()))
}
