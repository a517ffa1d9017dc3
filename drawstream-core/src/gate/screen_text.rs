//! Text that a screen may show.

use unicode_normalization::char::is_combining_mark;

use super::Field;
use super::verdict::Verdict;
use crate::donation::is_invisible;

/// A viewer's text as a screen may show it: cleaned of what breaks a layout, offending words hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScreenText(String);

/// Marks that a letter may carry: enough for every living script, too few to climb over other lines.
const MOST_MARKS: usize = 3;

impl ScreenText {
    /// The text to draw.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Cleans a text and hides what its verdict says.
    pub(super) fn new(text: &str, verdict: &Verdict, field: Field) -> Self {
        Self(clean(&verdict.mask(text), field))
    }
}

#[cfg(test)]
impl ScreenText {
    /// A text that no gate has seen: what draws must stand whatever is in it.
    pub(crate) fn unchecked(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Characters that a field may show: a message of a donation, a name.
fn most_chars(field: Field) -> usize {
    match field {
        Field::Message => 500,
        Field::Name => 40,
    }
}

/// Takes away what no screen should meet: controls, direction overrides, towers of marks, invisible characters,
/// runs of white space, and what is too long.
pub(super) fn clean(text: &str, field: Field) -> String {
    let mut clean = String::with_capacity(text.len().min(2_048));
    let (mut chars, mut marks) = (0, 0);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_whitespace() {
            if before != ' ' {
                clean.push(' ');
                chars += 1;
            }
            before = ' ';
            continue;
        }
        if is_combining_mark(c) {
            marks += 1;
            if marks <= MOST_MARKS && before != ' ' {
                clean.push(c);
            }
            continue;
        }
        // A joiner between two emoji makes one of them; elsewhere it hides.
        let joins =
            c == '\u{200D}' && is_emoji(before) && rest.peek().is_some_and(|&n| is_emoji(n));
        let styles = c == '\u{FE0F}' && before != ' ';
        if joins || styles {
            clean.push(c);
            continue;
        }
        if c.is_control() || is_invisible(c) || is_unassigned(c) {
            continue;
        }
        if chars >= most_chars(field) {
            clean.truncate(clean.trim_end().len());
            clean.push('…');
            break;
        }
        clean.push(c);
        chars += 1;
        marks = 0;
        before = c;
    }
    clean.truncate(clean.trim_end().len());
    clean
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Private use and non-characters: no font has them.
fn is_unassigned(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..) || u32::from(c) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(clean(text, Field::Message), expected, "{text:?}");
    }

    #[test]
    fn what_breaks_a_layout_is_gone_and_the_rest_stays() {
        check("  кот\r\n\t и  пёс ", "кот и пёс");
        check("a\0b\u{7}c\u{202E}d\u{2066}e\u{200B}f", "abcdef");
        check("\u{feff}\u{2060}\u{2800}", "");
        check("🐻‍❄️ и 🏳️‍🌈", "🐻‍❄️ и 🏳️‍🌈");
        check("к\u{200D}от", "кот");
        check("й é ที่", "й é ที่");
        let tower = format!("a{}b", "\u{336}".repeat(10_000));
        check(&tower, "a\u{336}\u{336}\u{336}b");
    }

    #[test]
    fn a_long_text_is_cut_to_its_field() {
        let long = "кот ".repeat(1_000);
        assert_eq!(clean(&long, Field::Message).chars().count(), 500);
        assert!(clean(&long, Field::Name).ends_with('…'));
        assert!(clean(&long, Field::Name).chars().count() <= 41);
    }
}
