//! `drawstream login` as a streamer does it: a real browser (headless Chromium) opens the page, presses the button and
//! comes back to the program. Left out where there is no Chromium.

use std::process::Stdio;

use drawstream::sources::simulator::{CLIENT, Simulator, SimulatorOptions};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A page in a browser that nobody sees, steered over the DevTools protocol.
struct Browser {
    _child: Child,
    _profile: tempfile::TempDir,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    last_id: u64,
}

impl Browser {
    /// Starts it; `None` where there is none.
    async fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let mut child = ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .find_map(|name| {
                Command::new(name)
                    .args([
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--no-first-run",
                    ])
                    .args(["--disable-dev-shm-usage", "--remote-debugging-port=0"])
                    .arg(format!("--user-data-dir={}", profile.path().display()))
                    .arg("about:blank")
                    .stderr(Stdio::piped())
                    .stdout(Stdio::null())
                    .kill_on_drop(true)
                    .spawn()
                    .ok()
            })?;
        let mut lines = BufReader::new(child.stderr.take()?).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap()?;
            if let Some((_, address)) = line.split_once("DevTools listening on ") {
                break address.trim().to_owned();
            }
        };
        // It goes on talking; nobody has to listen, but somebody has to read.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (socket, _) = tokio_tungstenite::connect_async(address).await.unwrap();
        Some(Self {
            _child: child,
            _profile: profile,
            socket,
            session: None,
            last_id: 0,
        })
    }

    async fn command(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut command = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(command.to_string()))
            .await
            .unwrap();
        loop {
            let message = self.socket.next().await.expect("it is there").unwrap();
            let Message::Text(text) = message else {
                continue;
            };
            let answer: Value = serde_json::from_str(text.as_str()).unwrap();
            if answer["id"] == id {
                return answer["result"].clone();
            }
        }
    }

    async fn open(&mut self, page: &str) {
        let target = self
            .command("Target.createTarget", json!({"url": page}))
            .await;
        let wish = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.command("Target.attachToTarget", wish).await;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
    }

    /// Asks the page until it says yes.
    async fn until(&mut self, script: &str) {
        loop {
            let wish = json!({"expression": script, "returnByValue": true});
            let answer = self.command("Runtime.evaluate", wish).await;
            if answer["result"]["value"] == true {
                return;
            }
        }
    }
}

fn program(simulator: &Simulator, tokens: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
    command
        .args(["login", "--token-file"])
        .arg(tokens)
        .env("DA_API_BASE", simulator.api_url())
        .env("DA_CLIENT_ID", CLIENT.0)
        .env("DA_CLIENT_SECRET", CLIENT.1)
        .env_remove("DA_ACCESS_TOKEN")
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_streamer_logs_in_with_a_real_browser() {
    let Some(mut browser) = Browser::start().await else {
        eprintln!("left out: there is no chromium here");
        return;
    };
    let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.json");
    let nobody = program(&simulator, &tokens)
        .arg("--status")
        .output()
        .await
        .unwrap();
    assert_eq!(nobody.status.code(), Some(1));

    let mut login = program(&simulator, &tokens)
        .args(["--browser", "print", "--port", "0"])
        .spawn()
        .unwrap();
    let mut said = BufReader::new(login.stdout.take().unwrap()).lines();
    let page = loop {
        let line = said.next_line().await.unwrap().expect("it names the page");
        if line.starts_with("http") {
            break line;
        }
    };
    browser.open(&page).await;
    browser
        .until("(b => b ? (b.click(), true) : false)(document.getElementById('approve'))")
        .await;
    browser
        .until("document.body.innerText.includes('drawstream is logged in')")
        .await;
    assert!(login.wait().await.unwrap().success());

    let kept = std::fs::read_to_string(&tokens).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let status = program(&simulator, &tokens)
        .arg("--status")
        .output()
        .await
        .unwrap();
    let status = String::from_utf8(status.stdout).unwrap();
    assert!(status.contains("oauth-donation-index"), "{status}");
    assert!(status.contains("until    20"), "{status}");
    assert!(status.contains("renewed  by itself"), "{status}");
    for token in ["access_token", "refresh_token"] {
        let token = kept[token].as_str().unwrap();
        assert!(!status.contains(token), "{status}");
    }
}
