//! A plan with every op of version 1.0, groups in groups, every mode, ease, speed and delay: its frames at fixed times.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::plan::{Limits, Plan, Version};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};

use crate::golden;

fn plan() -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/plans/aurora_cabin.json");
    let json = std::fs::read(path).expect("the plan is there");
    Plan::parse(json, &Limits::default()).expect("the plan is right")
}

fn playhead() -> Playhead {
    let timeline = Timeline::compile(&plan(), &TimelineOptions::default());
    Playhead::new(Arc::new(timeline))
}

const MOMENTS: [u64; 6] = [2_500, 9_000, 15_000, 21_500, 29_000, 33_210];

#[test]
fn its_frames_are_the_goldens() {
    let mut playhead = playhead();
    for millis in MOMENTS {
        playhead.seek(Duration::from_millis(millis));
        golden::check(&format!("aurora_cabin_{millis:05}"), playhead.frame());
    }
    golden::check("aurora_cabin", &playhead.timeline().finished());
}

#[test]
fn step_by_step_at_sixty_frames_it_passes_through_the_same_frames() {
    let mut stepping = playhead();
    let end = stepping.timeline().duration();
    let mut jumping = playhead();
    let frame = Duration::from_nanos(16_666_667);
    let mut count = 0u32;
    while !stepping.is_finished() {
        stepping.advance(frame);
        count += 1;
        if count.is_multiple_of(97) || stepping.is_finished() {
            jumping.seek(Duration::ZERO);
            jumping.seek((frame * count).min(end));
            assert!(stepping.frame() == jumping.frame(), "after {count} frames");
        }
    }
    assert!(*stepping.frame() == stepping.timeline().finished());
}

#[test]
fn its_canonical_form_reads_as_the_same_plan() {
    let plan = plan();
    let json = plan.to_json(Version::V1_0);
    assert_eq!(
        Plan::parse(&json, &Limits::default()).expect("canonical"),
        plan
    );
    let head: String = json.lines().take(1).collect();
    insta::assert_snapshot!(head, @r##"{"version":"1.0","caption":"Aurora cabin","canvas":{"w":96,"h":96,"bg":"#0B1030"},"palette":["#0B1030","#255078","#5CF2B0","#B9CCE6","#5A3826","#FFC94D"],"seed":11,"steps":["##);
}
