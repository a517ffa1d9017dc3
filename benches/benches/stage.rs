//! What a frame of the stage costs at 1920×1080, on one core.
//!
//! | bench | budget |
//! |---|---|
//! | `frame/drawing` | 0.8 ms |
//! | `frame/crossfading` | 4 ms: the slowest frames of a show, 24 where one painting gives way to another |
//! | `frame/nothing-changed` | 0.02 ms |
//! | `repaint/*` | 10 ms, whatever the text |
//! | `first-frame` | 80 ms, with the rest of the program's start |

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use drawstream_core::color::Rgb8;
use drawstream_core::donation::{Currency, Money, RawText, ShowTime};
use drawstream_core::gate::{Field, Gate, ScreenText};
use drawstream_core::plan::{Canvas, CanvasPoint, CanvasSize, Op, Plan, Step};
use drawstream_core::show::Curtain;
use drawstream_core::stage::{
    Act, BrushView, CanvasDamage, CanvasView, Dab, QueueRow, RequestView, SourceState, SourceView,
    Stage, StageOptions, StageView, Touched,
};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};

const COLORS: [Rgb8; 12] = [
    Rgb8::new(20, 27, 60),
    Rgb8::new(35, 44, 92),
    Rgb8::new(63, 217, 154),
    Rgb8::new(140, 242, 196),
    Rgb8::new(122, 92, 201),
    Rgb8::new(246, 241, 214),
    Rgb8::new(74, 85, 133),
    Rgb8::new(220, 232, 245),
    Rgb8::new(169, 188, 220),
    Rgb8::new(30, 77, 62),
    Rgb8::new(122, 69, 43),
    Rgb8::new(255, 194, 77),
];

/// Words of viewers and what else a view borrows.
struct Props {
    gate: Gate,
    donor: ScreenText,
    message: ScreenText,
    waiting: Vec<(ScreenText, Money)>,
    palette: Vec<Dab>,
}

impl Props {
    fn new(message: &str) -> Self {
        let gate = Gate::default();
        let name = |name: &str| gate.screen_text(&RawText::new(name), Field::Name);
        let money = Money {
            minor_units: 75_000,
            currency: Currency::parse("RUB").expect("three letters"),
        };
        let names = ["Иван Петров", "pixel_fan", "Søren", "محمد", "月の猫"];
        Self {
            donor: name("Анна Solbakken"),
            message: gate.screen_text(&RawText::new(message), Field::Message),
            waiting: names.map(|n| (name(n), money.clone())).into(),
            palette: COLORS
                .map(|color| Dab {
                    color,
                    touched: Touched::NotYet,
                })
                .into(),
            gate,
        }
    }

    fn queue(&self) -> Vec<QueueRow<'_>> {
        (1..)
            .zip(&self.waiting)
            .map(|(n, (donor, amount))| QueueRow {
                donor: Some(donor),
                amount: Some(amount),
                wait: Some(Duration::from_secs(100 * n)),
            })
            .collect()
    }

    fn view<'a>(&'a self, queue: &'a [QueueRow<'a>], playhead: &'a Playhead) -> StageView<'a> {
        StageView {
            now: ShowTime(playhead.position()),
            act: Act::Drawing {
                elapsed: playhead.position(),
                duration: playhead.timeline().duration(),
            },
            request: Some(RequestView {
                donor: Some(&self.donor),
                amount: Some(&self.waiting[0].1),
                message: Some(&self.message),
            }),
            canvas: Some(CanvasView {
                frame: playhead.frame(),
                damage: None.into(),
            }),
            brush: playhead.brush().map(|(at, color)| BrushView { at, color }),
            palette: &self.palette,
            queue,
            waiting: 12,
            source: Some(SourceView {
                name: "Donation Alerts",
                state: SourceState::Live,
            }),
            clock: "21:34",
            ..StageView::default()
        }
    }
}

/// A painting of 1,200 short strokes that takes a minute and a half.
fn playhead() -> Playhead {
    let size = CanvasSize::new(96, 96).expect("a canvas with sides");
    let strokes = (0..1200i32).map(|n| {
        let at = CanvasPoint::new(n * 7 % 96, n / 13);
        Step::from(Op::Brush {
            path: vec![at, CanvasPoint::new(at.x + n % 9, at.y + n % 5)],
            width: 2,
            color: COLORS[n as usize % COLORS.len()],
        })
    });
    let plan = Plan::from_steps(Canvas::new(size), "strokes", strokes.collect())
        .expect("within all limits");
    let options = TimelineOptions {
        default_step: Duration::from_millis(75),
        ..TimelineOptions::default()
    };
    Playhead::new(Arc::new(Timeline::compile(&plan, &options)))
}

fn frames(c: &mut Criterion) {
    let props = Props::new("Уютный домик под северным сиянием, и чтобы в окошке горел свет 🏡");
    let queue = props.queue();
    let mut group = c.benchmark_group("frame");
    group.bench_function("drawing", |b| {
        let mut playhead = playhead();
        let mut stage = Stage::new(StageOptions::default());
        b.iter(|| {
            playhead.advance(Duration::from_micros(16_667));
            if playhead.is_finished() {
                playhead.seek(Duration::ZERO);
            }
            let damage = playhead.take_damage().into();
            let mut view = props.view(&queue, &playhead);
            view.canvas = Some(CanvasView {
                frame: playhead.frame(),
                damage,
            });
            black_box(stage.render(&view));
        });
    });
    group.bench_function("crossfading", |b| {
        let (mut finished, blank) = (playhead(), playhead());
        finished.seek(Duration::MAX);
        let mut stage = Stage::new(StageOptions::default());
        stage.render(&props.view(&queue, &blank));
        let mut frame = 0u32;
        b.iter(|| {
            let shown = [&finished, &blank][(frame / 24 % 2) as usize];
            let mut view = props.view(&queue, shown);
            view.now = ShowTime(Duration::from_micros(16_667) * frame);
            view.canvas = Some(CanvasView {
                frame: shown.frame(),
                damage: CanvasDamage::All,
            });
            frame += 1;
            black_box(stage.render(&view));
        });
    });
    group.bench_function("nothing-changed", |b| {
        let playhead = playhead();
        let mut stage = Stage::new(StageOptions::default());
        let view = props.view(&queue, &playhead);
        stage.render(&view);
        b.iter(|| black_box(stage.render(&view)).is_empty());
    });
    group.finish();
}

/// Every repaint sees a message that was never shaped before.
fn repaints(c: &mut Criterion) {
    let mut group = c.benchmark_group("repaint");
    group.sample_size(20);
    let ideographs: String = (0..1900u32)
        .filter_map(|n| char::from_u32(0x4E00 + n * 7))
        .collect();
    for (name, text) in [
        ("short", "кот на крыше".to_owned()),
        ("2000-letters", "уютный домик и кот на крыше ".repeat(70)),
        ("1900-ideographs", ideographs),
        ("right-to-left", "قط يجلس على القمر ".repeat(105)),
        ("400-emoji", "🐱🦊🏡✨🐉".repeat(80)),
        ("one-word", "ы".repeat(1900)),
    ] {
        let playhead = playhead();
        let mut props = Props::new("");
        let mut stage = Stage::new(StageOptions::default());
        let mut count = 0;
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let mut spent = Duration::ZERO;
                for _ in 0..times {
                    count += 1;
                    let raw = RawText::new(format!("{count} {text}"));
                    props.message = props.gate.screen_text(&raw, Field::Message);
                    let queue = props.queue();
                    let mut view = props.view(&queue, &playhead);
                    view.curtain = Curtain::Covered;
                    stage.render(&view);
                    view.curtain = Curtain::Up;
                    let start = Instant::now();
                    black_box(stage.render(&view));
                    spent += start.elapsed();
                }
                spent
            });
        });
    }
    group.finish();
}

fn first_frame(c: &mut Criterion) {
    let props = Props::new("Уютный домик под северным сиянием 🏡");
    let queue = props.queue();
    let playhead = playhead();
    let view = props.view(&queue, &playhead);
    let mut group = c.benchmark_group("stage");
    group.sample_size(20);
    group.bench_function("first-frame", |b| {
        b.iter(|| {
            let mut stage = Stage::new(StageOptions::default());
            stage.render(&view);
            stage
        });
    });
    group.finish();
}

criterion_group!(stage, frames, repaints, first_frame);
criterion_main!(stage);
