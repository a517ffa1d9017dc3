//! Servers that paint: AUTOMATIC1111's `/sdapi`, stable-diffusion.cpp's variant of it, ComfyUI, OpenAI's images.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};

use super::{Log, Mishap, Served};

/// What a server paints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Picture {
    /// What was asked for.
    #[default]
    Good,
    /// Its safety filter's answer.
    Black,
    /// Half of what was asked for.
    WrongSize,
    /// A page of text.
    Page,
}

/// How a server behaves.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
pub(crate) struct Manners {
    pub(crate) picture: Picture,
    pub(crate) mishap: Option<Mishap>,
    pub(crate) lacks_lora: bool,
    /// It paints until it is interrupted.
    pub(crate) endless: bool,
    /// It is stable-diffusion.cpp.
    pub(crate) is_cpp: bool,
    /// Its socket breaks after the first message.
    pub(crate) cuts_socket: bool,
}

/// A picture of this size as PNG: large blocks of colour, as an image model paints pixel art.
pub(crate) fn png(width: u32, height: u32, picture: Picture) -> Vec<u8> {
    if picture == Picture::Page {
        return b"<html>busy</html>".to_vec();
    }
    let (width, height) = match picture {
        Picture::WrongSize => (width / 2, height / 2),
        _ => (width, height),
    };
    let pixels = RgbImage::from_fn(width, height, |x, y| match picture {
        Picture::Black => Rgb([0, 0, 0]),
        _ => Rgb([(x / 16 * 16) as u8, (y / 16 * 16) as u8, 90]),
    });
    let mut png = Vec::new();
    pixels
        .write_to(&mut Cursor::new(&mut png), ImageFormat::Png)
        .unwrap();
    png
}

#[derive(Clone)]
struct Server {
    log: Log,
    manners: Manners,
    stopped: Arc<Notify>,
    is_running: Arc<AtomicBool>,
    painted: Arc<AtomicUsize>,
    news: broadcast::Sender<String>,
    client: Arc<std::sync::Mutex<Value>>,
}

impl Server {
    fn new(manners: Manners, log: Log) -> Self {
        Self {
            log,
            manners,
            stopped: Arc::default(),
            is_running: Arc::default(),
            painted: Arc::default(),
            news: broadcast::channel(64).0,
            client: Arc::default(),
        }
    }
}

/// A server with AUTOMATIC1111's API.
pub(crate) async fn webui(manners: Manners) -> Served {
    webui_with(Log::default(), manners).await
}

/// The same, noting into a log that other servers may share.
pub(crate) async fn webui_with(log: Log, manners: Manners) -> Served {
    let server = Server::new(manners, log.clone());
    let mut router = Router::new()
        .route("/sdapi/v1/txt2img", post(txt2img))
        .route("/sdapi/v1/progress", get(progress))
        .route("/sdapi/v1/sd-models", get(sd_models))
        .route("/sdapi/v1/loras", get(loras))
        .route("/sdapi/v1/options", get(options));
    if manners.is_cpp {
        router = router.route(
            "/sdcpp/v1/capabilities",
            get(|| async { Json(json!({ "model": {} })) }),
        );
    } else {
        router = router
            .route("/sdapi/v1/interrupt", post(interrupt))
            .route("/sdapi/v1/unload-checkpoint", post(unload))
            .route("/sdapi/v1/reload-checkpoint", post(reload));
    }
    Served::start(router.with_state(server), log).await
}

async fn txt2img(State(server): State<Server>, Json(body): Json<Value>) -> Response {
    server.log.note("/sdapi/v1/txt2img", body.clone());
    if server.manners.endless {
        server.stopped.notified().await;
    }
    let side = |name: &str| u32::try_from(body[name].as_u64().unwrap()).unwrap();
    let png = png(side("width"), side("height"), server.manners.picture);
    let answer = json!({ "images": [BASE64.encode(png)], "parameters": {}, "info": "{}" });
    Mishap::befall(server.manners.mishap, answer).await
}

async fn interrupt(State(server): State<Server>) -> Json<Value> {
    server.log.note("/sdapi/v1/interrupt", Value::Null);
    server.stopped.notify_one();
    Json(json!({}))
}

async fn unload(State(server): State<Server>) -> Json<Value> {
    server.log.note("/sdapi/v1/unload-checkpoint", Value::Null);
    Json(json!({}))
}

async fn reload(State(server): State<Server>) -> Json<Value> {
    server.log.note("/sdapi/v1/reload-checkpoint", Value::Null);
    Json(json!({}))
}

#[derive(serde::Deserialize)]
struct Glance {
    skip_current_image: bool,
}

async fn progress(State(server): State<Server>, Query(glance): Query<Glance>) -> Json<Value> {
    server.log.note("/sdapi/v1/progress", Value::Null);
    let rough = BASE64.encode(png(128, 128, Picture::Good));
    let rough = (!glance.skip_current_image).then_some(rough);
    Json(json!({ "progress": 0.4, "eta_relative": 3.0,
        "state": { "skipped": false, "interrupted": false, "job": "txt2img", "job_count": 1, "job_no": 0,
                   "sampling_step": 8, "sampling_steps": 20 },
        "current_image": rough, "textinfo": null }))
}

async fn sd_models() -> Json<Value> {
    Json(
        json!([{ "title": "sdxl_base.safetensors [31e35c80fc]", "model_name": "sdxl_base", "hash": "31e35c80fc",
        "sha256": null, "filename": "/models/sdxl_base.safetensors", "config": null }]),
    )
}

async fn loras(State(server): State<Server>) -> Json<Value> {
    let name = if server.manners.lacks_lora {
        "other"
    } else {
        "pixel-art-xl"
    };
    Json(
        json!([{ "name": name, "alias": name, "path": format!("sdxl/{name}.safetensors"), "metadata": {} }]),
    )
}

async fn options() -> Json<Value> {
    Json(
        json!({ "samples_format": "png", "sd_model_checkpoint": "sdxl_base.safetensors [31e35c80fc]" }),
    )
}

/// A ComfyUI server.
pub(crate) async fn comfyui(manners: Manners) -> Served {
    let log = Log::default();
    let server = Server::new(manners, log.clone());
    let router = Router::new()
        .route("/ws", get(socket))
        .route("/prompt", post(prompt))
        .route("/history/{id}", get(history))
        .route("/queue", get(queue).post(dequeue))
        .route("/view", get(view))
        .route("/interrupt", post(interrupt_comfy))
        .route("/free", post(free))
        .route("/object_info/{node}", get(object_info))
        .with_state(server);
    Served::start(router, log).await
}

async fn socket(State(server): State<Server>, upgrade: WebSocketUpgrade) -> Response {
    let heard = server.news.subscribe();
    upgrade.on_upgrade(move |socket| tell(socket, heard, server.manners))
}

async fn tell(mut socket: WebSocket, mut news: broadcast::Receiver<String>, manners: Manners) {
    let status = json!({ "type": "status", "data": { "status": { "exec_info": { "queue_remaining": 0 } } } });
    let _ = socket.send(Message::Text(status.to_string().into())).await;
    while let Ok(line) = news.recv().await {
        if manners.cuts_socket || socket.send(Message::Text(line.into())).await.is_err() {
            return;
        }
        // A preview: type 1, format 2 (PNG), then the picture.
        let rough = png(128, 128, Picture::Good);
        let preview = [&[0, 0, 0, 1, 0, 0, 0, 2][..], &rough].concat();
        let _ = socket.send(Message::Binary(preview.into())).await;
    }
}

const ID: &str = "6f962d0e-40d9-45e8-b378-7247258cadde";

async fn prompt(State(server): State<Server>, Json(body): Json<Value>) -> Response {
    server.log.note("/prompt", body.clone());
    let known = [
        "CheckpointLoaderSimple",
        "LoraLoader",
        "CLIPTextEncode",
        "EmptyLatentImage",
        "KSampler",
        "VAEDecode",
        "PreviewImage",
    ];
    let nodes = body["prompt"].as_object().unwrap();
    if !nodes
        .values()
        .all(|node| known.contains(&node["class_type"].as_str().unwrap()))
    {
        let error = json!({ "error": { "type": "invalid_prompt" }, "node_errors": {} });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    *server.client.lock().unwrap() = body["client_id"].clone();
    server.is_running.store(true, Ordering::SeqCst);
    if let Some(mishap) = server.manners.mishap {
        let answer = json!({ "prompt_id": ID, "number": 1, "node_errors": {} });
        return Mishap::befall(Some(mishap), answer).await;
    }
    if !server.manners.endless {
        tokio::spawn(paint(server));
    }
    Json(json!({ "prompt_id": ID, "number": 1, "node_errors": {} })).into_response()
}

async fn paint(server: Server) {
    let say = |kind: &str, data: Value| {
        drop(
            server
                .news
                .send(json!({ "type": kind, "data": data }).to_string()),
        );
    };
    say(
        "execution_start",
        json!({ "prompt_id": ID, "timestamp": 1 }),
    );
    say("executing", json!({ "node": "6", "prompt_id": ID }));
    say(
        "progress",
        json!({ "value": 10, "max": 20, "prompt_id": ID, "node": "6" }),
    );
    server.painted.fetch_add(1, Ordering::SeqCst);
    server.is_running.store(false, Ordering::SeqCst);
    say(
        "executed",
        json!({ "node": "8", "display_node": "8", "prompt_id": ID,
        "output": { "images": [{ "filename": "p.png", "subfolder": "", "type": "temp" }] } }),
    );
    say("executing", json!({ "node": null, "prompt_id": ID }));
    say(
        "execution_success",
        json!({ "prompt_id": ID, "timestamp": 2 }),
    );
}

async fn history(State(server): State<Server>, Path(id): Path<String>) -> Json<Value> {
    if server.painted.load(Ordering::SeqCst) == 0 || id != ID {
        return Json(json!({}));
    }
    Json(
        json!({ ID: { "prompt": [], "status": { "status_str": "success", "completed": true, "messages": [] },
        "outputs": { "8": { "images": [{ "filename": "p.png", "subfolder": "", "type": "temp" }] } } } }),
    )
}

async fn queue(State(server): State<Server>) -> Json<Value> {
    let client = server.client.lock().unwrap().clone();
    let ours = json!([1, ID, {}, { "client_id": client }, []]);
    let is_running = server.is_running.load(Ordering::SeqCst);
    let running = is_running.then_some(ours).into_iter().collect::<Vec<_>>();
    Json(json!({ "queue_running": running, "queue_pending": [] }))
}

async fn dequeue(State(server): State<Server>, Json(body): Json<Value>) -> StatusCode {
    server.log.note("/queue", body);
    StatusCode::OK
}

async fn interrupt_comfy(State(server): State<Server>, Json(body): Json<Value>) -> StatusCode {
    server.is_running.store(false, Ordering::SeqCst);
    server.log.note("/interrupt", body);
    StatusCode::OK
}

async fn free(State(server): State<Server>, Json(body): Json<Value>) -> StatusCode {
    server.log.note("/free", body);
    StatusCode::OK
}

#[derive(serde::Deserialize)]
struct Place {
    filename: String,
    r#type: String,
}

async fn view(State(server): State<Server>, Query(place): Query<Place>) -> Response {
    if (place.filename.as_str(), place.r#type.as_str()) != ("p.png", "temp") {
        return StatusCode::NOT_FOUND.into_response();
    }
    png(768, 768, server.manners.picture).into_response()
}

async fn object_info(State(server): State<Server>, Path(node): Path<String>) -> Json<Value> {
    let lora = if server.manners.lacks_lora {
        "other.safetensors"
    } else {
        "sdxl\\pixel-art-xl.safetensors"
    };
    let input = match node.as_str() {
        "CheckpointLoaderSimple" => json!({ "ckpt_name": [["sdxl_base.safetensors"], {}] }),
        // The newer form of the same.
        "LoraLoader" => json!({ "lora_name": ["COMBO", { "options": [lora] }] }),
        _ => return Json(json!({})),
    };
    Json(json!({ &node: { "input": { "required": input } } }))
}

/// A server with OpenAI's image API.
pub(crate) async fn openai(manners: Manners) -> Served {
    let log = Log::default();
    let server = Server::new(manners, log.clone());
    let router = Router::new()
        .route("/v1/images/generations", post(generations))
        .route(
            "/v1/models",
            get(|| async { Json(json!({ "object": "list", "data": [{ "id": "painter-1" }] })) }),
        )
        .with_state(server);
    Served::start(router, log).await
}

async fn generations(State(server): State<Server>, Json(body): Json<Value>) -> Response {
    server.log.note("/v1/images/generations", body.clone());
    if body["model"] == "strict" {
        let error = json!({ "error": { "message": "blocked", "code": "moderation_blocked" } });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let png = png(1024, 1024, server.manners.picture);
    let answer = json!({ "created": 1, "data": [{ "b64_json": BASE64.encode(png) }] });
    Mishap::befall(server.manners.mishap, answer).await
}
