//! One program to a ledger: a lock beside the file, with the pid of its holder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::LedgerError;

/// The lock; it is given back when this is dropped, and by the system when the program dies.
#[derive(Debug)]
pub(super) struct Lock {
    _held: File,
}

impl Lock {
    /// Takes the lock of the ledger at `path`.
    ///
    /// # Errors
    /// [`LedgerError::InUse`] where another program holds it.
    pub(super) fn take(path: &Path) -> Result<Self, LedgerError> {
        let lock_path = beside(path, "lock");
        let unusable = |source| LedgerError::File {
            path: lock_path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock_path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // Some systems do not let a locked file be read: then the pid stays unknown.
                let _ = file.read_to_string(&mut text);
                return Err(LedgerError::InUse {
                    path: path.to_owned(),
                    pid: text.trim().parse().ok(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(unusable)?;
        Ok(Self { _held: file })
    }
}

/// `ledger.db` → `ledger.db.<suffix>` in the same folder.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    path.with_file_name(name)
}
