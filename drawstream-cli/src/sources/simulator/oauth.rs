//! The simulated OAuth: a page with a button, and tokens for codes and for refresh tokens.

use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use url::{Host, Url};

use super::service::Grant;
use super::{CLIENT, Shared};

#[derive(Deserialize)]
pub(super) struct Ask {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    state: String,
}

/// The page on which the streamer agrees.
pub(super) async fn authorize(Query(ask): Query<Ask>) -> Response {
    if ask.client_id != CLIENT.0 || ask.response_type != "code" || redirect(&ask).is_none() {
        return (StatusCode::BAD_REQUEST, "invalid_request").into_response();
    }
    let hidden = |name: &str, value: &str| {
        format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
            escaped(value)
        )
    };
    Html(format!(
        "<!doctype html><meta charset=\"utf-8\"><title>Donation Alerts (simulated)</title>\
         <h1>drawstream asks for access</h1><p>{}</p>\
         <form method=\"post\" action=\"/oauth/approve\">{}{}{}{}\
         <button id=\"approve\" type=\"submit\">Approve</button></form>",
        escaped(&ask.scope),
        hidden("client_id", &ask.client_id),
        hidden("redirect_uri", &ask.redirect_uri),
        hidden("response_type", &ask.response_type),
        hidden("state", &ask.state),
    ))
    .into_response()
}

/// The button was pressed: back to the program, with a code.
pub(super) async fn approve(State(desk): State<Shared>, Form(ask): Form<Ask>) -> Response {
    let Some(mut target) = redirect(&ask) else {
        return (StatusCode::BAD_REQUEST, "invalid_request").into_response();
    };
    let code = desk.with(|service| service.approve(&ask.redirect_uri));
    target.query_pairs_mut().append_pair("code", &code);
    if !ask.state.is_empty() {
        target.query_pairs_mut().append_pair("state", &ask.state);
    }
    (StatusCode::FOUND, [(header::LOCATION, target.to_string())]).into_response()
}

#[derive(Deserialize)]
pub(super) struct TokenAsk {
    grant_type: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    refresh_token: String,
}

/// Tokens for a code, or for a refresh token.
pub(super) async fn token(State(desk): State<Shared>, Form(ask): Form<TokenAsk>) -> Response {
    if (ask.client_id.as_str(), ask.client_secret.as_str()) != CLIENT {
        let body = axum::Json(json!({"error": "invalid_client"}));
        return (StatusCode::UNAUTHORIZED, body).into_response();
    }
    let lifetime_s = desk.lock().options.token_lifetime.as_secs();
    let grant = desk.with(|service| match ask.grant_type.as_str() {
        "authorization_code" => service.exchange(&ask.code, &ask.redirect_uri),
        "refresh_token" => service.renew(&ask.refresh_token),
        _ => None,
    });
    match grant {
        Some(Grant { access, refresh }) => axum::Json(json!({
            "token_type": "Bearer",
            "expires_in": lifetime_s,
            "access_token": access,
            "refresh_token": refresh
        }))
        .into_response(),
        None => {
            let body = axum::Json(json!({"error": "invalid_grant"}));
            (StatusCode::BAD_REQUEST, body).into_response()
        }
    }
}

/// Only programs on this machine are given codes.
fn redirect(ask: &Ask) -> Option<Url> {
    let target = Url::parse(&ask.redirect_uri).ok()?;
    let local = match target.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    (local && target.scheme() == "http").then_some(target)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
