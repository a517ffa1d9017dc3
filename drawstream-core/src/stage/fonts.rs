//! The bundled fonts: Rubik for what it has, Inter for more Latin and Greek, GNU Unifont for everything else.
//!
//! No font of the machine is ever used, so the same text looks the same everywhere.

use std::sync::Arc;

use cosmic_text::fontdb::{
    Database, FaceInfo, ID, Language, Source, Stretch, Style, Weight as FontWeight,
};
use cosmic_text::{Fallback, Family, FontSystem};
use unicode_script::Script;

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

const RUBIK_MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Rubik-Medium.ttf");
const RUBIK_BOLD: &[u8] = include_bytes!("../../assets/fonts/Rubik-Bold.ttf");
const INTER_MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Inter-Medium.ttf");
const UNIFONT: &[u8] = include_bytes!("../../assets/fonts/unifont.otf");

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
    use cosmic_text::skrifa::MetadataProvider;

    fn has(data: &[u8], letter: char) -> bool {
        let font = cosmic_text::skrifa::FontRef::new(data).expect("bundled fonts can be read");
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
