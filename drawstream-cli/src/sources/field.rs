//! Single fields of the services' documents. Whatever is odd in one is read as well as can be, since it was paid for.

use drawstream_core::donation::{Currency, Money, RawText, UnixTime};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A currency nobody named, after ISO 4217.
pub(super) const NO_CURRENCY: &str = "XXX";

/// A text without white space around it; `None` where there is nothing in it.
pub(super) fn words(value: &Value) -> Option<RawText> {
    let text = RawText::new(value.as_str()?.trim());
    (!text.is_blank()).then_some(text)
}

/// An id that is a text or a number, of at most 128 characters.
pub(super) fn id(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(id) => id.trim().to_owned(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    (!id.is_empty() && id.len() <= 128).then_some(id)
}

/// A currency's code; that of no currency where there is none.
pub(super) fn currency(value: &Value) -> Currency {
    value
        .as_str()
        .and_then(Currency::parse)
        .unwrap_or_else(|| unit(NO_CURRENCY))
}

/// A currency of ours, such as bits.
pub(super) fn unit(code: &'static str) -> Currency {
    Currency::parse(code).expect("the codes in this program are well-formed")
}

/// An amount that is a number or a text; zero where it cannot be read. A number's own digits are read, never its
/// binary value.
pub(super) fn money(value: &Value, currency: Currency) -> Money {
    let read = match value {
        Value::Number(number) => Money::parse(&number.to_string(), currency.clone()),
        Value::String(text) => Money::parse(text, currency.clone()),
        _ => None,
    };
    read.unwrap_or(Money {
        minor_units: 0,
        currency,
    })
}

/// A moment as RFC 3339 has it, or in seconds since 1970.
pub(super) fn moment(value: &Value) -> Option<UnixTime> {
    match value {
        Value::Number(seconds) => seconds.as_i64().map(UnixTime),
        Value::String(text) => OffsetDateTime::parse(text, &Rfc3339)
            .ok()
            .map(|at| UnixTime(at.unix_timestamp())),
        _ => None,
    }
}

/// Now, as services date their donations.
pub(super) fn now() -> UnixTime {
    UnixTime(OffsetDateTime::now_utc().unix_timestamp())
}
