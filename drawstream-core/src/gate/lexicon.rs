//! The lexicon: rules and concepts from data files, planted into one trie.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::known::Known;
use super::letter::{Letter, LetterSet, Script};
use super::policy::Category;
use super::readings::Readings;
use super::transcription;
use super::trie::{NodeId, Trie, spell};

/// The data files that are compiled in; the order does not matter.
const FILES: [&str; 7] = [
    include_str!("../../data/gate/concepts.txt"),
    include_str!("../../data/gate/profanity.txt"),
    include_str!("../../data/gate/sexual.txt"),
    include_str!("../../data/gate/hate.txt"),
    include_str!("../../data/gate/harm.txt"),
    include_str!("../../data/gate/gore.txt"),
    include_str!("../../data/gate/mild.txt"),
];
const CLEAN: [&str; 4] = [
    include_str!("../../data/gate/clean_ru.txt"),
    include_str!("../../data/gate/clean_en.txt"),
    include_str!("../../data/gate/clean_names.txt"),
    include_str!("../../data/gate/clean_own.txt"),
];
const OFTEN_MASKED: &str = include_str!("../../data/gate/often_masked.txt");
const PREFIXES: &str = include_str!("../../data/gate/prefixes.txt");
const ENDINGS: &str = include_str!("../../data/gate/endings.txt");

/// Where a term must end, and may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    /// `word`: a whole word.
    Word,
    /// `word~`: a whole word with any ending of its language.
    Form,
    /// `word*`: at a word's beginning, or behind a prefix.
    Start,
    /// `*word*`: anywhere in a word.
    Anywhere,
}

impl Match {
    /// The value in the tree of clean words.
    pub(crate) fn clean_value(self) -> u32 {
        match self {
            Self::Word | Self::Form => 0,
            Self::Start | Self::Anywhere => 1,
        }
    }
}

/// Number of a term in the lexicon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TermId(pub(crate) u32);

/// Number of a concept: a set of terms that mean the same to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConceptId(pub(crate) u16);

/// Number of a rule in the lexicon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleId(pub(crate) u32);

/// A word or stem that the walker looks for.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "two things that are so or not, independent of each other"
)]
pub(crate) struct Term {
    pub(crate) ends: Match,
    pub(crate) script: Script,
    /// Letters.
    pub(crate) len: usize,
    /// Whether it is one letter again and again.
    pub(crate) is_one_letter: bool,
    /// Whether it stands in a list, or is how Russians write down what stands there.
    pub(crate) spelt: Spelt,
    /// Whether one of its concepts is a rule by itself.
    pub(crate) alone: Alone,
    /// Whether people write it with a mask for a letter.
    pub(crate) often_masked: bool,
    /// The letters that stand in it twice in a row.
    pub(crate) doubles: LetterSet,
    pub(crate) concepts: Vec<ConceptId>,
}

/// Whether a concept is a rule by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Alone {
    /// It is.
    Yes,
    /// It is a set of words, and belongs to many rules.
    Set,
    /// Only beside others.
    No,
}

/// Where a term's spelling is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelt {
    /// From a list.
    AsListed,
    /// From an English word of a list, by ear.
    ByEar,
}

/// How the next part of a pattern follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Behind it, with at most so many words between.
    Behind(u32),
    /// On either side, with at most so many words between.
    Near(u32),
}

/// What is looked for, and what it is called when it is found.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its category and pattern, as in the data file.
    pub(crate) name: Arc<str>,
    pub(crate) category: Category,
    pub(crate) head: ConceptId,
    pub(crate) rest: Vec<(Link, ConceptId)>,
    /// Only where one of these is near.
    pub(crate) only: Vec<ConceptId>,
    /// Never where one of these is near.
    pub(crate) unless: Vec<ConceptId>,
    /// The comment behind the rule.
    pub(crate) why: Arc<str>,
}

/// A line of a lexicon file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LexiconError {
    /// There is no `|` between category and pattern.
    #[error("line {line}: a rule is `category | pattern # why`")]
    NoRule {
        /// Counted from 1.
        line: usize,
    },
    /// The category is not one of the policy's.
    #[error("line {line}: there is no category {name:?}")]
    NoCategory {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        name: String,
    },
    /// A word with something in it that is no letter.
    #[error("line {line}: {word:?} has a character that is not a Latin or Russian letter")]
    NotALetter {
        /// Counted from 1.
        line: usize,
        /// The word.
        word: String,
    },
    /// A word of fewer letters than can be told from chance.
    #[error("line {line}: {word:?} is too short")]
    TooShort {
        /// Counted from 1.
        line: usize,
        /// The word.
        word: String,
    },
    /// A pattern or condition of nothing.
    #[error("line {line}: the pattern is empty")]
    Empty {
        /// Counted from 1.
        line: usize,
    },
}

/// All rules and words.
#[derive(Clone, Debug)]
pub(crate) struct Lexicon {
    pub(crate) readings: Readings,
    pub(crate) known: Known,
    pub(crate) trie: Trie,
    /// Whole words and forms.
    pub(crate) words: NodeId,
    /// What begins a word, or follows a prefix.
    pub(crate) stems: NodeId,
    /// What is found anywhere.
    pub(crate) anywhere: NodeId,
    /// English words by ear.
    pub(crate) heard: NodeId,
    pub(crate) prefixes: NodeId,
    pub(crate) endings: NodeId,
    pub(crate) clean: NodeId,
    /// Words for children.
    pub(crate) minor: ConceptId,
    /// The letter that Latin spellings leave out.
    pub(crate) soft_sign: Letter,
    /// Signs and emoji that mean something by themselves.
    signs: BTreeMap<char, Vec<ConceptId>>,
    terms: Vec<Term>,
    rules: Vec<Rule>,
    /// Rules by the concept that their pattern begins with.
    by_head: Vec<Vec<RuleId>>,
}

impl Lexicon {
    /// The lexicon that is compiled in, and these rules besides.
    ///
    /// # Errors
    /// Names the first line of `more` that is no rule.
    pub(crate) fn with(more: &str) -> Result<Self, LexiconError> {
        let mut drawer = Drawer::default();
        for file in FILES {
            drawer.read(file)?;
        }
        let mut clean: Vec<String> = CLEAN.iter().flat_map(|file| clean_words(file)).collect();
        let mut rules = String::new();
        for line in more.lines() {
            if let Some(word) = line.strip_prefix("allow |") {
                clean.extend(clean_words(word));
                rules.push('\n');
            } else {
                rules.push_str(line);
                rules.push('\n');
            }
        }
        drawer.read(&rules)?;
        Ok(drawer.plant(&clean))
    }

    pub(crate) fn term(&self, id: TermId) -> &Term {
        &self.terms[id.0 as usize]
    }

    /// All rules.
    #[cfg(test)]
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What a sign or emoji means by itself.
    pub(crate) fn sign(&self, c: char) -> &[ConceptId] {
        self.signs.get(&c).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.0 as usize]
    }

    /// The rules whose pattern begins with a concept.
    pub(crate) fn rules_at(&self, head: ConceptId) -> &[RuleId] {
        self.by_head
            .get(usize::from(head.0))
            .map_or(&[], Vec::as_slice)
    }
}

/// The words of a list, without comments.
fn clean_words(file: &str) -> impl Iterator<Item = String> {
    file.lines().flat_map(|line| {
        let words = line.split('#').next().unwrap_or("");
        words
            .split_whitespace()
            .map(|word| word.to_lowercase().replace('ё', "е"))
            .collect::<Vec<_>>()
    })
}

/// Letters that a word by ear has at least, to be a word and no chance.
const LEAST_HEARD: usize = 4;

/// Spellings by ear, with what they mean.
type Heard = BTreeMap<(Vec<Letter>, Match), Vec<ConceptId>>;

/// Reads files of rules and collects their terms.
#[derive(Default)]
struct Drawer {
    concepts: BTreeMap<String, ConceptId>,
    terms: BTreeMap<(Vec<Letter>, Match), Vec<ConceptId>>,
    signs: BTreeMap<char, Vec<ConceptId>>,
    rules: Vec<Rule>,
}

impl Drawer {
    fn read(&mut self, file: &str) -> Result<(), LexiconError> {
        for (nth, full) in file.lines().enumerate() {
            let line = nth + 1;
            let (text, why) = full.split_once('#').unwrap_or((full, ""));
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            if let Some((name, words)) = text.strip_prefix('@').and_then(|t| t.split_once('=')) {
                let concept = self.concept(&format!("@{}", name.trim()));
                for word in words.split_whitespace() {
                    self.term(word, concept, line)?;
                }
            } else {
                self.rule(text, why.trim(), line)?;
            }
        }
        Ok(())
    }

    fn rule(&mut self, text: &str, why: &str, line: usize) -> Result<(), LexiconError> {
        let mut fields = text.split('|').map(str::trim);
        let (Some(category), Some(pattern)) = (fields.next(), fields.next()) else {
            return Err(LexiconError::NoRule { line });
        };
        let category = Category::parse(category).ok_or_else(|| LexiconError::NoCategory {
            line,
            name: category.to_owned(),
        })?;
        let (mut only, mut unless) = (Vec::new(), Vec::new());
        for condition in fields {
            let (list, words) = if let Some(words) = condition.strip_prefix("unless ") {
                (&mut unless, words)
            } else if let Some(words) = condition.strip_prefix("only ") {
                (&mut only, words)
            } else {
                return Err(LexiconError::NoRule { line });
            };
            for word in words.split_whitespace() {
                list.push(self.part(word, line)?);
            }
        }
        let mut parts = Vec::new();
        let mut link = Link::Behind(0);
        for word in pattern.split_whitespace() {
            match word {
                ".." => link = Link::Behind(2),
                "..." => link = Link::Behind(5),
                "&" => link = Link::Near(5),
                _ => {
                    parts.push((link, self.part(word, line)?));
                    link = Link::Behind(0);
                }
            }
        }
        let mut parts = parts.into_iter();
        let (_, head) = parts.next().ok_or(LexiconError::Empty { line })?;
        self.rules.push(Rule {
            name: format!("{}: {pattern}", category.name()).into(),
            category,
            head,
            rest: parts.collect(),
            only,
            unless,
            why: why.into(),
        });
        Ok(())
    }

    /// A named concept, or one of a single word.
    fn part(&mut self, word: &str, line: usize) -> Result<ConceptId, LexiconError> {
        let concept = self.concept(word);
        if !word.starts_with('@') {
            self.term(word, concept, line)?;
        }
        Ok(concept)
    }

    fn concept(&mut self, name: &str) -> ConceptId {
        let next = ConceptId(u16::try_from(self.concepts.len()).unwrap_or(u16::MAX));
        *self.concepts.entry(name.to_owned()).or_insert(next)
    }

    fn term(&mut self, word: &str, concept: ConceptId, line: usize) -> Result<(), LexiconError> {
        let mut chars = word.chars();
        if let (Some(sign), None) = (chars.next(), chars.next())
            && Letter::of(sign).is_none()
        {
            self.signs.entry(sign).or_default().push(concept);
            return Ok(());
        }
        let anywhere = word.strip_prefix('*').and_then(|w| w.strip_suffix('*'));
        let (stem, ends) = if let Some(stem) = anywhere {
            (stem, Match::Anywhere)
        } else if let Some(stem) = word.strip_suffix('*') {
            (stem, Match::Start)
        } else if let Some(stem) = word.strip_suffix('~') {
            (stem, Match::Form)
        } else {
            (word, Match::Word)
        };
        let letters = spell(&stem.to_lowercase()).ok_or_else(|| LexiconError::NotALetter {
            line,
            word: word.to_owned(),
        })?;
        let least = match ends {
            Match::Word | Match::Form => 1,
            Match::Start | Match::Anywhere => 2,
        };
        if letters.len() < least {
            return Err(LexiconError::TooShort {
                line,
                word: word.to_owned(),
            });
        }
        let concepts = self.terms.entry((letters, ends)).or_default();
        if !concepts.contains(&concept) {
            concepts.push(concept);
        }
        Ok(())
    }

    /// Of each concept, whether it is a rule by itself.
    fn alone(&self) -> Vec<Alone> {
        let mut alone = vec![Alone::No; self.concepts.len()];
        for (name, concept) in &self.concepts {
            if name.starts_with('@') {
                alone[usize::from(concept.0)] = Alone::Set;
            }
        }
        for rule in self.rules.iter().filter(|rule| rule.rest.is_empty()) {
            alone[usize::from(rule.head.0)] = Alone::Yes;
        }
        alone
    }

    /// The English words of the rules as Russians write them down, with the concepts of each. A word that is a rule by
    /// itself is left out where the spelling is too short, or a Russian word.
    fn heard(&self, known: &Known, clean: &[String], alone: &[Alone]) -> Heard {
        let clean: BTreeSet<&str> = clean.iter().map(String::as_str).collect();
        let mut heard = Heard::new();
        for ((letters, ends), concepts) in &self.terms {
            let word: String = letters.iter().map(|letter| letter.to_char()).collect();
            let spellings = match ends {
                Match::Word | Match::Form => transcription::spellings(&word),
                Match::Start | Match::Anywhere => transcription::spellings_of_stem(&word),
            };
            for spelling in spellings {
                let Some(spelt) = spell(&spelling) else {
                    continue;
                };
                let chance = spelt.len() < LEAST_HEARD
                    || known.has(&spelling)
                    || clean.contains(spelling.as_str());
                // What may follow grows with what is certain.
                let ends = match (ends, spelt.len()) {
                    (_, ..6) => Match::Word,
                    (Match::Start | Match::Anywhere, 8..) => Match::Start,
                    (Match::Word | Match::Form | Match::Start | Match::Anywhere, _) => Match::Form,
                };
                if self.terms.contains_key(&(spelt.clone(), ends)) {
                    continue;
                }
                let of = heard.entry((spelt, ends)).or_default();
                for &concept in concepts {
                    let fits = match alone[usize::from(concept.0)] {
                        Alone::Yes => !chance,
                        Alone::No => true,
                        Alone::Set => false,
                    };
                    if fits && !of.contains(&concept) {
                        of.push(concept);
                    }
                }
            }
        }
        heard.retain(|_, concepts| !concepts.is_empty());
        heard
    }

    fn plant(mut self, clean: &[String]) -> Lexicon {
        let minor = self.concept("@minor");
        let known = Known::built_in();
        let alone = self.alone();
        let heard = self.heard(&known, clean, &alone);
        let listed = self.terms.into_iter().map(|term| (term, Spelt::AsListed));
        let heard = heard.into_iter().map(|term| (term, Spelt::ByEar));
        let often_masked: BTreeSet<Vec<Letter>> = clean_words(OFTEN_MASKED)
            .filter_map(|word| spell(&word))
            .collect();
        let mut terms = Vec::new();
        let (mut words, mut stems, mut anywhere) = (Vec::new(), Vec::new(), Vec::new());
        let mut heard_words = Vec::new();
        for (((letters, ends), concepts), spelt) in listed.chain(heard) {
            let id = terms.len() as u32;
            terms.push(Term {
                ends,
                script: letters.first().map_or(Script::Sign, |l| l.script()),
                len: letters.len(),
                spelt,
                alone: concepts
                    .iter()
                    .map(|concept| alone[usize::from(concept.0)])
                    .min()
                    .unwrap_or(Alone::No),
                doubles: letters
                    .windows(2)
                    .filter(|two| two[0] == two[1])
                    .fold(LetterSet::EMPTY, |set, two| {
                        set.with(LetterSet::one(two[0]))
                    }),
                often_masked: often_masked.contains(&letters),
                is_one_letter: letters.len() > 1 && letters.iter().all(|&l| l == letters[0]),
                concepts,
            });
            match ends {
                _ if spelt == Spelt::ByEar => heard_words.push((letters, id)),
                Match::Word | Match::Form => words.push((letters, id)),
                Match::Start => stems.push((letters, id)),
                Match::Anywhere => {
                    stems.push((letters.clone(), id));
                    anywhere.push((letters, id));
                }
            }
        }
        let clean = clean.iter().filter_map(|word| {
            let (stem, ends) = match word.strip_suffix('*') {
                Some(stem) => (stem, Match::Start),
                None => (word.as_str(), Match::Word),
            };
            Some((spell(stem)?, ends.clean_value()))
        });
        let list = |file: &str| {
            let words = clean_words(file).filter_map(|word| Some((spell(&word)?, 0)));
            words.collect::<Vec<_>>()
        };
        let mut trie = Trie::default();
        let mut by_head = vec![Vec::new(); self.concepts.len()];
        for (nth, rule) in self.rules.iter().enumerate() {
            by_head[usize::from(rule.head.0)].push(RuleId(nth as u32));
        }
        Lexicon {
            words: trie.plant(words),
            stems: trie.plant(stems),
            anywhere: trie.plant(anywhere),
            heard: trie.plant(heard_words),
            prefixes: trie.plant(list(PREFIXES)),
            endings: trie.plant(list(ENDINGS)),
            clean: trie.plant(clean.collect()),
            trie,
            readings: Readings::built_in(),
            known,
            minor,
            soft_sign: Letter::of('ь').expect("a letter of the alphabet"),
            signs: self.signs,
            terms,
            rules: self.rules,
            by_head,
        }
    }
}
