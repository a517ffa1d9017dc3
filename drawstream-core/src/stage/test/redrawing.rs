//! Only what changed is drawn, and what is on the stage does not depend on how it came there.

use proptest::prelude::*;

use super::*;
use crate::raster::CanvasRect;

fn props() -> Props {
    Props::new("Анна", "Уютный домик под северным сиянием 🏡", 12.3)
}

fn area(damage: &Damage) -> i64 {
    damage.rects().iter().map(|rect| rect.area()).sum()
}

#[test]
fn the_same_view_again_changes_nothing() {
    let props = props();
    let queue = props.queue();
    let mut stage = Stage::new(StageOptions::default());
    let first = stage.render(&props.view(DRAWING, &queue)).clone();
    assert_eq!(first.bounds(), StageRect::new(0, 0, 1920, 1080));
    assert!(stage.render(&props.view(DRAWING, &queue)).is_empty());
}

#[test]
fn a_stroke_changes_its_pixels_and_the_brush() {
    let mut props = props();
    let mut stage = Stage::new(StageOptions::default());
    stage.render(&props.view(DRAWING, &[]));
    let next = Props::new("", "", 12.32);
    assert_ne!(props.frame, next.frame);
    props.frame = next.frame;
    props.brush = next.brush;
    let damage = stage.render(&props.view(DRAWING, &[]));
    assert!(!damage.is_empty());
    assert!(area(damage) < 80_000, "{damage:?}");
}

#[test]
fn a_second_that_passes_changes_the_time_and_the_bar() {
    let props = props();
    let mut stage = Stage::new(StageOptions::default());
    stage.render(&props.view(DRAWING, &[]));
    let later = Act::Drawing {
        elapsed: Duration::from_secs(49),
        duration: Duration::from_secs(75),
    };
    let damage = stage.render(&props.view(later, &[]));
    assert!(area(damage) < 40_000, "{damage:?}");
}

#[test]
fn a_caller_that_knows_what_changed_gets_the_same_picture() {
    let mut props = props();
    let (mut told, mut asked) = (
        Stage::new(StageOptions::default()),
        Stage::new(StageOptions::default()),
    );
    told.render(&props.view(DRAWING, &[]));
    asked.render(&props.view(DRAWING, &[]));
    let timeline = Timeline::compile(&painting::plan(96, 96), &TimelineOptions::default());
    let mut playhead = Playhead::new(Arc::new(timeline));
    playhead.seek(Duration::from_secs_f64(12.3));
    playhead.take_damage();
    for _ in 0..20 {
        playhead.advance(Duration::from_millis(33));
        props.frame = playhead.frame().clone();
        props.brush = playhead.brush().map(|(at, color)| BrushView { at, color });
        let mut view = props.view(DRAWING, &[]);
        asked.render(&view);
        view.canvas = Some(CanvasView {
            frame: &props.frame,
            damage: playhead.take_damage().into(),
        });
        told.render(&view);
        assert!(told.pixels() == asked.pixels());
    }
}

#[test]
fn another_painting_of_another_size_leaves_nothing_of_the_one_before() {
    let small = Props::on_canvas("Анна", "кот", 60.0, (40, 96));
    let large = props();
    let mut used = Stage::new(StageOptions::default());
    used.render(&large.view(DRAWING, &[]));
    used.render(&small.view(DRAWING, &[]));
    let mut view = small.view(DRAWING, &[]);
    view.now = ShowTime::from_secs(1);
    used.render(&view);
    let mut fresh = Stage::new(StageOptions::default());
    fresh.render(&view);
    assert!(used.pixels() == fresh.pixels());
}

#[test]
fn every_canvas_is_in_the_middle_of_the_easel() {
    for (w, h) in [
        (1, 1),
        (96, 96),
        (33, 97),
        (200, 100),
        (768, 768),
        (2048, 7),
        (2048, 2048),
    ] {
        let props = Props::on_canvas("", "", 1.0, (w, h));
        let mut stage = Stage::new(StageOptions::default());
        stage.render(&props.view(DRAWING, &[]));
        let (picture, easel) = (stage.picture(), stage.layout.easel);
        assert_eq!(picture.intersect(easel), picture, "{w}x{h}");
        let left = picture.x - easel.x;
        let right = easel.right() - picture.right();
        assert!((left - right).abs() <= 1, "{w}x{h}: {left} and {right}");
        let above = picture.y - easel.y;
        let below = easel.bottom() - picture.bottom();
        assert!((above - below).abs() <= 1, "{w}x{h}: {above} and {below}");
        assert!(
            left >= 11 && above >= 11,
            "{w}x{h} leaves no room for the frame"
        );
        let largest = picture.w.max(picture.h);
        assert!(largest > 640, "{w}x{h} is only {largest} pixels large");
    }
}

#[test]
fn a_canvas_larger_than_its_place_shows_the_mean_of_its_pixels() {
    let pixels = Framebuffer::new(CanvasSize::new(1920, 1920).unwrap(), Rgb8::BLACK);
    let props = props();
    let mut stage = Stage::new(StageOptions::default());
    let whole = CanvasRect::whole(pixels.size());
    let mut view = props.view(DRAWING, &[]);
    view.brush = None;
    view.canvas = Some(CanvasView {
        frame: &pixels,
        damage: CanvasDamage::Within(whole),
    });
    stage.render(&view);
    let picture = stage.picture();
    assert_eq!((picture.w, picture.h), (960, 960));
    let pixels = Framebuffer::new(pixels.size(), Rgb8::new(200, 100, 0));
    view.canvas = Some(CanvasView {
        frame: &pixels,
        damage: CanvasDamage::Within(whole),
    });
    stage.render(&view);
    let at = ((picture.y + 9) * 1920 + picture.x + 9) as usize * 4;
    assert_eq!(stage.pixels()[at..at + 4], [200, 100, 0, 255]);
}

#[test]
fn hiding_the_panels_and_showing_them_again_is_as_if_nothing_was() {
    let props = props();
    let queue = props.queue();
    let mut stage = Stage::new(StageOptions::default());
    let mut view = props.view(DRAWING, &queue);
    stage.render(&view);
    let before = stage.pixels().to_vec();
    view.hud = Hud::Hidden;
    stage.render(&view);
    assert!(stage.pixels() != before);
    view.hud = Hud::Shown;
    view.curtain = Curtain::Covered;
    stage.render(&view);
    view.curtain = Curtain::Up;
    stage.render(&view);
    assert!(stage.pixels() == before);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,60}",
        "[а-яё ]{0,400}",
        "\\PC{0,80}",
        "[א-תء-ي0-9a-z ]{0,60}",
        "[\u{300}-\u{36f}a]{0,60}",
        "[🦊👨👩👧\u{200d}\u{fe0f}🇦-🇿🏻-🏿]{0,40}",
        "\\p{Any}{0,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever viewers write, outside of the places of their words every pixel is as without them.
    #[test]
    fn no_text_leaves_its_place(donor in any_text(), message in any_text(), waiting in any_text()) {
        let size = StageSize::new(640, 360).unwrap();
        let options = StageOptions { size, ..StageOptions::default() };
        let mut plain = Props::new("", "", 3.0);
        plain.waiting.truncate(1);
        let mut hostile = Props::new(&donor, &message, 3.0);
        hostile.waiting.truncate(1);
        hostile.waiting[0].0 = Some(words(&waiting));
        let mut stages = [Stage::new(options.clone()), Stage::new(options)];
        for (stage, props) in stages.iter_mut().zip([&plain, &hostile]) {
            stage.render(&props.view(DRAWING, &props.queue()));
        }
        let own = [
            stages[0].now_places.head,
            stages[0].now_places.message,
            stages[0].next_places.rows[0],
        ];
        let [plain, hostile] = &stages;
        let pairs = plain.pixels().chunks_exact(4).zip(hostile.pixels().chunks_exact(4));
        for (n, _) in pairs.enumerate().filter(|(_, (a, b))| a != b) {
            let at = StageRect::new(n as i32 % 640, n as i32 / 640, 1, 1);
            let inside = own.iter().any(|place| place.intersect(at) == at);
            prop_assert!(inside, "a pixel at {}, {}", at.x, at.y);
        }
    }
}
