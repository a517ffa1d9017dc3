//! Where pieces of a word, chunks of a line and characters of a letter belong together.

use super::super::fold::{Kind, Unit};
use super::super::known::Known;
use super::super::letter::LetterSet;
use super::super::readings::{By, Joined, Readings};
use super::{Cell, Chunk, Edges, Step, Writing, is_single, is_wordy};

/// Repeats of a letter that belongs to a pair of letters.
const MOST_REPEATS: usize = 8;

/// Whether two pieces may be one word: not if both are words of their own.
pub(super) fn joins(left: &[Unit], right: &[Unit], gap: &[Unit], known: &Known) -> bool {
    if is_apostrophe(gap) && known.is_contraction(right) {
        return false;
    }
    // Between letters without white space emoji part nothing.
    let drawn = gap
        .iter()
        .all(|unit| !unit.base.is_ascii() && !unit.base.is_alphanumeric());
    if is_single(left) && is_single(right) || drawn && !gap.iter().any(|unit| is_dash(unit.base)) {
        return true;
    }
    !(known.is_word(left) && known.is_word(right))
}

/// Whether what stands between two pieces makes one word of them in English.
pub(super) fn is_apostrophe(gap: &[Unit]) -> bool {
    gap.len() == 1 && matches!(gap[0].base, '\'' | '’' | '`' | 'ʼ')
}

/// Dashes, quotes and dots that part words.
fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2027}' | '«' | '»' | '№' | '·')
}

/// Joins chunks across white space: letters one by one, or pieces of which one is no word.
pub(super) fn join_chunks(cells: &mut [Cell], units: &[Unit], chunks: &[Chunk], known: &Known) {
    let chunks = without_marks_apart(units, chunks);
    let is_single = |nth: usize| {
        let single = |chunk: &Chunk| is_single_letter(units, *chunk);
        chunks.get(nth).is_some_and(single)
    };
    for (nth, pair) in chunks.windows(2).enumerate() {
        let (left, right) = (trim(units, pair[0]), trim(units, pair[1]));
        let spaced = is_single(nth) && is_single(nth + 1);
        // A run may begin or end with a word of one letter.
        let first = nth == 0 || !is_single(nth - 1);
        let word = first && known.is_word(left) || !is_single(nth + 2) && known.is_word(right);
        // Words whose letters stand apart stand further apart.
        let gap = &units[pair[0].to..pair[1].from];
        let spaces = gap.iter().filter(|unit| unit.kind == Kind::Space).count();
        let wide = spaces > 1 + (gap.len() - spaces);
        let within = spaced && !word && !wide;
        // Cells lie at the positions of their units.
        if within {
            cells[pair[1].from].edges.clear(Edges::START);
            cells[pair[0].to].edges.clear(Edges::END);
            let word = cells[pair[0].to - 1].word;
            for cell in &mut cells[pair[0].to..pair[1].to] {
                cell.word = word;
            }
        }
        let word_ends = units[pair[0].from..pair[0].to]
            .last()
            .is_some_and(|unit| matches!(unit.base, '!' | '?' | ';' | ':'));
        let join = spaced || !(word_ends || known.is_word(left) && known.is_word(right));
        if !join || left.is_empty() || right.is_empty() {
            for cell in &mut cells[pair[0].to..pair[1].from] {
                cell.step = Step::Stop;
            }
        }
        if !spaced && !known.is_word(left) && !known.is_word(right) {
            for cell in &mut cells[pair[0].to..pair[1].from] {
                cell.edges.set(Edges::TORN);
            }
        }
        if !within {
            cells[pair[0].to].edges.set(Edges::END);
        }
    }
    number_closely(cells);
}

/// Numbers words without gaps again.
fn number_closely(cells: &mut [Cell]) {
    let (mut typed, mut word) = (0, 0);
    for cell in cells {
        word += u32::from(cell.word != typed);
        typed = cell.word;
        cell.word = word;
    }
}

/// The chunks but for marks that stand apart between single letters: they part nothing.
fn without_marks_apart(units: &[Unit], chunks: &[Chunk]) -> Vec<Chunk> {
    let single = |nth: usize| {
        chunks
            .get(nth)
            .is_some_and(|chunk| is_single_letter(units, *chunk))
    };
    let apart = |nth: usize| {
        let chunk = chunks[nth];
        chunk.to - chunk.from == 1
            && trim(units, chunk).is_empty()
            && single(nth.wrapping_sub(1))
            && single(nth + 1)
    };
    (0..chunks.len())
        .filter(|&nth| !apart(nth))
        .map(|nth| chunks[nth])
        .collect()
}

/// Whether a chunk is one letter, repeated perhaps.
fn is_single_letter(units: &[Unit], chunk: Chunk) -> bool {
    let body = trim(units, chunk);
    body.len() <= 4 && is_run(body)
}

fn is_run(piece: &[Unit]) -> bool {
    !piece.is_empty() && is_single(piece)
}

/// A chunk without the fillers around it.
fn trim(units: &[Unit], chunk: Chunk) -> &[Unit] {
    let body = &units[chunk.from..chunk.to];
    let Some(from) = body.iter().position(is_wordy) else {
        return &[];
    };
    let to = body.iter().rposition(is_wordy).map_or(from, |at| at + 1);
    &body[from..to]
}

/// Finds characters that together are one letter: digraphs through their disguises, signs as typed.
pub(super) fn find_joined(
    cells: &[Cell],
    units: &[Unit],
    readings: &Readings,
) -> Vec<(u32, u32, LetterSet)> {
    let mut found = Vec::new();
    for at in 0..cells.len().saturating_sub(1) {
        let unit = &units[cells[at].unit as usize];
        let cyrillic_alone = cells[at].writing == Writing::Cyrillic;
        if cyrillic_alone || unit.kind == Kind::Space {
            continue;
        }
        let plain = cells[at].writing == Writing::Latin;
        for joined in readings.joined_from(unit.base) {
            if plain && joined.by == By::Shape {
                continue;
            }
            if let Some(to) = joined_end(cells, units, at, joined) {
                found.push((at as u32, to as u32, joined.letters));
            }
        }
    }
    found
}

fn joined_end(cells: &[Cell], units: &[Unit], from: usize, joined: &Joined) -> Option<usize> {
    let mut at = from;
    for (nth, &part) in joined.parts.iter().enumerate() {
        if nth > 0 {
            while matches!(cells[at].step, Step::Pass | Step::Cross)
                && units.get(cells[at].unit as usize)?.base != part
            {
                at += 1;
            }
        }
        let unit = units.get(cells[at].unit as usize)?;
        let disguised = unit.kind == Kind::Sign
            && !joined.of_letters[nth].is_empty()
            && !unit.any.and(joined.of_letters[nth]).is_empty();
        if unit.base != part && !disguised {
            return None;
        }
        at += 1;
        // Letters of a pair are repeated like others.
        let next = joined.parts.get(nth + 1);
        if joined.by == By::Sound && next != Some(&part) {
            let again = |cell: &&Cell| {
                cell.step == Step::Letter
                    && units
                        .get(cell.unit as usize)
                        .is_some_and(|unit| unit.base == part)
            };
            at += cells[at..]
                .iter()
                .take(MOST_REPEATS)
                .take_while(again)
                .count();
        }
    }
    Some(at)
}
