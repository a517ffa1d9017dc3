//! The painter `webui`: a server that answers as AUTOMATIC1111's does. Forge, SD.Next and stable-diffusion.cpp do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use drawstream_core::gate::ApprovedScene;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::order::{OnDrop, Reads, Studio, failed, seed, stem};
use super::server::{Kind, Knowledge, Trouble, some};
use super::{Painter, PainterError, Picture, Sitting, glance};
use crate::health::Health;
use crate::peer::{Peer, PeerError};

/// How long the server may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is asked how far it is.
const LOOK: Duration = Duration::from_millis(500);
/// Lists of models: LoRAs come with their metadata, which is long.
const MOST: usize = 64 << 20;
/// The longest answer with a picture: base64 makes it a third longer.
const LONGEST: usize = glance::LONGEST / 3 * 4 + (1 << 20);

static KIND: Kind = Kind {
    name: "the server",
    start: "start it: ./webui.sh --api, or set WEBUI_URL to where it answers",
    setting: "WEBUI_CHECKPOINT",
    checkpoints: "models/Stable-diffusion",
    loras: "models/Lora",
};

/// How the server wants to hear of a LoRA.
#[derive(Clone, Debug, PartialEq, Eq)]
enum LoraBy {
    /// As `<lora:name:1>` in the prompt, by the name that it has there.
    Tag(String),
    /// As an object with this path: stable-diffusion.cpp reads no tags.
    Field(String),
    /// None is asked for.
    Nothing,
}

/// What was found out about a server.
#[derive(Clone, Debug)]
struct Found {
    lora: LoraBy,
    checkpoint: String,
}

/// A server of this kind.
#[derive(Debug)]
pub(crate) struct WebUi {
    peer: Peer,
    checkpoint: Option<String>,
    studio: Studio,
    found: Knowledge<Found>,
    /// Its model was unloaded, and has to be called back before it paints.
    is_away: AtomicBool,
}

impl WebUi {
    pub(super) fn new(peer: Peer, checkpoint: Option<String>, studio: Studio) -> Self {
        Self {
            peer,
            checkpoint,
            studio,
            found: Knowledge::none(),
            is_away: AtomicBool::new(false),
        }
    }

    async fn find_out(&self) -> Result<Found, Trouble> {
        let peer = self.peer.within(PATIENCE);
        let models = peer.get("sdapi/v1/sd-models", MOST).await?;
        let models = models.as_array().ok_or(PeerError::NotUnderstood)?;
        let names: Vec<&str> = models
            .iter()
            .filter_map(|model| model["title"].as_str())
            .collect();
        let checkpoint = match &self.checkpoint {
            Some(wanted) => {
                let is_it =
                    |name: &&&str| **name == wanted || stem(first_word(name)) == stem(wanted);
                let name = names.iter().find(is_it);
                name.ok_or_else(|| Trouble::NoCheckpoint {
                    wanted: wanted.clone(),
                    has: some(&names),
                })?
                .to_string()
            }
            None => match peer.get("sdapi/v1/options", MOST).await?["sd_model_checkpoint"].as_str()
            {
                Some(loaded) if !loaded.is_empty() => loaded.to_owned(),
                Some(_) | None if names.is_empty() => return Err(Trouble::NoModel),
                Some(_) | None => names[0].to_owned(),
            },
        };
        Ok(Found {
            lora: self.find_lora(&peer).await?,
            checkpoint,
        })
    }

    async fn find_lora(&self, peer: &Peer) -> Result<LoraBy, Trouble> {
        let Some(wanted) = &self.studio.lora else {
            return Ok(LoraBy::Nothing);
        };
        let loras = peer.get("sdapi/v1/loras", MOST).await?;
        let loras = loras.as_array().ok_or(PeerError::NotUnderstood)?;
        let text = |lora: &Value, field: &str| lora[field].as_str().unwrap_or_default().to_owned();
        let is_it = |lora: &&Value| {
            ["name", "alias", "path"]
                .iter()
                .any(|field| wanted.is(&text(lora, field)))
        };
        let Some(lora) = loras.iter().find(is_it) else {
            let names: Vec<String> = loras.iter().map(|lora| text(lora, "name")).collect();
            return Err(Trouble::NoLora {
                wanted: wanted.stem().to_owned(),
                has: some(&names.iter().map(String::as_str).collect::<Vec<_>>()),
            });
        };
        // Only stable-diffusion.cpp has an API of its own beside this one.
        match peer.get("sdcpp/v1/capabilities", MOST).await {
            Ok(_) => Ok(LoraBy::Field(text(lora, "path"))),
            Err(_) => Ok(LoraBy::Tag(text(lora, "name"))),
        }
    }

    fn body(&self, found: &Found, scene: &ApprovedScene, sitting: &Sitting) -> Value {
        let studio = &self.studio;
        let strength = studio.lora.as_ref().map_or(1.0, |lora| lora.strength);
        let mut prompt = without_tags(&studio.prompt(scene, Reads::AsClip));
        if let LoraBy::Tag(name) = &found.lora {
            prompt = format!("{prompt} <lora:{name}:{strength}>");
        }
        let mut body = Map::new();
        body.insert("prompt".to_owned(), json!(prompt));
        let negative = without_tags(&studio.negative_prompt(scene, Reads::AsClip));
        body.insert("negative_prompt".to_owned(), json!(negative));
        body.insert("width".to_owned(), json!(studio.width));
        body.insert("height".to_owned(), json!(studio.height));
        body.insert("steps".to_owned(), json!(studio.steps));
        body.insert("cfg_scale".to_owned(), json!(studio.guidance));
        body.insert("seed".to_owned(), json!(seed(scene, sitting)));
        body.insert("batch_size".to_owned(), json!(1));
        body.insert("send_images".to_owned(), json!(true));
        body.insert("save_images".to_owned(), json!(false));
        if let LoraBy::Field(path) = &found.lora {
            body.insert(
                "lora".to_owned(),
                json!([{ "path": path, "multiplier": strength }]),
            );
        }
        if self.checkpoint.is_some() {
            let settings = json!({ "sd_model_checkpoint": found.checkpoint });
            body.insert("override_settings".to_owned(), settings);
        }
        Value::Object(body)
    }

    async fn painted(
        &self,
        scene: &ApprovedScene,
        sitting: &Sitting,
    ) -> Result<Picture, PainterError> {
        let found = self.found.or_look(self.find_out()).await;
        let found = found.map_err(|trouble| trouble.into_error(&KIND))?;
        if self.is_away.swap(false, Ordering::Relaxed) {
            // A server that was restarted meanwhile has its model, and this does nothing.
            let _ = self
                .peer
                .tell("sdapi/v1/reload-checkpoint", &json!({}))
                .await;
        }
        let body = self.body(&found, scene, sitting);
        let peer = self.peer.within(PATIENCE);
        let given_up = OnDrop::new(move || {
            tokio::spawn(async move { peer.tell("sdapi/v1/interrupt", &json!({})).await });
        });
        let answer = tokio::select! {
            answer = self.peer.post("sdapi/v1/txt2img", &body, LONGEST) => answer,
            never = self.watch(sitting) => match never {},
            () = sitting.cancel.cancelled() => return Err(PainterError::Cancelled),
        };
        if answer.is_ok() || !matches!(answer, Err(PeerError::TooSlow { .. })) {
            given_up.disarm();
        }
        let answer = answer.map_err(|error| failed(&error))?;
        let bytes = picture(&answer["images"][0])
            .ok_or_else(|| PainterError::Unusable("it is no picture".to_owned()))?;
        let asked = (self.studio.width, self.studio.height);
        glance::painted(bytes, Some(asked)).await
    }

    /// Tells how far the server is, and shows what it shows of its work. It knows of one painting at a time, so that
    /// this is ours while it paints for us.
    async fn watch(&self, sitting: &Sitting) -> std::convert::Infallible {
        let peer = self.peer.within(PATIENCE);
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.tick().await;
        loop {
            looks.tick().await;
            let skip = !sitting.is_watched();
            let path = format!("sdapi/v1/progress?skip_current_image={skip}");
            let Ok(progress) = peer.get(&path, MOST).await else {
                continue;
            };
            match progress["progress"].as_f64() {
                Some(done) if done > 0.0 => {
                    sitting.progress.send_replace(done.clamp(0.0, 1.0) as f32);
                }
                Some(_) | None => continue,
            }
            if let Some(rough) = picture(&progress["current_image"]) {
                sitting.show(rough).await;
            }
        }
    }
}

/// What people are told: a server without its API, or with a password, is not one that nobody has started.
fn health(trouble: Trouble, address: &str) -> Health {
    let status = match &trouble {
        Trouble::Peer(error) => error.status(),
        Trouble::NoModel | Trouble::NoCheckpoint { .. } | Trouble::NoLora { .. } => None,
    };
    match status {
        Some(StatusCode::NOT_FOUND) => Health::bad(
            format!("{address} answers, without the API"),
            "start it with --api: ./webui.sh --api (webui-user.bat: set COMMANDLINE_ARGS=--api)",
        ),
        Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Health::bad(
            format!("{address} wants a user and a password"),
            "set WEBUI_AUTH=user:password, as it was started with --api-auth",
        ),
        Some(_) | None => trouble.health(&KIND, address),
    }
}

/// A picture as base64, with or without a `data:` address before it.
fn picture(value: &Value) -> Option<Vec<u8>> {
    let coded = value.as_str()?;
    let coded = coded.rsplit_once(',').map_or(coded, |(_, coded)| coded);
    BASE64.decode(coded).ok()
}

/// A title is `name.safetensors [hash]`.
fn first_word(title: &str) -> &str {
    title.split(" [").next().unwrap_or(title)
}

/// A planner's prompt may not load networks: only ours stands in angle brackets.
fn without_tags(text: &str) -> String {
    text.replace(['<', '>'], " ")
}

impl Painter for WebUi {
    fn name(&self) -> &'static str {
        "webui"
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
                    let lora = match &found.lora {
                        LoraBy::Tag(name) => format!(", LoRA {name}"),
                        LoraBy::Field(path) => format!(", LoRA {path} as a field"),
                        LoraBy::Nothing => String::new(),
                    };
                    Health::good(format!(
                        "{}: {}{lora}",
                        self.peer.address(),
                        found.checkpoint
                    ))
                }
                Err(trouble) => health(trouble, &self.peer.address()),
            }
        }
        .boxed()
    }

    fn release(&self) -> BoxFuture<'_, ()> {
        async {
            let peer = self.peer.within(PATIENCE);
            match peer.tell("sdapi/v1/unload-checkpoint", &json!({})).await {
                Ok(()) => self.is_away.store(true, Ordering::Relaxed),
                Err(error) => tracing::warn!("webui does not leave the card: {error}"),
            }
        }
        .boxed()
    }
}
