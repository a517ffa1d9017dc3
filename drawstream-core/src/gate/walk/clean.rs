//! Whether a find is part of an innocent word: the same cells, read along the clean words.

use super::super::fold::Kind;
use super::super::letter::{LetterSet, Script};
use super::super::lexicon::Match;
use super::super::reading::{Cell, Edges, Reading, Step, Writing};
use super::{Found, MOST_STATES, Origin, State, Walker};

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
                tried += 1;
            }
            if edges.has(Edges::CHUNK) && !edges.has(Edges::START) || from == 0 || tried >= 3 {
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
        for at in from..(reading.cells.len() as u32).min(from + 64) {
            self.arrive(at);
            let cell = &reading.cells[at as usize];
            if at >= least && cell.edges.has(Edges::END) && self.stands_at_end(Match::Word, trust) {
                return true;
            }
            if self.stands_at_end(Match::Start, trust) {
                return true;
            }
            if self.states.len() == 0 && self.later.is_empty() {
                return false;
            }
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
        false
    }

    /// The script that most letters of the chunk around a find were typed in.
    fn majority(&self, reading: &Reading, found: &Found) -> Script {
        let inside = |cell: &Cell| !matches!(cell.step, Step::Stop | Step::Cross | Step::Seam);
        let from = reading.cells[..found.from as usize]
            .iter()
            .rposition(|cell| !inside(cell))
            .map_or(0, |at| at + 1);
        let to = reading.cells[found.to as usize..]
            .iter()
            .position(|cell| !inside(cell))
            .map_or(reading.cells.len(), |at| found.to as usize + at);
        let cells = &reading.cells[from.max(to.saturating_sub(64))..to];
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

    /// Whether a clean word ends where the states stand. One of another script than the find's must be long and in
    /// the script that was typed, to be no chance.
    fn stands_at_end(&self, ends: Match, trust: Trust) -> bool {
        let lexicon = self.lexicon;
        self.states.as_slice().iter().any(|state| {
            let own = lexicon.trie.script(state.node);
            let trusted = own == Some(trust.script) && state.wild >= trust.own_letters
                || own == Some(trust.typed) && state.wild >= trust.least_letters;
            let mut values = lexicon.trie.values(state.node).iter();
            trusted && values.any(|&value| value == ends.clean_value())
        })
    }

    /// Whether letters of a find were repeated: then so may those of the clean word be.
    fn stretch(&self, reading: &Reading, found: &Found) -> Stretch {
        let cells = &reading.cells[found.from as usize..found.to as usize];
        let letters = cells
            .iter()
            .filter(|cell| matches!(cell.step, Step::Letter | Step::LetterOrPass))
            .count();
        if letters > self.lexicon.term(found.term).len {
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
        for nth in 0..self.states.len() {
            let state = self.states.at(nth);
            let passes = match cell.step {
                Step::Letter | Step::Stop | Step::Seam => false,
                Step::LetterOrPass | Step::Wild | Step::Pass | Step::Cross => true,
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
            for node in self.lexicon.trie.children(state.node, cell.letters) {
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
            let repeats = self.lexicon.trie.repeats(state.node, cell.letters);
            if repeats && stretch == Stretch::Repeats {
                self.next.push(state, MOST_STATES);
            }
        }
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stretch {
    None,
    Repeats,
}
