//! The [`HelpSheet`]: which keys steer a window, as a picture of its own, so that it is never on the stage.

use super::backdrop;
use super::ink::{Ink, Label};
use super::layout::{Layout, SafeArea, StageSize};
use super::rect::StageRect;
use super::text::{Align, Typesetter};
use super::theme::ThemeName;
use super::view::Hud;
use super::words::{Locale, Words};

/// Something that a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HelpKey {
    /// Time stands still, or goes on.
    Pause,
    /// What is on ends.
    Skip,
    /// It begins anew.
    Again,
    /// The window fills the screen, or does not any more.
    FullScreen,
    /// The panels around the canvas come and go.
    Hud,
    /// The sheet comes and goes.
    Help,
}

impl HelpKey {
    /// What stands on the key, if that is the same in all languages, and the sentence that says what it does.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Pause => ("", "key-pause"),
            Self::Skip => ("S", "key-skip"),
            Self::Again => ("S", "key-again"),
            Self::FullScreen => ("F", "key-full-screen"),
            Self::Hud => ("H", "key-hud"),
            Self::Help => ("?", "key-help"),
        }
    }
}

/// A picture that lists what keys do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpSheet {
    w: u16,
    h: u16,
    rgba: Vec<u8>,
}

impl HelpSheet {
    const WIDTH: f32 = 560.0;
    const EDGE: f32 = 28.0;
    const TITLE: f32 = 60.0;
    const ROW: f32 = 54.0;

    /// Draws the sheet. `scale` is how many screen pixels one of an ordinary screen takes, `0.5..=8.0`.
    pub fn new(theme: ThemeName, locale: Locale, keys: &[HelpKey], scale: f32) -> Self {
        let scale = scale.clamp(0.5, 8.0);
        let theme = theme.theme();
        let words = Words::new(locale);
        let height = 2.0 * Self::EDGE + Self::TITLE + Self::ROW * keys.len().min(16) as f32;
        let size = StageSize::new(
            libm::roundf(Self::WIDTH * scale) as u16,
            libm::roundf(height * scale) as u16,
        )
        .expect("from 172 to 8192 pixels");
        let mut layout = Layout::new(size, SafeArea::default(), Hud::Hidden);
        layout.unit = scale;
        let mut surface = backdrop::bare(size, &layout, &theme);
        let mut type_ = Typesetter::new();
        let mut ink = Ink {
            surface: &mut surface,
            type_: &mut type_,
            theme: &theme,
            words: &words,
            locale,
            layout: &layout,
            alpha: 255,
        };
        draw(&mut ink, layout.stage, keys);
        Self {
            w: size.w(),
            h: size.h(),
            rgba: surface.bytes().to_vec(),
        }
    }

    /// Pixels across.
    pub fn w(&self) -> u16 {
        self.w
    }

    /// Pixels down.
    pub fn h(&self) -> u16 {
        self.h
    }

    /// RGBA, row by row, opaque.
    pub fn pixels(&self) -> &[u8] {
        &self.rgba
    }
}

fn draw(ink: &mut Ink<'_>, area: StageRect, keys: &[HelpKey]) {
    let inner = area.outset(-ink.px(HelpSheet::EDGE));
    let (title, mut rest) = inner.split_top(ink.px(HelpSheet::TITLE));
    let said = ink.words.say("keys-title");
    let label = Label::new(&said, 34.0, ink.theme.text).bold().least(18.0);
    ink.line(title, &label);
    for key in keys.iter().take(16) {
        let (row, below) = rest.split_top(ink.px(HelpSheet::ROW));
        rest = below;
        let (cap, what) = row.split_left(ink.px(116.0));
        let cap = cap.centered(cap.w, ink.px(42.0));
        ink.fill_round(cap, ink.px(10.0) as f32, ink.theme.groove);
        let (letter, sentence) = key.words();
        let space;
        let letter = if letter.is_empty() {
            space = ink.words.say("key-space");
            &space
        } else {
            letter
        };
        let label = Label::new(letter, 24.0, ink.theme.text).bold().least(12.0);
        ink.line(cap, &label.align(Align::Center));
        let (_, what) = what.split_left(ink.px(18.0));
        let said = ink.words.say(sentence);
        let label = Label::new(&said, 26.0, ink.theme.text).least(14.0);
        ink.line(what, &label);
    }
}
