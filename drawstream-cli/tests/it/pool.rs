//! The painter `remote`, workers as processes of their own, and a real NATS server between them.

use std::process::Stdio;
use std::time::Duration;

use async_nats::jetstream;
use drawstream::config::{Config, PainterName};
use drawstream::painters::{Painter, PainterError, Picture, Sitting, painter};
use drawstream_core::donation::DonationId;
use drawstream_core::gate::{ApprovedScene, Gate};
use drawstream_core::scene::Seed;
use drawstream_core::sketch;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::fakes::atelier::{self, picture};
use crate::fakes::nats::Nats;
use crate::planner_servers::request;

/// A running `drawstream worker`.
pub(crate) struct Worker {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
    pub(crate) log: String,
}

impl Worker {
    /// One with the painters that these settings name.
    pub(crate) fn start(nats: &Nats, name: &str, settings: &[String]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        command.args(["worker", "--nats", &nats.url(), "--name", name]);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut child = command
            .current_dir(nats.folder())
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

    /// One that waits for jobs.
    pub(crate) async fn ready(nats: &Nats, name: &str, settings: &[String]) -> Self {
        let mut worker = Self::start(nats, name, settings);
        worker.until("waits for jobs").await;
        worker
    }

    pub(crate) async fn until(&mut self, text: &str) {
        while let Some(line) = self.lines.next_line().await.unwrap() {
            self.log += &line;
            self.log.push('\n');
            if line.contains(text) {
                return;
            }
        }
        panic!("the worker ended before it said {text:?}:\n{}", self.log);
    }

    pub(crate) async fn kill_nine(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end as a service manager does, and says its exit status.
    pub(crate) async fn end(&mut self) -> Option<i32> {
        let pid = self.child.id().unwrap().to_string();
        let told = std::process::Command::new("kill").arg(&pid).status();
        assert!(told.unwrap().success());
        // Its last words, so that it does not wait for somebody to read them.
        while let Ok(Some(line)) = self.lines.next_line().await {
            self.log += &line;
            self.log.push('\n');
        }
        self.child.wait().await.unwrap().code()
    }
}

fn config(nats: &Nats, more: &[(&str, &str)]) -> Config {
    let url = nats.url();
    let own = [("nats.url", url.as_str()), ("nats.silence_sec", "2")];
    let flags = own.iter().chain(more);
    let flags: Vec<_> = flags
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Config::load(None, &flags).unwrap()
}

pub(crate) fn remote(nats: &Nats, more: &[(&str, &str)]) -> Box<dyn Painter> {
    painter(PainterName::Remote, &config(nats, more)).unwrap()
}

fn scene(number: u32) -> ApprovedScene {
    let request = request("a red fox in the snow").unwrap();
    let scene = sketch::plan(request.text(), Seed(number.into()));
    Gate::default().judge_scene(&request, scene).unwrap()
}

/// For the donation of this number, whose seed it is too.
pub(crate) async fn paint(painter: &dyn Painter, number: u32) -> Result<Picture, PainterError> {
    let sitting = Sitting {
        donation: Some(DonationId(number.into())),
        ..Sitting::default()
    };
    painter.paint(&scene(number), &sitting).await
}

/// What servers are asked for, for the donation of this number.
fn seed(number: u32) -> u32 {
    let Seed(seed) = scene(number).scene().seed;
    (seed ^ (seed >> 32)) as u32
}

pub(crate) fn assert_is(painted: Result<Picture, PainterError>, number: u32) {
    match painted {
        Ok(Picture::Painted(pixels)) => {
            assert!(pixels == picture(seed(number)), "{number} is another's");
        }
        Ok(Picture::Indexed(_)) => panic!("{number} is pixel art"),
        Err(error) => panic!("{number}: {error}"),
    }
}

#[tokio::test]
async fn each_job_is_delivered_once_though_a_worker_is_killed_and_the_server_starts_again() {
    const JOBS: u32 = 60;
    let Some(mut nats) = Nats::start("").await else {
        return;
    };
    let (server, painted) = atelier::start(Duration::from_millis(150)).await;
    let settings = atelier::settings(&server.url);
    let mut workers = Vec::new();
    for name in ["a", "b", "c"] {
        workers.push(Worker::ready(&nats, name, &settings).await);
    }
    let show = remote(&nats, &[]);
    let mut pictures = stream::iter(1..=JOBS)
        .map(|number| {
            let show = &show;
            async move { (number, paint(&**show, number).await) }
        })
        .buffer_unordered(6);
    let mut delivered = 0;
    while let Some((number, picture)) = pictures.next().await {
        assert_is(picture, number);
        delivered += 1;
        match delivered {
            15 => workers.remove(0).kill_nine().await,
            35 => {
                nats.kill();
                nats.begin().await;
            }
            _ => {}
        }
    }
    assert_eq!(delivered, JOBS);
    // What the killed one had in hand was begun again, and nothing else.
    assert!(painted.repeated() <= 2, "{:?}", painted.seeds());
    // A show that starts again and asks once more finds what is there.
    let before = painted.seeds().len();
    assert_is(paint(&*remote(&nats, &[]), JOBS).await, JOBS);
    assert_eq!(painted.seeds().len(), before);
    for mut worker in workers {
        assert_eq!(worker.end().await, Some(0), "{}", worker.log);
    }
}

#[tokio::test]
async fn a_show_with_a_long_queue_holds_up_no_other() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    let (server, painted, may) = atelier::held(Duration::ZERO).await;
    let _worker = Worker::ready(&nats, "a", &atelier::settings(&server.url)).await;
    let long = remote(&nats, &[("nats.show", "long")]);
    let short = remote(&nats, &[("nats.show", "short")]);
    let mut queue = Vec::new();
    for number in 1..=8 {
        queue.push(paint(&*long, number));
    }
    let queue = futures_util::future::join_all(queue);
    let late = async {
        // The long queue is in hand before the short one comes.
        server.log.until("/sdapi/v1/txt2img").await;
        let asked = paint(&*short, 100);
        let free = async {
            until_waiting(&nats, 9).await;
            may.close();
        };
        tokio::join!(asked, free).0
    };
    let (queue, late) = tokio::join!(queue, late);
    for (number, picture) in (1..).zip(queue) {
        assert_is(picture, number);
    }
    assert_is(late, 100);
    let late = seed(100);
    let turn = painted.seeds().iter().position(|seed| *seed == late);
    assert_eq!(turn, Some(1), "{:?}", painted.seeds());
}

#[tokio::test]
async fn a_server_that_was_emptied_is_furnished_again() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    let (server, _) = atelier::start(Duration::ZERO).await;
    let _worker = Worker::ready(&nats, "a", &atelier::settings(&server.url)).await;
    let show = remote(&nats, &[]);
    assert_is(paint(&*show, 1).await, 1);
    let client = async_nats::connect(nats.url()).await.unwrap();
    let jetstream = jetstream::new(client);
    jetstream.delete_stream("DRAWSTREAM_JOBS").await.unwrap();
    let deleted = jetstream.delete_object_store("drawstream-pictures").await;
    deleted.unwrap();
    assert_is(paint(&*show, 2).await, 2);
    let stream = jetstream.get_stream("DRAWSTREAM_JOBS").await.unwrap();
    stream.delete_consumer("main").await.unwrap();
    assert_is(paint(&*show, 3).await, 3);
}

/// Waits until at least so many jobs are in the queue, whoever's.
async fn until_waiting(nats: &Nats, jobs: u64) {
    let client = async_nats::connect(nats.url()).await.unwrap();
    let stream = jetstream::new(client).get_stream("DRAWSTREAM_JOBS").await;
    let stream = stream.unwrap();
    while stream.get_info().await.unwrap().state.messages < jobs {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_painting_that_nobody_wants_any_more_is_stopped_where_it_is_painted() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    let (server, _painted, may) = atelier::held(Duration::ZERO).await;
    let _worker = Worker::ready(&nats, "a", &atelier::settings(&server.url)).await;
    let show = remote(&nats, &[]);
    let sitting = Sitting::default();
    let scene = scene(1);
    let mut progress = sitting.progress.subscribe();
    let skip = async {
        // The server's own word of how far it is has come all the way.
        let told = progress.wait_for(|share| (share - 0.4).abs() < 1e-6).await;
        drop(told.unwrap());
        sitting.cancel.cancel();
        server.log.until("/sdapi/v1/interrupt").await;
    };
    let (painted, ()) = tokio::join!(show.paint(&scene, &sitting), skip);
    assert!(matches!(painted, Err(PainterError::Cancelled)));
    may.close();
    // The worker is free again, and takes the next.
    assert_is(paint(&*show, 2).await, 2);
    let client = async_nats::connect(nats.url()).await.unwrap();
    let stream = jetstream::new(client).get_stream("DRAWSTREAM_JOBS").await;
    let state = stream.unwrap().get_info().await.unwrap().state;
    assert_eq!(state.messages, 0, "nothing is left in the queue");
}

#[tokio::test]
async fn what_a_worker_cannot_finish_goes_to_another() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    // Its image server is away; then one that is asked to end in the middle of a painting.
    let nobody = atelier::settings("http://127.0.0.1:1");
    let mut troubled = Worker::ready(&nats, "troubled", &nobody).await;
    let (slow, _, _may) = atelier::held(Duration::ZERO).await;
    let (quick, _) = atelier::start(Duration::ZERO).await;
    let show = remote(&nats, &[]);
    let passed_on = async {
        troubled.until("goes back to the queue: webui").await;
        let mut leaving = Worker::ready(&nats, "leaving", &atelier::settings(&slow.url)).await;
        slow.log.until("/sdapi/v1/txt2img").await;
        let able = Worker::ready(&nats, "able", &atelier::settings(&quick.url)).await;
        assert_eq!(leaving.end().await, Some(0), "{}", leaving.log);
        assert!(
            leaving.log.contains("goes back to the queue"),
            "{}",
            leaving.log
        );
        able
    };
    let (painted, _able) = tokio::join!(paint(&*show, 1), passed_on);
    assert_is(painted, 1);
}

#[tokio::test]
async fn what_a_broken_show_sends_is_thrown_away_once_and_the_worker_goes_on() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    let (server, _) = atelier::start(Duration::ZERO).await;
    let mut worker = Worker::ready(&nats, "a", &atelier::settings(&server.url)).await;
    let show = remote(&nats, &[]);
    assert_is(paint(&*show, 1).await, 1);
    let client = async_nats::connect(nats.url()).await.unwrap();
    let jetstream = jetstream::new(client);
    let job = |id: &str, scene: serde_json::Value| {
        json!({ "drawstream_job": 1, "id": id, "scene": scene, "attempt": 0, "previews": "unwanted", "after": null })
            .to_string()
    };
    let odd = [
        "{".to_owned(),
        String::new(),
        job("main-1", json!({ "prompt": 7 })),
        job("other-1", json!({})),
        job("main-*.>", json!({})),
    ];
    for payload in odd {
        let sent = jetstream
            .publish("drawstream.job.main", payload.into())
            .await;
        sent.unwrap().await.unwrap();
        worker
            .until("a job cannot be read, and is thrown away")
            .await;
    }
    assert_is(paint(&*show, 2).await, 2);
    let stream = jetstream.get_stream("DRAWSTREAM_JOBS").await.unwrap();
    assert_eq!(stream.get_info().await.unwrap().state.messages, 0);
}

#[tokio::test]
async fn what_a_broken_worker_sends_is_not_shown() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    let client = async_nats::connect(nats.url()).await.unwrap();
    let jetstream = jetstream::new(client.clone());
    let show = remote(&nats, &[("painter.timeout_sec", "3")]);
    let cases: [(&[(&str, &str)], &str); 4] = [
        (
            &[
                ("ending", "painted"),
                ("form", "painted"),
                ("painter", "p"),
                ("millis", "1"),
                ("by", "x"),
            ],
            "cannot be decoded",
        ),
        (
            &[
                ("ending", "painted"),
                ("form", "indexed"),
                ("painter", "p"),
                ("millis", "1"),
                ("by", "x"),
            ],
            "no pixel art",
        ),
        (
            &[
                ("ending", "failed"),
                ("lack", "broken"),
                ("why", "\u{1b}[31mred\n"),
                ("by", "x"),
            ],
            "cannot paint: [31mred (worker x)",
        ),
        (
            &[("ending", "sold"), ("by", "x")],
            "nothing was heard for 3 s",
        ),
    ];
    let tried = async {
        for (number, (metadata, expected)) in (1..).zip(cases) {
            let worker = broken_worker(&jetstream, metadata);
            let (painted, ()) = tokio::join!(paint(&*show, number), worker);
            let error = painted.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    };
    tokio::select! {
        () = tried => {}
        () = seem_there(&client) => {}
    }
}

/// A worker is there, as far as anybody knows.
async fn seem_there(client: &async_nats::Client) {
    let beat = json!({ "name": "x", "state": "idle", "show": null, "painters": [], "done": 0, "failed": 0,
        "seconds": null, "last_error": null });
    loop {
        let subject = "drawstream.worker.x";
        let sent = client.publish(subject, beat.to_string().into()).await;
        sent.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The next job of the show, and its id.
async fn next_job(jetstream: &jetstream::Context) -> (jetstream::Message, String) {
    type Pull = jetstream::consumer::pull::Config;
    let queue = loop {
        if let Ok(stream) = jetstream.get_stream("DRAWSTREAM_JOBS").await
            && let Ok(queue) = stream.get_consumer::<Pull>("main").await
        {
            break queue;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let mut jobs = queue.batch().max_messages(1).messages().await.unwrap();
    let message = jobs.next().await.unwrap().unwrap();
    let job: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
    let id = job["id"].as_str().unwrap().to_owned();
    (message, id)
}

/// Takes the next job and ends it with this.
async fn broken_worker(jetstream: &jetstream::Context, metadata: &[(&str, &str)]) {
    let (message, id) = next_job(jetstream).await;
    let store = jetstream.get_object_store("drawstream-pictures").await;
    let meta = jetstream::object_store::ObjectMetadata {
        name: id,
        metadata: metadata
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        ..Default::default()
    };
    let mut page = &b"<html>busy</html>"[..];
    store.unwrap().put(meta, &mut page).await.unwrap();
    message.double_ack().await.unwrap();
}

#[tokio::test]
async fn previews_come_where_somebody_looks_and_what_is_none_does_no_harm() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    let client = async_nats::connect(nats.url()).await.unwrap();
    let jetstream = jetstream::new(client.clone());
    let show = remote(&nats, &[]);
    let sitting = Sitting::default();
    let mut previews = sitting.preview.subscribe();
    let worker = async {
        let (message, id) = next_job(&jetstream).await;
        let job: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(job["previews"], "wanted");
        let subject = format!("drawstream.preview.main.{id}");
        let mut png = std::io::Cursor::new(Vec::new());
        let written = picture(7).write_to(&mut png, image::ImageFormat::Png);
        written.unwrap();
        for payload in [b"no picture".to_vec(), png.into_inner()] {
            client
                .publish(subject.clone(), payload.into())
                .await
                .unwrap();
        }
        let rough = previews.wait_for(Option::is_some).await.unwrap().clone();
        assert!(*rough.unwrap() == picture(7));
        sitting.cancel.cancel();
    };
    let scene = scene(1);
    let painted = async {
        let painted = show.paint(&scene, &sitting);
        tokio::join!(painted, worker).0
    };
    tokio::select! {
        painted = painted => assert!(matches!(painted, Err(PainterError::Cancelled))),
        () = seem_there(&client) => {}
    }
}

#[tokio::test]
async fn where_nobody_is_the_next_painter_is_asked_at_once() {
    let Some(mut nats) = Nats::start("").await else {
        return;
    };
    let show = remote(&nats, &[]);
    let error = paint(&*show, 1).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the painter does not answer: no worker is there"
    );
    nats.kill();
    let error = paint(&*remote(&nats, &[]), 1)
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("nobody answers at 127.0.0.1"), "{error}");
}
