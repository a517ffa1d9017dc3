//! Single donations: what people see of them, their pictures, and what can be done about them.

mod keepsake;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use drawstream_core::donation::{DonationId, RawText};
use drawstream_core::gate::{Field, Gate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::keepsake::{picture, plan, timelapse};
use super::problem::Answer;
use super::routes::Accepted;
use super::{Desk, Problem, Role};
use crate::ledger::{Approved, Kept, LedgerError, Listed, Origin, Shelf};
use crate::studio::{Done, Errand, Reach};

/// Longest wait for an errand: the work under way has to be stopped first.
const PATIENCE: Duration = Duration::from_secs(20);
/// Donations of one list at once.
const MOST_ROWS: usize = 200;
/// Longest words that an operator may put in the place of a message, in characters.
const LONGEST_WORDS: usize = 2_000;
/// Decisions that can be taken back.
const UNDOS: usize = 512;

/// A mark on a donation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Nobody paid: the streamer tries something out.
    Test,
    /// It is painted from words that the operator has put in the place of the donor's.
    Edited,
    /// A person has said that it may be seen.
    Approved,
}

/// A donation as people look at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DonationView {
    /// The ledger's number.
    pub id: u64,
    /// Who gave, as a screen may show it; absent for an anonymous donor.
    pub donor: Option<String>,
    /// What was given, with its currency; not told to moderators.
    pub amount: Option<String>,
    /// What is painted, as a screen may show it: offending words are hidden.
    pub message: Option<String>,
    /// Where it stands: `received`, `gated`, `planned`, `painted`, `held`, `ready`, `drawing`, `shown`, `refused`,
    /// `thanked`, `failed`, `skipped` or `cleared`.
    pub state: String,
    /// Why, by which rule or model, where there is a reason.
    pub reason: Option<String>,
    /// What else there is to know.
    pub marks: Vec<Mark>,
    /// Where it comes from.
    pub source: String,
    /// When it was taken, in milliseconds since 1970.
    pub taken_at_ms: i64,
    /// When its state changed last, in milliseconds since 1970.
    pub changed_at_ms: i64,
    /// Where its picture is.
    pub picture: Option<String>,
    /// Where its plan and its time-lapse are: `/donations/{id}/plan.json` and `/donations/{id}/timelapse.gif`.
    pub has_plan: bool,
}

impl DonationView {
    pub(crate) fn seen_by(self, role: Role) -> Self {
        match role {
            Role::Owner => self,
            Role::Moderator | Role::Viewer => Self {
                amount: None,
                ..self
            },
        }
    }
}

/// Reads rows of the ledger for people. What the gate said of a text is remembered while the text is listed.
#[derive(Debug)]
pub(crate) struct RowReader {
    gate: Arc<Gate>,
    known: BTreeMap<u64, Cleaned>,
    seen: BTreeMap<u64, Cleaned>,
}

#[derive(Clone, Debug)]
struct Cleaned {
    changed_at_ms: i64,
    donor: Option<String>,
    message: Option<String>,
    reason: Option<String>,
}

impl RowReader {
    pub(crate) fn new(gate: Arc<Gate>) -> Self {
        Self {
            gate,
            known: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Forgets the texts that were not asked for since the last call.
    pub(crate) fn trim(&mut self) {
        self.known = std::mem::take(&mut self.seen);
    }

    pub(crate) fn view(&mut self, row: &Listed) -> DonationView {
        let donation = &row.entry.donation;
        let id = donation.id.0;
        let known = self.known.get(&id).or_else(|| self.seen.get(&id));
        let cleaned = match known {
            Some(known) if known.changed_at_ms == row.changed_at_ms => known.clone(),
            Some(_) | None => self.clean(row),
        };
        self.seen.insert(id, cleaned.clone());
        let marks = [
            (row.entry.origin == Origin::Trial, Mark::Test),
            (row.edited.is_some(), Mark::Edited),
            (row.approved == Approved::Yes, Mark::Approved),
        ];
        DonationView {
            id,
            donor: cleaned.donor,
            amount: Some(donation.amount.to_string()),
            message: cleaned.message,
            state: row.entry.state.name().to_owned(),
            reason: cleaned.reason,
            marks: marks
                .into_iter()
                .filter_map(|(is, mark)| is.then_some(mark))
                .collect(),
            source: donation.external.source.clone(),
            taken_at_ms: row.entry.taken_at_ms,
            changed_at_ms: row.changed_at_ms,
            picture: match row.kept {
                Kept::Nothing => None,
                Kept::Picture | Kept::Plan => Some(format!(
                    "/donations/{id}/picture.png?v={}",
                    row.changed_at_ms
                )),
            },
            has_plan: row.kept == Kept::Plan,
        }
    }

    fn clean(&self, row: &Listed) -> Cleaned {
        let shown = |text: &RawText, field| {
            let text = self.gate.screen_text(text, field);
            (!text.is_empty()).then(|| text.as_str().to_owned())
        };
        let donation = &row.entry.donation;
        Cleaned {
            changed_at_ms: row.changed_at_ms,
            donor: donation.donor.as_ref().and_then(|t| shown(t, Field::Name)),
            message: donation
                .message
                .as_ref()
                .and_then(|text| shown(text, Field::Message)),
            // A model may have quoted the donor.
            reason: row
                .entry
                .reason
                .as_ref()
                .and_then(|reason| shown(&RawText::new(reason.as_str()), Field::Message)),
        }
    }
}

/// Which list of donations is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShelfName {
    /// What is on, waits, or is being made; in the order of their turns.
    Waiting,
    /// What a person has to approve.
    Held,
    /// What was shown, the newest first.
    Shown,
    /// What was refused, failed, skipped or cleared, the newest first.
    Refused,
}

/// What of a list is wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// Which list.
    pub shelf: ShelfName,
    /// How many to pass by.
    #[serde(default)]
    pub offset: usize,
    /// How many at most, 1 to 200; 50 where absent.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// Donations of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DonationList {
    /// Them.
    pub donations: Vec<DonationView>,
    /// Whether there are more.
    pub more: bool,
}

/// Where a donation shall be in the queue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// Its turn among those that wait, 0 being the next; past the end is the end.
    pub to: usize,
}

/// What shall be painted.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    /// The words, at most 2,000 characters; they pass the gate like a donor's.
    pub prompt: String,
}

/// How the last decision about a donation is taken back.
#[derive(Clone, Debug)]
enum Undo {
    Disapprove,
    Again,
    Words(Option<String>),
    Turn(usize),
}

/// The decisions that can be taken back, by donation; until the program ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undos(Arc<Mutex<BTreeMap<u64, Undo>>>);

impl Undos {
    fn put(&self, id: DonationId, undo: Undo) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= UNDOS && !all.contains_key(&id.0) {
            all.pop_first();
        }
        all.insert(id.0, undo);
    }

    /// A skip is taken back like a refusal.
    pub(crate) fn skipped(&self, id: DonationId) {
        self.put(id, Undo::Again);
    }

    fn take(&self, id: DonationId) -> Option<Undo> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&id.0)
    }
}

type Id = Result<Path<u64>, PathRejection>;

fn number(id: Id) -> Result<DonationId, Problem> {
    let Path(id) =
        id.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    Ok(DonationId(id))
}

pub(super) fn ledger_problem(error: &LedgerError) -> Problem {
    if let LedgerError::Unknown(_) = error {
        return Problem::new(StatusCode::NOT_FOUND, error.to_string());
    }
    tracing::error!(%error, "the ledger did not do what was asked over the API");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the ledger does not do it; the log says why",
    )
}

/// `GET /donations`.
pub(crate) async fn list(
    State(desk): State<Desk>,
    role: Role,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<DonationList>, Problem> {
    let Query(query) =
        query.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let limit = query.limit.unwrap_or(50).clamp(1, MOST_ROWS);
    let shelf = match query.shelf {
        ShelfName::Waiting => Shelf::Waiting,
        ShelfName::Held => Shelf::Held,
        ShelfName::Shown => Shelf::Shown,
        ShelfName::Refused => Shelf::Refused,
    };
    let read = desk
        .clerk()
        .ask(move |ledger| ledger.shelf(shelf, query.offset, limit + 1));
    let mut rows = read.await.map_err(|error| ledger_problem(&error))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut reader = RowReader::new(Arc::clone(&desk.gate));
    let donations = rows
        .iter()
        .map(|row| reader.view(row).seen_by(role))
        .collect();
    Ok(Json(DonationList { donations, more }))
}

/// `GET /donations/{id}`.
pub(crate) async fn one(
    State(desk): State<Desk>,
    role: Role,
    id: Id,
) -> Result<Json<DonationView>, Problem> {
    let id = number(id)?;
    let row = look(&desk, id).await?;
    Ok(Json(
        RowReader::new(Arc::clone(&desk.gate))
            .view(&row)
            .seen_by(role),
    ))
}

async fn look(desk: &Desk, id: DonationId) -> Result<Listed, Problem> {
    let row = desk.clerk().ask(move |ledger| ledger.look(id)).await;
    row.map_err(|error| ledger_problem(&error))
}

/// Has something done about a donation, wherever it is.
async fn run(
    desk: &Desk,
    id: DonationId,
    reach: Reach,
    change: impl FnOnce(&mut crate::ledger::Ledger) -> Result<crate::ledger::Outcome, LedgerError>
    + Send
    + Sync
    + 'static,
) -> Result<(), Problem> {
    let gone = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the studio does not answer",
        )
    };
    let (errand, answered) = Errand::new(id, reach, change);
    desk.errands.send(errand).await.map_err(|_| gone())?;
    let done = tokio::time::timeout(PATIENCE, answered)
        .await
        .map_err(|_| gone())?
        .map_err(|_| gone())?
        .map_err(|error| ledger_problem(&error))?;
    // The studio looks at the order of turns then.
    desk.intake.announce();
    let conflict = |detail: String| Err(Problem::new(StatusCode::CONFLICT, detail));
    match done {
        Done::Stored => Ok(()),
        Done::OnStage => conflict(format!("donation {id} is on the stage: skip it")),
        Done::Overtaken(state) => conflict(format!(
            "donation {id} is {state}: this cannot be done to it"
        )),
    }
}

fn accepted(id: DonationId) -> Answer<Accepted> {
    Ok((StatusCode::ACCEPTED, Json(Accepted { id: Some(id.0) })))
}

/// `POST /donations/{id}/approve`.
pub(crate) async fn approve(State(desk): State<Desk>, id: Id) -> Answer<Accepted> {
    let id = number(id)?;
    run(&desk, id, Reach::Ledger, move |ledger| ledger.approve(id)).await?;
    desk.undos.put(id, Undo::Disapprove);
    accepted(id)
}

/// `POST /donations/{id}/refuse`.
pub(crate) async fn refuse(State(desk): State<Desk>, role: Role, id: Id) -> Answer<Accepted> {
    let id = number(id)?;
    let reason = format!("refused by the {}", role.name());
    run(&desk, id, Reach::Whole, move |ledger| {
        ledger.refuse(id, &reason)
    })
    .await?;
    desk.undos.put(id, Undo::Again);
    accepted(id)
}

/// `POST /donations/{id}/retry`.
pub(crate) async fn retry(State(desk): State<Desk>, role: Role, id: Id) -> Answer<Accepted> {
    let id = number(id)?;
    again(&desk, id, format!("once more, said the {}", role.name())).await?;
    accepted(id)
}

async fn again(desk: &Desk, id: DonationId, reason: String) -> Result<(), Problem> {
    run(desk, id, Reach::Whole, move |ledger| {
        ledger.retry(id, &reason)
    })
    .await
}

/// `POST /donations/{id}/edit`.
pub(crate) async fn edit(
    State(desk): State<Desk>,
    id: Id,
    body: Result<Json<EditBody>, JsonRejection>,
) -> Answer<Accepted> {
    let id = number(id)?;
    let Json(EditBody { prompt }) =
        body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let wrong = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
    let found = prompt.chars().count();
    if found > LONGEST_WORDS {
        return Err(wrong(format!(
            "prompt: {found} characters are too many, the most is {LONGEST_WORDS}"
        )));
    }
    if RawText::new(prompt.as_str()).is_blank() {
        return Err(wrong(
            "prompt: it is blank; say what shall be painted".to_owned(),
        ));
    }
    let before = look(&desk, id).await?.edited;
    run(&desk, id, Reach::Whole, move |ledger| {
        ledger.edit(id, Some(&prompt))
    })
    .await?;
    desk.undos.put(id, Undo::Words(before));
    accepted(id)
}

/// `POST /donations/{id}/move`.
pub(crate) async fn shift(
    State(desk): State<Desk>,
    id: Id,
    body: Result<Json<MoveBody>, JsonRejection>,
) -> Answer<Accepted> {
    let id = number(id)?;
    let Json(MoveBody { to }) =
        body.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let from = turn(&desk, id, to).await?;
    desk.undos.put(id, Undo::Turn(from));
    accepted(id)
}

async fn turn(desk: &Desk, id: DonationId, to: usize) -> Result<usize, Problem> {
    let from = desk.clerk().ask(move |ledger| ledger.move_to(id, to)).await;
    let from = from.map_err(|error| ledger_problem(&error))?;
    desk.intake.announce();
    from.ok_or_else(|| {
        Problem::new(
            StatusCode::CONFLICT,
            format!("donation {id} does not wait for its turn"),
        )
    })
}

/// `POST /donations/{id}/undo`.
pub(crate) async fn undo(State(desk): State<Desk>, id: Id) -> Answer<Accepted> {
    let id = number(id)?;
    let Some(undo) = desk.undos.take(id) else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            format!("nothing was decided about donation {id} that could be taken back"),
        ));
    };
    let done = match undo.clone() {
        Undo::Disapprove => run(&desk, id, Reach::Whole, move |ledger| ledger.disapprove(id)).await,
        Undo::Again => again(&desk, id, "the decision was taken back".to_owned()).await,
        Undo::Words(words) => {
            run(&desk, id, Reach::Whole, move |ledger| {
                ledger.edit(id, words.as_deref())
            })
            .await
        }
        Undo::Turn(turn_before) => turn(&desk, id, turn_before).await.map(drop),
    };
    if let Err(problem) = done {
        desk.undos.put(id, undo);
        return Err(problem);
    }
    accepted(id)
}
