//! Whether a request is from whom it says: signatures, tokens, and their time.

use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drawstream_core::donation::UnixTime;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::secret::Secret;

/// How far a request's time may be from ours, in seconds: what is older may have been overheard.
const WINDOW_S: u64 = 300;

/// Throne's key (SubjectPublicKeyInfo).
/// Source: help.throne.com, "Webhook Integration".
const THRONE_KEY: &str = "MCowBQYDK2VwAyEAPXbUfxh7XL4SYUVcfhmYMIbxvtR9E9LDd8gPJ1PwSD8=";

/// Kick's key (SubjectPublicKeyInfo).
/// Source: github.com/KickEngineering/KickDevDocs, events/webhook-security.md.
const KICK_KEY: &str = concat!(
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAq/+l1WnlRrGSolDMA+A8",
    "6rAhMbQGmQ2SapVcGM3zq8ANXjnhDWocMqfWcTd95btDydITa10kDvHzw9WQOqp2",
    "MZI7ZyrfzJuz5nhTPCiJwTwnEtWft7nV14BYRDHvlfqPUaZ+1KR4OCaO/wWIk/rQ",
    "L/TjY0M70gse8rlBkbo2a8rKhu69RQTRsoaf4DVhDPEeSeI5jVrRDGAMGL3cGuyY",
    "6CLKGdjVEM78g3JfYOvDU/RvfqD7L89TZ3iN94jrmWdGz34JNlEI5hqK8dd7C5EF",
    "BEbZ5jgB8s8ReQV8H+MkuffjdAj3ajDDX3DOJMIut1lBrUVD1AaSrGCKHooWoL2e",
    "twIDAQAB",
);

/// Why a request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProofError {
    #[error("the signature is missing or wrong")]
    Wrong,
    #[error("the time is missing, or more than five minutes from this machine's")]
    Stale,
    #[error("it is about another channel")]
    Foreign,
}

/// The services' public keys, as SubjectPublicKeyInfo.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) throne: Vec<u8>,
    pub(crate) kick: Vec<u8>,
}

impl Keys {
    /// Those that the services publish.
    pub(crate) fn published() -> Self {
        let key = |text| {
            STANDARD
                .decode(text)
                .expect("the published keys are base64")
        };
        Self {
            throne: key(THRONE_KEY),
            kick: key(KICK_KEY),
        }
    }

    pub(crate) fn check_throne(&self, signed: &[u8], signature: &str) -> Result<(), ProofError> {
        let signature = hex(signature).ok_or(ProofError::Wrong)?;
        // The key itself is the last 32 bytes of its description.
        let raw = self.throne.last_chunk::<32>().ok_or(ProofError::Wrong)?;
        UnparsedPublicKey::new(&ED25519, raw)
            .verify(signed, &signature)
            .map_err(|_| ProofError::Wrong)
    }

    pub(crate) fn check_kick(&self, signed: &[u8], signature: &str) -> Result<(), ProofError> {
        let signature = STANDARD
            .decode(signature.trim())
            .map_err(|_| ProofError::Wrong)?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.kick)
            .verify(signed, &signature)
            .map_err(|_| ProofError::Wrong)
    }
}

/// Checks an HMAC-SHA256 in hexadecimal, with or without `sha256=` before it.
pub(crate) fn check_hmac(
    secret: &Secret,
    parts: &[&[u8]],
    signature: &str,
) -> Result<(), ProofError> {
    let signature = signature.trim();
    let signature = hex(signature.strip_prefix("sha256=").unwrap_or(signature));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .map_err(|_| ProofError::Wrong)?;
    parts.iter().for_each(|part| mac.update(part));
    // Compares in constant time.
    mac.verify_slice(&signature.ok_or(ProofError::Wrong)?)
        .map_err(|_| ProofError::Wrong)
}

/// Compares a token without telling by its time how much was right.
pub(crate) fn check_token(token: &Secret, given: &str) -> Result<(), ProofError> {
    // Both are brought to one length by a keyed sum, so that neither the length nor the place of a difference shows.
    let sum = |text: &str| {
        Hmac::<Sha256>::new_from_slice(token.expose().as_bytes()).map(|mut mac| {
            mac.update(text.as_bytes());
            mac
        })
    };
    match (sum(token.expose()), sum(given)) {
        (Ok(wanted), Ok(given)) => given
            .verify(&wanted.finalize().into_bytes())
            .map_err(|_| ProofError::Wrong),
        _ => Err(ProofError::Wrong),
    }
}

/// Checks that a request was signed a moment ago.
pub(crate) fn check_time(signed_at: Option<UnixTime>, now: UnixTime) -> Result<(), ProofError> {
    match signed_at {
        Some(at) if at.0.abs_diff(now.0) <= WINDOW_S => Ok(()),
        _ => Err(ProofError::Stale),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = digits.chunks_exact(2);
    pairs
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect()
}
