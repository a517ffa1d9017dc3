//! The streamer's tokens: where they are kept, what can be read from them, and how they are renewed.

use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::secret::Secret;

/// The file in the data folder that a login writes.
pub const TOKEN_FILE: &str = "donation-alerts-tokens.json";

/// Tokens as they stand in their file.
#[derive(Clone, Serialize, Deserialize)]
struct TokensDoc {
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

/// The streamer's tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Opens REST.
    pub access: Secret,
    /// Gives a new pair once; absent where the login was made without.
    pub refresh: Option<Secret>,
}

/// The program as Donation Alerts knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its number on the site.
    pub client_id: String,
    /// Its secret there.
    pub client_secret: Secret,
}

/// What an access token says about itself. It is read, not checked: that is the service's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// When it expires.
    pub expires: Option<SystemTime>,
    /// What it allows.
    pub scopes: Vec<String>,
}

impl Tokens {
    /// Reads the payload of the access token; `None` where it is no JWT.
    pub fn claims(&self) -> Option<Claims> {
        #[derive(Deserialize)]
        struct Payload {
            exp: Option<f64>,
            #[serde(default)]
            scopes: Vec<String>,
        }
        let payload = self.access.expose().split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        let payload: Payload = serde_json::from_slice(&payload).ok()?;
        Some(Claims {
            expires: payload.exp.and_then(|at| {
                // Dates past the year 9999 mean never, and cannot be written.
                let at = Duration::try_from_secs_f64(at.min(253_402_300_799.0)).ok()?;
                UNIX_EPOCH.checked_add(at)
            }),
            scopes: payload.scopes,
        })
    }
}

/// Why the tokens could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The file cannot be used.
    #[error("cannot use the token file {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{} is no token file", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
}

/// Where the tokens are: the file that a login writes, or the environment's.
#[derive(Debug)]
pub struct TokenStore {
    file: Option<PathBuf>,
    given: RwLock<Tokens>,
    /// Held while the file is renewed, so that two requests that fail together renew it once.
    pub(super) renewing: Mutex<()>,
}

impl TokenStore {
    /// Tokens that were given; a file, where there is one, is stronger.
    pub fn new(given: Tokens, file: Option<PathBuf>) -> Self {
        Self {
            file,
            given: RwLock::new(given),
            renewing: Mutex::new(()),
        }
    }

    /// The tokens of now. The file is read each time, so that a new login counts at once.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn load(&self) -> Result<Tokens, TokenError> {
        let Some(path) = &self.file else {
            return Ok(self.given());
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(self.given());
            }
            Err(source) => {
                let path = path.clone();
                return Err(TokenError::File { path, source });
            }
        };
        let doc: TokensDoc = serde_json::from_str(&text)
            .map_err(|_| TokenError::Malformed { path: path.clone() })?;
        Ok(Tokens {
            access: Secret::new(doc.access_token),
            refresh: doc.refresh_token.map(Secret::new),
        })
    }

    fn given(&self) -> Tokens {
        let given = self.given.read().unwrap_or_else(PoisonError::into_inner);
        given.clone()
    }

    /// Takes new tokens for those that were given, for as long as the program runs.
    pub(super) fn replace(&self, tokens: Tokens) {
        *self.given.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }

    /// Writes new tokens into the file, which its owner alone can read. Says `false` where there is no file.
    ///
    /// # Errors
    /// Where the file cannot be written; the old one is whole then.
    pub fn save(&self, tokens: &Tokens) -> Result<bool, TokenError> {
        let Some(path) = &self.file else {
            return Ok(false);
        };
        let failed = |source| TokenError::File {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let doc = TokensDoc {
            access_token: tokens.access.expose().to_owned(),
            refresh_token: tokens.refresh.as_ref().map(|t| t.expose().to_owned()),
        };
        let text = serde_json::to_string_pretty(&doc).map_err(|e| failed(e.into()))?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        // An old one may have other permissions.
        let _ = std::fs::remove_file(&beside);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside).map_err(failed)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)?;
        Ok(true)
    }
}
