//! The list of what comes next.

use std::time::Duration;

use super::amount;
use super::ink::{Ink, Label};
use super::layout::{Layout, ROWS};
use super::rect::StageRect;
use super::text::Align;
use super::view::{QueueRow, Turns};
use crate::gate::ScreenText;
use crate::show::Requests;

/// The places inside the panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NextPlaces {
    pub(crate) head: StageRect,
    pub(crate) rows: [StageRect; ROWS],
}

impl NextPlaces {
    pub(crate) fn new(layout: &Layout) -> Self {
        let margin = layout.px(28.0);
        let panel = layout.next;
        let inner = StageRect::new(panel.x + margin, panel.y, panel.w - 2 * margin, panel.h);
        let (_, rest) = inner.split_top(layout.px(22.0));
        let (head, rest) = rest.split_top(layout.px(40.0));
        let (_, rest) = rest.split_top(layout.px(8.0));
        let (mut rest, _) = rest.split_bottom(layout.px(14.0));
        let pitch = rest.h / ROWS as i32;
        let rows = std::array::from_fn(|_| {
            let (row, below) = rest.split_top(pitch);
            rest = below;
            row
        });
        Self { head, rows }
    }
}

/// What of a waiting one can be seen to change: its time counts in whole minutes.
pub(crate) fn row_key<'a>(
    row: &QueueRow<'a>,
) -> (Option<&'a str>, Option<(u64, &'a str)>, Option<u64>) {
    (
        row.donor.map(ScreenText::as_str),
        row.amount.map(|m| (m.minor_units, m.currency.code())),
        row.wait.map(whole_minutes),
    )
}

fn whole_minutes(wait: Duration) -> u64 {
    wait.as_secs().div_ceil(60)
}

/// Draws the list's title and how many wait.
pub(crate) fn draw_head(ink: &mut Ink<'_>, area: StageRect, waiting: usize, turns: Turns) {
    let count = ink.words.count("waiting", waiting);
    let label = Label::new(&count, 27.0, ink.theme.quiet)
        .least(18.0)
        .align(Align::End)
        .tabular();
    let width = ink.width(&label, area.w * 2 / 3);
    let (title, right) = area.split_right(width);
    ink.line(right, &label);
    let said = ink.words.say("next-title").to_uppercase();
    let label = Label::new(&said, 25.0, ink.theme.accent).bold().least(16.0);
    let width = ink.width(&label, title.w);
    ink.line(title, &label);
    if turns == Turns::ByAmount {
        let (_, note) = title.split_left(width + ink.px(16.0));
        let said = ink.words.say("next-by-amount");
        ink.line(note, &Label::new(&said, 22.0, ink.theme.quiet).least(14.0));
    }
}

/// Draws one who waits: position, donor, amount, time.
pub(crate) fn draw_row(ink: &mut Ink<'_>, area: StageRect, position: usize, row: &QueueRow<'_>) {
    let gap = ink.px(16.0);
    let side = ink.px(38.0).min(area.h);
    let (badge, rest) = area.split_left(side);
    let badge = badge.centered(side, side);
    ink.fill_round(badge, side as f32 / 2.0, ink.theme.groove);
    let number = position.to_string();
    let label = Label::new(&number, 23.0, ink.theme.text)
        .bold()
        .least(12.0)
        .align(Align::Center);
    ink.line(badge, &label);
    let (_, rest) = rest.split_left(gap);

    let wait = ink.words.wait(row.wait);
    let label = Label::new(&wait, 26.0, ink.theme.quiet)
        .least(17.0)
        .align(Align::End)
        .tabular();
    let width = ink.width(&label, rest.w * 2 / 5);
    let (rest, place) = rest.split_right(width);
    ink.line(place, &label);
    let (mut rest, _) = rest.split_right(gap);

    if let Some(money) = row.amount {
        let written = amount::write(money, ink.locale);
        let label = Label::new(&written, 26.0, ink.theme.accent)
            .bold()
            .least(17.0)
            .align(Align::End);
        let width = ink.width(&label, rest.w / 2);
        let (name, place) = rest.split_right(width);
        ink.line(place, &label);
        (rest, _) = name.split_right(gap);
    }
    let anonymous = ink.words.say("anonymous");
    let donor = row
        .donor
        .map(ScreenText::as_str)
        .filter(|d| !d.is_empty())
        .unwrap_or(&anonymous);
    ink.line(
        rest,
        &Label::new(donor, 30.0, ink.theme.text)
            .bold()
            .least(27.0)
            .align(Align::Left),
    );
}

/// Draws that nobody waits, where the first row would be.
pub(crate) fn draw_nobody(ink: &mut Ink<'_>, area: StageRect, requests: Requests) {
    let said = ink.words.say(match requests {
        Requests::Open => "next-nobody",
        Requests::Closed => "eyebrow-closed",
    });
    ink.line(area, &Label::new(&said, 30.0, ink.theme.quiet).least(20.0));
}
