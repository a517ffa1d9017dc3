//! The program as a process of its own, and what it says.

use std::path::Path;
use std::process::Stdio;

use drawstream::sources::simulator::Simulator;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

/// A running `drawstream run`, and everything that it has logged so far.
pub(crate) struct Program {
    pub(crate) child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    pub(crate) log: String,
}

impl Program {
    pub(crate) fn start(simulator: &Simulator, data: &Path, drawing_sec: &str) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        Self::start_as(command, simulator, data, drawing_sec)
    }

    /// The same by another command, such as one that runs it with another clock.
    pub(crate) fn start_as(
        mut command: Command,
        simulator: &Simulator,
        data: &Path,
        drawing_sec: &str,
    ) -> Self {
        let drawing = format!("pixel.duration_sec={drawing_sec}");
        command
            .env("DA_API_BASE", simulator.api_url())
            .env("DA_WS_URL", simulator.ws_url())
            .env("DA_ACCESS_TOKEN", simulator.access_token());
        command.args(["run", "--headless"]);
        Self::spawn(command, data, &[], &["show.duration_sec=1", &drawing])
    }

    /// One without a source: it gets test donations over its API.
    pub(crate) fn alone(data: &Path, flags: &[&str], settings: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        command.env_remove("DA_ACCESS_TOKEN");
        command.args(["run", "--headless"]);
        Self::spawn(command, data, flags, settings)
    }

    /// The demonstration in a window on this display.
    pub(crate) fn windowed(data: &Path, display: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        command
            .env_remove("WAYLAND_DISPLAY")
            .env("DISPLAY", display);
        command.arg("run");
        Self::spawn(command, data, &["--demo"], &[])
    }

    fn spawn(mut command: Command, data: &Path, flags: &[&str], settings: &[&str]) -> Self {
        command.args(["--log-level", "TRACE"]);
        command.args(flags);
        command.args(["--set", "api.port=0"]);
        command.args(["--set", &format!("data_dir={}", data.display())]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut child = command
            .current_dir(data)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self {
            child,
            lines,
            log: String::new(),
        }
    }

    /// The next line of the log; `None` at its end.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let line = self.lines.next_line().await.unwrap()?;
        self.log += &line;
        self.log.push('\n');
        Some(line)
    }

    /// Reads the log until a line has this in it.
    pub(crate) async fn until(&mut self, text: &str) {
        while let Some(line) = self.line().await {
            if line.contains(text) {
                return;
            }
        }
        panic!("the program ended before it said {text:?}:\n{}", self.log);
    }

    /// Reads the log to its end, and says the exit status.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        while self.line().await.is_some() {}
        self.child.wait().await.unwrap().code()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        self.log.matches(text).count()
    }
}

impl Program {
    /// Where its API and its pages are, as the log says.
    pub(crate) async fn address(&mut self) -> String {
        self.until("the dashboard and the control API are at http")
            .await;
        let line = self.log.lines().last().unwrap_or_default();
        let start = line.find("http://").unwrap();
        line[start..].split([',', ' ']).next().unwrap().to_owned()
    }

    pub(crate) async fn await_live(mut self) -> Self {
        self.until("link=Live").await;
        self
    }
}
