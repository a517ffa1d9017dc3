//! CLIP's tokenizer: byte-level pairs, as the Python world runs it in front of SDXL.
//!
//! It is written out here because the field's answer is that of the slow Python tokenizer, whose cleaning of
//! text (control characters dropped, spaces put around CJK letters, lower case) no ready crate repeats.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";

/// CLIP's own merges, for checkpoints that come as one file without a tokenizer.
const CLIP_MERGES: &str = include_str!("../assets/clip/merges.txt");

/// Why a tokenizer could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// A file of the tokenizer's folder is not there or cannot be read.
    #[error("{}: cannot read the tokenizer's file", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the tokenizer is not the JSON it should be.
    #[error("{}: not a tokenizer's file", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The vocabulary lacks a token that every CLIP text needs.
    #[error("{}: the vocabulary has no {token:?}", path.display())]
    NoToken {
        /// The tokenizer's folder.
        path: PathBuf,
        /// The token that is missing.
        token: String,
    },
}

/// Turns text into the token ids that one of SDXL's two text encoders reads.
pub struct ClipTokenizer {
    /// The pieces that words are made of, numbered as they were met.
    pieces: HashMap<String, u32>,
    /// The vocabulary's id of each piece; `None` for one that the vocabulary lacks.
    ids: Vec<Option<u32>>,
    /// For two pieces side by side: how early the pair was learnt, and the piece that they make.
    merges: HashMap<(u32, u32), (u32, u32)>,
    /// Tokens that are cut out of the text before anything else, with their ids.
    special: Vec<(String, u32)>,
    words: Regex,
    dropped: Regex,
    start: u32,
    end: u32,
    unknown: u32,
    padding: u32,
    length: usize,
}

impl std::fmt::Debug for ClipTokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClipTokenizer")
            .field("pieces", &self.pieces.len())
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize, Default)]
struct ConfigDoc {
    #[serde(default)]
    added_tokens_decoder: BTreeMap<String, AddedDoc>,
    #[serde(default)]
    bos_token: Option<TokenDoc>,
    #[serde(default)]
    eos_token: Option<TokenDoc>,
    #[serde(default)]
    pad_token: Option<TokenDoc>,
    #[serde(default)]
    unk_token: Option<TokenDoc>,
    #[serde(default)]
    model_max_length: Option<f64>,
}

#[derive(Deserialize)]
struct AddedDoc {
    content: String,
}

/// A token's name stands bare or in an object, depending on the version that wrote the file.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum TokenDoc {
    Bare(String),
    Full { content: String },
}

impl TokenDoc {
    fn name(self) -> String {
        match self {
            Self::Bare(name) | Self::Full { content: name } => name,
        }
    }
}

/// Which of CLIP's two habits of padding a built-in tokenizer follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// With the end token: the first text encoder.
    End,
    /// With token 0, `!`: the second text encoder.
    Zero,
}

impl ClipTokenizer {
    /// Reads `vocab.json`, `merges.txt` and, where there, `tokenizer_config.json` and `special_tokens_map.json`.
    ///
    /// # Errors
    /// Names the file that is missing or malformed, or the special token that the vocabulary lacks.
    pub fn open(folder: &Path) -> Result<Self, TokenizerError> {
        let vocabulary: HashMap<String, u32> = parse(&folder.join("vocab.json"))?;
        let merges = read(&folder.join("merges.txt"))?;
        let mut config = ConfigDoc::default();
        for name in ["special_tokens_map.json", "tokenizer_config.json"] {
            let path = folder.join(name);
            if path.exists() {
                let newer: ConfigDoc = parse(&path)?;
                config
                    .added_tokens_decoder
                    .extend(newer.added_tokens_decoder);
                config.bos_token = newer.bos_token.or(config.bos_token);
                config.eos_token = newer.eos_token.or(config.eos_token);
                config.pad_token = newer.pad_token.or(config.pad_token);
                config.unk_token = newer.unk_token.or(config.unk_token);
                config.model_max_length = newer.model_max_length.or(config.model_max_length);
            }
        }
        Self::new(vocabulary, &merges, config, folder)
    }

    /// CLIP's full vocabulary, as SDXL's base model has it: 49 408 tokens, 77 to a text.
    #[must_use]
    pub fn clip(padding: Padding) -> Self {
        let mut config = ConfigDoc::default();
        if padding == Padding::Zero {
            config.pad_token = Some(TokenDoc::Bare("!".to_owned()));
            config.added_tokens_decoder.insert(
                "0".to_owned(),
                AddedDoc {
                    content: "!".to_owned(),
                },
            );
        }
        let vocabulary = vocabulary_of(CLIP_MERGES);
        Self::new(vocabulary, CLIP_MERGES, config, Path::new("CLIP"))
            .expect("the vocabulary made from CLIP's merges has the special tokens")
    }

    fn new(
        mut vocabulary: HashMap<String, u32>,
        merges: &str,
        config: ConfigDoc,
        folder: &Path,
    ) -> Result<Self, TokenizerError> {
        let mut special = Vec::new();
        for (id, token) in config.added_tokens_decoder {
            if let Ok(id) = id.parse() {
                vocabulary.insert(token.content.clone(), id);
                special.push((token.content, id));
            }
        }
        let mut id_of = |token: Option<TokenDoc>, usual: &str| {
            let name = token.map_or_else(|| usual.to_owned(), TokenDoc::name);
            let id = vocabulary.get(&name).copied();
            let id = id.ok_or_else(|| TokenizerError::NoToken {
                path: folder.to_owned(),
                token: name.clone(),
            })?;
            if special.iter().all(|(known, _)| *known != name) {
                special.push((name, id));
            }
            Ok(id)
        };
        let start = id_of(config.bos_token, START)?;
        let end = id_of(config.eos_token, END)?;
        let padding = id_of(config.pad_token, END)?;
        let unknown = id_of(config.unk_token, END)?;
        // Longest first, so that a token that begins with another is found whole.
        special.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        let mut pieces = HashMap::new();
        let mut ids = Vec::new();
        let mut number = |piece: String| {
            *pieces.entry(piece).or_insert_with_key(|piece| {
                ids.push(vocabulary.get(piece).copied());
                ids.len() as u32 - 1
            })
        };
        for byte in 0..=255 {
            number(letter_of(byte).to_string());
            number(format!("{}</w>", letter_of(byte)));
        }
        let merges = pairs(merges)
            .zip(0..)
            .map(|((a, b), rank)| {
                (
                    (number(a.to_owned()), number(b.to_owned())),
                    (rank, number(format!("{a}{b}"))),
                )
            })
            .collect();
        let length = config
            .model_max_length
            .filter(|length| (3.0..=4096.0).contains(length));
        Ok(Self {
            pieces,
            ids,
            merges,
            special,
            words: Regex::new(concat!(
                r"(?i)<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|",
                r"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
            ))
            .expect("a fixed pattern"),
            dropped: Regex::new(r"[\p{C}\x{FFFD}&&[^\t\n\r]]").expect("a fixed pattern"),
            start,
            end,
            unknown,
            padding,
            length: length.map_or(77, |length| length as usize),
        })
    }

    /// How many ids [`Self::encode`] gives: 77 for CLIP.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// The ids of a text: start, the text's tokens cut to fit, end, padding.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = vec![self.start];
        ids.extend(self.tokens(text));
        ids.truncate(self.length - 1);
        ids.push(self.end);
        ids.resize(self.length, self.padding);
        ids
    }

    /// How many tokens a text has, uncut, without start and end. [`Self::encode`] keeps `length() - 2` of them.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.tokens(text).len()
    }

    fn tokens(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let found = self
                .special
                .iter()
                .filter_map(|(token, id)| Some((rest.find(token.as_str())?, token, id)));
            // The leftmost token; at the same place the longest, which comes first in the list.
            match found.min_by_key(|(at, ..)| *at) {
                Some((at, token, id)) => {
                    self.tokens_of_plain(&rest[..at], &mut ids);
                    ids.push(*id);
                    rest = &rest[at + token.len()..];
                }
                None => {
                    self.tokens_of_plain(rest, &mut ids);
                    rest = "";
                }
            }
        }
        ids
    }

    fn tokens_of_plain(&self, text: &str, ids: &mut Vec<u32>) {
        let cleaned = self.clean(text);
        for word in self.words.find_iter(&cleaned) {
            self.merge(word.as_str(), ids);
        }
    }

    /// Drops control characters, sets CJK letters apart, composes accents, lowers case, and joins by one space.
    fn clean(&self, text: &str) -> String {
        let kept = self.dropped.replace_all(text, "");
        let mut apart = String::with_capacity(kept.len());
        for letter in kept.chars() {
            if is_cjk(letter) {
                apart.extend([' ', letter, ' ']);
            } else {
                apart.push(letter);
            }
        }
        let composed: String = apart.nfc().collect();
        let words: Vec<String> = composed.split_whitespace().map(str::to_lowercase).collect();
        words.join(" ")
    }

    /// Joins a word's bytes pair by pair, the pair learnt first before the others.
    fn merge(&self, word: &str, ids: &mut Vec<u32>) {
        if let Some((_, id)) = self
            .special
            .iter()
            .find(|(token, _)| token == word && token.len() > 1)
        {
            ids.push(*id);
            return;
        }
        let last = word.len().saturating_sub(1);
        let piece = |(at, byte)| {
            let end = if at == last { "</w>" } else { "" };
            self.pieces[&format!("{}{end}", letter_of(byte))]
        };
        let mut parts: Vec<u32> = word.bytes().enumerate().map(piece).collect();
        loop {
            let known = parts
                .windows(2)
                .filter_map(|pair| Some((self.merges.get(&(pair[0], pair[1]))?, pair)));
            let Some((&(_, whole), pair)) = known.min_by_key(|((rank, _), _)| *rank) else {
                break;
            };
            let (first, second) = (pair[0], pair[1]);
            let mut joined = Vec::with_capacity(parts.len());
            let mut rest = parts.as_slice();
            while let [part, after @ ..] = rest {
                if *part == first && after.first() == Some(&second) {
                    joined.push(whole);
                    rest = &after[1..];
                } else {
                    joined.push(*part);
                    rest = after;
                }
            }
            parts = joined;
        }
        ids.extend(
            parts
                .iter()
                .map(|part| self.ids[*part as usize].unwrap_or(self.unknown)),
        );
    }
}

fn read(path: &Path) -> Result<String, TokenizerError> {
    fs::read_to_string(path).map_err(|source| TokenizerError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn parse<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, TokenizerError> {
    serde_json::from_str(&read(path)?).map_err(|source| TokenizerError::Malformed {
        path: path.to_owned(),
        source,
    })
}

/// The merge pairs of a `merges.txt`; its first line names the format.
fn pairs(merges: &str) -> impl Iterator<Item = (&str, &str)> {
    merges
        .lines()
        .filter(|line| !line.starts_with("#version"))
        .filter_map(|line| line.split_once(' '))
}

/// CLIP numbers its tokens: the bytes, the bytes that end a word, the merges in order, start, end.
fn vocabulary_of(merges: &str) -> HashMap<String, u32> {
    let mut letters: Vec<char> = (0..=255).map(letter_of).collect();
    // The letters that stand for themselves come first, in the order of their code.
    letters.sort_by_key(|letter| *letter as u32);
    let bytes = letters.iter().map(char::to_string);
    let ends = letters.iter().map(|letter| format!("{letter}</w>"));
    let joined = pairs(merges).map(|(first, second)| format!("{first}{second}"));
    let names = bytes
        .chain(ends)
        .chain(joined)
        .chain([START.to_owned(), END.to_owned()]);
    names.zip(0u32..).collect()
}

/// The printable letter that stands for a byte in the vocabulary (GPT-2's table).
fn letter_of(byte: u8) -> char {
    let stands_for_itself = |byte: u8| matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    if stands_for_itself(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|other| !stands_for_itself(*other)).count();
    char::from_u32(256 + before as u32).expect("256..=323 are letters")
}

/// The CJK blocks that BERT's cleaning sets apart.
fn is_cjk(letter: char) -> bool {
    matches!(
        letter,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{20000}'..='\u{2A6DF}'
            | '\u{2A700}'..='\u{2B73F}'
            | '\u{2B740}'..='\u{2B81F}'
            | '\u{2B820}'..='\u{2CEAF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{2F800}'..='\u{2FA1F}'
    )
}
