//! `drawstream weights unpack`: a downloaded bundle of models, unpacked without trusting it.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use flate2::read::GzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use tar::{Archive, EntryType};

use crate::failure::Failure;

/// Arguments of `drawstream weights unpack`.
#[derive(Debug, clap::Args)]
pub(super) struct UnpackArgs {
    /// The bundle, a .tar.gz.
    bundle: PathBuf,
    /// The folder to unpack into; it is made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "models")]
    into: PathBuf,
    /// The most that all files together may take, in GiB.
    #[arg(long, value_name = "GIB", default_value_t = 40, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    max_gib: u64,
}

impl UnpackArgs {
    /// Unpacks it, showing how far it is.
    ///
    /// # Errors
    /// A bundle that is broken, hostile or too large, or a disk that is full. Files of a finished bundle are never
    /// overwritten.
    pub(super) fn run(self) -> Result<(), Failure> {
        let file = File::open(&self.bundle)
            .with_context(|| format!("open {}", self.bundle.display()))
            .map_err(Failure::input)?;
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let style =
            ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(length).with_style(style);
        let limits = Limits {
            bytes: self.max_gib << 30,
            ..Limits::default()
        };
        let unpacked = unpack(bar.wrap_read(BufReader::new(file)), &self.into, limits);
        bar.finish_and_clear();
        let summary = unpacked.map_err(|error| {
            let hint = error.hint();
            let error =
                anyhow::Error::from(error).context(format!("unpack {}", self.bundle.display()));
            Failure::input(error).with_maybe_hint(hint)
        })?;
        let (files, bytes, into) = (summary.files, summary.bytes, self.into.display());
        Ok(writeln!(
            io::stdout(),
            "{files} files, {bytes} bytes, unpacked into {into}"
        )?)
    }
}

/// What a bundle may be at most.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Of all files together.
    bytes: u64,
    entries: usize,
    /// Folders within folders.
    depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 40 << 30,
            entries: 10_000,
            depth: 16,
        }
    }
}

#[derive(Debug, Default)]
struct Summary {
    files: usize,
    bytes: u64,
}

/// Why a bundle was not unpacked.
#[derive(Debug, thiserror::Error)]
enum BundleError {
    #[error("not a whole .tar.gz")]
    Broken(#[source] io::Error),
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} would lie outside of the folder", path.display())]
    Escape { path: PathBuf },
    #[error("{} is a {kind}; a bundle of models has files and folders alone", path.display())]
    Kind { path: PathBuf, kind: &'static str },
    #[error("{} is there already", path.display())]
    Exists { path: PathBuf },
    #[error("more than {most} {what} at {}", path.display())]
    TooMuch {
        what: &'static str,
        most: u64,
        path: PathBuf,
    },
}

impl BundleError {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Broken(_) => Some("the download was cut short: fetch the bundle again"),
            Self::Exists { .. } => Some("unpack into another folder, or remove what is there"),
            Self::TooMuch { .. } => Some("if the bundle is to be trusted, raise --max-gib"),
            Self::Write { .. } | Self::Escape { .. } | Self::Kind { .. } => None,
        }
    }
}

/// Unpacks file by file. Each is written beside its place and renamed when it is whole.
fn unpack(bundle: impl Read, into: &Path, limits: Limits) -> Result<Summary, BundleError> {
    let mut archive = Archive::new(GzDecoder::new(bundle));
    let mut summary = Summary::default();
    for (count, entry) in archive.entries().map_err(BundleError::Broken)?.enumerate() {
        let mut entry = entry.map_err(BundleError::Broken)?;
        let named = entry.path().map_err(BundleError::Broken)?.into_owned();
        let too_much = |what, most| BundleError::TooMuch {
            what,
            most,
            path: named.clone(),
        };
        if count >= limits.entries {
            return Err(too_much("entries", limits.entries as u64));
        }
        let inner = within(&named)?;
        if inner.components().count() > limits.depth {
            return Err(too_much("nested folders", limits.depth as u64));
        }
        let target = into.join(&inner);
        match entry.header().entry_type() {
            EntryType::Directory => make_folder(&target)?,
            EntryType::Regular | EntryType::Continuous => {
                // The header's promise first, so that a bomb costs nothing; the copy below cannot exceed it.
                if entry.size() > limits.bytes - summary.bytes {
                    return Err(too_much("bytes", limits.bytes));
                }
                summary.bytes += write_whole(&mut entry, &target)?;
                summary.files += 1;
            }
            // Headers of the archive as a whole, which name no file.
            EntryType::XGlobalHeader => {}
            other => {
                return Err(BundleError::Kind {
                    path: named,
                    kind: name_of(other),
                });
            }
        }
    }
    Ok(summary)
}

/// The path as one below a folder; a leading `./` is dropped.
fn within(path: &Path) -> Result<PathBuf, BundleError> {
    let mut inner = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => inner.push(name),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(BundleError::Escape {
                    path: path.to_owned(),
                });
            }
        }
    }
    Ok(inner)
}

fn name_of(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink | EntryType::Link => "link",
        EntryType::Char | EntryType::Block => "device",
        EntryType::Fifo => "pipe",
        _ => "special file",
    }
}

fn make_folder(path: &Path) -> Result<(), BundleError> {
    fs::create_dir_all(path).map_err(|source| BundleError::Write {
        path: path.to_owned(),
        source,
    })
}

fn write_whole(entry: &mut impl Read, target: &Path) -> Result<u64, BundleError> {
    if fs::symlink_metadata(target).is_ok() {
        return Err(BundleError::Exists {
            path: target.to_owned(),
        });
    }
    if let Some(folder) = target.parent() {
        make_folder(folder)?;
    }
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = target.with_file_name(name);
    let copied = copy(entry, &part).and_then(|bytes| {
        let failed = |source| BundleError::Write {
            path: target.to_owned(),
            source,
        };
        fs::rename(&part, target).map_err(failed)?;
        Ok(bytes)
    });
    if copied.is_err() {
        // What is half there would be taken for a model; that it cannot be removed is the lesser error.
        let _ = fs::remove_file(&part);
    }
    copied
}

/// Copies by hand, to tell a broken bundle from a full disk.
fn copy(entry: &mut impl Read, part: &Path) -> Result<u64, BundleError> {
    let failed = |source| BundleError::Write {
        path: part.to_owned(),
        source,
    };
    let mut file = File::create(part).map_err(failed)?;
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        let count = entry.read(&mut buffer).map_err(BundleError::Broken)?;
        if count == 0 {
            file.sync_all().map_err(failed)?;
            return Ok(total);
        }
        file.write_all(&buffer[..count]).map_err(failed)?;
        total += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    use super::*;

    fn bundle(fill: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        fill(&mut builder);
        builder
            .into_inner()
            .and_then(GzEncoder::finish)
            .expect("memory takes everything")
    }

    /// Adds an entry whose path the builder would refuse, byte for byte.
    fn add(builder: &mut Builder<GzEncoder<Vec<u8>>>, path: &str, kind: EntryType, bytes: &[u8]) {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.as_old_mut().linkname[..11].copy_from_slice(b"/etc/passwd");
        header.set_mode(0o777);
        header.set_cksum();
        builder.append(&header, bytes).expect("an entry");
    }

    fn text(error: &dyn Error) -> String {
        error
            .source()
            .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
    }

    fn files_under(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, |entries| {
            entries
                .map(|entry| entry.expect("an entry").path())
                .map(|path| if path.is_dir() { files_under(&path) } else { 1 })
                .sum()
        })
    }

    #[test]
    fn a_bundle_comes_out_as_it_went_in() {
        let bundle = bundle(|builder| {
            add(builder, "./sdxl-base/", EntryType::Directory, b"");
            add(
                builder,
                "./sdxl-base/unet/config.json",
                EntryType::Regular,
                b"{}",
            );
            add(
                builder,
                "pixel-art-xl/lora.safetensors",
                EntryType::Regular,
                &[7; 100_000],
            );
        });
        let folder = tempfile::tempdir().expect("a folder");
        let summary = unpack(&*bundle, folder.path(), Limits::default()).expect("unpacked");
        assert_eq!((summary.files, summary.bytes), (2, 100_002));
        assert_eq!(
            fs::read(folder.path().join("sdxl-base/unet/config.json")).expect("there"),
            b"{}"
        );
        assert_eq!(
            fs::read(folder.path().join("pixel-art-xl/lora.safetensors")).expect("there"),
            [7; 100_000]
        );
        // A second time it would overwrite.
        let error = unpack(&*bundle, folder.path(), Limits::default()).expect_err("refused");
        assert!(
            text(&error).contains("config.json is there already"),
            "{}",
            text(&error)
        );
    }

    fn check_refused(
        fill: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>),
        limits: Limits,
        expected: &str,
    ) {
        let bundle = bundle(fill);
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("models");
        let error = unpack(&*bundle, &folder, limits).expect_err("must be refused");
        assert!(
            text(&error).contains(expected),
            "{} does not say {expected:?}",
            text(&error)
        );
        assert_eq!(files_under(outer.path()), 0, "nothing is left behind");
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        for path in ["../evil", "a/../../evil", "/etc/evil"] {
            check_refused(
                |b| add(b, path, EntryType::Regular, b"x"),
                Limits::default(),
                "outside of the folder",
            );
        }
    }

    #[test]
    fn links_and_devices_are_refused() {
        for (kind, expected) in [
            (EntryType::Symlink, "is a link"),
            (EntryType::Link, "is a link"),
            (EntryType::Char, "is a device"),
            (EntryType::Fifo, "is a pipe"),
        ] {
            check_refused(|b| add(b, "model", kind, b""), Limits::default(), expected);
        }
    }

    #[test]
    fn what_is_too_much_is_refused_before_it_is_written() {
        let limits = Limits {
            bytes: 1000,
            entries: 3,
            depth: 4,
        };
        check_refused(
            |b| add(b, "big", EntryType::Regular, &[0; 1001]),
            limits,
            "more than 1000 bytes at big",
        );
        check_refused(
            |b| add(b, "a/b/c/d/e", EntryType::Regular, b"x"),
            limits,
            "more than 4 nested folders",
        );
        check_refused(
            |b| (0..9).for_each(|at| add(b, &format!("d{at}/"), EntryType::Directory, b"")),
            limits,
            "more than 3 entries",
        );
    }

    #[test]
    fn a_bundle_that_was_cut_leaves_no_half_file() {
        let noise: Vec<u8> = (0..200_000u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let bundle = bundle(|b| add(b, "sdxl-base/model", EntryType::Regular, &noise));
        for keep in [0, 5, bundle.len() / 2] {
            let folder = tempfile::tempdir().expect("a folder");
            let error = unpack(&bundle[..keep], folder.path(), Limits::default()).expect_err("cut");
            assert!(
                text(&error).contains("not a whole .tar.gz"),
                "{}",
                text(&error)
            );
            assert_eq!(files_under(folder.path()), 0);
        }
    }
}
