//! What is to be painted: a [`Scene`], and the planner's [`Decision`] about a request.

mod prompt;

pub use prompt::{Wording, whole_thoughts};

use crate::color::Rgb8;

/// Where all of a painting's randomness comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

/// Where in the picture a subject stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// On the ground, wherever there is room.
    #[default]
    Ground,
    /// In the sky.
    Sky,
    /// On top of the subject with this position in the list.
    On(u8),
    /// Under the subject with this position in the list.
    Under(u8),
    /// Inside of the subject with this position in the list, looking out of it.
    In(u8),
    /// Worn or held by the subject with this position in the list.
    With(u8),
    /// Beside the subject with this position in the list.
    Beside(u8),
    /// Far away, near the horizon.
    Far,
    /// In the water.
    Water,
}

/// A thing in the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// What it is, in English: for prompts.
    pub name: String,
    /// Its emoji, from which the built-in painter takes the sprite.
    pub emoji: Option<String>,
    /// How many of it, `1..=12`.
    pub count: u8,
    /// The colour that was asked for.
    pub color: Option<Rgb8>,
    /// Where it stands.
    pub place: Place,
}

/// What is to be painted: everything that any painter needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// For text-to-image models, in English, at most 70 words.
    pub prompt: String,
    /// What such a model shall keep out.
    pub negative_prompt: String,
    /// How it shall look, at most 25 words.
    pub style_notes: String,
    /// Colours wished for, at most six; a pull, not a law.
    pub palette: Vec<Rgb8>,
    /// The things in it.
    pub subjects: Vec<Subject>,
    /// Where it plays, in the words of the built-in painter's settings.
    pub setting: Option<String>,
    /// Where all randomness comes from.
    pub seed: Seed,
}

impl Scene {
    /// Words in a prompt at most.
    pub const MAX_PROMPT_WORDS: usize = 70;
    /// Words in the style notes at most.
    pub const MAX_STYLE_WORDS: usize = 25;
    /// Letters in a prompt at most, however long its words are.
    pub const MAX_PROMPT_LETTERS: usize = 600;
}

/// The first words of a text: at most so many words and letters, white space made single.
pub fn first_words(text: &str, words: usize, letters: usize) -> String {
    let mut kept = String::new();
    for word in text.split_whitespace().take(words) {
        let gap = usize::from(!kept.is_empty());
        if kept.chars().count() + gap + word.chars().count() > letters {
            break;
        }
        if gap == 1 {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

/// What the planner says to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is drawn.
    Draw(Scene),
    /// It is not.
    Refuse {
        /// Why, for the operator.
        reason: String,
        /// What the donor is told, in the donor's language; the configured line where absent.
        reply: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_words_and_never_within_one() {
        assert_eq!(first_words("  one\n two  three ", 2, 100), "one two");
        assert_eq!(first_words("кот и пёс", 9, 5), "кот и");
        assert_eq!(first_words(&"x".repeat(50), 9, 40), "");
    }
}
