//! A text as the gate reads it: [`Unit`]s without styles, marks and invisible characters, each of which knows where
//! in the original it came from.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::letter::{Letter, LetterSet, Script};
use super::readings::Readings;
use crate::donation::is_invisible;

/// What a unit is to the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A letter as typed, whatever its style.
    Letter(Script),
    /// A digit or sign that may stand for a letter.
    Sign,
    /// Punctuation, emoji and everything else that stands between words or letters.
    Filler,
    /// White space.
    Space,
}

/// One character as read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    /// Where it begins in the original, in bytes.
    pub(crate) start: usize,
    /// Where it ends, with all its marks and the invisible characters behind it.
    pub(crate) end: usize,
    /// The character without style, marks and case.
    pub(crate) base: char,
    pub(crate) kind: Kind,
    /// The letters that it is as typed: one, or two where a mark makes it uncertain.
    pub(crate) plain: LetterSet,
    /// All letters that it may stand for.
    pub(crate) any: LetterSet,
    /// Whether it was a capital.
    pub(crate) case: Case,
}

/// Capital or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    Upper,
    Lower,
}

/// At most this many characters are read; what comes after is neither shown nor drawn.
///
/// Donation services cut messages at a few hundred characters, so only attacks are longer.
pub(crate) const READ_CHARS: usize = 4_096;

/// A text as units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Folded {
    pub(crate) units: Vec<Unit>,
    /// How much of the original was read, in bytes.
    pub(crate) read_to: usize,
}

/// Reads a text. Takes time linear in its length, and no more than for [`READ_CHARS`] visible characters.
pub(crate) fn fold(text: &str, readings: &Readings) -> Folded {
    let mut units: Vec<Unit> = Vec::with_capacity(text.len().min(READ_CHARS));
    let mut glyph_to = 0;
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        if start < glyph_to {
            continue;
        }
        if is_mark(c) {
            if let Some(last) = units.last_mut() {
                last.end = end;
                add_mark(last, c);
            }
            continue;
        }
        if repeats_run(&units, c) {
            if let Some(last) = units.last_mut() {
                last.end = end;
            }
            continue;
        }
        if units.len() >= READ_CHARS {
            return Folded {
                units,
                read_to: start,
            };
        }
        if let Some((glyph, letters)) = readings.glyph_at(&text[start..])
            && is_in_word(&text[..start], &text[start + glyph.len()..])
        {
            glyph_to = start + glyph.len();
            units.push(glyph_unit(c, start..glyph_to, letters));
            continue;
        }
        push(&mut units, c, start..end, readings);
    }
    Folded {
        units,
        read_to: text.len(),
    }
}

/// Whether a character leaves no letter of its own: a combining mark, an invisible one, a control.
pub(crate) fn is_mark(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !c.is_ascii_whitespace();
    }
    !matches!(c, 'а'..='я' | 'А'..='Я')
        && (is_combining_mark(c) || is_invisible(c) || c.is_control() || is_mark_like(c))
}

/// Marks that Unicode does not call so: emoji modifiers, enclosing keycaps, musical marks.
fn is_mark_like(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}' | '\u{20D0}'..='\u{20FF}' | '\u{1D165}'..='\u{1D169}')
}

/// The breve makes и into й, the caron a hissing letter; a capital with a diaeresis is the same letter to us.
fn add_mark(unit: &mut Unit, mark: char) {
    let hissing = match (unit.base, mark) {
        ('c', '\u{30C}') => "ч",
        ('s', '\u{30C}') => "ш",
        ('z', '\u{30C}' | '\u{307}') => "ж",
        _ => "",
    };
    unit.plain = unit.plain.with(LetterSet::of(hissing));
    unit.any = unit.any.with(unit.plain);
    if mark == '\u{306}' && unit.base == 'и' {
        unit.plain = LetterSet::of("ий");
        unit.any = unit.any.with(unit.plain);
    }
}

/// A fifth equal character in a row adds nothing to any word.
fn repeats_run(units: &[Unit], c: char) -> bool {
    let [.., first, a, b, last] = units else {
        return false;
    };
    let base = unstyled(lower(c));
    [first, a, b, last].iter().all(|unit| unit.base == base)
}

fn push(units: &mut Vec<Unit>, c: char, span: std::ops::Range<usize>, readings: &Readings) {
    let case = if c.is_uppercase() {
        Case::Upper
    } else {
        Case::Lower
    };
    if c.is_ascii() || matches!(c, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё') {
        units.push(unit(lower(c), case, span, readings));
        return;
    }
    // й must not fall apart into и and a breve.
    if matches!(c, 'й' | 'Й') {
        units.push(unit('й', case, span, readings));
        return;
    }
    let styled = unstyled(c);
    let mut pushed = 0;
    decompose_compatible(styled, |part| {
        if is_mark(part) {
            if let (Some(last), true) = (units.last_mut(), pushed > 0) {
                add_mark(last, part);
            }
        } else if pushed < 3 && !(styled != '(' && pushed == 0 && part == '(') {
            pushed += 1;
            let base = unstyled(lower(part));
            units.push(unit(base, case, span.clone(), readings));
        }
    });
    if pushed == 0 {
        units.push(unit(styled, case, span, readings));
    }
}

/// Several signs that are drawn like one letter are one unit of a base that is no character of any text.
fn glyph_unit(first: char, span: std::ops::Range<usize>, letters: LetterSet) -> Unit {
    let base = char::from_u32(0xF_0000 + u32::from(first)).unwrap_or(first);
    Unit {
        start: span.start,
        end: span.end,
        base,
        kind: Kind::Sign,
        plain: LetterSet::EMPTY,
        any: letters,
        case: Case::Lower,
    }
}

/// Whether a letter stands near signs that may be one, in the same word: without one they are a face or code.
fn is_in_word(before: &str, behind: &str) -> bool {
    // Letters in signs take up to six of them.
    const NEAR: usize = 12;
    let has_letter = |side: &mut dyn Iterator<Item = char>| {
        let mut word = side.take(NEAR).take_while(|c| !c.is_whitespace());
        word.any(char::is_alphanumeric)
    };
    has_letter(&mut before.chars().rev()) || has_letter(&mut behind.chars())
}

fn unit(base: char, case: Case, span: std::ops::Range<usize>, readings: &Readings) -> Unit {
    let plain = match Letter::of(base) {
        Some(letter) => LetterSet::one(letter),
        None => LetterSet::EMPTY,
    };
    let any = readings.any(base).with(plain);
    let kind = match Letter::of(base).map(Letter::script) {
        Some(script @ (Script::Latin | Script::Cyrillic)) => Kind::Letter(script),
        _ if base.is_whitespace() => Kind::Space,
        Some(Script::Sign) => Kind::Sign,
        None if any.is_empty() => Kind::Filler,
        None => Kind::Sign,
    };
    Unit {
        start: span.start,
        end: span.end,
        base,
        kind,
        plain,
        any,
        case,
    }
}

fn lower(c: char) -> char {
    match c {
        'ё' | 'Ё' => 'е',
        _ if c.is_ascii() => c.to_ascii_lowercase(),
        _ => {
            let mut lower = c.to_lowercase();
            lower.next().unwrap_or(c)
        }
    }
}

/// Letter styles that compatibility decomposition leaves alone: squared, circled and flag letters.
fn unstyled(c: char) -> char {
    let (first, code) = match u32::from(c) {
        code @ 0x1F110..=0x1F129 => (0x1F110, code),
        code @ 0x1F130..=0x1F149 => (0x1F130, code),
        code @ 0x1F150..=0x1F169 => (0x1F150, code),
        code @ 0x1F170..=0x1F189 => (0x1F170, code),
        code @ 0x1F1E6..=0x1F1FF => (0x1F1E6, code),
        code @ 0x249C..=0x24B5 => (0x249C, code),
        _ => return c,
    };
    char::from_u32(u32::from('a') + code - first).unwrap_or(c)
}
