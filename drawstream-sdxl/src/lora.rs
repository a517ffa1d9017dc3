//! LoRA files: small changes of the weights, merged in while loading.

mod keys;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

pub(crate) use keys::Targets;
use keys::{Kind, split};

use crate::weights::{Part, TensorFiles, WeightsError};

/// Why a LoRA could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoraError {
    /// The file itself is missing, broken, or holds NaN.
    #[error("a LoRA's file cannot be used")]
    File(#[from] WeightsError),
    /// A change lacks one of its two matrices.
    #[error("{}: {key} has no {lacks} matrix", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// The layer's key.
        key: String,
        /// `down` or `up`.
        lacks: &'static str,
    },
    /// Keys match no layer of the model, so that part of the LoRA would silently do nothing.
    #[error("{}: {unmatched} of {total} layers match nothing in the model, first {first}", path.display())]
    Unmatched {
        /// The file.
        path: PathBuf,
        /// How many layers match nothing.
        unmatched: usize,
        /// How many layers the file changes.
        total: usize,
        /// One that matches nothing.
        first: String,
    },
    /// A change has another shape than the weight.
    #[error("{}: {key} changes a weight of {found:?}, and the model's is {expected:?}", path.display())]
    Misshapen {
        /// The file.
        path: PathBuf,
        /// The layer's key.
        key: String,
        /// The shape that the matrices make.
        found: Vec<usize>,
        /// The weight's shape.
        expected: Vec<usize>,
    },
    /// The file was trained on another model.
    #[error("{}: a LoRA for Stable Diffusion 1 or 2, not for SDXL ({sign})", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What shows it.
        sign: String,
    },
    /// The file holds another kind of change than LoRA or LoCon.
    #[error("{}: {key} is of a kind that is not merged here", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// The file changes nothing.
    #[error("{}: no LoRA in this file", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The backend failed.
    #[error("the LoRA could not be merged")]
    Backend(#[from] candle_core::Error),
}

impl LoraError {
    /// What the person can do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::File(error) => error.hint(),
            Self::Unmatched { .. } => {
                Some("choose to ignore unmatched keys if the rest of the file is enough")
            }
            Self::Foreign { .. } | Self::Misshapen { .. } => {
                Some("fetch the SDXL version of this LoRA")
            }
            Self::Unsupported { .. } => {
                Some("LoRA and LoCon are merged; LoHa, LoKr and DoRA are not")
            }
            Self::Incomplete { .. } | Self::Empty { .. } | Self::Backend(_) => None,
        }
    }
}

/// What to do with a LoRA's keys that match nothing in the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnmatchedKeys {
    /// An error: a LoRA that is silently ignored means no pixel art.
    #[default]
    Refuse,
    /// Left out.
    Ignore,
}

/// One layer's change: `up · down`, scaled.
#[derive(Debug)]
struct Module {
    down: Tensor,
    up: Tensor,
    /// LoCon's Tucker core between the two.
    mid: Option<Tensor>,
    /// `alpha / rank`, or 1 without alpha.
    scale: f64,
}

impl Module {
    /// The shape of the weight that it changes, a linear layer's trailing ones left out.
    fn shape(&self) -> Vec<usize> {
        let core = self.mid.as_ref().unwrap_or(&self.down).dims();
        let inputs = self.down.dims().get(1).copied().unwrap_or(1);
        let outputs = self.up.dims().first().copied().unwrap_or(1);
        trimmed(&[&[outputs, inputs], core.get(2..).unwrap_or_default()].concat())
    }

    fn tensor(&self, shape: &[usize], weight: f64) -> candle_core::Result<Tensor> {
        let rank = self.down.dim(0)?;
        let (up, down) = (
            self.up.reshape((self.up.dim(0)?, ()))?,
            self.down.reshape((rank, ()))?,
        );
        let inner = match &self.mid {
            None => down,
            Some(mid) => {
                // (a, b, kernel) · (b, inputs) → (a, inputs × kernel)
                let (a, b) = (mid.dim(0)?, mid.dim(1)?);
                let rows = mid.reshape((a, b, ()))?.transpose(1, 2)?.contiguous()?;
                let kernel = rows.dim(1)?;
                let product = rows.reshape((a * kernel, b))?.matmul(&down)?;
                product
                    .reshape((a, kernel, ()))?
                    .transpose(1, 2)?
                    .contiguous()?
                    .reshape((a, ()))?
            }
        };
        (up.matmul(&inner)? * (self.scale * weight))?.reshape(shape)
    }
}

fn trimmed(shape: &[usize]) -> Vec<usize> {
    match shape {
        [rows, columns, 1, 1] => vec![*rows, *columns],
        _ => shape.to_vec(),
    }
}

/// A LoRA's file, read and understood, not yet merged into anything.
#[derive(Clone, Debug)]
pub struct Lora {
    path: PathBuf,
    modules: BTreeMap<String, Arc<Module>>,
}

#[derive(Default)]
struct Halves {
    down: Option<Tensor>,
    up: Option<Tensor>,
    mid: Option<Tensor>,
    alpha: Option<f64>,
}

impl Lora {
    /// Reads a LoRA in any of the usual layouts: PEFT, diffusers, kohya with diffusers' or the original block names.
    ///
    /// # Errors
    /// A broken file, a change that lacks a half, or a kind of change that is not LoRA or LoCon.
    pub fn open(path: &Path) -> Result<Self, LoraError> {
        let files = TensorFiles::open(path)?;
        let mut found: BTreeMap<String, Halves> = BTreeMap::new();
        for name in files.names() {
            let unsupported = || LoraError::Unsupported {
                path: path.to_owned(),
                key: name.to_owned(),
            };
            let (key, kind) = split(name).ok_or_else(unsupported)?;
            let entry = files.entry(name).ok_or_else(unsupported)?;
            let tensor = files
                .read(name, entry, &Device::Cpu)?
                .to_dtype(DType::F32)?;
            let halves = found.entry(key).or_default();
            match kind {
                Kind::Down => halves.down = Some(tensor),
                Kind::Up => halves.up = Some(tensor),
                Kind::Mid => halves.mid = Some(tensor),
                Kind::Alpha => {
                    let alpha = tensor.flatten_all()?.to_vec1::<f32>()?;
                    halves.alpha = alpha.first().map(|alpha| f64::from(*alpha));
                }
            }
        }
        let mut modules = BTreeMap::new();
        for (key, halves) in found {
            let incomplete = |lacks| LoraError::Incomplete {
                path: path.to_owned(),
                key: key.clone(),
                lacks,
            };
            let down = halves.down.ok_or_else(|| incomplete("down"))?;
            let up = halves.up.ok_or_else(|| incomplete("up"))?;
            let rank = down.dims().first().copied().unwrap_or(0);
            let core = halves
                .mid
                .as_ref()
                .map_or((rank, rank), |mid| match mid.dims() {
                    [a, b, ..] => (*a, *b),
                    _ => (0, 0),
                });
            if rank == 0
                || down.rank() < 2
                || core != (up.dims().get(1).copied().unwrap_or(0), rank)
            {
                return Err(LoraError::Unsupported {
                    path: path.to_owned(),
                    key,
                });
            }
            let scale = halves.alpha.map_or(1.0, |alpha| alpha / rank as f64);
            modules.insert(
                key,
                Arc::new(Module {
                    down,
                    up,
                    mid: halves.mid,
                    scale,
                }),
            );
        }
        if modules.is_empty() {
            return Err(LoraError::Empty {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            modules,
        })
    }

    /// How many layers the file changes.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.modules.len()
    }

    /// The layers' keys that match nothing in a model.
    pub(crate) fn unmatched<'a>(&'a self, targets: &Targets) -> impl Iterator<Item = &'a str> {
        self.modules
            .keys()
            .filter(|key| targets.find(key).is_none())
            .map(String::as_str)
    }

    /// A sign that the file was trained on Stable Diffusion 1 or 2, whose text encoder and widths are others.
    fn foreign_sign(&self, targets: &Targets) -> Option<String> {
        self.modules.iter().find_map(|(key, module)| {
            let text = key.starts_with("lora_te_");
            // Their cross-attention reads 768 or 1024 numbers a word, SDXL's 2048.
            let context = key.contains("attn2") && key.ends_with("to_k") && {
                let inputs = module.down.dims().get(1).copied().unwrap_or(0);
                matches!(inputs, 768 | 1024)
                    && targets
                        .find(key)
                        .is_none_or(|target| target.shape.get(1) != Some(&inputs))
            };
            (text || context).then(|| key.clone())
        })
    }
}

/// One change of one weight.
#[derive(Clone, Debug)]
pub(crate) struct Delta {
    module: Arc<Module>,
    weight: f64,
}

impl Delta {
    pub(crate) fn tensor(&self, shape: &[usize]) -> candle_core::Result<Tensor> {
        self.module.tensor(shape, self.weight)
    }
}

/// The changes of one part of a model, by the weight's name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deltas(BTreeMap<String, Vec<Delta>>);

impl Deltas {
    pub(crate) fn of(&self, name: &str) -> &[Delta] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Finds for each change of each LoRA the weight that it is for.
///
/// # Errors
/// Unmatched keys unless they are ignored, a shape that does not fit, or another model's LoRA.
pub(crate) fn resolve(
    loras: &[(Lora, f64)],
    targets: &Targets,
    unmatched: UnmatchedKeys,
) -> Result<BTreeMap<Part, Deltas>, LoraError> {
    let mut resolved: BTreeMap<Part, Deltas> = BTreeMap::new();
    for (lora, weight) in loras {
        let path = || lora.path.clone();
        if let Some(sign) = lora.foreign_sign(targets) {
            return Err(LoraError::Foreign { path: path(), sign });
        }
        let mut missed = lora.unmatched(targets).peekable();
        if let (UnmatchedKeys::Refuse, Some(first)) =
            (unmatched, missed.peek().map(ToString::to_string))
        {
            let (unmatched, total) = (missed.count(), lora.layers());
            return Err(LoraError::Unmatched {
                path: path(),
                unmatched,
                total,
                first,
            });
        }
        for (key, module) in &lora.modules {
            let Some(target) = targets.find(key) else {
                continue;
            };
            let (found, expected) = (module.shape(), trimmed(&target.shape));
            if found != expected {
                return Err(LoraError::Misshapen {
                    path: path(),
                    key: key.clone(),
                    found,
                    expected,
                });
            }
            let delta = Delta {
                module: Arc::clone(module),
                weight: *weight,
            };
            let deltas = resolved.entry(target.part).or_default();
            deltas.0.entry(target.name.clone()).or_default().push(delta);
        }
    }
    Ok(resolved)
}
