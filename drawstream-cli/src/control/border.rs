//! The [`Border`]: a request passes only with a `Host` and `Origin` of ours, and knows then whose it is.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::{Links, Problem, Role};

/// The cookie in which a page keeps the token of its link.
pub(crate) const COOKIE: &str = "drawstream";

/// What pages of this program may load: nothing but what this program gives them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Who may come in.
#[derive(Clone, Debug)]
pub(crate) struct Border {
    address: Option<SocketAddr>,
    links: Arc<Links>,
}

impl Border {
    pub(crate) fn new(address: Option<SocketAddr>, links: Links) -> Self {
        Self {
            address,
            links: Arc::new(links),
        }
    }

    /// Whose token this is.
    pub(crate) fn role(&self, token: &str) -> Option<Role> {
        self.links.role(token)
    }

    /// Says whose request it is, `None` for somebody who has shown no token and needs one; or why it may not pass.
    fn check(&self, headers: &HeaderMap) -> Result<Option<Role>, Problem> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(header::HOST);
        if !host.is_some_and(|host| self.is_ours(host)) {
            return Err(Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                "the Host header does not name this server; call it by its address",
            ));
        }
        if headers.contains_key(header::ORIGIN) {
            let url = text(header::ORIGIN).and_then(|origin| Url::parse(origin).ok());
            if url.as_ref().map(Url::authority) != host {
                return Err(foreign());
            }
        }
        // A page of another origin can ask for a picture without an Origin; browsers say so here. Following a link
        // is no such thing.
        let site = text(header::HeaderName::from_static("sec-fetch-site"));
        let mode = text(header::HeaderName::from_static("sec-fetch-mode"));
        if matches!(site, Some("cross-site" | "same-site")) && mode != Some("navigate") {
            return Err(foreign());
        }
        if let Some(token) = text(header::AUTHORIZATION) {
            let token = token.strip_prefix("Bearer ").unwrap_or_default();
            return self.links.role(token).map(Some).ok_or_else(|| {
                Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "this token is none of the settings or of a link; `drawstream links` makes new ones",
                )
            });
        }
        let of_cookie = text(header::COOKIE)
            .and_then(cookie)
            .and_then(|token| self.links.role(token));
        Ok(match of_cookie {
            Some(role) => Some(role),
            None if self.links.is_locked() => None,
            // It listens on this machine alone.
            None => Some(Role::Owner),
        })
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

fn foreign() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "a page of another origin may not speak to this server",
    )
}

fn cookie(cookies: &str) -> Option<&str> {
    cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// The layer before every route, WebSockets included.
pub(crate) async fn guard(
    State(border): State<Border>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut response = match border.check(request.headers()) {
        Ok(role) => {
            if let Some(role) = role {
                request.extensions_mut().insert(role);
            }
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
