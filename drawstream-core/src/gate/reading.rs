//! A reading: the text, or one chunk of it, as a row of cells that the walker can go along.

mod joining;
mod other_view;

use super::fold::{Case, Kind, Unit};
use super::known::Known;
use super::letter::{LetterSet, Script};
use super::readings::Readings;
use joining::{find_joined, is_apostrophe, join_chunks, joins};
pub(crate) use other_view::other;

/// How the letters of a reading were come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// As typed, with sounds and disguises.
    Typed,
    /// Every letter as its twin by shape in the other script.
    Shape,
    /// Every key on the other keyboard layout.
    Keys,
}

/// What a walker may do at a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Take one of the letters.
    Letter,
    /// Take one of the letters, or pass.
    LetterOrPass,
    /// Take any letter, or pass: a masked character.
    Wild,
    /// Pass inside of a chunk.
    Pass,
    /// Pass to the next chunk, for words that began with theirs.
    Cross,
    /// Pass between two pieces that are words of their own, for a word that is exactly both.
    Seam,
    /// Nothing goes on here.
    Stop,
}

/// One character of a reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    /// Which unit of the text it is.
    pub(crate) unit: u32,
    pub(crate) letters: LetterSet,
    pub(crate) step: Step,
    /// Which word of the text it belongs to, counted from 0.
    pub(crate) word: u32,
    pub(crate) edges: Edges,
    /// How the chunk is written.
    pub(crate) writing: Writing,
}

/// Which boundaries lie in front of a cell, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edges(u8);

impl Edges {
    /// A word may begin with this cell.
    pub(crate) const START: Self = Self(1);
    /// A word may have ended before this cell.
    pub(crate) const END: Self = Self(2);
    /// A chunk begins with this cell.
    pub(crate) const CHUNK: Self = Self(4);
    /// Neither of the pieces on both sides of this white space is a word.
    pub(crate) const TORN: Self = Self(8);

    pub(crate) fn has(self, edge: Self) -> bool {
        self.0 & edge.0 != 0
    }

    fn set(&mut self, edge: Self) {
        self.0 |= edge.0;
    }

    fn clear(&mut self, edge: Self) {
        self.0 &= !edge.0;
    }
}

/// Which scripts a chunk is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// Latin letters alone.
    Latin,
    /// Russian letters alone.
    Cyrillic,
    /// Latin letters with digits or signs among them.
    LatinWithSigns,
    /// Russian letters with digits or signs among them.
    CyrillicWithSigns,
    /// Anything else: both scripts, or look-alikes.
    Mixed,
}

/// A row of cells. The last is a stop that only carries the end of the last word.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) view: View,
    pub(crate) cells: Vec<Cell>,
    /// Where several cells are one letter: first cell, the cell after the last, letters. Sorted by the first.
    pub(crate) joined: Vec<(u32, u32, LetterSet)>,
}

/// A run of units without white space: first, and the one after the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The chunks of a text.
pub(crate) fn chunks(units: &[Unit]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut from = None;
    for (at, unit) in units.iter().enumerate() {
        match (unit.kind == Kind::Space, from) {
            (false, None) => from = Some(at),
            (true, Some(start)) => {
                chunks.push(Chunk {
                    from: start,
                    to: at,
                });
                from = None;
            }
            (false, Some(_)) | (true, None) => {}
        }
    }
    if let Some(start) = from {
        chunks.push(Chunk {
            from: start,
            to: units.len(),
        });
    }
    chunks
}

/// The text as typed.
pub(crate) fn typed(
    units: &[Unit],
    chunks: &[Chunk],
    readings: &Readings,
    known: &Known,
) -> Reading {
    let mut cells = Vec::with_capacity(units.len() + 1);
    let mut word = 0;
    let mut before = 0;
    for chunk in chunks {
        for unit in before..chunk.from {
            cells.push(cell(unit, LetterSet::EMPTY, Step::Cross, word));
        }
        before = chunk.to;
        typed_chunk(&mut cells, units, *chunk, &mut word, readings, known);
    }
    for unit in before..units.len() {
        cells.push(cell(unit, LetterSet::EMPTY, Step::Cross, word));
    }
    let mut stop = cell(units.len(), LetterSet::EMPTY, Step::Stop, word);
    stop.edges.set(Edges::END);
    cells.push(stop);
    join_chunks(&mut cells, units, chunks, known);
    let joined = find_joined(&cells, units, readings);
    Reading {
        view: View::Typed,
        cells,
        joined,
    }
}

fn cell(unit: usize, letters: LetterSet, step: Step, word: u32) -> Cell {
    Cell {
        unit: unit as u32,
        letters,
        step,
        word,
        edges: Edges::default(),
        writing: Writing::Mixed,
    }
}

/// Whether a unit can be a letter of a word.
fn is_wordy(unit: &Unit) -> bool {
    matches!(unit.kind, Kind::Letter(_) | Kind::Sign)
}

fn is_letter(unit: &Unit) -> bool {
    matches!(unit.kind, Kind::Letter(_))
}

/// Signs that end sentences and open brackets more often than they are letters.
fn is_loose_sign(unit: &Unit) -> bool {
    matches!(unit.base, '!' | '(' | '|' | '{' | '<' | '^' | '+')
}

/// Characters that stand for a letter which the writer would not write.
fn is_mask(unit: &Unit) -> bool {
    matches!(
        unit.base,
        '*' | '#'
            | '%'
            | '?'
            | '&'
            | '~'
            | '='
            | '■'
            | '□'
            | '█'
            | '▇'
            | '▒'
            | '•'
            | '●'
            | '×'
            | '★'
            | '☆'
            | '✱'
            | '✶'
            | '⁎'
            | '∗'
            | '※'
            | '¤'
            | '◼'
            | '⬛'
    )
}

fn writing(units: &[Unit]) -> Writing {
    let (mut latin, mut cyrillic, mut signs) = (0usize, 0usize, 0usize);
    let digits_behind = units
        .iter()
        .rev()
        .take_while(|unit| unit.base.is_ascii_digit() || !is_wordy(unit) || is_loose_sign(unit))
        .count();
    let body = &units[..units.len() - if digits_behind >= 2 { digits_behind } else { 0 }];
    for (at, unit) in body.iter().enumerate() {
        match unit.kind {
            Kind::Letter(Script::Latin) => latin += 1,
            Kind::Letter(Script::Cyrillic) => cyrillic += 1,
            Kind::Sign if is_loose_sign(unit) => {
                let inside =
                    at > 0 && is_wordy(&body[at - 1]) && body.get(at + 1).is_some_and(is_letter);
                signs += usize::from(inside);
            }
            Kind::Sign if unit.base.is_ascii() => signs += 1,
            // A look-alike from another alphabet.
            Kind::Sign => return Writing::Mixed,
            Kind::Letter(Script::Sign) | Kind::Filler | Kind::Space => {}
        }
    }
    match (latin > 0, cyrillic > 0, signs > 0) {
        (true, false, false) => Writing::Latin,
        (false, true, false) => Writing::Cyrillic,
        (true, false, true) => Writing::LatinWithSigns,
        (false, true, true) => Writing::CyrillicWithSigns,
        _ => Writing::Mixed,
    }
}

fn letters_as_typed(unit: &Unit, writing: Writing, readings: &Readings) -> LetterSet {
    match (writing, unit.kind) {
        (Writing::Cyrillic, Kind::Letter(_)) | (Writing::CyrillicWithSigns, Kind::Letter(_)) => {
            unit.plain
        }
        (Writing::Latin | Writing::LatinWithSigns, Kind::Letter(_)) => {
            unit.plain.with(readings.sound(unit.base))
        }
        (Writing::Latin | Writing::Cyrillic, Kind::Sign) => unit.any,
        (_, Kind::Letter(_) | Kind::Sign) => unit.any,
        (_, Kind::Filler | Kind::Space) => LetterSet::EMPTY,
    }
}

/// The cells of one chunk: its pieces between fillers, their edges, and where they join.
fn typed_chunk(
    cells: &mut Vec<Cell>,
    units: &[Unit],
    chunk: Chunk,
    word: &mut u32,
    readings: &Readings,
    known: &Known,
) {
    let body = &units[chunk.from..chunk.to];
    let writing = writing(body);
    let base = cells.len();
    let spaced = spaced_by(body);
    for (at, unit) in body.iter().enumerate() {
        let step = if spaced.is_some_and(|by| by == unit.base) {
            Step::Pass
        } else if is_inner_mask(body, at, known) {
            Step::Wild
        } else {
            match unit.kind {
                Kind::Letter(_) => Step::Letter,
                Kind::Sign if unit.base.is_ascii_digit() => Step::Letter,
                Kind::Sign if unit.base.is_alphabetic() => Step::Letter,
                Kind::Sign => Step::LetterOrPass,
                Kind::Filler | Kind::Space => Step::Pass,
            }
        };
        // A bracket that opens the chunk is a bracket.
        let opens = at == 0 && matches!(unit.base, '(' | '{' | '<');
        let (step, letters) = if opens && body.len() > 1 {
            (Step::Pass, LetterSet::EMPTY)
        } else {
            (step, letters_as_typed(unit, writing, readings))
        };
        let mut new = cell(chunk.from + at, letters, step, *word);
        new.writing = writing;
        cells.push(new);
    }
    let row = &mut cells[base..];
    row[0].edges.set(Edges::CHUNK);
    let pieces = pieces(body);
    number_words(row, body, &pieces, word);
    mark_edges(row, body, &pieces);
    join_at_masks(row, body, &pieces, known);
    for pair in pieces.windows(2) {
        let (left, right) = (
            &body[pair[0].from..pair[0].to],
            &body[pair[1].from..pair[1].to],
        );
        let gap = &body[pair[0].to..pair[1].from];
        if !joins(left, right, gap, known) {
            let step = if is_apostrophe(gap) {
                Step::Stop
            } else {
                Step::Seam
            };
            for cell in &mut row[pair[0].to..pair[1].from] {
                if cell.step == Step::Pass {
                    cell.step = step;
                }
            }
        }
    }
}

/// A masked letter stands between letters; dots, strokes and lines only where they are doubled.
fn is_inner_mask(body: &[Unit], at: usize, known: &Known) -> bool {
    let unit = &body[at];
    let doubled = matches!(unit.base, '.' | '-' | '_' | '…')
        && !is_spaced_wide(body)
        && (at > 0 && body[at - 1].base == unit.base
            || body.get(at + 1).is_some_and(|next| next.base == unit.base))
        && !parts_words(body, at, known);
    // These are letters of leet first; alone in a word they may stand for another.
    let alone = matches!(unit.base, '@' | '$')
        && body.iter().filter(|unit| unit.kind == Kind::Sign).count() == 1;
    if !is_mask(unit) && !doubled && !alone && !is_lone_mask(body, at, known) {
        return false;
    }
    // Initials, not a masked word.
    if matches!(unit.base, '&' | '=' | '~') && body.iter().filter(|unit| is_wordy(unit)).count() < 3
    {
        return false;
    }
    let inside = |mut side: Box<dyn Iterator<Item = &Unit> + '_>| {
        side.find(|unit| !is_mask(unit) && !matches!(unit.base, '.' | '-' | '_' | '@' | '$'))
            .is_some_and(is_wordy)
    };
    inside(Box::new(body[..at].iter().rev().take(6)))
        && inside(Box::new(body[at + 1..].iter().take(6)))
}

/// Letters around a mask that is a line, a dash or an emoji.
const MOST_BESIDE: usize = 9;

/// Whether a line, a dash or an emoji stands for a letter: it is the only thing in a chunk that is no letter, and what is
/// left without it are no two words.
fn is_lone_mask(body: &[Unit], at: usize, known: &Known) -> bool {
    let unit = &body[at];
    let line = matches!(unit.base, '_' | '—' | '–' | '№');
    let emoji = unit.kind == Kind::Filler && unit.base >= '\u{2600}' && !is_mask(unit);
    let short = unit.base == '-' && at == 1 && body.len() <= 5;
    let wordy = || body.iter().filter(|unit| is_wordy(unit)).count();
    if !(line || emoji || short) || !(4..=MOST_BESIDE + 1).contains(&body.len()) {
        return false;
    }
    let word = |piece: &[Unit]| piece.len() > 2 && known.is_word(piece);
    let (left, right) = (&body[..at], &body[at + 1..]);
    wordy() + 1 == body.len()
        && left.last().is_some_and(is_letter)
        && right.first().is_some_and(is_letter)
        && !(word(left) && word(right))
}

/// The sign that stands between all the letters of a chunk, where it does so three times or more: then it masks none.
fn spaced_by(body: &[Unit]) -> Option<char> {
    let by = body.get(1).filter(|unit| is_mask(unit))?.base;
    let alternates = body.iter().enumerate().all(|(at, unit)| {
        if at % 2 == 1 {
            unit.base == by
        } else {
            is_wordy(unit)
        }
    });
    (body.len() >= 7 && alternates).then_some(by)
}

/// Whether single letters stand apart with several signs between them each: three or more spell a word, and mask none.
fn is_spaced_wide(body: &[Unit]) -> bool {
    let mut pieces = 0;
    for piece in body.chunk_by(|a, b| is_wordy(a) && is_wordy(b)) {
        if piece.len() > 1 {
            return false;
        }
        pieces += usize::from(is_wordy(&piece[0]));
    }
    pieces >= 3
}

/// Whether dots or dashes are an ellipsis or a dash: they stand between two words of their own.
fn parts_words(body: &[Unit], at: usize, known: &Known) -> bool {
    let same = |unit: &&Unit| unit.base == body[at].base;
    let from = at - body[..at].iter().rev().take_while(same).count();
    let to = at + body[at..].iter().take_while(same).count();
    let left = body[..from].iter().rev().take_while(|unit| is_wordy(unit));
    let right = body[to..].iter().take_while(|unit| is_wordy(unit));
    let (left, right) = (left.count(), right.count());
    let least = if to - from == 2 && body[at].base == '.' {
        4
    } else {
        2
    };
    left.min(right) >= least
        && known.is_word(&body[from - left..from])
        && known.is_word(&body[to..to + right])
}

/// The pieces of a chunk between its fillers, as ranges of its units.
fn pieces(body: &[Unit]) -> Vec<Chunk> {
    let mut pieces: Vec<Chunk> = Vec::new();
    let mut open = false;
    for (at, unit) in body.iter().enumerate() {
        if is_wordy(unit) {
            match (open, pieces.last_mut()) {
                (true, Some(last)) => last.to = at + 1,
                (true, None) | (false, _) => pieces.push(Chunk {
                    from: at,
                    to: at + 1,
                }),
            }
        }
        open = is_wordy(unit);
    }
    pieces
}

/// Whether a piece is one letter, perhaps repeated.
fn is_single(piece: &[Unit]) -> bool {
    piece.iter().all(|unit| unit.base == piece[0].base)
}

/// Each piece is a word, but for the letters of a spaced-out one.
fn number_words(row: &mut [Cell], body: &[Unit], pieces: &[Chunk], word: &mut u32) {
    let single = |piece: &Chunk| is_single(&body[piece.from..piece.to]);
    let mut next = pieces.windows(2).peekable();
    for (at, cell) in row.iter_mut().enumerate() {
        if let Some(two) = next.next_if(|two| two[1].from == at)
            && !(single(&two[0]) && single(&two[1]))
        {
            *word += 1;
        }
        cell.word = *word;
    }
    *word += 1;
}

/// Where words may begin and end: at the ends of pieces, at capitals, between letters and digits; but not between
/// the letters of a spaced-out word.
fn mark_edges(row: &mut [Cell], body: &[Unit], pieces: &[Chunk]) {
    let single: Vec<bool> = pieces
        .iter()
        .map(|piece| is_single(&body[piece.from..piece.to]))
        .collect();
    for (nth, piece) in pieces.iter().enumerate() {
        let spaced_before = nth > 0 && single[nth] && single[nth - 1];
        let spaced_after = single[nth] && single.get(nth + 1) == Some(&true);
        if !spaced_before {
            row[piece.from].edges.set(Edges::START);
        }
        if !spaced_after && let Some(next) = row.get_mut(piece.to) {
            next.edges.set(Edges::END);
        }
        mark_inner_edges(row, body, *piece);
    }
}

/// A masked letter between two pieces that are no words is inside of one word.
fn join_at_masks(row: &mut [Cell], body: &[Unit], pieces: &[Chunk], known: &Known) {
    for pair in pieces.windows(2) {
        let masked = row[pair[0].to..pair[1].from]
            .iter()
            .any(|cell| cell.step == Step::Wild);
        let word = |piece: Chunk| {
            let units = &body[piece.from..piece.to];
            units.len() > 1 && (known.is_word(units) || known.is_guilty(units))
        };
        if masked && !word(pair[0]) && !word(pair[1]) {
            row[pair[1].from].edges.clear(Edges::START);
            row[pair[0].to].edges.clear(Edges::END);
        }
    }
}

fn mark_inner_edges(row: &mut [Cell], body: &[Unit], piece: Chunk) {
    let units = &body[piece.from..piece.to];
    let lead = units.iter().take_while(|unit| !is_letter(unit)).count();
    let tail = units
        .iter()
        .rev()
        .take_while(|unit| !is_letter(unit))
        .count();
    if lead == units.len() {
        return;
    }
    for at in 1..units.len() {
        let (before, here) = (&units[at - 1], &units[at]);
        let after = units.get(at + 1);
        let camel = before.case == Case::Lower
            && is_letter(before)
            && here.case == Case::Upper
            && after.is_some_and(|unit| unit.case == Case::Lower)
            && (at < 2 || units[at - 2].case == Case::Lower || at == 1);
        let digits = is_letter(before) != is_letter(here)
            && (before.base.is_ascii_digit() || here.base.is_ascii_digit());
        let cell = &mut row[piece.from + at].edges;
        if camel {
            cell.set(Edges::START);
            cell.set(Edges::END);
        }
        if at <= lead && (digits || at == lead) {
            cell.set(Edges::START);
        }
        if at >= units.len() - tail {
            cell.set(Edges::END);
        }
    }
}
