//! A file that is there whole or not at all: written beside its target, then renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file being written. Dropped before [`FreshFile::keep`], it leaves nothing behind, and the target as it was.
#[derive(Debug)]
pub struct FreshFile {
    target: PathBuf,
    beside: PathBuf,
    out: BufWriter<File>,
}

impl FreshFile {
    /// Begins a file that will be at `target`.
    ///
    /// # Errors
    /// The folder is not there, or nothing may be written in it.
    pub fn create(target: &Path) -> io::Result<Self> {
        let mut name = target
            .file_name()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"))?
            .to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let beside = target.with_file_name(name);
        let out = BufWriter::with_capacity(1 << 16, File::create(&beside)?);
        Ok(Self {
            target: target.to_owned(),
            beside,
            out,
        })
    }

    /// Puts what was written in the target's place.
    ///
    /// # Errors
    /// The last bytes could not be written, or the target cannot be replaced.
    pub fn keep(mut self) -> io::Result<()> {
        self.out.flush()?;
        fs::rename(&self.beside, &self.target)
    }
}

impl Write for FreshFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for FreshFile {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove; a leftover harms nobody.
        let _ = fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_given_up_leaves_the_old_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("plan.json");
        fs::write(&target, "old").unwrap();
        let mut file = FreshFile::create(&target).unwrap();
        file.write_all(b"half of the n").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        let mut file = FreshFile::create(&target).unwrap();
        file.write_all(b"new").unwrap();
        file.keep().unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
