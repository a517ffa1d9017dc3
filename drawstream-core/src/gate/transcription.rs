//! English words as Russians write them down by ear.

/// At most so many spellings of a word.
const MOST_SPELLINGS: usize = 10;
/// Spellings that are kept while a word is read; the rest is too far from what people write.
const MOST_OPEN: usize = 48;
/// How far a spelling may be from the likeliest one: the sum of its sounds' places in their lists.
const MOST_COST: usize = 3;

/// Letters and the sounds that they are heard as, the likeliest first. `^` is a word's beginning and `$` its end. The
/// first line that fits is taken, so longer ones stand before shorter ones. A doubled consonant is below.
const SOUNDS: &[(&str, &[&str])] = &[
    ("tion", &["шн", "шен"]),
    ("ough", &["оу", "аф", "о"]),
    ("^your", &["ер", "йор", "юр", "еар"]),
    ("^you", &["ю"]),
    ("ies$", &["ис", "из", "ес"]),
    ("ers$", &["ерс", "эрс", "ерз"]),
    ("tch", &["тч", "ч"]),
    ("sch", &["ск", "ш"]),
    ("igh", &["ай"]),
    ("dge", &["дж"]),
    ("ing$", &["инг", "ин"]),
    ("ie$", &["и"]),
    ("er$", &["ер", "эр", "а"]),
    ("le$", &["л", "ль"]),
    ("ge$", &["дж", "ж"]),
    ("ce$", &["с"]),
    ("es$", &["ес", "с", "з", "ис"]),
    ("ed$", &["ед", "д", "т"]),
    ("ue$", &["у", "ю"]),
    ("mb$", &["м", "мб"]),
    ("^kn", &["н", "кн"]),
    ("^wr", &["р", "вр"]),
    ("^wh", &["в", "х", "у"]),
    ("ch", &["ч", "к"]),
    ("sh", &["ш"]),
    ("ck", &["к"]),
    ("ph", &["ф"]),
    ("th", &["з", "т", "с"]),
    ("qu", &["кв"]),
    ("oo", &["у"]),
    ("ee", &["и"]),
    ("ea", &["и", "е", "э"]),
    ("ie", &["и", "ай"]),
    ("ai", &["ей", "эй"]),
    ("ay", &["ей", "эй"]),
    ("ou", &["ау", "у", "о"]),
    ("ow", &["оу", "ау", "ов"]),
    ("au", &["о", "ау"]),
    ("aw", &["о", "ав"]),
    ("oa", &["оу", "о"]),
    ("oi", &["ой"]),
    ("oy", &["ой"]),
    ("ew", &["ю", "у"]),
    ("er", &["ер", "эр"]),
    ("ir", &["ер", "ир"]),
    ("ur", &["ер", "ур"]),
    ("ce", &["се"]),
    ("ci", &["си"]),
    ("cy", &["си"]),
    ("gi", &["ги", "джи"]),
    ("e$", &[""]),
    ("y$", &["и", "ай"]),
    ("^y", &["й"]),
    ("a", &["а", "э", "ей", "е"]),
    ("b", &["б"]),
    ("c", &["к"]),
    ("d", &["д"]),
    ("e", &["е", "э", "и"]),
    ("f", &["ф"]),
    ("g", &["г"]),
    ("h", &["х"]),
    ("i", &["и", "ай"]),
    ("j", &["дж", "ж"]),
    ("k", &["к"]),
    ("l", &["л"]),
    ("m", &["м"]),
    ("n", &["н"]),
    ("o", &["о", "а", "оу"]),
    ("p", &["п"]),
    ("q", &["к"]),
    ("r", &["р"]),
    ("s", &["с", "з"]),
    ("t", &["т"]),
    ("u", &["а", "у", "ю"]),
    ("v", &["в"]),
    ("w", &["в", "у"]),
    ("x", &["кс"]),
    ("y", &["и", "ай"]),
    ("z", &["з"]),
];

/// Vowels before one consonant and a silent e.
const LONG: &[(char, &[&str])] = &[
    ('a', &["ей", "эй", "а"]),
    ('i', &["ай", "и"]),
    ('o', &["о", "оу"]),
    ('u', &["у", "ю"]),
];

/// What hangs on a short English stem that is found anywhere in a word.
const HANGING: [&str; 8] = ["", "y", "er", "ers", "ing", "s", "ed", "head"];
/// Letters of a stem that is taken with all of these.
const LONGEST_HANGING: usize = 5;
/// Spellings of each of them.
const MOST_HANGING: usize = 4;

/// The spellings of a stem, and of the words that are made of it.
pub(crate) fn spellings_of_stem(stem: &str) -> Vec<String> {
    if stem.len() > LONGEST_HANGING {
        return spellings(stem);
    }
    let mut letters = stem.chars().rev();
    let (last, before) = (letters.next(), letters.next());
    let vowel = |c: Option<char>| c.is_some_and(|c| "aeiouyw".contains(c));
    let doubles = !vowel(last) && vowel(before);
    let mut all = Vec::new();
    for ending in HANGING {
        let bare = match (ending.starts_with(['e', 'i', 'y']), last) {
            (true, Some('e')) => &stem[..stem.len() - 1],
            _ => stem,
        };
        let double = match last {
            Some(last) if doubles && ending.starts_with(['e', 'i', 'y']) => String::from(last),
            Some(_) | None => String::new(),
        };
        let spelt = spellings(&format!("{bare}{double}{ending}"));
        all.extend(spelt.into_iter().take(MOST_HANGING));
    }
    all
}

/// The likeliest Russian spellings of an English word of small letters; none for one that is only a letter.
pub(crate) fn spellings(word: &str) -> Vec<String> {
    if word.len() < 2 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Vec::new();
    }
    let mut open = vec![(0, String::new())];
    let mut at = 0;
    while at < word.len() {
        let (taken, sounds) = heard(word, at);
        let mut longer = Vec::with_capacity(open.len() * sounds.len());
        for (cost, spelling) in &open {
            for (more, sound) in sounds.iter().enumerate() {
                if cost + more <= MOST_COST {
                    longer.push((cost + more, format!("{spelling}{sound}")));
                }
            }
        }
        longer.sort();
        longer.truncate(MOST_OPEN);
        open = longer;
        at += taken;
    }
    let mut spellings: Vec<String> = Vec::new();
    for (_, spelling) in open {
        if !spellings.contains(&spelling) && spellings.len() < MOST_SPELLINGS {
            spellings.push(spelling);
        }
    }
    spellings
}

/// How many letters are one sound, and what it may be heard as.
fn heard(word: &str, at: usize) -> (usize, Vec<String>) {
    let rest = &word[at..];
    let owned = |sounds: &[&str]| sounds.iter().map(|&sound| sound.to_owned()).collect();
    let mut letters = rest.chars();
    let (first, second, third) = (letters.next(), letters.next(), letters.next());
    let vowel = |c: Option<char>| c.is_some_and(|c| "aeiouy".contains(c));
    if third == Some('e')
        && !vowel(second)
        && matches!(&rest[3..], "" | "s" | "d" | "r")
        && let Some((_, sounds)) = LONG.iter().find(|(long, _)| first == Some(*long))
    {
        return (1, owned(sounds));
    }
    let fits = |(letters, _): &&(&str, &[&str])| {
        let begin = letters.strip_prefix('^');
        let letters = begin.unwrap_or(letters);
        let end = letters.strip_suffix('$');
        let letters = end.unwrap_or(letters);
        rest.starts_with(letters)
            && (begin.is_none() || at == 0)
            && (end.is_none() || rest.len() == letters.len() && at > 0)
    };
    let doubled = first == second && !vowel(first);
    let Some((letters, sounds)) = SOUNDS.iter().find(fits) else {
        return (1, Vec::new());
    };
    let taken = letters.trim_matches(['^', '$']).len();
    if doubled && taken == 1 {
        let once: Vec<String> = owned(sounds);
        let twice = once.first().map(|sound| format!("{sound}{sound}"));
        return (2, once.into_iter().take(1).chain(twice).collect());
    }
    (taken, owned(sounds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelt_as_they_are_heard() {
        let spelt = |word: &str, expected: &str| {
            let spellings = spellings(word);
            assert!(
                spellings.iter().any(|s| s == expected),
                "{word}: {spellings:?}"
            );
            assert!(spellings.len() <= MOST_SPELLINGS);
        };
        spelt("kitty", "китти");
        spelt("kitty", "кити");
        spelt("snowman", "сноумэн");
        spelt("cake", "кейк");
        spelt("bridge", "бридж");
        spelt("yourself", "ерселф");
        spelt("witch", "вич");
        spelt("house", "хаус");
        spelt("action", "акшн");
        let stems = spellings_of_stem("skat");
        assert!(stems.contains(&"скатинг".to_owned()), "{stems:?}");
        assert!(spellings("a").is_empty() && spellings("кот").is_empty());
    }
}
