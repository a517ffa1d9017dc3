//! Whether a find is part of an innocent word: the same cells, read along the clean words.

use std::collections::BTreeMap;

use super::super::fold::Kind;
use super::super::letter::{LetterSet, Script};
use super::super::lexicon::Match;
use super::super::reading::{Cell, Edges, Reading, Step, View, Writing};
use super::{Found, MOST_STATES, Origin, State, Walker};

/// Cells of the longest clean word.
const LONGEST_CLEAN: u32 = 64;
/// Cells on each side of a find that say which script is typed there.
const AROUND: usize = 32;
/// A masked word of so many letters is only one of those that have them.
const LONG: usize = 7;

impl Walker<'_> {
    /// Whether the word around a find is a clean one: the same cells, read along the clean words.
    pub(crate) fn is_clean(&mut self, reading: &Reading, found: &Found) -> bool {
        let mut from = found.from as usize;
        let mut tried = 0;
        loop {
            let edges = reading.cells[from].edges;
            if edges.has(Edges::START) || edges.has(Edges::CHUNK) {
                if self.reads_clean(reading, from as u32, found) {
                    return true;
                }
                // The letters of a spaced-out word are chunks each.
                tried += usize::from(edges.has(Edges::START));
            }
            if from == 0 || tried >= 3 {
                return false;
            }
            from -= 1;
            if matches!(reading.cells[from].step, Step::Stop | Step::Seam)
                || found.from as usize - from > 48
            {
                return false;
            }
        }
    }

    /// Whether a clean word begins at `from` and ends at a word's end at or after `least`.
    fn reads_clean(&mut self, reading: &Reading, from: u32, found: &Found) -> bool {
        let least = found.to;
        let stretch = self.stretch(reading, found);
        let script = self.lexicon.term(found.term).script;
        let typed = self.majority(reading, found);
        // A word of one script is itself, however short; in a disguise chance makes short words.
        let cells = &reading.cells[found.from as usize..found.to as usize];
        let sign = |cell: &Cell| self.units[cell.unit as usize].kind == Kind::Sign;
        let disguised = cells.iter().any(sign);
        let own_letters = if disguised { 4 } else { 0 };
        let least_letters = match cells[0].writing {
            Writing::Latin | Writing::Cyrillic if !disguised => 0,
            Writing::Latin | Writing::Cyrillic => 4,
            Writing::LatinWithSigns | Writing::CyrillicWithSigns | Writing::Mixed => 5,
        };
        let trust = Trust {
            script,
            typed,
            own_letters,
            least_letters,
        };
        let ends = self.clean_ends(reading, from, stretch);
        ends.iter().any(|end| {
            let trusted = end.script == trust.script && end.letters >= trust.own_letters
                || end.script == trust.typed && end.letters >= trust.least_letters;
            trusted && end.at >= least
        })
    }

    /// Where clean words that begin at a cell end.
    fn clean_ends(&mut self, reading: &Reading, from: u32, stretch: Stretch) -> &[CleanEnd] {
        let key = (from, stretch);
        if !self.clean_in(reading.view).0.contains_key(&key) {
            let ends = self.find_clean_ends(reading, from, stretch);
            self.clean_in(reading.view).0.insert(key, ends);
        }
        &self.clean_in(reading.view).0[&key]
    }

    fn clean_in(&mut self, view: View) -> &mut CleanEnds {
        match view {
            View::Typed => &mut self.clean_typed,
            View::Shape | View::Keys => &mut self.clean_other,
        }
    }

    fn find_clean_ends(&mut self, reading: &Reading, from: u32, stretch: Stretch) -> Vec<CleanEnd> {
        let mut ends = Vec::new();
        self.states.clear();
        self.later.clear();
        self.states.push(
            State {
                node: self.lexicon.clean,
                from,
                stem: None,
                // Of a clean word this counts the letters.
                wild: 0,
                origin: Origin::Word,
            },
            MOST_STATES,
        );
        let first = reading.joined.partition_point(|&(start, ..)| start < from);
        let mut joined = &reading.joined[first..];
        for at in from..(reading.cells.len() as u32).min(from + LONGEST_CLEAN) {
            self.arrive(at);
            self.note_ends(&mut ends, reading, at);
            let over = self.states.len() == 0 && self.later.is_empty();
            if over || self.steps == 0 {
                break;
            }
            self.steps = self.steps.saturating_sub(self.states.len());
            while let [(start, to, letters), rest @ ..] = joined
                && *start <= at
            {
                if *start == at {
                    self.clean_leap(*to, *letters);
                }
                joined = rest;
            }
            self.clean_step(reading, at, stretch);
            std::mem::swap(&mut self.states, &mut self.next);
        }
        ends
    }

    /// The script that most letters of the chunk around a find were typed in.
    fn majority(&self, reading: &Reading, found: &Found) -> Script {
        let inside = |cell: &Cell| !matches!(cell.step, Step::Stop | Step::Cross | Step::Seam);
        let (first, end) = (found.from as usize, found.to as usize);
        let before = &reading.cells[first.saturating_sub(AROUND)..first];
        let behind = &reading.cells[end..reading.cells.len().min(end + AROUND)];
        let from = first - before.iter().rev().take_while(|cell| inside(cell)).count();
        let to = end + behind.iter().take_while(|cell| inside(cell)).count();
        let cells = &reading.cells[from..to];
        let count = |script| {
            let typed = |cell: &&Cell| self.units[cell.unit as usize].kind == Kind::Letter(script);
            cells.iter().filter(typed).count()
        };
        if count(Script::Latin) > count(Script::Cyrillic) {
            Script::Latin
        } else {
            Script::Cyrillic
        }
    }

    /// The clean words that end where the states stand. One that anything may follow goes on to the word's end.
    fn note_ends(&self, ends: &mut Vec<CleanEnd>, reading: &Reading, at: u32) {
        let trie = &self.lexicon.trie;
        // A stem that a state only carries on over a gap has said what it has to say.
        let before = at.checked_sub(1).map(|at| reading.cells[at as usize].step);
        let passed = matches!(before, Some(Step::Pass | Step::Cross));
        for state in self.states.as_slice() {
            let values = trie.values(state.node);
            let closed = reading.cells[at as usize].edges.has(Edges::END)
                && values.contains(&Match::Word.clean_value());
            let open = !passed && values.contains(&Match::Start.clean_value());
            if let Some(script) = trie.script(state.node).filter(|_| open || closed) {
                ends.push(CleanEnd {
                    at: if open { word_end(reading, at) } else { at },
                    script,
                    letters: state.wild,
                });
            }
        }
    }

    /// Whether letters of a find were repeated or masked: then so may those of the clean word be. A whole masked word is
    /// that word, unless a dictionary has another one.
    fn stretch(&self, reading: &Reading, found: &Found) -> Stretch {
        let cells = &reading.cells[found.from as usize..found.to as usize];
        let letters = cells
            .iter()
            .filter(|cell| matches!(cell.step, Step::Letter | Step::LetterOrPass))
            .count();
        let term = self.lexicon.term(found.term);
        let around = (found.from as usize).saturating_sub(1)..=found.to as usize;
        let beside = reading.cells[around]
            .iter()
            .any(|cell| cell.step == Step::Wild);
        let whole = self.is_whole(reading, found) && (term.often_masked || term.len < LONG);
        if found.wild > 0 && !whole || found.wild == 0 && beside {
            Stretch::Masked
        } else if letters > term.len {
            Stretch::Repeats
        } else {
            Stretch::None
        }
    }

    fn clean_leap(&mut self, to: u32, letters: LetterSet) {
        for nth in 0..self.states.len() {
            let state = self.states.at(nth);
            let wild = state.wild.saturating_add(1);
            for node in self.lexicon.trie.children(state.node, letters) {
                self.later.push((
                    to,
                    State {
                        node,
                        wild,
                        ..state
                    },
                ));
            }
        }
    }

    fn clean_step(&mut self, reading: &Reading, at: u32, stretch: Stretch) {
        self.next.clear();
        let cell = &reading.cells[at as usize];
        let is_wild = |at: u32| {
            let cell = reading.cells.get(at as usize);
            cell.is_some_and(|cell| cell.step == Step::Wild)
        };
        let letters = match cell.step {
            // Of a word with more than one letter masked nothing is sure.
            Step::Wild
                if stretch == Stretch::Masked
                    && !is_wild(at.wrapping_sub(1))
                    && !is_wild(at + 1) =>
            {
                LetterSet::ANY
            }
            Step::Wild => LetterSet::EMPTY,
            Step::Letter
            | Step::LetterOrPass
            | Step::Pass
            | Step::Cross
            | Step::Seam
            | Step::Stop => cell.letters,
        };
        for nth in 0..self.states.len() {
            let state = self.states.at(nth);
            let passes = match cell.step {
                Step::Letter | Step::Stop | Step::Seam => false,
                Step::Wild => stretch != Stretch::Masked,
                Step::LetterOrPass | Step::Pass | Step::Cross => true,
            };
            if passes {
                self.next.push(state, MOST_STATES);
            }
            if matches!(cell.step, Step::Stop | Step::Seam) {
                continue;
            }
            let wild = state.wild.saturating_add(1);
            let typed = self.units[cell.unit as usize].kind;
            let soft = typed != Kind::Letter(Script::Cyrillic);
            for node in self.lexicon.trie.children(state.node, letters) {
                let unwritten = self.lexicon.trie.child(node, self.lexicon.soft_sign);
                if let Some(node) = unwritten.filter(|_| soft) {
                    let state = State {
                        node,
                        wild,
                        ..state
                    };
                    self.next.push(state, MOST_STATES);
                }
                self.next.push(
                    State {
                        node,
                        wild,
                        ..state
                    },
                    MOST_STATES,
                );
            }
            let repeats = self.lexicon.trie.repeats(state.node, letters);
            if repeats && stretch == Stretch::Repeats {
                self.next.push(state, MOST_STATES);
                let unwritten = self.lexicon.trie.child(state.node, self.lexicon.soft_sign);
                if let Some(node) = unwritten.filter(|_| soft) {
                    self.next.push(State { node, ..state }, MOST_STATES);
                }
            }
        }
    }
}

/// Where a clean word ended.
#[derive(Clone, Copy)]
pub(super) struct CleanEnd {
    at: u32,
    script: Script,
    letters: u8,
}

/// Where the clean words of a reading end, by where they begin: asked for each find, found once.
#[derive(Default)]
pub(super) struct CleanEnds(BTreeMap<(u32, Stretch), Vec<CleanEnd>>);

impl CleanEnds {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Which clean words explain a find.
#[derive(Clone, Copy)]
struct Trust {
    /// The script of the find's term.
    script: Script,
    /// The script that was typed.
    typed: Script,
    /// Letters that a word of the find's script must have.
    own_letters: u8,
    /// Letters that a word of the typed script must have.
    least_letters: u8,
}

/// Where the word that a cell is in ends: a word behind it is none of its business.
fn word_end(reading: &Reading, at: u32) -> u32 {
    let ends = |cell: &Cell| {
        cell.edges.has(Edges::END) || matches!(cell.step, Step::Stop | Step::Cross | Step::Seam)
    };
    let rest = &reading.cells[at as usize..];
    at + rest
        .iter()
        .take(LONGEST_CLEAN as usize)
        .take_while(|cell| !ends(cell))
        .count() as u32
}

/// What a clean word may be read through.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stretch {
    None,
    Repeats,
    /// A masked letter may be any letter.
    Masked,
}
