//! Files that are locked, damaged, of another version, or on a full disk.

use super::*;

#[test]
fn a_file_that_another_program_has_locked_is_not_taken_for_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (mut ledger, _) = open(&folder);
    ledger.take(&[donation(1, 1, "a")]).unwrap();
    ledger.close().unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE donations SET attempts = 1;",
        )
        .unwrap();
    let error = Ledger::open(&path).unwrap_err();
    assert!(error.hint().unwrap().contains("locked"), "{error:?}");
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    let (ledger, opening) = open(&folder);
    assert_eq!(opening.set_aside, None);
    assert_eq!(ledger.counts().unwrap().preparing, 1);
}

#[test]
fn a_second_program_is_refused_with_the_pid_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = open(&folder);
    let path = folder.path().join("ledger.db");
    let error = Ledger::open(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the ledger {} is in use by the program with pid {}",
            path.display(),
            std::process::id()
        )
    );
    assert!(error.hint().is_some());
    first.close().unwrap();
    Ledger::open(&path).unwrap();
}

#[test]
fn a_damaged_file_is_set_aside_and_what_is_readable_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (mut ledger, _) = Ledger::open(&path).unwrap();
    let many: Vec<_> = (1..=400)
        .map(|id| donation(id, id as i64, &"слово ".repeat(40)))
        .collect();
    ledger.take(&many).unwrap();
    ledger.close().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(&path, &bytes).unwrap();

    let (mut ledger, opening) = Ledger::open(&path).unwrap();
    let set_aside = opening.set_aside.unwrap();
    assert_eq!(
        std::fs::read(&set_aside.path).unwrap(),
        bytes,
        "left as it was found"
    );
    assert!(
        (300..400).contains(&set_aside.donations_saved),
        "{} saved",
        set_aside.donations_saved
    );
    assert_eq!(
        ledger.counts().unwrap().preparing,
        set_aside.donations_saved
    );
    // The numbers of the lost ones are not given to others.
    let next = ledger.take(&[donation(9_999, 9_999, "new")]).unwrap();
    assert_eq!(next, [Taken::New(DonationId(401))]);
}

#[test]
fn a_file_that_is_no_database_is_set_aside_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    std::fs::write(&path, "a shopping list, by mistake").unwrap();
    let (ledger, opening) = Ledger::open(&path).unwrap();
    let set_aside = opening.set_aside.unwrap();
    assert_eq!(set_aside.donations_saved, 0);
    assert_eq!(
        std::fs::read_to_string(set_aside.path).unwrap(),
        "a shopping list, by mistake"
    );
    assert_eq!(ledger.counts().unwrap(), Counts::default());
}

#[test]
fn a_ledger_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(&folder);
    ledger
        .connection
        .pragma_update(None, "user_version", 99)
        .unwrap();
    drop(ledger);
    let error = Ledger::open(&folder.path().join("ledger.db")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ledger has version 99, and this program knows up to 4"
    );
}

#[test]
fn a_full_disk_is_said_in_plain_words_and_takes_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    let pages: i64 = ledger
        .connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    ledger
        .connection
        .pragma_update(None, "max_page_count", pages + 2)
        .unwrap();
    let many: Vec<_> = (1..=500)
        .map(|id| donation(id, id as i64, "слово слово слово"))
        .collect();
    let error = ledger.take(&many).unwrap_err();
    assert_eq!(
        error.hint(),
        Some("the disk is full: make room, then it goes on by itself")
    );
    assert_eq!(ledger.counts().unwrap(), Counts::default());
    ledger
        .connection
        .pragma_update(None, "max_page_count", 1 << 20)
        .unwrap();
    ledger.take(&many).unwrap();
    assert_eq!(ledger.counts().unwrap().preparing, 500);
}
