//! Short words that are words: what may not be glued to its neighbours.

use super::fold::{Kind, Unit};
use super::letter::Script;

/// Sorted, one a line; every word of up to [`LONGEST`] letters of both dictionaries.
const SHORT: &str = include_str!("../../data/gate/short_words.txt");
/// Longer pieces are taken for words: tricks cut words short.
const LONGEST: usize = 6;
/// Letters that are words of their own.
const SINGLE: &str = "аивскуояai";

/// The short words of both languages.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    words: Vec<&'static str>,
}

impl Known {
    pub(crate) fn built_in() -> Self {
        Self {
            words: SHORT
                .lines()
                .filter(|line| !line.starts_with('#'))
                .collect(),
        }
    }

    /// Whether a piece is a word as typed, marks between its letters and twins of the other script left aside. Pieces
    /// that are too long for a trick are.
    pub(crate) fn is_word(&self, piece: &[Unit]) -> bool {
        let letters = || piece.iter().filter(|unit| unit.kind != Kind::Filler);
        if letters().count() > LONGEST {
            return true;
        }
        if letters().all(|unit| unit.base.is_ascii_digit()) {
            return true;
        }
        if !letters().all(|unit| matches!(unit.kind, Kind::Letter(_))) {
            return false;
        }
        let latin = letters().filter(|unit| unit.base.is_ascii()).count();
        let script = if 2 * latin > letters().count() {
            Script::Latin
        } else {
            Script::Cyrillic
        };
        let word: String = letters().map(|unit| twin(unit.base, script)).collect();
        match letters().count() {
            1 => SINGLE.contains(word.as_str()),
            _ => self.words.binary_search(&word.as_str()).is_ok(),
        }
    }

    /// What English hangs on behind an apostrophe.
    pub(crate) fn is_contraction(&self, piece: &[Unit]) -> bool {
        let mut bases = piece.iter().map(|unit| unit.base);
        matches!(
            (bases.next(), bases.next(), bases.next()),
            (Some('s' | 't' | 'd' | 'm'), None, None)
                | (Some('r'), Some('e'), None)
                | (Some('l'), Some('l'), None)
                | (Some('v'), Some('e'), None)
        )
    }
}

/// A letter as its look-alike of a script, where it has one.
fn twin(c: char, script: Script) -> char {
    const LATIN: &str = "abcehkmoptxy";
    const CYRILLIC: [char; 12] = ['а', 'в', 'с', 'е', 'н', 'к', 'м', 'о', 'р', 'т', 'х', 'у'];
    let twin = match script {
        Script::Latin => CYRILLIC
            .iter()
            .position(|&letter| letter == c)
            .and_then(|at| LATIN.chars().nth(at)),
        Script::Cyrillic | Script::Sign => LATIN.find(c).map(|at| CYRILLIC[at]),
    };
    twin.unwrap_or(c)
}
