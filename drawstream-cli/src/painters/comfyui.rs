//! The painter `comfyui`: a graph of our own, sent to a ComfyUI server.
//!
//! Its socket tells how far it is and brings previews; where the socket breaks, its queue and history say what
//! became of the painting. Its history alone does not: a painting that runs is not in it, and neither is one that the
//! server never heard of.

use std::time::Duration;

use drawstream_core::gate::ApprovedScene;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use rand::RngCore as _;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::order::{OnDrop, Reads, Studio, failed, seed, stem};
use super::server::{Kind, Knowledge, Trouble, some};
use super::{Painter, PainterError, Picture, Sitting, glance};
use crate::health::Health;
use crate::peer::{Peer, PeerError};

/// How long the server may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often its queue is looked at where the socket is silent or gone.
const LOOK: Duration = Duration::from_secs(2);
/// How often, and how far apart, a painting that is given up is looked for in the queue.
const LEAVE_TRIES: u32 = 4;
const LEAVE_PAUSE: Duration = Duration::from_millis(250);
/// The longest description of a node or history of a painting.
const MOST: usize = 16 << 20;
/// The longest message on the socket: a preview of a large picture.
const LONGEST_MESSAGE: usize = 16 << 20;
/// The node whose pictures are ours.
const LAST: &str = "8";

static KIND: Kind = Kind {
    name: "ComfyUI",
    start: "start it: python main.py --listen 127.0.0.1, or set COMFYUI_URL to where it answers",
    setting: "COMFYUI_CHECKPOINT",
    checkpoints: "models/checkpoints",
    loras: "models/loras",
};

/// What was found out about a server.
#[derive(Clone, Debug)]
struct Found {
    checkpoint: String,
    lora: Option<String>,
}

/// A ComfyUI server.
#[derive(Debug)]
pub(crate) struct ComfyUi {
    peer: Peer,
    checkpoint: Option<String>,
    studio: Studio,
    found: Knowledge<Found>,
}

/// What a message on the socket means for our painting.
#[derive(Debug, PartialEq)]
enum News {
    Progress(f32),
    Image(Image),
    Done,
    Failed(&'static str),
    Other,
}

/// Where a picture lies on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Image {
    filename: String,
    subfolder: String,
    folder: String,
}

impl Image {
    fn read(value: &Value) -> Option<Self> {
        let text = |field: &str| value[field].as_str().map(str::to_owned);
        Some(Self {
            filename: text("filename")?,
            subfolder: text("subfolder").unwrap_or_default(),
            folder: text("type").unwrap_or_else(|| "output".to_owned()),
        })
    }

    fn path(&self) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("filename", &self.filename)
            .append_pair("subfolder", &self.subfolder)
            .append_pair("type", &self.folder)
            .finish();
        format!("view?{query}")
    }
}

impl ComfyUi {
    pub(super) fn new(peer: Peer, checkpoint: Option<String>, studio: Studio) -> Self {
        Self {
            peer,
            checkpoint,
            studio,
            found: Knowledge::none(),
        }
    }

    async fn find_out(&self) -> Result<Found, Trouble> {
        let peer = self.peer.within(PATIENCE);
        let checkpoints = choices(&peer, "CheckpointLoaderSimple", "ckpt_name").await?;
        let names: Vec<&str> = checkpoints.iter().map(String::as_str).collect();
        let checkpoint = match &self.checkpoint {
            Some(wanted) => {
                let found = names.iter().find(|name| stem(name) == stem(wanted));
                found.ok_or_else(|| Trouble::NoCheckpoint {
                    wanted: wanted.clone(),
                    has: some(&names),
                })?
            }
            None => names.first().ok_or(Trouble::NoModel)?,
        };
        let lora = match &self.studio.lora {
            Some(wanted) => {
                let loras = choices(&peer, "LoraLoader", "lora_name").await?;
                let Some(lora) = loras.iter().find(|name| wanted.is(name)) else {
                    let names: Vec<&str> = loras.iter().map(String::as_str).collect();
                    return Err(Trouble::NoLora {
                        wanted: wanted.stem().to_owned(),
                        has: some(&names),
                    });
                };
                Some(lora.clone())
            }
            None => None,
        };
        Ok(Found {
            checkpoint: (*checkpoint).to_owned(),
            lora,
        })
    }

    /// The graph. A preview's picture lies in the server's own temporary folder, and fills nobody's gallery.
    fn graph(&self, found: &Found, scene: &ApprovedScene, sitting: &Sitting) -> Value {
        let studio = &self.studio;
        let prompt = studio.prompt(scene, Reads::AsClip);
        let negative = studio.negative_prompt(scene, Reads::AsClip);
        let mut graph = json!({
            "1": { "class_type": "CheckpointLoaderSimple", "inputs": { "ckpt_name": found.checkpoint } },
            "3": { "class_type": "CLIPTextEncode", "inputs": { "text": prompt, "clip": ["1", 1] } },
            "4": { "class_type": "CLIPTextEncode", "inputs": { "text": negative, "clip": ["1", 1] } },
            "5": { "class_type": "EmptyLatentImage",
                   "inputs": { "width": studio.width, "height": studio.height, "batch_size": 1 } },
            "6": { "class_type": "KSampler", "inputs": {
                "model": ["1", 0], "positive": ["3", 0], "negative": ["4", 0], "latent_image": ["5", 0],
                "seed": seed(scene, sitting), "steps": studio.steps, "cfg": studio.guidance,
                "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0 } },
            "7": { "class_type": "VAEDecode", "inputs": { "samples": ["6", 0], "vae": ["1", 2] } },
            LAST: { "class_type": "PreviewImage", "inputs": { "images": ["7", 0] } },
        });
        if let Some(lora) = &found.lora {
            let strength = studio.lora.as_ref().map_or(1.0, |lora| lora.strength);
            graph["2"] = json!({ "class_type": "LoraLoader", "inputs": {
                "lora_name": lora, "strength_model": strength, "strength_clip": strength,
                "model": ["1", 0], "clip": ["1", 1] } });
            graph["3"]["inputs"]["clip"] = json!(["2", 1]);
            graph["4"]["inputs"]["clip"] = json!(["2", 1]);
            graph["6"]["inputs"]["model"] = json!(["2", 0]);
        }
        graph
    }

    async fn painted(
        &self,
        scene: &ApprovedScene,
        sitting: &Sitting,
    ) -> Result<Picture, PainterError> {
        let found = self.found.or_look(self.find_out()).await;
        let found = found.map_err(|trouble| trouble.into_error(&KIND))?;
        let graph = self.graph(&found, scene, sitting);
        let bytes = tokio::select! {
            made = timeout(self.studio.timeout, self.run(&graph, sitting)) => made.unwrap_or_else(|_| {
                let seconds = self.studio.timeout.as_secs();
                Err(failed(&PeerError::TooSlow { seconds }))
            })?,
            () = sitting.cancel.cancelled() => return Err(PainterError::Cancelled),
        };
        let asked = (self.studio.width, self.studio.height);
        glance::painted(bytes, Some(asked)).await
    }

    /// Sends the graph and waits for its picture's bytes.
    async fn run(&self, graph: &Value, sitting: &Sitting) -> Result<Vec<u8>, PainterError> {
        let client = format!("drawstream-{:016x}", rand::rng().next_u64());
        // Before the graph, so that none of its news is missed.
        let mut socket = self.socket(&client).await;
        let peer = self.peer.within(PATIENCE);
        let order = json!({ "prompt": graph, "client_id": client });
        // Armed before the graph is sent: the painting may be given up before its id is known.
        let leaver = peer.clone();
        let given_up = OnDrop::new(move || drop(tokio::spawn(leave(leaver, client))));
        let taken = peer
            .post("prompt", &order, MOST)
            .await
            .map_err(|error| failed(&error))?;
        let id = taken["prompt_id"].as_str();
        let id = id
            .ok_or_else(|| failed(&PeerError::NotUnderstood))?
            .to_owned();
        let image = self.follow(&mut socket, &id, sitting).await;
        if !matches!(image, Err(PainterError::Unreachable(_))) {
            given_up.disarm();
        }
        let image = image?;
        let bytes = self.peer.get_bytes(&image.path(), glance::LONGEST).await;
        bytes.map_err(|error| failed(&error))
    }

    async fn socket(&self, client: &str) -> Option<Socket> {
        let mut url = self.peer.url("ws");
        url.set_query(Some(&format!("clientId={client}")));
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        url.set_scheme(scheme).ok()?;
        let limits = WebSocketConfig::default()
            .max_message_size(Some(LONGEST_MESSAGE))
            .max_frame_size(Some(LONGEST_MESSAGE));
        let connecting =
            tokio_tungstenite::connect_async_with_config(url.as_str(), Some(limits), true);
        match timeout(PATIENCE, connecting).await {
            Ok(Ok((socket, _))) => Some(socket),
            // The picture comes without it, only nobody sees how far it is.
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// Listens until the painting is done. Where the socket is silent or gone, the queue is asked.
    async fn follow(
        &self,
        socket: &mut Option<Socket>,
        id: &str,
        sitting: &Sitting,
    ) -> Result<Image, PainterError> {
        let mut image = None;
        let mut look = Instant::now() + LOOK;
        loop {
            let heard = match socket {
                Some(socket) => tokio::select! {
                    message = socket.next() => Some(message),
                    () = tokio::time::sleep_until(look) => None,
                },
                None => {
                    sleep(LOOK).await;
                    None
                }
            };
            match heard {
                Some(Some(Ok(Message::Text(text)))) => match news(&text, id) {
                    News::Progress(done) => drop(sitting.progress.send_replace(done)),
                    News::Image(found) => image = Some(found),
                    News::Done => match image {
                        Some(image) => return Ok(image),
                        // The server had this very picture already, and painted nothing.
                        None => return self.in_history(id).await?.ok_or_else(lost),
                    },
                    News::Failed(why) => return Err(PainterError::Unusable(why.to_owned())),
                    News::Other => {}
                },
                Some(Some(Ok(Message::Binary(message)))) if sitting.is_watched() => {
                    if let Some(rough) = preview(&message) {
                        sitting.show(rough.to_vec()).await;
                    }
                }
                Some(Some(Ok(_))) => {}
                Some(Some(Err(_)) | None) => *socket = None,
                None => {
                    if let Some(image) = self.in_history(id).await? {
                        return Ok(image);
                    }
                    if !self.is_queued(id).await? {
                        // It may have ended between the two questions.
                        return self.in_history(id).await?.ok_or_else(lost);
                    }
                    look = Instant::now() + LOOK;
                }
            }
        }
    }

    async fn in_history(&self, id: &str) -> Result<Option<Image>, PainterError> {
        let peer = self.peer.within(PATIENCE);
        let history = peer.get(&format!("history/{id}"), MOST).await;
        let history = history.map_err(|error| failed(&error))?;
        let ours = &history[id];
        if ours["status"]["status_str"] == "error" {
            return Err(PainterError::Unusable(
                "the graph failed on the server".to_owned(),
            ));
        }
        Ok(Image::read(&ours["outputs"][LAST]["images"][0]))
    }

    async fn is_queued(&self, id: &str) -> Result<bool, PainterError> {
        let queue = self.peer.within(PATIENCE).get("queue", MOST).await;
        let queue = queue.map_err(|error| failed(&error))?;
        Ok(is_in(&queue["queue_running"], id) || is_in(&queue["queue_pending"], id))
    }
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

fn lost() -> PainterError {
    PainterError::Unreachable("the server has forgotten the painting; it was restarted".to_owned())
}

/// An entry of the queue is `[number, id, graph, …]`.
fn is_in(entries: &Value, id: &str) -> bool {
    let entries = entries.as_array().map_or(&[][..], Vec::as_slice);
    entries.iter().any(|entry| entry[1] == id)
}

/// Takes our painting out of the queue, or interrupts it; what the server does for others goes on.
///
/// It is known by who ordered it: `[number, id, graph, {"client_id": …}, …]`. An order that was just sent may not be
/// in the queue yet.
async fn leave(peer: Peer, client: String) {
    let ours = |entries: &Value| {
        let entries = entries.as_array().map_or(&[][..], Vec::as_slice);
        let ours = entries
            .iter()
            .find(|entry| entry[3]["client_id"] == client.as_str());
        ours.and_then(|entry| entry[1].as_str()).map(str::to_owned)
    };
    for _ in 0..LEAVE_TRIES {
        let Ok(queue) = peer.get("queue", MOST).await else {
            return;
        };
        if let Some(id) = ours(&queue["queue_pending"]) {
            let _ = peer.tell("queue", &json!({ "delete": [id] })).await;
            return;
        }
        if let Some(id) = ours(&queue["queue_running"]) {
            let _ = peer.tell("interrupt", &json!({ "prompt_id": id })).await;
            return;
        }
        sleep(LEAVE_PAUSE).await;
    }
}

/// What a message says about the painting of this id.
fn news(text: &str, id: &str) -> News {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return News::Other;
    };
    let data = &message["data"];
    // Older servers leave the id out where a message goes to one client only.
    if data["prompt_id"].as_str().is_some_and(|other| other != id) {
        return News::Other;
    }
    match message["type"].as_str().unwrap_or_default() {
        "progress" => match (data["value"].as_f64(), data["max"].as_f64()) {
            (Some(value), Some(max)) if max > 0.0 => {
                News::Progress((value / max).clamp(0.0, 1.0) as f32)
            }
            _ => News::Other,
        },
        "executed" if data["node"] == LAST => {
            Image::read(&data["output"]["images"][0]).map_or(News::Other, News::Image)
        }
        "executing" if data["node"].is_null() && data["prompt_id"] == id => News::Done,
        "execution_success" => News::Done,
        "execution_error"
            if data["exception_type"]
                .as_str()
                .is_some_and(|e| e.contains("OutOfMemory")) =>
        {
            News::Failed("the server's card has too little memory for this size")
        }
        "execution_error" => News::Failed("the graph failed on the server"),
        "execution_interrupted" => News::Failed("somebody interrupted it on the server"),
        _ => News::Other,
    }
}

/// The picture in a message with a preview: its kind (1), its format (1 JPEG, 2 PNG), then the file. The server sends
/// previews to whose painting it is.
///
/// Source: ComfyUI's `protocol.py` and `server.py`.
fn preview(message: &[u8]) -> Option<&[u8]> {
    match message.split_at_checked(8)? {
        ([0, 0, 0, 1, 0, 0, 0, 1 | 2], picture) => Some(picture),
        _ => None,
    }
}

/// The values that a node's input may have, in the old form of the list and the new.
async fn choices(peer: &Peer, node: &str, input: &str) -> Result<Vec<String>, PeerError> {
    let about = peer.get(&format!("object_info/{node}"), MOST).await?;
    let kind = &about[node]["input"]["required"][input];
    let list = kind[0].as_array().or_else(|| kind[1]["options"].as_array());
    let list = list.ok_or(PeerError::NotUnderstood)?;
    Ok(list
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}

impl Painter for ComfyUi {
    fn name(&self) -> &'static str {
        "comfyui"
    }

    fn paint<'a>(
        &'a self,
        scene: &'a ApprovedScene,
        sitting: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>> {
        self.painted(scene, sitting).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        async {
            match self.found.look(self.find_out()).await {
                Ok(found) => {
                    let lora = found
                        .lora
                        .map_or(String::new(), |lora| format!(", LoRA {lora}"));
                    let address = self.peer.address();
                    Health::good(format!("{address}: {}{lora}", found.checkpoint))
                }
                Err(trouble) => trouble.health(&KIND, &self.peer.address()),
            }
        }
        .boxed()
    }

    fn release(&self) -> BoxFuture<'_, ()> {
        async {
            let order = json!({ "unload_models": true, "free_memory": true });
            if let Err(error) = self.peer.within(PATIENCE).tell("free", &order).await {
                tracing::warn!("comfyui does not leave the card: {error}");
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_every_age_are_read_and_those_of_others_are_not() {
        let check = |text: &str, expected: News| assert_eq!(news(text, "me"), expected, "{text}");
        check(
            r#"{"type":"progress","data":{"value":3,"max":12}}"#,
            News::Progress(0.25),
        );
        check(
            r#"{"type":"progress","data":{"value":3,"max":12,"prompt_id":"you"}}"#,
            News::Other,
        );
        check(
            r#"{"type":"executing","data":{"node":null,"prompt_id":"me"}}"#,
            News::Done,
        );
        check(r#"{"type":"executing","data":{"node":null}}"#, News::Other);
        check(
            r#"{"type":"execution_success","data":{"prompt_id":"me"}}"#,
            News::Done,
        );
        check(
            r#"{"type":"execution_error","data":{"prompt_id":"me","exception_type":"torch.OutOfMemoryError"}}"#,
            News::Failed("the server's card has too little memory for this size"),
        );
        check("{", News::Other);
        assert_eq!(preview(b"\0\0\0\x01\0\0\0\x02png"), Some(&b"png"[..]));
        assert_eq!(preview(b"\0\0\0\x03\0\0\0\x01text"), None);
        assert_eq!(preview(b"\0\0\0\x01"), None);
        let image = Image {
            filename: "a b.png".to_owned(),
            subfolder: String::new(),
            folder: "temp".to_owned(),
        };
        check(
            r#"{"type":"executed","data":{"node":"8","prompt_id":"me",
                "output":{"images":[{"filename":"a b.png","subfolder":"","type":"temp"}]}}}"#,
            News::Image(image.clone()),
        );
        assert_eq!(image.path(), "view?filename=a+b.png&subfolder=&type=temp");
    }
}
