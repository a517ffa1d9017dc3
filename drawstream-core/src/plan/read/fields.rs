//! The fields of one object: known, unknown, twice, missing.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess};

use super::{Reader, scalar};
use crate::plan::{JsonPath, PlanError};

/// Which of the known fields of an object have been met.
pub(super) struct Fields {
    known: &'static [&'static str],
    /// One bit a field, in the order of `known`.
    met: u32,
}

impl Fields {
    pub(super) fn new(known: &'static [&'static str]) -> Self {
        Self { known, met: 0 }
    }

    /// The next known field, whose value must be read then; unknown ones and repetitions are noted and skipped.
    pub(super) fn next<'de, A: MapAccess<'de>>(
        &mut self,
        reader: &mut Reader<'_>,
        map: &mut A,
    ) -> Result<Option<&'static str>, A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            let place = self.known.iter().position(|known| *known == name);
            let Some(place) = place else {
                let at = reader.here().field(&scalar::shortened(&name));
                reader.note(PlanError::UnknownField {
                    at,
                    nearest: nearest(&name, self.known),
                });
                map.next_value::<IgnoredAny>()?;
                reader.go_on()?;
                continue;
            };
            if self.met & (1 << place) != 0 {
                let at = reader.here().field(&name);
                reader.note(PlanError::Twice { at });
                map.next_value::<IgnoredAny>()?;
                reader.go_on()?;
                continue;
            }
            self.met |= 1 << place;
            return Ok(Some(self.known[place]));
        }
        Ok(None)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        let place = self.known.iter().position(|known| *known == name);
        place.is_some_and(|place| self.met & (1 << place) != 0)
    }

    /// The fields that were met.
    pub(super) fn met(&self) -> impl Iterator<Item = &'static str> {
        let known = self.known.iter().enumerate();
        known
            .filter(|(place, _)| self.met & (1 << place) != 0)
            .map(|(_, name)| *name)
    }

    /// Notes those of these fields that have not been met.
    pub(super) fn demand(&self, reader: &mut Reader<'_>, names: &[&'static str]) {
        for name in names.iter().copied().filter(|name| !self.has(name)) {
            let at: JsonPath = reader.here();
            reader.note(PlanError::Missing { at, name });
        }
    }
}

/// Names from other formats, and ours for the same thing.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("background", "bg"),
    ("children", "steps"),
    ("delay", "delay_ms"),
    ("duration", "duration_ms"),
    ("easing", "ease"),
    ("height", "h"),
    ("radius", "r"),
    ("speed", "speed_px_per_s"),
    ("stroke", "outline"),
    ("text", "value"),
    ("width", "w"),
];

/// The known word that a wrong one was probably meant to be.
pub(super) fn nearest(found: &str, known: &[&'static str]) -> Option<&'static str> {
    let found = found.to_lowercase();
    let ours = OTHER_NAMES.iter().find(|(other, _)| *other == found);
    if let Some((_, ours)) = ours.filter(|(_, ours)| known.contains(ours)) {
        return Some(ours);
    }
    let distance = |word: &str| strsim::osa_distance(&found, word);
    // A third of the letters may be wrong; of short names one.
    let near = |word: &&str| distance(word) <= (word.len().max(found.len()) / 3).max(1);
    known
        .iter()
        .copied()
        .filter(|word| found.len() < 64 && near(word))
        .min_by_key(|word| distance(word))
}

/// The name of a field, borrowed from the document where it can be.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        match scalar::Scalar::deserialize(json)? {
            scalar::Scalar::Text(text) => Ok(Self(text)),
            other => Ok(Self(Cow::Owned(other.described()))),
        }
    }
}
