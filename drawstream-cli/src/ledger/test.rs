mod trouble;

use std::time::Duration;

use super::*;

fn donation(id: u64, created_at: i64, message: &str) -> NewDonation {
    NewDonation {
        external: ExternalId {
            source: "donation_alerts".to_owned(),
            id: id.to_string(),
        },
        donor: Some(RawText::new("Аня")),
        message: Some(RawText::new(message)),
        audio_url: None,
        amount: Money {
            minor_units: 750,
            currency: Currency::parse("EUR").unwrap(),
        },
        own_hundredths: Some(76_012),
        created_at: UnixTime(created_at),
        origin: Origin::Paid,
    }
}

fn open(folder: &tempfile::TempDir) -> (Ledger, Opening) {
    Ledger::open(&folder.path().join("ledger.db")).unwrap()
}

/// The donation made ready for the stage, by the whole road.
fn prepare(ledger: &mut Ledger, id: DonationId) {
    let stored = Outcome::Stored;
    assert_eq!(ledger.begin(id).unwrap(), stored);
    assert_eq!(ledger.gated(id, r#"{"allow":true}"#).unwrap(), stored);
    assert_eq!(ledger.planned(id, r#"{"prompt":"cat"}"#).unwrap(), stored);
    assert_eq!(ledger.painted(id, b"PNG").unwrap(), stored);
    assert_eq!(ledger.ready(id, r#"{"version":"1.0"}"#).unwrap(), stored);
}

fn state(ledger: &Ledger, id: u64) -> State {
    state_of(&ledger.connection, DonationId(id)).unwrap()
}

#[test]
fn a_donation_is_taken_once_and_numbered_in_order_of_creation() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, opening) = open(&folder);
    assert_eq!(opening, Opening::default());
    let newest_first = [
        donation(102, 1_000, "third"),
        donation(99, 1_000, "second"),
        donation(100, 900, "first"),
    ];
    assert_eq!(
        ledger.take(&newest_first).unwrap(),
        [
            Taken::New(DonationId(3)),
            Taken::New(DonationId(2)),
            Taken::New(DonationId(1)),
        ]
    );
    let again = [
        donation(99, 1_000, "second"),
        donation(103, 1_001, "fourth"),
    ];
    assert_eq!(
        ledger.take(&again).unwrap(),
        [Taken::Known, Taken::New(DonationId(4))]
    );
    let first = ledger.next_to_prepare(&[]).unwrap().unwrap();
    assert_eq!(first.donation.message.unwrap().expose(), "first");
    assert_eq!(first.own_hundredths, Some(76_012));
    let second = ledger.next_to_prepare(&[DonationId(1)]).unwrap().unwrap();
    assert_eq!(second.donation.id, DonationId(2));
}

#[test]
fn what_is_marked_as_known_is_never_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    let old = donation(7, 10, "old");
    ledger
        .settle(
            std::slice::from_ref(&old.external),
            "donation_alerts",
            &[("horizon", "7".to_owned())],
        )
        .unwrap();
    assert_eq!(
        ledger.take(std::slice::from_ref(&old)).unwrap(),
        [Taken::Known]
    );
    let left = ledger.bookmark("donation_alerts", "horizon").unwrap();
    assert_eq!(left.as_deref(), Some("7"));
    let new = donation(8, 11, "new");
    assert_eq!(
        ledger.familiar(&[old.external, new.external]).unwrap(),
        [Familiarity::Marked, Familiarity::New]
    );
    assert_eq!(ledger.counts().unwrap(), Counts::default());
}

#[test]
fn after_a_crash_each_goes_on_from_its_last_state_and_the_drawn_one_is_drawn_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    let all: Vec<_> = (1..=4).map(|id| donation(id, id as i64, "кот")).collect();
    ledger.take(&all).unwrap();
    prepare(&mut ledger, DonationId(1));
    prepare(&mut ledger, DonationId(2));
    assert_eq!(
        ledger.start_drawing(DonationId(1)).unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.begin(DonationId(3)).unwrap(), Outcome::Stored);
    assert_eq!(ledger.gated(DonationId(3), "{}").unwrap(), Outcome::Stored);
    // No orderly close: the connection is let go as a dead process lets go of it.
    drop(ledger);

    let (ledger, opening) = open(&folder);
    assert_eq!((opening.drawn_again, opening.going_on), (1, 1));
    let waiting = ledger.ready_in_order(5).unwrap();
    let ids: Vec<u64> = waiting.iter().map(|w| w.donation.id.0).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(state(&ledger, 3), State::Gated);
    assert_eq!(
        ledger.work(DonationId(3)).unwrap().verdict.as_deref(),
        Some("{}")
    );
    assert_eq!(
        ledger.work(DonationId(1)).unwrap(),
        Work {
            verdict: Some(r#"{"allow":true}"#.to_owned()),
            scene: Some(r#"{"prompt":"cat"}"#.to_owned()),
            picture: Some(b"PNG".to_vec()),
            plan: Some(r#"{"version":"1.0"}"#.to_owned()),
        }
    );
    let next = ledger.next_to_prepare(&[]).unwrap().unwrap();
    assert_eq!(
        (next.donation.id, next.state),
        (DonationId(3), State::Gated)
    );
}

#[test]
fn what_was_drawn_to_the_end_before_a_crash_is_held_again_and_not_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    ledger
        .take(&[donation(1, 1, "a"), donation(2, 2, "b")])
        .unwrap();
    prepare(&mut ledger, DonationId(1));
    prepare(&mut ledger, DonationId(2));
    assert_eq!(
        ledger.start_drawing(DonationId(1)).unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.drawn(DonationId(1)).unwrap(), Outcome::Stored);
    drop(ledger);

    let (mut ledger, opening) = open(&folder);
    assert_eq!((opening.held_again, opening.drawn_again), (1, 0));
    let acts: Vec<_> = ledger
        .ready_in_order(5)
        .unwrap()
        .iter()
        .map(|w| w.act)
        .collect();
    assert_eq!(acts, [Act::Finished, Act::Painting]);
    let turn = ledger.turn(DonationId(1)).unwrap().unwrap();
    assert_eq!(
        ledger.start_drawing(DonationId(1)).unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.turn(DonationId(1)).unwrap(), None);
    assert_eq!(ledger.shown(DonationId(1)).unwrap(), Outcome::Stored);
    // Once more is from the first stroke, and another turn.
    assert_eq!(
        ledger.retry(DonationId(1), "asked for").unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.ready_in_order(1).unwrap()[0].act, Act::Painting);
    assert!(ledger.turns(9).unwrap()[0].1 > turn);
}

#[test]
fn three_failed_tries_end_in_a_card_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    ledger
        .take(&[donation(1, 1, "a"), donation(2, 2, "b")])
        .unwrap();
    let mut tries = Vec::new();
    for _ in 0..3 {
        assert_eq!(ledger.begin(DonationId(1)).unwrap(), Outcome::Stored);
        tries.push(
            ledger
                .attempt_failed(DonationId(1), "painter is down", "card")
                .unwrap(),
        );
    }
    assert_eq!(
        tries,
        [
            Attempt::Again { left: 2 },
            Attempt::Again { left: 1 },
            Attempt::GivenUp
        ]
    );
    assert_eq!(
        ledger.next_to_prepare(&[]).unwrap().unwrap().donation.id,
        DonationId(2)
    );
    let waiting = ledger.ready_in_order(5).unwrap();
    assert_eq!(waiting[0].act, Act::FailureCard);
    assert_eq!(
        ledger.start_drawing(DonationId(1)).unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.shown(DonationId(1)).unwrap(), Outcome::Stored);
    assert_eq!(ledger.ready_in_order(5).unwrap(), []);
    assert_eq!(state(&ledger, 1), State::Failed);

    assert_eq!(
        ledger.retry(DonationId(1), "once more").unwrap(),
        Outcome::Stored
    );
    let anew = ledger.next_to_prepare(&[]).unwrap().unwrap();
    assert_eq!((anew.donation.id, anew.attempts), (DonationId(1), 0));
    assert_eq!(ledger.work(DonationId(1)).unwrap(), Work::default());
}

#[test]
fn a_donation_over_which_the_program_keeps_dying_ends_as_failed() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder).0.take(&[donation(1, 1, "a")]).unwrap();
    for crash in 1..=MOST_INTERRUPTIONS {
        let (mut ledger, opening) = open(&folder);
        assert_eq!(opening.given_up, 0, "before crash {crash}");
        assert_eq!(ledger.begin(DonationId(1)).unwrap(), Outcome::Stored);
    }
    let (ledger, opening) = open(&folder);
    assert_eq!(opening.given_up, 1);
    assert_eq!(state(&ledger, 1), State::Failed);
    assert_eq!(ledger.ready_in_order(1).unwrap()[0].act, Act::FailureCard);
}

#[test]
fn a_refused_one_waits_with_its_card_in_the_order_of_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    let all: Vec<_> = (1..=3).map(|id| donation(id, id as i64, "x")).collect();
    ledger.take(&all).unwrap();
    prepare(&mut ledger, DonationId(3));
    let refused = ledger.refused(DonationId(2), "weapons", "card").unwrap();
    assert_eq!(refused, Outcome::Stored);
    let acts: Vec<_> = ledger
        .ready_in_order(5)
        .unwrap()
        .iter()
        .map(|w| (w.donation.id.0, w.act))
        .collect();
    assert_eq!(acts, [(2, Act::RefusalCard), (3, Act::Painting)]);
    let counts = ledger.counts().unwrap();
    assert_eq!(
        (counts.preparing, counts.prepared(), counts.waiting()),
        (1, 2, 3)
    );
    // A crash while its card is up: it is due still.
    assert_eq!(
        ledger.start_drawing(DonationId(2)).unwrap(),
        Outcome::Stored
    );
    drop(ledger);
    let (mut ledger, _) = open(&folder);
    assert_eq!(
        ledger.ready_in_order(1).unwrap()[0].donation.id,
        DonationId(2)
    );
    assert_eq!(ledger.shown(DonationId(2)).unwrap(), Outcome::Stored);
    assert_eq!(state(&ledger, 2), State::Refused);
}

#[test]
fn clearing_keeps_the_one_on_the_stage_and_overtakes_the_studio() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    let all: Vec<_> = (1..=4).map(|id| donation(id, id as i64, "x")).collect();
    ledger.take(&all).unwrap();
    prepare(&mut ledger, DonationId(1));
    prepare(&mut ledger, DonationId(2));
    assert_eq!(
        ledger.start_drawing(DonationId(1)).unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.begin(DonationId(3)).unwrap(), Outcome::Stored);
    let queue: Vec<_> = ledger
        .queue(9)
        .unwrap()
        .iter()
        .map(|q| (q.donation.id.0, q.state))
        .collect();
    assert_eq!(
        queue,
        [
            (1, State::Drawing),
            (2, State::Ready),
            (3, State::Received),
            (4, State::Received)
        ]
    );
    assert_eq!(ledger.clear("the operator emptied the queue").unwrap(), 3);
    assert_eq!(
        ledger.gated(DonationId(3), "{}").unwrap(),
        Outcome::Overtaken(State::Cleared)
    );
    assert_eq!(ledger.shown(DonationId(1)).unwrap(), Outcome::Stored);
    assert_eq!(ledger.counts().unwrap().waiting(), 0);
    // What had been painted can be drawn after all, without painting it anew.
    assert_eq!(
        ledger.retry(DonationId(2), "asked for").unwrap(),
        Outcome::Stored
    );
    assert_eq!(state(&ledger, 2), State::Ready);
}

#[test]
fn a_skip_ends_it_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    ledger
        .take(&[donation(1, 1, "x"), donation(2, 2, "x")])
        .unwrap();
    prepare(&mut ledger, DonationId(1));
    assert_eq!(
        ledger.start_drawing(DonationId(1)).unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.skip(DonationId(1), "skip").unwrap(), Outcome::Stored);
    assert_eq!(ledger.skip(DonationId(2), "skip").unwrap(), Outcome::Stored);
    assert_eq!(
        ledger.shown(DonationId(1)).unwrap(),
        Outcome::Overtaken(State::Skipped)
    );
    assert_eq!(ledger.queue(9).unwrap(), []);
    assert!(matches!(
        ledger.skip(DonationId(9), "skip"),
        Err(LedgerError::Unknown(DonationId(9)))
    ));
}

#[test]
fn a_clock_set_back_changes_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    ledger.take(&[donation(1, 5_000, "before")]).unwrap();
    ledger.clock = || UNIX_EPOCH + Duration::from_secs(3);
    ledger.take(&[donation(2, 1_400, "after")]).unwrap();
    let first = ledger.next_to_prepare(&[]).unwrap().unwrap();
    assert_eq!(first.donation.id, DonationId(1));
}

#[tokio::test]
async fn tasks_share_the_ledger_and_a_panic_harms_one_request() {
    let folder = tempfile::tempdir().unwrap();
    let (clerk, thread) = Clerk::hire(open(&folder).0).unwrap();
    let taken = clerk
        .ask(|ledger| ledger.take(&[donation(1, 1, "x")]))
        .await
        .unwrap();
    assert_eq!(taken, [Taken::New(DonationId(1))]);
    let panicked: Result<(), _> = clerk
        .ask(|ledger| {
            let change = ledger.change()?;
            change.execute("UPDATE donations SET state = 'shown'", [])?;
            panic!("planted");
        })
        .await;
    assert!(matches!(panicked, Err(LedgerError::Closed)));
    let counts = clerk.ask(|ledger| ledger.counts()).await.unwrap();
    assert_eq!(counts.preparing, 1);
    drop(clerk);
    tokio::task::spawn_blocking(|| thread.join().unwrap())
        .await
        .unwrap();
    open(&folder);
}

#[test]
fn the_history_is_read_while_the_ledger_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    let path = folder.path().join("ledger.db");
    ledger
        .take(&[donation(1, 1, "a"), donation(2, 2, "b")])
        .unwrap();
    prepare(&mut ledger, DonationId(1));
    let history = History::open(&path).unwrap();
    let ids: Vec<_> = history
        .list(&Filter::default(), 10)
        .unwrap()
        .iter()
        .map(|entry| (entry.donation.id.0, entry.state))
        .collect();
    assert_eq!(ids, [(2, State::Received), (1, State::Ready)]);
    let ready = Filter {
        state: Some(State::Ready),
        donor: Some("Аня".to_owned()),
        ..Filter::default()
    };
    assert_eq!(history.list(&ready, 10).unwrap().len(), 1);
    let (_, changes) = history.show(DonationId(1)).unwrap();
    let road: Vec<_> = changes.iter().map(|change| change.state.name()).collect();
    assert_eq!(road, ["received", "gated", "planned", "painted", "ready"]);
    assert!(matches!(
        history.show(DonationId(9)),
        Err(LedgerError::Unknown(DonationId(9)))
    ));
}

#[test]
fn a_person_who_is_forgotten_is_nowhere_in_the_file_and_the_sum_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    let mut planted = donation(1, 1, "PLANTED-WORDS");
    planted.donor = Some(RawText::new("PLANTED-NAME"));
    ledger.take(&[planted, donation(2, 2, "b")]).unwrap();
    assert_eq!(
        ledger.forget("PLANTED-NAME").unwrap(),
        0,
        "it is not over yet"
    );
    assert_eq!(
        ledger.gated(DonationId(1), "PLANTED-VERDICT").unwrap(),
        Outcome::Stored
    );
    assert_eq!(
        ledger.skip(DonationId(1), "PLANTED-REASON").unwrap(),
        Outcome::Stored
    );
    assert_eq!(ledger.ended_of("PLANTED-NAME").unwrap(), [DonationId(1)]);
    assert_eq!(ledger.forget("PLANTED-NAME").unwrap(), 1);
    ledger.close().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let found = bytes.windows(7).any(|window| window == b"PLANTED");
        assert!(!found, "something is left");
    }
    let history = History::open(&folder.path().join("ledger.db")).unwrap();
    let (entry, _) = history.show(DonationId(1)).unwrap();
    assert_eq!(
        (entry.donation.amount.minor_units, entry.donation.donor),
        (750, None)
    );
}

#[test]
fn pictures_of_what_is_over_are_let_go_after_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let (mut ledger, _) = open(&folder);
    ledger
        .take(&[donation(1, 1, "a"), donation(2, 2, "b")])
        .unwrap();
    prepare(&mut ledger, DonationId(1));
    prepare(&mut ledger, DonationId(2));
    assert_eq!(ledger.skip(DonationId(1), "skip").unwrap(), Outcome::Stored);
    assert_eq!(ledger.prune(0).unwrap(), 0);
    assert_eq!(ledger.prune(i64::MAX).unwrap(), 1);
    assert_eq!(ledger.work(DonationId(1)).unwrap(), Work::default());
    assert!(
        ledger.work(DonationId(2)).unwrap().plan.is_some(),
        "it waits still"
    );
}
