//! Colour emoji: found in a text, and rasterised from Twemoji's drawings when they are first seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use twemoji_assets::svg::SvgTwemojiAsset;
use unicode_segmentation::UnicodeSegmentation;

/// Stands in a text where an emoji is: as wide as the font is high, of no direction, and lines may break around it.
const PLACEHOLDER: char = '〓';

/// A drawing of an emoji.
pub(crate) type Drawing = &'static str;

/// A text whose emoji were taken out.
#[derive(Debug, Default)]
pub(crate) struct EmojiText {
    /// The text with a placeholder for each emoji.
    pub(crate) text: String,
    /// Where the placeholders are, in bytes, and what belongs there.
    pub(crate) emoji: Vec<(usize, Drawing)>,
}

impl EmojiText {
    /// Finds the emoji of a text. Controls and line ends become spaces.
    pub(crate) fn parse(text: &str) -> Self {
        let mut found = Self::default();
        for cluster in text.graphemes(true) {
            found.take(cluster);
        }
        found
    }

    /// The longest piece of the cluster that is drawn as one goes in as one: a family that nobody drew is its members.
    fn take(&mut self, cluster: &str) {
        if !cluster.chars().any(is_emoji_like) {
            self.text.extend(
                cluster
                    .chars()
                    .map(|c| if breaks_line(c) { ' ' } else { c }),
            );
            return;
        }
        let mut rest = cluster;
        while !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let longest = ends
                .filter_map(|end| Some((end, drawing(&rest[..end])?)))
                .next();
            let used = match longest {
                Some((end, drawing)) => {
                    self.emoji.push((self.text.len(), drawing));
                    self.text.push(PLACEHOLDER);
                    end
                }
                None => {
                    let c = rest.chars().next().map_or(' ', |c| c);
                    if !is_joiner(c) {
                        self.text.push(c);
                    }
                    c.len_utf8()
                }
            };
            rest = &rest[used..];
        }
    }
}

/// Whatever would end a line or a paragraph.
fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Joins emoji or chooses their look, and is nothing by itself.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200D}' | '\u{FE0E}' | '\u{FE0F}' | '\u{20E3}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}

/// Whether a cluster with this may be an emoji: digits, © and the like are only with a selector after them.
fn is_emoji_like(c: char) -> bool {
    matches!(c, '\u{20E3}' | '\u{FE0F}' | '\u{203C}' | '\u{2049}' | '\u{2139}' | '\u{2194}'..='\u{21AA}'
        | '\u{231A}'..='\u{23FF}' | '\u{24C2}' | '\u{25AA}'..='\u{27BF}' | '\u{2934}'..='\u{2935}'
        | '\u{2B05}'..='\u{2B55}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Twemoji leaves the selector out of the names of single emoji, and in those of joined ones; people write both.
fn drawing(cluster: &str) -> Option<Drawing> {
    let asset = SvgTwemojiAsset::from_emoji(cluster).or_else(|| {
        let bare: String = cluster.chars().filter(|&c| c != '\u{FE0F}').collect();
        SvgTwemojiAsset::from_emoji(&bare).or_else(|| {
            let mut dressed = bare.clone();
            dressed.push('\u{FE0F}');
            SvgTwemojiAsset::from_emoji(&dressed)
        })
    })?;
    Some(asset)
}

/// Rasterised emoji by drawing and size.
#[derive(Default)]
pub(crate) struct EmojiSheet {
    images: BTreeMap<(usize, i32), Arc<Pixmap>>,
}

impl EmojiSheet {
    /// How many images are kept: some 2 MB at the sizes of a 1080p stage.
    const CAPACITY: usize = 256;

    /// The emoji `side` pixels high and wide; empty if the drawing cannot be read.
    pub(crate) fn image(&mut self, drawing: Drawing, side: i32) -> Option<Arc<Pixmap>> {
        // A drawing is one of a fixed table's, so its address names it.
        let key = (drawing.as_ptr().addr(), side);
        if let Some(image) = self.images.get(&key) {
            return Some(Arc::clone(image));
        }
        let image = Arc::new(rasterize(drawing, side)?);
        if self.images.len() >= Self::CAPACITY {
            self.images.clear();
        }
        self.images.insert(key, Arc::clone(&image));
        Some(image)
    }
}

fn rasterize(drawing: Drawing, side: i32) -> Option<Pixmap> {
    let tree = usvg::Tree::from_str(drawing, &usvg::Options::default()).ok()?;
    let px = u32::try_from(side).ok()?;
    let mut image = Pixmap::new(px, px)?;
    let scale = side as f32 / tree.size().width().max(tree.size().height());
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut image.as_mut(),
    );
    Some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = EmojiText::parse(text);
        assert_eq!(found.text, expected, "{text:?}");
        for (at, _) in found.emoji {
            assert!(found.text[at..].starts_with(PLACEHOLDER));
        }
    }

    #[test]
    fn emoji_are_taken_out_whole_and_text_is_left() {
        check("кот 🐱!", "кот 〓!");
        check("👨‍👩‍👧‍👦", "〓");
        check("🏳️‍🌈🇺🇦👍🏽", "〓〓〓");
        check("❤ ❤️ 1️⃣", "〓 〓 〓");
        check("1 © # *", "1 © # *");
        check("a\nb\u{2029}c", "a b c");
    }

    #[test]
    fn a_family_that_nobody_drew_is_its_members() {
        check("🐱‍🐭‍🦊", "〓〓〓");
    }

    #[test]
    fn an_emoji_has_colours() {
        let found = EmojiText::parse("🦊");
        let image = EmojiSheet::default().image(found.emoji[0].1, 40).unwrap();
        assert!(
            image
                .pixels()
                .iter()
                .any(|p| p.red() > 150 && p.blue() < 80)
        );
    }
}
