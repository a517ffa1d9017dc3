//! The painter `openai-images`: a server that answers as OpenAI's image API does.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use drawstream_core::gate::ApprovedScene;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

use super::order::{Reads, Studio, failed};
use super::{Painter, PainterError, Picture, Sitting, glance};
use crate::health::Health;
use crate::peer::{Credentials, Peer, PeerError};

/// How long the server may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest list of models.
const MOST: usize = 8 << 20;
/// The longest answer with a picture: base64 makes it a third longer.
const LONGEST: usize = glance::LONGEST / 3 * 4 + (1 << 20);

/// A server of this kind.
#[derive(Debug)]
pub(crate) struct OpenAiImages {
    peer: Peer,
    model: String,
    studio: Studio,
}

impl OpenAiImages {
    pub(super) fn new(peer: Peer, model: String, studio: Studio) -> Self {
        Self {
            peer,
            model,
            studio,
        }
    }

    fn body(&self, scene: &ApprovedScene) -> Value {
        // The API knows no negative prompt and no seed: every try is another picture by itself.
        let mut body = json!({
            "model": self.model,
            "prompt": self.studio.prompt(scene, Reads::Everything),
            "n": 1,
            "size": self.size(),
        });
        // The older models give an address unless they are told, and the newer ones refuse to be told.
        if self.model.starts_with("dall-e") {
            body["response_format"] = json!("b64_json");
        }
        body
    }

    /// OpenAI's own models paint a few sizes; what is asked for otherwise is for servers that paint any.
    fn size(&self) -> String {
        let Studio { width, height, .. } = self.studio;
        if !self.model.starts_with("gpt-image") && !self.model.starts_with("dall-e") {
            return format!("{width}x{height}");
        }
        let wide = if self.model.starts_with("gpt-image") {
            1_536
        } else {
            1_792
        };
        if width * 4 > height * 5 {
            format!("{wide}x1024")
        } else if height * 4 > width * 5 {
            format!("1024x{wide}")
        } else {
            "1024x1024".to_owned()
        }
    }

    async fn painted(
        &self,
        scene: &ApprovedScene,
        sitting: &Sitting,
    ) -> Result<Picture, PainterError> {
        let body = self.body(scene);
        let bytes = tokio::select! {
            bytes = self.bytes(&body) => bytes.map_err(|error| refused(&error))?,
            () = sitting.cancel.cancelled() => return Err(PainterError::Cancelled),
        };
        glance::painted(bytes, None).await
    }

    async fn bytes(&self, body: &Value) -> Result<Vec<u8>, PeerError> {
        let answer = self.peer.post("images/generations", body, LONGEST).await?;
        let image = &answer["data"][0];
        if let Some(coded) = image["b64_json"].as_str() {
            return BASE64.decode(coded).map_err(|_| PeerError::NotUnderstood);
        }
        let address = image["url"].as_str().and_then(|text| Url::parse(text).ok());
        let address = address.ok_or(PeerError::NotUnderstood)?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(PeerError::NotUnderstood);
        }
        // The picture lies elsewhere, where our key is nobody's business.
        let place = Peer::new(&address, Credentials::None, self.studio.timeout)
            .map_err(|_| PeerError::NotUnderstood)?;
        place.get_at(&address, glance::LONGEST).await
    }
}

/// A provider's own moderation says no with a client's error, which no other seed will change.
fn refused(error: &PeerError) -> PainterError {
    if error.says("moderation") || error.says("content_policy") || error.says("safety") {
        PainterError::Broken("the provider's own rules do not allow this picture".to_owned())
    } else {
        failed(error)
    }
}

impl Painter for OpenAiImages {
    fn name(&self) -> &'static str {
        "openai-images"
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
            let peer = self.peer.within(PATIENCE);
            let address = peer.address();
            match peer.get("models", MOST).await {
                Ok(list) => {
                    let ids = list["data"].as_array().map_or(&[][..], Vec::as_slice);
                    if ids.is_empty() || ids.iter().any(|model| model["id"] == self.model.as_str())
                    {
                        Health::good(format!("{address}: {}", self.model))
                    } else {
                        Health::fair(
                            format!("{address} does not list the model {}", self.model),
                            "set OPENAI_IMAGES_MODEL to one that it paints with",
                        )
                    }
                }
                Err(error) => match error.status() {
                    Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Health::bad(
                        format!("{address} refuses the key"),
                        "set OPENAI_IMAGES_API_KEY to a key that may make images",
                    ),
                    Some(StatusCode::NOT_FOUND) => Health::good(format!("{address} answers")),
                    Some(_) | None => Health::bad(
                        error.at(&address),
                        "set OPENAI_IMAGES_URL to where it answers, with its /v1",
                    ),
                },
            }
        }
        .boxed()
    }
}
