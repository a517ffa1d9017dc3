use std::sync::Arc;
use std::time::Duration;

use super::{Playhead, Timeline, TimelineOptions};
use crate::color::Rgb8;
use crate::plan::{Animation, Canvas, CanvasPoint, CanvasSize, Ease, Mode, Op, Paint, Plan, Step};

const INK: Rgb8 = Rgb8::new(200, 100, 50);

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn timeline(steps: Vec<Step>) -> Arc<Timeline> {
    let canvas = Canvas::new(CanvasSize::new(16, 16).unwrap());
    let plan = Plan::from_steps(canvas, "", steps).unwrap();
    Arc::new(Timeline::compile(&plan, &TimelineOptions::default()))
}

fn row(y: i32, length: i32) -> Op {
    Op::Pixels {
        points: (0..length).map(|x| CanvasPoint::new(x, y)).collect(),
        color: INK,
    }
}

/// How many pixels are painted at a moment.
fn painted(timeline: &Arc<Timeline>, at: Duration) -> usize {
    let mut playhead = Playhead::new(Arc::clone(timeline));
    playhead.seek(at);
    let blank = [32, 32, 32, 255];
    let pixels = playhead.frame().pixels().chunks_exact(4);
    pixels.filter(|pixel| *pixel != blank).count()
}

fn animated(op: Op, animation: Animation) -> Step {
    Step::animated(op, animation)
}

#[test]
fn a_step_waits_its_delay_and_plays_for_its_duration_its_speed_or_the_default() {
    let timed = |animation| timeline(vec![animated(row(0, 10), animation)]).duration();
    let plain = Animation::default();
    assert_eq!(timed(plain), millis(700));
    let speed = Animation {
        speed_px_per_s: Some(20.0),
        ..plain
    };
    assert_eq!(timed(speed), millis(500));
    let both = Animation {
        duration: Some(millis(40)),
        delay: Some(millis(60)),
        ..speed
    };
    assert_eq!(timed(both), millis(100));
    let none = Animation {
        speed_px_per_s: Some(0.0),
        ..plain
    };
    assert_eq!(timed(none), millis(700));
}

#[test]
fn pixels_are_uncovered_one_at_once_and_then_by_progress() {
    let reveal = Animation {
        mode: Mode::PixelReveal,
        duration: Some(millis(1000)),
        delay: Some(millis(100)),
        ..Animation::default()
    };
    let timeline = timeline(vec![animated(row(0, 10), reveal)]);
    let at = |ms| painted(&timeline, millis(ms));
    assert_eq!(
        [at(99), at(100), at(299), at(300), at(1099), at(1100)],
        [0, 1, 1, 2, 9, 10]
    );
}

#[test]
fn a_groups_time_is_shared_by_painted_pixels_among_those_without_their_own() {
    let own = Animation {
        duration: Some(millis(50)),
        ..Animation::default()
    };
    let group = Op::Group {
        steps: vec![
            row(0, 2).into(),
            Op::Group {
                steps: vec![row(1, 3).into(), animated(row(2, 4), own)],
            }
            .into(),
            row(3, 5).into(),
        ],
    };
    let whole = Animation {
        duration: Some(millis(1000)),
        delay: Some(millis(7)),
        ..Animation::default()
    };
    let timeline = timeline(vec![animated(group, whole)]);
    let times: Vec<_> = timeline
        .leaves
        .iter()
        .map(|leaf| ((leaf.start / 1_000_000), (leaf.end / 1_000_000)))
        .collect();
    assert_eq!(times, [(7, 207), (207, 507), (507, 557), (557, 1057)]);
}

#[test]
fn shares_that_do_not_divide_evenly_still_make_the_whole() {
    let group = Op::Group {
        steps: (0..7).map(|y| row(y, y + 1).into()).collect(),
    };
    let whole = Animation {
        duration: Some(millis(1)),
        ..Animation::default()
    };
    assert_eq!(timeline(vec![animated(group, whole)]).duration(), millis(1));
}

#[test]
fn a_fade_blends_each_pixel_once_however_often_it_is_listed() {
    let twice = Op::Pixels {
        points: vec![CanvasPoint::new(1, 1), CanvasPoint::new(1, 1)],
        color: Rgb8::WHITE,
    };
    let fade = Animation {
        mode: Mode::Fill,
        duration: Some(millis(255)),
        ..Animation::default()
    };
    let timeline = timeline(vec![animated(twice, fade)]);
    let mut playhead = Playhead::new(timeline);
    playhead.seek(millis(51));
    let c = u8::try_from((32 * 256 + (255 - 32) * 51 + 255) >> 8).unwrap();
    assert_eq!(playhead.frame().color_at(1, 1), Some(Rgb8::new(c, c, c)));
}

#[test]
fn the_brush_glides_to_the_next_stroke_and_is_gone_at_the_end() {
    let stroke = |delay| Animation {
        duration: Some(millis(100)),
        delay: Some(millis(delay)),
        ..Animation::default()
    };
    let dot = |x| Op::Pixels {
        points: vec![CanvasPoint::new(x, 0)],
        color: INK,
    };
    let timeline = timeline(vec![
        animated(dot(0), stroke(0)),
        animated(dot(10), stroke(100)),
    ]);
    let mut playhead = Playhead::new(timeline);
    let mut at = |ms| {
        playhead.seek(millis(ms));
        playhead.brush().map(|(place, _)| place.x)
    };
    assert_eq!(
        [at(0), at(100), at(150), at(199), at(200), at(299), at(300)],
        [Some(0), Some(0), Some(5), Some(9), Some(10), Some(10), None]
    );
}

#[test]
fn damage_is_what_changed_since_it_was_last_taken() {
    let mut playhead = Playhead::new(timeline(vec![
        animated(
            row(3, 10),
            Animation {
                duration: Some(millis(1000)),
                ease: Ease::Linear,
                ..Animation::default()
            },
        ),
        Op::Rect {
            at: CanvasPoint::new(4, 4),
            w: 3,
            h: 3,
            paint: Paint::default(),
        }
        .into(),
    ]));
    let whole = playhead.take_damage().unwrap();
    assert_eq!((whole.x, whole.y, whole.w, whole.h), (0, 0, 16, 16));
    playhead.advance(millis(500));
    let changed = playhead.take_damage().unwrap();
    assert_eq!((changed.x, changed.y, changed.w, changed.h), (1, 3, 4, 1));
    playhead.advance(millis(1));
    assert_eq!(playhead.take_damage(), None);
}

#[test]
fn a_painting_over_an_underdrawing_hides_all_of_it_and_ends_as_its_own_picture() {
    use crate::raster::Framebuffer;
    let canvas = Canvas::new(CanvasSize::new(24, 24).unwrap());
    let square = Step {
        op: Op::Rect {
            at: CanvasPoint::new(4, 4),
            w: 12,
            h: 9,
            paint: Paint {
                fill: Some(Rgb8::new(200, 30, 30)),
                outline: None,
            },
        },
        animation: None,
    };
    let plan = Plan::from_steps(canvas, "", vec![square]).unwrap();
    let timeline = Arc::new(Timeline::compile(&plan, &TimelineOptions::default()));
    let ground = Framebuffer::new(CanvasSize::new(24, 24).unwrap(), Rgb8::new(10, 90, 160));
    let mut over = Playhead::over(Arc::clone(&timeline), &ground).unwrap();
    let duration = timeline.duration();
    assert_eq!(over.frame().color_at(0, 0), Some(Rgb8::new(10, 90, 160)));
    over.seek(duration / 6);
    let half_way = over.frame().clone();
    assert_eq!(half_way.color_at(23, 23), Some(Rgb8::new(10, 90, 160)));
    assert_eq!(half_way.color_at(0, 0), Some(canvas.background));
    over.seek(duration);
    assert_eq!(over.frame().pixels(), timeline.finished().pixels());
    over.seek(duration / 6);
    assert_eq!(over.frame().pixels(), half_way.pixels());
    let small = Framebuffer::new(CanvasSize::new(8, 8).unwrap(), Rgb8::BLACK);
    assert!(Playhead::over(timeline, &small).is_none());
}
