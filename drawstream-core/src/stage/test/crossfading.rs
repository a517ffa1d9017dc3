//! One picture gives way to another: softly, for a moment, and without a trace.

use super::*;
use crate::plan::CanvasPoint;
use crate::raster::CanvasRect;

const BLACK: Rgb8 = Rgb8::BLACK;
const RED: Rgb8 = Rgb8::new(200, 0, 0);

fn canvas(side: u16, color: Rgb8) -> Framebuffer {
    Framebuffer::new(CanvasSize::new(side, side).unwrap(), color)
}

fn view<'a>(frame: Option<&'a Framebuffer>, act: Act<'a>, ms: u64) -> StageView<'a> {
    StageView {
        now: ShowTime::from_millis(ms),
        act,
        canvas: frame.map(|frame| CanvasView {
            frame,
            damage: CanvasDamage::All,
        }),
        ..StageView::default()
    }
}

const PREPARING: Act<'static> = Act::Preparing { progress: None };
const REFUSED: Act<'static> = Act::Refused {
    reply: None,
    remaining: Duration::from_secs(5),
};

/// Red in the upper left corner of the picture.
fn red(stage: &Stage) -> u8 {
    let picture = stage.picture();
    let at = ((picture.y + 4) * i32::from(stage.size().w()) + picture.x + 4) as usize * 4;
    stage.pixels()[at]
}

fn small() -> Stage {
    Stage::new(StageOptions {
        size: StageSize::new(640, 360).unwrap(),
        ..StageOptions::default()
    })
}

/// Shows `views` one after another and demands that the last one is shown as on a stage that shows nothing else.
fn leaves_no_trace(views: &[StageView<'_>]) {
    let (mut used, mut fresh) = (small(), small());
    for view in views {
        used.render(view);
    }
    assert!(!used.is_settling());
    fresh.render(views.last().unwrap());
    assert!(used.pixels() == fresh.pixels());
}

#[test]
fn another_painting_comes_in_softly_and_says_when_it_is_there() {
    let (before, after) = (canvas(96, BLACK), canvas(96, RED));
    let mut stage = small();
    stage.render(&view(Some(&before), DRAWING, 0));
    assert!(!stage.is_settling(), "the first picture is there at once");
    let seen = [1000, 1100, 1200, 1300, 1400].map(|ms| {
        stage.render(&view(Some(&after), DRAWING, ms));
        (red(&stage), stage.is_settling())
    });
    assert_eq!(
        seen,
        [
            (0, true),
            (49, true),
            (100, true),
            (150, true),
            (200, false)
        ]
    );
    assert!(stage.render(&view(Some(&after), DRAWING, 1500)).is_empty());
}

#[test]
fn a_stroke_is_there_at_once_also_in_a_jump_of_time() {
    let (before, mut after) = (canvas(96, BLACK), canvas(96, BLACK));
    let stroke = CanvasRect {
        x: 0,
        y: 0,
        w: 32,
        h: 32,
    };
    after.copy_rect(&canvas(96, RED), stroke);
    let mut stage = small();
    stage.render(&view(Some(&before), DRAWING, 0));
    stage.render(&view(Some(&after), DRAWING, 16));
    assert_eq!((red(&stage), stage.is_settling()), (200, false));
}

#[test]
fn what_is_painted_meanwhile_is_seen_through_what_goes() {
    let (before, ground) = (canvas(96, BLACK), canvas(96, RED));
    let mut stage = small();
    stage.render(&view(Some(&before), DRAWING, 0));
    stage.render(&view(Some(&ground), DRAWING, 1000));
    let painted = canvas(96, Rgb8::new(100, 0, 0));
    let mut later = view(Some(&painted), DRAWING, 1200);
    later.canvas = Some(CanvasView {
        frame: &painted,
        damage: CanvasDamage::Within(CanvasRect::whole(painted.size())),
    });
    stage.render(&later);
    assert_eq!(red(&stage), 50);
}

#[test]
fn without_motion_and_under_a_cover_nothing_fades() {
    let (before, after) = (canvas(96, BLACK), canvas(96, RED));
    let mut stage = small();
    stage.render(&view(Some(&before), DRAWING, 0));
    let still = StageView {
        motion: Motion::Reduced,
        ..view(Some(&after), DRAWING, 1000)
    };
    stage.render(&still);
    assert_eq!((red(&stage), stage.is_settling()), (200, false));
    let covered = StageView {
        curtain: Curtain::Covered,
        ..view(Some(&before), DRAWING, 2000)
    };
    stage.render(&view(Some(&before), DRAWING, 2000));
    stage.render(&covered);
    let mut bare = small();
    bare.render(&covered);
    assert!(
        stage.pixels() == bare.pixels(),
        "the cover is whole at once"
    );
}

#[test]
fn whatever_gives_way_leaves_no_trace() {
    let (one, other) = (canvas(96, BLACK), canvas(96, RED));
    let small = canvas(40, RED);
    let brush = BrushView {
        at: CanvasPoint::new(95, 0),
        color: RED,
    };
    let brushed = StageView {
        brush: Some(brush),
        ..view(Some(&one), DRAWING, 0)
    };
    let settled = 9_000;
    let chains = [
        [
            brushed,
            view(Some(&other), DRAWING, 1000),
            view(Some(&other), DRAWING, settled),
        ],
        [
            brushed,
            view(None, REFUSED, 1000),
            view(None, REFUSED, settled),
        ],
        [
            view(None, REFUSED, 0),
            view(Some(&one), DRAWING, 1000),
            view(Some(&one), DRAWING, settled),
        ],
        [
            view(None, PREPARING, 0),
            view(None, REFUSED, 1000),
            view(None, REFUSED, settled),
        ],
        [
            brushed,
            view(Some(&small), DRAWING, 1000),
            view(Some(&small), DRAWING, settled),
        ],
    ];
    for mut chain in chains {
        // What is half way in gives way too.
        leaves_no_trace(&chain);
        chain[1].now = ShowTime::from_millis(8_900);
        let mut four = chain.to_vec();
        four.insert(
            1,
            StageView {
                now: ShowTime::from_millis(8_700),
                ..chain[0]
            },
        );
        four.push(StageView {
            now: ShowTime::from_millis(20_000),
            ..chain[2]
        });
        leaves_no_trace(&four);
    }
}
