//! The stage: the whole picture that viewers see, and which of its pixels changed.
//!
//! [`Stage::render`] takes everything that is to be shown and draws only what differs from what it showed before:
//! each place of the stage has a key of what is in it, the canvas is compared pixel by pixel, and a text is shaped
//! once. The same views in the same order give the same pixels on every machine.

use std::hash::Hash;
use std::time::Duration;

use crate::donation::ShowTime;
use crate::gate::ScreenText;
use crate::plan::CanvasSize;
use crate::show::Curtain;
use card::CardView;
use easel::{Easel, Ground};
use ink::Ink;
use layout::Layout;
use next::NextPlaces;
use now::NowPlaces;
use slot::{Slot, key_of};
use strips::Plaque;
use surface::Surface;
use text::Typesetter;
use theme::Theme;
use words::Words;

pub use fonts::FONT_FILES;
pub use help::{HelpKey, HelpSheet};
pub use layout::{SafeArea, StageSize};
pub use rect::{Damage, StageRect};
pub use theme::ThemeName;
pub use view::{
    Act, BrushView, CanvasDamage, CanvasView, Dab, HouseView, Hud, Motion, QueueRow, RequestView,
    SourceState, SourceView, StageView, Touched, Turns, Worth,
};
pub use words::Locale;

mod amount;
mod backdrop;
mod brush;
mod card;
mod crossfade;
mod easel;
mod emoji;
mod fonts;
mod help;
mod ink;
mod layout;
mod next;
mod now;
mod rect;
mod slot;
mod strips;
mod surface;
mod text;
mod theme;
mod view;
mod words;

#[cfg(test)]
mod test;

/// What of a stage is chosen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageOptions {
    /// Its pixels.
    pub size: StageSize,
    /// What of its edges stays free.
    pub safe_area: SafeArea,
    /// Its colours.
    pub theme: ThemeName,
    /// Its language.
    pub locale: Locale,
    /// What stands below the panels; the locale's own line where absent, nothing where empty.
    pub caption: Option<String>,
    /// The size of the canvas that is shown while there is no painting.
    pub empty_canvas: CanvasSize,
}

impl Default for StageOptions {
    /// 1920×1080, in English, with an empty canvas of 96×96.
    fn default() -> Self {
        Self {
            size: StageSize::FULL_HD,
            safe_area: SafeArea::default(),
            theme: ThemeName::default(),
            locale: Locale::default(),
            caption: None,
            empty_canvas: CanvasSize::new(96, 96).expect("96 is not 0"),
        }
    }
}

/// When what is in the panel of what is on came into it.
#[derive(Clone, Copy, Debug)]
struct Entrance {
    key: u64,
    at: ShowTime,
    alpha: u8,
}

/// The composition of everything that is seen.
pub struct Stage {
    options: StageOptions,
    theme: Theme,
    words: Words,
    caption: String,
    hud: Hud,
    layout: Layout,
    now_places: NowPlaces,
    next_places: NextPlaces,
    backdrop: Surface,
    surface: Surface,
    easel: Easel,
    type_: Typesetter,
    keys: [Option<u64>; Slot::COUNT],
    entrance: Option<Entrance>,
    damage: Damage,
}

impl Stage {
    /// How long the content of the panel takes to come in.
    const FADE: Duration = Duration::from_millis(320);

    /// An empty stage. The first call of [`Stage::render`] draws all of it.
    pub fn new(options: StageOptions) -> Self {
        let theme = options.theme.theme();
        let words = Words::new(options.locale);
        let caption = options.caption.clone();
        let layout = Layout::new(options.size, options.safe_area, Hud::Shown);
        let backdrop = backdrop::paint(options.size, &layout, &theme);
        Self {
            caption: caption.unwrap_or_else(|| words.say("caption")),
            words,
            hud: Hud::Shown,
            now_places: NowPlaces::new(&layout),
            next_places: NextPlaces::new(&layout),
            surface: Surface::new(options.size.w(), options.size.h(), theme.wall),
            easel: Easel::new(&layout, options.empty_canvas),
            type_: Typesetter::new(),
            keys: [None; Slot::COUNT],
            entrance: None,
            damage: Damage::default(),
            backdrop,
            layout,
            theme,
            options,
        }
    }

    /// Its size.
    pub fn size(&self) -> StageSize {
        self.options.size
    }

    /// The whole picture: RGBA, row by row, opaque.
    pub fn pixels(&self) -> &[u8] {
        self.surface.bytes()
    }

    /// Where the canvas is on the stage, without its frame.
    pub fn picture(&self) -> StageRect {
        self.easel.picture()
    }

    /// Whether something is on its way in: the same view a moment later is another picture.
    pub fn is_settling(&self) -> bool {
        self.easel.is_fading() || self.entrance.is_some_and(|entrance| entrance.alpha < 255)
    }

    /// Draws what differs from the view before, and tells where that is.
    pub fn render(&mut self, view: &StageView<'_>) -> &Damage {
        self.damage.clear();
        if self.hud != view.hud {
            self.lay_out(view.hud);
        }
        if view.curtain == Curtain::Covered {
            self.cover();
            return &self.damage;
        }
        if self.keys[Slot::Cover.index()].is_some() {
            self.forget();
        }
        if self.keys == [None; Slot::COUNT] {
            let stage = self.layout.stage;
            self.surface.copy_from(&self.backdrop, stage);
            self.damage.add(stage);
        }
        self.enter(view);
        self.show_picture(view);
        self.show_plaque(view);
        match view.hud {
            Hud::Hidden => {}
            Hud::Shown => {
                self.show_strips(view);
                self.show_now(view);
                self.show_next(view);
            }
        }
        &self.damage
    }

    fn lay_out(&mut self, hud: Hud) {
        self.hud = hud;
        self.layout = Layout::new(self.options.size, self.options.safe_area, hud);
        self.now_places = NowPlaces::new(&self.layout);
        self.next_places = NextPlaces::new(&self.layout);
        self.backdrop = backdrop::paint(self.options.size, &self.layout, &self.theme);
        self.easel = Easel::new(&self.layout, self.options.empty_canvas);
        self.forget();
    }

    fn forget(&mut self) {
        self.keys = [None; Slot::COUNT];
        self.easel.forget();
    }

    /// Draws a place if its key is another one than before: the wall first, then what is in it.
    fn slot(
        &mut self,
        slot: Slot,
        area: StageRect,
        content: impl Hash,
        draw: impl FnOnce(&mut Ink<'_>, StageRect),
    ) {
        let key = key_of(&content);
        if self.keys[slot.index()].replace(key) == Some(key) {
            return;
        }
        let alpha = match slot {
            Slot::NowWhole | Slot::NowHead | Slot::NowMessage | Slot::NowDabs => {
                self.entrance.map_or(255, |entrance| entrance.alpha)
            }
            Slot::Cover
            | Slot::Source
            | Slot::Clock
            | Slot::NowBar
            | Slot::NowTime
            | Slot::NextHead
            | Slot::NextRow(_)
            | Slot::Caption
            | Slot::Fps
            | Slot::Plaque => 255,
        };
        self.surface.copy_from(&self.backdrop, area);
        let mut ink = Ink {
            surface: &mut self.surface,
            type_: &mut self.type_,
            theme: &self.theme,
            words: &self.words,
            locale: self.options.locale,
            layout: &self.layout,
            alpha,
        };
        draw(&mut ink, area);
        self.damage.add(area.intersect(self.layout.stage));
    }

    fn cover(&mut self) {
        let stage = self.layout.stage;
        let caption = self.caption.clone();
        let key = key_of("cover");
        if self.keys[Slot::Cover.index()] == Some(key) {
            return;
        }
        self.forget();
        let wall = backdrop::bare(self.options.size, &self.layout, &self.theme);
        let panels = std::mem::replace(&mut self.backdrop, wall);
        self.slot(Slot::Cover, stage, "cover", |ink, area| {
            card::draw_cover(ink, area, &caption);
        });
        self.backdrop = panels;
    }

    /// Notes when another act or another donation comes in, and how far it has come.
    fn enter(&mut self, view: &StageView<'_>) {
        let message = view.request.and_then(|r| r.message);
        let donor = view.request.and_then(|r| r.donor);
        let words = (
            donor.map(ScreenText::as_str),
            message.map(ScreenText::as_str),
        );
        let key = key_of(&(std::mem::discriminant(&panel(&view.act)), words));
        let before = self.entrance;
        let at = match before {
            Some(entrance) if entrance.key == key && entrance.at <= view.now => entrance.at,
            Some(_) | None => view.now,
        };
        let alpha = match (before, view.motion) {
            // The first picture of all is there at once, as is any without motion.
            (None, _) | (_, Motion::Reduced) => 255,
            (Some(entrance), Motion::Full) if entrance.key == key && entrance.alpha == 255 => 255,
            (Some(_), Motion::Full) => fade(view.now.since(at), Self::FADE),
        };
        self.entrance = Some(Entrance { key, at, alpha });
    }

    fn since_entrance(&self, now: ShowTime) -> Duration {
        self.entrance
            .map_or(Duration::ZERO, |entrance| now.since(entrance.at))
    }

    fn show_picture(&mut self, view: &StageView<'_>) {
        let donor = view.request.and_then(|r| r.donor).map(ScreenText::as_str);
        let said;
        let card = match view.act {
            Act::Refused { reply, .. } => {
                said = self.reply(reply, "refused-reply");
                CardView::Words {
                    reply: &said,
                    donor,
                }
            }
            Act::Failed { reply, .. } => {
                said = self.reply(reply, "failed-reply");
                CardView::Words {
                    reply: &said,
                    donor,
                }
            }
            Act::Thanked { .. } => {
                said = self.words.say("thanked-reply");
                CardView::Words {
                    reply: &said,
                    donor,
                }
            }
            Act::Idle
            | Act::Closed
            | Act::Preparing { .. }
            | Act::Drawing { .. }
            | Act::Holding { .. } => CardView::Fresh,
        };
        let size = view
            .canvas
            .map_or(self.options.empty_canvas, |canvas| canvas.frame.size());
        if self.easel.is_new(size) {
            self.keys[Slot::Plaque.index()] = None;
        }
        let mut ground = Ground {
            surface: &mut self.surface,
            wall: &self.backdrop,
            theme: &self.theme,
            damage: &mut self.damage,
            now: view.now,
            motion: view.motion,
        };
        match (card, view.canvas) {
            (CardView::Fresh, Some(canvas)) => {
                self.easel.show_canvas(&mut ground, &canvas, view.brush);
            }
            (CardView::Fresh, None) | (CardView::Words { .. }, _) => {
                if let Some(area) = self.easel.show_other(&mut ground, size, card) {
                    let mut ink = Ink {
                        surface: &mut self.surface,
                        type_: &mut self.type_,
                        theme: &self.theme,
                        words: &self.words,
                        locale: self.options.locale,
                        layout: &self.layout,
                        alpha: 255,
                    };
                    card::draw(&mut ink, area, &card);
                    self.easel.lay_over(&mut self.surface);
                }
            }
        }
    }

    fn reply(&self, reply: Option<&ScreenText>, otherwise: &str) -> String {
        reply
            .map(|reply| reply.as_str().to_owned())
            .filter(|reply| !reply.is_empty())
            .unwrap_or_else(|| self.words.say(otherwise))
    }

    fn show_plaque(&mut self, view: &StageView<'_>) {
        let donor = view.request.and_then(|r| r.donor).map(ScreenText::as_str);
        let plaque = match (view.curtain, &view.act, donor) {
            (Curtain::Paused, _, _) => Plaque::Paused,
            (Curtain::Up | Curtain::Covered, Act::Holding { .. }, Some(donor)) => {
                Plaque::PaintedFor(donor)
            }
            (
                Curtain::Up | Curtain::Covered,
                Act::Idle
                | Act::Closed
                | Act::Preparing { .. }
                | Act::Drawing { .. }
                | Act::Holding { .. }
                | Act::Refused { .. }
                | Act::Failed { .. }
                | Act::Thanked { .. },
                _,
            ) => Plaque::Nothing,
        };
        let area = self.easel.plaque();
        self.slot(Slot::Plaque, area, plaque, |ink, area| {
            strips::draw_plaque(ink, area, plaque);
        });
    }

    fn show_strips(&mut self, view: &StageView<'_>) {
        let layout = self.layout;
        self.slot(Slot::Source, layout.source, view.source, |ink, area| {
            if let Some(source) = view.source {
                strips::draw_source(ink, area, &source);
            }
        });
        self.slot(Slot::Clock, layout.clock, view.clock, |ink, area| {
            strips::draw_clock(ink, area, view.clock);
        });
        if self.keys[Slot::Caption.index()].is_none() {
            let caption = self.caption.clone();
            self.slot(Slot::Caption, layout.caption, (), |ink, area| {
                strips::draw_caption(ink, area, &caption);
            });
        }
        self.slot(Slot::Fps, layout.fps, view.fps, |ink, area| {
            if let Some(fps) = view.fps {
                strips::draw_fps(ink, area, fps);
            }
        });
    }

    fn show_now(&mut self, view: &StageView<'_>) {
        let head = now::head_of(&view.act, view.curtain, view.request.as_ref(), view.worth);
        let alpha = self.entrance.map_or(255, |entrance| entrance.alpha);
        let panel = panel(&view.act);
        let whole = self.now_places.inner;
        // What is in the panel changes its shape: the whole of it is drawn before its parts are.
        let least = view.house.least;
        let least_key = least.map(|least| (least.minor_units, least.currency.code()));
        let shape = (panel, head.eyebrow, alpha, least_key);
        match panel {
            Panel::Invitation => self.slot(Slot::NowWhole, whole, shape, |ink, area| {
                now::draw_invitation(ink, area, &head, least);
            }),
            Panel::Farewell => self.slot(Slot::NowWhole, whole, shape, |ink, area| {
                now::draw_farewell(ink, area, &head);
            }),
            Panel::Request => {
                let before = self.keys[Slot::NowWhole.index()];
                self.slot(Slot::NowWhole, whole, panel, |_, _| {});
                if self.keys[Slot::NowWhole.index()] != before {
                    self.forget_now_parts();
                }
                self.show_request(view, &head, alpha);
            }
        }
    }

    fn forget_now_parts(&mut self) {
        for slot in [
            Slot::NowHead,
            Slot::NowMessage,
            Slot::NowDabs,
            Slot::NowBar,
            Slot::NowTime,
        ] {
            self.keys[slot.index()] = None;
        }
    }

    fn show_request(&mut self, view: &StageView<'_>, head: &now::Head<'_>, alpha: u8) {
        let places = self.now_places;
        let money = view.request.and_then(|r| r.amount);
        self.slot(Slot::NowHead, places.head, (head, alpha), |ink, area| {
            now::draw_head(ink, area, head, money);
        });
        self.show_message(view, alpha);
        let since = self.since_entrance(view.now);
        let progress = now::progress(&view.act, places.bar.w, since, view.motion);
        self.slot(
            Slot::NowBar,
            places.bar,
            (progress.filled, progress.tone),
            |ink, area| {
                now::draw_bar(ink, area, &progress);
            },
        );
        self.slot(Slot::NowTime, places.time, progress.note, |ink, area| {
            now::draw_note(ink, area, progress.note);
        });
        let palette = match view.act {
            Act::Drawing { .. } | Act::Holding { .. } => view.palette,
            // There is nothing to dip the brush in.
            Act::Idle
            | Act::Closed
            | Act::Preparing { .. }
            | Act::Refused { .. }
            | Act::Failed { .. }
            | Act::Thanked { .. } => &[],
        };
        self.slot(Slot::NowDabs, places.dabs, (palette, alpha), |ink, area| {
            now::draw_dabs(ink, area, palette);
        });
    }

    fn show_message(&mut self, view: &StageView<'_>, alpha: u8) {
        let since = self.since_entrance(view.now);
        let message = view.request.and_then(|r| r.message).map(ScreenText::as_str);
        let surprise;
        let text = match (message, &view.act) {
            (Some(text), _) if !text.is_empty() => text,
            // What was refused is not told, and no painting will surprise anybody.
            (_, Act::Refused { .. } | Act::Failed { .. } | Act::Thanked { .. }) => "",
            (
                _,
                Act::Idle
                | Act::Closed
                | Act::Preparing { .. }
                | Act::Drawing { .. }
                | Act::Holding { .. },
            ) => {
                surprise = self.words.say("no-message");
                &surprise
            }
        };
        let area = self.now_places.message;
        let mut ink = Ink {
            surface: &mut self.surface,
            type_: &mut self.type_,
            theme: &self.theme,
            words: &self.words,
            locale: self.options.locale,
            layout: &self.layout,
            alpha,
        };
        let label = now::message_label(&ink, area, text);
        let scrolled = now::message_scroll(&mut ink, area, &label, since, view.motion);
        self.slot(
            Slot::NowMessage,
            area,
            (text, scrolled, alpha),
            |ink, area| {
                now::draw_message(ink, area, &label, scrolled);
            },
        );
    }

    fn show_next(&mut self, view: &StageView<'_>) {
        let places = self.next_places;
        let turns = view.house.turns;
        let head = (view.waiting, turns);
        self.slot(Slot::NextHead, places.head, head, |ink, area| {
            next::draw_head(ink, area, view.waiting, turns);
        });
        let requests = view.house.requests;
        for (n, &area) in places.rows.iter().enumerate() {
            match view.queue.get(n) {
                Some(row) => {
                    let key = next::row_key(row);
                    self.slot(Slot::NextRow(n), area, key, |ink, area| {
                        next::draw_row(ink, area, n + 1, row);
                    });
                }
                None => {
                    let invites = n == 0;
                    let nobody = ("nobody", requests);
                    self.slot(Slot::NextRow(n), area, nobody, |ink, area| {
                        if invites {
                            next::draw_nobody(ink, area, requests);
                        }
                    });
                }
            }
        }
    }
}

/// What the panel of what is on is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Panel {
    Invitation,
    Farewell,
    Request,
}

fn panel(act: &Act<'_>) -> Panel {
    match act {
        Act::Idle => Panel::Invitation,
        Act::Closed => Panel::Farewell,
        Act::Preparing { .. }
        | Act::Drawing { .. }
        | Act::Holding { .. }
        | Act::Refused { .. }
        | Act::Failed { .. }
        | Act::Thanked { .. } => Panel::Request,
    }
}

/// Opacity after `since` of `whole`, in sixteen steps so that a slow machine draws no more than it must.
fn fade(since: Duration, whole: Duration) -> u8 {
    let steps = (since.as_millis() * 16 / whole.as_millis().max(1)).min(16);
    (steps * 255 / 16) as u8
}
