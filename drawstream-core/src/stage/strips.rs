//! The narrow places: where donations come from, the time of day, the caption, the frame rate, the plaque.

use super::ink::{Ink, Label};
use super::rect::StageRect;
use super::text::Align;
use super::view::{SourceState, SourceView};

/// Draws the source's name and state after a lamp.
pub(crate) fn draw_source(ink: &mut Ink<'_>, area: StageRect, source: &SourceView<'_>) {
    let (id, color) = match source.state {
        SourceState::Connecting => ("source-connecting", ink.theme.quiet),
        SourceState::Live => ("source-live", ink.theme.quiet),
        SourceState::Reconnecting => ("source-reconnecting", ink.theme.alert),
        SourceState::Offline => ("source-offline", ink.theme.alert),
    };
    let lamp = match source.state {
        SourceState::Live => ink.theme.done,
        SourceState::Connecting => ink.theme.quiet,
        SourceState::Reconnecting | SourceState::Offline => ink.theme.alert,
    };
    let side = ink.px(16.0);
    let (mark, rest) = area.split_left(side);
    let center = (
        mark.x as f32 + side as f32 / 2.0,
        area.y as f32 + area.h as f32 / 2.0,
    );
    ink.fill_circle(center, side as f32 / 2.0, lamp);
    let (_, rest) = rest.split_left(ink.px(14.0));
    let said = ink.words.say(id);
    let line = if source.name.is_empty() {
        said
    } else {
        format!("{} · {said}", source.name)
    };
    ink.line(rest, &Label::new(&line, 28.0, color).least(18.0));
}

pub(crate) fn draw_clock(ink: &mut Ink<'_>, area: StageRect, clock: &str) {
    let label = Label::new(clock, 36.0, ink.theme.text)
        .bold()
        .least(18.0)
        .align(Align::End)
        .tabular();
    ink.line(area, &label);
}

pub(crate) fn draw_caption(ink: &mut Ink<'_>, area: StageRect, caption: &str) {
    ink.line(
        area,
        &Label::new(caption, 28.0, ink.theme.quiet).least(18.0),
    );
}

pub(crate) fn draw_fps(ink: &mut Ink<'_>, area: StageRect, fps: u32) {
    let said = ink.words.count("frames", fps as usize);
    let label = Label::new(&said, 24.0, ink.theme.quiet)
        .least(16.0)
        .align(Align::End)
        .tabular();
    ink.line(area, &label);
}

/// What the plaque below the frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Plaque<'a> {
    Nothing,
    Paused,
    PaintedFor(&'a str),
}

pub(crate) fn draw_plaque(ink: &mut Ink<'_>, area: StageRect, plaque: Plaque<'_>) {
    let (said, ground, color) = match plaque {
        Plaque::Nothing => return,
        Plaque::Paused => (
            ink.words.say("paused-note"),
            ink.theme.panel,
            ink.theme.alert,
        ),
        Plaque::PaintedFor(donor) => {
            let said = ink.words.name("painted-for", donor);
            (said, ink.theme.panel, ink.theme.text)
        }
    };
    let label = Label::new(&said, 26.0, color)
        .bold()
        .least(18.0)
        .align(Align::Center);
    let padding = ink.px(28.0);
    let width = ink.width(&label, area.w - 2 * padding) + 2 * padding;
    let plate = area.centered(width, area.h);
    ink.fill_round(plate, area.h as f32 / 2.0, ground);
    let edge = (ink.theme.edge_px * ink.layout.unit).max(1.0);
    ink.surface
        .stroke_round(plate, area.h as f32 / 2.0, edge, ink.theme.panel_edge);
    ink.line(plate.centered(width - padding, plate.h), &label);
}
