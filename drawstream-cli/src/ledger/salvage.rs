//! A ledger file that cannot be trusted any more: set aside, never deleted, and what is readable of it saved.

use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::LedgerError;
use super::lock::beside;

/// What was done about a damaged file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where the damaged file lies now.
    pub path: PathBuf,
    /// How many donations could be read out of it and are in the new ledger.
    pub donations_saved: u64,
}

/// The tables in an order in which a row never comes before the one it refers to.
const TABLES: [(&str, &str); 5] = [
    ("donations", "id"),
    ("works", "donation"),
    ("changes", "id"),
    ("known", ""),
    ("bookmarks", ""),
];

/// Finds out whether SQLite takes the file for whole.
///
/// # Errors
/// That the file is damaged; or that it cannot be read now (locked, no such disk), which is no damage, and must not
/// have it set aside.
pub(super) fn check_whole(connection: &Connection) -> Result<(), rusqlite::Error> {
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if answer == "ok" {
        return Ok(());
    }
    Err(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
        None,
    ))
}

/// Moves the file and its journals away; `stamp` makes the new name unique.
pub(super) fn set_aside(path: &Path, stamp: i64) -> Result<PathBuf, LedgerError> {
    let away = beside(path, &format!("damaged-{stamp}"));
    for suffix in ["", "-wal", "-shm"] {
        let from = with_suffix(path, suffix);
        let to = with_suffix(&away, suffix);
        match std::fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(LedgerError::File { path: from, source }),
        }
    }
    Ok(away)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Copies every row that can still be read into `fresh`, and says how many donations that were.
///
/// A copy of the damaged file is read, so that the file itself stays as it was found. Each table is read from
/// both ends, since one bad page in the middle hides only what is on it.
pub(super) fn save_rows(damaged: &Path, fresh: &mut Connection) -> Result<u64, LedgerError> {
    let copy = with_suffix(damaged, ".reading");
    for suffix in ["", "-wal"] {
        let from = with_suffix(damaged, suffix);
        if from.exists() {
            std::fs::copy(&from, with_suffix(&copy, suffix))
                .map_err(|source| LedgerError::File { path: from, source })?;
        }
    }
    let saved = copy_tables(&copy, fresh);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(with_suffix(&copy, suffix));
    }
    saved
}

fn copy_tables(copy: &Path, fresh: &mut Connection) -> Result<u64, LedgerError> {
    let Ok(old) = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE) else {
        return Ok(0);
    };
    let change = fresh.transaction()?;
    for (table, key) in TABLES {
        let orders: &[&str] = if key.is_empty() {
            &[""]
        } else {
            &["ASC", "DESC"]
        };
        for order in orders {
            let sorted = if key.is_empty() {
                String::new()
            } else {
                format!("ORDER BY {key} {order}")
            };
            let Ok(mut rows) = old.prepare(&format!("SELECT * FROM {table} {sorted}")) else {
                continue;
            };
            let columns: Vec<String> = rows.column_names().map(str::to_owned).collect();
            let marks = vec!["?"; columns.len()].join(", ");
            let mut insert = change.prepare_cached(&format!(
                "INSERT OR IGNORE INTO {table} ({}) VALUES ({marks})",
                columns.join(", ")
            ))?;
            let Ok(mut rows) = rows.query([]) else {
                continue;
            };
            // The first row that cannot be read ends this direction; a row that breaks a rule is left out.
            while let Ok(Some(row)) = rows.next() {
                let values: Result<Vec<Value>, _> =
                    (0..columns.len()).map(|index| row.get(index)).collect();
                if let Ok(values) = values {
                    let _ = insert.execute(params_from_iter(values));
                }
            }
        }
    }
    let saved: i64 = change.query_row("SELECT count(*) FROM donations", [], |row| row.get(0))?;
    change.commit()?;
    Ok(saved.unsigned_abs())
}
