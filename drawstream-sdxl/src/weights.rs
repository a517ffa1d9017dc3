//! A model's files: where they are, what their configurations say, and whether they are whole.

mod error;
mod loader;
mod names;
mod survey;
mod tensor_files;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

pub use error::WeightsError;
pub(crate) use loader::{HalfFiles, Layer, Loader, Source, Storage};
pub(crate) use names::{Names, original_unet};
pub(crate) use survey::targets;
pub use survey::{LoraMatch, PartSurvey, Survey};
pub(crate) use tensor_files::TensorFiles;

use crate::scheduler::{SchedulerConfig, SchedulerError};
use crate::text_encoder::TextConfig;
use crate::tokenizer::{ClipTokenizer, Padding};
use crate::unet::UnetConfig;
use crate::vae::VaeConfig;

/// The parts of SDXL that have weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// CLIP ViT-L's text encoder.
    TextEncoder,
    /// OpenCLIP ViT-bigG's text encoder.
    TextEncoder2,
    /// The UNet.
    Unet,
    /// The VAE, of which the decoder is used.
    Vae,
}

impl Part {
    /// Every part, in the order of use.
    pub const ALL: [Self; 4] = [Self::TextEncoder, Self::TextEncoder2, Self::Unet, Self::Vae];

    /// The part's folder in diffusers' layout.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::TextEncoder => "text_encoder",
            Self::TextEncoder2 => "text_encoder_2",
            Self::Unet => "unet",
            Self::Vae => "vae",
        }
    }

    /// SDXL base's own configuration, for checkpoints that bring none.
    fn base_config(self) -> &'static str {
        match self {
            Self::TextEncoder => include_str!("../assets/sdxl-base/text_encoder.json"),
            Self::TextEncoder2 => include_str!("../assets/sdxl-base/text_encoder_2.json"),
            Self::Unet => include_str!("../assets/sdxl-base/unet.json"),
            Self::Vae => include_str!("../assets/sdxl-base/vae.json"),
        }
    }
}

/// The sizes and options of every part.
#[derive(Clone, Debug)]
pub(crate) struct Configs {
    pub(crate) texts: [TextConfig; 2],
    pub(crate) unet: UnetConfig,
    pub(crate) vae: VaeConfig,
}

#[derive(Deserialize)]
struct IndexDoc {
    #[serde(default, rename = "_class_name")]
    class: Option<String>,
    #[serde(default = "yes")]
    force_zeros_for_empty_prompt: bool,
}

fn yes() -> bool {
    true
}

/// A model's files, opened and memory-mapped; nothing of them is in memory yet.
///
/// Cheap to clone. All of an engine's loading, also that after [`crate::Engine::release`], reads through it.
#[derive(Clone)]
pub struct Weights {
    root: PathBuf,
    parts: [(TensorFiles, Names); 4],
    pub(crate) configs: Configs,
    pub(crate) scheduler: SchedulerConfig,
    pub(crate) tokenizers: Arc<[ClipTokenizer; 2]>,
    /// Whether no negative prompt means zeros rather than the empty text's embedding.
    pub(crate) zeros_for_absent: bool,
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Weights {
    /// Opens a folder in diffusers' layout, or a single-file checkpoint of SDXL base's sizes.
    ///
    /// A folder's plain files are taken before those of an `fp16` or `bf16` variant, as diffusers does.
    ///
    /// # Errors
    /// Names the first file that is missing, broken, or not as it should be.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        if path.is_file() {
            Self::open_single_file(path, None)
        } else {
            Self::open_folder(path)
        }
    }

    /// Opens a single-file checkpoint with the original SDXL tensor names.
    ///
    /// `configs` is a folder in diffusers' layout that holds configurations and tokenizers (weights are not looked
    /// for there); without one, SDXL base's own are used.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_single_file(file: &Path, configs: Option<&Path>) -> Result<Self, WeightsError> {
        let files = TensorFiles::open(file)?;
        let parsed = Configs::open(configs)?;
        let parts = Part::ALL.map(|part| (files.clone(), parsed.original_names(part)));
        Self::assemble(file, configs, parts, parsed)
    }

    fn open_folder(root: &Path) -> Result<Self, WeightsError> {
        if !root.is_dir() {
            let tried = vec!["a folder in diffusers' layout, or a .safetensors file".to_owned()];
            return Err(WeightsError::NoFile {
                folder: root.to_owned(),
                tried,
            });
        }
        let parsed = Configs::open(Some(root))?;
        let [first, second, unet, vae] =
            Part::ALL.map(|part| TensorFiles::open_folder(&root.join(part.folder())));
        let parts = [first?, second?, unet?, vae?].map(|files| (files, Names::Diffusers));
        Self::assemble(root, Some(root), parts, parsed)
    }

    fn assemble(
        root: &Path,
        configs: Option<&Path>,
        parts: [(TensorFiles, Names); 4],
        parsed: Configs,
    ) -> Result<Self, WeightsError> {
        let tokenizers = match configs {
            Some(folder) => {
                ["tokenizer", "tokenizer_2"].map(|name| ClipTokenizer::open(&folder.join(name)))
            }
            None => [Padding::End, Padding::Zero].map(|padding| Ok(ClipTokenizer::clip(padding))),
        };
        let [first, second] = tokenizers;
        Ok(Self {
            root: root.to_owned(),
            parts,
            configs: parsed,
            scheduler: scheduler(configs)?,
            tokenizers: Arc::new([first?, second?]),
            zeros_for_absent: index(configs)?,
        })
    }

    /// The folder or file that was opened.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The two tokenizers, to count what fits into a prompt.
    #[must_use]
    pub fn tokenizers(&self) -> &[ClipTokenizer; 2] {
        &self.tokenizers
    }

    /// The scheduler that the model comes with.
    #[must_use]
    pub fn scheduler(&self) -> &SchedulerConfig {
        &self.scheduler
    }

    pub(crate) fn part(&self, part: Part) -> &(TensorFiles, Names) {
        &self.parts[part as usize]
    }
}

impl Configs {
    /// The configurations of a folder, or SDXL base's own.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, WeightsError> {
        let text = |part: Part| {
            let (json, path) = config_of(folder, part)?;
            serde_json::from_str::<TextConfig>(&json)
                .map_err(|source| WeightsError::Config {
                    path: path.clone(),
                    source,
                })?
                .checked(&path)
        };
        let (unet, unet_path) = config_of(folder, Part::Unet)?;
        let (vae, vae_path) = config_of(folder, Part::Vae)?;
        Ok(Self {
            texts: [text(Part::TextEncoder)?, text(Part::TextEncoder2)?],
            unet: UnetConfig::parse(&unet, &unet_path)?,
            vae: VaeConfig::parse(&vae, &vae_path)?,
        })
    }

    pub(crate) fn original_names(&self, part: Part) -> Names {
        match part {
            Part::TextEncoder => Names::OriginalText,
            Part::TextEncoder2 => Names::OpenClip,
            Part::Unet => Names::OriginalUnet {
                layers: self.unet.layers(0),
            },
            Part::Vae => Names::OriginalVae {
                levels: self.vae.block_out_channels.len(),
            },
        }
    }
}

fn config_of(folder: Option<&Path>, part: Part) -> Result<(String, PathBuf), WeightsError> {
    match folder {
        Some(folder) => read(&folder.join(part.folder()), "config.json"),
        None => Ok((
            part.base_config().to_owned(),
            PathBuf::from(format!("SDXL base's {}", part.folder())),
        )),
    }
}

fn read(folder: &Path, name: &str) -> Result<(String, PathBuf), WeightsError> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok((text, path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(WeightsError::NoFile {
            folder: folder.to_owned(),
            tried: vec![name.to_owned()],
        }),
        Err(source) => Err(WeightsError::Unreadable { path, source }),
    }
}

fn scheduler(folder: Option<&Path>) -> Result<SchedulerConfig, WeightsError> {
    let (json, path) = match folder {
        Some(folder) => read(&folder.join("scheduler"), "scheduler_config.json")?,
        None => (
            include_str!("../assets/sdxl-base/scheduler.json").to_owned(),
            PathBuf::from("SDXL base's scheduler"),
        ),
    };
    SchedulerConfig::parse(&json).map_err(|error| match error {
        SchedulerError::Malformed(source) => WeightsError::Config { path, source },
        SchedulerError::Unsupported { field, found } => {
            WeightsError::Unsupported { path, field, found }
        }
        SchedulerError::Steps { found, .. } => WeightsError::Unsupported {
            path,
            field: "timesteps",
            found: found.to_string(),
        },
    })
}

/// Reads `model_index.json`: whether an absent negative prompt means zeros.
fn index(folder: Option<&Path>) -> Result<bool, WeightsError> {
    let Some(folder) = folder else {
        return Ok(true);
    };
    let (json, path) = read(folder, "model_index.json")?;
    let doc: IndexDoc = serde_json::from_str(&json).map_err(|source| WeightsError::Config {
        path: path.clone(),
        source,
    })?;
    match doc.class {
        Some(found) if !found.starts_with("StableDiffusionXL") => Err(WeightsError::Unsupported {
            path,
            field: "_class_name",
            found,
        }),
        _ => Ok(doc.force_zeros_for_empty_prompt),
    }
}
