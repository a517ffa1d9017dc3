//! The built-in painter: a [`Scene`] becomes pixel art.

use super::backdrop::Backdrop;
use super::layout::{Figure, Stance};
use super::lexicon::Lexicon;
use super::places::Footing;
use super::reduce::reduce;
use super::sheet::{Sheet, mix, shade};
use super::view::{Castles, View};
use crate::pixelize::IndexedImage;
use crate::plan::CanvasSize;
use crate::scene::Scene;

/// Paints a scene at the canvas's own size in at most `colors` colours (`2..=256`; values outside are brought in).
///
/// The same scene, size and number of colours give the same picture on every machine. It is made for canvases of
/// 32 to 256 pixels a side; others are painted at the nearest such size and stretched to fit.
pub fn paint(scene: &Scene, size: CanvasSize, colors: u16) -> IndexedImage {
    let work = workable(size);
    let mut sheet = compose(scene, work);
    if work != size {
        sheet = stretched(&sheet, size);
    }
    reduce(&sheet, colors)
}

/// A rough early version of the same picture: its large masses in at most five colours, the subjects as flat shapes.
///
/// It is what a stage shows while a slow painter works; the finished strokes go over it.
pub fn underdrawing(scene: &Scene, size: CanvasSize) -> IndexedImage {
    let work = workable(size);
    let sheet = compose(scene, work);
    let cell = (work.w().min(work.h()) / 32).clamp(1, 8);
    let coarse = blocked(&sheet, i32::from(cell));
    reduce(&stretched(&coarse, size), 5)
}

fn workable(size: CanvasSize) -> CanvasSize {
    CanvasSize::new(size.w().clamp(16, 512), size.h().clamp(16, 512)).unwrap_or(size)
}

fn compose(scene: &Scene, size: CanvasSize) -> Sheet {
    let backdrop = understood(scene);
    let blank = backdrop == Backdrop::default() && scene.subjects.is_empty();
    let mut view = View::new(size, backdrop, scene.seed);
    if blank {
        view.abstract_picture(&scene.palette);
        return view.sheet;
    }
    if scene.subjects.iter().any(|s| s.name.contains("castle")) {
        view.castles = Castles::AskedFor;
    }
    let footing = view.place();
    let figures = view.figures(scene, &footing);
    for figure in &figures {
        view.put(figure, &footing);
    }
    view.falling();
    view.sheet
}

/// The backdrop of a scene, whoever has written it.
fn understood(scene: &Scene) -> Backdrop {
    let mut backdrop = scene
        .setting
        .as_deref()
        .map(Backdrop::read)
        .unwrap_or_default();
    if backdrop.ground.is_none() {
        let lexicon = Lexicon::get();
        let first = scene.subjects.iter().find_map(|subject| {
            let emoji = subject
                .emoji
                .as_deref()
                .and_then(|emoji| lexicon.by_emoji(emoji));
            emoji.or_else(|| lexicon.by_name(&subject.name))
        });
        if let Some(entry) = first {
            let mut dice = super::dice::Dice::new(scene.seed, "home");
            backdrop.ground = Some(super::planner::usual_ground(entry, &backdrop, &mut dice));
        }
    }
    backdrop
}

impl View {
    fn put(&mut self, figure: &Figure, footing: &Footing) {
        let (x, foot) = (figure.x.round() as i32, figure.foot.round() as i32);
        match figure.stance {
            Stance::Standing => {
                self.contact_shadow(figure);
                figure.sprite.stamp(&mut self.sheet, x, foot, i32::MAX);
            }
            Stance::Free => figure.sprite.stamp(&mut self.sheet, x, foot, i32::MAX),
            Stance::Afloat(sunk) => {
                let line = foot - (figure.sprite.h as f32 * sunk) as i32;
                self.reflection(figure, line, footing);
                figure.sprite.stamp(&mut self.sheet, x, foot, line);
                let half = figure.sprite.w as f32 * 0.5;
                let foam = self.tints.water[0];
                for (dy, reach) in [(0, 0.80f32), (2, 0.5)] {
                    let (left, right) = (figure.x - half * reach, figure.x + half * reach);
                    self.sheet.row(left as i32, right as i32, line + dy, foam);
                }
            }
        }
    }

    /// The ground is darker where something stands, on the side away from the light most.
    fn contact_shadow(&mut self, figure: &Figure) {
        let (rx, ry) = (
            figure.sprite.w as f32 * 0.46,
            (figure.sprite.h as f32 * 0.055).max(1.5),
        );
        let (cx, cy) = (figure.x - self.light * rx * 0.30, figure.foot - ry * 0.25);
        for y in (cy - ry) as i32..=(cy + ry) as i32 {
            for x in (cx - rx * 1.2) as i32..=(cx + rx * 1.2) as i32 {
                let (dx, dy) = (
                    (x as f32 + 0.5 - cx) / (rx * 1.1),
                    (y as f32 + 0.5 - cy) / ry,
                );
                if dx * dx + dy * dy <= 1.0 {
                    let here = self.sheet.get(x, y);
                    self.sheet.set(x, y, shade(here, -0.13));
                }
            }
        }
    }

    /// The mirrored figure in the water under it.
    fn reflection(&mut self, figure: &Figure, line: i32, footing: &Footing) {
        let reach = (figure.sprite.h as f32 * 0.5) as i32;
        let left = figure.x as i32 - figure.sprite.w / 2;
        let water = self.tints.water[3];
        let solid_below = footing.near;
        let above = figure.foot as i32 - line;
        for dy in 0..reach {
            let y = line + dy;
            if y as f32 > solid_below && footing.floor == super::places::Floor::Solid {
                break;
            }
            let row = figure.sprite.h - above - 1 - dy * 2;
            let sway = if (dy / 2) % 2 == 0 { 0 } else { 1 };
            for x in 0..figure.sprite.w {
                if let Some(color) = figure.sprite.get(x, row) {
                    self.sheet.set(left + x + sway, y, mix(color, water, 0.55));
                }
            }
        }
    }
}

/// The sheet in blocks of `cell` pixels, each in the colour that most of it has.
fn blocked(sheet: &Sheet, cell: i32) -> Sheet {
    let (w, h) = ((sheet.w / cell).max(1), (sheet.h / cell).max(1));
    let mut small = Sheet::new(w, h, sheet.get(0, 0));
    for y in 0..h {
        for x in 0..w {
            let mut votes: std::collections::BTreeMap<crate::color::Rgb8, u32> =
                std::collections::BTreeMap::new();
            for sy in 0..cell {
                for sx in 0..cell {
                    *votes
                        .entry(sheet.get(x * cell + sx, y * cell + sy))
                        .or_default() += 1;
                }
            }
            if let Some((color, _)) = votes.into_iter().max_by_key(|&(color, n)| (n, color)) {
                small.set(x, y, color);
            }
        }
    }
    small
}

/// The nearest pixel of each place.
fn stretched(sheet: &Sheet, size: CanvasSize) -> Sheet {
    let (w, h) = (i32::from(size.w()), i32::from(size.h()));
    let mut large = Sheet::new(w, h, sheet.get(0, 0));
    for y in 0..h {
        for x in 0..w {
            large.set(x, y, sheet.get(x * sheet.w / w, y * sheet.h / h));
        }
    }
    large
}
