//! A chunk read by shape or on the other keyboard layout.

use super::super::fold::{Kind, Unit};
use super::super::letter::{LetterSet, Script};
use super::super::readings::Readings;
use super::{Cell, Chunk, Edges, Reading, Step, View, Writing, cell, is_letter};

/// A chunk by shape or by keys; `None` where that gives nothing.
pub(crate) fn other(
    view: View,
    units: &[Unit],
    chunk: Chunk,
    typed_text: &Reading,
    readings: &Readings,
) -> Option<Reading> {
    let body = &units[chunk.from..chunk.to];
    // A letter of a spaced-out word is no word.
    let first = &typed_text.cells[chunk.from];
    if body.len() == 1 && !first.edges.has(Edges::START) {
        return None;
    }
    let typed = body.iter().find_map(|unit| match unit.kind {
        Kind::Letter(script) => Some(script),
        Kind::Sign | Kind::Filler | Kind::Space => None,
    })?;
    let mut cells = Vec::with_capacity(body.len() + 1);
    for (at, unit) in body.iter().enumerate() {
        let letters = match view {
            // In a plain word only twins count, not the likenesses that a mixed one is read by.
            View::Shape if !is_twin(unit.base) => LetterSet::EMPTY,
            View::Typed | View::Shape => readings.shape(unit.base),
            View::Keys => readings.key(unit.base),
        };
        let letters = match typed {
            Script::Latin => letters.cyrillic(),
            Script::Cyrillic | Script::Sign => letters.latin(),
        };
        let step = match unit.kind {
            Kind::Letter(script)
                if script != typed || letters.is_empty() && view == View::Shape =>
            {
                return None;
            }
            Kind::Letter(_) | Kind::Sign | Kind::Filler if !letters.is_empty() => Step::Letter,
            Kind::Sign if view == View::Shape && unit.base.is_alphanumeric() => return None,
            Kind::Filler | Kind::Sign if view == View::Keys && parts_letters(body, at) => {
                Step::Pass
            }
            Kind::Letter(_) | Kind::Sign | Kind::Filler | Kind::Space => Step::Stop,
        };
        let here = &typed_text.cells[chunk.from + at];
        let mut new = cell(chunk.from + at, letters, step, here.word);
        new.writing = match typed {
            Script::Latin => Writing::Cyrillic,
            Script::Cyrillic | Script::Sign => Writing::Latin,
        };
        let breaks = |step: Option<Step>| step != Some(Step::Letter);
        let previous = cells.last().map(|cell: &Cell| cell.step);
        let spaced = step == Step::Pass || previous == Some(Step::Pass);
        let behind_mask = at > 0 && typed_text.cells[chunk.from + at - 1].step == Step::Wild;
        let begins = !behind_mask || here.edges.has(Edges::START);
        let ends = here.step != Step::Wild || here.edges.has(Edges::END);
        if begins && !spaced && (breaks(previous) || is_break(&body[at - 1])) {
            new.edges.set(Edges::START);
        }
        if ends && !spaced && (breaks(Some(step)) || is_break(unit)) {
            new.edges.set(Edges::END);
        }
        cells.push(new);
    }
    let word = typed_text.cells[chunk.to - 1].word;
    let mut stop = cell(chunk.to, LetterSet::EMPTY, Step::Stop, word);
    stop.edges.set(Edges::END);
    cells.push(stop);
    cells[0].edges.set(Edges::CHUNK);
    Some(Reading {
        view,
        cells,
        joined: Vec::new(),
    })
}

/// Whether a character that is no key stands between the single letters of a word that is spaced out.
fn parts_letters(body: &[Unit], at: usize) -> bool {
    let same = |other: Option<&Unit>| other.is_none_or(|other| other.base == body[at].base);
    let letter = |other: Option<&Unit>| other.is_some_and(is_letter);
    at >= 1
        && letter(body.get(at - 1))
        && letter(body.get(at + 1))
        && (at == 1 || same(body.get(at - 2)))
        && same(body.get(at + 2))
}

/// Letters that look the same in both scripts, as small or as capital ones, and the two that hands write alike.
fn is_twin(c: char) -> bool {
    "abcehkmnopgrtuxyавекмнорстухгпи".contains(c)
}

/// Punctuation may be a key, but it may end a word too.
fn is_break(unit: &Unit) -> bool {
    !is_letter(unit)
}
