//! What is inside the frame when no painting is: a card, a fresh canvas; and the cover of the whole stage.

use tiny_skia::PathBuilder;

use super::ink::{Ink, Label};
use super::now::Tone;
use super::rect::StageRect;
use super::text::Align;

/// What is shown inside the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CardView<'a> {
    /// A canvas that nobody has touched.
    Fresh,
    /// Words to a donor.
    Words {
        reply: &'a str,
        donor: Option<&'a str>,
    },
}

pub(crate) fn draw(ink: &mut Ink<'_>, area: StageRect, card: &CardView<'_>) {
    match *card {
        CardView::Fresh => draw_fresh(ink, area),
        CardView::Words { reply, donor } => draw_words(ink, area, reply, donor),
    }
}

/// Three strokes of a wide brush, and what it is.
fn draw_fresh(ink: &mut Ink<'_>, area: StageRect) {
    let unit = area.w.min(area.h) as f32 / 960.0;
    let middle = (
        area.x as f32 + area.w as f32 / 2.0,
        area.y as f32 + area.h as f32 / 2.0 - 50.0 * unit,
    );
    draw_strokes(ink, middle, unit);
    let (_, below) = area.split_top((middle.1 - area.y as f32 + 130.0 * unit) as i32);
    let (line, _) = below.split_top((70.0 * unit) as i32);
    let said = ink.words.say("preparing-canvas");
    let label = Label::new(&said, 36.0, ink.theme.on_linen)
        .least(16.0)
        .align(Align::Center);
    ink.line(line, &label);
}

/// Three strokes of a wide brush around a point; they are 320 units wide and 170 high.
fn draw_strokes(ink: &mut Ink<'_>, middle: (f32, f32), unit: f32) {
    let strokes = [
        (Tone::Accent, -64.0, (-150.0, 130.0)),
        (Tone::Done, 0.0, (-110.0, 170.0)),
        (Tone::Alert, 64.0, (-170.0, 90.0)),
    ];
    for (tone, dy, (from, to)) in strokes {
        let mut path = PathBuilder::new();
        let y = middle.1 + dy * unit;
        path.move_to(middle.0 + from * unit, y + 8.0 * unit);
        path.quad_to(
            middle.0,
            y - 26.0 * unit,
            middle.0 + to * unit,
            y - 4.0 * unit,
        );
        if let Some(path) = path.finish() {
            let color = tone.color(ink);
            ink.surface
                .stroke_path(&path, 40.0 * unit, color, ink.alpha);
        }
    }
}

fn draw_words(ink: &mut Ink<'_>, area: StageRect, reply: &str, donor: Option<&str>) {
    let margin = area.w / 10;
    let inner = StageRect::new(area.x + margin, area.y, area.w - 2 * margin, area.h);
    let (_, rest) = inner.split_top(area.h * 3 / 10);
    let (words, rest) = rest.split_top(area.h * 3 / 10);
    let label = Label::new(reply, 88.0, ink.theme.text)
        .bold()
        .least(30.0)
        .align(Align::Center);
    ink.middle_paragraph(words, &label);
    let (_, rest) = rest.split_top(area.h / 40);
    let rule = StageRect::new(
        area.x + (area.w - ink.px(140.0)) / 2,
        rest.y,
        ink.px(140.0),
        ink.px(8.0),
    );
    ink.fill_round(rule, rule.h as f32 / 2.0, ink.theme.alert);
    if let Some(donor) = donor.filter(|d| !d.is_empty()) {
        let (_, rest) = rest.split_top(area.h / 24);
        let (name, _) = rest.split_top(ink.px(60.0));
        let label = Label::new(donor, 38.0, ink.theme.on_linen)
            .least(24.0)
            .align(Align::Center);
        ink.line(name, &label);
    }
}

/// Covers the whole stage: nothing of the show is seen.
pub(crate) fn draw_cover(ink: &mut Ink<'_>, area: StageRect, caption: &str) {
    let (above, below) = area.split_top(area.h * 11 / 20);
    let (above, title) = above.split_bottom(ink.px(120.0));
    let emblem = (
        area.x as f32 + area.w as f32 / 2.0,
        above.bottom() as f32 - ink.px(130.0) as f32,
    );
    draw_strokes(ink, emblem, ink.layout.unit);
    let said = ink.words.say("cover-title");
    let label = Label::new(&said, 84.0, ink.theme.text)
        .bold()
        .least(30.0)
        .align(Align::Center);
    ink.line(title, &label);
    let (line, _) = below.split_top(ink.px(70.0));
    let label = Label::new(caption, 36.0, ink.theme.quiet)
        .least(18.0)
        .align(Align::Center);
    ink.line(line, &label);
}
