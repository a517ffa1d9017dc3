//! The demo's donors, on a Donation Alerts that runs on this machine.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::ledger::Clerk;
use crate::sources::simulator::Simulator;
use crate::sources::simulator::donors::DemoDonors;
use crate::sources::status::{LinkState, SourceStatus};

/// The demo's first donors come one by one, so that the first painting has begun before the queue fills.
const DEMO_FIRST: Duration = Duration::from_secs(4);
/// Then about as fast as paintings are shown.
const DEMO_NEXT: Duration = Duration::from_secs(17);
/// After so many the demo waits until the queue is short again.
const DEMO_QUEUE: u64 = 6;

/// The demo's donors: they come as soon as the program listens, and wait when too many others do.
pub(super) async fn donate(
    simulator: Simulator,
    mut status: watch::Receiver<SourceStatus>,
    clerk: Clerk,
    stop: CancellationToken,
) {
    let show = async {
        let is_live = |status: &SourceStatus| status.link == LinkState::Live;
        if status.wait_for(is_live).await.is_err() {
            return;
        }
        for (count, donation) in DemoDonors::new(1).enumerate() {
            simulator.push(&donation);
            tokio::time::sleep(if count < 3 { DEMO_FIRST } else { DEMO_NEXT }).await;
            while clerk
                .ask(|ledger| ledger.counts())
                .await
                .is_ok_and(|counts| counts.waiting() >= DEMO_QUEUE)
            {
                tokio::time::sleep(DEMO_FIRST).await;
            }
        }
    };
    tokio::select! {
        () = show => {}
        () = stop.cancelled() => {}
    }
}
