//! The built-in planner: a request's words become a [`Scene`].

use super::backdrop::{Backdrop, Ground, Hour, Season, Weather};
use super::dice::Dice;
use super::lexicon::{Entry, Kind, Lexicon};
use super::reading::{Draft, Reading};
use super::wording;
use crate::color::Rgb8;
use crate::scene::{Place, Scene, Seed, Subject};

/// Plans a request in English, Russian or a mix of both; the same text and seed give the same scene.
///
/// What nothing is known of becomes a scene without subjects and setting, which the painter answers with an
/// abstract picture of its seed. The text may be anything at all: only its first 80 words are looked at.
pub fn plan(request: &str, seed: Seed) -> Scene {
    let lexicon = Lexicon::get();
    let mut reading = Reading::of(request, lexicon);
    merge_roles(&mut reading);
    let seed = Seed(seed.0 ^ fingerprint(request));
    let mut dice = Dice::new(seed, "planner");
    let known = !reading.subjects.is_empty() || reading.backdrop != Backdrop::default();
    if known {
        complete(&mut reading, &mut dice);
    }
    let subjects: Vec<Subject> = reading.subjects.iter().map(subject).collect();
    Scene {
        prompt: wording::prompt(request, &subjects, &reading.backdrop),
        negative_prompt: wording::NEGATIVE_PROMPT.to_owned(),
        style_notes: wording::STYLE_NOTES.to_owned(),
        palette: wished_colors(&reading),
        subjects,
        setting: reading.backdrop.words(),
        seed,
    }
}

/// FNV-1a: equal words give equal pictures, other words others.
fn fingerprint(text: &str) -> u64 {
    text.bytes()
        .take(4096)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

fn subject(draft: &Draft) -> Subject {
    let name = match draft.size {
        Some(size) => format!("{} {}", size.word(), draft.name),
        None => draft.name.clone(),
    };
    Subject {
        name,
        // What only this painter can draw has a name and no emoji.
        emoji: draft
            .entry
            .map(|entry| entry.emoji.to_owned())
            .filter(|emoji| !emoji.starts_with("own:")),
        count: draft.count,
        color: draft.color,
        place: draft.place,
    }
}

fn wished_colors(reading: &Reading) -> Vec<Rgb8> {
    let mut colors: Vec<Rgb8> = Vec::new();
    for color in reading
        .subjects
        .iter()
        .filter_map(|draft| draft.color)
        .chain(reading.colors.iter().copied())
    {
        if !colors.contains(&color) && colors.len() < 6 {
            colors.push(color);
        }
    }
    colors
}

/// "Кот-волшебник" is one cat in a wizard's hat, not a cat and a wizard.
fn merge_roles(reading: &mut Reading) {
    let mut at = 1;
    while at < reading.subjects.len() {
        let (before, draft) = (&reading.subjects[at - 1], &reading.subjects[at]);
        let pair = (role(before), role(draft));
        let animals = (is_animal(before), is_animal(draft));
        let merged = match (pair, animals, draft.glued) {
            ((_, Some(attire)), (true, false), true) => Some((at - 1, at, attire)),
            ((Some(attire), _), (false, true), true) => Some((at, at - 1, attire)),
            _ => None,
        };
        if let Some((animal, person, attire)) = merged {
            let (keep, lose) = (
                reading.subjects[animal].clone(),
                reading.subjects[person].clone(),
            );
            let name = format!("{} {}", keep.name, lose.name);
            reading.subjects[at - 1] = Draft {
                name,
                count: keep.count.max(lose.count),
                color: keep.color.or(lose.color),
                size: keep.size.or(lose.size),
                place: if animal < person {
                    keep.place
                } else {
                    lose.place
                },
                ..keep
            };
            reading.subjects[at] = Draft {
                place: Place::With(u8::try_from(at - 1).unwrap_or(u8::MAX)),
                ..Draft::named(attire)
            };
            if lose.entry.is_some_and(|entry| entry.emoji == "🧑‍🚀") {
                reading.backdrop.ground = reading.backdrop.ground.or(Some(Ground::Moon));
            }
        }
        at += 1;
    }
    board_pirates(reading);
}

/// Pirates have a ship of their own.
fn board_pirates(reading: &mut Reading) {
    let is = |draft: &Draft, emoji: &str| draft.entry.is_some_and(|entry| entry.emoji == emoji);
    if reading.subjects.iter().any(|draft| is(draft, "own:pirate"))
        && let Some(ship) = Lexicon::get().by_name("pirate ship")
    {
        for boat in reading.subjects.iter_mut().filter(|draft| is(draft, "⛵")) {
            boat.entry = Some(ship);
            boat.name = ship.name.to_owned();
        }
    }
}

fn is_animal(draft: &Draft) -> bool {
    draft.entry.is_some_and(|entry| entry.kind.is_animal())
}

/// What an animal in this role wears.
fn role(draft: &Draft) -> Option<&'static str> {
    Some(match draft.entry?.emoji {
        "🧙‍♂️" | "🧙‍♀️" => "wizard hat",
        "🧑‍🚀" => "space helmet",
        "🏴‍☠️" | "own:pirate" => "pirate hat",
        "🧑‍🍳" => "chef hat",
        "🤠" | "own:cowboy" => "cowboy hat",
        "own:knight" => "knight helmet",
        "own:samurai" => "samurai helmet",
        "👸" | "🤴" | "🫅" => "crown",
        "🎅" | "🤶" => "santa hat",
        "🕵️" => "detective hat",
        "🥷" => "ninja band",
        "own:viking" => "viking helmet",
        "🪖" => "helmet",
        "🧑‍🎨" => "beret",
        _ => return None,
    })
}

/// Chooses what the request leaves open, so that every painter is told the same.
fn complete(reading: &mut Reading, dice: &mut Dice) {
    let first = reading.subjects.iter().find_map(|draft| draft.entry);
    let outdoors = outdoors(&reading.subjects);
    let backdrop = &mut reading.backdrop;
    if backdrop.ground.is_none() {
        // Who sits in a boat or a cup is where that is.
        let carrier = reading
            .subjects
            .first()
            .and_then(|draft| match draft.place {
                Place::On(i) | Place::In(i) => reading.subjects.get(usize::from(i))?.entry,
                Place::Ground
                | Place::Sky
                | Place::Under(_)
                | Place::With(_)
                | Place::Beside(_)
                | Place::Far
                | Place::Water => None,
            });
        let first = carrier
            .filter(|entry| {
                matches!(
                    entry.kind,
                    Kind::Vessel | Kind::Thing | Kind::Food | Kind::Aircraft
                ) && !grows_outdoors(*entry)
            })
            .or(outdoors)
            .or(first);
        let swims = reading.subjects.iter().any(|d| d.place == Place::Water);
        let flies = reading
            .subjects
            .first()
            .is_some_and(|d| d.place == Place::Sky);
        backdrop.ground = Some(match first {
            _ if swims => Ground::Lake,
            Some(entry) if flies && entry.kind != Kind::Sky && entry.kind != Kind::Bug => {
                usual_sky(entry).unwrap_or(Ground::Clouds)
            }
            Some(entry) => usual_ground(entry, backdrop, dice),
            None => scenery(backdrop, dice),
        });
    }
    if backdrop.hour.is_none() {
        let dark = [
            Weather::Stars,
            Weather::Moon,
            Weather::Aurora,
            Weather::Fireworks,
        ];
        let spooky = first
            .is_some_and(|entry| matches!(entry.emoji, "👻" | "🎃" | "🧛‍♂️" | "🧟" | "🦉" | "🦇"));
        backdrop.hour = Some(if dark.iter().any(|&w| backdrop.has(w)) || spooky {
            Hour::Night
        } else if backdrop.has(Weather::Rainbow) {
            Hour::Day
        } else {
            *dice.pick(&[
                Hour::Day,
                Hour::Day,
                Hour::Day,
                Hour::Day,
                Hour::Sunset,
                Hour::Sunset,
                Hour::Dawn,
                Hour::Evening,
            ])
        });
    }
    let wintry = first.is_some_and(|entry| {
        matches!(
            entry.emoji,
            "☃️" | "⛄" | "🎄" | "🎅" | "🤶" | "🛷" | "⛸️" | "🎿" | "🏂" | "⛷️"
        )
    });
    if backdrop.season.is_none() && (wintry || backdrop.has(Weather::Snow)) {
        backdrop.season = Some(Season::Winter);
    }
}

/// What lies about in nature, though it is a thing: an owl on its nest is not at somebody's home.
fn grows_outdoors(entry: Entry) -> bool {
    matches!(
        entry.emoji,
        "🪹" | "🪺" | "🪵" | "🪨" | "🐚" | "🪸" | "🍂" | "🍁" | "🍃" | "🌿" | "🍄"
    )
}

/// Whoever comes first, unless that is a thing and something stands beside it that no room holds: a banana before a
/// lighthouse is at the sea.
fn outdoors(subjects: &[Draft]) -> Option<Entry> {
    let mut entries = subjects.iter().filter_map(|draft| draft.entry);
    let first = entries.next()?;
    let small = matches!(first.kind, Kind::Thing | Kind::Food | Kind::Worn);
    entries.find(|entry| {
        small
            && matches!(
                entry.kind,
                Kind::Building | Kind::Vessel | Kind::Vehicle | Kind::Aircraft | Kind::Tree
            )
    })
}

fn usual_sky(entry: Entry) -> Option<Ground> {
    match entry.kind {
        Kind::Aircraft if entry.emoji == "🚀" || entry.emoji == "🛰️" => Some(Ground::Space),
        Kind::Bird | Kind::Aircraft | Kind::Floater | Kind::Building => Some(Ground::Clouds),
        _ => Some(Ground::Mountains),
    }
}

/// Where a request plays that names only weather or an hour.
fn scenery(backdrop: &Backdrop, dice: &mut Dice) -> Ground {
    if backdrop.has(Weather::Confetti) {
        return Ground::Room;
    }
    if backdrop.has(Weather::Fireworks) {
        return *dice.pick(&[Ground::City, Ground::Lake]);
    }
    if backdrop.season == Some(Season::Winter) || backdrop.has(Weather::Snow) {
        return *dice.pick(&[Ground::Village, Ground::Forest, Ground::Mountains]);
    }
    if backdrop.hour.is_some_and(Hour::is_dark) {
        return *dice.pick(&[
            Ground::Lake,
            Ground::Mountains,
            Ground::Village,
            Ground::City,
        ]);
    }
    *dice.pick(&[
        Ground::Lake,
        Ground::Mountains,
        Ground::Meadow,
        Ground::Forest,
        Ground::Sea,
    ])
}

/// Where a subject is at home.
pub(crate) fn usual_ground(entry: Entry, backdrop: &Backdrop, dice: &mut Dice) -> Ground {
    let choice: &[Ground] = match entry.emoji {
        "🐧" | "🐻‍❄️" | "🦭" => &[Ground::Arctic],
        "🐪" | "🐫" | "🌵" | "🦂" | "🤠" | "own:cowboy" => &[Ground::Desert],
        "🐯" | "🐅" | "🐵" | "🐒" | "🦍" | "🦜" | "🐍" | "🐆" | "🦧" | "🦥" | "🌴" | "🐊" => {
            &[Ground::Jungle]
        }
        "🦁" | "🐘" | "🦒" | "🦓" | "🦏" => &[Ground::Meadow, Ground::Desert],
        "👽" | "🛸" | "🪐" | "🌍" | "🛰️" | "☄️" | "🚀" => &[Ground::Space],
        "🧑‍🚀" | "👨‍🚀" | "👩‍🚀" => &[Ground::Moon],
        "🐸" | "🦆" | "🦢" | "🪷" | "🦩" | "🦦" | "🦫" | "🎣" => &[Ground::Lake],
        "🐄" | "🐷" | "🐖" | "🐔" | "🐓" | "🐑" | "🐐" | "🚜" | "🌾" | "🧑‍🌾" => {
            &[Ground::Wheat, Ground::Meadow]
        }
        "🐉" | "🐲" | "🏰" | "🦄" | "👸" | "🤴" | "🧚‍♀️" | "🧝‍♀️" | "🏯" => {
            &[Ground::Castle]
        }
        "🦖" | "🦕" => &[Ground::Volcano, Ground::Jungle],
        "🐦‍🔥" | "😈" | "👿" => &[Ground::Volcano],
        "🌻" | "🌷" | "🌹" | "🌼" | "🪻" | "🌺" | "🦋" | "🐝" | "🐞" | "💐" => {
            &[Ground::Flowers]
        }
        "☃️" | "⛄" | "🎄" | "🎅" | "🤶" | "🛷" => &[Ground::Village],
        "🎿" | "🏂" | "⛷️" | "🦅" | "🫈" | "🧗" => &[Ground::Mountains],
        "🦀" | "🐚" | "🏄" | "⛱️" | "own:lighthouse" | "🧜‍♀️" | "🧜‍♂️" => {
            &[Ground::Beach, Ground::Sea]
        }
        "own:windmill" => &[Ground::Wheat, Ground::Flowers],
        "own:knight" => &[Ground::Castle],
        "own:samurai" => &[Ground::Mountains, Ground::Forest],
        "own:viking" => &[Ground::Mountains, Ground::Sea],
        "own:bridge" => &[Ground::Lake],
        "🏝️" | "🐳" | "🐋" | "🏴‍☠️" | "own:pirate" | "🐬" => &[Ground::Sea],
        "🦇" | "💎" | "🪨" | "🪎" | "🧌" | "👺" => &[Ground::Cave],
        "🧙‍♂️" | "🧙‍♀️" | "🐺" | "🐻" | "🦊" | "🦔" | "🦌" | "🦉" | "🍄" | "🐿️" | "👻" | "🎃" => {
            &[Ground::Forest]
        }
        "🤖" | "🥷" | "🦸" | "🕺" => &[Ground::City],
        "🗿" => &[Ground::Beach, Ground::Meadow],
        _ => match entry.kind {
            Kind::Fish => &[Ground::Underwater],
            Kind::Vehicle => &[Ground::City, Ground::Mountains],
            Kind::Vessel => &[Ground::Sea, Ground::Lake],
            Kind::Aircraft | Kind::Floater => &[Ground::Clouds],
            Kind::Food | Kind::Thing | Kind::Worn => &[Ground::Room],
            Kind::Building => &[Ground::Meadow, Ground::Village, Ground::Lake],
            Kind::Sky => &[Ground::Space],
            Kind::Symbol => &[Ground::Clouds, Ground::Meadow],
            Kind::Flower => &[Ground::Flowers],
            Kind::People | Kind::Bust | Kind::Person => {
                &[Ground::City, Ground::Meadow, Ground::Lake, Ground::Village]
            }
            Kind::Beast | Kind::Head | Kind::Profile | Kind::Bird => &[
                Ground::Meadow,
                Ground::Forest,
                Ground::Village,
                Ground::Lake,
                Ground::Mountains,
            ],
            Kind::Bug | Kind::Plant => &[Ground::Meadow, Ground::Forest, Ground::Flowers],
            Kind::Tree | Kind::Fire => &[Ground::Meadow, Ground::Lake, Ground::Mountains],
        },
    };
    let chosen = *dice.pick(choice);
    // Nobody sees the weather from inside of a room.
    if chosen == Ground::Room && !backdrop.weather.is_empty() && !backdrop.has(Weather::Confetti) {
        return Ground::Meadow;
    }
    chosen
}
