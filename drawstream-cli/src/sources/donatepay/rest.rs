//! DonatePay over HTTP. Errors come with the status 200 and `"status": "error"`.

use std::time::Duration;

use drawstream_core::donation::UnixTime;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::row;
use crate::secret::Secret;
use crate::sources::donation_alerts::request::RequestError;
use crate::sources::donation_alerts::rest::{Page, Profile, network, odd, read};
use crate::sources::field;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The most notifications that are listed at once.
const PER_PAGE: u32 = 100;
/// How long an address rests after it was asked too often.
const REST: Duration = Duration::from_secs(21);

/// The service's REST.
#[derive(Debug)]
pub(in crate::sources) struct Rest {
    http: reqwest::Client,
    base: String,
    token: Secret,
    user_id: Option<u64>,
}

impl Rest {
    pub(super) fn new(
        base: &str,
        token: Secret,
        user_id: Option<u64>,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: reqwest::Client::builder().timeout(PATIENCE).build()?,
            base: base.trim_end_matches('/').to_owned(),
            token,
            user_id,
        })
    }

    /// Who the streamer is, with a fresh token for the socket.
    pub(in crate::sources) async fn profile(&self) -> Result<Profile, RequestError> {
        let user_id = match self.user_id {
            Some(user_id) => user_id,
            None => {
                let user = self.list("user", &[]).await?;
                let id = field::id(&user["data"]["id"]).and_then(|id| id.parse().ok());
                id.ok_or_else(|| odd("the user"))?
            }
        };
        let body = self.socket_token(json!({})).await?;
        let token = body["token"].as_str();
        Ok(Profile {
            user_id,
            socket_token: token.ok_or_else(|| odd("the socket's token"))?.to_owned(),
        })
    }

    /// Whether the key is taken.
    pub(super) async fn is_accepted(&self) -> Result<(), RequestError> {
        self.list("user", &[]).await.map(drop)
    }

    /// A token for a channel, bound to this connection.
    pub(in crate::sources) async fn channel_token(
        &self,
        client: &str,
        channel: &str,
    ) -> Result<String, RequestError> {
        let wish = json!({ "client": client, "channels": [channel] });
        let body = self.socket_token(wish).await?;
        body["channels"]
            .as_array()
            .and_then(|list| list.iter().find(|entry| entry["channel"] == channel))
            .and_then(|entry| entry["token"].as_str())
            .map(str::to_owned)
            .ok_or_else(|| odd("the channel's token"))
    }

    /// One page of notifications, newest first. A row that is no donation harms no other.
    pub(in crate::sources) async fn page(
        &self,
        number: u32,
        heard_at: UnixTime,
    ) -> Result<Page, RequestError> {
        let skip = (number.saturating_sub(1) * PER_PAGE).to_string();
        let limit = PER_PAGE.to_string();
        let query = [
            ("type", "donation"),
            ("order", "DESC"),
            ("limit", limit.as_str()),
            ("skip", skip.as_str()),
        ];
        let body = self.list("notifications", &query).await?;
        let list = body["data"].as_array().ok_or_else(|| odd("the list"))?;
        let read: Vec<_> = list.iter().map(|row| row::parse(row, heard_at)).collect();
        Ok(Page {
            unreadable: read.iter().filter(|row| row.is_err()).count() as u64,
            has_next: list.len() >= PER_PAGE as usize,
            rows: read
                .into_iter()
                .filter_map(|row| row.ok().flatten())
                .collect(),
        })
    }

    async fn socket_token(&self, mut wish: Value) -> Result<Value, RequestError> {
        wish["access_token"] = json!(self.token.expose());
        let request = self.http.post(format!("{}/v2/socket/token", self.base));
        ask(request.json(&wish)).await
    }

    async fn list(&self, what: &str, query: &[(&str, &str)]) -> Result<Value, RequestError> {
        let token = ("access_token", self.token.expose());
        let request = self.http.get(format!("{}/v1/{what}", self.base));
        ask(request.query(&[token]).query(query)).await
    }
}

async fn ask(request: RequestBuilder) -> Result<Value, RequestError> {
    let answer = request.send().await.map_err(|error| network(&error))?;
    if answer.status() == StatusCode::FORBIDDEN {
        return Err(RequestError::LoginNeeded);
    }
    let body = read(answer).await?;
    if body["status"] != "error" {
        return Ok(body);
    }
    // What it says is for people, in Russian; a wrong key and haste are what it says mostly.
    let said = body["message"].as_str().unwrap_or_default().to_lowercase();
    let is_about_key = ["token", "токен", "ключ"]
        .iter()
        .any(|word| said.contains(word));
    Err(if is_about_key {
        RequestError::LoginNeeded
    } else {
        RequestError::TooMany { after: Some(REST) }
    })
}
