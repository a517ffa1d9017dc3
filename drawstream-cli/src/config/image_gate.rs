//! The settings of the image gate.

use std::path::PathBuf;

use drawstream_core::image_gate::ImagePolicy;

use super::error::ConfigError;
use super::value::Reader;

/// The image gate.
#[derive(Clone, Debug)]
pub struct ImageGateConfig {
    /// The classifier's file; `None` where pictures are used unseen.
    pub model: Option<PathBuf>,
    /// From which scores on a picture is not used.
    pub policy: ImagePolicy,
}

pub(super) fn read(read: &Reader<'_>) -> Result<ImageGateConfig, ConfigError> {
    let model = read.text("image_gate.model");
    Ok(ImageGateConfig {
        model: (!model.eq_ignore_ascii_case("off")).then(|| model.into()),
        policy: read.parsed(
            "image_gate.thresholds",
            "a list such as porn=0.7,hentai=0.9 (classes: drawing, hentai, neutral, porn, sexy; above 0, at most 1)",
            |text| ImagePolicy::parse(text).ok(),
        )?,
    })
}
