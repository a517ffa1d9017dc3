//! The pages: the dashboard at `/`, the stage for OBS and browsers at `/stage`, and what they load. All of it is in
//! the program, so that nothing is fetched from anywhere else.
//!
//! Pages hold nothing to keep secret, and are given to whoever asks; what they show comes with a token.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, body::Bytes};
use drawstream_core::stage::{FONT_FILES, ThemeName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::border::COOKIE;
use super::{Desk, Problem, Role};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Every file of the pages, by its name in `/assets/`.
const ASSETS: [(&str, &str, &str); 7] = [
    ("dashboard.css", CSS, include_str!("web/dashboard.css")),
    ("dashboard.js", JS, include_str!("web/dashboard.js")),
    ("stage.css", CSS, include_str!("web/stage.css")),
    ("stage.js", JS, include_str!("web/stage.js")),
    ("link.js", JS, include_str!("web/link.js")),
    ("canvas.js", JS, include_str!("web/canvas.js")),
    ("words.js", JS, include_str!("web/words.js")),
];

/// `GET /`.
pub(crate) async fn dashboard() -> Response {
    text(HTML, include_str!("web/dashboard.html"))
}

/// `GET /stage`.
pub(crate) async fn stage() -> Response {
    text(HTML, include_str!("web/stage.html"))
}

/// `GET /assets/{name}`.
pub(crate) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    if let Some((_, kind, content)) = ASSETS.iter().find(|(of, ..)| *of == name) {
        return Ok(text(kind, content));
    }
    if let Some((_, font)) = FONT_FILES.iter().find(|(of, _)| *of == name) {
        let mut response = Bytes::from_static(font).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("font/ttf"));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=86400"),
        );
        return Ok(response);
    }
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "no such file of the pages",
    ))
}

/// `GET /theme.css`: the colours of the stage as variables, for all themes; a page names its theme in `data-theme`.
pub(crate) async fn theme() -> Response {
    let mut css = String::new();
    for theme in ThemeName::ALL {
        css += &format!("[data-theme=\"{}\"]{{", theme.name());
        for (name, color) in theme.colors() {
            css += &format!("--{name}:#{:02x}{:02x}{:02x};", color.r, color.g, color.b);
        }
        let wall = theme.colors()[0].1;
        let light = u32::from(wall.r) + u32::from(wall.g) + u32::from(wall.b) > 384;
        css += if light {
            "color-scheme:light}\n"
        } else {
            "color-scheme:dark}\n"
        };
    }
    ([(header::CONTENT_TYPE, CSS)], css).into_response()
}

fn text(kind: &'static str, content: &'static str) -> Response {
    // Not kept without asking, so that a newer program's page is seen at once.
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, content).into_response()
}

/// A link's token, which its page sends once.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionBody {
    /// It.
    pub token: String,
}

impl std::fmt::Debug for SessionBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionBody(…)")
    }
}

/// Who a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// What it may see and do.
    pub role: Role,
}

/// `GET /session`.
pub(crate) async fn session(role: Role) -> Json<SessionView> {
    Json(SessionView { role })
}

/// `POST /session`: a page that was opened by a link shows its token once and is known by a cookie from then on. The
/// token comes in the link's fragment, which browsers send to nobody, so that it is in no log.
pub(crate) async fn open_session(
    State(desk): State<Desk>,
    body: Result<Json<SessionBody>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(body) = body.map_err(|rejection| {
        // What was sent may be a token: it is not repeated.
        Problem::new(rejection.status(), "send {\"token\": \"…\"}")
    })?;
    let role = desk.border.role(&body.token).ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "this link is not known any more; ask for a new one",
        )
    })?;
    let mut response = Json(SessionView { role }).into_response();
    let cookie = format!(
        "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000",
        body.token
    );
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}
