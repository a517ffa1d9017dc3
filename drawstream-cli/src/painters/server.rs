//! A server that paints, whatever kind: what it has, what it lacks, and what people do about that.

use std::sync::{Mutex, PoisonError};

use super::PainterError;
use super::order::failed;
use crate::health::Health;
use crate::peer::PeerError;

/// A kind of server, as people know it.
#[derive(Debug)]
pub(super) struct Kind {
    /// In a sentence.
    pub(super) name: &'static str,
    /// What to do where nobody answers.
    pub(super) start: &'static str,
    /// The setting that names its checkpoint.
    pub(super) setting: &'static str,
    /// Where checkpoints and LoRAs lie there.
    pub(super) checkpoints: &'static str,
    pub(super) loras: &'static str,
}

/// Why a server cannot paint as it is set up.
#[derive(Debug)]
pub(super) enum Trouble {
    Peer(PeerError),
    NoModel,
    NoCheckpoint { wanted: String, has: String },
    NoLora { wanted: String, has: String },
}

impl From<PeerError> for Trouble {
    fn from(error: PeerError) -> Self {
        Self::Peer(error)
    }
}

impl Trouble {
    /// What follows from it for a painting.
    pub(super) fn into_error(self, kind: &Kind) -> PainterError {
        match self {
            Self::Peer(error) => failed(&error),
            other => PainterError::Broken(other.health(kind, "").state),
        }
    }

    /// What people are told.
    pub(super) fn health(self, kind: &Kind, address: &str) -> Health {
        let Kind {
            name,
            start,
            setting,
            checkpoints,
            loras,
        } = kind;
        match self {
            Self::Peer(error) => Health::bad(error.at(address), *start),
            Self::NoModel => Health::bad(
                format!("{name} has no checkpoint"),
                format!("put an SDXL checkpoint into {checkpoints} and restart it"),
            ),
            Self::NoCheckpoint { wanted, has } => Health::bad(
                format!("{name} does not have the checkpoint {wanted}; it has {has}"),
                format!("set {setting} to one of them, or leave it out"),
            ),
            Self::NoLora { wanted, has } => Health::bad(
                format!("{name} does not have the LoRA {wanted}; it has {has}"),
                format!(
                    "put {wanted}.safetensors into {loras} and restart it, or set PIXEL_LORA_WEIGHT (none for none)"
                ),
            ),
        }
    }
}

/// What was found out about a server, until it is looked at anew.
#[derive(Debug)]
pub(super) struct Knowledge<T>(Mutex<Option<T>>);

impl<T: Clone> Knowledge<T> {
    pub(super) const fn none() -> Self {
        Self(Mutex::new(None))
    }

    /// What is known, else what this finds out.
    pub(super) async fn or_look(
        &self,
        look: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match known {
            Some(found) => Ok(found),
            None => self.look(look).await,
        }
    }

    /// What this finds out, whatever was known: a server that was restarted may lack what it had.
    pub(super) async fn look(
        &self,
        look: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let found = look.await;
        let known = found.as_ref().ok().cloned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
        found
    }
}

/// The first few of a list, for people.
pub(super) fn some(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names[..names.len().min(6)].join(", "),
    }
}
