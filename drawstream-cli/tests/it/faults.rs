//! What a streamer's machine does to the program: a full disk, a folder that cannot be written, a clock that is set
//! back, a ledger that another program has locked. Each is told with its mend, and nothing is lost by it.

use std::path::{Path, PathBuf};

use drawstream::ledger::Ledger;
use drawstream::sources::simulator::{SimulatedDonation, Simulator, SimulatorOptions};
use tokio::process::Command;

use crate::program::Program;

async fn simulator() -> Simulator {
    Simulator::start(SimulatorOptions::default()).await.unwrap()
}

fn donation() -> SimulatedDonation {
    SimulatedDonation::written(Some("Аня"), "кот в шляпе", 5.0, "EUR")
}

/// A disk of its own, in memory; taken away when this is dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None` where nobody may mount.
    fn mount(at: &Path, size: &str) -> Option<Self> {
        let made = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at)
            .stderr(std::process::Stdio::null())
            .status();
        if made.is_ok_and(|status| status.success()) {
            return Some(Self(at.to_owned()));
        }
        eprintln!("left out: a disk of its own cannot be mounted here, which needs root");
        None
    }

    fn make_read_only(&self) {
        let made = std::process::Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(&self.0)
            .status();
        assert!(made.unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

#[tokio::test]
async fn on_a_full_disk_the_show_goes_on_and_donations_arrive_when_there_is_room() {
    let data = tempfile::tempdir().unwrap();
    let Some(_disk) = Disk::mount(data.path(), "6m") else {
        return;
    };
    let simulator = simulator().await;
    let mut program = Program::start(&simulator, data.path(), "1")
        .await_live()
        .await;
    simulator.push(&donation());
    program.until("showed donation #1").await;
    let filler = data.path().join("filler");
    let all = std::iter::repeat_n(0_u8, 8 << 20).collect::<Vec<_>>();
    assert!(std::fs::write(&filler, all).is_err(), "the disk is full");
    for _ in 0..3 {
        simulator.push(&SimulatedDonation {
            // Longer than what the journal has room for.
            message: Some("кот ".repeat(4_000)),
            ..donation()
        });
    }
    program.until("make room").await;
    std::fs::remove_file(&filler).unwrap();
    program.until("the ledger is written again").await;
    program.until("showed donation #4").await;
    program.signal("-TERM");
    assert_eq!(program.ended().await, Some(0), "{}", program.log);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_and_so_is_the_mend() {
    let data = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(data.path(), "1m") else {
        return;
    };
    let simulator = simulator().await;
    disk.make_read_only();
    let mut program = Program::start(&simulator, data.path(), "1");
    assert_eq!(program.ended().await, Some(1), "{}", program.log);
    let lock = data.path().join("ledger.db.lock");
    for words in [
        format!("cannot use {}", lock.display()),
        "hint: check that the folder exists and can be written".to_owned(),
    ] {
        assert!(program.log.contains(&words), "{}", program.log);
    }
}

#[tokio::test]
async fn a_ledger_that_another_program_has_locked_is_waited_for() {
    let simulator = simulator().await;
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join("ledger.db");
    let mut program = Program::start(&simulator, data.path(), "1")
        .await_live()
        .await;
    let viewer = rusqlite::Connection::open(&path).unwrap();
    viewer.execute_batch("BEGIN IMMEDIATE").unwrap();
    simulator.push(&donation());
    program
        .until("another program has the ledger's file locked")
        .await;
    viewer.execute_batch("ROLLBACK").unwrap();
    program.until("the ledger is written again").await;
    program.until("showed donation #1").await;
    program.signal("-INT");
    assert_eq!(program.ended().await, Some(0), "{}", program.log);

    // At the start there is nothing to go on with.
    viewer
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE donations SET attempts = 0",
        )
        .unwrap();
    let mut program = Program::start(&simulator, data.path(), "1");
    assert_eq!(program.ended().await, Some(1), "{}", program.log);
    assert!(
        program.log.contains("hint: another program has"),
        "{}",
        program.log
    );
    drop(viewer);
    let (_, opening) = Ledger::open(&path).unwrap();
    assert_eq!(opening.set_aside, None, "nothing was wrong with it");
}

#[tokio::test]
async fn a_clock_that_is_set_back_an_hour_loses_nothing_and_changes_no_order() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    if !Path::new(library).exists() {
        eprintln!("left out: libfaketime is not installed");
        return;
    }
    let simulator = simulator().await;
    let data = tempfile::tempdir().unwrap();
    let clock = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(clock.path(), "+0").unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", clock.path())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Program::start_as(command, &simulator, data.path(), "1")
    };
    let mut program = start().await_live().await;
    simulator.push(&donation());
    program.until("showed donation #1").await;
    std::fs::write(clock.path(), "-1h").unwrap();
    simulator.push(&donation());
    program.until("showed donation #2").await;
    program.child.kill().await.unwrap();
    // The service's clock is an hour ahead of the machine's now.
    simulator.push(&donation());
    let mut program = start().await_live().await;
    simulator.push(&donation());
    program.until("showed donation #4").await;
    program.signal("-INT");
    assert_eq!(program.ended().await, Some(0), "{}", program.log);
    let (ledger, _) = Ledger::open(&data.path().join("ledger.db")).unwrap();
    assert_eq!(ledger.counts().unwrap().shown, 4);
}
