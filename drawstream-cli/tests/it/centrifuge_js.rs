//! The simulator against the reference client of Centrifugo's protocol v1 (npm `centrifuge@2`): proof that what our
//! own client is tested against is the protocol, and not only our reading of it.

use std::path::Path;
use std::process::{Command, Stdio};

use drawstream::sources::simulator::{Dialect, SimulatedDonation, Simulator, SimulatorOptions};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

/// Installs the packages into a folder of the build; `None` where node or the registry is not at hand.
fn node_modules() -> Option<&'static Path> {
    static FOLDER: std::sync::OnceLock<Option<std::path::PathBuf>> = std::sync::OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/centrifuge");
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("centrifuge");
            std::fs::create_dir_all(&folder).ok()?;
            for file in ["package.json", "listen.js"] {
                std::fs::copy(here.join(file), folder.join(file)).ok()?;
            }
            if !folder.join("node_modules/centrifuge").exists() {
                let installed = Command::new("npm")
                    .args(["install", "--no-audit", "--no-fund", "--silent"])
                    .current_dir(&folder)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status();
                if !installed.is_ok_and(|status| status.success()) {
                    eprintln!("left out: npm cannot install centrifuge@2 here");
                    return None;
                }
            }
            Some(folder)
        })
        .as_deref()
}

struct Listener {
    lines: Lines<BufReader<ChildStdout>>,
    child: Child,
}

impl Listener {
    fn start(folder: &Path, simulator: &Simulator, donations: usize) -> Self {
        let mut child = tokio::process::Command::new("node")
            .arg("listen.js")
            .current_dir(folder)
            .env("DA_API_BASE", simulator.api_url())
            .env("DA_WS_URL", simulator.ws_url())
            .env("DA_ACCESS_TOKEN", simulator.access_token())
            .env("DONATIONS", donations.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs, since npm did");
        let stdout = child.stdout.take().expect("it is piped");
        Self {
            lines: BufReader::new(stdout).lines(),
            child,
        }
    }

    /// The next line that has this key.
    async fn hear(&mut self, key: &str) -> Value {
        loop {
            let line = self.lines.next_line().await.unwrap();
            let line: Value = serde_json::from_str(&line.expect("it goes on")).unwrap();
            assert!(line.get("failed").is_none(), "{line}");
            if let Some(value) = line.get(key) {
                return value.clone();
            }
        }
    }
}

fn donation(message: &str) -> SimulatedDonation {
    SimulatedDonation::written(Some("Аня"), message, 7.5, "EUR")
}

async fn listen(folder: &Path, dialect: Dialect) {
    let options = SimulatorOptions {
        dialect,
        ..SimulatorOptions::default()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let mut listener = Listener::start(folder, &simulator, 12);
    listener.hear("subscribed").await;
    let first = simulator.push(&donation("кот/cat 🐈"));
    assert_eq!(listener.hear("donation").await, first);
    // A burst travels four to a frame; then the connection breaks, and what was missed is recovered.
    let mut made: Vec<u64> = (0..6).map(|_| simulator.push(&donation("burst"))).collect();
    let mut heard = Vec::new();
    for _ in 0..6 {
        heard.push(listener.hear("donation").await.as_u64().unwrap());
    }
    simulator.disconnect(3011);
    listener.hear("disconnected").await;
    made.extend((0..4).map(|_| simulator.push(&donation("missed"))));
    for _ in 0..4 {
        heard.push(listener.hear("donation").await.as_u64().unwrap());
    }
    made.push(simulator.push(&donation("last")));
    heard.push(listener.hear("donation").await.as_u64().unwrap());
    heard.sort_unstable();
    assert_eq!(heard, made, "{dialect:?}");
    assert!(listener.child.wait().await.unwrap().success());
}

#[tokio::test]
async fn the_reference_client_receives_every_donation_in_every_dialect() {
    let Some(folder) = node_modules() else {
        return;
    };
    for dialect in [Dialect::V27, Dialect::V28Seq, Dialect::V28Offset] {
        listen(folder, dialect).await;
    }
}
