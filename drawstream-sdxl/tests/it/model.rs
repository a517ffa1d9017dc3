//! Copies of the reference's model, to be damaged or stored otherwise.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use drawstream_sdxl::candle_core::{DType, Device, Tensor, safetensors};
use tempfile::TempDir;

use crate::reference::pipeline;

pub(crate) type Tensors = HashMap<String, Tensor>;

/// A copy of the reference's model that a test may change.
pub(crate) struct Model {
    pub(crate) folder: TempDir,
}

impl Model {
    pub(crate) fn copy() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&pipeline(), folder.path());
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, part: &str) -> PathBuf {
        let stem = if part.starts_with("text") {
            "model"
        } else {
            "diffusion_pytorch_model"
        };
        self.path().join(part).join(format!("{stem}.safetensors"))
    }

    pub(crate) fn tensors(&self, part: &str) -> Tensors {
        safetensors::load(self.file(part), &Device::Cpu).expect("a part's tensors")
    }

    pub(crate) fn save(&self, part: &str, tensors: &Tensors) {
        safetensors::save(tensors, self.file(part)).expect("room for a tiny model");
    }

    /// Changes one tensor of a part.
    pub(crate) fn change(&self, part: &str, name: &str, change: impl Fn(&Tensor) -> Tensor) {
        let mut tensors = self.tensors(part);
        let tensor = change(&tensors[name]);
        tensors.insert(name.to_owned(), tensor);
        self.save(part, &tensors);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the reference") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            // Written anew rather than copied, so that a read-only fixture gives a file that can be changed.
            fs::write(to, fs::read(&path).expect("a file")).expect("a copy");
        }
    }
}

pub(crate) fn cast(tensors: &Tensors, dtype: DType) -> Tensors {
    tensors
        .iter()
        .map(|(name, tensor)| (name.clone(), tensor.to_dtype(dtype).expect("a float")))
        .collect()
}
