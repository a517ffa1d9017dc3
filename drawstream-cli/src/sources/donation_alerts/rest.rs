//! Donation Alerts over HTTP: the requests of a session, with the token renewed once where it is refused.

use std::time::Duration;

use drawstream_core::donation::UnixTime;
use reqwest::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::document::mended;
use super::request::RequestError;
use super::row;
use super::token::{Application, TokenStore, Tokens};
use crate::ledger::NewDonation;
use crate::secret::Secret;

/// The longest answer that is read, in bytes: a page of thirty takes about thirty thousand.
const LONGEST: usize = 4 << 20;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A page of donations, as it came.
#[derive(Debug)]
pub(in crate::sources) struct Page {
    pub(in crate::sources) rows: Vec<NewDonation>,
    pub(in crate::sources) unreadable: u64,
    pub(in crate::sources) has_next: bool,
}

/// Who the streamer is.
#[derive(Debug)]
pub(in crate::sources) struct Profile {
    pub(in crate::sources) user_id: u64,
    pub(in crate::sources) socket_token: String,
}

/// The service's REST.
#[derive(Debug)]
pub(in crate::sources) struct Rest {
    http: reqwest::Client,
    base: String,
    token_url: String,
    application: Option<Application>,
    tokens: TokenStore,
}

impl Rest {
    /// `base` is the address that ends in `/api/v1`; OAuth lies beside it.
    pub(super) fn new(
        base: &str,
        application: Option<Application>,
        tokens: TokenStore,
    ) -> Result<Self, reqwest::Error> {
        let base = base.trim_end_matches('/').to_owned();
        let site = base.strip_suffix("/api/v1").unwrap_or(&base);
        Ok(Self {
            http: reqwest::Client::builder().timeout(PATIENCE).build()?,
            token_url: format!("{site}/oauth/token"),
            base,
            application,
            tokens,
        })
    }

    pub(super) const fn tokens(&self) -> &TokenStore {
        &self.tokens
    }

    /// Who the streamer is, with a fresh token for the socket.
    pub(super) async fn profile(&self) -> Result<Profile, RequestError> {
        let body = self.ask(Method::GET, "/user/oauth", None).await?;
        let user = &body["data"];
        let user_id = match &user["id"] {
            Value::String(id) => id.parse().ok(),
            id => id.as_u64(),
        };
        let token = user["socket_connection_token"].as_str();
        match (user_id, token) {
            (Some(user_id), Some(token)) => Ok(Profile {
                user_id,
                socket_token: token.to_owned(),
            }),
            _ => Err(odd("the profile")),
        }
    }

    /// A token for a channel, bound to this connection.
    pub(super) async fn channel_token(
        &self,
        client: &str,
        channel: &str,
    ) -> Result<String, RequestError> {
        let wish = json!({"channels": [channel], "client": client});
        let path = "/centrifuge/subscribe";
        let body = self.ask(Method::POST, path, Some(&wish)).await?;
        body["channels"]
            .as_array()
            .and_then(|list| list.iter().find(|entry| entry["channel"] == channel))
            .and_then(|entry| entry["token"].as_str())
            .map(str::to_owned)
            .ok_or_else(|| odd("the channel's token"))
    }

    /// One page of donations, newest first. A row that is no donation harms no other.
    pub(super) async fn page(&self, number: u32, heard_at: UnixTime) -> Result<Page, RequestError> {
        let path = format!("/alerts/donations?page={number}");
        let body = self.ask(Method::GET, &path, None).await?;
        let list = body["data"].as_array().ok_or_else(|| odd("the list"))?;
        let rows: Vec<_> = list
            .iter()
            .filter_map(|row| row::parse(row, heard_at).ok())
            .collect();
        let last_page = body["meta"]["last_page"].as_u64();
        Ok(Page {
            unreadable: (list.len() - rows.len()) as u64,
            // The next page's number is ours: an address in an answer is not followed.
            has_next: body["links"]["next"].is_string()
                || last_page.is_some_and(|last| u64::from(number) < last),
            rows,
        })
    }

    /// Asks with the token of now; where that is refused, renews it and asks once more.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, RequestError> {
        let tokens = self.load()?;
        let answer = self.send(&method, path, body, &tokens.access).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return read(answer).await;
        }
        let renewed = self.renew(&tokens.access).await?;
        let answer = self.send(&method, path, body, &renewed).await?;
        read(answer).await
    }

    fn load(&self) -> Result<Tokens, RequestError> {
        self.tokens
            .load()
            .map_err(|error| RequestError::Trouble(error.to_string()))
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        access: &Secret,
    ) -> Result<Response, RequestError> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.base))
            .header("accept", "application/json")
            .bearer_auth(access.expose());
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.map_err(|error| network(&error))
    }

    /// Renews the tokens, once for all who were refused together.
    async fn renew(&self, refused: &Secret) -> Result<Secret, RequestError> {
        let _one_at_a_time = self.tokens.renewing.lock().await;
        let now = self.load()?;
        if now.access != *refused {
            return Ok(now.access);
        }
        let (Some(application), Some(refresh)) = (&self.application, &now.refresh) else {
            return Err(RequestError::LoginNeeded);
        };
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
            ("client_id", &application.client_id),
            ("client_secret", application.client_secret.expose()),
        ];
        let request = self.http.post(&self.token_url).form(&form);
        let answer = request.send().await.map_err(|error| network(&error))?;
        if matches!(answer.status().as_u16(), 400 | 401) {
            return Err(RequestError::LoginNeeded);
        }
        let tokens =
            granted(&read(answer).await?, Some(refresh)).ok_or_else(|| odd("the tokens"))?;
        // Without a file they live as long as the program: the old refresh token is spent.
        match self.tokens.save(&tokens) {
            Ok(true) => Ok(tokens.access),
            Ok(false) => {
                self.tokens.replace(tokens.clone());
                Ok(tokens.access)
            }
            Err(error) => Err(RequestError::Trouble(error.to_string())),
        }
    }
}

/// Reads an answer of the token address. Where no new refresh token comes, the old one stays good.
pub(super) fn granted(body: &Value, old_refresh: Option<&Secret>) -> Option<Tokens> {
    #[derive(Deserialize)]
    struct Grant {
        access_token: String,
        refresh_token: Option<String>,
    }
    let grant = Grant::deserialize(body).ok()?;
    Some(Tokens {
        access: Secret::new(grant.access_token),
        refresh: grant
            .refresh_token
            .map(Secret::new)
            .or_else(|| old_refresh.cloned()),
    })
}

/// Reads the JSON of an answer, or says what its status means.
pub(in crate::sources) async fn read(mut answer: Response) -> Result<Value, RequestError> {
    let status = answer.status();
    if status == StatusCode::UNAUTHORIZED {
        return Err(RequestError::LoginNeeded);
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = answer.headers().get("retry-after");
        let seconds = seconds.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Err(RequestError::TooMany {
            after: seconds.map(|s: u64| Duration::from_secs(s.min(3600))),
        });
    }
    if status == StatusCode::FORBIDDEN {
        return Err(RequestError::Trouble(
            "the service forbids it: does the login have all scopes?".to_owned(),
        ));
    }
    if !status.is_success() {
        let status = status.as_u16();
        return Err(RequestError::Trouble(format!(
            "the service answered {status}"
        )));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| network(&error))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(odd("an answer that is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&body);
    serde_json::from_str(&mended(&text)).map_err(|_| odd("an answer that is no JSON"))
}

pub(in crate::sources) fn odd(what: &str) -> RequestError {
    RequestError::Trouble(format!(
        "the service sent something else than expected: {what}"
    ))
}

/// What a network error is, without the address, in which an operator may have put a secret.
pub(in crate::sources) fn network(error: &reqwest::Error) -> RequestError {
    RequestError::Trouble(
        if error.is_timeout() {
            "the service did not answer in time"
        } else if error.is_connect() {
            "the service cannot be reached"
        } else {
            "the connection to the service broke"
        }
        .to_owned(),
    )
}
