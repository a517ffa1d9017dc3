//! Short words that are words: what may not be glued to its neighbours.

use std::collections::BTreeSet;

use super::fold::{Kind, Unit};
use super::letter::{Letter, LetterSet, Script};
use super::trie::{NodeId, Trie, spell};

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
/// Ways to read a piece at once; more are noise.
const MOST_WAYS: usize = 96;
/// Letters that are words of their own.
const SINGLE: &str = "аивскуояaiy";

/// The short words of both languages.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Short words that rules mean.
    guilty: BTreeSet<&'static str>,
    words: Trie,
    root: NodeId,
}

impl Known {
    pub(crate) fn built_in() -> Self {
        let guilty: BTreeSet<&'static str> = GUILTY.lines().collect();
        let words = SHORT
            .lines()
            .filter(|line| !line.starts_with('#') && !guilty.contains(line))
            .filter_map(|word| Some((spell(word)?, 0)));
        let mut trie = Trie::default();
        Self {
            root: trie.plant(words.collect()),
            words: trie,
            guilty,
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

    /// Whether a piece is a word of a dictionary that rules mean.
    pub(crate) fn is_guilty(&self, piece: &[Unit]) -> bool {
        let word: String = piece.iter().map(|unit| unit.base).collect();
        self.guilty.contains(word.as_str())
    }

    /// Whether a short word of either dictionary is spelt so.
    pub(crate) fn has(&self, word: &str) -> bool {
        let mut letters = spell(word).into_iter().flatten();
        let end = letters.try_fold(self.root, |node, letter| self.words.child(node, letter));
        end.is_some_and(|node| !self.words.values(node).is_empty())
    }

    /// Whether a piece reads as a short word of a script: marks between its letters left aside, letters of the other
    /// script taken for what they look or sound like, signs for the letters that they stand for, and repeats for one.
    pub(crate) fn reads_as(&self, piece: &[Unit], script: Script) -> bool {
        self.reads(
            &piece.iter().filter(|unit| unit.kind != Kind::Filler),
            script,
        )
    }

    /// The same where a mark between letters stands for a letter.
    pub(crate) fn may_be(&self, piece: &[Unit], script: Script) -> bool {
        let masks = piece.iter().filter(|unit| unit.kind == Kind::Filler);
        piece.len() <= LONGEST && masks.count() < 2 && self.reads(&piece.iter(), script)
    }

    fn reads<'a>(&self, units: &(impl Iterator<Item = &'a Unit> + Clone), script: Script) -> bool {
        let units = || units.clone();
        match units().take(LONGEST_DISGUISED + 1).count() {
            0 => return false,
            1 => {
                let mut letters = units().flat_map(|unit| choices(unit, script).letters());
                return letters.any(|letter| SINGLE.contains(letter.to_char()));
            }
            count if count > LONGEST_DISGUISED => return false,
            _ => {}
        }
        let (mut here, mut next) = (Ways::default(), Ways::default());
        here.add(self.root);
        for unit in units() {
            let letters = choices(unit, script);
            next.clear();
            for &node in here.nodes() {
                for child in self.words.children(node, letters) {
                    next.add(child);
                }
                if unit.kind != Kind::Filler && self.words.repeats(node, letters) {
                    next.add(node);
                }
            }
            std::mem::swap(&mut here, &mut next);
            if here.nodes().is_empty() {
                return false;
            }
        }
        here.nodes()
            .iter()
            .any(|&node| !self.words.values(node).is_empty())
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

/// The ways to read a piece so far: nodes, no two alike, and never too many.
#[derive(Default)]
struct Ways {
    nodes: Vec<NodeId>,
}

impl Ways {
    fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    fn clear(&mut self) {
        self.nodes.clear();
    }

    fn add(&mut self, node: NodeId) {
        if self.nodes.len() < MOST_WAYS && !self.nodes.contains(&node) {
            self.nodes.push(node);
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
fn choices(unit: &Unit, script: Script) -> LetterSet {
    match (unit.kind, script) {
        // A mask, where it is not left aside.
        (Kind::Filler, Script::Latin) => LetterSet::ANY.latin(),
        (Kind::Filler, Script::Cyrillic | Script::Sign) => LetterSet::ANY.cyrillic(),
        (Kind::Letter(typed), _) if typed == script => {
            Letter::of(unit.base).map_or(LetterSet::EMPTY, LetterSet::one)
        }
        (_, Script::Latin) => unit.any.latin(),
        (_, Script::Cyrillic | Script::Sign) => unit.any.cyrillic(),
    }
}
