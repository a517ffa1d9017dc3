//! [`Peer`]: a server that the streamer runs or rents, asked over HTTP, with limits on what it may answer.

use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::secret::Secret;

/// How long a connection may take to come about; servers on the same machine or network answer at once.
const CONNECT: Duration = Duration::from_secs(5);
/// Bytes of a server's own words about an error that are kept.
const MOST_SAID: usize = 2_000;

/// How a server wants to be convinced.
#[derive(Clone, Debug, Default)]
pub(crate) enum Credentials {
    /// Not at all.
    #[default]
    None,
    /// By a bearer token.
    Bearer(Secret),
    /// By `user:password`.
    Basic(Secret),
}

/// Why a server gave no usable answer. What it said is kept, and never printed: it may repeat a viewer's words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PeerError {
    /// Nobody is there.
    #[error("nobody answers at {address}")]
    Unreachable {
        /// Host and port.
        address: String,
    },
    /// It took too long.
    #[error("no answer within {seconds} s")]
    TooSlow {
        /// How long was waited.
        seconds: u64,
    },
    /// The connection ended before the answer did.
    #[error("the connection was cut half-way")]
    Cut,
    /// The answer is an error.
    #[error("it answered {status}")]
    Status {
        /// The HTTP status.
        status: StatusCode,
        /// What it said about it.
        said: Secret,
    },
    /// The answer is too long.
    #[error("its answer is longer than {most} bytes")]
    TooLong {
        /// How long it may be.
        most: usize,
    },
    /// The answer is not JSON, or JSON of another shape.
    #[error("its answer is not what this kind of server answers")]
    NotUnderstood,
}

impl PeerError {
    /// Whether the same question may be answered a moment later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooSlow { .. } | Self::Cut => true,
            Self::Status { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::TooLong { .. } | Self::NotUnderstood => false,
        }
    }

    /// The HTTP status, where it answered with an error.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::Unreachable { .. }
            | Self::TooSlow { .. }
            | Self::Cut
            | Self::TooLong { .. }
            | Self::NotUnderstood => None,
        }
    }

    /// What went wrong with the server at this address, in a line that names it once.
    pub(crate) fn at(&self, address: &str) -> String {
        match self {
            Self::Unreachable { .. } => self.to_string(),
            Self::TooSlow { .. }
            | Self::Cut
            | Self::Status { .. }
            | Self::TooLong { .. }
            | Self::NotUnderstood => format!("{address}: {self}"),
        }
    }

    /// Whether the server's own words about an error have this in them, in any case.
    pub(crate) fn says(&self, what: &str) -> bool {
        match self {
            Self::Status { said, .. } => said.expose().to_lowercase().contains(what),
            Self::Unreachable { .. }
            | Self::TooSlow { .. }
            | Self::Cut
            | Self::TooLong { .. }
            | Self::NotUnderstood => false,
        }
    }
}

/// A server: where it is, how it is asked, how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    http: reqwest::Client,
    base: Url,
    credentials: Credentials,
    timeout: Duration,
}

impl Peer {
    /// The server at `base`; each answer may take `timeout`.
    ///
    /// # Errors
    /// Where the system has no certificates or no random numbers.
    pub(crate) fn new(
        base: &Url,
        credentials: Credentials,
        timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT.min(timeout))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self {
            http,
            base,
            credentials,
            timeout,
        })
    }

    /// The same server with another time for each answer.
    pub(crate) fn within(&self, timeout: Duration) -> Self {
        Self {
            timeout,
            ..self.clone()
        }
    }

    /// Host and port, for people.
    pub(crate) fn address(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// The address of a path below the base; it begins without a slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        url.set_path(&format!("{}{path}", self.base.path()));
        url.set_query((!query.is_empty()).then_some(query));
        url
    }

    /// Reads JSON.
    pub(crate) async fn get(&self, path: &str, most: usize) -> Result<Value, PeerError> {
        let body = self.send(self.http.get(self.url(path)), most).await?;
        serde_json::from_slice(&body).map_err(|_| PeerError::NotUnderstood)
    }

    /// Reads bytes.
    pub(crate) async fn get_bytes(&self, path: &str, most: usize) -> Result<Vec<u8>, PeerError> {
        self.send(self.http.get(self.url(path)), most).await
    }

    /// Reads bytes from this very address, which may be longer than a path.
    pub(crate) async fn get_at(&self, url: &Url, most: usize) -> Result<Vec<u8>, PeerError> {
        self.send(self.http.get(url.clone()), most).await
    }

    /// Sends JSON and reads JSON.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &Value,
        most: usize,
    ) -> Result<Value, PeerError> {
        let request = self.http.post(self.url(path)).json(body);
        let answer = self.send(request, most).await?;
        serde_json::from_slice(&answer).map_err(|_| PeerError::NotUnderstood)
    }

    /// Sends JSON; whatever is answered is not of interest.
    pub(crate) async fn tell(&self, path: &str, body: &Value) -> Result<(), PeerError> {
        let request = self.http.post(self.url(path)).json(body);
        self.send(request, MOST_SAID).await.map(drop)
    }

    async fn send(&self, request: RequestBuilder, most: usize) -> Result<Vec<u8>, PeerError> {
        let request = match &self.credentials {
            Credentials::None => request,
            Credentials::Bearer(token) => request.bearer_auth(token.expose()),
            Credentials::Basic(pair) => {
                let (user, password) = pair.expose().split_once(':').unwrap_or((pair.expose(), ""));
                request.basic_auth(user, Some(password))
            }
        };
        let whole = async {
            let response = request.send().await.map_err(|error| self.failed(&error))?;
            let status = response.status();
            if status.is_success() {
                return self.body(response, most).await;
            }
            // What an error says is worth its first words, whatever happens to the rest.
            let said = self.body(response, MOST_SAID).await.unwrap_or_default();
            Err(PeerError::Status {
                status,
                said: Secret::new(String::from_utf8_lossy(&said)),
            })
        };
        // Of tokio's own clock and not the client's, so that tests can make it up.
        match tokio::time::timeout(self.timeout, whole).await {
            Ok(answer) => answer,
            Err(_) => Err(PeerError::TooSlow {
                seconds: self.timeout.as_secs(),
            }),
        }
    }

    async fn body(&self, mut response: Response, most: usize) -> Result<Vec<u8>, PeerError> {
        if response.content_length().is_some_and(|n| n > most as u64) {
            return Err(PeerError::TooLong { most });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| PeerError::Cut)? {
            if body.len() + chunk.len() > most {
                return Err(PeerError::TooLong { most });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failed(&self, error: &reqwest::Error) -> PeerError {
        if error.is_connect() || error.is_timeout() {
            PeerError::Unreachable {
                address: self.address(),
            }
        } else {
            PeerError::Cut
        }
    }
}
