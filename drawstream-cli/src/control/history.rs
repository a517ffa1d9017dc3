//! Forgetting a person while the program runs.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Desk;
use super::donation::ledger_problem;
use super::problem::{Answer, Problem};

/// Who is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgetBody {
    /// The name, exactly as it stands in the history.
    pub donor: String,
}

/// Somebody was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// In how many donations.
    pub forgotten: u64,
    /// How many of theirs are still on their way, and keep the name until they have ended.
    pub waiting: u64,
}

pub(super) async fn forget(
    State(desk): State<Desk>,
    body: Result<Json<ForgetBody>, JsonRejection>,
) -> Answer<Forgotten> {
    let Json(ForgetBody { donor }) =
        body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let forgotten = desk
        .intake
        .clerk()
        .ask(move |ledger| {
            let ended = ledger.ended_of(&donor)?;
            Ok((ledger.forget(&donor)?, ledger.on_their_way(&donor)?, ended))
        })
        .await;
    let (forgotten, waiting, ended) = forgotten.map_err(|error| ledger_problem(&error))?;
    desk.gallery.take_down(&ended);
    Ok((StatusCode::ACCEPTED, Json(Forgotten { forgotten, waiting })))
}
