//! What text-to-image models are told of a scene.

use super::backdrop::{Backdrop, Ground, Hour, Mood, Season, Weather};
use crate::color::{Oklab, Rgb8};
use crate::scene::{Place, Scene, Subject, first_words};

/// What such a model shall keep out.
pub(crate) const NEGATIVE_PROMPT: &str = "text, letters, watermark, signature, frame, blurry, photo, 3d render, \
     noise, jpeg artifacts, cropped, deformed, extra limbs, gore, nudity";

/// How it shall look.
pub(crate) const STYLE_NOTES: &str = "pixel art, limited palette, crisp edges, one clear focal subject, soft light from one side, depth in layers";

/// Words at the end of every prompt.
const STYLE: &str = "pixel art, limited palette, crisp edges, detailed background";

/// The prompt, at most [`Scene::MAX_PROMPT_WORDS`] long.
pub(crate) fn prompt(request: &str, subjects: &[Subject], backdrop: &Backdrop) -> String {
    let mut parts: Vec<String> = Vec::new();
    let things: Vec<String> = (0..subjects.len())
        .map(|at| describe(subjects, at))
        .collect();
    if !things.is_empty() {
        parts.push(things.join(", "));
    } else if backdrop.ground.is_none() && backdrop.words().is_none() {
        parts.push("an abstract composition of flowing shapes and colours".to_owned());
    } else {
        parts.push("a landscape".to_owned());
    }
    parts.extend(surroundings(backdrop));
    // English words that the lexicon does not know still mean something to the model.
    let asked = english(request);
    if !asked.is_empty() {
        parts.push(asked);
    }
    let style_words = STYLE.split_whitespace().count();
    let body = first_words(
        &parts.join(", "),
        Scene::MAX_PROMPT_WORDS - style_words,
        Scene::MAX_PROMPT_LETTERS - STYLE.len() - 2,
    );
    format!("{}, {STYLE}", body.trim_end_matches(','))
}

/// The request's own words where it is written in English, without courtesies.
fn english(request: &str) -> String {
    let latin = request
        .chars()
        .take(600)
        .all(|c| c.is_ascii() && !c.is_ascii_control());
    if !latin {
        return String::new();
    }
    let kept: String = request
        .chars()
        .take(600)
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-',. ".contains(c) {
                c
            } else {
                ' '
            }
        })
        .collect();
    let courtesy = ["please", "draw", "paint", "me", "can", "you", "could"];
    let words: Vec<&str> = kept
        .split_whitespace()
        .skip_while(|word| courtesy.contains(&word.to_ascii_lowercase().trim_matches([',', '.'])))
        .collect();
    first_words(&words.join(" "), 24, 200)
}

fn describe(subjects: &[Subject], at: usize) -> String {
    let subject = &subjects[at];
    let mut words = match subject.count {
        0 | 1 => String::new(),
        n => format!("{} ", number(n)),
    };
    if let Some(color) = subject.color {
        words.push_str(color_word(color));
        words.push(' ');
    }
    words.push_str(&subject.name);
    if subject.count > 1 && !subject.name.ends_with('s') {
        words.push('s');
    }
    let other = |i: u8| subjects.get(usize::from(i)).map(|s| s.name.as_str());
    let place = match subject.place {
        Place::Ground => None,
        Place::Sky => Some("in the sky".to_owned()),
        Place::Far => Some("in the distance".to_owned()),
        Place::Water => Some("on the water".to_owned()),
        Place::On(i) => other(i).map(|name| format!("on top of the {name}")),
        Place::Under(i) => other(i).map(|name| format!("under the {name}")),
        Place::In(i) => other(i).map(|name| format!("inside the {name}")),
        Place::With(i) => other(i).map(|name| format!("worn or held by the {name}")),
        Place::Beside(i) => other(i).map(|name| format!("beside the {name}")),
    };
    if let Some(place) = place {
        words.push(' ');
        words.push_str(&place);
    }
    words
}

fn surroundings(backdrop: &Backdrop) -> Vec<String> {
    let mut parts: Vec<&str> = Vec::new();
    parts.extend(backdrop.ground.map(Ground::phrase));
    parts.extend(backdrop.hour.map(|hour| match hour {
        Hour::Dawn => "at dawn",
        Hour::Day => "in daylight",
        Hour::Sunset => "at sunset, warm light",
        Hour::Evening => "in the evening, dusk light",
        Hour::Night => "at night",
    }));
    parts.extend(backdrop.weather.iter().map(|weather| match weather {
        Weather::Rain => "rain",
        Weather::Snow => "falling snow",
        Weather::Storm => "thunderstorm with lightning",
        Weather::Fog => "fog",
        Weather::Rainbow => "a rainbow",
        Weather::Aurora => "northern lights",
        Weather::Stars => "starry sky",
        Weather::Clouds => "many clouds",
        Weather::Moon => "a big moon",
        Weather::Fireworks => "fireworks",
        Weather::Confetti => "confetti and balloons",
    }));
    parts.extend(backdrop.season.map(|season| match season {
        Season::Spring => "spring blossom",
        Season::Summer => "summer",
        Season::Autumn => "golden autumn",
        Season::Winter => "snowy winter",
    }));
    parts.extend(backdrop.mood.map(|mood| match mood {
        Mood::Cozy => "cosy mood",
        Mood::Scary => "spooky mood",
        Mood::Magic => "magical glow",
        Mood::Sad => "melancholic mood",
        Mood::Happy => "joyful mood",
    }));
    parts.into_iter().map(str::to_owned).collect()
}

fn number(n: u8) -> &'static str {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    WORDS.get(usize::from(n)).copied().unwrap_or("many")
}

/// The nearest colour that has a plain name.
pub(crate) fn color_word(color: Rgb8) -> &'static str {
    const NAMES: [(Rgb8, &str); 12] = [
        (Rgb8::new(0xE2, 0x3B, 0x3B), "red"),
        (Rgb8::new(0xF2, 0x8A, 0x2E), "orange"),
        (Rgb8::new(0xF5, 0xCF, 0x3A), "yellow"),
        (Rgb8::new(0x4F, 0xA8, 0x4A), "green"),
        (Rgb8::new(0x5C, 0xC6, 0xE8), "light blue"),
        (Rgb8::new(0x35, 0x65, 0xD6), "blue"),
        (Rgb8::new(0x8E, 0x4F, 0xC7), "purple"),
        (Rgb8::new(0xF2, 0x8B, 0xBE), "pink"),
        (Rgb8::new(0x8A, 0x5A, 0x3A), "brown"),
        (Rgb8::new(0x2B, 0x2B, 0x36), "black"),
        (Rgb8::new(0xF4, 0xF4, 0xF0), "white"),
        (Rgb8::new(0x9A, 0x9D, 0xA6), "gray"),
    ];
    let wanted = Oklab::from(color);
    let mut best = (f32::MAX, "gray");
    for (named, word) in NAMES {
        let distance = Oklab::from(named).distance_squared(wanted);
        if distance < best.0 {
            best = (distance, word);
        }
    }
    best.1
}
