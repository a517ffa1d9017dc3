//! The tables of the ledger, and how older files are brought up to them.

use rusqlite::{Connection, TransactionBehavior};

use super::LedgerError;

/// One script for each version; a file's `user_version` says how many of them it has seen.
/// A script that was released is never edited: a change is a new script at the end.
const MIGRATIONS: [&str; 4] = [
    "
    CREATE TABLE donations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        external_id TEXT NOT NULL,
        donor TEXT,
        message TEXT,
        audio_url TEXT,
        minor_units INTEGER NOT NULL,
        currency TEXT NOT NULL,
        own_hundredths INTEGER,
        created_at_s INTEGER NOT NULL,
        taken_at_ms INTEGER NOT NULL,
        is_test INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL,
        reason TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        interruptions INTEGER NOT NULL DEFAULT 0,
        in_hand INTEGER NOT NULL DEFAULT 0,
        card_due INTEGER NOT NULL DEFAULT 0,
        UNIQUE (source, external_id)
    ) STRICT;
    CREATE INDEX donations_by_state ON donations (state, id);
    CREATE INDEX donations_to_prepare ON donations (id)
        WHERE state IN ('received', 'gated', 'planned', 'painted');
    CREATE INDEX donations_with_card ON donations (id) WHERE card_due = 1;

    CREATE TABLE works (
        donation INTEGER PRIMARY KEY REFERENCES donations (id),
        verdict TEXT,
        scene TEXT,
        picture BLOB,
        plan TEXT
    ) STRICT;

    CREATE TABLE changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        donation INTEGER NOT NULL REFERENCES donations (id),
        at_ms INTEGER NOT NULL,
        state TEXT NOT NULL,
        reason TEXT
    ) STRICT;
    CREATE INDEX changes_of_donation ON changes (donation, id);

    CREATE TABLE known (
        source TEXT NOT NULL,
        external_id TEXT NOT NULL,
        PRIMARY KEY (source, external_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE bookmarks (
        source TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (source, name)
    ) STRICT, WITHOUT ROWID;
",
    // Whether the painting was drawn to its end: what a crash interrupts after that is only its stay.
    "ALTER TABLE donations ADD COLUMN drawn INTEGER NOT NULL DEFAULT 0;",
    "
    -- When it counts as come, where larger amounts have a head start.
    ALTER TABLE donations ADD COLUMN turn_ms INTEGER;
    CREATE INDEX donations_by_donor ON donations (source, donor, taken_at_ms) WHERE donor IS NOT NULL;
",
    "
    -- Its turn among those that wait, where the operator has moved it; its number otherwise.
    ALTER TABLE donations ADD COLUMN place INTEGER;
    -- What the operator has put in the place of the message.
    ALTER TABLE donations ADD COLUMN edited TEXT;
    -- Whether a person has said that it may be seen.
    ALTER TABLE donations ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
",
];

/// Brings the tables up to this program's version, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let version = check(connection)?;
    for (done, script) in (1..).zip(MIGRATIONS).skip(version.max(0) as usize) {
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute_batch(script)?;
        change.pragma_update(None, "user_version", done)?;
        change.commit()?;
    }
    Ok(())
}

/// The version of the file's tables, if this program knows it.
pub(super) fn check(connection: &Connection) -> Result<i64, LedgerError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let newest = MIGRATIONS.len() as i64;
    if found > newest {
        return Err(LedgerError::Newer { found, newest });
    }
    Ok(found)
}
