//! What Astro sends, and what is sent to it.

use drawstream_core::donation::{ExternalId, UnixTime};
use serde_json::{Value, json};

use super::NAME;
use crate::ledger::{NewDonation, Origin};
use crate::sources::donation_alerts::mended;
use crate::sources::field;

/// The topic of tips.
const TIPS: &str = "channel.tips";

/// A frame of the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Frame {
    /// The answer to the request with this nonce.
    Response {
        nonce: String,
        error: Option<String>,
    },
    /// Somebody tipped, and it is allowed.
    Tip(Box<NewDonation>),
    /// The server goes soon.
    Reconnect { token: Option<String> },
    /// Welcomes, tips that are not through yet, and what is not known.
    Other,
}

/// A frame that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("a frame is not JSON")]
    NotJson,
    #[error("a tip has no id")]
    NoId,
}

/// Reads a frame.
pub(super) fn read(frame: &str, heard_at: UnixTime) -> Result<Frame, FrameError> {
    let frame: Value = serde_json::from_str(&mended(frame)).map_err(|_| FrameError::NotJson)?;
    let kind = frame["type"].as_str().unwrap_or_default();
    Ok(match kind.to_ascii_lowercase().as_str() {
        "response" => Frame::Response {
            nonce: frame["nonce"].as_str().unwrap_or_default().to_owned(),
            error: field::id(&frame["error"]),
        },
        "reconnect" => Frame::Reconnect {
            token: field::id(&frame["data"]["reconnect_token"]),
        },
        "message" if frame["topic"] == TIPS => return tip(&frame["data"], heard_at),
        _ => Frame::Other,
    })
}

fn tip(data: &Value, heard_at: UnixTime) -> Result<Frame, FrameError> {
    // One that a moderator has to look at first comes again when it is allowed.
    let is = |key: &str, wanted: &str| data[key].is_null() || data[key] == wanted;
    if !is("status", "success") || !is("approved", "allowed") {
        return Ok(Frame::Other);
    }
    let id = field::id(&data["_id"]).or_else(|| field::id(&data["transactionId"]));
    let donation = &data["donation"];
    Ok(Frame::Tip(Box::new(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id: id.ok_or(FrameError::NoId)?,
        },
        donor: field::words(&donation["user"]["username"]),
        message: field::words(&donation["message"]),
        audio_url: None,
        amount: field::money(&donation["amount"], field::currency(&donation["currency"])),
        own_hundredths: None,
        created_at: field::moment(&data["createdAt"]).unwrap_or(heard_at),
        origin: Origin::Paid,
    })))
}

/// The request that subscribes to tips.
pub(super) fn subscribe(
    nonce: &str,
    channel: Option<&str>,
    token: &str,
    token_type: &str,
) -> String {
    let mut data = json!({ "topic": TIPS, "token": token, "token_type": token_type });
    if let Some(channel) = channel {
        data["room"] = json!(channel);
    }
    json!({ "type": "subscribe", "nonce": nonce, "data": data }).to_string()
}
