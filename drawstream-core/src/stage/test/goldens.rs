//! The stage's golden pictures, compared pixel by pixel.
//!
//! A picture that differs leaves `<name>.actual.png` beside the golden one. `DRAWSTREAM_GOLDENS=write` writes them
//! all anew, to be looked at.

use std::path::PathBuf;

use super::*;
use crate::donation::{Currency, Money};
use crate::show::Requests;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/stage"))
}

fn save((w, h): (u32, u32), pixels: &[u8], name: &str) {
    let pixels = pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]);
    let picture = image::RgbImage::from_raw(w, h, pixels.collect()).expect("all pixels are there");
    let file = std::fs::File::create(folder().join(name)).expect("the folder can be written to");
    let best = image::codecs::png::CompressionType::Best;
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        std::io::BufWriter::new(file),
        best,
        image::codecs::png::FilterType::Adaptive,
    );
    picture
        .write_with_encoder(encoder)
        .expect("it can be written");
}

/// Compares what a stage shows with the golden picture of this name.
fn check(stage: &Stage, name: &str) {
    let size = (u32::from(stage.size().w()), u32::from(stage.size().h()));
    check_picture(size, stage.pixels(), name);
}

fn check_picture(size: (u32, u32), pixels: &[u8], name: &str) {
    if std::env::var_os("DRAWSTREAM_GOLDENS").is_some() {
        save(size, pixels, &format!("{name}.png"));
        return;
    }
    let path = folder().join(format!("{name}.png"));
    let golden = image::open(&path)
        .expect("the golden picture is there")
        .to_rgba8();
    assert_eq!(golden.dimensions(), size, "{name}");
    if golden.as_raw().as_slice() != pixels {
        let pairs = golden.as_raw().chunks_exact(4).zip(pixels.chunks_exact(4));
        let first = pairs
            .clone()
            .position(|(a, b)| a != b)
            .expect("one differs");
        let count = pairs.filter(|(a, b)| a != b).count();
        save(size, pixels, &format!("{name}.actual.png"));
        let (x, y) = (first % size.0 as usize, first / size.0 as usize);
        panic!("{name}: {count} pixels differ, the first at ({x}, {y})");
    }
}

fn stage(size: (u16, u16), theme: ThemeName, locale: Locale) -> Stage {
    Stage::new(StageOptions {
        size: StageSize::new(size.0, size.1).expect("a size of a stage"),
        theme,
        locale,
        ..StageOptions::default()
    })
}

const HD: (u16, u16) = (1280, 720);
const FULL: (u16, u16) = (1920, 1080);
const TALL: (u16, u16) = (1080, 1920);
const SMALL_TALL: (u16, u16) = (720, 1280);

#[test]
fn drawing_in_the_atelier() {
    let props = Props::new(
        "Анна ★ Solbakken",
        "Уютный домик под северным сиянием, и чтобы в окошке горел свет 🏡✨",
        12.3,
    );
    let queue = props.queue();
    let mut stage = stage(FULL, ThemeName::Atelier, Locale::Ru);
    stage.render(&props.view(DRAWING, &queue));
    check(&stage, "drawing-atelier-ru");
}

#[test]
fn holding_in_the_aurora() {
    let props = Props::new(
        "Anna Solbakken",
        "A cosy cabin under the northern lights",
        60.0,
    );
    let queue = props.queue();
    let mut stage = stage(HD, ThemeName::Aurora, Locale::En);
    let act = Act::Holding {
        remaining: Duration::from_secs(42),
        hold: Duration::from_secs(90),
    };
    stage.render(&props.view(act, &queue));
    check(&stage, "holding-aurora-en");
}

#[test]
fn idle_in_the_gallery() {
    let props = Props::new("", "", 60.0);
    let mut stage = stage(HD, ThemeName::Gallery, Locale::En);
    let view = StageView {
        request: None,
        waiting: 0,
        canvas: None,
        ..props.view(Act::Idle, &[])
    };
    stage.render(&view);
    check(&stage, "idle-gallery-en");
}

#[test]
fn idle_on_a_tall_stage_while_the_source_is_lost() {
    let props = Props::new("", "", 60.0);
    let mut stage = stage(SMALL_TALL, ThemeName::Atelier, Locale::Ru);
    let view = StageView {
        request: None,
        waiting: 0,
        brush: None,
        source: Some(SourceView {
            name: "Donation Alerts",
            state: SourceState::Reconnecting,
        }),
        ..props.view(Act::Idle, &[])
    };
    stage.render(&view);
    check(&stage, "idle-reconnecting-tall-ru");
}

#[test]
fn preparing_on_a_stage_of_the_highest_contrast() {
    let props = Props::new("Ms. Kowalczyk-Żółć", "ein Fuchs im Schnee, bitte 🦊", 4.0);
    let queue = props.queue();
    let mut stage = stage(HD, ThemeName::Contrast, Locale::En);
    let view = StageView {
        canvas: None,
        brush: None,
        queue: &queue[..2],
        waiting: 2,
        fps: Some(60),
        ..props.view(
            Act::Preparing {
                progress: Some(0.4),
            },
            &[],
        )
    };
    stage.render(&view);
    check(&stage, "preparing-contrast-en");
}

#[test]
fn the_refused_card() {
    let props = Props::new("SmallTalker", "something that was not to be", 60.0);
    let queue = props.queue();
    let mut stage = stage(HD, ThemeName::Atelier, Locale::En);
    let act = Act::Refused {
        reply: None,
        remaining: Duration::from_secs(5),
    };
    stage.render(&props.view(act, &queue));
    check(&stage, "refused-atelier-en");
}

#[test]
fn the_failed_card_on_a_tall_stage() {
    let props = Props::new("Мария", "дракон, который читает газету", 60.0);
    let queue = props.queue();
    let mut stage = stage(SMALL_TALL, ThemeName::Aurora, Locale::Ru);
    let act = Act::Failed {
        reply: None,
        remaining: Duration::from_secs(5),
    };
    stage.render(&props.view(act, &queue));
    check(&stage, "failed-tall-aurora-ru");
}

#[test]
fn thanks_for_what_is_not_painted() {
    let props = Props::new("SmallTalker", "", 60.0);
    let queue = props.queue();
    let mut stage = stage(HD, ThemeName::Atelier, Locale::En);
    let act = Act::Thanked {
        remaining: Duration::from_secs(4),
    };
    let view = StageView {
        house: HouseView {
            turns: Turns::ByAmount,
            ..HouseView::default()
        },
        worth: Worth::Test,
        ..props.view(act, &queue[..3])
    };
    stage.render(&view);
    check(&stage, "thanked-atelier-en");
}

#[test]
fn the_least_amount_is_said_where_nothing_is_on() {
    let props = Props::new("", "", 60.0);
    let mut stage = stage(HD, ThemeName::Atelier, Locale::Ru);
    let least = Money {
        minor_units: 30_000,
        currency: Currency::parse("RUB").unwrap(),
    };
    let view = StageView {
        request: None,
        waiting: 0,
        canvas: None,
        house: HouseView {
            turns: Turns::ByAmount,
            requests: Requests::Open,
            least: Some(&least),
        },
        ..props.view(Act::Idle, &[])
    };
    stage.render(&view);
    check(&stage, "least-atelier-ru");
}

#[test]
fn paused_in_the_gallery() {
    let props = Props::on_canvas("Ёлка", "съёмка объёмного ёжика", 9.0, (96, 64));
    let queue = props.queue();
    let mut stage = stage(HD, ThemeName::Gallery, Locale::Ru);
    let view = StageView {
        curtain: Curtain::Paused,
        ..props.view(DRAWING, &queue[..3])
    };
    stage.render(&view);
    check(&stage, "paused-gallery-ru");
}

#[test]
fn requests_are_closed() {
    let props = Props::on_canvas("", "", 60.0, (64, 96));
    let queue = props.queue();
    let mut stage = stage(HD, ThemeName::Aurora, Locale::En);
    let view = StageView {
        request: None,
        brush: None,
        ..props.view(Act::Closed, &queue[..1])
    };
    stage.render(&view);
    check(&stage, "closed-aurora-en");
}

#[test]
fn drawing_on_a_tall_stage_right_to_left() {
    let props = Props::new(
        "محمد العربي",
        "ארמון בענן ורוד עם דרקון קטן 🐉 وقط يجلس على القمر, a moon of 12 cats, 月の上の猫",
        11.0,
    );
    let queue = props.queue();
    let mut stage = stage(TALL, ThemeName::Atelier, Locale::En);
    stage.render(&props.view(DRAWING, &queue));
    check(&stage, "drawing-tall-atelier-en");
}

#[test]
fn the_nastiest_texts() {
    let zalgo = "Z\u{351}\u{36b}\u{343}\u{32a}\u{302}\u{36b}\u{33d}\u{34f}\u{334}\u{319}\u{324}\u{31e}\u{349}\u{35a}\u{32f}\u{31e}\u{320}\u{34d}A\u{36b}\u{357}\u{334}\u{362}\u{335}\u{31c}\u{330}\u{354}LGO";
    let word = "Донаудампфшиффартсэлектрицитэтен".repeat(10);
    let message = format!(
        "{zalgo} {word} 👨‍👩‍👧‍👦👩🏽‍🚀🏳️‍🌈 ไทย हिन्दी 한국어 {}",
        "ещё немного слов ".repeat(90)
    );
    let mut props = Props::new(&zalgo.repeat(12), &message, 12.3);
    props.waiting[0].0 = Some(words(&"Ш".repeat(300)));
    props.waiting[1].0 = Some(words(zalgo));
    props.waiting[2].0 = Some(words("שלום עולם"));
    props.waiting[3].0 = Some(words("👨‍👩‍👧‍👦 семья 🦊🐻"));
    props.amount = money("123456789012.34", "KZT");
    let queue = props.queue();
    let mut stage = stage(FULL, ThemeName::Contrast, Locale::Ru);
    let mut view = props.view(DRAWING, &queue);
    stage.render(&view);
    view.now = ShowTime::from_millis(9_000);
    stage.render(&view);
    check(&stage, "nastiest-contrast-ru");
}

#[test]
fn drawing_inside_of_a_safe_area() {
    let props = Props::new(
        "Anna Solbakken",
        "A cosy cabin under the northern lights",
        12.3,
    );
    let queue = props.queue();
    let mut stage = Stage::new(StageOptions {
        size: StageSize::new(HD.0, HD.1).expect("a size of a stage"),
        safe_area: SafeArea::new(5).expect("five percent"),
        theme: ThemeName::Gallery,
        ..StageOptions::default()
    });
    stage.render(&props.view(DRAWING, &queue));
    check(&stage, "safe-area-gallery-en");
}

#[test]
fn the_sheet_of_keys() {
    let keys = [
        HelpKey::Pause,
        HelpKey::Skip,
        HelpKey::FullScreen,
        HelpKey::Hud,
        HelpKey::Help,
    ];
    for locale in Locale::ALL {
        let sheet = HelpSheet::new(ThemeName::Atelier, locale, &keys, 1.0);
        let size = (u32::from(sheet.w()), u32::from(sheet.h()));
        let name = format!("keys-atelier-{}", locale.name());
        check_picture(size, sheet.pixels(), &name);
    }
}

#[test]
fn covered() {
    let props = Props::new("Анна", "кот", 12.3);
    let queue = props.queue();
    let mut stage = stage(HD, ThemeName::Atelier, Locale::Ru);
    stage.render(&props.view(DRAWING, &queue));
    let view = StageView {
        curtain: Curtain::Covered,
        ..props.view(DRAWING, &queue)
    };
    stage.render(&view);
    check(&stage, "covered-atelier-ru");
}
