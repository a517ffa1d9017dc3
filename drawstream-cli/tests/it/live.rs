//! The whole program against the simulator, as a streamer runs it: killed, restarted, asked to end.

use drawstream::ledger::{Ledger, State};
use drawstream::sources::simulator::{SimulatedDonation, Simulator, SimulatorOptions};
use drawstream_core::donation::DonationId;

use crate::program::Program;

async fn simulator() -> Simulator {
    Simulator::start(SimulatorOptions::default()).await.unwrap()
}

fn donation(message: &str) -> SimulatedDonation {
    SimulatedDonation::written(Some("Planted Donor"), message, 5.0, "EUR")
}

#[tokio::test]
async fn after_a_kill_the_drawn_one_is_drawn_again_and_what_was_given_meanwhile_is_drawn_too() {
    let simulator = simulator().await;
    let data = tempfile::tempdir().unwrap();
    let mut first = Program::start(&simulator, data.path(), "6")
        .await_live()
        .await;
    // Pushed and listed: one donation all the same.
    simulator.push(&donation("a planted fox"));
    first.until("drawing donation #1").await;
    first.child.kill().await.unwrap();
    simulator.push(&donation("ein planted Haus"));

    let mut second = Program::start(&simulator, data.path(), "1")
        .await_live()
        .await;
    second.until("showed donation #2").await;
    second.signal("-INT");
    assert_eq!(second.ended().await, Some(0), "{}", second.log);
    for id in 1..=2 {
        assert_eq!(
            second.count(&format!("drawing donation #{id} ")),
            1,
            "{}",
            second.log
        );
        assert_eq!(
            second.count(&format!("showed donation #{id} ")),
            1,
            "{}",
            second.log
        );
    }
    for log in [&first.log, &second.log] {
        for private in ["planted", "Planted", &simulator.access_token()] {
            assert!(!log.contains(private), "the log tells {private:?}:\n{log}");
        }
    }
    let (ledger, _) = Ledger::open(&data.path().join("ledger.db")).unwrap();
    assert_eq!(ledger.counts().unwrap().shown, 2);
    assert_eq!(ledger.state(DonationId(1)).unwrap(), State::Shown);
}

#[tokio::test]
async fn a_second_program_on_the_same_ledger_is_refused_with_the_first_ones_pid() {
    let simulator = simulator().await;
    let data = tempfile::tempdir().unwrap();
    let first = Program::start(&simulator, data.path(), "1")
        .await_live()
        .await;
    let mut second = Program::start(&simulator, data.path(), "1");
    assert_eq!(second.ended().await, Some(1));
    let pid = first.child.id().unwrap().to_string();
    assert!(second.log.contains(&pid), "{}", second.log);
}
