//! Hands a model's layers their weights by name, as the layers are built.

use std::cell::RefCell;
use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};

use super::names::{Names, View};
use super::tensor_files::dtype_of;
use super::{TensorFiles, WeightsError};
use crate::lora::{Delta, Deltas};
use crate::param::Param;

/// The type that weights keep in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Storage {
    /// The computation's type.
    pub(crate) compute: DType,
    /// What becomes of half-precision files under an f32 computation.
    pub(crate) half: HalfFiles,
}

/// How half-precision weights are kept where the computation is f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HalfFiles {
    /// As f32.
    Widened,
    /// As they are, but for those that a LoRA changed: their sums are not rounded.
    Kept,
    /// As they are, also those that a LoRA changed.
    KeptAndRounded,
}

impl Storage {
    /// The type to keep a weight in, given its type in the file and what LoRAs change of it.
    fn of(self, file: DType, deltas: &[Delta]) -> DType {
        let narrow = matches!(file, DType::F16 | DType::BF16) && self.compute == DType::F32;
        let kept = match self.half {
            HalfFiles::Widened => false,
            HalfFiles::Kept => deltas.is_empty(),
            HalfFiles::KeptAndRounded => true,
        };
        if narrow && kept { file } else { self.compute }
    }
}

/// One part's weights as they are found in files: where from, under which names, changed by what.
pub(crate) struct Source<'a> {
    pub(crate) files: &'a TensorFiles,
    pub(crate) names: Names,
    pub(crate) deltas: &'a Deltas,
    pub(crate) storage: Storage,
    pub(crate) device: &'a Device,
}

impl Source<'_> {
    /// Reads one weight, LoRAs merged in.
    pub(crate) fn read(&self, name: &str, shape: &[usize]) -> Result<Tensor, WeightsError> {
        let delta = self.deltas.of(name);
        // A merge is computed in f32 on the CPU: no device needs room for it.
        let device = if delta.is_empty() {
            self.device
        } else {
            &Device::Cpu
        };
        let base = self.read_plain(name, shape, device)?;
        let dtype = self.storage.of(base.dtype(), delta);
        if delta.is_empty() {
            return Ok(base.to_dtype(dtype)?);
        }
        let mut merged = base.to_dtype(DType::F32)?;
        for delta in delta {
            merged = (merged + delta.tensor(shape)?)?;
        }
        Ok(merged.to_dtype(dtype)?.to_device(self.device)?)
    }

    fn read_plain(
        &self,
        name: &str,
        shape: &[usize],
        device: &Device,
    ) -> Result<Tensor, WeightsError> {
        let (original, view, entry) = self.locate(name, shape)?;
        let tensor = self.files.read(&original, entry, device)?;
        let tensor = match view {
            View::Whole => tensor.reshape(shape)?,
            View::Rows { part } => {
                let rows = shape.first().copied().unwrap_or(1);
                tensor.narrow(0, part * rows, rows)?.copy()?
            }
            View::Transposed => tensor.t()?.contiguous()?,
        };
        Ok(tensor)
    }

    /// Finds a weight and compares its shape.
    pub(crate) fn locate(
        &self,
        name: &str,
        shape: &[usize],
    ) -> Result<(String, View, &super::tensor_files::Entry), WeightsError> {
        let candidates = self.names.candidates(name);
        let found = candidates
            .iter()
            .find_map(|(name, view)| Some((name, *view, self.files.entry(name)?)));
        let whole = |view| match view {
            View::Whole => shape.to_vec(),
            View::Rows { .. } => [&[shape[0] * 3], &shape[1..]].concat(),
            View::Transposed => shape.iter().rev().copied().collect(),
        };
        let Some((original, view, entry)) = found else {
            let (name, view) = candidates
                .into_iter()
                .next()
                .unwrap_or_else(|| (name.to_owned(), View::Whole));
            let path = self.files.at().to_owned();
            return Err(WeightsError::Missing {
                path,
                name,
                expected: whole(view),
            });
        };
        let expected = whole(view);
        // A 1×1 convolution may stand where a linear layer is expected: the same numbers in the same order.
        let trimmed = |shape: &[usize]| match shape {
            [rows, columns, 1, 1] => vec![*rows, *columns],
            _ => shape.to_vec(),
        };
        if trimmed(&entry.shape) != trimmed(&expected) {
            return Err(WeightsError::Misshapen {
                path: self.files.path_of(entry).to_owned(),
                name: original.clone(),
                found: entry.shape.clone(),
                expected,
            });
        }
        Ok((original.clone(), view, entry))
    }
}

/// What a survey learns of one weight without reading it.
pub(crate) struct Finding {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// The type in the file, or what is wrong.
    pub(crate) found: Result<DType, WeightsError>,
}

enum Mode {
    Read(RefCell<BTreeMap<String, (Param, Vec<usize>)>>),
    Survey(RefCell<Vec<Finding>>),
}

/// Builds a part of a model from its source: reads each weight that a layer asks for, or only looks whether it is there.
pub(crate) struct Loader<'a> {
    source: &'a Source<'a>,
    mode: Mode,
}

impl<'a> Loader<'a> {
    pub(crate) fn reading(source: &'a Source<'a>) -> Self {
        Self {
            source,
            mode: Mode::Read(RefCell::default()),
        }
    }

    pub(crate) fn surveying(source: &'a Source<'a>) -> Self {
        Self {
            source,
            mode: Mode::Survey(RefCell::default()),
        }
    }

    pub(crate) fn root(&self) -> Layer<'_> {
        Layer {
            loader: self,
            path: String::new(),
        }
    }

    /// Every weight that was read, by name, with its shape.
    pub(crate) fn into_params(self) -> BTreeMap<String, (Param, Vec<usize>)> {
        match self.mode {
            Mode::Read(params) => params.into_inner(),
            Mode::Survey(_) => BTreeMap::new(),
        }
    }

    pub(crate) fn into_findings(self) -> Vec<Finding> {
        match self.mode {
            Mode::Read(_) => Vec::new(),
            Mode::Survey(findings) => findings.into_inner(),
        }
    }

    fn param(&self, name: String, shape: &[usize]) -> Result<Param, WeightsError> {
        match &self.mode {
            Mode::Read(params) => {
                let param = Param::new(self.source.read(&name, shape)?);
                params
                    .borrow_mut()
                    .insert(name, (param.clone(), shape.to_vec()));
                Ok(param)
            }
            Mode::Survey(findings) => {
                let found = self
                    .source
                    .locate(&name, shape)
                    .and_then(|(original, _, entry)| {
                        dtype_of(entry.dtype).ok_or_else(|| WeightsError::Type {
                            path: self.source.files.path_of(entry).to_owned(),
                            name: original,
                            found: format!("{:?}", entry.dtype),
                        })
                    });
                findings.borrow_mut().push(Finding {
                    name,
                    shape: shape.to_vec(),
                    found,
                });
                Ok(Param::new(Tensor::zeros(1, DType::F32, &Device::Cpu)?))
            }
        }
    }
}

/// A place in the model's tree of layers.
#[derive(Clone)]
pub(crate) struct Layer<'a> {
    loader: &'a Loader<'a>,
    path: String,
}

impl Layer<'_> {
    /// The layer below: `at("resnets.0")`.
    pub(crate) fn at(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self {
            loader: self.loader,
            path: format!("{}{dot}{name}", self.path),
        }
    }

    pub(crate) fn param(&self, name: &str, shape: &[usize]) -> Result<Param, WeightsError> {
        self.loader.param(self.at(name).path, shape)
    }
}
