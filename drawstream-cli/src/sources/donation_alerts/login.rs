//! Logging in: OAuth's authorization-code flow, with the answer taken on a loopback address.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

use super::rest::granted;
use super::token::{Application, Tokens};

/// What drawstream asks for: who the streamer is, the list of donations, and their channel.
pub const SCOPES: &str = "oauth-user-show oauth-donation-subscribe oauth-donation-index";

/// How long the streamer may take in the browser.
const PATIENCE: Duration = Duration::from_secs(600);

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The loopback address is taken.
    #[error("cannot listen on 127.0.0.1:{port}")]
    Listen {
        /// Which port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The address of the service is none.
    #[error("the service's address is not usable")]
    Address(#[from] url::ParseError),
    /// The streamer pressed no.
    #[error("the login was refused in the browser")]
    Refused,
    /// Nobody came back from the browser.
    #[error("nobody logged in within ten minutes")]
    TimedOut,
    /// The service cannot be reached.
    #[error("the service cannot be reached")]
    Network,
    /// The service gave no tokens for the code.
    #[error("the service gave no tokens (status {0})")]
    NotGranted(u16),
}

/// A login that waits for its streamer.
#[derive(Debug)]
pub struct Login {
    site: String,
    application: Application,
    redirect_uri: String,
    /// What the answer must carry: without it any page could hand in a login of its own.
    state: String,
    answers: mpsc::Receiver<Option<String>>,
    server: tokio::task::JoinHandle<()>,
}

impl Login {
    /// Begins to listen on `port`, which the application's redirect address on the site must name:
    /// `http://127.0.0.1:PORT/callback`. Port 0 takes a free one.
    ///
    /// # Errors
    /// [`LoginError::Listen`].
    pub async fn begin(
        api_base: &str,
        application: Application,
        port: u16,
    ) -> Result<Self, LoginError> {
        let taken = |source| LoginError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(taken)?;
        let port = listener.local_addr().map_err(taken)?.port();
        let base = api_base.trim_end_matches('/');
        let state: String = rand::random::<[u8; 16]>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        // One answer is enough; more wait for nobody.
        let (answer, answers) = mpsc::channel(1);
        let router = Router::new()
            .route("/callback", get(callback))
            .with_state((state.clone(), answer));
        let server = tokio::spawn(async move {
            // It ends with this login; an error of it shows as nobody coming back.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            site: base.strip_suffix("/api/v1").unwrap_or(base).to_owned(),
            application,
            redirect_uri: format!("http://127.0.0.1:{port}/callback"),
            state,
            answers,
            server,
        })
    }

    /// The page on which the streamer agrees.
    ///
    /// # Errors
    /// [`LoginError::Address`].
    pub fn page(&self) -> Result<Url, LoginError> {
        let query = [
            ("client_id", self.application.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", SCOPES),
            ("state", &self.state),
        ];
        let page = format!("{}/oauth/authorize", self.site);
        Ok(Url::parse_with_params(&page, query)?)
    }

    /// Waits for the streamer, and trades the code for tokens.
    ///
    /// # Errors
    /// Why nobody was logged in.
    pub async fn finish(mut self) -> Result<Tokens, LoginError> {
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        let code = answer
            .map_err(|_| LoginError::TimedOut)?
            .flatten()
            .ok_or(LoginError::Refused)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.application.client_id),
            ("client_secret", self.application.client_secret.expose()),
            ("redirect_uri", &self.redirect_uri),
            ("code", &code),
        ];
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .build();
        let http = http.map_err(|_| LoginError::Network)?;
        let request = http.post(format!("{}/oauth/token", self.site)).form(&form);
        let answer = request.send().await.map_err(|_| LoginError::Network)?;
        let status = answer.status().as_u16();
        let body = answer
            .json()
            .await
            .map_err(|_| LoginError::NotGranted(status))?;
        granted(&body, None).ok_or(LoginError::NotGranted(status))
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Waiting = (String, mpsc::Sender<Option<String>>);

async fn callback(
    State((state, answer)): State<Waiting>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    if query.get("state") != Some(&state) {
        return (
            StatusCode::BAD_REQUEST,
            "This is not the login that was begun.",
        )
            .into_response();
    }
    let code = query.get("code").filter(|code| !code.is_empty()).cloned();
    let said = if code.is_some() {
        "drawstream is logged in. You can close this page."
    } else {
        "drawstream was not let in. You can close this page."
    };
    let _ = answer.try_send(code);
    Html(format!(
        "<!doctype html><meta charset=\"utf-8\"><title>drawstream</title><p>{said}</p>"
    ))
    .into_response()
}
