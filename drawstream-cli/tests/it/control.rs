//! People steer the running program over its API.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};

use crate::program::Program;

/// A program that everybody can talk to.
pub(crate) struct Show {
    program: Program,
    client: Client,
    pub(crate) address: String,
    data: tempfile::TempDir,
}

impl Show {
    pub(crate) async fn start(settings: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), &[], settings).await
    }

    /// The same with further flags.
    pub(crate) async fn start_with(flags: &[&str], settings: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), flags, settings).await
    }

    async fn start_in(data: tempfile::TempDir, flags: &[&str], settings: &[&str]) -> Self {
        let mut program = Program::alone(data.path(), flags, settings);
        let address = program.address().await;
        Self {
            program,
            client: Client::builder().no_proxy().build().unwrap(),
            address,
            data,
        }
    }

    /// Kills the program and starts it again where it was.
    pub(crate) async fn again(mut self, settings: &[&str]) -> Self {
        self.program.child.kill().await.unwrap();
        Self::start_in(self.data, &[], settings).await
    }

    /// What the program has logged up to the moment at which its API was there.
    pub(crate) fn log(&self) -> &str {
        &self.program.log
    }

    /// The folder of its ledger.
    pub(crate) fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// The first message of the event stream: everything that there is to know.
    pub(crate) async fn everything(&self) -> Value {
        let url = format!("{}/events", self.address);
        let mut answer = self.client.get(url).send().await.unwrap();
        let mut text = String::new();
        while let Some(chunk) = answer.chunk().await.unwrap() {
            text += std::str::from_utf8(&chunk).unwrap();
            let data = text.lines().find_map(|line| line.strip_prefix("data:"));
            if let Some(Ok(value)) = data.map(serde_json::from_str) {
                return value;
            }
        }
        panic!("the event stream ended: {text}");
    }

    /// Asks it to end; says the exit status and everything that it has logged.
    pub(crate) async fn end(&mut self) -> (Option<i32>, String) {
        self.program.signal("-INT");
        let status = self.program.ended().await;
        (status, self.program.log.clone())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.address);
        self.client
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let url = format!("{}{path}", self.address);
        let answer = self.client.get(url).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.unwrap().into()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.address);
        let answer = self.client.post(url).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn donate(&self, message: &str) {
        let body = json!({"amount": "5", "message": message, "donor": "Ann"});
        assert_eq!(self.post("/commands/donate", &body).await.0, 202);
    }

    /// Asks until the answer is as wanted; the program decides how long that takes.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let waited = async {
            loop {
                let answer = self.get(path).await;
                if wanted(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), waited).await {
            Ok(answer) => answer,
            Err(_) => panic!("{path} never was as wanted: {}", self.get(path).await),
        }
    }

    pub(crate) async fn until_state(&self, id: u64, state: &str) -> Value {
        self.until(&format!("/donations/{id}"), |d| d["state"] == state)
            .await
    }
}

#[tokio::test]
async fn nothing_of_a_held_donation_is_on_the_stage_until_it_is_approved() {
    let show = Show::start(&["show.approval=all", "pixel.duration_sec=60"]).await;
    show.donate("a red house").await;
    let held = show.until_state(1, "held").await;
    assert_eq!(held["message"], "a red house");
    show.until("/queue", |queue| {
        queue["phase"] == "idle" && queue["size"] == 0
    })
    .await;
    let picture = held["picture"].as_str().unwrap();
    let url = format!("{}{picture}", show.address);
    let png = show
        .client
        .get(url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert!(png.starts_with(b"\x89PNG"));

    assert_eq!(show.post("/donations/1/approve", &Value::Null).await.0, 202);
    show.until("/queue", |queue| queue["active"]["id"] == 1)
        .await;
    let (status, problem) = show.post("/donations/1/refuse", &Value::Null).await;
    assert_eq!(status, 409, "{problem}");
}

#[tokio::test]
async fn decisions_reach_what_is_queued_and_can_be_taken_back() {
    let show = Show::start(&["show.approval=none", "pixel.duration_sec=60"]).await;
    for message in ["a red house", "a blue cat", "a green tree"] {
        show.donate(message).await;
    }
    let next = |queue: &Value| -> Vec<u64> {
        let next = queue["next"].as_array().unwrap().iter();
        next.map(|row| row["id"].as_u64().unwrap()).collect()
    };
    show.until("/queue", |queue| queue["active"]["id"] == 1)
        .await;
    show.until_state(3, "ready").await;

    // Moved, and moved back.
    assert_eq!(
        show.post("/donations/3/move", &json!({"to": 0})).await.0,
        202
    );
    show.until("/queue", |queue| next(queue) == [3, 2]).await;
    assert_eq!(show.post("/donations/3/undo", &Value::Null).await.0, 202);
    show.until("/queue", |queue| next(queue) == [2, 3]).await;
    assert_eq!(show.post("/donations/3/undo", &Value::Null).await.0, 409);

    // Refused: it is not drawn, and its card waits. Then the refusal is taken back.
    assert_eq!(show.post("/donations/2/refuse", &Value::Null).await.0, 202);
    let refused = show.get("/donations/2").await;
    assert_eq!(refused["reason"], "refused by the owner");
    assert_eq!(show.post("/donations/2/undo", &Value::Null).await.0, 202);
    show.until_state(2, "ready").await;

    // Painted from other words; what the gate stops is refused.
    let words = json!({"prompt": "a yellow boat"});
    assert_eq!(show.post("/donations/3/edit", &words).await.0, 202);
    let edited = show.until_state(3, "ready").await;
    assert_eq!(edited["message"], "a yellow boat");
    assert_eq!(edited["marks"], json!(["test", "edited"]));

    // Skipped, and once more.
    assert_eq!(show.post("/queue/skip", &Value::Null).await.0, 202);
    show.until("/queue", |queue| queue["active"]["id"] == 2)
        .await;
    show.until_state(1, "skipped").await;
    assert_eq!(show.post("/donations/1/retry", &Value::Null).await.0, 202);
    show.until("/queue", |queue| next(queue) == [1, 3]).await;

    // The panic button keeps all of it.
    assert_eq!(show.post("/panic/on", &Value::Null).await.0, 202);
    let queue = show.get("/queue").await;
    assert_eq!(
        (&queue["curtain"], next(&queue)),
        (&json!("covered"), vec![1, 3])
    );
    let url = format!("{}/canvas.png", show.address);
    show.until("/queue", |_| true).await;
    assert_eq!(show.client.get(url).send().await.unwrap().status(), 404);
    assert_eq!(show.post("/panic/off", &Value::Null).await.0, 202);
    assert_eq!(show.get("/queue").await["curtain"], "up");
}
