//! The memory-mapped safetensors files of one part of a model.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::WeightsError;

/// Where one tensor lies.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    file: usize,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    bytes: Range<usize>,
}

struct MappedFile {
    path: PathBuf,
    map: Mmap,
}

impl MappedFile {
    /// Lets go of the pages behind some bytes that have been copied: they are in the file, and a large model would
    /// otherwise stand in memory twice.
    fn forget(&self, bytes: Range<usize>) {
        #[cfg(unix)]
        {
            // SAFETY: the map is of a file and is never written, so that a page let go is read again with the same
            // contents when it is next looked at.
            let advised = unsafe {
                self.map.unchecked_advise_range(
                    memmap2::UncheckedAdvice::DontNeed,
                    bytes.start,
                    bytes.len(),
                )
            };
            // Advice that the system does not take costs memory, nothing else.
            drop(advised);
        }
        #[cfg(not(unix))]
        drop(bytes);
    }
}

/// One file, or the shards of one.
#[derive(Clone)]
pub(crate) struct TensorFiles {
    files: Arc<Vec<MappedFile>>,
    entries: Arc<BTreeMap<String, Entry>>,
    at: PathBuf,
}

#[derive(Deserialize)]
struct IndexDoc {
    weight_map: BTreeMap<String, String>,
}

impl TensorFiles {
    pub(crate) fn open(path: &Path) -> Result<Self, WeightsError> {
        let mut files = Vec::new();
        let mut entries = BTreeMap::new();
        add_file(path, &mut files, &mut entries)?;
        Ok(Self {
            files: Arc::new(files),
            entries: Arc::new(entries),
            at: path.to_owned(),
        })
    }

    /// Finds a part's weights in its folder: one file, else shards with an index; the plain name before a variant's.
    pub(crate) fn open_folder(folder: &Path) -> Result<Self, WeightsError> {
        let mut tried = Vec::new();
        for variant in ["", ".fp16", ".bf16"] {
            for stem in ["diffusion_pytorch_model", "model"] {
                let single = format!("{stem}{variant}.safetensors");
                if folder.join(&single).is_file() {
                    return Self::open(&folder.join(single));
                }
                for index in [
                    format!("{stem}.safetensors.index{variant}.json"),
                    format!("{stem}{variant}.safetensors.index.json"),
                ] {
                    if folder.join(&index).is_file() {
                        return Self::open_shards(folder, &folder.join(index));
                    }
                }
                tried.push(single);
            }
        }
        Err(WeightsError::NoFile {
            folder: folder.to_owned(),
            tried,
        })
    }

    fn open_shards(folder: &Path, index: &Path) -> Result<Self, WeightsError> {
        let unreadable = |source| WeightsError::Unreadable {
            path: index.to_owned(),
            source,
        };
        let text = std::fs::read_to_string(index).map_err(unreadable)?;
        let doc: IndexDoc = serde_json::from_str(&text).map_err(|source| WeightsError::Config {
            path: index.to_owned(),
            source,
        })?;
        let mut names: Vec<&String> = doc.weight_map.values().collect();
        names.sort_unstable();
        names.dedup();
        let (mut files, mut entries) = (Vec::new(), BTreeMap::new());
        for name in names {
            // An index is outside data: it names files of its own folder and nothing else.
            if Path::new(name).file_name() != Some(name.as_ref()) || !folder.join(name).is_file() {
                return Err(WeightsError::NoFile {
                    folder: folder.to_owned(),
                    tried: vec![name.clone()],
                });
            }
            add_file(&folder.join(name), &mut files, &mut entries)?;
        }
        Ok(Self {
            files: Arc::new(files),
            entries: Arc::new(entries),
            at: folder.to_owned(),
        })
    }

    /// The file, or the folder of the shards.
    pub(crate) fn at(&self) -> &Path {
        &self.at
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = (&Path, u64)> {
        self.files
            .iter()
            .map(|file| (file.path.as_path(), file.map.len() as u64))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    pub(crate) fn path_of(&self, entry: &Entry) -> &Path {
        &self.files[entry.file].path
    }

    /// Looks at every number of a tensor, without keeping any in memory.
    ///
    /// # Errors
    /// A type that weights do not have, or a number that is not finite.
    pub(crate) fn check(&self, name: &str, entry: &Entry) -> Result<DType, WeightsError> {
        let dtype = self.looked_through(name, entry)?;
        self.files[entry.file].forget(entry.bytes.clone());
        Ok(dtype)
    }

    /// Copies a tensor out of its file, having looked at every number of it.
    ///
    /// # Errors
    /// As [`Self::check`], or no memory on the device.
    pub(crate) fn read(
        &self,
        name: &str,
        entry: &Entry,
        device: &Device,
    ) -> Result<Tensor, WeightsError> {
        let dtype = self.looked_through(name, entry)?;
        let file = &self.files[entry.file];
        let bytes = &file.map[entry.bytes.clone()];
        let tensor = Tensor::from_raw_buffer(bytes, dtype, &entry.shape, device)?;
        file.forget(entry.bytes.clone());
        Ok(tensor)
    }

    fn looked_through(&self, name: &str, entry: &Entry) -> Result<DType, WeightsError> {
        let file = &self.files[entry.file];
        let dtype = dtype_of(entry.dtype).ok_or_else(|| WeightsError::Type {
            path: file.path.clone(),
            name: name.to_owned(),
            found: format!("{:?}", entry.dtype),
        })?;
        if !is_finite(&file.map[entry.bytes.clone()], dtype) {
            return Err(WeightsError::NotFinite {
                path: file.path.clone(),
                name: name.to_owned(),
            });
        }
        Ok(dtype)
    }
}

fn add_file(
    path: &Path,
    files: &mut Vec<MappedFile>,
    entries: &mut BTreeMap<String, Entry>,
) -> Result<(), WeightsError> {
    let unreadable = |source| WeightsError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    // SAFETY: the map is only read. Who truncates a weights file under a running program ends that program,
    // which is the price of not holding a second copy of gigabytes in memory.
    let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
    let tensors = SafeTensors::deserialize(&map).map_err(|error| WeightsError::Broken {
        path: path.to_owned(),
        length: map.len() as u64,
        why: error.to_string(),
    })?;
    let base = map.as_ptr() as usize;
    for (name, view) in tensors.iter() {
        let start = view.data().as_ptr() as usize - base;
        let entry = Entry {
            file: files.len(),
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            bytes: start..start + view.data().len(),
        };
        entries.insert(name.to_owned(), entry);
    }
    drop(tensors);
    files.push(MappedFile {
        path: path.to_owned(),
        map,
    });
    Ok(())
}

pub(crate) fn dtype_of(dtype: Dtype) -> Option<DType> {
    match dtype {
        Dtype::F16 => Some(DType::F16),
        Dtype::BF16 => Some(DType::BF16),
        Dtype::F32 => Some(DType::F32),
        Dtype::F64 => Some(DType::F64),
        _ => None,
    }
}

/// Whether no number is NaN or infinite, read from the exponent's bits, which is as fast as memory.
fn is_finite(bytes: &[u8], dtype: DType) -> bool {
    let halves = |exponent: u16| {
        bytes
            .as_chunks::<2>()
            .0
            .iter()
            .all(|half| u16::from_le_bytes(*half) & exponent != exponent)
    };
    match dtype {
        DType::F16 => halves(0x7C00),
        DType::BF16 => halves(0x7F80),
        DType::F32 => bytes
            .as_chunks::<4>()
            .0
            .iter()
            .all(|word| f32::from_le_bytes(*word).is_finite()),
        _ => bytes
            .as_chunks::<8>()
            .0
            .iter()
            .all(|word| f64::from_le_bytes(*word).is_finite()),
    }
}
