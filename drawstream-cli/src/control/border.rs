//! The [`Border`]: a request passes only with a `Host` and `Origin` of ours, and with the token where there is one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::Problem;
use crate::secret::Secret;

/// Who may come in.
#[derive(Clone, Debug)]
pub(crate) struct Border {
    address: Option<SocketAddr>,
    token: Option<Arc<Secret>>,
}

impl Border {
    pub(crate) fn new(address: Option<SocketAddr>, token: Option<Secret>) -> Self {
        Self {
            address,
            token: token.map(Arc::new),
        }
    }

    /// Lets a request in, or says why not.
    fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let host = headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok());
        if !host.is_some_and(|host| self.is_ours(host)) {
            return Err(Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                "the Host header does not name this server; call it by its address",
            ));
        }
        if let Some(origin) = headers.get(header::ORIGIN) {
            let url = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
            let authority = url.as_ref().map(Url::authority);
            if authority != host {
                return Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "a page of another origin may not speak to this server",
                ));
            }
        }
        if let Some(token) = &self.token {
            let given = headers
                .get(header::AUTHORIZATION)
                .and_then(|value| value.to_str().ok());
            let given = given
                .and_then(|value| value.strip_prefix("Bearer "))
                .unwrap_or_default();
            if !same(given.as_bytes(), token.expose().as_bytes()) {
                return Err(Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "send the token of the settings as `Authorization: Bearer …`",
                ));
            }
        }
        Ok(())
    }

    /// A name under which this server is known: `localhost`, or an address that is the one listened on. Other names,
    /// which an attacker's DNS could point here, are not.
    fn is_ours(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => {
                (name, port.parse().ok())
            }
            _ => (host, Some(80)),
        };
        let Some(address) = self.address else {
            return false;
        };
        if port != Some(address.port()) {
            return false;
        }
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let named: Option<IpAddr> = match name {
            "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
            name => name.parse().ok(),
        };
        match named {
            Some(ip) if ip.is_loopback() => true,
            // Listening on every address, any address that was reached is ours.
            Some(ip) => address.ip().is_unspecified() || ip == address.ip(),
            None => false,
        }
    }
}

/// Compares without telling by its time how much was right.
fn same(given: &[u8], wanted: &[u8]) -> bool {
    given.len() == wanted.len()
        && given
            .iter()
            .zip(wanted)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}

/// The layer before every route.
pub(crate) async fn guard(State(border): State<Border>, request: Request, next: Next) -> Response {
    match border.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
