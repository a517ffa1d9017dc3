//! Screening: one text, all readings, all rules.

mod pattern;

use std::ops::Range;

use super::fold::{Folded, Kind, Unit, fold};
use super::known::{Known, is_mostly, majority};
use super::letter::Script;
use super::lexicon::{Alone, ConceptId, Lexicon, Match, RuleId, Spelt, Term};
use super::policy::Category;
use super::reading::{self, Cell, Edges, Reading, Step, View, Writing};
use super::verdict::{Hit, Trick};
use super::walk::{Found, Walker};

/// A stem of so many letters, typed as it is, is no chance at the beginning of an innocent word.
const LONG: usize = 6;
/// Characters around a find that may be one short word.
const LONGEST_PIECE: usize = 24;
/// A text with more finds than these is settled long before.
const MOST_FINDS: usize = 1_536;
/// Of those that innocent words explain, or that mean something only beside others, there may be more: they must not
/// hide what comes after them.
const MOST_SIGHTINGS: usize = 6_144;

/// A term in its place in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "two things that are so or not, independent of each other"
)]
struct Sighting {
    concept: ConceptId,
    /// The first and the last word.
    words: (u32, u32),
    /// The first unit, and the one after the last.
    units: Range<usize>,
    trick: Trick,
    /// The script of the term.
    script: Script,
    /// Whether it is in the script that most of it was typed in, as typed.
    is_typed: bool,
    /// Whether a clean word explains it, so that it counts in no rule of one part.
    clean: bool,
}

/// What was seen so far.
#[derive(Default)]
struct Sightings {
    list: Vec<Sighting>,
    /// How many of them break a rule by themselves.
    settling: usize,
}

/// A hit that still counts in units.
struct Raw {
    rule: RuleId,
    units: Range<usize>,
    trick: Trick,
}

/// What screening found: hits, and for each the whole words around it, in bytes.
pub(crate) struct Screening {
    pub(crate) hits: Vec<(Hit, Range<usize>)>,
    pub(crate) read_to: usize,
}

/// Reads a text in every way and applies every rule.
pub(crate) fn screen(text: &str, lexicon: &Lexicon) -> Screening {
    let folded = fold(text, &lexicon.readings);
    let chunks = reading::chunks(&folded.units);
    let mut walker = Walker::new(lexicon, &folded.units);
    let typed = reading::typed(&folded.units, &chunks, &lexicon.readings, &lexicon.known);
    let mut sightings = Sightings::default();
    collect(
        &mut sightings,
        &mut walker,
        &typed,
        &typed,
        &folded,
        lexicon,
    );
    for chunk in &chunks {
        for view in [View::Shape, View::Keys] {
            let other = reading::other(view, &folded.units, *chunk, &typed, &lexicon.readings);
            if let Some(reading) = other {
                collect(
                    &mut sightings,
                    &mut walker,
                    &reading,
                    &typed,
                    &folded,
                    lexicon,
                );
            }
        }
    }
    let mut sightings = sightings.list;
    explain_by_typed(&mut sightings);
    signs(&mut sightings, &folded, &typed, lexicon);
    sightings.sort_by_key(|sighting| (sighting.words.0, sighting.units.start));
    sightings.dedup();
    let raws = pattern::apply(&sightings, lexicon);
    let hits = raws
        .into_iter()
        .map(|raw| finish(&raw, &folded, &typed, lexicon))
        .collect();
    let hits = with_minors(hits, &sightings, lexicon, &folded);
    Screening {
        hits,
        read_to: folded.read_to,
    }
}

fn collect(
    sightings: &mut Sightings,
    walker: &mut Walker<'_>,
    reading: &Reading,
    typed: &Reading,
    folded: &Folded,
    lexicon: &Lexicon,
) {
    for found in walker.walk(reading) {
        let term = lexicon.term(found.term);
        let full = term.alone != Alone::Yes && sightings.list.len() >= MOST_SIGHTINGS;
        if full || sightings.settling >= MOST_FINDS {
            continue;
        }
        let trick = trick(reading, &found, term, folded);
        // A whole word of a rule, typed as it is, is what the rule means, whatever a dictionary says.
        let begins = reading.cells[found.from as usize].edges.has(Edges::START);
        let whole = matches!(term.ends, Match::Word | Match::Form)
            || term.len >= LONG && begins && !found.prefixed;
        let alone = stands_alone(&found, reading, folded);
        let listed = term.spelt == Spelt::AsListed;
        let meant = whole && alone && listed && trick == Trick::AsTyped;
        let clean = !meant
            && (is_other_word(&found, term, reading, folded, lexicon)
                || is_clean(walker, reading, typed, &found));
        let cells = &reading.cells[found.from as usize..found.to as usize];
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else {
            continue;
        };
        let units = &folded.units[first.unit as usize..=last.unit as usize];
        let is_typed = reading.view == View::Typed
            && (term.script == Script::Sign || is_mostly(units, term.script));
        sightings.settling += usize::from(term.alone == Alone::Yes && !clean);
        for &concept in &term.concepts {
            sightings.list.push(Sighting {
                concept,
                words: (first.word, last.word),
                units: first.unit as usize..last.unit as usize + 1,
                trick,
                script: term.script,
                is_typed,
                clean,
            });
        }
    }
}

/// Whether white space stands on both sides of the piece that a find is in, or nothing but letters.
fn stands_alone(found: &Found, reading: &Reading, folded: &Folded) -> bool {
    let near = |cell: Option<&Cell>| {
        cell.filter(|cell| cell.step != Step::Stop)
            .is_none_or(|cell| {
                let unit = &folded.units[cell.unit as usize];
                !matches!(cell.step, Step::Wild | Step::Cross)
                    && (unit.kind != Kind::Filler || unit.base.is_ascii_punctuation())
            })
    };
    let before = (found.from as usize)
        .checked_sub(1)
        .and_then(|at| reading.cells.get(at));
    near(before) && near(reading.cells.get(found.to as usize))
}

/// Whether the piece around a find reads as an innocent word of the script that it was mostly typed in, and the find is
/// only a part of it or of the other script: `h3r` is no Russian word, and `gl.ass` is no `ass`.
fn is_other_word(
    found: &Found,
    term: &Term,
    reading: &Reading,
    folded: &Folded,
    lexicon: &Lexicon,
) -> bool {
    let cells = &reading.cells[found.from as usize..found.to as usize];
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else {
        return false;
    };
    let units = &folded.units;
    let (from, to) = (first.unit as usize, last.unit as usize + 1);
    if units[from..to].iter().any(|unit| unit.kind == Kind::Space) {
        return false;
    }
    let solid = |unit: &&Unit| unit.kind != Kind::Space;
    let before = units[..from]
        .iter()
        .rev()
        .take(LONGEST_PIECE)
        .take_while(solid);
    let behind = units[to..].iter().take(LONGEST_PIECE).take_while(solid);
    let piece = &units[from - before.count()..to + behind.count()];
    let wordy = |units: &[Unit]| {
        units
            .iter()
            .filter(|unit| unit.kind != Kind::Filler)
            .count()
    };
    let part = wordy(piece) > wordy(&units[from..to]);
    let plain = |unit: &Unit| matches!(unit.kind, Kind::Letter(_));
    // A sign that is read as a letter after all masks none.
    let unmasked = found.wild > 0 && units[from..to].iter().all(|unit| unit.kind != Kind::Filler);
    let script = majority(piece);
    if found.wild > 0 && term.script != Script::Sign {
        let covers = wordy(piece) + usize::from(found.wild);
        let exact = !part && term.script == script && term.len == covers;
        let meant = exact && term.often_masked;
        if !meant && is_mostly(piece, script) && lexicon.known.may_be(trim(piece), script) {
            return true;
        }
    }
    if part
        && found.wild == 0
        && !is_mostly(piece, script)
        && is_word_in_look_alikes(piece, term, &lexicon.known)
    {
        return true;
    }
    term.script != Script::Sign
        && is_mostly(piece, script)
        && (found.wild == 0 || unmasked)
        && (term.script != script || (part || unmasked) && !piece.iter().all(plain))
        && lexicon.known.reads_as(trim(piece), script)
}

/// Whether letters of both scripts spell a word of the script that a term is not of.
fn is_word_in_look_alikes(piece: &[Unit], term: &Term, known: &Known) -> bool {
    // Fewer spell one by chance.
    const LEAST: usize = 4;
    let word = trim(piece);
    let other = match term.script {
        Script::Cyrillic => Script::Latin,
        Script::Latin | Script::Sign => Script::Cyrillic,
    };
    word.len() >= LEAST && known.reads_as(word, other)
}

/// A piece without the fillers and signs of punctuation around it.
fn trim(piece: &[Unit]) -> &[Unit] {
    let ends = |unit: &Unit| {
        unit.kind == Kind::Filler || unit.kind == Kind::Sign && matches!(unit.base, '!' | '(' | '<')
    };
    let from = piece.iter().position(|unit| !ends(unit)).unwrap_or(0);
    let to = piece
        .iter()
        .rposition(|unit| !ends(unit))
        .map_or(from, |at| at + 1);
    &piece[from..to]
}

/// Whether a clean word explains a find: as it was read, or, if that was on other keys or by shape, as typed.
fn is_clean(walker: &mut Walker<'_>, reading: &Reading, typed: &Reading, found: &Found) -> bool {
    let unit = |cell: u32| reading.cells[cell as usize].unit;
    walker.is_clean(reading, found)
        || reading.view != View::Typed
            && walker.is_clean(
                typed,
                &Found {
                    from: unit(found.from),
                    to: unit(found.to),
                    ..*found
                },
            )
}

/// A word of the lists in the script that was typed is that word, and its rules decide; it is not read once more as a
/// word of the other language that sounds or looks like it.
fn explain_by_typed(sightings: &mut [Sighting]) {
    let mut typed: Vec<(Range<usize>, Script)> = sightings
        .iter()
        .filter(|sighting| sighting.is_typed)
        .map(|sighting| (sighting.units.clone(), sighting.script))
        .collect();
    typed.sort_by_key(|(units, _)| units.end);
    for sighting in sightings.iter_mut().filter(|sighting| !sighting.is_typed) {
        let first = typed.partition_point(|(units, _)| units.end < sighting.units.end);
        sighting.clean |= typed[first..]
            .iter()
            .take_while(|(units, _)| units.end <= sighting.units.end + 2)
            .any(|(units, script)| {
                *script != sighting.script && units.start <= sighting.units.start
            });
    }
}

/// Signs and emoji that mean something by themselves.
fn signs(sightings: &mut Vec<Sighting>, folded: &Folded, typed: &Reading, lexicon: &Lexicon) {
    for (at, unit) in folded.units.iter().enumerate() {
        if matches!(unit.kind, Kind::Letter(_) | Kind::Space) {
            continue;
        }
        for &concept in lexicon.sign(unit.base) {
            let word = typed.cells[at].word;
            sightings.push(Sighting {
                concept,
                words: (word, word),
                units: at..at + 1,
                trick: Trick::AsTyped,
                script: Script::Sign,
                is_typed: true,
                clean: false,
            });
        }
    }
}

/// How a find was disguised; the strongest disguise names it.
fn trick(reading: &Reading, found: &Found, term: &Term, folded: &Folded) -> Trick {
    let script = term.script;
    let cells: &[Cell] = &reading.cells[found.from as usize..found.to as usize];
    match reading.view {
        View::Keys => return Trick::Layout,
        View::Shape => return Trick::LookAlike,
        View::Typed => {}
    }
    let units = || cells.iter().map(|cell| &folded.units[cell.unit as usize]);
    let foreign = |kind: Kind| match kind {
        Kind::Letter(typed) => script != Script::Sign && typed != script,
        Kind::Sign | Kind::Filler | Kind::Space => false,
    };
    if found.wild > 0 {
        Trick::Censored
    } else if cells.iter().any(|cell| {
        matches!(
            cell.step,
            Step::Pass | Step::Cross | Step::Seam | Step::LetterOrPass
        )
    }) {
        Trick::Split
    } else if units().any(|unit| unit.kind == Kind::Sign && script != Script::Sign) {
        Trick::LookAlike
    } else if units().any(|unit| foreign(unit.kind)) {
        match cells[0].writing {
            Writing::Mixed => Trick::LookAlike,
            Writing::Latin
            | Writing::Cyrillic
            | Writing::LatinWithSigns
            | Writing::CyrillicWithSigns => Trick::Translit,
        }
    } else if units().any(|unit| unit.end - unit.start > unit.base.len_utf8()) {
        Trick::Style
    } else if is_stretched(cells, term) {
        Trick::Repeats
    } else {
        Trick::AsTyped
    }
}

/// Whether letters were repeated: more than the word has, or three alike.
fn is_stretched(cells: &[Cell], term: &Term) -> bool {
    let alike = |two: &[Cell]| two[0].letters == two[1].letters;
    let longer = term.ends != Match::Form && cells.len() > term.len;
    longer && cells.windows(2).any(alike)
        || cells
            .windows(3)
            .any(|three| alike(&three[..2]) && alike(&three[1..]))
}

/// A hit in bytes of the original, and the whole words around it.
fn finish(raw: &Raw, folded: &Folded, typed: &Reading, lexicon: &Lexicon) -> (Hit, Range<usize>) {
    let rule = lexicon.rule(raw.rule);
    let bytes = |units: &Range<usize>| {
        let start = folded.units.get(units.start).map_or(0, |unit| unit.start);
        let end = folded.units[..units.end]
            .last()
            .map_or(start, |unit| unit.end);
        start..end
    };
    let hit = Hit {
        category: rule.category,
        severity: rule.category.severity(),
        rule: rule.name.clone(),
        why: rule.why.clone(),
        span: bytes(&raw.units),
        trick: raw.trick,
    };
    let whole = whole_words(&raw.units, typed, raw.trick);
    (hit, bytes(&whole))
}

/// Widens a find to the words that it is part of.
fn whole_words(units: &Range<usize>, typed: &Reading, trick: Trick) -> Range<usize> {
    let (mut start, mut end) = (units.start, units.end);
    let cells = &typed.cells;
    let solid = |at: usize| {
        trick == Trick::Layout && !matches!(cells[at].step, Step::Cross)
            || matches!(
                cells[at].step,
                Step::Letter | Step::LetterOrPass | Step::Wild
            )
            || cells[at].step == Step::Pass
    };
    while start > 0
        && !cells[start].edges.has(Edges::CHUNK)
        && (!cells[start].edges.has(Edges::START) || cells[start - 1].step == Step::Wild)
        && solid(start - 1)
    {
        start -= 1;
    }
    while end + 1 < cells.len() && !cells[end].edges.has(Edges::END) && solid(end) {
        end += 1;
    }
    start..end
}

/// A minor together with anything sexual is the strictest hit there is, wherever both stand.
fn with_minors(
    mut hits: Vec<(Hit, Range<usize>)>,
    sightings: &[Sighting],
    lexicon: &Lexicon,
    folded: &Folded,
) -> Vec<(Hit, Range<usize>)> {
    let Some(minor) = sightings.iter().find(|s| s.concept == lexicon.minor) else {
        return hits;
    };
    if !hits.iter().any(|(hit, _)| hit.category.is_sexual()) {
        return hits;
    }
    let start = folded.units[minor.units.start].start;
    let end = folded.units[minor.units.end - 1].end;
    let hit = Hit {
        category: Category::Minors,
        severity: Category::Minors.severity(),
        rule: "minors: @minor & anything sexual".into(),
        why: "no exceptions".into(),
        span: start..end,
        trick: minor.trick,
    };
    hits.push((hit, start..end));
    hits.sort_by_key(|(hit, _)| hit.span.start);
    hits
}
