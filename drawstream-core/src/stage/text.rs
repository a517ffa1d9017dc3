//! Setting text: shaped once, fitted into its place, and kept until it has not been needed for a while.
//!
//! Whatever a viewer writes stays inside the area that it is given: it is wrapped, made smaller down to a least
//! size, and then cut with an ellipsis (one line) or left to be scrolled (a paragraph).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use cosmic_text::{
    Attrs, AttrsList, CacheKeyFlags, Ellipsize, EllipsizeHeightLimit, FeatureTag, FontFeatures,
    FontSystem, Hinting, LayoutGlyph, LayoutLine, ShapeBuffer, ShapeLine, Shaping, SwashCache,
    SwashContent, Wrap,
};
use tiny_skia::Pixmap;

use super::emoji::{Drawing, EmojiSheet, EmojiText};
use super::fonts::{self, Coverage, Weight};
use super::rect::StageRect;
use super::surface::{Alpha, Surface};
use crate::color::Rgb8;

/// How a text is made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fit {
    /// One line: smaller, then cut with an ellipsis.
    Line,
    /// Several lines of at most this height together: smaller, then taller than that.
    Lines { height: i32 },
}

/// Whether digits are all of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Figures {
    Proportional,
    Tabular,
}

/// A text and how it is to be set; sizes are in stage pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TextSpec<'a> {
    pub(crate) text: &'a str,
    pub(crate) size: i32,
    pub(crate) least: i32,
    pub(crate) weight: Weight,
    pub(crate) figures: Figures,
    pub(crate) fit: Fit,
    pub(crate) width: i32,
}

/// Where in its area a line stands. A paragraph that runs from right to left starts at the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Start,
    Center,
    End,
}

/// A text that is set: what it takes up, and its lines.
pub(crate) struct Block {
    size: i32,
    line_height: i32,
    lines: Vec<Line>,
    emoji: Vec<Drawing>,
    last_used: u64,
}

struct Line {
    glyphs: Vec<LayoutGlyph>,
    left: f32,
    width: i32,
    direction: Direction,
    image: Option<LineImage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    LeftToRight,
    RightToLeft,
}

/// Coverage of a line's letters, and its emoji; places are relative to the line's left end and top.
struct LineImage {
    area: StageRect,
    coverage: Vec<u8>,
    emoji: Vec<((i32, i32), Arc<Pixmap>)>,
}

impl Block {
    /// Height of all lines.
    pub(crate) fn height(&self) -> i32 {
        self.line_height * self.lines.len() as i32
    }

    /// Width of the longest line.
    pub(crate) fn width(&self) -> i32 {
        self.lines.iter().map(|line| line.width).max().unwrap_or(0)
    }

    pub(crate) fn line_height(&self) -> i32 {
        self.line_height
    }
}

/// Sets texts and draws them.
pub(crate) struct Typesetter {
    fonts: FontSystem,
    coverage: Coverage,
    glyphs: SwashCache,
    emoji: EmojiSheet,
    scratch: ShapeBuffer,
    blocks: BTreeMap<u64, Block>,
    uses: u64,
}

/// What an emoji is wider than the font is high, in parts of that.
const EMOJI_GAP: f32 = 0.22;
/// The height of a capital letter over the size, of the main font; lines are centred on it.
const CAPITAL: f32 = 0.70;

impl Typesetter {
    /// How many texts are kept: some times what a stage shows at once.
    const BLOCKS: usize = 96;
    /// How many glyph images are kept: about 2 MB of them.
    const GLYPHS: usize = 3000;

    pub(crate) fn new() -> Self {
        Self {
            fonts: fonts::font_system(),
            coverage: Coverage::new(),
            glyphs: SwashCache::new(),
            emoji: EmojiSheet::default(),
            scratch: ShapeBuffer::default(),
            blocks: BTreeMap::new(),
            uses: 0,
        }
    }

    /// Sets a text, or finds it set already.
    pub(crate) fn block(&mut self, spec: &TextSpec<'_>) -> &mut Block {
        let key = key(spec);
        self.uses += 1;
        if !self.blocks.contains_key(&key) {
            if self.blocks.len() >= Self::BLOCKS {
                self.forget_oldest_half();
            }
            let block = self.set(spec);
            self.blocks.insert(key, block);
        }
        let block = self
            .blocks
            .get_mut(&key)
            .expect("it was there or has been put there");
        block.last_used = self.uses;
        block
    }

    fn forget_oldest_half(&mut self) {
        let mut ages: Vec<u64> = self.blocks.values().map(|block| block.last_used).collect();
        ages.sort_unstable();
        let middle = ages[ages.len() / 2];
        self.blocks.retain(|_, block| block.last_used > middle);
    }

    fn set(&mut self, spec: &TextSpec<'_>) -> Block {
        let found = EmojiText::parse(spec.text);
        let shape = self.shape(&found, spec);
        let (size, lines) = match spec.fit {
            Fit::Line => self.fit_line(&shape, spec),
            Fit::Lines { height } => self.fit_lines(&shape, spec, height),
        };
        let direction = if shape.rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        };
        Block {
            size,
            line_height: line_height(size),
            lines: lines
                .into_iter()
                .map(|line| Line::new(line, direction))
                .collect(),
            emoji: found
                .emoji
                .into_iter()
                .map(|(_, drawing)| drawing)
                .collect(),
            last_used: 0,
        }
    }

    fn shape(&mut self, found: &EmojiText, spec: &TextSpec<'_>) -> ShapeLine {
        let mut features = FontFeatures::new();
        match spec.figures {
            Figures::Proportional => {}
            Figures::Tabular => {
                features.enable(FeatureTag::new(b"tnum"));
            }
        }
        let plain = Attrs::new()
            .family(fonts::FAMILY)
            .weight(spec.weight.font())
            .cache_key_flags(CacheKeyFlags::DISABLE_HINTING)
            .font_features(features);
        let mut attrs = AttrsList::new(&plain);
        for (piece, family) in self.coverage.exceptions(&found.text) {
            attrs.add_span(piece, &plain.clone().family(family));
        }
        for (n, &(at, _)) in found.emoji.iter().enumerate() {
            let placeholder = plain
                .clone()
                .family(fonts::SQUARE_FAMILY)
                .letter_spacing(EMOJI_GAP)
                .metadata(n + 1);
            attrs.add_span(at..at + '〓'.len_utf8(), &placeholder);
        }
        ShapeLine::new(&mut self.fonts, &found.text, &attrs, Shaping::Advanced, 4)
    }

    fn fit_line(&mut self, shape: &ShapeLine, spec: &TextSpec<'_>) -> (i32, Vec<LayoutLine>) {
        let natural = self.lay_out(shape, spec.size, None, Wrap::None, Ellipsize::None);
        let width = natural.first().map_or(0.0, |line| line.w);
        if width <= spec.width as f32 {
            return (spec.size, natural);
        }
        let shrunk = (spec.size as f32 * spec.width as f32 / width) as i32;
        let size = shrunk.max(spec.least);
        let cut = Ellipsize::End(EllipsizeHeightLimit::Lines(1));
        let lines = self.lay_out(shape, size, Some(spec.width as f32), Wrap::None, cut);
        (size, lines)
    }

    /// The largest size at which the text fits and no word is broken, or the least one.
    fn fit_lines(
        &mut self,
        shape: &ShapeLine,
        spec: &TextSpec<'_>,
        height: i32,
    ) -> (i32, Vec<LayoutLine>) {
        let width = Some(spec.width as f32);
        let fits = |lines: &[LayoutLine], size| lines.len() as i32 * line_height(size) <= height;
        let mut best = spec.least;
        let mut lines = self.lay_out(shape, best, width, Wrap::WordOrGlyph, Ellipsize::None);
        if !fits(&lines, best) {
            return (best, lines);
        }
        let by_words = self.lay_out(shape, spec.size, width, Wrap::Word, Ellipsize::None);
        let longest = by_words.iter().fold(0.0f32, |most, line| most.max(line.w));
        let unbroken = (spec.size as f32 * spec.width as f32 / longest.max(1.0)) as i32;
        let mut least = spec.least + 1;
        let mut most = spec.size.min(unbroken);
        // The largest first: most texts are short.
        let mut tried = most;
        while least <= most {
            let at_size = self.lay_out(shape, tried, width, Wrap::WordOrGlyph, Ellipsize::None);
            if fits(&at_size, tried) {
                (best, lines) = (tried, at_size);
                least = tried + 1;
            } else {
                most = tried - 1;
            }
            tried = i32::midpoint(least, most);
        }
        (best, lines)
    }

    fn lay_out(
        &mut self,
        shape: &ShapeLine,
        size: i32,
        width: Option<f32>,
        wrap: Wrap,
        ellipsize: Ellipsize,
    ) -> Vec<LayoutLine> {
        let mut lines = Vec::new();
        shape.layout_to_buffer(
            &mut self.scratch,
            size as f32,
            width,
            wrap,
            ellipsize,
            None,
            &mut lines,
            None,
            Hinting::Disabled,
        );
        lines
    }

    /// Draws a text into `area`, its first line at the top, moved up by `scrolled` pixels; nothing of it is seen
    /// outside of `area`.
    pub(crate) fn draw(
        &mut self,
        surface: &mut Surface,
        spec: &TextSpec<'_>,
        place: &Place,
        ink: (Rgb8, Alpha),
    ) {
        self.block(spec);
        let Some(mut block) = self.blocks.remove(&key(spec)) else {
            return;
        };
        let area = place.area;
        let mut top = area.y - place.scrolled;
        let line_height = block.line_height;
        for line in &mut block.lines {
            if top + line_height > area.y && top < area.bottom() {
                let x = line.start(area, place.align);
                let image = line.image.get_or_insert_with(|| {
                    self.rasterize(&line.glyphs, line.left, block.size, &block.emoji)
                });
                let at = StageRect::new(
                    x + image.area.x,
                    top + image.area.y,
                    image.area.w,
                    image.area.h,
                );
                surface.stencil(&image.coverage, at, area, ink);
                for (offset, emoji) in &image.emoji {
                    surface.stamp(emoji, (x + offset.0, top + offset.1), area, ink.1);
                }
            }
            top += line_height;
        }
        self.blocks.insert(key(spec), block);
    }

    fn rasterize(
        &mut self,
        glyphs: &[LayoutGlyph],
        left: f32,
        size: i32,
        emoji: &[Drawing],
    ) -> LineImage {
        let line_height = line_height(size);
        let baseline = (line_height as f32 + size as f32 * CAPITAL) / 2.0;
        let right = glyphs
            .iter()
            .fold(left, |most, glyph| most.max(glyph.x + glyph.w));
        // Letters may lean out a little; piles of marks end where the next line's letters begin.
        let area = StageRect::new(
            -size / 4,
            -size / 4,
            (right - left) as i32 + 1 + size / 2,
            line_height + size / 2,
        );
        let mut image = LineImage {
            area,
            coverage: vec![0; area.area().unsigned_abs() as usize],
            emoji: Vec::new(),
        };
        if self.glyphs.image_cache.len() > Self::GLYPHS {
            self.glyphs.image_cache.clear();
        }
        for glyph in glyphs {
            if glyph.metadata > 0 {
                let side = size * 11 / 10;
                let drawing = emoji.get(glyph.metadata - 1);
                if let Some(picture) = drawing.and_then(|drawing| self.emoji.image(drawing, side)) {
                    let middle = baseline - size as f32 * CAPITAL / 2.0;
                    let x = glyph.x - left + (glyph.w - side as f32) / 2.0;
                    let y = middle - side as f32 / 2.0;
                    image
                        .emoji
                        .push(((libm::floorf(x) as i32, libm::floorf(y) as i32), picture));
                }
                continue;
            }
            self.cover(&mut image, glyph, (-left, baseline));
        }
        image
    }

    /// Adds a glyph to a line's coverage.
    fn cover(&mut self, image: &mut LineImage, glyph: &LayoutGlyph, offset: (f32, f32)) {
        let physical = glyph.physical((offset.0, libm::roundf(offset.1)), 1.0);
        let Some(letter) = self.glyphs.get_image(&mut self.fonts, physical.cache_key) else {
            return;
        };
        // The bundled fonts have no colours of their own.
        if letter.content != SwashContent::Mask {
            return;
        }
        let at = letter.placement;
        let place = StageRect::new(
            physical.x + at.left,
            physical.y - at.top,
            at.width as i32,
            at.height as i32,
        );
        let seen = place.intersect(image.area);
        for y in seen.y..seen.bottom() {
            let from = ((y - place.y) * place.w + (seen.x - place.x)) as usize;
            let to = ((y - image.area.y) * image.area.w + (seen.x - image.area.x)) as usize;
            let width = seen.w as usize;
            let covered = image.coverage[to..to + width].iter_mut();
            for (below, &above) in covered.zip(&letter.data[from..from + width]) {
                *below = (*below).max(above);
            }
        }
    }
}

/// Where a text is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) area: StageRect,
    pub(crate) align: Align,
    /// How far the text is moved up inside its area.
    pub(crate) scrolled: i32,
}

impl Line {
    fn new(line: LayoutLine, direction: Direction) -> Self {
        let left = line
            .glyphs
            .iter()
            .fold(f32::INFINITY, |least, glyph| least.min(glyph.x));
        let left = if left.is_finite() { left } else { 0.0 };
        let right = line
            .glyphs
            .iter()
            .fold(left, |most, glyph| most.max(glyph.x + glyph.w));
        Self {
            glyphs: line.glyphs,
            left,
            width: libm::ceilf(right - left) as i32,
            direction,
            image: None,
        }
    }

    /// The left end. It is reckoned from the glyphs and not from the layout, which puts a paragraph that runs from
    /// right to left wherever its own width ends.
    fn start(&self, area: StageRect, align: Align) -> i32 {
        let at_right = area.right() - self.width;
        match (align, self.direction) {
            (Align::Left, _) | (Align::Start, Direction::LeftToRight) => area.x,
            (Align::Start, Direction::RightToLeft) | (Align::End, _) => at_right,
            (Align::Center, _) => area.x + (area.w - self.width) / 2,
        }
    }
}

/// Room for ascenders, descenders and the accents of capitals, in whole pixels.
pub(crate) fn line_height(size: i32) -> i32 {
    (size * 13 + 9) / 10
}

fn key(spec: &TextSpec<'_>) -> u64 {
    // The standard hasher without keys is the same in each run.
    let mut hasher = DefaultHasher::new();
    spec.hash(&mut hasher);
    hasher.finish()
}
