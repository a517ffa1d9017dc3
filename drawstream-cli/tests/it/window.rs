//! The window on an X server of its own.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::program::Program;

/// An X server without a screen, and its display's name.
async fn xvfb() -> Option<(Child, String)> {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x720x24"])
        .args(["-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut lines = BufReader::new(server.stdout.take()?).lines();
    let number = lines.next_line().await.ok()??;
    Some((server, format!(":{number}")))
}

#[tokio::test]
async fn when_the_display_dies_the_show_goes_on_without_the_window() {
    let Some((mut server, display)) = xvfb().await else {
        eprintln!("left out: Xvfb is not installed");
        return;
    };
    let data = tempfile::tempdir().unwrap();
    let mut program = Program::windowed(data.path(), &display);
    let address = program.address().await;
    program.until("drawing donation").await;
    server.kill().await.unwrap();
    program.until("the display went away").await;
    program.until("drew donation").await;
    let health = reqwest::get(format!("{address}/health")).await.unwrap();
    assert!(health.status().is_success());
    program.signal("-TERM");
    assert_eq!(program.ended().await, Some(0), "{}", program.log);
}
