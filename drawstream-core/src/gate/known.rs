//! Short words that are words: what may not be glued to its neighbours.

use std::collections::BTreeSet;

use super::fold::{Kind, Unit};
use super::letter::{Letter, Script};

/// Sorted, one a line; every word of up to [`LONGEST`] letters of both dictionaries.
const SHORT: &str = include_str!("../../data/gate/short_words.txt");
/// Those of them that rules mean: they vouch for nothing.
const GUILTY: &str = include_str!("../../data/gate/known_hits.txt");
/// Longer pieces are taken for words: tricks cut words short.
const LONGEST: usize = 6;
/// With signs for letters, fewer make a word by chance.
const LEAST_DISGUISED: usize = 4;
/// Characters of a disguised word, repeats counted.
const LONGEST_DISGUISED: usize = 24;
/// Letters that are words of their own.
const SINGLE: &str = "аивскуояai";

/// The short words of both languages.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    words: Vec<&'static str>,
}

impl Known {
    pub(crate) fn built_in() -> Self {
        let guilty: BTreeSet<&str> = GUILTY.lines().collect();
        Self {
            words: SHORT
                .lines()
                .filter(|line| !line.starts_with('#') && !guilty.contains(line))
                .collect(),
        }
    }

    /// Whether a piece is a word, disguised or not. Pieces that are too long for a trick are.
    pub(crate) fn is_word(&self, piece: &[Unit]) -> bool {
        let letters = || piece.iter().filter(|unit| unit.kind != Kind::Filler);
        if letters().count() > LONGEST || letters().all(|unit| unit.base.is_ascii_digit()) {
            return true;
        }
        let signs = letters().any(|unit| unit.kind == Kind::Sign);
        if signs && letters().count() < LEAST_DISGUISED {
            return false;
        }
        self.reads_as(piece, majority(piece))
    }

    /// Whether a short word of either dictionary is spelt so.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.binary_search(&word).is_ok()
    }

    /// Whether a piece reads as a short word of a script: marks between its letters left aside, letters of the other
    /// script taken for what they look or sound like, signs for the letters that they stand for, and repeats for one.
    pub(crate) fn reads_as(&self, piece: &[Unit], script: Script) -> bool {
        let mut letters: Vec<Vec<char>> = Vec::with_capacity(piece.len());
        for unit in piece.iter().filter(|unit| unit.kind != Kind::Filler) {
            letters.push(choices(unit, script));
        }
        if letters.len() > LONGEST_DISGUISED || letters.is_empty() {
            return false;
        }
        if letters.len() == 1 {
            return letters[0].iter().any(|&c| SINGLE.contains(c));
        }
        Begun::of(&self.words).goes_on(&letters)
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

/// The words that begin with the letters read so far.
#[derive(Clone, Copy)]
struct Begun<'a> {
    /// Sorted, as all of them are.
    words: &'a [&'static str],
    /// The bytes of the letters read.
    bytes: usize,
    letters: usize,
    last: Option<char>,
}

impl<'a> Begun<'a> {
    fn of(words: &'a [&'static str]) -> Self {
        Self {
            words,
            bytes: 0,
            letters: 0,
            last: None,
        }
    }

    /// Whether one of them, of two letters or more, goes on with some choice of the rest and ends there.
    fn goes_on(self, rest: &[Vec<char>]) -> bool {
        let Some(shortest) = self.words.first() else {
            return false;
        };
        let Some((choices, rest)) = rest.split_first() else {
            return shortest.len() == self.bytes && self.letters > 1;
        };
        choices
            .iter()
            .any(|&c| self.with(c).goes_on(rest) || self.last == Some(c) && self.goes_on(rest))
    }

    /// Those whose next letter is this one.
    fn with(self, c: char) -> Self {
        let next = |word: &&str| word[self.bytes..].chars().next();
        let from = self.words.partition_point(|word| next(word) < Some(c));
        let words = &self.words[from..];
        Self {
            words: &words[..words.partition_point(|word| next(word) == Some(c))],
            bytes: self.bytes + c.len_utf8(),
            letters: self.letters + 1,
            last: Some(c),
        }
    }
}

/// The script of most letters.
pub(crate) fn majority(piece: &[Unit]) -> Script {
    let count = |script| {
        let typed = |unit: &&Unit| unit.kind == Kind::Letter(script);
        piece.iter().filter(typed).count()
    };
    if count(Script::Latin) > count(Script::Cyrillic) {
        Script::Latin
    } else {
        Script::Cyrillic
    }
}

/// Whether at least two of three letters are of a script.
pub(crate) fn is_mostly(piece: &[Unit], script: Script) -> bool {
    let letters = || {
        piece
            .iter()
            .filter(|unit| matches!(unit.kind, Kind::Letter(_)))
    };
    let typed = letters()
        .filter(|unit| unit.kind == Kind::Letter(script))
        .count();
    3 * typed >= 2 * letters().count()
}

/// The letters of a script that a character of a word may be.
fn choices(unit: &Unit, script: Script) -> Vec<char> {
    match unit.kind {
        Kind::Letter(typed) if typed == script => vec![unit.base],
        Kind::Letter(_) | Kind::Sign | Kind::Filler | Kind::Space => unit
            .any
            .letters()
            .filter(|letter| letter.script() == script)
            .map(Letter::to_char)
            .collect(),
    }
}
