use std::sync::Arc;
use std::time::Duration;

use drawstream_core::color::Rgb8;
use drawstream_core::plan::{
    Animation, Canvas, CanvasPoint, CanvasSize, Mode, Op, Paint, Plan, Step,
};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};
use image::AnimationDecoder;

use super::{Timelapse, write_apng, write_gif};

/// A stroke, a pause, and a shape that fades in: `colors` decides how many tones the fade goes through.
fn timeline(background: Rgb8) -> Arc<Timeline> {
    let stroke = Animation {
        duration: Some(Duration::from_millis(1_130)),
        ..Animation::default()
    };
    let fade = Animation {
        mode: Mode::Fill,
        duration: Some(Duration::from_millis(700)),
        delay: Some(Duration::from_millis(517)),
        ..Animation::default()
    };
    let points = (0..30).map(|k| CanvasPoint::new(k % 12, k / 3)).collect();
    let color = Rgb8::new(200, 40, 90);
    let paint = Paint {
        fill: Some(Rgb8::new(250, 240, 10)),
        outline: Some(Rgb8::new(1, 2, 3)),
    };
    let steps = vec![
        Step::animated(Op::Pixels { points, color }, stroke),
        Step::animated(
            Op::Circle {
                center: CanvasPoint::new(6, 6),
                r: 5,
                paint,
            },
            fade,
        ),
    ];
    let canvas = Canvas::new(CanvasSize::new(12, 13).unwrap()).with_background(background);
    let plan = Plan::from_steps(canvas, "", steps).unwrap();
    Arc::new(Timeline::compile(&plan, &TimelineOptions::default()))
}

fn quiet(_: u64, _: u64) {}

/// What a viewer sees: for every frame of the file the picture and when it ends, in milliseconds.
fn seen(frames: image::Frames<'_>) -> Vec<(Vec<u8>, f64)> {
    let mut now = 0.0;
    frames
        .map(|frame| {
            let frame = frame.unwrap();
            let (numerator, denominator) = frame.delay().numer_denom_ms();
            now += f64::from(numerator) / f64::from(denominator);
            (frame.into_buffer().into_raw(), now)
        })
        .collect()
}

/// At the middle of every frame the file shows what the timeline has at the frame's end.
fn check_against_timeline(timelapse: &Timelapse, seen: &[(Vec<u8>, f64)], scale: u32) {
    for frame in 0..timelapse.frames() {
        let middle = (frame as f64 + 0.5) * 1000.0 / f64::from(timelapse.fps);
        let shown = seen.iter().find(|(_, end)| *end > middle);
        let mut playhead = Playhead::new(Arc::clone(&timelapse.timeline));
        playhead.seek(timelapse.moment(frame));
        if middle < seen.last().unwrap().1 {
            let (shown, _) = shown.expect("the file is as long as the time-lapse");
            assert!(*shown == playhead.frame().enlarged(scale), "frame {frame}");
        }
    }
}

#[test]
fn a_gif_shows_each_moment_for_its_time_and_is_as_long_as_the_painting() {
    // Grey to grey passes through few tones, so the palette is exact.
    let timelapse = Timelapse::new(timeline(Rgb8::new(240, 230, 12)), 30, None).unwrap();
    let mut file = Vec::new();
    write_gif(&timelapse, 3, &mut file, &mut quiet).unwrap();
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(&file)).unwrap();
    let seen = seen(decoder.into_frames());
    assert!(
        (seen.last().unwrap().1 - 2350.0).abs() < 1e-6,
        "2347 ms in hundredths"
    );
    check_against_timeline(&timelapse, &seen, 3);
}

#[test]
fn an_apng_is_exact_in_colour_and_time() {
    let timelapse = Timelapse::new(timeline(Rgb8::BLACK), 30, None)
        .unwrap()
        .with_hold(Duration::from_millis(1_500));
    let mut file = Vec::new();
    write_apng(&timelapse, 2, &mut file, &mut quiet).unwrap();
    let decoder = image::codecs::png::PngDecoder::new(std::io::Cursor::new(&file)).unwrap();
    let seen = seen(decoder.apng().unwrap().into_frames());
    assert!((seen.last().unwrap().1 - 3847.0).abs() < 1.0);
    check_against_timeline(&timelapse, &seen, 2);
}

#[test]
fn a_length_fits_the_whole_painting_in() {
    let whole = timeline(Rgb8::BLACK);
    let timelapse = Timelapse::new(Arc::clone(&whole), 25, Some(Duration::from_secs(1))).unwrap();
    assert_eq!(timelapse.frames(), 25);
    assert_eq!(timelapse.moment(24), whole.duration());
    assert_eq!(timelapse.moment(4), whole.duration() / 5);
    let mut file = Vec::new();
    write_gif(&timelapse, 1, &mut file, &mut quiet).unwrap();
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(&file)).unwrap();
    assert_eq!(seen(decoder.into_frames()).last().unwrap().1, 1000.0);
}

#[test]
fn a_card_is_one_frame_of_any_length() {
    let canvas = Canvas::new(CanvasSize::new(40, 30).unwrap());
    let plan = Plan::card(canvas, "", "too small").unwrap();
    let options = TimelineOptions {
        card_hold: Duration::from_secs(1_000),
        ..TimelineOptions::default()
    };
    let timeline = Arc::new(Timeline::compile(&plan, &options));
    let timelapse = Timelapse::new(timeline, 30, None).unwrap();
    let mut file = Vec::new();
    write_gif(&timelapse, 1, &mut file, &mut quiet).unwrap();
    let decoder = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(&file)).unwrap();
    let seen = seen(decoder.into_frames());
    assert_eq!(seen.last().unwrap().1, 1_000_000.0);
    assert!(seen.iter().all(|(pixels, _)| *pixels == seen[0].0));
}
