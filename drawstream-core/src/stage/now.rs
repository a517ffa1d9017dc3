//! The panel of what is on: who gave, what was asked for, the palette, and how far it is.

use std::time::Duration;

use super::amount;
use super::ink::{Edge, Ink, Label};
use super::layout::Layout;
use super::rect::StageRect;
use super::text::Align;
use super::view::{Act, Dab, Motion, RequestView, Touched, Worth};
use crate::color::Rgb8;
use crate::donation::Money;
use crate::gate::ScreenText;
use crate::show::Curtain;

/// The places inside the panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NowPlaces {
    pub(crate) head: StageRect,
    pub(crate) message: StageRect,
    pub(crate) bar: StageRect,
    pub(crate) dabs: StageRect,
    pub(crate) time: StageRect,
    /// Everything between the panel's margins.
    pub(crate) inner: StageRect,
}

impl NowPlaces {
    pub(crate) fn new(layout: &Layout) -> Self {
        let inner = layout.now.outset(-layout.px(28.0));
        let (head, rest) = inner.split_top(layout.px(40.0 + 8.0 + 62.0));
        let (rest, foot) = rest.split_bottom(layout.px(34.0));
        let (rest, _) = rest.split_bottom(layout.px(14.0));
        let (rest, bar) = rest.split_bottom(layout.px(16.0));
        let (_, rest) = rest.split_top(layout.px(8.0));
        let (message, _) = rest.split_bottom(layout.px(18.0));
        let (dabs, time) = foot.split_right(layout.px(340.0).min(foot.w / 2));
        Self {
            head,
            message,
            bar,
            dabs,
            time,
            inner,
        }
    }
}

/// What stands at the top of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Head<'a> {
    pub(crate) eyebrow: &'static str,
    pub(crate) tone: Tone,
    pub(crate) worth: Worth,
    pub(crate) donor: Option<&'a str>,
    pub(crate) amount: Option<(u64, &'a str)>,
}

/// What kind of news a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Tone {
    Accent,
    Done,
    Alert,
}

impl Tone {
    pub(crate) fn color(self, ink: &Ink<'_>) -> Rgb8 {
        match self {
            Self::Accent => ink.theme.accent,
            Self::Done => ink.theme.done,
            Self::Alert => ink.theme.alert,
        }
    }
}

/// What is said over the donor's name.
pub(crate) fn eyebrow(act: &Act<'_>, curtain: Curtain) -> (&'static str, Tone) {
    if curtain == Curtain::Paused {
        return ("eyebrow-paused", Tone::Alert);
    }
    match act {
        Act::Idle => ("eyebrow-idle", Tone::Accent),
        Act::Closed => ("eyebrow-closed", Tone::Alert),
        Act::Preparing { .. } => ("eyebrow-preparing", Tone::Accent),
        Act::Drawing { .. } => ("eyebrow-drawing", Tone::Accent),
        Act::Holding { .. } => ("eyebrow-holding", Tone::Done),
        Act::Refused { .. } => ("eyebrow-refused", Tone::Alert),
        Act::Failed { .. } => ("eyebrow-failed", Tone::Alert),
        Act::Thanked { .. } => ("eyebrow-thanked", Tone::Done),
    }
}

pub(crate) fn head_of<'a>(
    act: &Act<'_>,
    curtain: Curtain,
    request: Option<&RequestView<'a>>,
    worth: Worth,
) -> Head<'a> {
    let (eyebrow, tone) = eyebrow(act, curtain);
    Head {
        eyebrow,
        tone,
        worth,
        donor: request.and_then(|r| r.donor).map(ScreenText::as_str),
        amount: request
            .and_then(|r| r.amount)
            .map(|m| (m.minor_units, m.currency.code())),
    }
}

/// Draws the eyebrow, the amount in its pill, and the donor.
pub(crate) fn draw_head(
    ink: &mut Ink<'_>,
    area: StageRect,
    head: &Head<'_>,
    money: Option<&Money>,
) {
    let (top, rest) = area.split_top(ink.px(40.0));
    let (_, name) = rest.split_top(ink.px(8.0));
    let mut strip = top;
    if let Some(money) = money {
        let written = amount::write(money, ink.locale);
        strip = draw_pill(ink, top, &written);
    }
    if head.worth == Worth::Test {
        let said = ink.words.say("test-mark");
        strip = draw_pill(ink, strip, &said);
    }
    draw_eyebrow(ink, strip, head.eyebrow, head.tone);
    let anonymous = ink.words.say("anonymous");
    let donor = head.donor.filter(|d| !d.is_empty()).unwrap_or(&anonymous);
    let label = Label::new(donor, 54.0, ink.theme.text).bold().least(30.0);
    ink.line(name, &label);
}

/// Capitals and a mark before them; what is said is short, so it fits.
pub(crate) fn draw_eyebrow(ink: &mut Ink<'_>, area: StageRect, id: &str, tone: Tone) {
    let color = tone.color(ink);
    let side = ink.px(14.0);
    let (mark, rest) = area.split_left(side);
    let center = (
        mark.x as f32 + side as f32 / 2.0,
        area.y as f32 + area.h as f32 / 2.0,
    );
    ink.fill_circle(center, side as f32 / 2.0, color);
    let (_, text) = rest.split_left(ink.px(12.0));
    let said = ink.words.say(id).to_uppercase();
    ink.line(text, &Label::new(&said, 25.0, color).bold().least(16.0));
}

/// Draws the amount at the right, and gives what is left of it.
fn draw_pill(ink: &mut Ink<'_>, area: StageRect, written: &str) -> StageRect {
    let label = Label::new(written, 29.0, ink.theme.on_accent)
        .bold()
        .least(16.0)
        .align(Align::Center);
    let padding = ink.px(18.0);
    let width = ink.width(&label, area.w / 2) + 2 * padding;
    let (rest, pill) = area.split_right(width);
    ink.fill_round(pill, pill.h as f32 / 2.0, ink.theme.accent);
    ink.line(pill.outset(0), &label);
    let (rest, _) = rest.split_right(padding);
    rest
}

/// How far a message is moved up at a moment: it rests at its beginning and at its end, and glides between.
pub(crate) fn glide(overflow: i32, since: Duration, px_per_s: i32) -> i32 {
    const REST_MS: u128 = 3500;
    let way = u128::from(overflow.max(0).unsigned_abs());
    let speed = u128::from(px_per_s.max(1).unsigned_abs());
    let glide_ms = way * 1000 / speed;
    let at = since.as_millis() % (glide_ms + 2 * REST_MS);
    let moved = at.saturating_sub(REST_MS) * speed / 1000;
    moved.min(way) as i32
}

/// The same without motion: whole pages of lines, one after another.
pub(crate) fn page(overflow: i32, since: Duration, lines_px: i32) -> i32 {
    let pages = 1 + (overflow.max(0) + lines_px - 1) / lines_px.max(1);
    let at = (since.as_secs() / 6 % u64::from(pages.unsigned_abs().max(1))) as i32;
    (at * lines_px).min(overflow.max(0))
}

/// Where the message stands now, in pixels that it is moved up.
pub(crate) fn message_scroll(
    ink: &mut Ink<'_>,
    area: StageRect,
    label: &Label<'_>,
    since: Duration,
    motion: Motion,
) -> i32 {
    let (height, line) = ink.paragraph_height(area, label);
    let overflow = height - area.h;
    if overflow <= 0 {
        return 0;
    }
    match motion {
        Motion::Full => glide(overflow, since, ink.px(26.0)),
        Motion::Reduced => page(overflow, since, (area.h / line).max(1) * line),
    }
}

/// A message is a little smaller than the donor's name, and larger only where a stage less wide than usual
/// leaves much height.
pub(crate) fn message_label<'t>(ink: &Ink<'_>, area: StageRect, text: &'t str) -> Label<'t> {
    let size = (area.h as f32 / ink.layout.unit / 6.0).clamp(48.0, 72.0);
    Label::new(text, size, ink.theme.text).least(27.0)
}

/// Draws the message; where it goes on past an edge it does so softly.
pub(crate) fn draw_message(ink: &mut Ink<'_>, area: StageRect, label: &Label<'_>, scrolled: i32) {
    let (height, _) = ink.paragraph_height(area, label);
    ink.paragraph(area, label, scrolled);
    let edge = |soft| if soft { Edge::Soft } else { Edge::Sharp };
    let edges = (edge(scrolled > 0), edge(height - scrolled > area.h));
    ink.soften_edges(area, ink.theme.panel, edges);
}

/// What the bar and the words beside it tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Progress {
    /// The part that is filled: its begin and end in pixels.
    pub(crate) filled: (i32, i32),
    pub(crate) tone: Tone,
    pub(crate) note: Note,
}

/// What is said about time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Note {
    Nothing,
    Preparing,
    /// Whole seconds until the last stroke.
    Left(u64),
    /// Whole seconds until the next painting.
    NextIn(u64),
}

/// How far what is on is, on a bar of this width.
pub(crate) fn progress(act: &Act<'_>, width: i32, since: Duration, motion: Motion) -> Progress {
    let seconds = |time: Duration| time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let share = |part: Duration, whole: Duration| {
        let (part, whole) = (part.as_millis(), whole.as_millis().max(1));
        (part.min(whole) * u128::from(width.unsigned_abs()) / whole) as i32
    };
    match *act {
        Act::Drawing { elapsed, duration } => Progress {
            filled: (0, share(elapsed, duration)),
            tone: Tone::Accent,
            note: Note::Left(seconds(duration.saturating_sub(elapsed))),
        },
        Act::Holding { remaining, hold } => Progress {
            filled: (0, share(remaining, hold)),
            tone: Tone::Done,
            note: Note::NextIn(seconds(remaining)),
        },
        Act::Refused { remaining, .. }
        | Act::Failed { remaining, .. }
        | Act::Thanked { remaining } => Progress {
            filled: (0, 0),
            tone: Tone::Alert,
            note: Note::NextIn(seconds(remaining)),
        },
        Act::Preparing {
            progress: Some(done),
        } => Progress {
            filled: (0, (done.clamp(0.0, 1.0) * width as f32) as i32),
            tone: Tone::Accent,
            note: Note::Preparing,
        },
        Act::Preparing { progress: None } => Progress {
            filled: sweep(width, since, motion),
            tone: Tone::Accent,
            note: Note::Preparing,
        },
        Act::Idle | Act::Closed => Progress {
            filled: (0, 0),
            tone: Tone::Accent,
            note: Note::Nothing,
        },
    }
}

/// A piece of the bar that wanders to and fro: nobody knows how long it takes.
fn sweep(width: i32, since: Duration, motion: Motion) -> (i32, i32) {
    const TURN_MS: u128 = 3200;
    let piece = width / 4;
    let way = u128::from((width - piece).unsigned_abs());
    let at = match motion {
        // Steps of a twentieth of a second are smooth enough for something this slow.
        Motion::Full => since.as_millis() / 50 * 50 % (2 * TURN_MS),
        Motion::Reduced => TURN_MS / 2,
    };
    let there = at.min(2 * TURN_MS - at);
    let begin = (way * there / TURN_MS) as i32;
    (begin, begin + piece)
}

/// Draws the bar: its bed, and on it what is done.
pub(crate) fn draw_bar(ink: &mut Ink<'_>, area: StageRect, progress: &Progress) {
    let radius = area.h as f32 / 2.0;
    if progress.tone == Tone::Alert {
        // A card is no work that could be under way.
        return;
    }
    ink.fill_round(area, radius, ink.theme.groove);
    let (begin, end) = progress.filled;
    if end > begin {
        // A bar that has begun is at least as long as it is thick, so that its ends stay round.
        let width = (end - begin).max(area.h).min(area.w);
        let filled = StageRect::new(area.x + begin.min(area.w - width), area.y, width, area.h);
        let color = progress.tone.color(ink);
        ink.fill_round(filled, radius, color);
    }
}

/// Draws what is said about time, at the right.
pub(crate) fn draw_note(ink: &mut Ink<'_>, area: StageRect, note: Note) {
    let words = ink.words;
    let said = match note {
        Note::Nothing => return,
        Note::Preparing => words.say("preparing-note"),
        Note::Left(secs) => words.time("time-left", Duration::from_secs(secs)),
        Note::NextIn(secs) => words.time("next-in", Duration::from_secs(secs)),
    };
    let label = Label::new(&said, 28.0, ink.theme.quiet)
        .least(18.0)
        .align(Align::End)
        .tabular();
    ink.line(area, &label);
}

/// Draws the palette: a colour that was used is a full dab, one that was not is a small one in a dark well.
pub(crate) fn draw_dabs(ink: &mut Ink<'_>, area: StageRect, dabs: &[Dab]) {
    const MOST: usize = 64;
    let count = dabs.len().clamp(1, MOST) as i32;
    let pitch = (area.w as f32 / count as f32).min(ink.px(42.0) as f32);
    let full = (pitch * 0.46).min(area.h as f32 / 2.0);
    for (n, dab) in dabs.iter().take(MOST).enumerate() {
        let center = (
            area.x as f32 + full + pitch * n as f32,
            area.y as f32 + area.h as f32 / 2.0,
        );
        match dab.touched {
            Touched::Yes => {
                let rim = rim(dab.color, ink.theme.panel, ink.theme.quiet);
                ink.fill_circle(center, full, rim);
                ink.fill_circle(center, full * 0.86, dab.color);
            }
            Touched::NotYet => {
                ink.fill_circle(center, full * 0.72, ink.theme.groove);
                ink.fill_circle(center, full * 0.34, dab.color);
            }
        }
    }
}

/// A dab's edge is its own colour, unless it would be lost on the panel.
fn rim(color: Rgb8, ground: Rgb8, other: Rgb8) -> Rgb8 {
    if color.contrast(ground) < 1.6 {
        other
    } else {
        color
    }
}

/// Draws how to take part.
pub(crate) fn draw_invitation(
    ink: &mut Ink<'_>,
    area: StageRect,
    head: &Head<'_>,
    least: Option<&Money>,
) {
    let (top, rest) = area.split_top(ink.px(40.0));
    draw_eyebrow(ink, top, head.eyebrow, head.tone);
    let (_, rest) = rest.split_top(ink.px(14.0));
    let (title, rest) = rest.split_top(ink.px(66.0).min(rest.h / 3));
    let said = ink.words.say("idle-title");
    ink.line(
        title,
        &Label::new(&said, 48.0, ink.theme.text).bold().least(28.0),
    );
    let (_, rest) = rest.split_top(ink.px(14.0));
    let steps = ["idle-step-1", "idle-step-2", "idle-step-3"];
    let pitch = (rest.h / 3).min(ink.px(88.0));
    let mut rest = rest;
    for (n, id) in (1..).zip(steps) {
        let (row, below) = rest.split_top(pitch);
        rest = below;
        let side = ink.px(44.0).min(row.h);
        let (badge, text) = row.split_left(side);
        let badge = badge.centered(side, side);
        ink.fill_round(badge, side as f32 / 2.0, ink.theme.accent);
        let number = n.to_string();
        let label = Label::new(&number, 27.0, ink.theme.on_accent)
            .bold()
            .least(14.0)
            .align(Align::Center);
        ink.line(badge, &label);
        let (_, text) = text.split_left(ink.px(18.0));
        let said = match (n, least) {
            (1, Some(least)) => ink
                .words
                .name("idle-step-1-least", &amount::write(least, ink.locale)),
            _ => ink.words.say(id),
        };
        ink.line(text, &Label::new(&said, 32.0, ink.theme.text).least(20.0));
    }
}

/// Draws that no more requests are taken.
pub(crate) fn draw_farewell(ink: &mut Ink<'_>, area: StageRect, head: &Head<'_>) {
    let (top, rest) = area.split_top(ink.px(40.0));
    draw_eyebrow(ink, top, head.eyebrow, head.tone);
    let (_, rest) = rest.split_top(ink.px(14.0));
    let (title, rest) = rest.split_top(ink.px(110.0).min(rest.h / 2));
    let said = ink.words.say("closed-title");
    let label = Label::new(&said, 48.0, ink.theme.text).bold().least(28.0);
    ink.middle_paragraph(title, &label);
    let (_, rest) = rest.split_top(ink.px(14.0));
    let said = ink.words.say("closed-text");
    ink.paragraph(
        rest,
        &Label::new(&said, 32.0, ink.theme.quiet).least(22.0),
        0,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_rests_at_both_ends_and_is_seen_to_its_end() {
        let at = |ms| glide(260, Duration::from_millis(ms), 26);
        assert_eq!([at(0), at(3500), at(4500), at(8500)], [0, 0, 26, 130]);
        assert_eq!([at(13_500), at(16_900), at(17_000)], [260, 260, 0]);
        assert_eq!(glide(-5, Duration::from_secs(4), 26), 0);
    }

    #[test]
    fn pages_end_with_the_last_line() {
        let at = |secs| page(250, Duration::from_secs(secs), 100);
        assert_eq!(
            [at(0), at(6), at(12), at(18), at(24)],
            [0, 100, 200, 250, 0]
        );
    }

    #[test]
    fn the_bar_is_empty_at_the_start_and_full_at_the_end() {
        let bar = |elapsed| {
            let act = Act::Drawing {
                elapsed: Duration::from_secs(elapsed),
                duration: Duration::from_secs(60),
            };
            progress(&act, 600, Duration::ZERO, Motion::Full)
        };
        assert_eq!(bar(0).filled, (0, 0));
        assert_eq!(bar(30).filled, (0, 300));
        assert_eq!((bar(99).filled, bar(99).note), ((0, 600), Note::Left(0)));
    }
}
