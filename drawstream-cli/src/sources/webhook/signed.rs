//! The signed webhook: a small JSON of ours, for programs that know no other way.
//!
//! ```text
//! X-Drawstream-Timestamp: 1700000000
//! X-Drawstream-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp + "." + body)>
//!
//! {"id": "order-17", "amount": "7.50", "currency": "EUR", "donor": "Ann", "message": "a cat in a hat"}
//! ```

use drawstream_core::donation::{Currency, ExternalId, RawText, UnixTime};
use serde::Deserialize;
use serde_json::Value;

use super::{Call, HookError, NAME, Told, proof};
use crate::ledger::{NewDonation, Origin};
use crate::secret::Secret;
use crate::sources::field;

/// The body. `id` is what makes a repeated request the same donation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyDoc {
    #[serde(default)]
    id: Value,
    amount: Value,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    donor: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    created_at: Value,
    /// Nobody paid: the sender tries something out.
    #[serde(default)]
    test: bool,
}

pub(super) fn read(call: &Call<'_>, secret: &Secret, own: &Currency) -> Result<Told, HookError> {
    let timestamp = call.header("x-drawstream-timestamp");
    let signature = call.header("x-drawstream-signature");
    proof::check_hmac(secret, &[timestamp.as_bytes(), b".", call.body], signature)?;
    let signed_at = timestamp.parse().ok().map(UnixTime);
    proof::check_time(signed_at, call.now)?;
    let body = BodyDoc::deserialize(call.json()?)
        .map_err(|_| HookError::Body("a field is missing, unknown or of another kind"))?;
    let currency = match &body.currency {
        Some(code) => {
            Currency::parse(code).ok_or(HookError::Body("currency is no currency's code"))?
        }
        None => own.clone(),
    };
    let amount = field::money(&body.amount, currency);
    if amount.minor_units == 0 {
        return Err(HookError::Body("amount is no amount, or zero"));
    }
    let id = match (&body.id, field::id(&body.id)) {
        (_, Some(id)) => id,
        // Without an id of the sender's the same bytes are the same donation: the signature is theirs alone.
        (Value::Null, None) => format!("signed-{}", signature.trim().to_ascii_lowercase()),
        (_, None) => return Err(HookError::Body("id is no text or number, or too long")),
    };
    let text = |text: Option<String>| text.map(RawText::new).filter(|text| !text.is_blank());
    Ok(Told::Donation(Box::new(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id,
        },
        donor: text(body.donor),
        message: text(body.message),
        audio_url: None,
        amount,
        own_hundredths: None,
        created_at: field::moment(&body.created_at).unwrap_or(call.now),
        origin: if body.test {
            Origin::Trial
        } else {
            Origin::Paid
        },
    })))
}
