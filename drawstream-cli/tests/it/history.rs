//! `drawstream history` beside a running show: what is changed through the program, and what is exported.

use std::process::Output;

use drawstream::sources::simulator::{SimulatedDonation, Simulator, SimulatorOptions};
use tokio::process::Command;

use crate::program::Program;

#[tokio::test]
async fn history_is_changed_through_the_running_program_and_exported() {
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut program = Program::start(&simulator, data.path(), "1");
    let address = program.address().await;
    let port = address.rsplit(':').next().unwrap().to_owned();
    let folder = data.path().to_owned();
    let history = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        command
            .args(["history", "--set", &format!("api.port={port}")])
            .args(["--set", &format!("data_dir={}", folder.display())])
            .args(args)
            .current_dir(&folder)
            .kill_on_drop(true);
        async move { command.output().await.unwrap() }
    };
    let said = |output: &Output| {
        let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        String::from_utf8(both).unwrap()
    };
    program.until("link=Live").await;
    simulator.push(&SimulatedDonation::written(
        Some("Мира"),
        "a red fox",
        5.0,
        "EUR",
    ));
    program.until("showed donation #1").await;

    // Once more, in the same show.
    let retried = loop {
        let retried = history(&["retry", "1"]).await;
        // The log is a little ahead of the disk.
        if retried.status.success() {
            break retried;
        }
    };
    assert_eq!(said(&retried), "the running program does it\n");
    program.until("showed donation #1").await;
    assert_eq!(program.count("drew donation #1 "), 2, "{}", program.log);

    let unknown = history(&["refuse", "77"]).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        said(&unknown).contains("there is no donation #77"),
        "{}",
        said(&unknown)
    );

    let exported = history(&["export", "out", "--seconds", "1"]).await;
    assert!(exported.status.success(), "{}", said(&exported));
    let gif = std::fs::read(folder.join("out/1.gif")).unwrap();
    assert!(gif.starts_with(b"GIF89a"));
    let picture = image::open(folder.join("out/1.png")).unwrap();
    assert_eq!((picture.width(), picture.height()), (96, 96));
    assert!(folder.join("out/1.plan.json").exists());

    let forgotten = loop {
        let forgotten = history(&["forget", "--donor", "Мира"]).await;
        if said(&forgotten).starts_with("forgotten in 1 ") {
            break forgotten;
        }
    };
    assert!(forgotten.status.success());
    let list = history(&["--format", "json"]).await;
    assert!(!said(&list).contains("fox"), "{}", said(&list));
    program.signal("-INT");
    assert_eq!(program.ended().await, Some(0), "{}", program.log);
}
