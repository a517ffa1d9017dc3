//! The verdict: whether a request is painted, as what, and who says so.

use std::time::Instant;

use drawstream_core::donation::DonationId;
use drawstream_core::gate::{ApprovedRequest, ApprovedScene};
use drawstream_core::scene::{Decision, Seed};

use super::easel::seed_of;
use super::{Craft, Stop};
use crate::config::Unsure;
use crate::ledger::{Approved, State, ToPrepare};
use crate::meters::Trade;
use crate::planners::{Builtin, Planner};
use crate::scene_doc;
use crate::studio::card::Turn;

impl Craft {
    /// The scene: the one in the ledger, or the first planner's whose scene passes the gate.
    pub(super) async fn scene(
        &self,
        next: &ToPrepare,
        request: &ApprovedRequest,
    ) -> Result<ApprovedScene, Stop> {
        let id = next.donation.id;
        if matches!(next.state, State::Planned | State::Painted) {
            let work = self.clerk.ask(move |ledger| ledger.work(id)).await?;
            if let Some(scene) = work.scene.as_deref().and_then(scene_doc::parse) {
                return Ok(self.gate.judge_scene(request, scene)?);
            }
        }
        let scene = self.plan(id, request, seed_of(&next.donation)).await?;
        let json = scene_doc::to_json(scene.scene());
        self.store(id, move |ledger, id| ledger.planned(id, &json))
            .await?;
        Ok(scene)
    }

    /// The first planner's verdict. Where none gives one, it is not approved: the donation waits for a person, or has
    /// the built-in planner as its last judge, as configured.
    async fn plan(
        &self,
        id: DonationId,
        request: &ApprovedRequest,
        seed: Seed,
    ) -> Result<ApprovedScene, Stop> {
        let _bench = self.planning.acquire().await;
        let _card = self
            .card
            .take(Turn::Planners, &self.planners, &self.painters)
            .await;
        let mut last = None;
        for planner in &self.planners {
            match self.ask(&**planner, id, request, seed).await {
                Ok(scene) => return Ok(scene),
                Err(No::Scene(stop)) => last = Some(stop),
                Err(No::Painting(stop)) => return Err(stop),
                Err(No::Verdict) => {}
            }
        }
        match (last, self.unsure) {
            (Some(stop), _) => Err(stop),
            (None, Unsure::BuiltIn) => Err(Stop::Failed("no planner gave a decision".to_owned())),
            (None, Unsure::Person) if self.is_approved_by_person(id).await? => {
                let asked = self.ask(&Builtin, id, request, seed).await;
                asked.map_err(|no| match no {
                    No::Scene(stop) | No::Painting(stop) => stop,
                    No::Verdict => Stop::Undecided,
                })
            }
            (None, Unsure::Person) => Err(Stop::Undecided),
        }
    }

    /// Whether a person has said that it may be painted, or already that it may be seen.
    async fn is_approved_by_person(&self, id: DonationId) -> Result<bool, Stop> {
        let is = self.clerk.ask(move |ledger| {
            Ok(ledger.is_vouched_for(id)? || ledger.look(id)?.approved == Approved::Yes)
        });
        Ok(is.await?)
    }

    async fn ask(
        &self,
        planner: &dyn Planner,
        id: DonationId,
        request: &ApprovedRequest,
        seed: Seed,
    ) -> Result<ApprovedScene, No> {
        let began = Instant::now();
        let planned = planner.plan(request, seed).await;
        let error = planned.as_ref().err().map(ToString::to_string);
        self.meters
            .worked(Trade::Planner, planner.name(), began.elapsed(), error);
        if let Ok(planned) = &planned {
            tracing::info!(
                donation.id = id.0,
                planner = planner.name(),
                planner.rung = planned.rung.name(),
                planner.answers = planned.answers,
                "donation {id} is decided about",
            );
        }
        match planned.map(|planned| planned.decision) {
            Ok(Decision::Draw(scene)) => self.gate.judge_scene(request, scene).map_err(|refusal| {
                tracing::warn!(
                    donation.id = id.0,
                    planner = planner.name(),
                    "the gate stopped a scene"
                );
                No::Scene(refusal.into())
            }),
            Ok(Decision::Refuse { reason, reply }) => {
                let reply = reply.and_then(|reply| self.gate.judge_reply(&reply));
                let reason: String = reason.chars().take(200).collect();
                let reason = format!("{}: {reason}", planner.name());
                Err(No::Painting(Stop::Refused { reason, reply }))
            }
            Err(error) => {
                tracing::warn!(donation.id = id.0, planner = planner.name(), "{error}");
                Err(No::Verdict)
            }
        }
    }
}

/// What a planner gave in the place of a scene.
enum No {
    /// One that the gate stopped: another planner may make another.
    Scene(Stop),
    /// A refusal, which is a verdict.
    Painting(Stop),
    /// Nothing.
    Verdict,
}
