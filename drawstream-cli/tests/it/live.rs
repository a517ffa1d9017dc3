//! The whole program against the simulator, as a streamer runs it: killed, restarted, asked to end.

use drawstream::ledger::{Ledger, State};
use drawstream::sources::simulator::{
    CLIENT, RestFault, SimulatedDonation, Simulator, SimulatorOptions,
};
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
async fn the_log_of_a_troubled_run_has_no_token_and_no_words() {
    let simulator = simulator().await;
    let data = tempfile::tempdir().unwrap();
    let (access, refresh) = (simulator.access_token(), simulator.refresh_token());
    let tokens = format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}"}}"#);
    let file = data.path().join("donation-alerts-tokens.json");
    std::fs::write(&file, tokens).unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_drawstream"));
    command
        .env("DA_CLIENT_ID", CLIENT.0)
        .env("DA_CLIENT_SECRET", CLIENT.1);
    let mut program = Program::start_as(command, &simulator, data.path(), "1")
        .await_live()
        .await;
    for odd in [
        "planted words that are no document",
        r#"{"result":{"channel":"planted"}}"#,
    ] {
        simulator.send_raw(odd);
    }
    simulator.fail_next([RestFault::Html, RestFault::Broken]);
    simulator.expire_tokens();
    simulator.disconnect(3005);
    simulator.push(&donation("a planted \u{202e}fox\u{0}"));
    simulator.push(&donation("planted naked people"));
    program.until("showed donation #1").await;
    program.until("showed the card of donation #2").await;
    program.signal("-INT");
    assert_eq!(program.ended().await, Some(0), "{}", program.log);
    let renewed = std::fs::read_to_string(&file).unwrap();
    assert!(!renewed.contains(&access), "the tokens were renewed");
    let renewed: serde_json::Value = serde_json::from_str(&renewed).unwrap();
    let [new_access, new_refresh] =
        ["access_token", "refresh_token"].map(|name| renewed[name].as_str().unwrap());
    for private in [
        &access,
        &refresh,
        new_access,
        new_refresh,
        CLIENT.1,
        "planted",
        "Planted",
    ] {
        assert!(
            !program.log.contains(private),
            "the log tells {private:?}:\n{}",
            program.log
        );
    }
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
