//! Kick: kicks that viewers give.
//!
//! Source: github.com/KickEngineering/KickDevDocs, events/webhook-security.md and events/event-types.md. Every
//! program's requests are signed with one key, so that the broadcaster is checked too. The header with the type is
//! not signed, so that the body's own shape decides.

use drawstream_core::donation::{ExternalId, UnixTime};
use serde_json::Value;

use super::proof::{self, Keys, ProofError};
use super::{Call, HookError, Told};
use crate::ledger::{NewDonation, Origin};
use crate::sources::field;

/// The source's name in the ledger.
pub(super) const NAME: &str = "kick";

pub(super) fn read(call: &Call<'_>, keys: &Keys, broadcaster: u64) -> Result<Told, HookError> {
    let id = call.header("kick-event-message-id");
    let timestamp = call.header("kick-event-message-timestamp");
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", call.body].concat();
    keys.check_kick(&signed, call.header("kick-event-signature"))?;
    let signed_at: Option<UnixTime> = field::moment(&Value::from(timestamp));
    proof::check_time(signed_at, call.now)?;
    let body = call.json()?;
    if body["broadcaster"]["user_id"].as_u64() != Some(broadcaster) {
        return Err(ProofError::Foreign.into());
    }
    let gift = &body["gift"];
    if !gift["amount"].is_number() {
        return Ok(Told::Nothing);
    }
    let id = field::id(&Value::from(id)).ok_or(HookError::Body("it has no message id"))?;
    let sender = &body["sender"];
    let is_anonymous = sender["is_anonymous"] == Value::Bool(true);
    Ok(Told::Donation(Box::new(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id,
        },
        donor: field::words(&sender["username"]).filter(|_| !is_anonymous),
        message: field::words(&gift["message"]),
        audio_url: None,
        amount: field::money(&gift["amount"], field::unit("KICKS")),
        own_hundredths: None,
        created_at: field::moment(&body["created_at"]).unwrap_or(call.now),
        origin: Origin::Paid,
    })))
}
