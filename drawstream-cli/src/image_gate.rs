//! The image gate as the streamer has set it up: no painter's picture is used before it, and none that it objects to.

#[cfg(feature = "image-gate")]
mod classifier;

use std::path::Path;
use std::sync::Arc;

use drawstream_core::image_gate::{
    ImageGate, ImageGateError, ImageHit, ImagePolicy, ImageScores, ImageVerdict,
};
use image::RgbImage;

use crate::config::ImageGateConfig;
use crate::failure::Failure;
use crate::painters::Picture;

/// A gate, and what follows from what it sees.
#[derive(Clone, Debug)]
pub struct ImageCheck {
    gate: Arc<dyn ImageGate>,
    policy: ImagePolicy,
}

/// Why a picture is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Objection {
    /// It shows something that it must not.
    #[error("the image gate sees {0}")]
    Unsafe(ImageHit),
    /// Nobody knows what it shows.
    #[error("the image gate cannot look at it: {0}")]
    Unseen(#[from] ImageGateError),
}

impl ImageCheck {
    /// A check by this gate.
    pub fn new(gate: Arc<dyn ImageGate>, policy: ImagePolicy) -> Self {
        Self { gate, policy }
    }

    /// The gate that is set up, if there is one.
    ///
    /// # Errors
    /// Where this program has no classifiers, or the model cannot be used.
    pub fn open(config: &ImageGateConfig) -> Result<Option<Self>, Failure> {
        let Some(model) = &config.model else {
            return Ok(None);
        };
        let gate = classifier(model)?;
        Ok(Some(Self::new(gate, config.policy)))
    }

    /// What a picture shows, and whether it may be used.
    ///
    /// # Errors
    /// Where the gate cannot tell.
    pub fn look(&self, picture: &RgbImage) -> Result<(ImageScores, ImageVerdict), ImageGateError> {
        self.gate.judge(picture, &self.policy)
    }

    /// Gives a picture back if it may be used. Pixel art by a painter of plans is no picture of an image model, and
    /// always may. Whatever cannot be looked at may not.
    ///
    /// # Errors
    /// The objection, in the picture's place.
    pub(crate) async fn pass(&self, picture: Picture) -> Result<Picture, Objection> {
        let pixels = match picture {
            Picture::Indexed(_) => return Ok(picture),
            Picture::Painted(pixels) => pixels,
        };
        let check = self.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let verdict = check.look(&pixels).map(|(_, verdict)| verdict);
            (pixels, verdict)
        });
        let (pixels, verdict) = looked
            .await
            .map_err(|error| ImageGateError::Failed(error.to_string()))?;
        match verdict? {
            ImageVerdict::Safe => Ok(Picture::Painted(pixels)),
            ImageVerdict::Unsafe(hit) => Err(Objection::Unsafe(hit)),
        }
    }
}

/// What can be done about a model that cannot be used.
#[cfg(feature = "image-gate")]
const MEND: &str =
    "make the file with benches/nsfw_onnx.py (docs/IMAGE_GATE.md), or set IMAGE_GATE=off";

#[cfg(feature = "image-gate")]
fn classifier(model: &Path) -> Result<Arc<dyn ImageGate>, Failure> {
    use anyhow::Context as _;

    let classifier = classifier::Classifier::open(model)
        .with_context(|| format!("read the image gate's model in {}", model.display()))
        .map_err(|error| Failure::input(error).with_hint(MEND))?;
    Ok(Arc::new(classifier))
}

#[cfg(not(feature = "image-gate"))]
fn classifier(model: &Path) -> Result<Arc<dyn ImageGate>, Failure> {
    Err(Failure::input(anyhow::anyhow!(
        "this program is built without an image gate, and {} was asked for",
        model.display()
    ))
    .with_hint("build it with `--features image-gate`, or set IMAGE_GATE=off"))
}

#[cfg(test)]
pub(crate) mod tests;
