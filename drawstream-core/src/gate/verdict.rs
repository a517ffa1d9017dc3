//! What the gate saw in a text, and what follows from it.

use std::ops::Range;
use std::sync::Arc;

use super::policy::{Category, Severity};

/// How a word was disguised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trick {
    /// Not at all.
    AsTyped,
    /// By letter styles, marks or invisible characters.
    Style,
    /// By repeated letters.
    Repeats,
    /// By something between its letters.
    Split,
    /// By characters that look like its letters.
    LookAlike,
    /// By the letters of the other language.
    Translit,
    /// By the other keyboard layout.
    Layout,
    /// By masked letters.
    Censored,
}

impl Trick {
    /// Its name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsTyped => "as-typed",
            Self::Style => "style",
            Self::Repeats => "repeats",
            Self::Split => "split",
            Self::LookAlike => "look-alike",
            Self::Translit => "translit",
            Self::Layout => "layout",
            Self::Censored => "censored",
        }
    }
}

/// A rule that found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// Category and pattern of the rule, as in its data file.
    pub rule: Arc<str>,
    /// Why the rule is there.
    pub why: Arc<str>,
    /// Where in the original text, in bytes.
    pub span: Range<usize>,
    /// How it was disguised.
    pub trick: Trick,
}

/// Whether a request is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// It is.
    Allow,
    /// It is not.
    Block,
}

/// What the gate says about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was found, in the order of the text.
    pub hits: Vec<Hit>,
    /// What follows for the request.
    pub call: Call,
    /// What a screen must hide: ranges of the original text in bytes, in order, apart from each other, each from a
    /// character's beginning to a character's end.
    pub masks: Vec<Range<usize>>,
    /// How much of the text was read, in bytes; what comes after must not be shown or drawn.
    pub read_to: usize,
}

impl Verdict {
    /// The hit that weighs most: the strictest, then the first.
    pub fn worst(&self) -> Option<&Hit> {
        let strictest = self.hits.iter().map(|hit| hit.severity).max()?;
        self.hits.iter().find(|hit| hit.severity == strictest)
    }

    /// The text with every masked character as `*`, white space as it is; all else stays untouched.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = String::with_capacity(self.read_to);
        let mut masks = self.masks.iter().peekable();
        for (at, c) in text.char_indices().take_while(|&(at, _)| at < self.read_to) {
            while masks.peek().is_some_and(|mask| mask.end <= at) {
                masks.next();
            }
            let hidden = masks.peek().is_some_and(|mask| mask.contains(&at));
            if !hidden || c.is_whitespace() {
                masked.push(c);
            } else if !super::fold::is_mark(c) {
                masked.push('*');
            }
        }
        masked
    }
}
