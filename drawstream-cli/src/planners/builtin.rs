//! The built-in planner: by vocabulary, at once, without a network; it never fails.

use drawstream_core::gate::ApprovedRequest;
use drawstream_core::scene::{Decision, Seed};
use drawstream_core::sketch;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};

use crate::health::Health;

use super::{Planned, Planner, PlannerError, Rung};

/// The built-in planner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builtin;

impl Planner for Builtin {
    fn name(&self) -> &'static str {
        "builtin"
    }

    fn plan<'a>(
        &'a self,
        request: &'a ApprovedRequest,
        seed: Seed,
    ) -> BoxFuture<'a, Result<Planned, PlannerError>> {
        let planned = Planned {
            decision: Decision::Draw(sketch::plan(request.text(), seed)),
            rung: Rung::Own,
            answers: 0,
        };
        ready(Ok(planned)).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        ready(Health::good("built in, always ready")).boxed()
    }
}

#[cfg(test)]
mod tests {
    use drawstream_core::donation::{
        Currency, Donation, DonationId, ExternalId, Money, RawText, UnixTime,
    };
    use drawstream_core::gate::{Gate, Judgement};

    use super::*;
    use crate::sources::simulator::donors::DemoDonors;

    /// The planner writes its prompts in our own words: a gate that stops them would refuse who asked for nothing bad.
    #[tokio::test]
    async fn what_it_writes_of_a_request_that_passed_the_gate_passes_the_gate() {
        let gate = Gate::default();
        let mut refused = 0;
        for (number, wish) in DemoDonors::new(3).take(200).enumerate() {
            let donation = Donation {
                id: DonationId(number as u64),
                external: ExternalId {
                    source: "test".to_owned(),
                    id: number.to_string(),
                },
                donor: None,
                message: wish.message.clone().map(RawText::new),
                amount: Money {
                    minor_units: 100,
                    currency: Currency::parse("USD").unwrap(),
                },
                created_at: UnixTime(0),
            };
            let Judgement::Approved(request) = gate.judge(donation) else {
                refused += 1;
                continue;
            };
            let planned = Builtin.plan(&request, Seed(1)).await.unwrap();
            let Decision::Draw(scene) = planned.decision else {
                panic!("it always draws")
            };
            let prompt = scene.prompt.clone();
            if let Err(refusal) = gate.judge_scene(&request, scene) {
                panic!(
                    "{:?} became {prompt:?}, stopped by {:?}",
                    wish.message, refusal.rule
                );
            }
        }
        assert!(
            (1..60).contains(&refused),
            "some demo donors ask for what is refused: {refused}"
        );
    }
}
