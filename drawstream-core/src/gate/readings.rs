//! What characters may be read as: look-alikes, sounds, leet, keys. Data, read once.

use std::collections::BTreeMap;

use super::letter::{Letter, LetterSet};

const READINGS: &str = include_str!("../../data/gate/readings.txt");
const CONFUSABLES: &str = include_str!("../../data/gate/confusables.txt");

/// Tables from characters to the letters that they may stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Readings {
    shape: Table,
    sound: Table,
    any: Table,
    key: Table,
    pairs: BTreeMap<char, Vec<[Letter; 2]>>,
    joined: BTreeMap<char, Vec<Joined>>,
    /// Signs that together are drawn like a letter, the longest first.
    glyphs: Vec<(String, LetterSet)>,
}

/// Several characters that are read as one letter.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    pub(crate) parts: Vec<char>,
    pub(crate) letters: LetterSet,
    /// Parts that are letters are recognised through their disguises; signs only as typed.
    pub(crate) of_letters: Vec<LetterSet>,
    /// Whether they only look like the letter: then plain words are not read so.
    pub(crate) by: By,
}

/// Why several characters are one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Sound,
    Shape,
}

/// A table by character: an array for the common planes' first characters, a tree for the rest.
#[derive(Clone, Debug)]
struct Table {
    near: Vec<LetterSet>,
    far: BTreeMap<char, LetterSet>,
}

const NEAR: u32 = 0x500;

impl Default for Table {
    fn default() -> Self {
        Self {
            near: vec![LetterSet::EMPTY; NEAR as usize],
            far: BTreeMap::new(),
        }
    }
}

impl Table {
    fn at(&self, c: char) -> LetterSet {
        match self.near.get(c as usize) {
            Some(&set) => set,
            None => self.far.get(&c).copied().unwrap_or_default(),
        }
    }

    fn add(&mut self, c: char, letters: LetterSet) {
        let slot = match self.near.get_mut(c as usize) {
            Some(slot) => slot,
            None => self.far.entry(c).or_default(),
        };
        *slot = slot.with(letters);
    }
}

impl Readings {
    /// The tables that are compiled in.
    pub(crate) fn built_in() -> Self {
        let mut readings = Self::default();
        let mut section = "";
        for line in READINGS.lines() {
            if let Some(rest) = line.strip_prefix('[')
                && let Some((name, rest)) = rest.split_once(']')
                && (rest.is_empty() || rest.trim_start().starts_with("#"))
            {
                section = name;
            } else if !line.is_empty() && !line.starts_with("# ") {
                readings.add_line(section, line);
            }
        }
        for line in CONFUSABLES.lines().filter(|line| !line.starts_with('#')) {
            readings.add_confusables(line);
        }
        readings
    }

    fn add_line(&mut self, section: &str, line: &str) {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let Some(from) = words.next() else {
            return;
        };
        let Some(c) = from.chars().next() else {
            return;
        };
        let rest: Vec<&str> = words.collect();
        let letters = LetterSet::of(&rest.concat());
        match section {
            "shape" => {
                self.shape.add(c, letters);
                self.any.add(c, letters);
            }
            "sound" => {
                self.sound.add(c, letters);
                self.any.add(c, letters);
            }
            "leet" => self.any.add(c, letters),
            "pair" => {
                let pairs = rest.iter().filter_map(|pair| {
                    let mut letters = pair.chars().filter_map(Letter::of);
                    Some([letters.next()?, letters.next()?])
                });
                self.pairs.entry(c).or_default().extend(pairs);
            }
            "glyph" if !from.contains(char::is_alphanumeric) => {
                self.glyphs.push((from.to_owned(), letters));
                self.glyphs
                    .sort_by_key(|(glyph, _)| std::cmp::Reverse(glyph.len()));
            }
            "joined" | "glyph" => {
                let by = match section {
                    "joined" => By::Sound,
                    _ => By::Shape,
                };
                let parts: Vec<char> = from.chars().collect();
                let of_letters = parts
                    .iter()
                    .map(|&part| Letter::of(part).map_or(LetterSet::EMPTY, LetterSet::one))
                    .collect();
                self.joined.entry(c).or_default().push(Joined {
                    parts,
                    letters,
                    of_letters,
                    by,
                });
            }
            _ => self.add_key(c, letters),
        }
    }

    /// A key's line is read both ways.
    fn add_key(&mut self, c: char, letters: LetterSet) {
        self.key.add(c, letters);
        for russian in ('а'..='я').filter(|&r| Letter::of(r).is_some_and(|l| letters.contains(l)))
        {
            self.key.add(russian, LetterSet::of(&c.to_string()));
        }
    }

    /// What looks like a letter looks like that letter's twin in the other script too.
    fn add_confusables(&mut self, line: &str) {
        let mut chars = line.chars().filter(|c| *c != ' ');
        let Some(like) = chars.next() else {
            return;
        };
        let letters = LetterSet::of(&like.to_string()).with(self.shape.at(like));
        for c in chars {
            self.any.add(c, letters);
        }
    }

    /// Every letter that a character may stand for.
    pub(crate) fn any(&self, c: char) -> LetterSet {
        self.any.at(c)
    }

    /// The letters of the other script that a letter looks like.
    pub(crate) fn shape(&self, c: char) -> LetterSet {
        self.shape.at(c)
    }

    /// The letters of the other script that a letter sounds like.
    pub(crate) fn sound(&self, c: char) -> LetterSet {
        self.sound.at(c)
    }

    /// The letter on the same key of the other layout.
    pub(crate) fn key(&self, c: char) -> LetterSet {
        self.key.at(c)
    }

    /// The signs at the beginning of a text that are drawn like a letter, and the letters.
    pub(crate) fn glyph_at(&self, text: &str) -> Option<(&str, LetterSet)> {
        let first = text.as_bytes().first().copied().unwrap_or(b' ');
        if !first.is_ascii_punctuation() {
            return None;
        }
        let fits = |(glyph, _): &&(String, LetterSet)| text.starts_with(glyph.as_str());
        let (glyph, letters) = self.glyphs.iter().find(fits)?;
        Some((glyph, *letters))
    }

    /// The two letters that one character may be.
    pub(crate) fn pairs(&self, c: char) -> &[[Letter; 2]] {
        self.pairs.get(&c).map_or(&[], Vec::as_slice)
    }

    /// The groups of characters that may be one letter and begin with this one.
    pub(crate) fn joined_from(&self, c: char) -> &[Joined] {
        self.joined.get(&c).map_or(&[], Vec::as_slice)
    }
}
