//! The simulated REST: who the streamer is, what was donated, and tokens for the socket's channels.

use axum::Router;
use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::service::{RestFault, written};
use super::{oauth, socket};

/// All routes of the service.
pub(super) fn router(desk: Shared) -> Router {
    let api = Router::new()
        .route("/user/oauth", get(user))
        .route("/alerts/donations", get(donations))
        .route("/centrifuge/subscribe", post(subscribe))
        .layer(middleware::from_fn_with_state(desk.clone(), admit));
    Router::new()
        .nest("/api/v1", api)
        .route("/oauth/authorize", get(oauth::authorize))
        .route("/oauth/approve", post(oauth::approve))
        .route("/oauth/token", post(oauth::token))
        .route("/connection/websocket", any(connect))
        .with_state(desk)
}

/// The limit of requests, planted faults and the bearer token, in the order in which the service looks at them.
async fn admit(State(desk): State<Shared>, request: Request, next: Next) -> Response {
    match desk.with(super::service::Service::admit) {
        Some(RestFault::TooMany(seconds)) => {
            let retry = [(header::RETRY_AFTER, seconds.to_string())];
            let body = json_body(&json!({"message": "Too Many Attempts."}));
            return (StatusCode::TOO_MANY_REQUESTS, retry, body).into_response();
        }
        Some(RestFault::Broken) => {
            return (
                StatusCode::INTERNAL_SERVER_ERROR,
                "<html>Server Error</html>",
            )
                .into_response();
        }
        Some(RestFault::Html) => return "<html>Just a moment...</html>".into_response(),
        Some(RestFault::Unauthorized) => return unauthenticated(),
        None => {}
    }
    let bearer = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if bearer.is_some_and(|token| desk.lock().is_valid(token)) {
        next.run(request).await
    } else {
        unauthenticated()
    }
}

fn unauthenticated() -> Response {
    let body = json_body(&json!({"message": "Unauthenticated."}));
    (StatusCode::UNAUTHORIZED, body).into_response()
}

fn json_body(value: &Value) -> Response {
    let mut response = Response::new(Body::from(written(value)));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}

async fn user(State(desk): State<Shared>) -> Response {
    let (id, token) = desk.with(|service| (service.options.user_id, service.socket_token()));
    json_body(&json!({"data": {
        "id": id,
        "code": "streamer",
        "name": "streamer",
        "avatar": "https://static.example/avatar.jpg",
        "email": "streamer@example.com",
        "language": "ru_RU",
        "socket_connection_token": token
    }}))
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

async fn donations(State(desk): State<Shared>, Query(query): Query<PageQuery>) -> Response {
    let number = query.page.and_then(|page| page.parse().ok()).unwrap_or(1);
    json_body(&desk.lock().page(number.max(1)))
}

async fn subscribe(State(desk): State<Shared>, body: String) -> Response {
    #[derive(Deserialize)]
    struct Wish {
        client: String,
        channels: Vec<String>,
    }
    let Ok(wish) = serde_json::from_str::<Wish>(&body) else {
        let body = json_body(&json!({"message": "The given data was invalid."}));
        return (StatusCode::UNPROCESSABLE_ENTITY, body).into_response();
    };
    let tokens: Vec<Value> = desk.with(|service| {
        let token = |channel: &String| {
            let token = service.channel_token(&wish.client, channel)?;
            Some(json!({"channel": channel, "token": token}))
        };
        wish.channels.iter().take(16).filter_map(token).collect()
    });
    json_body(&json!({"channels": tokens}))
}

async fn connect(State(desk): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(64 * 1024)
        .on_upgrade(|socket| socket::serve(socket, desk))
}
