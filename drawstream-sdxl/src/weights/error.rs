//! What can be wrong with a model's files.

use std::path::PathBuf;

use crate::tokenizer::TokenizerError;

/// Why weights could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// A file or folder that a model must have is not there.
    #[error("{}: no such file; looked for {}", folder.display(), tried.join(", "))]
    NoFile {
        /// Where it should be.
        folder: PathBuf,
        /// The names that would have done.
        tried: Vec<String>,
    },
    /// A file is there and cannot be read.
    #[error("{}: cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A configuration is not the JSON that it should be.
    #[error("{}: not a configuration of SDXL", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A configuration asks for something that this engine does not compute.
    #[error("{path}: {field} = {found} is not supported", path = path.display())]
    Unsupported {
        /// The configuration, or the part of the model.
        path: PathBuf,
        /// The option's name.
        field: &'static str,
        /// Its value.
        found: String,
    },
    /// A weights file is cut short or is not safetensors at all.
    #[error("{}: not a whole safetensors file ({why}; the file has {length} bytes)", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// How many bytes it has.
        length: u64,
        /// What the format's reader said.
        why: String,
    },
    /// A tensor is not in the files.
    #[error("{}: no tensor {name}, which should be {expected:?}", path.display())]
    Missing {
        /// The file, or the folder of several.
        path: PathBuf,
        /// The tensor's name in that file.
        name: String,
        /// Its shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor is there in another shape than the configuration says.
    #[error("{}: {name} is {found:?}, and should be {expected:?}", path.display())]
    Misshapen {
        /// The file.
        path: PathBuf,
        /// The tensor's name in that file.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// Its shape by the configuration.
        expected: Vec<usize>,
    },
    /// A tensor holds NaN or infinity.
    #[error("{}: {name} holds a number that is not finite", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor's name in that file.
        name: String,
    },
    /// A tensor has a type that weights do not have.
    #[error("{}: {name} is of type {found}; f16, bf16 and f32 are read", path.display())]
    Type {
        /// The file.
        path: PathBuf,
        /// The tensor's name in that file.
        name: String,
        /// Its type.
        found: String,
    },
    /// The tokenizer's files are wrong.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The backend failed: most often, the device's memory is full.
    #[error("the device refused a weight")]
    Device(#[from] candle_core::Error),
}

impl WeightsError {
    /// What the person can do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoFile { .. } => {
                Some("pickled .bin and .ckpt files are not read; use the .safetensors ones")
            }
            Self::Broken { .. } => Some("the download was cut short: fetch the file again"),
            Self::Missing { .. } | Self::Misshapen { .. } => {
                Some("the weights and the configuration are of different models")
            }
            Self::NotFinite { .. } => {
                Some("the file is damaged, or its training went wrong: fetch it again")
            }
            Self::Device(_) => Some("free the device's memory, or load at lower precision"),
            Self::Unreadable { .. }
            | Self::Config { .. }
            | Self::Unsupported { .. }
            | Self::Type { .. }
            | Self::Tokenizer(_) => None,
        }
    }
}
