//! The walker: goes along a reading with every decoding of every word at once.
//!
//! A state is a node of the trie and where it began. Each cell moves all states at once, so time is linear in the
//! length of the text; states that stand at the same node are one, and there are never more than [`MOST_STATES`].

mod clean;
mod states;
mod tally;

use super::fold::{Kind, Unit};
use super::letter::{LetterSet, Script};
use super::lexicon::{Alone, Lexicon, Match, TermId};
use super::reading::{Cell, Edges, Reading, Step, View, Writing};
use super::trie::NodeId;
use clean::CleanEnds;
use states::States;
use tally::Tallies;

/// More decodings than these at once are noise, not a word.
const MOST_STATES: usize = 160;
/// Masked letters leave many words open, so for a while there may be more.
const MOST_WIDE_STATES: usize = 1_024;
/// Steps of states that a whole text may take in all its readings, before it is read with [`FEW_STATES`] only. Long
/// requests in the worst of disguises take a tenth of it.
const STEPS: usize = 400_000;
/// Decodings at once in a text that has had its steps: enough for words as people write them.
const FEW_STATES: usize = 40;
/// Cells of the longest word, with repeats and fillers between all letters.
const LONGEST_FIND: u32 = 160;
/// A reading with more finds than these is settled long before.
const MOST_FOUND: usize = 16_384;
/// For how many steps of states beyond the usual: enough for some masked words, too few to be a load.
const WIDE_STEPS: usize = 24_000;
/// Letters of a word in leet that may have whole numbers in it.
const LEAST_BESIDE_NUMBER: usize = 3;
/// Letters of a word that may be put together of two others.
const LEAST_SEAMED: usize = 4;
/// For how many states a masked letter is every letter, in a whole text; a masked word takes some hundred.
const WILD_STEPS: usize = 16_000;
/// Behind a stem that is mostly masked: an ending, no second half of an innocent word.
const MOST_BEHIND: usize = 3;
/// Cells that are looked at for them.
const FAR_BEHIND: usize = 24;
/// More than this many masked letters leave nothing to recognise.
const MOST_WILD: u8 = 4;

/// A term that was read somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) term: TermId,
    /// Cells: the first, and the one after the last.
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// How many of its letters were masked.
    pub(crate) wild: u8,
    /// Whether a prefix stands before it.
    pub(crate) prefixed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    node: NodeId,
    from: u32,
    /// The node whose terms wait for an ending.
    stem: Option<NodeId>,
    wild: u8,
    /// Whether the term began with a word (perhaps behind a prefix) or in the middle of one.
    origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Word,
    /// Reading a prefix.
    Prefix,
    /// Behind a prefix: only Russian words have those.
    Prefixed,
    /// With an English word by ear.
    Heard,
    Middle,
}

/// Walks along one reading.
pub(crate) struct Walker<'a> {
    lexicon: &'a Lexicon,
    units: &'a [Unit],
    states: States,
    next: States,
    /// Steps that this text may still take.
    steps: usize,
    /// Steps beyond the usual that this text may still take.
    wide_steps: usize,
    /// Steps through masked letters that this text may still take.
    wild_steps: usize,
    later: Vec<(u32, State)>,
    found: Vec<Found>,
    tallies: Tallies,
    /// Where clean words end: in the text as typed, and in the reading that was walked last.
    clean_typed: CleanEnds,
    clean_other: CleanEnds,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(lexicon: &'a Lexicon, units: &'a [Unit]) -> Self {
        Self {
            lexicon,
            units,
            states: States::new(),
            next: States::new(),
            steps: STEPS,
            wide_steps: WIDE_STEPS,
            wild_steps: WILD_STEPS,
            later: Vec::new(),
            found: Vec::new(),
            tallies: Tallies::default(),
            clean_typed: CleanEnds::default(),
            clean_other: CleanEnds::default(),
        }
    }

    /// Every term in the reading; what a clean word explains is left in, see [`Walker::is_clean`].
    pub(crate) fn walk(&mut self, reading: &Reading) -> Vec<Found> {
        self.states.clear();
        self.later.clear();
        self.found.clear();
        self.tallies.count(reading, self.units);
        self.clean_other.clear();
        let mut joined = reading.joined.as_slice();
        for at in 0..reading.cells.len() as u32 {
            self.arrive(at);
            self.enter(reading, at);
            while let [(from, to, letters), rest @ ..] = joined
                && *from <= at
            {
                if *from == at {
                    self.leap(reading, at, *to, *letters);
                }
                joined = rest;
            }
            self.step(reading, at);
            std::mem::swap(&mut self.states, &mut self.next);
        }
        std::mem::take(&mut self.found)
    }

    /// States that leapt over several cells come down here.
    fn arrive(&mut self, at: u32) {
        let mut waiting = 0;
        for nth in 0..self.later.len() {
            let (to, state) = self.later[nth];
            if to == at {
                self.states.push(state, MOST_STATES);
            } else {
                self.later[waiting] = (to, state);
                waiting += 1;
            }
        }
        self.later.truncate(waiting);
    }

    /// New states begin here.
    fn enter(&mut self, reading: &Reading, at: u32) {
        let cell = &reading.cells[at as usize];
        if !matches!(cell.step, Step::Letter | Step::LetterOrPass) || cell.letters.is_empty() {
            return;
        }
        let mut begin = |node, origin| {
            let state = State {
                node,
                from: at,
                stem: None,
                wild: 0,
                origin,
            };
            self.states.push(state, MOST_WIDE_STATES);
        };
        if cell.edges.has(Edges::START) {
            begin(self.lexicon.words, Origin::Word);
            begin(self.lexicon.stems, Origin::Word);
            begin(self.lexicon.prefixes, Origin::Prefix);
            if !matches!(cell.writing, Writing::Latin | Writing::LatinWithSigns) {
                begin(self.lexicon.heard, Origin::Heard);
            }
        } else {
            begin(self.lexicon.anywhere, Origin::Middle);
        }
    }

    fn leap(&mut self, reading: &Reading, at: u32, to: u32, letters: LetterSet) {
        for nth in 0..self.states.len() {
            let state = self.states.at(nth);
            for node in self.lexicon.trie.children(state.node, letters) {
                let state = State { node, ..state };
                self.land(reading, state, to, Landing::Later);
                self.land_softly(reading, state, at, to, Landing::Later);
            }
            if self.lexicon.trie.repeats(state.node, letters) {
                self.land(reading, state, to, Landing::Later);
                self.land_softly(reading, state, at, to, Landing::Later);
            }
        }
    }

    fn step(&mut self, reading: &Reading, at: u32) {
        self.next.clear();
        let cell = &reading.cells[at as usize];
        let cells = &reading.cells;
        let letters = match cell.step {
            Step::Letter | Step::LetterOrPass => cell.letters,
            Step::Wild => LetterSet::ANY,
            Step::Pass | Step::Cross | Step::Seam => LetterSet::EMPTY,
            Step::Stop => return,
        };
        let most = self.most_states();
        self.steps = self.steps.saturating_sub(self.states.len());
        self.wide_steps = self
            .wide_steps
            .saturating_sub(self.states.len().saturating_sub(MOST_STATES));
        for nth in 0..self.states.len() {
            let state = self.states.at(nth);
            if state.from + LONGEST_FIND < at {
                continue;
            }
            let passes = match cell.step {
                Step::Letter | Step::Stop => false,
                Step::LetterOrPass | Step::Wild | Step::Pass => state.from < at,
                Step::Cross => {
                    let begins = cells[state.from as usize].edges.has(Edges::CHUNK);
                    begins || cell.edges.has(Edges::TORN)
                }
                Step::Seam => cells[state.from as usize].edges.has(Edges::START),
            };
            if passes {
                self.next.push(state, most);
            }
            if letters.is_empty() {
                continue;
            }
            let is_wild = cell.step == Step::Wild;
            if is_wild {
                // A word by ear is uncertain enough.
                let heard = state.origin == Origin::Heard;
                if heard || state.wild >= MOST_WILD || state.from == at || self.wild_steps == 0 {
                    continue;
                }
                self.wild_steps -= 1;
            }
            let wild = state.wild + u8::from(is_wild);
            for node in self.lexicon.trie.children(state.node, letters) {
                let state = State {
                    node,
                    wild,
                    ..state
                };
                self.land(reading, state, at + 1, Landing::Next);
                if !is_wild {
                    self.land_softly(reading, state, at, at + 1, Landing::Next);
                }
            }
            if !is_wild && self.lexicon.trie.repeats(state.node, letters) {
                self.land(reading, state, at + 1, Landing::Next);
                self.land_softly(reading, state, at, at + 1, Landing::Next);
            }
            if !is_wild {
                self.step_pairs(reading, state, at);
            }
        }
    }

    /// One character may be two letters.
    fn step_pairs(&mut self, reading: &Reading, state: State, at: u32) {
        let cell = &reading.cells[at as usize];
        if reading.view != View::Typed || cell.writing == Writing::Cyrillic {
            return;
        }
        let base = self.units[cell.unit as usize].base;
        for pair in self.lexicon.readings.pairs(base) {
            let trie = &self.lexicon.trie;
            let end = trie
                .child(state.node, pair[0])
                .and_then(|node| trie.child(node, pair[1]));
            if let Some(node) = end {
                self.land(reading, State { node, ..state }, at + 1, Landing::Next);
            }
        }
    }

    /// Latin letters leave the soft sign out, so it may follow unwritten.
    fn land_softly(&mut self, reading: &Reading, state: State, at: u32, to: u32, landing: Landing) {
        let unit = &self.units[reading.cells[at as usize].unit as usize];
        if reading.view != View::Typed || unit.kind == Kind::Letter(Script::Cyrillic) {
            return;
        }
        let soft = self.lexicon.soft_sign;
        if let Some(node) = self.lexicon.trie.child(state.node, soft) {
            self.land(reading, State { node, ..state }, to, landing);
        }
    }

    /// A state reaches a node: what ends there is found, what goes on goes on.
    fn land(&mut self, reading: &Reading, state: State, to: u32, landing: Landing) {
        self.keep(state, to, landing);
        let lexicon = self.lexicon;
        let values = lexicon.trie.values(state.node);
        if values.is_empty() {
            return;
        }
        let ends = reading
            .cells
            .get(to as usize)
            .is_none_or(|cell| cell.edges.has(Edges::END));
        if state.origin == Origin::Prefix && state.stem.is_none() {
            let after = State {
                node: lexicon.stems,
                origin: Origin::Prefixed,
                ..state
            };
            self.keep(after, to, landing);
            return;
        }
        if let Some(stem) = state.stem {
            if ends {
                for &value in lexicon.trie.values(stem) {
                    if lexicon.term(TermId(value)).ends == Match::Form {
                        self.report(reading, TermId(value), state, to);
                    }
                }
            }
            return;
        }
        let mut bends = false;
        for &value in values {
            let term = TermId(value);
            match lexicon.term(term).ends {
                Match::Word if ends => self.report(reading, term, state, to),
                Match::Word => {}
                Match::Start | Match::Anywhere => self.report(reading, term, state, to),
                Match::Form => {
                    bends = true;
                    if ends {
                        self.report(reading, term, state, to);
                    }
                }
            }
        }
        if bends {
            let stem = Some(state.node);
            let ending = State {
                node: lexicon.endings,
                stem,
                ..state
            };
            self.keep(ending, to, landing);
        }
    }

    fn most_states(&self) -> usize {
        match (self.steps, self.wide_steps) {
            (0, _) => FEW_STATES,
            (_, 0) => MOST_STATES,
            (_, _) => MOST_WIDE_STATES,
        }
    }

    fn keep(&mut self, state: State, to: u32, landing: Landing) {
        match landing {
            Landing::Next => {
                let most = self.most_states();
                self.next.push(state, most);
            }
            Landing::Later if self.later.len() < MOST_STATES => self.later.push((to, state)),
            Landing::Later => {}
        }
    }

    fn report(&mut self, reading: &Reading, term: TermId, state: State, to: u32) {
        let found = Found {
            term,
            from: state.from,
            to,
            wild: state.wild,
            prefixed: state.origin == Origin::Prefixed,
        };
        let term = self.lexicon.term(found.term);
        // KKK is a name and kkkk is laughter.
        let letters = self.tallies.between(&found).letters;
        let all = found.to - found.from + 1 == reading.cells.len() as u32;
        let misspelt = letters != term.len || reading.view == View::Keys && !all;
        if term.is_one_letter && misspelt || self.found.len() >= MOST_FOUND {
            return;
        }
        if self.is_in_number(
            term.script,
            &reading.cells[found.from as usize..found.to as usize],
        ) {
            return;
        }
        if self.found.last() != Some(&found) && self.is_believable(reading, &found, state.origin) {
            self.found.push(found);
        }
    }

    /// Whether digits that mean something are a part of a longer number.
    fn is_in_number(&self, script: Script, cells: &[Cell]) -> bool {
        let (first, last) = (cells[0].unit as usize, cells[cells.len() - 1].unit as usize);
        let digit = |at: Option<usize>| {
            let unit = at.and_then(|at| self.units.get(at));
            unit.is_some_and(|unit| unit.base.is_ascii_digit())
        };
        script == Script::Sign && (digit(first.checked_sub(1)) || digit(Some(last + 1)))
    }

    /// Whether so few letters in such a disguise are a word rather than chance.
    fn is_believable(&self, reading: &Reading, found: &Found, origin: Origin) -> bool {
        let term = self.lexicon.term(found.term);
        let cells = &reading.cells[found.from as usize..found.to as usize];
        let tally = self.tallies.between(found);
        let plain = tally.plain;
        if found.wild > 0 {
            // Across white space a masked letter is a list's mark or a footnote's.
            if found.wild > 1 && tally.crossings > 0 {
                return false;
            }
            let taken = tally.taken;
            if taken < 2 || taken + 1 < usize::from(found.wild) {
                return false;
            }
            // A stem that is mostly masked says something only of a word that is little more than it.
            let mostly = term.len <= 2 * usize::from(found.wild);
            let open = matches!(term.ends, Match::Start | Match::Anywhere);
            let behind = self.letters_behind(reading, found);
            if open && behind > MOST_BEHIND && (mostly || taken <= 2) {
                return false;
            }
            // A few letters behind a prefix, or in the middle of a word, are found in many an innocent word.
            let inside = matches!(origin, Origin::Prefixed | Origin::Middle);
            if open && inside && taken <= 3 && behind > 2 {
                return false;
            }
        }
        if term.script != Script::Sign
            && (plain == 0 || plain < LEAST_BESIDE_NUMBER && self.has_number(cells))
        {
            return false;
        }
        // A word by ear that is put together of two pieces is chance.
        let crossed = tally.crossings > 0 && tally.crossings + 1 < term.len;
        if origin == Origin::Heard && (crossed || !self.is_cyrillic(reading, cells)) {
            return false;
        }
        if tally.seams > 0
            && !(found.wild == 0 && term.len >= LEAST_SEAMED && self.is_whole(reading, found))
        {
            return false;
        }
        if !term.doubles.is_empty() && plain > term.len && !self.doubles_stand_out(reading, found) {
            return false;
        }
        // Points and commas are keys too, but between all letters they are no letters.
        if reading.view == View::Keys
            && term.len < 4
            && (self.tallies.is_dotted()
                || term.script == Script::Latin && !self.is_whole(reading, found))
        {
            return false;
        }
        let foreign = match cells[0].writing {
            Writing::Latin | Writing::LatinWithSigns => term.script == Script::Cyrillic,
            Writing::Cyrillic | Writing::CyrillicWithSigns | Writing::Mixed => false,
        };
        let least = match (reading.view, origin) {
            (View::Shape, Origin::Middle) => return false,
            (View::Keys, Origin::Middle) => 4,
            // A word of one letter that stands alone, and counts only beside others.
            (View::Shape, Origin::Word) if cells.len() == 1 => 1,
            (View::Typed, Origin::Middle) if foreign => 5,
            (View::Typed | View::Keys, _) if term.alone != Alone::Yes => 1,
            (View::Typed, _) if foreign => 3,
            (View::Typed | View::Shape | View::Keys, _) => 2,
        };
        if origin == Origin::Prefixed && term.script != Script::Cyrillic {
            return false;
        }
        // Of a sound that takes several letters, or none, there is no more than what was typed.
        let len = match origin {
            Origin::Middle if foreign => term.len.min(cells.len()),
            Origin::Word | Origin::Prefix | Origin::Prefixed | Origin::Heard | Origin::Middle => {
                term.len
            }
        };
        len >= least || term.script == Script::Sign || !foreign && reading.view == View::Typed
    }

    /// Whether there is a number in a find: a year, or digits that stand apart from all letters.
    fn has_number(&self, cells: &[Cell]) -> bool {
        let digit = |at: usize| {
            let unit = self.units.get(at);
            unit.is_some_and(|unit| unit.base.is_ascii_digit())
        };
        let wordy = |at: Option<usize>| {
            let unit = at.and_then(|at| self.units.get(at));
            unit.is_some_and(|unit| matches!(unit.kind, Kind::Letter(_) | Kind::Sign))
        };
        let mut at = cells[0].unit as usize;
        let end = cells[cells.len() - 1].unit as usize + 1;
        while at < end {
            let run = (at..end).take_while(|&at| digit(at)).count();
            let apart = || !wordy(at.checked_sub(1)) && !wordy(Some(at + run));
            if run >= 4 || run >= 2 && apart() {
                return true;
            }
            at += run.max(1);
        }
        false
    }

    /// Whether a find was typed in Russian letters for the most part, and is read as that.
    fn is_cyrillic(&self, reading: &Reading, cells: &[Cell]) -> bool {
        let letters = |script| {
            let typed = |cell: &&Cell| self.units[cell.unit as usize].kind == Kind::Letter(script);
            cells.iter().filter(typed).count()
        };
        reading.view == View::Typed && letters(Script::Cyrillic) > letters(Script::Latin)
    }

    /// Whether pieces of a word begin and end with a find.
    fn is_whole(&self, reading: &Reading, found: &Found) -> bool {
        let edges = |at: u32| reading.cells[at as usize].edges;
        edges(found.from).has(Edges::START) && edges(found.to).has(Edges::END)
    }

    /// How many letters of the same word stand behind a find.
    fn letters_behind(&self, reading: &Reading, found: &Found) -> usize {
        reading.cells[found.to as usize..]
            .iter()
            .take(FAR_BEHIND)
            .take_while(|cell| cell.step != Step::Stop && !cell.edges.has(Edges::END))
            .filter(|cell| matches!(cell.step, Step::Letter | Step::LetterOrPass))
            .count()
    }

    /// In a word whose letters are all repeated, a true double is longer than the other runs.
    fn doubles_stand_out(&self, reading: &Reading, found: &Found) -> bool {
        let doubles = self.lexicon.term(found.term).doubles;
        let base = |cell: &Cell| self.units[cell.unit as usize].base;
        let first = base(&reading.cells[found.from as usize]);
        // The first run may have begun before the find.
        let from = reading.cells[..found.from as usize]
            .iter()
            .rposition(|cell| base(cell) != first)
            .map_or(0, |at| at + 1);
        let letters: Vec<Cell> = reading.cells[from..found.to as usize]
            .iter()
            .copied()
            .filter(|cell| cell.step == Step::Letter)
            .collect();
        let runs: Vec<&[Cell]> = letters.chunk_by(|a, b| base(a) == base(b)).collect();
        // The last run may go on behind it.
        let whole = &runs[..runs.len().saturating_sub(1)];
        let shortest = whole.iter().map(|run| run.len()).min().unwrap_or(0);
        runs.iter()
            .any(|run| run.len() > shortest && !run[0].letters.and(doubles).is_empty())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Landing {
    /// At the next cell.
    Next,
    /// Behind several cells.
    Later,
}
