//! Laws that hold for every plan: writing and reading, and playing in any cut.

use std::sync::Arc;
use std::time::Duration;

use drawstream_core::color::Rgb8;
use drawstream_core::plan::{
    Animation, Canvas, CanvasPoint, CanvasSize, Ease, Limits, Mode, Op, Paint, Plan, Run, Step,
    Version,
};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn color() -> impl Strategy<Value = Rgb8> {
    any::<[u8; 3]>().prop_map(Rgb8::from)
}

fn point() -> impl Strategy<Value = CanvasPoint> {
    let coordinate = prop_oneof![9 => -6..30i32, 1 => any::<i32>()];
    (coordinate.clone(), coordinate).prop_map(|(x, y)| CanvasPoint::new(x, y))
}

fn paint() -> impl Strategy<Value = Paint> {
    (option::of(color()), option::of(color())).prop_map(|(fill, outline)| Paint { fill, outline })
}

fn animation() -> impl Strategy<Value = Animation> {
    let mode = prop_oneof![
        Just(Mode::Stroke),
        Just(Mode::Fill),
        Just(Mode::PixelReveal)
    ];
    let ease = prop_oneof![Just(Ease::Linear), Just(Ease::InOut)];
    let speed = option::of(prop_oneof![Just(0.0), 1.0..5000.0f64]);
    let millis = |least: u64| option::of((least..2000).prop_map(Duration::from_millis));
    (mode, speed, millis(1), millis(0), ease).prop_map(
        |(mode, speed_px_per_s, duration, delay, ease)| Animation {
            mode,
            speed_px_per_s,
            duration,
            delay,
            ease,
        },
    )
}

fn leaf() -> impl Strategy<Value = Op> {
    let run = (
        point(),
        (-9..9i32).prop_filter("no run is empty", |len| *len != 0),
    );
    prop_oneof![
        (point(), -2..20i32, -2..20i32, paint()).prop_map(|(at, w, h, paint)| Op::Rect {
            at,
            w,
            h,
            paint
        }),
        (point(), 0..20u32, paint()).prop_map(|(center, r, paint)| Op::Circle { center, r, paint }),
        (point(), point(), 1..9u32, color()).prop_map(|(from, to, width, color)| Op::Line {
            from,
            to,
            width,
            color
        }),
        (vec(point(), 3..7), paint()).prop_map(|(points, paint)| Op::Polygon { points, paint }),
        (vec(point(), 1..30), color()).prop_map(|(points, color)| Op::Pixels { points, color }),
        (
            point(),
            ".{0,8}",
            option::of("[a-z]{1,5}"),
            4..=64u8,
            color()
        )
            .prop_map(|(at, value, font, size, color)| Op::Text {
                at,
                value,
                font,
                size,
                color
            }),
        (vec(run, 1..9), color()).prop_map(|(runs, color)| Op::Runs {
            runs: runs
                .into_iter()
                .filter_map(|(start, len)| Run::new(start, len))
                .collect(),
            color
        }),
        (vec(point(), 1..5), 1..=9u32, color()).prop_map(|(path, width, color)| Op::Brush {
            path,
            width,
            color
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let animated =
        |op| (op, option::of(animation())).prop_map(|(op, animation)| Step { op, animation });
    animated(leaf().boxed()).prop_recursive(3, 12, 4, move |inner| {
        animated(
            vec(inner, 0..4)
                .prop_map(|steps| Op::Group { steps })
                .boxed(),
        )
    })
}

prop_compose! {
    fn plan()(
        (w, h) in (1..24u16, 1..24u16),
        background in color(),
        caption in ".{0,12}",
        palette in option::of(vec(color(), 0..4)),
        seed in option::of(any::<i64>()),
        steps in vec(step(), 1..6),
    ) -> Plan {
        let size = CanvasSize::new(w, h).expect("not empty");
        let canvas = Canvas::new(size).with_background(background);
        let mut plan = Plan::from_steps(canvas, caption, steps).expect("within the limits");
        if let Some(palette) = palette {
            plan = plan.with_palette(palette);
        }
        if let Some(seed) = seed {
            plan = plan.with_seed(seed);
        }
        plan
    }
}

fn playhead(plan: &Plan) -> Playhead {
    Playhead::new(Arc::new(Timeline::compile(
        plan,
        &TimelineOptions::default(),
    )))
}

fn moment(timeline: &Timeline, part: f64) -> Duration {
    timeline.duration().mul_f64(part)
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_plan_and_written_as_the_same_bytes(plan in plan()) {
        let json = plan.to_json(Version::V1_1);
        let read = Plan::parse(&json, &Limits::default()).unwrap();
        prop_assert_eq!(&read, &plan);
        prop_assert_eq!(read.to_json(Version::V1_1), json);
    }

    #[test]
    fn a_converted_plan_has_the_same_frames_at_every_moment(
        plan in plan(),
        parts in vec(0.0..1.0f64, 4),
    ) {
        let older = Plan::parse(plan.to_json(Version::V1_0), &Limits::default()).unwrap();
        let runs = plan.clone().with_runs();
        let (mut a, mut b, mut c) = (playhead(&plan), playhead(&older), playhead(&runs));
        prop_assert_eq!(a.timeline().duration(), b.timeline().duration());
        for part in parts {
            let at = moment(a.timeline(), part);
            for playhead in [&mut a, &mut b, &mut c] {
                playhead.seek(at);
            }
            prop_assert_eq!(a.frame(), b.frame());
            prop_assert_eq!(a.frame(), c.frame());
            prop_assert_eq!(a.brush(), b.brush());
        }
    }

    #[test]
    fn a_moment_looks_the_same_however_it_was_reached(
        plan in plan(),
        parts in vec(0.0..1.2f64, 1..8),
    ) {
        let mut wanderer = playhead(&plan);
        let mut shown = wanderer.frame().clone();
        for part in parts {
            let at = moment(wanderer.timeline(), part);
            wanderer.take_damage();
            wanderer.seek(at);
            let mut direct = playhead(&plan);
            direct.seek(at);
            prop_assert_eq!(wanderer.frame(), direct.frame());
            prop_assert_eq!(wanderer.brush(), direct.brush());
            // Only what is in the damage has changed.
            let damage = wanderer.take_damage();
            for (index, (now, before)) in wanderer.frame().pixels().chunks_exact(4)
                .zip(shown.pixels().chunks_exact(4)).enumerate()
            {
                let width = usize::from(plan.canvas().size.w());
                let (x, y) = (index % width, index / width);
                let inside = damage.is_some_and(|d| {
                    (usize::from(d.x)..usize::from(d.x + d.w)).contains(&x)
                        && (usize::from(d.y)..usize::from(d.y + d.h)).contains(&y)
                });
                prop_assert!(inside || now == before, "({}, {}) changed unnoticed", x, y);
            }
            shown = wanderer.frame().clone();
        }
    }

    #[test]
    fn advancing_twice_is_advancing_once_by_both(plan in plan(), a in 0..4000u64, b in 0..4000u64) {
        let (mut twice, mut once) = (playhead(&plan), playhead(&plan));
        twice.advance(Duration::from_micros(a * 517));
        twice.advance(Duration::from_micros(b * 517));
        once.advance(Duration::from_micros((a + b) * 517));
        prop_assert_eq!(twice.frame(), once.frame());
        prop_assert_eq!(twice.position(), once.position());
    }

    #[test]
    fn drawing_step_by_step_ends_in_the_picture_drawn_at_once(plan in plan()) {
        let mut playhead = playhead(&plan);
        let finished = playhead.timeline().finished();
        let tick = (playhead.timeline().duration() / 40).max(Duration::from_millis(1));
        while !playhead.is_finished() {
            playhead.advance(tick);
        }
        prop_assert_eq!(playhead.frame(), &finished);
        prop_assert_eq!(playhead.progress(), 1.0);
    }

    #[test]
    fn bytes_of_any_kind_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Plan::parse(&bytes, &Limits::default());
    }

    #[test]
    fn a_document_with_a_piece_exchanged_is_read_or_refused(
        plan in plan(),
        place in any::<prop::sample::Index>(),
        length in 0..12usize,
        piece in prop_oneof![
            Just("null"), Just("-1"), Just("1e9"), Just("1.5"), Just("99999999999999999999"),
            Just("\"\""), Just("[]"), Just("{}"), Just("[[0,0]]"), Just("\"op\":\"rect\","),
            Just("\u{FEFF}"), Just("\"stroke\""), Just("{\"steps\":["),
        ],
    ) {
        let mut bytes = plan.to_json(Version::V1_1).into_bytes();
        let start = place.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, piece.bytes());
        if let Err(errors) = Plan::parse_all(&bytes, &Limits::default()) {
            prop_assert!(!errors.is_empty());
        }
    }

    /// A value in the place of another is always told, and told as an error of the plan, not of JSON.
    #[test]
    fn a_wrong_value_is_told_with_its_place(plan in plan(), place in any::<prop::sample::Index>()) {
        let json = plan.to_json(Version::V1_1);
        let numbers: Vec<_> = json.match_indices("\"op\":").collect();
        let (start, _) = numbers[place.index(numbers.len())];
        let broken = format!("{}\"hue\":[{{}}],{}", &json[..start], &json[start..]);
        let error = Plan::parse(&broken, &Limits::default()).unwrap_err().to_string();
        prop_assert!(error.contains("hue: unknown field"), "{}", error);
    }
}
