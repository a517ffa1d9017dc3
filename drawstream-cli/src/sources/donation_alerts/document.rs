//! Documents of the Centrifugo v1 JSON protocol: what the socket sends, and what is sent to it.
//!
//! A frame holds documents line by line. What is not known is [`Document::Other`]; what cannot be read is an
//! error of its own, and harms no other.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// The longest document that is read, in bytes: donations take two thousand, recovery some hundred thousand.
const LONGEST: usize = 4 << 20;

/// A place in a channel's stream, to go on from after a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Counted as `seq`, and `gen` above 2³².
    Seq(u64),
    /// Counted as `offset`.
    Offset(u64),
}

impl Position {
    /// The position of a publication or of a subscription. Where both kinds stand, pushes carry `seq` alone.
    fn read(fields: &Map<String, Value>) -> Option<Self> {
        let number = |key| fields.get(key).and_then(Value::as_u64);
        match (number("seq"), number("gen"), number("offset")) {
            (None, None, offset) => offset.map(Self::Offset),
            (seq, generation, _) => {
                let generation = generation.unwrap_or(0).min(u64::from(u32::MAX));
                let seq = seq.unwrap_or(0).min(u64::from(u32::MAX));
                Some(Self::Seq(generation << 32 | seq))
            }
        }
    }

    /// How far into the stream it is.
    pub(crate) const fn value(self) -> u64 {
        match self {
            Self::Seq(value) | Self::Offset(value) => value,
        }
    }
}

/// Where to go on after a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resume {
    pub(crate) position: Option<Position>,
    pub(crate) epoch: String,
}

/// A publication on a channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Publication {
    pub(crate) position: Option<Position>,
    pub(crate) data: Value,
}

/// The answer to a subscription.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subscribed {
    /// Where the stream stands; `None` where the channel keeps no history.
    pub(crate) resume: Option<Resume>,
    /// What was missed, oldest first.
    pub(crate) missed: Vec<Publication>,
    /// Seconds until it ends, where it does.
    pub(crate) ttl_s: Option<u64>,
}

/// One document from the socket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Document {
    /// An answer to the command with this id.
    Reply { id: u64, result: Map<String, Value> },
    /// A command was refused; without an id it is not known which.
    Refusal {
        id: Option<u64>,
        code: u64,
        message: String,
    },
    /// Something was published.
    Publication {
        channel: String,
        publication: Publication,
    },
    /// The server ended the subscription.
    Unsubscribed { channel: String },
    /// Joins and leaves of others, and what is not known.
    Other,
}

/// A line that is no document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error("a document of {0} bytes is too long")]
    TooLong(usize),
    #[error("a document is not JSON")]
    NotJson(#[from] serde_json::Error),
    #[error("a document has no shape that is known")]
    Shapeless,
}

/// Reads all documents of a frame, in order.
pub(crate) fn decode(frame: &str) -> impl Iterator<Item = Result<Document, DocumentError>> + '_ {
    frame
        .split('\n')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(decode_line)
}

fn decode_line(line: &str) -> Result<Document, DocumentError> {
    if line.len() > LONGEST {
        return Err(DocumentError::TooLong(line.len()));
    }
    let Value::Object(mut document) = serde_json::from_str(&mended(line))? else {
        return Err(DocumentError::Shapeless);
    };
    let id = document
        .get("id")
        .and_then(Value::as_u64)
        .filter(|id| *id != 0);
    if let Some(error) = document.get("error").and_then(Value::as_object) {
        return Ok(Document::Refusal {
            id,
            code: error.get("code").and_then(Value::as_u64).unwrap_or(0),
            message: text(error, "message").chars().take(120).collect(),
        });
    }
    let result = match document.remove("result") {
        Some(Value::Object(result)) => result,
        // The answer to a ping has no result.
        None => Map::new(),
        Some(_) => return Err(DocumentError::Shapeless),
    };
    match id {
        Some(id) => Ok(Document::Reply { id, result }),
        None => push(result),
    }
}

fn push(mut result: Map<String, Value>) -> Result<Document, DocumentError> {
    let kind = match result.get("type") {
        None => 0,
        Some(kind) => kind.as_u64().ok_or(DocumentError::Shapeless)?,
    };
    let channel = text(&result, "channel").to_owned();
    match kind {
        0 => match result.remove("data") {
            Some(Value::Object(data)) if !channel.is_empty() => Ok(Document::Publication {
                channel,
                publication: publication(data).ok_or(DocumentError::Shapeless)?,
            }),
            _ => Err(DocumentError::Shapeless),
        },
        3 => Ok(Document::Unsubscribed { channel }),
        _ => Ok(Document::Other),
    }
}

fn publication(mut fields: Map<String, Value>) -> Option<Publication> {
    Some(Publication {
        position: Position::read(&fields),
        data: fields.remove("data")?,
    })
}

/// Reads the answer to a subscription. What was missed comes newest first from some servers, and is put in order.
pub(crate) fn subscribed(mut result: Map<String, Value>) -> Subscribed {
    let recoverable = result.get("recoverable").and_then(Value::as_bool) == Some(true);
    let resume = recoverable.then(|| Resume {
        position: Position::read(&result),
        epoch: text(&result, "epoch").to_owned(),
    });
    let ttl_s = lifetime(&result);
    let mut missed: Vec<Publication> = match result.remove("publications") {
        Some(Value::Array(list)) => list
            .into_iter()
            .filter_map(|item| match item {
                Value::Object(fields) => publication(fields),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    missed.sort_by_key(|item| item.position.map(Position::value));
    Subscribed {
        resume,
        missed,
        ttl_s,
    }
}

/// The connection's name, from the answer to a connect command.
pub(crate) fn client(result: &Map<String, Value>) -> Option<&str> {
    Some(text(result, "client")).filter(|client| !client.is_empty())
}

/// How many seconds a connection or subscription lives, where it expires at all.
pub(crate) fn lifetime(result: &Map<String, Value>) -> Option<u64> {
    let expires = result.get("expires").and_then(Value::as_bool) == Some(true);
    let ttl = result.get("ttl").and_then(Value::as_u64);
    ttl.filter(|ttl| expires && *ttl > 0)
}

/// The command that opens a connection.
pub(crate) fn connect(id: u64, token: &str) -> String {
    json!({"params": {"token": token}, "id": id}).to_string()
}

/// The command that subscribes, and asks for what was missed where it is known where to go on.
pub(crate) fn subscribe(id: u64, channel: &str, token: &str, resume: Option<&Resume>) -> String {
    let mut params = json!({"channel": channel, "token": token});
    if let Some(resume) = resume {
        params["recover"] = json!(true);
        match resume.position {
            Some(Position::Seq(seq)) => {
                params["seq"] = json!(seq & u64::from(u32::MAX));
                if seq >> 32 != 0 {
                    params["gen"] = json!(seq >> 32);
                }
            }
            Some(Position::Offset(offset)) => params["offset"] = json!(offset),
            // An empty stream leaves its position out: everything since then was missed.
            None => {}
        }
        params["epoch"] = json!(resume.epoch);
    }
    json!({"method": 1, "params": params, "id": id}).to_string()
}

/// The command that asks whether anybody is there.
pub(crate) fn ping(id: u64) -> String {
    json!({"method": 7, "id": id}).to_string()
}

/// Whether a close reason advises to come again; `None` where it does not say.
pub(crate) fn reconnect_advice(reason: &str) -> Option<bool> {
    let reason: Value = serde_json::from_str(reason).ok()?;
    reason.get("reconnect")?.as_bool()
}

fn text<'a>(fields: &'a Map<String, Value>, key: &str) -> &'a str {
    fields.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Replaces escaped halves of surrogate pairs that stand alone, for which a JSON reader would refuse the whole
/// document, and with it a donation.
pub(crate) fn mended(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return Cow::Borrowed(json);
    }
    let bytes = json.as_bytes();
    let unit = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at + 6)?;
        (digits.starts_with(b"\\u") && digits[2..].iter().all(u8::is_ascii_hexdigit))
            .then(|| u16::from_str_radix(&json[at + 2..at + 6], 16).ok())?
    };
    let mut broken = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        at += match unit(at) {
            Some(0xD800..=0xDBFF) => match unit(at + 6) {
                Some(0xDC00..=0xDFFF) => 12,
                _ => {
                    broken.push(at);
                    6
                }
            },
            Some(0xDC00..=0xDFFF) => {
                broken.push(at);
                6
            }
            Some(_) => 6,
            None => 2,
        };
    }
    if broken.is_empty() {
        return Cow::Borrowed(json);
    }
    let mut mended = json.to_owned();
    for at in broken {
        mended.replace_range(at..at + 6, "\\ufffd");
    }
    Cow::Owned(mended)
}
