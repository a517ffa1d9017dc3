//! [`Lexicon`]: the words that the built-in planner understands, in English and Russian.
//!
//! Two tables are compiled in and read at first use: what can be drawn (`subjects.tsv`) and everything around it
//! (`surroundings.tsv`). Words are stored as people write them and compared by stem, so that "котами", "kittens"
//! and "КОТ" are found.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

use super::backdrop::{Ground, Hour, Mood, Season, Weather};
use crate::color::Rgb8;

static SUBJECTS: &str = include_str!("../../data/sketch/subjects.tsv");
static SURROUNDINGS: &str = include_str!("../../data/sketch/surroundings.tsv");

/// Words of a request that are looked at; the rest of a longer one is ignored.
const MAX_WORDS: usize = 80;
/// Letters of a request that are looked at.
const MAX_LETTERS: usize = 600;
/// Words in the longest phrase of the tables.
const LONGEST_PHRASE: usize = 4;

/// What sort of thing a subject is: decides where it stands, how large it is and how its sprite is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A whole animal.
    Beast,
    /// An animal's face only: the painter gives it a body.
    Head,
    /// Head and neck from the side.
    Profile,
    Bird,
    Fish,
    Bug,
    /// Head and shoulders: the painter gives it legs.
    Bust,
    /// A whole person.
    Person,
    /// Several people in one sprite.
    People,
    Flower,
    Plant,
    Tree,
    Food,
    Building,
    Vehicle,
    Vessel,
    Aircraft,
    /// Hangs in the air: balloons, ghosts.
    Floater,
    /// A planet or a star.
    Sky,
    /// Hats, glasses, scarves.
    Worn,
    Fire,
    Thing,
    Symbol,
}

impl Kind {
    fn parse(word: &str) -> Self {
        match word {
            "beast" => Self::Beast,
            "head" => Self::Head,
            "profile" => Self::Profile,
            "bird" => Self::Bird,
            "fish" => Self::Fish,
            "bug" => Self::Bug,
            "bust" => Self::Bust,
            "person" => Self::Person,
            "people" => Self::People,
            "flower" => Self::Flower,
            "plant" => Self::Plant,
            "tree" => Self::Tree,
            "food" => Self::Food,
            "building" | "place" => Self::Building,
            "vehicle" => Self::Vehicle,
            "vessel" => Self::Vessel,
            "aircraft" => Self::Aircraft,
            "floater" => Self::Floater,
            "sky" => Self::Sky,
            "worn" => Self::Worn,
            "fire" => Self::Fire,
            "symbol" => Self::Symbol,
            _ => Self::Thing,
        }
    }

    /// Whether it lives: it can wear, hold and sit on things.
    pub(crate) const fn is_creature(self) -> bool {
        matches!(
            self,
            Self::Beast
                | Self::Head
                | Self::Profile
                | Self::Bird
                | Self::Fish
                | Self::Bug
                | Self::Bust
                | Self::Person
                | Self::People
        )
    }

    /// Whether it is an animal.
    pub(crate) const fn is_animal(self) -> bool {
        matches!(
            self,
            Self::Beast | Self::Head | Self::Profile | Self::Bird | Self::Fish | Self::Bug
        )
    }
}

/// Something that can be drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) emoji: &'static str,
    pub(crate) kind: Kind,
    /// In English, for prompts.
    pub(crate) name: &'static str,
}

/// How two subjects, or a subject and the air, belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    On,
    Under,
    In,
    With,
    Beside,
    Over,
    Behind,
    Flying,
    Swimming,
}

impl Relation {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "on" => Self::On,
            "under" => Self::Under,
            "in" => Self::In,
            "with" => Self::With,
            "beside" => Self::Beside,
            "over" => Self::Over,
            "behind" => Self::Behind,
            "flying" => Self::Flying,
            "swimming" => Self::Swimming,
            _ => return None,
        })
    }
}

/// An asked-for size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Tiny,
    Giant,
}

impl Size {
    /// As it stands before a subject's name.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Giant => "giant",
        }
    }
}

/// What a phrase says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Position in [`Lexicon::entry`].
    Subject(u16),
    Ground(Ground),
    Hour(Hour),
    Weather(Weather),
    Season(Season),
    Mood(Mood),
    Color(Rgb8),
    Number(u8),
    Size(Size),
    Relation(Relation),
    /// A word of courtesy or grammar.
    Skip,
}

/// All phrases, by the stems of their words.
pub(crate) struct Lexicon {
    entries: Vec<Entry>,
    phrases: BTreeMap<String, Vec<Meaning>>,
    emoji: BTreeMap<String, u16>,
    /// What each entry's emoji means, so that phrases can borrow it.
    by_entry: Vec<Meaning>,
    english: Stemmer,
    russian: Stemmer,
}

impl Lexicon {
    /// The one there is; built at the first call.
    pub(crate) fn get() -> &'static Self {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        LEXICON.get_or_init(Self::build)
    }

    fn build() -> Self {
        let mut lexicon = Self {
            entries: Vec::new(),
            phrases: BTreeMap::new(),
            emoji: BTreeMap::new(),
            by_entry: Vec::new(),
            english: Stemmer::create(Algorithm::English),
            russian: Stemmer::create(Algorithm::Russian),
        };
        for line in SURROUNDINGS.lines() {
            let mut columns = line.split('\t');
            let (Some(class), Some(value)) = (columns.next(), columns.next()) else {
                continue;
            };
            if let Some(meaning) = surrounding(class, value) {
                columns.for_each(|keys| lexicon.add(keys, meaning));
            }
        }
        let mut keys = Vec::new();
        for line in SUBJECTS.lines() {
            let columns: Vec<&'static str> = line.split('\t').collect();
            let [emoji, kind, name, english, russian] = columns[..] else {
                continue;
            };
            let Ok(at) = u16::try_from(lexicon.entries.len()) else {
                break;
            };
            lexicon.entries.push(Entry {
                emoji,
                kind: Kind::parse(kind),
                name,
            });
            lexicon.emoji.insert(bare(emoji), at);
            lexicon.by_entry.push(Meaning::Subject(at));
            keys.extend([(at, english), (at, russian)]);
        }
        // Names of a subject come before words that are only associated with one.
        for weak in [false, true] {
            for &(at, all) in &keys {
                for key in all.split('|').filter(|key| key.starts_with('~') == weak) {
                    lexicon.add(key, Meaning::Subject(at));
                }
            }
        }
        lexicon
    }

    fn add(&mut self, keys: &str, meaning: Meaning) {
        for key in keys.split('|').filter(|key| !key.is_empty()) {
            let exact: Vec<String> = words(key).collect();
            let stems: Vec<String> = exact.iter().map(|word| self.stem(word)).collect();
            let exact = (!key.starts_with('~')).then(|| exact_phrase(&exact.join(" ")));
            for phrase in exact.into_iter().chain([stems.join(" ")]) {
                let meanings = self.phrases.entry(phrase).or_default();
                if !meanings.contains(&meaning) {
                    meanings.push(meaning);
                }
            }
        }
    }

    fn stem(&self, word: &str) -> String {
        let stemmer = match word.chars().next() {
            Some('а'..='я') => &self.russian,
            _ => &self.english,
        };
        stemmer.stem(word).into_owned()
    }

    /// A subject by its position.
    pub(crate) fn entry(&self, at: u16) -> Entry {
        self.entries[usize::from(at)]
    }

    /// A subject by its emoji, with or without its variation selectors.
    pub(crate) fn by_emoji(&self, emoji: &str) -> Option<Entry> {
        self.emoji.get(&bare(emoji)).map(|&at| self.entry(at))
    }

    /// The first subject that a free name mentions.
    pub(crate) fn by_name(&self, name: &str) -> Option<Entry> {
        Phrases::of(name, self)
            .flat_map(|phrase| phrase.meanings.iter())
            .find_map(|meaning| match meaning {
                Meaning::Subject(at) => Some(self.entry(*at)),
                _ => None,
            })
    }

    #[cfg(test)]
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// The key of words as they are written: it is asked before that of their stems, so that "летит" is no summer.
fn exact_phrase(words: &str) -> String {
    format!("={words}")
}

fn surrounding(class: &str, value: &str) -> Option<Meaning> {
    match class {
        "ground" => Ground::parse(value).map(Meaning::Ground),
        "time" => Hour::parse(value).map(Meaning::Hour),
        "weather" => Weather::parse(value).map(Meaning::Weather),
        "season" => Season::parse(value).map(Meaning::Season),
        "mood" => Mood::parse(value).map(Meaning::Mood),
        "color" => Rgb8::parse_hex(value).map(Meaning::Color),
        "number" => value.parse().ok().map(Meaning::Number),
        "size" if value == "giant" => Some(Meaning::Size(Size::Giant)),
        "size" => Some(Meaning::Size(Size::Tiny)),
        "relation" => Relation::parse(value).map(Meaning::Relation),
        "skip" => Some(Meaning::Skip),
        _ => None,
    }
}

/// The emoji without variation selectors and skin tones.
fn bare(emoji: &str) -> String {
    emoji
        .chars()
        .filter(|c| !matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'))
        .collect()
}

/// A word as the tables are compared by: lower case, "ё" as "е", without the English possessive.
fn plain(word: &str) -> String {
    let lower = word.to_lowercase().replace('ё', "е").replace('’', "'");
    let lower = lower.trim_matches('\'');
    lower.strip_suffix("'s").unwrap_or(lower).to_owned()
}

/// The words of a table's key.
fn words(key: &str) -> impl Iterator<Item = String> + '_ {
    key.split(|c: char| !is_word(c))
        .map(plain)
        .filter(|word| !word.is_empty())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '’')
}

/// A piece of a text: a known phrase, or a word that nothing is known of.
#[derive(Clone, Debug)]
pub(crate) struct Phrase<'l> {
    /// As it was written, in lower case.
    pub(crate) text: String,
    /// Everything it may mean, the likeliest first; empty for an unknown word.
    pub(crate) meanings: &'l [Meaning],
    /// Whether a comma or a full stop stands in front of it.
    pub(crate) pause: Pause,
}

/// What stands between a phrase and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Only a space or a hyphen.
    None,
    /// A comma, a full stop, a bracket.
    Mark,
}

struct Word {
    text: String,
    stem: String,
    pause: Pause,
    emoji: Option<u16>,
}

/// Walks through a text, always taking the longest phrase that the lexicon has.
pub(crate) struct Phrases<'l> {
    lexicon: &'l Lexicon,
    words: Vec<Word>,
    at: usize,
}

impl<'l> Phrases<'l> {
    /// The phrases of the first words of a text.
    pub(crate) fn of(text: &str, lexicon: &'l Lexicon) -> Self {
        Self {
            lexicon,
            words: split(text, lexicon),
            at: 0,
        }
    }
}

impl<'l> Iterator for Phrases<'l> {
    type Item = Phrase<'l>;

    fn next(&mut self) -> Option<Phrase<'l>> {
        let rest = &self.words[self.at..];
        let first = rest.first()?;
        let pause = first.pause;
        if let Some(at) = first.emoji {
            self.at += 1;
            return Some(Phrase {
                text: self.lexicon.entry(at).name.to_owned(),
                meanings: &self.lexicon.by_entry[usize::from(at)..=usize::from(at)],
                pause,
            });
        }
        for length in (1..=LONGEST_PHRASE.min(rest.len())).rev() {
            let words = &rest[..length];
            if words.iter().any(|word| word.emoji.is_some()) {
                continue;
            }
            let join =
                |part: fn(&Word) -> &str| words.iter().map(part).collect::<Vec<_>>().join(" ");
            let text = join(|w| &w.text);
            let known = self.lexicon.phrases.get(&exact_phrase(&text));
            if let Some(meanings) = known.or_else(|| self.lexicon.phrases.get(&join(|w| &w.stem))) {
                self.at += length;
                return Some(Phrase {
                    text,
                    meanings,
                    pause,
                });
            }
        }
        let text = first.text.clone();
        self.at += 1;
        Some(Phrase {
            text,
            meanings: &[],
            pause,
        })
    }
}

/// The first words and emoji of a text.
fn split(text: &str, lexicon: &Lexicon) -> Vec<Word> {
    let mut found = Vec::new();
    let mut letters = String::new();
    let mut pause = Pause::None;
    let end = text
        .char_indices()
        .nth(MAX_LETTERS)
        .map_or(text.len(), |(at, _)| at);
    for grapheme in text[..end].graphemes(true).chain([" "]) {
        if grapheme.chars().next().is_some_and(is_word)
            && !lexicon.emoji.contains_key(&bare(grapheme))
        {
            letters.push_str(grapheme);
            continue;
        }
        let text = plain(&letters);
        letters.clear();
        if !text.is_empty() {
            found.push(Word {
                stem: lexicon.stem(&text),
                text,
                pause,
                emoji: None,
            });
            pause = Pause::None;
        }
        if let Some(&at) = lexicon.emoji.get(&bare(grapheme)) {
            found.push(Word {
                stem: String::new(),
                text: String::new(),
                pause,
                emoji: Some(at),
            });
            pause = Pause::None;
        } else if grapheme
            .chars()
            .any(|c| matches!(c, ',' | '.' | ';' | ':' | '!' | '?' | '(' | ')' | '\n'))
        {
            pause = Pause::Mark;
        }
        if found.len() >= MAX_WORDS {
            break;
        }
    }
    found.truncate(MAX_WORDS);
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn both_languages_name_at_least_1200_subjects_each_with_a_sprite_of_its_own() {
        let lexicon = Lexicon::get();
        let (mut english, mut russian) = (BTreeSet::new(), BTreeSet::new());
        for line in SUBJECTS.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            for (keys, reached) in [(columns[3], &mut english), (columns[4], &mut russian)] {
                for key in keys
                    .split('|')
                    .map(|key| key.trim_start_matches('~'))
                    .filter(|key| !key.is_empty())
                {
                    // Reached only if the whole phrase leads to this very subject.
                    let phrases: Vec<_> = Phrases::of(key, lexicon).collect();
                    if let [phrase] = &phrases[..]
                        && let Some(Meaning::Subject(at)) = phrase.meanings.first()
                        && lexicon.entry(*at).emoji == columns[0]
                    {
                        reached.insert(columns[0]);
                    }
                }
            }
        }
        assert!(english.len() >= 1200, "{} in English", english.len());
        assert!(russian.len() >= 1200, "{} in Russian", russian.len());
        for entry in lexicon.entries() {
            assert!(
                super::super::wardrobe::artwork(entry.emoji).is_some()
                    || super::super::own::dressed(entry.emoji).is_some(),
                "{} has no sprite",
                entry.emoji
            );
        }
    }

    #[test]
    fn cases_plurals_and_irregular_forms_lead_to_the_same_subject() {
        let lexicon = Lexicon::get();
        for (word, emoji) in [
            ("котами", "🐱"),
            ("КОТЁНКА", "🐱"),
            ("кошек", "🐱"),
            ("kittens", "🐱"),
            ("wolves", "🐺"),
            ("mice", "🐭"),
            ("львы", "🦁"),
            ("щенята", "🐶"),
            ("ёлочек", "🌲"),
            ("крепости", "🏰"),
            ("орлы", "🦅"),
            ("избушке", "🛖"),
        ] {
            let entry = lexicon.by_name(word);
            assert_eq!(entry.map(|e| e.emoji), Some(emoji), "{word}");
        }
    }
}
