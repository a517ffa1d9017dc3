//! Where the patterns of the rules fit what was seen.

use std::ops::Range;

use super::super::lexicon::{ConceptId, Lexicon, Link, Rule};
use super::{Raw, Sighting};

/// Words within which a condition counts as near.
const NEAR: u32 = 5;
/// More sightings of one thing than these within reach are a flood, which keeps no rule from finding what comes first.
const MOST_NEIGHBOURS: usize = 64;
/// Rules of several parts, or with conditions, that are tried on a whole text. A request takes some hundred.
const MOST_TRIED: usize = 200_000;

/// Applies every rule whose pattern begins with something that was seen.
pub(super) fn apply(sightings: &[Sighting], lexicon: &Lexicon) -> Vec<Raw> {
    let seen = Seen::of(sightings);
    let mut raws = Vec::new();
    let mut left = MOST_TRIED;
    for (at, head) in sightings.iter().enumerate() {
        for &id in lexicon.rules_at(head.concept) {
            let rule = lexicon.rule(id);
            if rule.rest.is_empty() && head.clean {
                continue;
            }
            let conditions = rule.unless.len() + rule.only.len();
            let tried = rule.rest.len() + conditions;
            if tried > 0 && left == 0 {
                continue;
            }
            left = left.saturating_sub(tried);
            let Some((words, units)) = seen.complete(rule, at) else {
                continue;
            };
            if seen.has_near(&rule.unless, words)
                || !rule.only.is_empty() && !seen.has_near(&rule.only, words)
            {
                continue;
            }
            raws.push(Raw {
                rule: id,
                units,
                trick: head.trick,
            });
        }
    }
    raws.sort_by_key(|raw| (raw.units.start, raw.units.end, raw.rule));
    raws.dedup_by_key(|raw| (raw.units.clone(), raw.rule));
    raws
}

/// Sightings in the order of the text, and where each concept is among them.
struct Seen<'a> {
    sightings: &'a [Sighting],
    places: Vec<(ConceptId, usize)>,
}

impl<'a> Seen<'a> {
    fn of(sightings: &'a [Sighting]) -> Self {
        let places = sightings.iter().enumerate();
        let mut places: Vec<_> = places.map(|(at, s)| (s.concept, at)).collect();
        places.sort_unstable();
        Self { sightings, places }
    }

    /// The sightings of a concept that begin at a word or later, in the order of the text.
    fn since_word(&self, concept: ConceptId, word: u32) -> impl Iterator<Item = &'a Sighting> {
        let sightings = self.sightings;
        let first = self
            .places
            .partition_point(|&(of, at)| (of, sightings[at].words.0) < (concept, word));
        self.places[first..]
            .iter()
            .take_while(move |&&(of, _)| of == concept)
            .map(move |&(_, at)| &sightings[at])
    }

    /// Whether one of these is within reach of some words.
    fn has_near(&self, list: &[ConceptId], words: (u32, u32)) -> bool {
        list.iter().any(|&concept| {
            self.since_word(concept, words.0.saturating_sub(NEAR))
                .next()
                .is_some_and(|sighting| sighting.words.0 <= words.1 + NEAR)
        })
    }

    /// The words and units of a whole pattern whose head stands at a sighting.
    fn complete(&self, rule: &Rule, at: usize) -> Option<((u32, u32), Range<usize>)> {
        let head = &self.sightings[at];
        let mut words = head.words;
        let mut units = head.units.clone();
        for &(link, concept) in &rule.rest {
            let next = match link {
                Link::Behind(gap) => self
                    .since_word(concept, head.words.0)
                    .take_while(|s| s.words.0 <= words.1 + 1 + gap)
                    .take(MOST_NEIGHBOURS)
                    .find(|s| s.units.start >= units.end),
                Link::Near(gap) => self
                    .since_word(concept, words.0.saturating_sub(gap + 1))
                    .take_while(|s| s.words.0 <= words.1 + 1 + gap)
                    .take(MOST_NEIGHBOURS)
                    .find(|s| s.units.start >= units.end || s.units.end <= units.start),
            }?;
            words = (words.0.min(next.words.0), words.1.max(next.words.1));
            units = units.start.min(next.units.start)..units.end.max(next.units.end);
        }
        Some((words, units))
    }
}
