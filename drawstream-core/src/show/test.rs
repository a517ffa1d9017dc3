use super::*;
use proptest::prelude::*;

use super::Input::*;
use super::Output::*;

const OPTIONS: ShowOptions = ShowOptions {
    hold: Duration::from_secs(90),
    refused_hold: Duration::from_secs(6),
    failed_hold: Duration::from_secs(4),
    thanked_hold: Duration::from_secs(5),
    hold_longer: Duration::from_secs(30),
};

fn id(n: u64) -> DonationId {
    DonationId(n)
}

fn ready(n: u64, secs: u64) -> Input {
    Ready {
        id: id(n),
        duration: Duration::from_secs(secs),
    }
}

fn at(secs: u64) -> ShowTime {
    ShowTime::from_secs(secs)
}

/// Plays the inputs at their seconds and compares all outputs.
fn check(inputs: &[(u64, Input)], expected: &[Output]) -> Show {
    let mut show = Show::new(OPTIONS);
    let mut outputs = Vec::new();
    for &(secs, input) in inputs {
        show.handle(at(secs), input);
        outputs.extend(std::iter::from_fn(|| show.poll()));
    }
    assert_eq!(outputs, expected, "after {inputs:?}");
    show
}

#[test]
fn a_painting_counts_as_shown_only_after_its_hold() {
    check(
        &[(0, ready(7, 40)), (40, Tick), (129, Tick), (130, Tick)],
        &[
            Draw(id(7)),
            WakeAt(at(40)),
            Drawn(id(7)),
            WakeAt(at(130)),
            Shown(id(7)),
        ],
    );
}

#[test]
fn a_late_tick_does_not_lengthen_the_hold_and_the_next_one_begins_at_its_beginning() {
    let show = check(
        &[(0, ready(1, 40)), (1, ready(2, 50)), (500, Tick)],
        &[
            Draw(id(1)),
            WakeAt(at(40)),
            Drawn(id(1)),
            Shown(id(1)),
            Draw(id(2)),
            WakeAt(at(550)),
        ],
    );
    assert_eq!(
        show.state(at(501)),
        State::Drawing {
            id: id(2),
            elapsed: Duration::from_secs(1),
            duration: Duration::from_secs(50)
        }
    );
}

#[test]
fn what_was_shown_is_drawn_again_only_if_it_is_recalled() {
    let seen = [
        Draw(id(7)),
        WakeAt(at(1)),
        Drawn(id(7)),
        WakeAt(at(91)),
        Shown(id(7)),
    ];
    let once = [(0, ready(7, 1)), (1, Tick), (91, Tick), (92, ready(7, 1))];
    check(&once, &seen);
    let recalled = [
        once[0],
        once[1],
        once[2],
        (92, Recalled(id(7))),
        (93, ready(7, 1)),
    ];
    let again = [seen.as_slice(), &[Draw(id(7)), WakeAt(at(94))]].concat();
    check(&recalled, &again);
}

#[test]
fn a_skip_during_hold_shows_once() {
    check(
        &[(0, ready(1, 10)), (12, Skip), (13, Skip), (200, Tick)],
        &[Draw(id(1)), WakeAt(at(10)), Drawn(id(1)), Shown(id(1))],
    );
}

#[test]
fn a_skip_while_drawing_goes_to_the_next() {
    check(
        &[(0, ready(1, 10)), (1, ready(2, 10)), (3, Skip)],
        &[
            Draw(id(1)),
            WakeAt(at(10)),
            Skipped(id(1)),
            Draw(id(2)),
            WakeAt(at(13)),
        ],
    );
}

#[test]
fn a_painting_that_is_announced_again_is_drawn_once() {
    check(
        &[
            (0, ready(1, 10)),
            (1, ready(1, 10)),
            (11, Skip),
            (12, ready(1, 10)),
            (13, Refused(id(1))),
        ],
        &[Draw(id(1)), WakeAt(at(10)), Drawn(id(1)), Shown(id(1))],
    );
}

#[test]
fn a_skipped_painting_may_come_back() {
    check(
        &[(0, ready(1, 10)), (1, Skip), (2, ready(1, 10))],
        &[
            Draw(id(1)),
            WakeAt(at(10)),
            Skipped(id(1)),
            Draw(id(1)),
            WakeAt(at(12)),
        ],
    );
}

#[test]
fn a_refused_request_shows_its_card_in_its_turn() {
    let show = check(
        &[(0, ready(1, 10)), (1, Refused(id(2))), (100, Tick)],
        &[
            Draw(id(1)),
            WakeAt(at(10)),
            Drawn(id(1)),
            Shown(id(1)),
            ShowCard(id(2), Card::Refused),
            WakeAt(at(106)),
        ],
    );
    assert_eq!(
        show.state(at(102)),
        State::Card {
            id: id(2),
            card: Card::Refused,
            remaining: Duration::from_secs(4)
        }
    );
}

#[test]
fn a_failed_request_ends_its_card_by_itself_or_by_a_skip() {
    check(
        &[(0, Failed(id(1))), (4, Tick), (5, Failed(id(2))), (6, Skip)],
        &[
            ShowCard(id(1), Card::Failed),
            WakeAt(at(4)),
            CardEnded(id(1)),
            ShowCard(id(2), Card::Failed),
            WakeAt(at(9)),
            CardEnded(id(2)),
        ],
    );
}

#[test]
fn clear_takes_what_waits_and_keeps_what_is_on() {
    let show = check(
        &[
            (0, ready(1, 10)),
            (1, ready(2, 10)),
            (1, Refused(id(3))),
            (1, ready(4, 10)),
            (2, Clear),
            (3, Clear),
        ],
        &[Draw(id(1)), WakeAt(at(10)), Cleared(vec![id(2), id(4)])],
    );
    assert_eq!(show.active(), Some(id(1)));
    assert_eq!(show.queue(at(3)).count(), 0);
}

#[test]
fn a_pause_freezes_time_and_a_resume_moves_the_wake() {
    let show = check(
        &[
            (0, ready(1, 10)),
            (4, Pause),
            (5, Pause),
            (1000, Tick),
            (2000, Resume),
            (2005, Tick),
            (2006, Tick),
        ],
        &[
            Draw(id(1)),
            WakeAt(at(10)),
            WakeAt(at(2006)),
            Drawn(id(1)),
            WakeAt(at(2096)),
        ],
    );
    assert_eq!(
        show.state(at(2016)),
        State::Holding {
            id: id(1),
            remaining: Duration::from_secs(80),
            hold: OPTIONS.hold
        }
    );
}

#[test]
fn a_panic_covers_the_stage_and_keeps_the_queue() {
    let mut show = check(
        &[(0, ready(1, 10)), (1, ready(2, 10)), (4, Panic)],
        &[Draw(id(1)), WakeAt(at(10))],
    );
    assert_eq!(show.curtain(), Curtain::Covered);
    show.handle(at(50), Resume);
    assert_eq!(show.curtain(), Curtain::Covered);
    assert_eq!(show.queue(at(60)).count(), 1);
    show.handle(at(100), Unpanic);
    assert_eq!(show.curtain(), Curtain::Up);
    assert_eq!(
        show.state(at(101)),
        State::Drawing {
            id: id(1),
            elapsed: Duration::from_secs(5),
            duration: Duration::from_secs(10)
        }
    );
}

#[test]
fn a_paused_show_is_still_paused_after_a_panic() {
    let mut show = check(
        &[(0, ready(1, 10)), (2, Pause), (3, Panic), (4, Unpanic)],
        &[Draw(id(1)), WakeAt(at(10))],
    );
    assert_eq!(show.curtain(), Curtain::Paused);
    show.handle(at(9), Resume);
    assert_eq!(show.poll(), Some(WakeAt(at(17))));
}

#[test]
fn hold_longer_counts_while_drawing_and_while_holding() {
    check(
        &[
            (0, ready(1, 10)),
            (1, HoldLonger),
            (10, Tick),
            (11, HoldLonger),
            (159, Tick),
            (160, Tick),
        ],
        &[
            Draw(id(1)),
            WakeAt(at(10)),
            Drawn(id(1)),
            WakeAt(at(130)),
            WakeAt(at(160)),
            Shown(id(1)),
        ],
    );
}

#[test]
fn a_replay_draws_again_and_still_shows_once() {
    check(
        &[
            (0, ready(1, 10)),
            (5, Replay),
            (15, Tick),
            (20, Replay),
            (22, Skip),
        ],
        &[
            Draw(id(1)),
            WakeAt(at(10)),
            Draw(id(1)),
            WakeAt(at(15)),
            Drawn(id(1)),
            WakeAt(at(105)),
            Draw(id(1)),
            WakeAt(at(30)),
            Shown(id(1)),
        ],
    );
}

#[test]
fn the_state_between_paintings_tells_what_is_coming() {
    let mut show = Show::new(OPTIONS);
    assert_eq!(show.state(at(0)), State::Idle);
    show.handle(at(0), Preparing(id(1)));
    show.handle(at(0), Preparing(id(2)));
    assert_eq!(show.state(at(1)), State::Preparing(id(1)));
    show.handle(at(1), Withdrawn(id(1)));
    assert_eq!(show.state(at(1)), State::Preparing(id(2)));
    show.handle(at(2), Refused(id(2)));
    show.handle(at(2), Close);
    show.handle(at(8), Tick);
    assert_eq!(show.state(at(8)), State::Closed);
    show.handle(at(8), Open);
    assert_eq!(show.state(at(8)), State::Idle);
}

#[test]
fn waiting_times_add_up_what_comes_before() {
    let mut show = check(
        &[
            (0, ready(1, 10)),
            (0, ready(2, 20)),
            (0, Refused(id(3))),
            (0, ready(4, 5)),
        ],
        &[Draw(id(1)), WakeAt(at(10))],
    );
    let waits = |show: &Show| -> Vec<(u64, u64)> {
        show.queue(at(4))
            .map(|w| (w.id.0, w.wait.as_secs()))
            .collect()
    };
    assert_eq!(waits(&show), [(2, 96), (3, 206), (4, 212)]);
    show.handle(at(4), Move { id: id(4), to: 0 });
    assert_eq!(waits(&show), [(4, 96), (2, 191), (3, 301)]);
    show.handle(at(4), Withdrawn(id(4)));
    assert_eq!(show.poll(), Some(Cleared(vec![id(4)])));
}

fn any_input() -> impl Strategy<Value = Input> {
    let n = 0u64..12;
    prop_oneof![
        3 => Just(Tick),
        1 => n.clone().prop_map(|n| Preparing(id(n))),
        4 => (n.clone(), 0u64..30).prop_map(|(n, secs)| ready(n, secs)),
        1 => n.clone().prop_map(|n| Refused(id(n + 100))),
        1 => n.clone().prop_map(|n| Failed(id(n + 200))),
        1 => n.clone().prop_map(|n| Withdrawn(id(n))),
        1 => (n, 0usize..5).prop_map(|(n, to)| Move { id: id(n), to }),
        1 => Just(Skip),
        1 => Just(Clear),
        1 => Just(Pause),
        2 => Just(Resume),
        1 => Just(HoldLonger),
        1 => Just(Replay),
        1 => Just(Close),
        1 => Just(Open),
        1 => Just(Panic),
        2 => Just(Unpanic),
    ]
}

proptest! {
    /// Whatever happens in whatever order, a painting that was taken is accounted for exactly once.
    #[test]
    fn every_ready_painting_ends_in_exactly_one_way(
        ops in prop::collection::vec((any_input(), 0u64..40), 0..200)
    ) {
        let mut show = Show::new(OPTIONS);
        let mut now = at(0);
        // Per id: how often it was taken in, and how often it ended.
        let mut taken = std::collections::BTreeMap::<u64, (u32, u32)>::new();
        let mut shown = BTreeSet::new();
        let mut drawing = None;
        let mut settle = |show: &mut Show, taken: &mut std::collections::BTreeMap<u64, (u32, u32)>| {
            while let Some(output) = show.poll() {
                match output {
                    Draw(id) => {
                        assert!(!shown.contains(&id), "drawn after it was shown");
                        drawing = Some(id);
                    }
                    Drawn(id) => assert_eq!(drawing, Some(id)),
                    Shown(id) => {
                        assert!(shown.insert(id), "shown twice");
                        assert_eq!(drawing.take(), Some(id));
                        taken.get_mut(&id.0).expect("it was taken").1 += 1;
                    }
                    Skipped(id) => {
                        assert_eq!(drawing.take(), Some(id));
                        taken.get_mut(&id.0).expect("it was taken").1 += 1;
                    }
                    Cleared(ids) => ids.iter().for_each(|id| {
                        taken.get_mut(&id.0).expect("it was taken").1 += 1;
                    }),
                    ShowCard(..) | CardEnded(..) | WakeAt(..) => {}
                }
            }
        };
        for (input, wait) in ops {
            now = now + Duration::from_secs(wait);
            // Time first, so that what is known is known as of now.
            show.handle(now, Tick);
            settle(&mut show, &mut taken);
            if let Ready { id, .. } = input && !show.is_known(id) {
                taken.entry(id.0).or_default().0 += 1;
            }
            show.handle(now, input);
            settle(&mut show, &mut taken);
        }
        show.handle(now, Unpanic);
        show.handle(now, Resume);
        for _ in 0..200 {
            now = now + Duration::from_secs(40);
            show.handle(now, Tick);
            settle(&mut show, &mut taken);
        }
        prop_assert_eq!(show.active(), None);
        for (id, (taken, ended)) in taken {
            prop_assert_eq!(taken, ended, "donation {}", id);
        }
    }

    /// A caller that sleeps until the last wake misses nothing.
    #[test]
    fn sleeping_until_the_last_wake_is_enough(
        lengths in prop::collection::vec(0u64..60, 1..8)
    ) {
        let mut show = Show::new(OPTIONS);
        for (n, &secs) in lengths.iter().enumerate() {
            show.handle(at(0), ready(n as u64, secs));
        }
        let (mut wake, mut shown) = (None, 0);
        for _ in 0..lengths.len() * 2 + 1 {
            while let Some(output) = show.poll() {
                match output {
                    WakeAt(time) => wake = Some(time),
                    Shown(_) => shown += 1,
                    Draw(_) | Drawn(_) | Skipped(_) | Cleared(_) | ShowCard(..) | CardEnded(_) => {}
                }
            }
            if let Some(time) = wake.take() {
                show.handle(time, Tick);
            }
        }
        prop_assert_eq!(shown, lengths.len());
    }
}
