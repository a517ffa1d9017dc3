//! An image server for workers: it takes its time, and its picture tells which seed it was asked for.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{Log, Served};

/// The side of its pictures: the smallest that is looked at.
const SIDE: u32 = 64;

/// The settings with which a worker paints there.
pub(crate) fn settings(url: &str) -> Vec<String> {
    [
        &format!("webui.url={url}"),
        "painter.lora_weight=none",
        "painter.width=64",
        "painter.height=64",
    ]
    .map(str::to_owned)
    .into()
}

/// How often each seed was painted, in the order of the first time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Painted(Arc<Mutex<Vec<u32>>>);

impl Painted {
    pub(crate) fn seeds(&self) -> Vec<u32> {
        self.0.lock().unwrap().clone()
    }

    /// Seeds that were painted more than once.
    pub(crate) fn repeated(&self) -> usize {
        let mut times: BTreeMap<u32, usize> = BTreeMap::new();
        for seed in self.seeds() {
            *times.entry(seed).or_default() += 1;
        }
        times.values().filter(|times| **times > 1).count()
    }
}

#[derive(Clone)]
struct Atelier {
    log: Log,
    painted: Painted,
    delay: Duration,
    /// Whether it goes on; a test holds it.
    may: Arc<Semaphore>,
}

/// A server that paints after this time.
pub(crate) async fn start(delay: Duration) -> (Served, Painted) {
    let (served, painted, may) = held(delay).await;
    may.close();
    (served, painted)
}

/// One that paints a picture for each permit, until the semaphore is closed.
pub(crate) async fn held(delay: Duration) -> (Served, Painted, Arc<Semaphore>) {
    let atelier = Atelier {
        log: Log::default(),
        painted: Painted::default(),
        delay,
        may: Arc::new(Semaphore::new(0)),
    };
    let (log, painted, may) = (
        atelier.log.clone(),
        atelier.painted.clone(),
        Arc::clone(&atelier.may),
    );
    let model = json!([{ "title": "fake.safetensors [1]", "model_name": "fake" }]);
    let options = json!({ "sd_model_checkpoint": "fake.safetensors [1]" });
    let progress = json!({ "progress": 0.4 });
    let router = Router::new()
        .route("/sdapi/v1/sd-models", get(|| async { Json(model) }))
        .route("/sdapi/v1/options", get(|| async { Json(options) }))
        .route("/sdapi/v1/progress", get(|| async { Json(progress) }))
        .route("/sdapi/v1/txt2img", post(paint))
        .route("/sdapi/v1/interrupt", post(interrupt))
        .with_state(atelier);
    (Served::start(router, log).await, painted, may)
}

async fn paint(State(atelier): State<Atelier>, Json(body): Json<Value>) -> Json<Value> {
    atelier.log.note("/sdapi/v1/txt2img", body.clone());
    let seed = u32::try_from(body["seed"].as_u64().unwrap()).unwrap();
    atelier.painted.0.lock().unwrap().push(seed);
    tokio::time::sleep(atelier.delay).await;
    if let Ok(permit) = atelier.may.acquire().await {
        permit.forget();
    }
    let mut png = Vec::new();
    let written = picture(seed).write_to(&mut Cursor::new(&mut png), ImageFormat::Png);
    written.unwrap();
    Json(json!({ "images": [BASE64.encode(png)], "parameters": {}, "info": "{}" }))
}

async fn interrupt(State(atelier): State<Atelier>) -> Json<Value> {
    atelier.log.note("/sdapi/v1/interrupt", Value::Null);
    Json(json!({}))
}

/// The picture of a seed: its bits, as bright and dark squares.
pub(crate) fn picture(seed: u32) -> RgbImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let bit = (y / 16) * 8 + x / 8;
        match seed >> (bit % 32) & 1 {
            0 => Rgb([20, 30, (x * 2) as u8]),
            _ => Rgb([220, 200, 90]),
        }
    })
}
