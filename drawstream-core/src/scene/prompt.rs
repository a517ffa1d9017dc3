//! [`Wording`]: a scene as the words that a text-to-image model reads.

use super::Scene;
use crate::color::Rgb8;

/// How prompts are worded, whatever the scene.
///
/// ```
/// use drawstream_core::scene::{Scene, Seed, Wording};
/// let scene = Scene {
///     prompt: "a fox in the snow, pine trees, at night".to_owned(),
///     negative_prompt: String::new(),
///     style_notes: "calm, cold light".to_owned(),
///     palette: vec![drawstream_core::color::Rgb8::new(20, 30, 80)],
///     subjects: Vec::new(),
///     setting: None,
///     seed: Seed(1),
/// };
/// let wording = Wording { trigger: "pixel art" };
/// let words = |text: &str| text.split_whitespace().count();
/// let prompt = |most| wording.prompt(&scene, &|text| words(text) <= most);
/// assert_eq!(
///     prompt(75),
///     "pixel art, a fox in the snow, pine trees, at night, palette of navy, calm, cold light"
/// );
/// assert_eq!(prompt(11), "pixel art, a fox in the snow, pine trees, at night");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording<'a> {
    /// What wakes the style up that a LoRA was trained on; it comes first and is never left out. May be empty.
    pub trigger: &'a str,
}

impl Wording<'_> {
    /// The prompt of a scene: the trigger, what is to be seen, the palette in words, the style.
    ///
    /// A model reads a bounded number of tokens and drops the rest wherever that is; `fits` says whether it would
    /// read all of a text. Where it would not, whole thoughts go, the least important first: the style from its
    /// end, then the palette, then what is to be seen from its end. Only a first thought that is too long by itself
    /// is shortened, before a word that begins an addition (“with”, “and”, “under”) where there is one.
    pub fn prompt(&self, scene: &Scene, fits: &dyn Fn(&str) -> bool) -> String {
        let mut thoughts: Vec<String> = Vec::new();
        add(&mut thoughts, self.trigger);
        let triggered = thoughts.len();
        add(&mut thoughts, &scene.prompt);
        // The trigger and the first thing to be seen stay.
        let kept = (triggered + 1).min(thoughts.len());
        let palette = palette_in_words(&scene.palette);
        if !palette.is_empty() {
            thoughts.push(palette);
        }
        add(&mut thoughts, &scene.style_notes);
        cut(thoughts, kept, fits)
    }
}

/// As much of a list of thoughts (a negative prompt) as a model reads, in the way of [`Wording::prompt`].
pub fn whole_thoughts(text: &str, fits: &dyn Fn(&str) -> bool) -> String {
    let mut thoughts = Vec::new();
    add(&mut thoughts, text);
    cut(thoughts, 1, fits)
}

/// The thoughts in one text, without the last ones where it does not fit; the first `kept` are shortened only.
fn cut(mut thoughts: Vec<String>, kept: usize, fits: &dyn Fn(&str) -> bool) -> String {
    let mut text = thoughts.join(", ");
    while !fits(&text) && thoughts.len() > kept {
        thoughts.pop();
        text = thoughts.join(", ");
    }
    while !fits(&text) {
        let Some(shorter) = shortened(&text) else {
            break;
        };
        text = shorter.to_owned();
    }
    text
}

/// Adds the thoughts of a text that are not there yet, whatever their case.
fn add(thoughts: &mut Vec<String>, text: &str) {
    let text = text.replace(". ", ", ");
    for thought in text.split([',', ';', '\n']) {
        let thought = thought.trim().trim_end_matches('.');
        let thought = thought.split_whitespace().collect::<Vec<_>>().join(" ");
        let known = thoughts
            .iter()
            .any(|known| known.to_lowercase() == thought.to_lowercase());
        if !thought.is_empty() && !known {
            thoughts.push(thought);
        }
    }
}

fn palette_in_words(palette: &[Rgb8]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in palette.iter().map(|color| color.name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [] => String::new(),
        [only] => format!("palette of {only}"),
        [first @ .., last] => format!("palette of {} and {last}", first.join(", ")),
    }
}

/// Words that begin an addition: what stands before them is still a thought.
const JOINTS: [&str; 22] = [
    "and", "with", "in", "on", "at", "under", "over", "by", "near", "beside", "behind", "before",
    "among", "while", "where", "who", "that", "which", "wearing", "holding", "from", "of",
];

/// The text before its last addition, or without its last word; `None` where one word is left.
fn shortened(text: &str) -> Option<&str> {
    let spaces = || text.match_indices(' ').map(|(at, _)| at);
    let joint = |at: &usize| {
        let next = text[at + 1..].split_whitespace().next().unwrap_or_default();
        JOINTS.contains(&next.to_lowercase().as_str())
    };
    let at = spaces().rfind(joint).or_else(|| spaces().next_back())?;
    Some(text[..at].trim_end_matches([',', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Seed;

    fn scene(prompt: &str, style: &str, palette: &[&str]) -> Scene {
        Scene {
            prompt: prompt.to_owned(),
            negative_prompt: String::new(),
            style_notes: style.to_owned(),
            palette: palette
                .iter()
                .filter_map(|hex| Rgb8::parse_hex(hex))
                .collect(),
            subjects: Vec::new(),
            setting: None,
            seed: Seed(0),
        }
    }

    fn check(scene: &Scene, words: usize, expected: &str) {
        let fits = |text: &str| text.split_whitespace().count() <= words;
        let prompt = Wording {
            trigger: "pixel art",
        }
        .prompt(scene, &fits);
        assert_eq!(prompt, expected, "at most {words} words");
    }

    #[test]
    fn the_least_important_goes_first_and_whole() {
        let scene = scene(
            "two cats on a roof, big moon. Chimney smoke",
            "soft light, depth in layers",
            &["#101830", "#F5B029", "#F4A6C0"],
        );
        let seen = "pixel art, two cats on a roof, big moon, Chimney smoke";
        check(
            &scene,
            99,
            &format!("{seen}, palette of navy, amber and pink, soft light, depth in layers"),
        );
        check(
            &scene,
            19,
            &format!("{seen}, palette of navy, amber and pink, soft light"),
        );
        check(&scene, 16, seen);
        check(&scene, 10, "pixel art, two cats on a roof, big moon");
        check(&scene, 7, "pixel art, two cats on a roof");
    }

    #[test]
    fn a_thought_too_long_by_itself_ends_before_an_addition() {
        let scene = scene(
            "an old knight in rusty armour with a torch and a map",
            "",
            &[],
        );
        check(&scene, 10, "pixel art, an old knight in rusty armour");
        check(&scene, 6, "pixel art, an old knight");
        check(&scene, 3, "pixel art, an");
        check(&scene, 0, "pixel");
    }

    #[test]
    fn nothing_is_said_twice_and_colours_of_one_name_are_one() {
        let scene = scene(
            "Pixel Art, a fox, crisp edges",
            "crisp edges, A FOX",
            &["#E32B2B", "#E22A2C"],
        );
        check(&scene, 99, "pixel art, a fox, crisp edges, palette of red");
        let empty = Scene {
            prompt: String::new(),
            palette: Vec::new(),
            style_notes: String::new(),
            ..scene
        };
        check(&empty, 99, "pixel art");
        let three = |text: &str| text.split_whitespace().count() <= 3;
        assert_eq!(
            whole_thoughts("blur, photo,3d render, blur", &three),
            "blur, photo"
        );
    }
}
