//! A headless Chromium, driven over its DevTools protocol.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longest wait for anything on a page.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where Chromium is on this machine, if it is.
pub(crate) fn installed() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file())
}

/// A page in a browser of its own.
pub(crate) struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    serial: u64,
    _browser: Child,
    _profile: tempfile::TempDir,
}

impl Page {
    /// Opens an address in a window of this size.
    pub(crate) async fn open(chromium: &Path, url: &str, width: u32, height: u32) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Command::new(chromium)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "about:blank",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(browser.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some(address) = line.strip_prefix("DevTools listening on ") {
                break address.to_owned();
            }
        };
        // The browser must never wait for somebody to read what it says.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (socket, _) = connect_async(address).await.unwrap();
        let mut page = Self {
            socket,
            session: None,
            serial: 0,
            _browser: browser,
            _profile: profile,
        };
        let target = page
            .call("Target.createTarget", json!({"url": "about:blank"}))
            .await;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = page.call("Target.attachToTarget", attach).await;
        page.session = attached["sessionId"].as_str().map(str::to_owned);
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        page.call("Emulation.setDeviceMetricsOverride", size).await;
        page.call("Page.enable", json!({})).await;
        page.call("Page.navigate", json!({"url": url})).await;
        page
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.serial += 1;
        let id = self.serial;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
        let answered = async {
            while let Some(message) = self.socket.next().await {
                let Message::Text(text) = message.unwrap() else {
                    continue;
                };
                let mut answer: Value = serde_json::from_str(&text).unwrap();
                if answer["id"] == id {
                    assert!(answer["error"].is_null(), "{method}: {answer}");
                    return answer["result"].take();
                }
            }
            panic!("the browser has gone");
        };
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(answer) => answer,
            Err(_) => panic!("{method} took too long: {params}"),
        }
    }

    /// What an expression, or the promise that it is, comes to on the page.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", params).await;
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {answer}"
        );
        answer["result"]["value"].take()
    }

    /// Waits until an expression is true on the page.
    pub(crate) async fn until(&mut self, expression: &str) {
        let look = format!(
            "new Promise((done) => {{ const look = () => {{ let is = false; try {{ is = {expression}; }} catch {{}} \
             if (is) done(true); else setTimeout(look, 30); }}; look(); }})"
        );
        self.value(&look).await;
    }

    /// Clicks into the middle of an element, as a person does.
    pub(crate) async fn click(&mut self, selector: &str) {
        let quoted = json!(selector);
        self.until(&format!(
            "document.querySelector({quoted}) && !document.querySelector({quoted}).disabled"
        ))
        .await;
        let middle = self
            .value(&format!(
                "(() => {{ const e = document.querySelector({quoted}); e.scrollIntoView({{block: 'center'}}); \
                 const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({
                "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", params).await;
        }
    }

    /// Types in the place of what an input holds.
    pub(crate) async fn fill(&mut self, selector: &str, text: &str) {
        let quoted = json!(selector);
        self.value(&format!(
            "(() => {{ const e = document.querySelector({quoted}); e.focus(); e.select(); }})()"
        ))
        .await;
        self.call("Input.insertText", json!({"text": text})).await;
    }

    /// Keeps a picture of the page in the folder that `DRAWSTREAM_SHOTS` names, for people to look at.
    pub(crate) async fn photograph(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("DRAWSTREAM_SHOTS") else {
            return;
        };
        let picture = self
            .call("Page.captureScreenshot", json!({"format": "png"}))
            .await;
        let png = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), png).unwrap();
    }

    /// The pixels of a canvas of the page: its width, its height, and red, green and blue of each pixel.
    pub(crate) async fn pixels(&mut self, selector: &str) -> (u64, u64, Vec<u8>) {
        let answer = self
            .value(&format!(
                "(() => {{ const c = document.querySelector({}); \
                 const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let s = ''; \
                 for (let i = 0; i < d.length; i += 4) s += String.fromCharCode(d[i], d[i + 1], d[i + 2]); \
                 return [c.width, c.height, btoa(s)]; }})()",
                json!(selector)
            ))
            .await;
        let side = |index: usize| answer[index].as_u64().unwrap();
        let bytes = STANDARD.decode(answer[2].as_str().unwrap()).unwrap();
        (side(0), side(1), bytes)
    }
}
