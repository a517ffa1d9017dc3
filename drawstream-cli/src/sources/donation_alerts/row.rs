//! A donation as Donation Alerts writes it, in REST pages and in pushes alike.

use drawstream_core::donation::{Currency, ExternalId, Money, RawText, UnixTime};
use serde_json::{Map, Value};
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::super::field::NO_CURRENCY;
use super::NAME;
use crate::ledger::{NewDonation, Origin};

/// A row that is no donation: without an id it could be taken any number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a donation has no id")]
pub(crate) struct NoId;

/// Reads a donation. Whatever is odd in it is read as well as can be, since it was paid for: only the id must be.
///
/// `heard_at` dates those that carry no readable date.
pub(crate) fn parse(row: &Value, heard_at: UnixTime) -> Result<NewDonation, NoId> {
    let row = row.as_object().ok_or(NoId)?;
    let id = match row.get("id") {
        Some(Value::Number(id)) => id.to_string(),
        Some(Value::String(id)) => id.trim().to_owned(),
        _ => return Err(NoId),
    };
    if id.is_empty() || id.len() > 64 {
        return Err(NoId);
    }
    let words = words(row, "message").filter(|text| text != "null");
    let spoken = row.get("message_type").and_then(Value::as_str) == Some("audio");
    let (message, audio_url) = if spoken { (None, words) } else { (words, None) };
    let own =
        Currency::parse(NO_CURRENCY).and_then(|own| money(row, "amount_in_user_currency", own));
    let currency = row.get("currency").and_then(Value::as_str);
    let currency = currency
        .and_then(Currency::parse)
        .or_else(|| Currency::parse(NO_CURRENCY))
        .ok_or(NoId)?;
    let unreadable = Money {
        minor_units: 0,
        currency: currency.clone(),
    };
    // Donations that the streamer adds by hand, and trial ones, have no way of payment.
    let by_hand = matches!(row.get("payin_system"), Some(Value::Null));
    Ok(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id,
        },
        donor: self::words(row, "username").map(RawText::new),
        message: message.map(RawText::new),
        audio_url: audio_url.map(RawText::new),
        amount: money(row, "amount", currency).unwrap_or(unreadable),
        own_hundredths: own.map(|own| own.minor_units),
        created_at: created_at(row).unwrap_or(heard_at),
        origin: if by_hand { Origin::Trial } else { Origin::Paid },
    })
}

/// A text without the line ends that the service leaves on it; `None` where there is nothing in it.
fn words(row: &Map<String, Value>, key: &str) -> Option<String> {
    let text = row.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An amount that is a number or a text. A number's own digits are read, never its binary value.
fn money(row: &Map<String, Value>, key: &str, currency: Currency) -> Option<Money> {
    match row.get(key)? {
        Value::Number(number) => Money::parse(&number.to_string(), currency),
        Value::String(text) => Money::parse(text, currency),
        _ => None,
    }
}

/// Times without a zone are UTC. The documents write dots between hours and minutes, the service colons.
fn created_at(row: &Map<String, Value>) -> Option<UnixTime> {
    if let Some(seconds) = row.get("created_at_ts").and_then(Value::as_i64) {
        return Some(UnixTime(seconds));
    }
    let text = row.get("created_at")?.as_str()?.replace('.', ":");
    let layout = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let time = PrimitiveDateTime::parse(&text, layout).ok()?;
    Some(UnixTime(time.assume_utc().unix_timestamp()))
}
