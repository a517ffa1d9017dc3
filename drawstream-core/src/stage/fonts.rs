//! The bundled fonts: Rubik for what it has, Inter for more Latin and Greek, GNU Unifont for everything else.
//!
//! No font of the machine is ever used, so the same text looks the same everywhere.

use std::ops::Range;
use std::sync::Arc;

use cosmic_text::fontdb::{
    Database, FaceInfo, ID, Language, Source, Stretch, Style, Weight as FontWeight,
};
use cosmic_text::skrifa::{FontRef, MetadataProvider, charmap::Charmap};
use cosmic_text::{Fallback, Family, FontSystem};
use unicode_normalization::char::is_combining_mark;
use unicode_script::Script;

use crate::donation::is_invisible;

/// How heavy letters are; the two that are bundled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Medium,
    Bold,
}

impl Weight {
    pub(crate) const fn font(self) -> FontWeight {
        match self {
            Self::Medium => FontWeight(500),
            Self::Bold => FontWeight(700),
        }
    }
}

const MAIN: &str = "Rubik";
const MORE: &str = "Inter";
const LAST: &str = "Unifont";

/// The family that text is set in; the others step in letter by letter.
pub(crate) const FAMILY: Family<'static> = Family::Name(MAIN);
/// The family that has every ideograph, each one em wide.
pub(crate) const SQUARE_FAMILY: Family<'static> = Family::Name(LAST);

/// The stage's fonts for whoever draws beside it (OFL): Rubik, medium and bold.
pub const FONT_FILES: [(&str, &[u8]); 2] = [
    ("rubik-medium.ttf", RUBIK_MEDIUM),
    ("rubik-bold.ttf", RUBIK_BOLD),
];

const RUBIK_MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Rubik-Medium.ttf");
const RUBIK_BOLD: &[u8] = include_bytes!("../../assets/fonts/Rubik-Bold.ttf");
const INTER_MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Inter-Medium.ttf");
const UNIFONT: &[u8] = include_bytes!("../../assets/fonts/unifont.otf");

/// Knows which family has which letters.
pub(crate) struct Coverage {
    main: Charmap<'static>,
    more: Charmap<'static>,
}

impl Coverage {
    pub(crate) fn new() -> Self {
        let charmap = |data| {
            FontRef::new(data)
                .expect("bundled fonts can be read")
                .charmap()
        };
        Self {
            main: charmap(RUBIK_MEDIUM),
            more: charmap(INTER_MEDIUM),
        }
    }

    /// The family that a letter is set in, after one that is set in `before`: what only changes a letter stays
    /// with it.
    fn family(&self, letter: char, before: Family<'static>) -> Family<'static> {
        if is_combining_mark(letter) || is_invisible(letter) {
            before
        } else if self.main.map(letter).is_some() {
            FAMILY
        } else if self.more.map(letter).is_some() {
            Family::Name(MORE)
        } else {
            SQUARE_FAMILY
        }
    }

    /// The pieces of a text that are not in the main family, in order. Saying so beforehand saves shaping them in
    /// each of the others in turn.
    pub(crate) fn exceptions(&self, text: &str) -> Vec<(Range<usize>, Family<'static>)> {
        let mut pieces: Vec<(Range<usize>, Family<'static>)> = Vec::new();
        let mut before = FAMILY;
        for (at, letter) in text.char_indices() {
            before = self.family(letter, before);
            let end = at + letter.len_utf8();
            match pieces.last_mut() {
                _ if before == FAMILY => {}
                Some((piece, family)) if piece.end == at && *family == before => piece.end = end,
                Some(_) | None => pieces.push((at..end, before)),
            }
        }
        pieces
    }
}

/// Loads none of the fonts yet: each is read when the first letter needs it.
pub(crate) fn font_system() -> FontSystem {
    let mut faces = Database::new();
    // The fallbacks stand in for each weight: a family is looked for at exactly the weight that is asked for.
    for (family, weight, data) in [
        (MAIN, Weight::Medium, RUBIK_MEDIUM),
        (MAIN, Weight::Bold, RUBIK_BOLD),
        (MORE, Weight::Medium, INTER_MEDIUM),
        (MORE, Weight::Bold, INTER_MEDIUM),
        (LAST, Weight::Medium, UNIFONT),
        (LAST, Weight::Bold, UNIFONT),
    ] {
        faces.push_face_info(face(family, weight, data));
    }
    FontSystem::new_with_locale_and_db_and_fallback("en-US".to_owned(), faces, Fallbacks)
}

fn face(family: &str, weight: Weight, data: &'static [u8]) -> FaceInfo {
    FaceInfo {
        id: ID::dummy(),
        source: Source::Binary(Arc::new(data)),
        index: 0,
        families: vec![(family.to_owned(), Language::English_UnitedStates)],
        post_script_name: format!("{family}-{}", weight.font().0),
        style: Style::Normal,
        weight: weight.font(),
        stretch: Stretch::Normal,
        monospaced: false,
    }
}

struct Fallbacks;

impl Fallback for Fallbacks {
    fn common_fallback(&self) -> &[&'static str] {
        &[MORE, LAST]
    }

    fn forbidden_fallback(&self) -> &[&'static str] {
        &[]
    }

    fn script_fallback(&self, script: Script, _locale: &str) -> &[&'static str] {
        match script {
            Script::Latin | Script::Cyrillic | Script::Greek => &[MORE],
            _ => &[LAST],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(data: &[u8], letter: char) -> bool {
        let font = FontRef::new(data).expect("bundled fonts can be read");
        font.charmap().map(letter).is_some()
    }

    #[test]
    fn every_cyrillic_letter_of_the_languages_of_today_is_in_both_weights_of_the_main_font() {
        let russian = ('А'..='я').chain(['Ё', 'ё']);
        let others = "ЄєІіЇїҐґЎўЂђЈјЉљЊњЋћЏџЃѓЌќЅѕӘәҒғҚқҢңӨөҰұҮүҺһ".chars();
        for letter in russian.chain(others) {
            for data in [RUBIK_MEDIUM, RUBIK_BOLD] {
                assert!(has(data, letter), "{letter}");
            }
        }
    }

    #[test]
    fn pieces_of_other_scripts_are_found_with_their_marks() {
        let text = "кот ไก่! Ωé";
        let found = Coverage::new().exceptions(text);
        let pieces: Vec<_> = found
            .iter()
            .map(|(piece, _)| &text[piece.clone()])
            .collect();
        assert_eq!(pieces, ["ไก่", "Ω"]);
    }

    #[test]
    fn what_the_main_font_lacks_is_in_another() {
        for letter in "αΩếỆ".chars() {
            assert!(has(INTER_MEDIUM, letter), "{letter}");
        }
        for letter in "日本語한국어ไทยहिन्दीქართული".chars() {
            assert!(has(UNIFONT, letter), "{letter}");
        }
        for letter in "שלוםمرحبا".chars() {
            assert!(has(RUBIK_MEDIUM, letter), "{letter}");
        }
    }
}
