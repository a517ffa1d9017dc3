//! What is kept of a donation, as files: its picture, its plan, its time-lapse.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use drawstream_core::donation::DonationId;
use drawstream_core::plan::{Limits, Plan};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};

use super::super::{Desk, Problem};
use super::{Id, ledger_problem, look, number};
use crate::ledger::Kept;
use crate::picture::write_png;
use crate::timelapse::{Timelapse, write_gif};

/// A picture of a list, in pixels a side at least.
const PICTURE: u32 = 384;
/// A time-lapse is watched for so long at most.
const LAPSE: Duration = Duration::from_secs(12);

fn nothing_kept(id: DonationId) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        format!("nothing is kept of the painting of donation {id}"),
    )
}

async fn timeline(desk: &Desk, id: DonationId) -> Result<Option<Arc<Timeline>>, Problem> {
    let row = look(desk, id).await?;
    if row.kept != Kept::Plan {
        return Ok(None);
    }
    let work = desk.clerk().ask(move |ledger| ledger.work(id)).await;
    let work = work.map_err(|error| ledger_problem(&error))?;
    let plan = work
        .plan
        .and_then(|json| Plan::parse(&json, &Limits::default()).ok());
    Ok(plan.map(|plan| Arc::new(Timeline::compile(&plan, &TimelineOptions::default()))))
}

/// `GET /donations/{id}/picture.png`: the finished canvas, or the painter's picture where there is no plan yet.
pub(crate) async fn picture(State(desk): State<Desk>, id: Id) -> Result<Response, Problem> {
    let id = number(id)?;
    let png = match timeline(&desk, id).await? {
        Some(timeline) => {
            busy(&desk, move || {
                let mut playhead = Playhead::new(Arc::clone(&timeline));
                playhead.seek(timeline.duration());
                let frame = playhead.frame();
                let scale = PICTURE.div_ceil(frame.width().max(frame.height()).max(1));
                let mut png = Vec::new();
                let scale = u16::try_from(scale).unwrap_or(1);
                write_png(frame, scale, &[], &mut png).ok().map(|()| png)
            })
            .await?
        }
        None => {
            let work = desk.clerk().ask(move |ledger| ledger.work(id)).await;
            work.map_err(|error| ledger_problem(&error))?.picture
        }
    };
    let png = png.ok_or_else(|| nothing_kept(id))?;
    Ok(file(png, "image/png", None))
}

/// `GET /donations/{id}/plan.json`.
pub(crate) async fn plan(State(desk): State<Desk>, id: Id) -> Result<Response, Problem> {
    let id = number(id)?;
    if look(&desk, id).await?.kept != Kept::Plan {
        return Err(nothing_kept(id));
    }
    let work = desk.clerk().ask(move |ledger| ledger.work(id)).await;
    let plan = work.map_err(|error| ledger_problem(&error))?.plan;
    let plan = plan.ok_or_else(|| nothing_kept(id))?;
    Ok(file(
        plan.into_bytes(),
        "application/json",
        Some(format!("drawstream-{}.plan.json", id.0)),
    ))
}

/// `GET /donations/{id}/timelapse.gif`.
pub(crate) async fn timelapse(State(desk): State<Desk>, id: Id) -> Result<Response, Problem> {
    let id = number(id)?;
    let timeline = timeline(&desk, id).await?.ok_or_else(|| nothing_kept(id))?;
    let gif = busy(&desk, move || {
        let length = timeline.duration().min(LAPSE);
        let side = timeline.canvas().size;
        let scale = (PICTURE / u32::from(side.w().max(side.h()))).clamp(1, 8) as u16;
        let lapse = Timelapse::new(timeline, 25, Some(length))
            .ok()?
            .with_hold(Duration::from_secs(3));
        let mut gif = Vec::new();
        write_gif(&lapse, scale, &mut gif, &mut |_, _| ())
            .ok()
            .map(|()| gif)
    });
    let gif = gif.await?.ok_or_else(|| nothing_kept(id))?;
    Ok(file(
        gif,
        "image/gif",
        Some(format!("drawstream-{}.gif", id.0)),
    ))
}

/// Work that takes a processor for a while: one at a time, so that the stage keeps the other.
async fn busy<T: Send + 'static>(
    desk: &Desk,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let broken = || Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "a defect of the program");
    let _turn = desk.busy.acquire().await.map_err(|_| broken())?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| broken())
}

fn file(bytes: Vec<u8>, kind: &'static str, name: Option<String>) -> Response {
    let mut response = Bytes::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=3600"),
    );
    if let Some(name) = name
        && let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
    {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
