//! What a panel draws with: the surface, the type, the theme and the words, at one scale and one opacity.

use super::fonts::Weight;
use super::layout::Layout;
use super::rect::StageRect;
use super::surface::{Alpha, Surface, scale};
use super::text::{Align, Figures, Fit, Place, TextSpec, Typesetter};
use super::theme::Theme;
use super::words::{Locale, Words};
use crate::color::Rgb8;

/// One line of text and its looks; sizes are those of a 1080-line stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label<'a> {
    pub(crate) text: &'a str,
    pub(crate) size: f32,
    pub(crate) least: f32,
    pub(crate) weight: Weight,
    pub(crate) color: Rgb8,
    pub(crate) align: Align,
    pub(crate) figures: Figures,
}

impl<'a> Label<'a> {
    /// Medium weight, at the start, of one size; cut where it is too long.
    pub(crate) const fn new(text: &'a str, size: f32, color: Rgb8) -> Self {
        Self {
            text,
            size,
            least: size,
            weight: Weight::Medium,
            color,
            align: Align::Start,
            figures: Figures::Proportional,
        }
    }

    pub(crate) const fn bold(self) -> Self {
        Self {
            weight: Weight::Bold,
            ..self
        }
    }

    pub(crate) const fn least(self, least: f32) -> Self {
        Self { least, ..self }
    }

    pub(crate) const fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    pub(crate) const fn tabular(self) -> Self {
        Self {
            figures: Figures::Tabular,
            ..self
        }
    }
}

/// The tools of a panel.
pub(crate) struct Ink<'a> {
    pub(crate) surface: &'a mut Surface,
    pub(crate) type_: &'a mut Typesetter,
    pub(crate) theme: &'a Theme,
    pub(crate) words: &'a Words,
    pub(crate) locale: Locale,
    pub(crate) layout: &'a Layout,
    pub(crate) alpha: Alpha,
}

impl Ink<'_> {
    /// A length of a 1080-line stage, in this stage's pixels; at least 1.
    pub(crate) fn px(&self, length: f32) -> i32 {
        self.layout.px(length)
    }

    fn spec<'t>(&self, label: &Label<'t>, width: i32, fit: Fit) -> TextSpec<'t> {
        TextSpec {
            text: label.text,
            size: self.px(label.size),
            least: self.px(label.least),
            weight: label.weight,
            figures: label.figures,
            fit,
            width,
        }
    }

    /// How wide a line would be, up to `most`.
    pub(crate) fn width(&mut self, label: &Label<'_>, most: i32) -> i32 {
        let spec = self.spec(label, most, Fit::Line);
        self.type_.block(&spec).width().min(most)
    }

    /// Draws a line in the middle of an area's height.
    pub(crate) fn line(&mut self, area: StageRect, label: &Label<'_>) {
        let spec = self.spec(label, area.w, Fit::Line);
        let height = self.type_.block(&spec).line_height();
        let place = Place {
            area,
            align: label.align,
            scrolled: (height - area.h) / 2,
        };
        let ink = (label.color, self.alpha);
        self.type_.draw(self.surface, &spec, &place, ink);
    }

    /// How high a paragraph is at the size that it gets in this area, and how high one of its lines.
    pub(crate) fn paragraph_height(&mut self, area: StageRect, label: &Label<'_>) -> (i32, i32) {
        let spec = self.spec(label, area.w, Fit::Lines { height: area.h });
        let block = self.type_.block(&spec);
        (block.height(), block.line_height())
    }

    /// Draws a paragraph from the top of an area, moved up by `scrolled`.
    pub(crate) fn paragraph(&mut self, area: StageRect, label: &Label<'_>, scrolled: i32) {
        let spec = self.spec(label, area.w, Fit::Lines { height: area.h });
        let place = Place {
            area,
            align: label.align,
            scrolled,
        };
        let ink = (label.color, self.alpha);
        self.type_.draw(self.surface, &spec, &place, ink);
    }

    /// Draws a paragraph in the middle of an area's height.
    pub(crate) fn middle_paragraph(&mut self, area: StageRect, label: &Label<'_>) {
        let (height, _) = self.paragraph_height(area, label);
        let above = (area.h - height).max(0) / 2;
        let (_, area) = area.split_top(above);
        self.paragraph(area, label, 0);
    }

    pub(crate) fn fill_round(&mut self, area: StageRect, radius: f32, color: Rgb8) {
        self.surface.fill_round(area, radius, color, self.alpha);
    }

    pub(crate) fn fill_circle(&mut self, center: (f32, f32), r: f32, color: Rgb8) {
        self.surface.fill_circle(center, r, color, self.alpha);
    }

    /// Lets text that goes on past the upper and lower edge of an area come out of the ground softly.
    pub(crate) fn soften_edges(&mut self, area: StageRect, ground: Rgb8, at: (Edge, Edge)) {
        let depth = self.px(18.0).min(area.h / 2);
        for n in 0..depth {
            let cover = scale(255, (255 - n * 255 / depth) as u8);
            let row = |y| StageRect::new(area.x, y, area.w, 1);
            if at.0 == Edge::Soft {
                self.surface.fill_round(row(area.y + n), 0.0, ground, cover);
            }
            if at.1 == Edge::Soft {
                self.surface
                    .fill_round(row(area.bottom() - 1 - n), 0.0, ground, cover);
            }
        }
    }
}

/// Whether text goes on past an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Soft,
    Sharp,
}
