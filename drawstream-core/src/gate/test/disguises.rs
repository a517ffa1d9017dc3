//! Ways to write a text so that a person still reads it and a list does not.

use std::fmt::Write as _;

/// A way to write a text so that a person still reads it and a list does not. `None` where it changes nothing.
pub(super) type Disguise = fn(&str) -> Option<String>;

pub(super) const DISGUISES: [(&str, Disguise); 10] = [
    ("capitals", |text| Some(text.to_uppercase())),
    ("zero-width", |text| Some(between(text, "\u{200b}"))),
    ("zalgo", |text| Some(after(text, "\u{336}\u{35c}"))),
    ("fullwidth", |text| styled(text, 'ａ')),
    ("mathematical", |text| styled(text, '𝐚')),
    ("dots", |text| Some(between(text, "."))),
    ("emoji", |text| Some(between(text, "🔥"))),
    ("repeats", |text| Some(repeated(text))),
    ("homoglyphs", homoglyphs),
    ("layout", |text| {
        (text.chars().count() > 3).then(|| other_keys(text))
    }),
];

fn between(text: &str, what: &str) -> String {
    let mut out = String::new();
    for word in text.split(' ') {
        let letters: Vec<String> = word.chars().map(String::from).collect();
        let _ = write!(out, "{} ", letters.join(what));
    }
    out.trim_end().to_owned()
}

fn after(text: &str, what: &str) -> String {
    text.chars()
        .flat_map(|c| [c.to_string(), what.to_owned()])
        .collect()
}

fn repeated(text: &str) -> String {
    let twice = |c: char| if c.is_alphabetic() { 3 } else { 1 };
    text.chars()
        .flat_map(|c| std::iter::repeat_n(c, twice(c)))
        .collect()
}

fn styled(text: &str, first: char) -> Option<String> {
    let style = |c: char| match c {
        'a'..='z' => char::from_u32(u32::from(first) + u32::from(c) - u32::from('a')),
        _ => Some(c),
    };
    let out: String = text.chars().map(|c| style(c).unwrap_or(c)).collect();
    (out != text).then_some(out)
}

fn homoglyphs(text: &str) -> Option<String> {
    let twins: Vec<(char, char)> = "aаeеoоpрcсxх"
        .chars()
        .collect::<Vec<_>>()
        .chunks(2)
        .map(|two| (two[0], two[1]))
        .collect();
    let twin = |c: char| {
        let other = twins.iter().find_map(|&(latin, russian)| match c {
            _ if c == latin => Some(russian),
            _ if c == russian => Some(latin),
            _ => None,
        });
        other.unwrap_or(c)
    };
    let out: String = text.chars().map(twin).collect();
    // A word of twins alone is a word of the other script.
    let mixed = text.chars().any(|c| c.is_alphabetic() && twin(c) == c);
    (out != text && mixed).then_some(out)
}

fn other_keys(text: &str) -> String {
    let latin = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
    let russian = "йцукенгшщзхъфывапролджэячсмитьбюё";
    let other = |c: char| {
        let to = |from: &str, to: &str| {
            let at = from.chars().position(|key| key == c)?;
            to.chars().nth(at)
        };
        let other = || to(latin, russian).or_else(|| to(russian, latin));
        c.is_alphabetic().then(other).flatten().unwrap_or(c)
    };
    text.to_lowercase().chars().map(other).collect()
}

/// Disguises that leave a word less certain, and of a hundred words how many must be caught in them at least.
pub(super) const LOOSE: [(&str, Disguise, usize); 13] = [
    ("leet", |text| changed(text, &leet(text)), 95),
    ("translit", translit, 97),
    ("censored", censored, 94),
    (
        "leet and dots",
        |text| changed(text, &between(&leet(text), ".")),
        97,
    ),
    (
        "homoglyphs and zero-width",
        |text| Some(between(&homoglyphs(text)?, "\u{200b}")),
        99,
    ),
    (
        "translit and repeats",
        |text| Some(repeated(&translit(text)?)),
        85,
    ),
    ("spaces", spaced, 80),
    ("split", split, 60),
    ("mixed script", mixed, 90),
    ("by ear", by_ear, 90),
    ("censored by an emoji", |text| masked(text, '🐾'), 80),
    (
        "leet and repeats",
        |text| changed(text, &repeated(&leet(text))),
        85,
    ),
    (
        "translit and dots",
        |text| Some(between(&translit(text)?, ".")),
        85,
    ),
];

/// Letters apart from each other, and words further apart. Of short words nothing would be left.
fn spaced(text: &str) -> Option<String> {
    let long = text.split(' ').all(|word| word.chars().count() > 3);
    let words: Vec<String> = text.split(' ').map(|word| between(word, " ")).collect();
    long.then(|| words.join("  "))
}

/// Each long word in two pieces.
fn split(text: &str) -> Option<String> {
    let cut = |word: &str| -> String {
        let letters: Vec<char> = word.chars().collect();
        let (left, right) = letters.split_at(letters.len() / 2);
        let side = |letters: &[char]| letters.iter().collect::<String>();
        if letters.len() > 4 {
            format!("{} {}", side(left), side(right))
        } else {
            word.to_owned()
        }
    };
    let out: Vec<String> = text.split(' ').map(cut).collect();
    changed(text, &out.join(" "))
}

/// Every other letter of a Russian word in Latin.
fn mixed(text: &str) -> Option<String> {
    let mut nth = 0;
    let swap = |c: char| {
        nth += 1;
        let latin = translit_letter(c);
        if nth % 2 == 0 && latin.len() == 1 {
            latin
        } else {
            c.to_string()
        }
    };
    let out: String = text.chars().map(swap).collect();
    changed(text, &out).filter(|out| out.chars().count() > 3)
}

/// English in Russian letters, as it is heard.
fn by_ear(text: &str) -> Option<String> {
    let english = |word: &str| word.len() > 4 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let heard = |word: &str| {
        let likeliest = super::super::transcription::spellings(word)
            .into_iter()
            .next();
        likeliest.unwrap_or_else(|| word.to_owned())
    };
    let out: Vec<String> = text.split(' ').map(heard).collect();
    let all = text.split(' ').all(english);
    changed(text, &out.join(" ")).filter(|_| all)
}

fn changed(before: &str, after: &str) -> Option<String> {
    (before != after).then(|| after.to_owned())
}

fn leet(text: &str) -> String {
    const FROM: &str = "aeiostазео";
    const TO: &str = "4310574330";
    let to = |c: char| match FROM.chars().position(|from| from == c) {
        Some(at) => TO.chars().nth(at).unwrap_or('0'),
        None => c,
    };
    text.chars().map(to).collect()
}

/// Russian in Latin letters. English in Russian letters has no one spelling; the lists have those that people use.
fn translit(text: &str) -> Option<String> {
    let out: String = text.chars().map(translit_letter).collect();
    // Of shorter words too little is left.
    changed(text, &out).filter(|out| out.chars().count() > 3)
}

fn translit_letter(c: char) -> String {
    const TO: [&str; 32] = [
        "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s",
        "t", "u", "f", "h", "c", "ch", "sh", "sch", "", "y", "", "e", "yu", "ya",
    ];
    match c {
        'а'..='я' => TO[(u32::from(c) - u32::from('а')) as usize].to_owned(),
        'ё' => "e".to_owned(),
        _ => c.to_string(),
    }
}

fn censored(text: &str) -> Option<String> {
    masked(text, '*')
}

/// One letter in the middle of each longer word masked.
fn masked(text: &str, by: char) -> Option<String> {
    let mask = |word: &str| -> String {
        let letters = word.chars().count();
        let mask = |(at, c)| {
            if letters > 3 && at == letters / 2 {
                by
            } else {
                c
            }
        };
        word.chars().enumerate().map(mask).collect()
    };
    let out: Vec<String> = text.split(' ').map(mask).collect();
    changed(text, &out.join(" "))
}
