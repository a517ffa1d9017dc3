//! [`Order`]: what a painter in another program is asked for.

use std::time::Duration;

use drawstream_core::gate::ApprovedScene;
use drawstream_core::scene::{Wording, whole_thoughts};

use super::{PainterError, Sitting};
use crate::config::PainterConfig;
use crate::peer::PeerError;

/// Tokens that CLIP reads at once; what is longer is read in pieces that know nothing of each other.
const CLIP_READS: usize = 75;
/// Letters of a word that are one token, more or less.
const LETTERS: usize = 7;

/// A LoRA, by the name of its file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lora {
    /// With its ending.
    pub(super) file: String,
    pub(super) strength: f32,
}

impl Lora {
    /// Its name without folder and ending, as servers call it.
    pub(super) fn stem(&self) -> &str {
        stem(&self.file)
    }

    /// Whether a server's name for a LoRA, a path or not, means this one.
    pub(super) fn is(&self, name: &str) -> bool {
        stem(name).eq_ignore_ascii_case(self.stem())
    }
}

/// A file's name without folder and ending.
pub(super) fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.strip_suffix(".safetensors").unwrap_or(name)
}

/// How pictures are asked for, whatever they show.
#[derive(Clone, Debug)]
pub(super) struct Studio {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) steps: u32,
    pub(super) guidance: f32,
    pub(super) lora: Option<Lora>,
    pub(super) trigger: String,
    pub(super) timeout: Duration,
}

/// How much of a prompt a model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reads {
    /// As much as CLIP.
    AsClip,
    /// Whatever it is given.
    Everything,
}

impl Reads {
    fn fits(self, text: &str) -> bool {
        match self {
            Self::AsClip => tokens(text) <= CLIP_READS,
            Self::Everything => true,
        }
    }
}

/// About how many tokens a text has, rather too many than too few: the server's own tokenizer is not ours to ask.
fn tokens(text: &str) -> usize {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let letters = words.map(|word| word.chars().count().div_ceil(LETTERS));
    let signs = text
        .chars()
        .filter(|c| !c.is_alphanumeric() && !c.is_whitespace());
    letters.sum::<usize>() + signs.count()
}

impl Studio {
    /// A scene in the words that text-to-image models read.
    pub(super) fn prompt(&self, scene: &ApprovedScene, reads: Reads) -> String {
        let wording = Wording {
            trigger: &self.trigger,
        };
        wording.prompt(scene.scene(), &|text| reads.fits(text))
    }

    /// What is to be kept out of it.
    pub(super) fn negative_prompt(&self, scene: &ApprovedScene, reads: Reads) -> String {
        whole_thoughts(&scene.scene().negative_prompt, &|text| reads.fits(text))
    }
}

impl From<&PainterConfig> for Studio {
    fn from(config: &PainterConfig) -> Self {
        let has_lora = !config.lora_weight.eq_ignore_ascii_case("none");
        Self {
            width: config.width,
            height: config.height,
            steps: config.inference_steps,
            guidance: config.guidance,
            lora: has_lora.then(|| Lora {
                file: config.lora_weight.clone(),
                strength: config.lora_strength,
            }),
            trigger: config.sdxl.trigger.clone(),
            timeout: config.timeout,
        }
    }
}

/// The seed for this try: another one each time, within the 32 bits that every server takes.
pub(super) fn seed(scene: &ApprovedScene, sitting: &Sitting) -> u32 {
    let seed =
        scene.scene().seed.0 ^ u64::from(sitting.attempt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (seed ^ (seed >> 32)) as u32
}

/// What follows from a server's failure.
pub(super) fn failed(error: &PeerError) -> PainterError {
    match error {
        PeerError::TooLong { .. } | PeerError::NotUnderstood => {
            PainterError::Unusable(error.to_string())
        }
        PeerError::Status { status, .. } if status.is_client_error() => {
            PainterError::Broken(error.to_string())
        }
        PeerError::Unreachable { .. }
        | PeerError::TooSlow { .. }
        | PeerError::Cut
        | PeerError::Status { .. } => PainterError::Unreachable(error.to_string()),
    }
}

/// Does something when a painting is given up: the future that paints may be dropped at any moment, and a server
/// paints on until it is told.
pub(super) struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnDrop<F> {
    pub(super) fn new(act: F) -> Self {
        Self(Some(act))
    }

    /// The painting is done; nothing is to be given up any more.
    pub(super) fn disarm(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_rather_counted_too_high_than_too_low() {
        // As CLIP's tokenizer counts them: 7, 5 and 4.
        assert_eq!(tokens("a red fox, in the snow"), 7);
        assert_eq!(tokens("a cosy, warm kitchen"), 5);
        assert!(tokens("extraordinarily photorealistic") >= 4);
        assert!(Reads::Everything.fits(&"word ".repeat(500)));
        assert!(!Reads::AsClip.fits(&"word ".repeat(76)));
    }
}
