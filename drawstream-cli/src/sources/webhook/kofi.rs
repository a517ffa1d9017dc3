//! Ko-fi: a form with one field, `data`, that holds JSON with the token in it.
//!
//! Source: ko-fi.com/manage/webhooks. "You must respect the is_public field, and hide the message if the value is
//! false": what is not public is painted without its words and without a name.

use drawstream_core::donation::ExternalId;
use serde_json::Value;

use super::{Call, HookError, Told, parse, proof};
use crate::ledger::{NewDonation, Origin};
use crate::secret::Secret;
use crate::sources::field;

/// The source's name in the ledger.
pub(super) const NAME: &str = "kofi";

pub(super) fn read(call: &Call<'_>, token: &Secret) -> Result<Told, HookError> {
    let data = url::form_urlencoded::parse(call.body).find(|(name, _)| name == "data");
    let (_, data) = data.ok_or(HookError::Body("it has no field `data`"))?;
    let data = parse(&data)?;
    let given = data["verification_token"].as_str().unwrap_or_default();
    proof::check_token(token, given)?;
    let is_public = data["is_public"] == Value::Bool(true);
    let message = field::words(&data["message"]).filter(|_| is_public);
    match data["type"].as_str() {
        Some("Donation") => {}
        // A renewal comes every month without a word, and asks for nothing.
        Some("Subscription") if message.is_some() => {}
        // What was ordered is delivered by the streamer.
        _ => return Ok(Told::Nothing),
    }
    let id = field::id(&data["message_id"]).ok_or(HookError::Body("it has no message_id"))?;
    Ok(Told::Donation(Box::new(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id,
        },
        donor: field::words(&data["from_name"]).filter(|_| is_public),
        message,
        audio_url: None,
        amount: field::money(&data["amount"], field::currency(&data["currency"])),
        own_hundredths: None,
        created_at: field::moment(&data["timestamp"]).unwrap_or(call.now),
        origin: Origin::Paid,
    })))
}
