//! [`Part`]: the subjects of a scene as the painter sees them, with what they wear and hold, and their sizes.

use super::lexicon::{Entry, Kind, Lexicon};
use super::own;
use super::wardrobe::{Attire, artwork};
use crate::scene::{Place, Scene, Subject};

/// A subject as the painter sees it.
pub(crate) struct Part<'s> {
    pub(crate) subject: &'s Subject,
    pub(crate) entry: Entry,
    /// The position in the scene's list.
    pub(crate) at: usize,
    pub(crate) attire: Vec<Attire>,
    /// Things it holds.
    pub(crate) held: Vec<Entry>,
}

/// Reads a scene's subjects; those without artwork are left out.
pub(crate) fn parts(scene: &Scene) -> Vec<Part<'_>> {
    let lexicon = Lexicon::get();
    let mut parts: Vec<Part<'_>> = scene
        .subjects
        .iter()
        .enumerate()
        .filter_map(|(at, subject)| {
            let named = subject
                .emoji
                .as_deref()
                .and_then(|emoji| lexicon.by_emoji(emoji));
            let entry = named.or_else(|| lexicon.by_name(&subject.name))?;
            let (entry, attire) = match own::dressed(entry.emoji) {
                Some((emoji, costume)) => (
                    Entry { emoji, ..entry },
                    vec![Attire::Own(costume.to_owned())],
                ),
                None => (entry, Vec::new()),
            };
            artwork(entry.emoji)?;
            Some(Part {
                subject,
                entry,
                at,
                attire,
                held: Vec::new(),
            })
        })
        .collect();
    for (at, subject) in scene.subjects.iter().enumerate() {
        let Place::With(wearer) = subject.place else {
            continue;
        };
        let own = parts
            .iter()
            .position(|part| part.at == at)
            .map(|i| parts[i].entry);
        let Some(wearer) = parts
            .iter_mut()
            .find(|part| part.at == usize::from(wearer) && part.at != at)
        else {
            continue;
        };
        match (subject.emoji.is_some(), own) {
            (true, Some(entry)) if entry.kind == Kind::Worn => {
                wearer.attire.push(Attire::Emoji(entry.emoji.to_owned()));
            }
            (true, Some(entry)) => wearer.held.push(entry),
            _ => wearer.attire.push(Attire::Own(subject.name.clone())),
        }
    }
    // What is worn or held belongs to its owner's figure, unless there is no owner.
    let lonely = |part: &Part<'_>| match part.subject.place {
        Place::With(i) => usize::from(i) >= scene.subjects.len() || usize::from(i) == part.at,
        Place::Ground
        | Place::Sky
        | Place::On(_)
        | Place::Under(_)
        | Place::In(_)
        | Place::Beside(_)
        | Place::Far
        | Place::Water => true,
    };
    parts.retain(lonely);
    parts
}

/// How tall a lone one of its kind stands, as a share of the picture's height.
pub(crate) fn stature(part: &Part<'_>) -> f32 {
    let usual: f32 = match part.entry.kind {
        Kind::Building => 0.56,
        Kind::Tree => 0.58,
        Kind::Vehicle => 0.34,
        Kind::Vessel => 0.46,
        Kind::Aircraft => 0.38,
        Kind::Bug => 0.30,
        Kind::Flower => 0.44,
        Kind::Plant | Kind::Food | Kind::Thing | Kind::Worn | Kind::Fire => 0.40,
        Kind::Bird => 0.38,
        Kind::Bust | Kind::Head | Kind::Person | Kind::People => 0.50,
        Kind::Fish => 0.38,
        Kind::Profile | Kind::Beast => 0.44,
        Kind::Floater | Kind::Sky | Kind::Symbol => 0.40,
    };
    let small = matches!(
        part.entry.emoji,
        "🐭" | "🐁" | "🐹" | "🐤" | "🐣" | "🐸" | "🐿️" | "🦔" | "🐢"
    );
    let large = matches!(
        part.entry.emoji,
        "🐘" | "🐉" | "🦖" | "🦕" | "🐳" | "🐋" | "🦣" | "🦒" | "🏰"
    );
    let own = match (small, large) {
        (true, _) => usual * 0.85,
        (_, true) => usual * 1.15,
        _ => usual,
    };
    match part.subject.name.split(' ').next() {
        Some("giant" | "huge" | "big" | "large" | "enormous") => (own * 1.35).min(0.72),
        Some("tiny" | "small" | "little") => own * 0.55,
        _ => own,
    }
}

/// What stays in the air beside something that flies.
pub(crate) fn flies(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bird | Kind::Bug | Kind::Aircraft | Kind::Floater | Kind::Sky
    )
}

/// What a crowd of so many shrinks to.
pub(crate) fn crowding(figures: usize) -> f32 {
    const SHRINK: [f32; 9] = [1.0, 1.0, 0.84, 0.72, 0.64, 0.58, 0.52, 0.48, 0.45];
    SHRINK.get(figures).copied().unwrap_or(0.42)
}
