//! The finished pixels of version 1.0 plans, compared with pictures that come with the format's rules.

use std::path::{Path, PathBuf};
use std::time::Duration;

use drawstream_core::plan::{Limits, Plan};
use drawstream_core::timeline::{Timeline, TimelineOptions};

/// The folder of the format's own cases, where this checkout has it.
fn cases() -> Option<PathBuf> {
    let shared = std::env::var_os("DRAWSTREAM_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("raster-cases");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_case_of_the_rules_gives_its_picture_to_the_pixel() {
    let Some(folder) = cases() else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ext| ext != "json") {
            continue;
        }
        let plan = Plan::parse(std::fs::read(&path).unwrap(), &Limits::default()).unwrap();
        let expected = image::open(path.with_extension("png")).unwrap().to_rgba8();
        let finished = Timeline::compile(&plan, &TimelineOptions::default()).finished();
        let wrong = expected
            .chunks_exact(4)
            .zip(finished.pixels().chunks_exact(4))
            .position(|(a, b)| a != b);
        let place = wrong.map(|index| (index % 64, index / 64));
        assert_eq!(place, None, "first wrong pixel of {}", path.display());
        compared += 1;
    }
    assert!(compared >= 100, "only {compared} cases were found");
}

fn finished(steps: &str) -> Vec<(u32, u32)> {
    let json = format!(
        r##"{{"version":"1.0","caption":"","canvas":{{"w":8,"h":8,"bg":"#000"}},"steps":[{steps}]}}"##
    );
    let plan = Plan::parse(json, &Limits::default()).expect("the plan is right");
    let frame = Timeline::compile(&plan, &TimelineOptions::default()).finished();
    let painted = |(x, y): &(u32, u32)| frame.color_at(*x, *y).is_some_and(|c| c.r != 0);
    (0..8)
        .flat_map(|y| (0..8).map(move |x| (x, y)))
        .filter(painted)
        .collect()
}

#[test]
fn coordinates_at_the_end_of_their_range_cost_nothing_and_overflow_nothing() {
    let all: Vec<_> = (0..8).flat_map(|y| (0..8).map(move |x| (x, y))).collect();
    let diagonal: Vec<_> = (0..8).map(|k| (k, k)).collect();
    let (low, high) = (i32::MIN, i32::MAX);
    let far = format!(
        r##"{{"op":"line","x1":{low},"y1":{low},"x2":{high},"y2":{high},"color":"#FFF"}}"##
    );
    assert_eq!(finished(&far), diagonal);
    let wide = format!(
        r##"{{"op":"line","x1":{low},"y1":{high},"x2":{high},"y2":{low},"width":{high},"color":"#FFF"}}"##
    );
    assert_eq!(finished(&wide), all);
    let rect = format!(
        r##"{{"op":"rect","x":{low},"y":{low},"w":{high},"h":{high},"fill":"#FFF","outline":"#FFF"}},
            {{"op":"rect","x":-5,"y":-5,"w":{high},"h":{high},"fill":"#FFF","outline":"#FFF"}}"##
    );
    assert_eq!(finished(&rect), all);
    let circle = format!(
        r##"{{"op":"circle","cx":{low},"cy":{high},"r":{high},"fill":"#FFF","outline":"#FFF"}},
            {{"op":"circle","cx":4,"cy":4,"r":{high},"fill":"#FFF","outline":"#FFF"}}"##
    );
    assert_eq!(finished(&circle), all);
    let polygon = format!(
        r##"{{"op":"polygon","points":[[{low},{low}],[{high},{low}],[{high},{high}],[{low},{high}]],"fill":"#FFF","outline":"#FFF"}}"##
    );
    assert_eq!(finished(&polygon), all);
}

#[test]
fn a_far_circle_meets_the_canvas_where_its_midpoint_walk_does() {
    // Radius 2^31 - 1 around a centre as far away: the rightmost columns end at x = -1 + r - r.
    let circle = format!(
        r##"{{"op":"circle","cx":{},"cy":4,"r":{},"outline":"#FFF"}}"##,
        -i32::MAX + 4,
        i32::MAX
    );
    assert_eq!(
        finished(&circle),
        (0..8).map(|y| (3, y)).collect::<Vec<_>>()
    );
}

#[test]
fn strokes_go_around_and_along_and_fills_by_rows() {
    let order = |step: &str| {
        let json = format!(
            r##"{{"version":"1.0","caption":"","canvas":{{"w":8,"h":8,"bg":"#000"}},"steps":[{step}]}}"##
        );
        let plan = Plan::parse(json, &Limits::default()).unwrap();
        let timeline = std::sync::Arc::new(Timeline::compile(&plan, &TimelineOptions::default()));
        let mut playhead = drawstream_core::timeline::Playhead::new(timeline);
        let mut order = Vec::new();
        // A pixel a second; the last of them is there only when the brush is gone.
        playhead.advance(Duration::from_millis(500));
        while let Some((at, _)) = playhead.brush() {
            order.push((at.x, at.y));
            playhead.advance(Duration::from_secs(1));
        }
        // The first pixel is there at once, so it is met twice.
        order.remove(0);
        let all = (0..8).flat_map(|y| (0..8).map(move |x| (x, y)));
        let unmet = all.filter(|(x, y)| {
            let painted =
                playhead.frame().color_at(*x, *y) != Some(drawstream_core::color::Rgb8::BLACK);
            painted && !order.contains(&(x.cast_signed(), y.cast_signed()))
        });
        let unmet: Vec<_> = unmet.collect();
        order.extend(
            unmet
                .iter()
                .map(|(x, y)| (x.cast_signed(), y.cast_signed())),
        );
        order
    };
    let line = r##"{"op":"line","x1":5,"y1":5,"x2":2,"y2":4,"color":"#FFF","animate":{"mode":"stroke","speed_px_per_s":1}}"##;
    assert_eq!(order(line), [(5, 5), (4, 5), (3, 4), (2, 4)]);
    let frame = r##"{"op":"rect","x":1,"y":1,"w":3,"h":3,"outline":"#FFF","animate":{"mode":"stroke","speed_px_per_s":1}}"##;
    assert_eq!(
        order(frame),
        [
            (1, 1),
            (2, 1),
            (3, 1),
            (3, 2),
            (3, 3),
            (2, 3),
            (1, 3),
            (1, 2)
        ]
    );
    let both = r##"{"op":"rect","x":1,"y":1,"w":3,"h":3,"fill":"#F00","outline":"#FFF","animate":{"mode":"stroke","speed_px_per_s":1}}"##;
    assert_eq!(order(both)[..3], [(2, 2), (1, 1), (2, 1)]);
    let ring = r##"{"op":"circle","cx":4,"cy":4,"r":2,"outline":"#FFF","animate":{"mode":"stroke","speed_px_per_s":1}}"##;
    let ring = order(ring);
    let steps = ring
        .windows(2)
        .map(|p| (p[0].0 - p[1].0).abs().max((p[0].1 - p[1].1).abs()));
    assert_eq!(steps.max(), Some(1), "the brush goes around: {ring:?}");
}
