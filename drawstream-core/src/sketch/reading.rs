//! [`Reading`]: what a request's words say, phrase by phrase.

use super::backdrop::{Backdrop, Ground};
use super::lexicon::{Entry, Kind, Lexicon, Meaning, Pause, Phrase, Phrases, Relation, Size};
use crate::color::Rgb8;
use crate::scene::Place;

/// Subjects in one picture; more are left out.
const MAX_SUBJECTS: usize = 8;

/// A subject while the request is being read.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// `None` for what only the painter's own wardrobe has.
    pub(crate) entry: Option<Entry>,
    pub(crate) name: String,
    pub(crate) count: u8,
    pub(crate) color: Option<Rgb8>,
    pub(crate) size: Option<Size>,
    pub(crate) place: Place,
    /// Whether nothing but a space or a hyphen lies between it and the subject before it.
    pub(crate) glued: bool,
}

impl Draft {
    /// A thing that has a name only.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            entry: None,
            name: name.to_owned(),
            count: 1,
            color: None,
            size: None,
            place: Place::Ground,
            glued: false,
        }
    }

    fn is(&self, kind: Kind) -> bool {
        self.entry.is_some_and(|entry| entry.kind == kind)
    }
}

/// Words that belong to the subject that comes next.
#[derive(Default)]
struct Pending {
    color: Option<Rgb8>,
    /// A subject that the colour's word may mean instead: an orange.
    color_subject: Option<u16>,
    number: Option<u8>,
    size: Option<Size>,
    relation: Option<Relation>,
}

/// Everything that was understood.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) subjects: Vec<Draft>,
    pub(crate) backdrop: Backdrop,
    /// Colours of what is no subject: a pink sunset.
    pub(crate) colors: Vec<Rgb8>,
    /// The subjects that the next relation speaks of.
    group: Vec<usize>,
    pending: Pending,
    glued: bool,
}

impl Reading {
    /// Reads a request.
    pub(crate) fn of(request: &str, lexicon: &Lexicon) -> Self {
        let mut reading = Self::default();
        for phrase in Phrases::of(request, lexicon) {
            reading.take(&phrase, lexicon);
        }
        reading.finish(lexicon);
        reading
    }

    fn take(&mut self, phrase: &Phrase<'_>, lexicon: &Lexicon) {
        if phrase.pause == Pause::Mark {
            self.glued = false;
        }
        let Some(&meaning) = phrase.meanings.first() else {
            self.pending.number = None;
            return;
        };
        match meaning {
            Meaning::Subject(at) => self.subject(at, phrase, lexicon),
            Meaning::Color(color) => {
                self.pending.color = Some(color);
                self.pending.color_subject = phrase.meanings.iter().find_map(|m| match m {
                    Meaning::Subject(at) => Some(*at),
                    _ => None,
                });
            }
            Meaning::Number(number) => self.pending.number = Some(number),
            Meaning::Size(size) => self.pending.size = Some(size),
            Meaning::Relation(relation) => self.relation(relation),
            Meaning::Ground(_)
            | Meaning::Hour(_)
            | Meaning::Weather(_)
            | Meaning::Season(_)
            | Meaning::Mood(_) => self.surroundings(meaning),
            Meaning::Skip => {}
        }
    }

    fn surroundings(&mut self, meaning: Meaning) {
        self.backdrop.learn(meaning);
        if let (
            Some(Relation::On | Relation::In | Relation::Swimming),
            Meaning::Ground(Ground::Lake | Ground::Sea),
        ) = (self.pending.relation, meaning)
        {
            self.move_group(Place::Water);
        }
        if let (Some(Relation::In | Relation::Over), Meaning::Ground(_)) =
            (self.pending.relation, meaning)
            && (meaning == Meaning::Ground(Ground::Clouds)
                || self.pending.relation == Some(Relation::Over))
        {
            self.move_group(Place::Sky);
        }
        if !matches!(meaning, Meaning::Mood(_)) {
            self.colors.extend(self.pending.color.take());
            self.pending = Pending::default();
        }
        self.glued = false;
    }

    fn relation(&mut self, relation: Relation) {
        match relation {
            Relation::Flying if !self.group.is_empty() => self.move_group(Place::Sky),
            Relation::Swimming if !self.group.is_empty() => self.move_group(Place::Water),
            // "Rides on", "sits in": the later word says it more exactly.
            _ => self.pending.relation = Some(relation),
        }
        self.late_color();
        self.glued = false;
    }

    /// A colour after its subject: "кот рыжий".
    fn late_color(&mut self) {
        if self.pending.color.is_some()
            && let Some(last) = self.subjects.last_mut()
            && last.color.is_none()
        {
            last.color = self.pending.color.take();
        }
    }

    fn move_group(&mut self, place: Place) {
        for &at in &self.group {
            if self.subjects[at].place == Place::Ground {
                self.subjects[at].place = place;
            }
        }
    }

    fn subject(&mut self, at: u16, phrase: &Phrase<'_>, lexicon: &Lexicon) {
        let entry = lexicon.entry(at);
        let pending = std::mem::take(&mut self.pending);
        if self.subjects.len() >= MAX_SUBJECTS {
            return;
        }
        if let Some(same) = self
            .subjects
            .iter_mut()
            .find(|draft| draft.entry.is_some_and(|e| e.emoji == entry.emoji))
            && pending.color.is_none()
            && pending.number.is_none()
        {
            // Named twice: "кот, милый котик".
            same.size = same.size.or(pending.size);
            return;
        }
        let count = pending
            .number
            .unwrap_or_else(|| guess_count(&phrase.text, entry, pending.relation));
        let here = self.subjects.len();
        let mut draft = Draft {
            entry: Some(entry),
            name: entry.name.to_owned(),
            count,
            color: pending.color,
            size: pending.size,
            place: usual_place(entry),
            glued: self.glued,
        };
        match pending.relation {
            Some(relation) if !self.group.is_empty() => self.relate(relation, &mut draft, here),
            Some(Relation::Flying | Relation::Over) => {
                draft.place = Place::Sky;
                self.group = vec![here];
            }
            Some(Relation::Swimming) => {
                draft.place = Place::Water;
                self.group = vec![here];
            }
            _ => self.group = vec![here],
        }
        self.subjects.push(draft);
        self.glued = true;
    }

    /// Joins a new subject to the ones that the request speaks of.
    fn relate(&mut self, relation: Relation, draft: &mut Draft, here: usize) {
        let anchor = index(self.group[0]);
        let carrier = draft.is(Kind::Vessel) || draft.is(Kind::Vehicle) || draft.is(Kind::Aircraft);
        match relation {
            Relation::On => self.put_group(Place::On(index(here))),
            Relation::Under if draft.is(Kind::Worn) => draft.place = Place::With(anchor),
            Relation::Under => self.put_group(Place::Under(index(here))),
            Relation::In | Relation::With if draft.is(Kind::Worn) => {
                draft.place = Place::With(anchor);
            }
            Relation::In if carrier => self.put_group(Place::On(index(here))),
            Relation::In if draft.is(Kind::Building) => draft.place = Place::Far,
            Relation::In => self.put_group(Place::In(index(here))),
            Relation::With if draft.entry.is_some_and(|e| e.kind.is_creature()) => {
                draft.place = Place::Beside(anchor);
                self.group.push(here);
            }
            Relation::With if is_held(draft) => draft.place = Place::With(anchor),
            Relation::With | Relation::Beside => {
                if draft.place == Place::Ground {
                    draft.place = Place::Beside(anchor);
                }
                self.group.push(here);
            }
            Relation::Over => self.put_group(Place::Sky),
            Relation::Behind => draft.place = Place::Far,
            Relation::Flying => draft.place = Place::Sky,
            Relation::Swimming => draft.place = Place::Water,
        }
    }

    fn put_group(&mut self, place: Place) {
        for &at in &self.group {
            if !matches!(self.subjects[at].place, Place::With(_)) {
                self.subjects[at].place = place;
            }
        }
    }

    fn finish(&mut self, lexicon: &Lexicon) {
        if let Some(at) = self.pending.color_subject
            && self.subjects.is_empty()
            && self.backdrop == Backdrop::default()
        {
            let entry = lexicon.entry(at);
            self.subjects.push(Draft {
                entry: Some(entry),
                ..Draft::named(entry.name)
            });
            return;
        }
        self.late_color();
        self.colors.extend(self.pending.color.take());
    }
}

fn index(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
}

fn is_held(draft: &Draft) -> bool {
    draft.entry.is_some_and(|entry| {
        matches!(
            entry.kind,
            Kind::Thing | Kind::Food | Kind::Floater | Kind::Flower | Kind::Symbol | Kind::Plant
        )
    })
}

fn usual_place(entry: Entry) -> Place {
    match entry.kind {
        _ if matches!(entry.emoji, "👻" | "👾") => Place::Ground,
        Kind::Aircraft | Kind::Floater | Kind::Sky => Place::Sky,
        _ if matches!(
            entry.emoji,
            "🦋" | "🐝" | "🕊️" | "🐦‍🔥" | "🦟" | "🧚‍♀️" | "🧚" | "👼"
        ) =>
        {
            Place::Sky
        }
        _ if matches!(entry.emoji, "🐳" | "🐋" | "🐬" | "🦢" | "🦆" | "🪷") => {
            Place::Water
        }
        Kind::Vessel => Place::Water,
        _ => Place::Ground,
    }
}

/// How many are meant where no number is said: a plural means three.
fn guess_count(word: &str, entry: Entry, relation: Option<Relation>) -> u8 {
    let many = if matches!(entry.kind, Kind::Flower | Kind::Plant | Kind::Tree) {
        5
    } else {
        3
    };
    let last = word.rsplit(' ').next().unwrap_or(word);
    let countable = entry.kind.is_creature()
        || matches!(
            entry.kind,
            Kind::Flower | Kind::Plant | Kind::Tree | Kind::Floater | Kind::Food | Kind::Building
        );
    let glyph_is_many = entry.name.ends_with('s');
    if !countable || glyph_is_many {
        return 1;
    }
    if last.is_ascii() {
        let plural = last.len() > 3
            && ((last.ends_with('s') && !last.ends_with("ss") && !last.ends_with("us"))
                || matches!(
                    last,
                    "mice" | "geese" | "men" | "women" | "children" | "people" | "oxen"
                ));
        return if plural { many } else { 1 };
    }
    // Russian's nominative plural looks like a genitive, which needs a preposition or a noun before it.
    let plural = (last.ends_with('ы') || last.ends_with('и') || last.ends_with("ята"))
        && last.chars().count() > 3;
    if plural && relation.is_none_or(|r| r == Relation::Beside) {
        many
    } else {
        1
    }
}
