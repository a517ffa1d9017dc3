//! A sitting: a painter at work, and what the stage shows of it meanwhile.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use drawstream_core::donation::{Donation, DonationId};
use drawstream_core::gate::{ApprovedRequest, ApprovedScene};
use drawstream_core::pixelize::IndexedImage;
use drawstream_core::sketch;
use drawstream_core::timeline::Timeline;
use image::{ImageFormat, RgbImage};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::easel::{encode, seed_of};
use super::{Craft, MOST_DABS, Stop, blocking};
use crate::config::Previews;
use crate::image_gate::Objection;
use crate::ledger::{State, ToPrepare};
use crate::meters::Trade;
use crate::painters::{Painter, PainterError, Picture, Sitting, TRIES, Then, is_presentable};
use crate::stagehand::Arrival;
use crate::studio::card::Turn;

/// How long a painter or planner may take before there is something on the canvas. Those who are as quick need no
/// entertainment.
const AT_ONCE: Duration = Duration::from_millis(300);
/// The least time between two previews on the canvas: each is painted over the one before.
const PREVIEW_EVERY: Duration = Duration::from_secs(4);
/// Before this share of the work a preview is noise.
const PREVIEW_FROM: f32 = 0.3;

/// What may be shown of a picture before it is finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// What the painter shows of it, though nobody has seen it.
    Previews,
    /// Only how far it is.
    Progress,
}

impl Craft {
    /// The pixel art: of the picture in the ledger, or of the first painter's whose picture is usable.
    pub(super) async fn picture(
        &self,
        next: &ToPrepare,
        scene: &ApprovedScene,
        floor: &mpsc::Sender<Arrival>,
        cancel: &CancellationToken,
    ) -> Result<IndexedImage, Stop> {
        let id = next.donation.id;
        let kept = match next.state {
            State::Painted => self.clerk.ask(move |ledger| ledger.work(id)).await?.picture,
            _ => None,
        };
        let kept = kept
            .and_then(|png| image::load_from_memory_with_format(&png, ImageFormat::Png).ok())
            .map(|kept| Picture::Painted(kept.to_rgb8()));
        let kept = match kept {
            // It may be from a time without a gate, or with another one.
            Some(kept) => self.seen(id, kept).await,
            None => None,
        };
        let picture = match kept {
            Some(kept) => kept,
            None => {
                let shown = match (self.previews, self.waits_for_approval(next)) {
                    // A gate looks at finished pictures: nothing is shown of them before.
                    (Previews::On, false) if self.image_check.is_none() => Shown::Previews,
                    (Previews::On, _) | (Previews::Off, _) => Shown::Progress,
                };
                let (picture, painter) = self.paint(id, scene, floor, (cancel, shown)).await?;
                let png =
                    encode(&picture, painter).map_err(|error| Stop::Failed(error.to_string()))?;
                self.store(id, move |ledger, id| ledger.painted(id, &png))
                    .await?;
                picture
            }
        };
        let (wished, hand) = (scene.scene().clone(), self.hand.clone());
        let art = blocking(move || hand.pixel_art(picture, &wished)).await?;
        art.map_err(|error| Stop::Failed(error.to_string()))
    }

    async fn paint(
        &self,
        id: DonationId,
        scene: &ApprovedScene,
        floor: &mpsc::Sender<Arrival>,
        (cancel, shown): (&CancellationToken, Shown),
    ) -> Result<(Picture, &'static str), Stop> {
        let mut objection = None;
        for painter in &self.painters {
            let (_bench, _card) = match painter.remote() {
                Some(_) => (self.painting.elsewhere.acquire().await, None),
                None => {
                    let bench = self.painting.here.acquire().await;
                    let card = &self.card;
                    let turn = card.take(Turn::Painters, &self.planners, &self.painters);
                    (bench, turn.await)
                }
            };
            for attempt in 0..TRIES {
                let sitting = Sitting {
                    cancel: cancel.clone(),
                    attempt,
                    donation: Some(id),
                    ..Sitting::default()
                };
                let began = Instant::now();
                let painted = tokio::select! {
                    painted = painter.paint(scene, &sitting) => painted,
                    never = self.entertain(id, scene, floor, (&sitting, shown)) => match never {},
                };
                let passed = match painted {
                    Ok(picture) => self.pass(picture).await.map_err(|seen| {
                        objection = Some(seen.to_string());
                        PainterError::Unusable(seen.to_string())
                    }),
                    Err(error) => Err(error),
                };
                let error = match passed {
                    Ok(picture) => {
                        self.note(&**painter, began, None);
                        return Ok((picture, painter.name()));
                    }
                    Err(PainterError::Cancelled) => return Err(Stop::Overtaken),
                    Err(error) => error,
                };
                self.note(&**painter, began, Some(error.to_string()));
                let then = match error.then() {
                    Then::OtherSeed => "it is asked once more at most",
                    Then::OtherPainter | Then::Nobody => "the next painter is asked",
                };
                tracing::warn!(
                    donation.id = id.0,
                    painter = painter.name(),
                    "{error}; {then}"
                );
                if error.then() != Then::OtherSeed {
                    break;
                }
            }
        }
        let because = objection.map_or(String::new(), |objection| format!(": {objection}"));
        Err(Stop::Failed(format!("no painter made a picture{because}")))
    }

    /// The picture, if nothing is to be said against it.
    async fn pass(&self, picture: Picture) -> Result<Picture, Objection> {
        match &self.image_check {
            Some(check) => check.pass(picture).await,
            None => Ok(picture),
        }
    }

    /// The same of a picture that an earlier run left; one that must not be used is painted anew.
    async fn seen(&self, id: DonationId, kept: Picture) -> Option<Picture> {
        let passed = self.pass(kept).await;
        if let Err(objection) = &passed {
            tracing::warn!(
                donation.id = id.0,
                "the picture that was kept of donation {id} is painted anew: {objection}"
            );
        }
        passed.ok()
    }

    fn note(&self, painter: &dyn Painter, began: Instant, error: Option<String>) {
        self.meters
            .worked(Trade::Painter, painter.name(), began.elapsed(), error);
    }

    /// What the built-in planner and painter make of the request at once, so that nobody waits in front of an empty
    /// canvas while a language model thinks and an image model paints.
    pub(in crate::studio) async fn first_idea(
        &self,
        donation: &Donation,
        request: &ApprovedRequest,
        floor: &mpsc::Sender<Arrival>,
    ) -> Infallible {
        tokio::time::sleep(AT_ONCE).await;
        let idea = sketch::plan(request.text(), seed_of(donation));
        if let Ok(idea) = self.gate.judge_scene(request, idea) {
            self.underdraw(donation.id, &idea, floor).await;
        }
        std::future::pending().await
    }

    /// The same of a scene that there is already.
    pub(super) async fn first_idea_of(
        &self,
        id: DonationId,
        scene: &ApprovedScene,
        floor: &mpsc::Sender<Arrival>,
    ) -> Infallible {
        tokio::time::sleep(AT_ONCE).await;
        self.underdraw(id, scene, floor).await;
        std::future::pending().await
    }

    async fn underdraw(&self, id: DonationId, idea: &ApprovedScene, floor: &mpsc::Sender<Arrival>) {
        let (hand, idea) = (self.hand.clone(), idea.scene().clone());
        if let Ok(Some(timeline)) = blocking(move || hand.underdrawing(&idea)).await {
            let _ = floor.send(underdrawing(id, timeline)).await;
        }
    }

    /// While a painter works: how far it is, and what it shows of its work.
    async fn entertain(
        &self,
        id: DonationId,
        scene: &ApprovedScene,
        floor: &mpsc::Sender<Arrival>,
        (sitting, shown): (&Sitting, Shown),
    ) -> Infallible {
        let mut progress = sitting.progress.subscribe();
        let previews = (shown == Shown::Previews).then(|| sitting.preview.subscribe());
        let told = async {
            while progress.changed().await.is_ok() {
                let done = *progress.borrow_and_update();
                let _ = floor.send(Arrival::Progress { id, done }).await;
            }
            std::future::pending::<Infallible>().await
        };
        let shown = async {
            if let Some(mut previews) = previews {
                while let Some(rough) = next_preview(&mut previews, sitting).await {
                    let (hand, scene) = (self.hand.clone(), scene.scene().clone());
                    let strokes = blocking(move || {
                        is_presentable(&rough)
                            .then(|| hand.preview(Picture::Painted((*rough).clone()), &scene))
                    });
                    if let Ok(Some(Some(timeline))) = strokes.await {
                        let _ = floor.send(underdrawing(id, timeline)).await;
                        tokio::time::sleep(PREVIEW_EVERY).await;
                    }
                }
            }
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            never = told => never,
            never = shown => never,
        }
    }
}

/// The newest preview, once the painter is far enough for it to be one.
async fn next_preview(
    previews: &mut watch::Receiver<Option<Arc<RgbImage>>>,
    sitting: &Sitting,
) -> Option<Arc<RgbImage>> {
    while previews.changed().await.is_ok() {
        let rough = previews.borrow_and_update().clone();
        if rough.is_some() && *sitting.progress.borrow() >= PREVIEW_FROM {
            return rough;
        }
    }
    None
}

fn underdrawing(id: DonationId, timeline: Timeline) -> Arrival {
    let palette = timeline.palette(MOST_DABS).into();
    Arrival::Underdrawing {
        id,
        timeline: Arc::new(timeline),
        palette,
    }
}

#[cfg(test)]
mod test;
