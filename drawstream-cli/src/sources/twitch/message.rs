//! What EventSub sends: frames → [`Message`]s.

use std::time::Duration;

use drawstream_core::donation::{ExternalId, Money, RawText, UnixTime};
use serde_json::Value;

use super::NAME;
use crate::ledger::{NewDonation, Origin};
use crate::sources::donation_alerts::mended;
use crate::sources::field;

/// Somebody cheers with bits.
pub(super) const CHEER: &str = "channel.cheer";
/// Somebody redeems channel points for a reward.
pub(super) const REDEMPTION: &str = "channel.channel_points_custom_reward_redemption.add";

/// Keep-alive where the welcome does not say.
const KEEPALIVE_S: u64 = 10;

/// A message of the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    /// The session may be subscribed.
    Welcome {
        session: String,
        /// The longest silence between two messages.
        keepalive: Duration,
    },
    /// The server goes soon; go on there.
    Reconnect { url: String },
    /// A subscription has ended.
    Revoked { kind: String, status: String },
    /// Somebody gave something that is to be painted.
    Given(Box<NewDonation>),
    /// Keep-alives, rewards that are not painted, and what is not known.
    Other,
}

/// A frame that is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MessageError {
    #[error("a message is not JSON")]
    NotJson,
    #[error("a message has no {0}")]
    Lacks(&'static str),
}

/// Reads a frame. `rewards` are the titles that are painted; empty for all with a text.
pub(super) fn read(
    frame: &str,
    rewards: &[String],
    heard_at: UnixTime,
) -> Result<Message, MessageError> {
    let frame: Value = serde_json::from_str(&mended(frame)).map_err(|_| MessageError::NotJson)?;
    let (metadata, payload) = (&frame["metadata"], &frame["payload"]);
    let kind = metadata["message_type"].as_str();
    match kind.ok_or(MessageError::Lacks("message_type"))? {
        "session_welcome" => {
            let session = &payload["session"];
            let id = field::id(&session["id"]).ok_or(MessageError::Lacks("session id"))?;
            let keepalive = session["keepalive_timeout_seconds"].as_u64();
            let keepalive = keepalive.unwrap_or(KEEPALIVE_S).clamp(1, 600);
            Ok(Message::Welcome {
                session: id,
                keepalive: Duration::from_secs(keepalive),
            })
        }
        "session_reconnect" => {
            let url = payload["session"]["reconnect_url"].as_str();
            let url = url.filter(|url| url.starts_with("wss://") || url.starts_with("ws://"));
            Ok(Message::Reconnect {
                url: url.ok_or(MessageError::Lacks("reconnect_url"))?.to_owned(),
            })
        }
        "revocation" => {
            let text = |value: &Value| field::id(value).unwrap_or_else(|| "?".to_owned());
            let subscription = &payload["subscription"];
            Ok(Message::Revoked {
                kind: text(&subscription["type"]),
                status: text(&subscription["status"]),
            })
        }
        "notification" => {
            let event = &payload["event"];
            match payload["subscription"]["type"].as_str() {
                Some(CHEER) => cheer(event, metadata, heard_at),
                Some(REDEMPTION) => redemption(event, rewards, heard_at),
                _ => Ok(Message::Other),
            }
        }
        _ => Ok(Message::Other),
    }
}

fn cheer(event: &Value, metadata: &Value, heard_at: UnixTime) -> Result<Message, MessageError> {
    // The event has no id of its own; the message's stays the same where Twitch sends it again.
    let id = field::id(&metadata["message_id"]).ok_or(MessageError::Lacks("message_id"))?;
    let bits = event["bits"].as_u64().unwrap_or(0);
    let is_anonymous = event["is_anonymous"] == Value::Bool(true);
    let message = field::words(&event["message"]).and_then(|text| without_cheers(&text, bits));
    Ok(given(
        id,
        field::words(&event["user_name"]).filter(|_| !is_anonymous),
        message,
        Money {
            minor_units: bits,
            currency: field::unit("BITS"),
        },
        field::moment(&metadata["message_timestamp"]).unwrap_or(heard_at),
    ))
}

fn redemption(
    event: &Value,
    rewards: &[String],
    heard_at: UnixTime,
) -> Result<Message, MessageError> {
    let reward = &event["reward"];
    let title = reward["title"].as_str().unwrap_or_default().trim();
    let text = field::words(&event["user_input"]);
    let is_wanted = if rewards.is_empty() {
        // "Drink some water" asks for no painting.
        text.is_some()
    } else {
        let title = title.to_lowercase();
        rewards.iter().any(|wanted| wanted.to_lowercase() == title)
    };
    if !is_wanted {
        return Ok(Message::Other);
    }
    Ok(given(
        field::id(&event["id"]).ok_or(MessageError::Lacks("redemption id"))?,
        field::words(&event["user_name"]),
        text,
        Money {
            minor_units: reward["cost"].as_u64().unwrap_or(0),
            currency: field::unit("POINTS"),
        },
        field::moment(&event["redeemed_at"]).unwrap_or(heard_at),
    ))
}

fn given(
    id: String,
    donor: Option<RawText>,
    message: Option<RawText>,
    amount: Money,
    created_at: UnixTime,
) -> Message {
    Message::Given(Box::new(NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id,
        },
        donor,
        message,
        audio_url: None,
        amount,
        own_hundredths: None,
        created_at,
        origin: Origin::Paid,
    }))
}

/// The message without its cheermotes (`Cheer100`, `uni50`): words of letters and a number, if their numbers are
/// together what was cheered. Otherwise such a word is somebody's own, and everything stays.
fn without_cheers(text: &RawText, bits: u64) -> Option<RawText> {
    let is_cheer = |word: &str| cheered(word).is_some();
    let sum = text
        .expose()
        .split_whitespace()
        .filter_map(cheered)
        .try_fold(0u64, u64::checked_add);
    if sum != Some(bits) || bits == 0 {
        return Some(text.clone());
    }
    let rest: Vec<&str> = text
        .expose()
        .split_whitespace()
        .filter(|word| !is_cheer(word))
        .collect();
    let rest = RawText::new(rest.join(" "));
    (!rest.is_blank()).then_some(rest)
}

fn cheered(word: &str) -> Option<u64> {
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (prefix, number) = word.split_at(letters);
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (!prefix.is_empty() && is_number).then(|| number.parse().ok())?
}
