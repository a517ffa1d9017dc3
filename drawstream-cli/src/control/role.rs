//! The [`Role`]: who asks, and how much they may see and do.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// Who asks; later ones may do all that earlier ones may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A page that shows the stage.
    Viewer,
    /// Somebody who helps: sees everything but the amounts, and steers the show.
    Moderator,
    /// The streamer: changes settings, clears the queue, ends the program.
    Owner,
}

impl Role {
    /// Its name in links and in the file of links.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "stage",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Role {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "send the token of the settings or of a link as `Authorization: Bearer …`",
            )
        })
    }
}

/// The layer before routes that not everybody may use.
pub(crate) async fn at_least(State(least): State<Role>, request: Request, next: Next) -> Response {
    match request.extensions().get::<Role>() {
        Some(&role) if role >= least => next.run(request).await,
        Some(_) => Problem::new(
            StatusCode::FORBIDDEN,
            format!("this is for the {} only", least.name()),
        )
        .into_response(),
        None => Problem::new(
            StatusCode::UNAUTHORIZED,
            "send the token of the settings or of a link as `Authorization: Bearer …`",
        )
        .into_response(),
    }
}
