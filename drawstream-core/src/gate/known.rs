//! Short words that are words: what may not be glued to its neighbours.

use super::fold::{Kind, Unit};

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

    /// Whether a piece is a word as typed. Pieces that are too long for a trick are.
    pub(crate) fn is_word(&self, piece: &[Unit]) -> bool {
        if piece.len() > LONGEST {
            return true;
        }
        let mut buffer = [0u8; LONGEST * 4];
        let mut len = 0;
        for unit in piece {
            if !matches!(unit.kind, Kind::Letter(_)) {
                return unit.base.is_ascii_digit() && piece.iter().all(|u| u.base.is_ascii_digit());
            }
            len += unit.base.encode_utf8(&mut buffer[len..]).len();
        }
        let Ok(word) = std::str::from_utf8(&buffer[..len]) else {
            return false;
        };
        if piece.len() == 1 {
            return SINGLE.contains(word);
        }
        self.words.binary_search(&word).is_ok()
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
