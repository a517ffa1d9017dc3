//! Twitch over HTTP: whose token it is, and subscriptions.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::secret::Secret;

/// How long an answer may take: subscriptions are due within ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HelixError {
    #[error("the token is not accepted")]
    LoginNeeded,
    #[error("the token does not allow {0}: it needs bits:read and channel:read:redemptions")]
    Forbidden(&'static str),
    #[error("{0}")]
    Trouble(String),
}

/// Whose token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) client_id: String,
    pub(super) user_id: String,
    pub(super) expires: Option<SystemTime>,
    pub(super) scopes: Vec<String>,
}

/// Twitch's HTTP.
#[derive(Debug)]
pub(super) struct Helix {
    http: reqwest::Client,
    api_base: String,
    auth_base: String,
    token: Secret,
}

impl Helix {
    pub(super) fn new(
        api_base: &str,
        auth_base: &str,
        token: Secret,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: reqwest::Client::builder().timeout(PATIENCE).build()?,
            api_base: api_base.trim_end_matches('/').to_owned(),
            auth_base: auth_base.trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// Asks whose token it is and until when.
    pub(super) async fn identity(&self) -> Result<Identity, HelixError> {
        #[derive(Deserialize)]
        struct ValidDoc {
            client_id: String,
            user_id: String,
            #[serde(default)]
            expires_in: u64,
            #[serde(default)]
            scopes: Vec<String>,
        }
        let request = self
            .http
            .get(format!("{}/validate", self.auth_base))
            .header("authorization", format!("OAuth {}", self.token.expose()));
        let answer = request.send().await.map_err(|error| network(&error))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(HelixError::LoginNeeded),
            status => return Err(odd(status)),
        }
        let valid: ValidDoc = answer
            .json()
            .await
            .map_err(|_| HelixError::Trouble("the token is not a user's token".to_owned()))?;
        Ok(Identity {
            client_id: valid.client_id,
            user_id: valid.user_id,
            scopes: valid.scopes,
            expires: (valid.expires_in > 0)
                .then(|| SystemTime::now() + Duration::from_secs(valid.expires_in)),
        })
    }

    /// Subscribes a session to events of the token's own channel.
    pub(super) async fn subscribe(
        &self,
        kind: &'static str,
        session: &str,
        identity: &Identity,
    ) -> Result<(), HelixError> {
        let body = json!({
            "type": kind,
            "version": "1",
            "condition": { "broadcaster_user_id": identity.user_id },
            "transport": { "method": "websocket", "session_id": session },
        });
        let request = self
            .http
            .post(format!("{}/eventsub/subscriptions", self.api_base))
            .bearer_auth(self.token.expose())
            .header("client-id", &identity.client_id)
            .json(&body);
        let answer = request.send().await.map_err(|error| network(&error))?;
        match answer.status() {
            // A conflict says that there is such a subscription already.
            StatusCode::ACCEPTED | StatusCode::OK | StatusCode::CONFLICT => Ok(()),
            StatusCode::UNAUTHORIZED => Err(HelixError::LoginNeeded),
            StatusCode::FORBIDDEN => Err(HelixError::Forbidden(kind)),
            status => Err(odd(status)),
        }
    }
}

fn odd(status: StatusCode) -> HelixError {
    HelixError::Trouble(format!("Twitch answered {}", status.as_u16()))
}

/// What a network error is, without the address.
fn network(error: &reqwest::Error) -> HelixError {
    HelixError::Trouble(
        if error.is_timeout() {
            "Twitch did not answer in time"
        } else if error.is_connect() {
            "Twitch cannot be reached"
        } else {
            "the connection to Twitch broke"
        }
        .to_owned(),
    )
}
