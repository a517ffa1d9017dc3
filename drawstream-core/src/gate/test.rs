//! The gate against every trick on every word of its lists, on innocent sentences, on noise, and on a corpus.
//!
//! No word of the lists stands here: they are read from the data files.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::donation::{Currency, DonationId, ExternalId, Money, UnixTime};
use crate::scene::Seed;

const INNOCENT: &str = include_str!("../../../fixtures/gate/innocent.txt");
const KNOWN_HITS: &str = include_str!("../../data/gate/known_hits.txt");
const KNOWN_MISSES: &str = include_str!("../../../fixtures/gate/known_misses.txt");
const CLEAN: [&str; 3] = [
    include_str!("../../data/gate/clean_ru.txt"),
    include_str!("../../data/gate/clean_en.txt"),
    include_str!("../../data/gate/short_words.txt"),
];

/// A way to write a text so that a person still reads it and a list does not. `None` where it changes nothing.
type Disguise = fn(&str) -> Option<String>;

const DISGUISES: [(&str, Disguise); 10] = [
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

/// The words that a rule alone forbids, as typed.
fn terms() -> BTreeSet<String> {
    let lexicon = Lexicon::with("").unwrap();
    let single = |rule: &&lexicon::Rule| rule.only.is_empty() && rule.unless.is_empty();
    lexicon
        .rules()
        .iter()
        .filter(single)
        .filter_map(|rule| {
            rule.name
                .split_once(": ")
                .map(|(_, pattern)| pattern.to_owned())
        })
        .filter(|pattern| !pattern.contains(['@', '.', '&']))
        .map(|pattern| pattern.replace(['*', '~'], ""))
        .filter(|pattern| pattern.chars().all(|c| c.is_alphabetic() || c == ' '))
        .collect()
}

#[test]
fn every_word_of_the_lists_is_caught_in_every_disguise() {
    let gate = Gate::default();
    let mut missed = Vec::new();
    for term in terms() {
        let short = term.split(' ').any(|word| word.chars().count() < 3);
        for (name, disguise) in DISGUISES {
            let Some(text) = disguise(&term).filter(|_| !short) else {
                continue;
            };
            let miss = format!("{name}: {term}");
            let known = KNOWN_MISSES.lines().any(|line| line == miss);
            if !known && gate.screen(&text, Field::Message).hits.is_empty() {
                missed.push(miss);
            }
        }
    }
    assert!(missed.is_empty(), "{} missed: {missed:#?}", missed.len());
}

#[test]
fn no_disguise_makes_an_innocent_sentence_guilty() {
    let gate = Gate::default();
    let sentences: Vec<&str> = INNOCENT
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert!(sentences.len() >= 500, "{}", sentences.len());
    let mut guilty = Vec::new();
    for sentence in sentences {
        let plain: (&str, Disguise) = ("plain", |text| Some(text.to_owned()));
        for (name, disguise) in std::iter::once(plain).chain(DISGUISES) {
            let text = disguise(sentence).unwrap_or_default();
            let verdict = gate.screen(&text, Field::Message);
            if let Some(hit) = verdict.hits.first() {
                guilty.push(format!("{name}: {sentence}: {}", hit.rule));
            }
        }
    }
    assert!(guilty.is_empty(), "{} guilty: {guilty:#?}", guilty.len());
}

#[test]
fn no_dictionary_word_is_hit_but_the_known_ones() {
    let gate = Gate::default();
    let known: BTreeSet<&str> = KNOWN_HITS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let words = CLEAN
        .iter()
        .flat_map(|file| file.lines())
        .filter(|line| !line.starts_with('#'));
    let mut hit: Vec<&str> = words
        .filter(|word| !known.contains(word))
        .filter(|word| !gate.screen(word, Field::Message).hits.is_empty())
        .collect();
    hit.dedup();
    assert!(hit.is_empty(), "{} new hits: {}", hit.len(), hit.join("\n"));
}

#[test]
fn floods_are_read_no_further_than_the_limit_and_shown_no_further() {
    let gate = Gate::default();
    for flood in ["а", "a\u{301}", "x.", "🍆💦", "3е", "f*"] {
        let text = format!("{}конец", flood.repeat(100_000));
        let verdict = gate.screen(&text, Field::Message);
        let shown = gate.screen_text(&RawText::new(text.as_str()), Field::Message);
        assert!(verdict.read_to <= text.len());
        assert!(shown.as_str().chars().count() <= 2_100, "{flood}");
    }
}

fn donation(donor: Option<&str>, message: Option<&str>) -> Donation {
    Donation {
        id: DonationId(1),
        external: ExternalId {
            source: "test".to_owned(),
            id: "1".to_owned(),
        },
        donor: donor.map(RawText::new),
        message: message.map(RawText::new),
        amount: Money::parse("1", Currency::parse("EUR").unwrap()).unwrap(),
        created_at: UnixTime(0),
    }
}

fn a_bad_word() -> String {
    terms()
        .into_iter()
        .find(|term| term.chars().count() > 5 && !term.contains(' '))
        .unwrap()
}

fn approved(donor: Option<&str>, message: Option<&str>) -> ApprovedRequest {
    match Gate::default().judge(donation(donor, message)) {
        Judgement::Approved(request) => *request,
        Judgement::Refused(refusal) => panic!("{refusal:?}"),
    }
}

#[test]
fn a_request_passes_cleaned_and_a_bad_name_is_hidden_but_stops_nothing() {
    let bad = a_bad_word();
    let request = approved(Some(&bad), Some(" a\u{202e} cat\0 "));
    assert_eq!(request.text(), "a cat");
    assert_eq!(request.shown().as_str(), "a cat");
    let donor = request.donor().unwrap().as_str();
    assert!(
        !donor.is_empty() && donor.chars().all(|c| c == '*'),
        "{donor}"
    );
    for blank in [None, Some(""), Some("\u{200b}\u{feff}")] {
        assert_eq!(approved(None, blank).text(), "");
    }
}

#[test]
fn a_refusal_names_the_rule_and_nothing_of_the_message() {
    let message = format!("secret plans and {}", a_bad_word());
    let Judgement::Refused(refusal) = Gate::default().judge(donation(None, Some(&message))) else {
        panic!("approved");
    };
    assert_eq!(refusal.source, Source::Donor);
    assert!(!format!("{refusal:?}").contains("secret plans"));
}

#[test]
fn what_a_planner_wrote_passes_the_same_gate() {
    let gate = Gate::default();
    let request = approved(None, Some("a cat"));
    let scene = |prompt: &str| Scene {
        prompt: prompt.to_owned(),
        negative_prompt: a_bad_word(),
        style_notes: String::new(),
        palette: Vec::new(),
        subjects: Vec::new(),
        setting: None,
        seed: Seed(1),
    };
    assert!(gate.judge_scene(&request, scene("a cat on a roof")).is_ok());
    let refusal = gate
        .judge_scene(&request, scene(&a_bad_word()))
        .unwrap_err();
    assert_eq!(refusal.source, Source::Planner);
    assert!(
        gate.judge_scene(&request, scene(&"cat ".repeat(10_000)))
            .is_err()
    );
    assert_eq!(gate.judge_reply("so be it").unwrap().as_str(), "so be it");
    assert_eq!(gate.judge_reply(&a_bad_word()), None);
    assert_eq!(gate.judge_reply(" \0 "), None);
}

#[test]
fn no_policy_lets_a_minor_through_beside_anything_sexual() {
    let mut policy = Policy::default();
    for category in Category::ALL {
        policy.set(category, Field::Message, Action::Allow);
    }
    let gate = Gate::new(policy);
    let lexicon = Lexicon::with("").unwrap();
    let sexual = lexicon
        .rules()
        .iter()
        .find(|rule| rule.category == Category::Sexual && rule.rest.is_empty());
    let word = sexual
        .unwrap()
        .name
        .replace("sexual: ", "")
        .replace(['*', '~'], "");
    assert_eq!(gate.screen(&word, Field::Message).call, Call::Allow);
    let minor = include_str!("../../data/gate/concepts.txt")
        .lines()
        .find_map(|line| line.strip_prefix("@minor = ")?.split(' ').next())
        .unwrap();
    let verdict = gate.screen(&format!("{minor} {word}"), Field::Message);
    assert_eq!(verdict.call, Call::Block);
    assert_eq!(verdict.worst().unwrap().severity, Severity::Strictest);
}

#[test]
fn a_streamer_adds_and_allows_words() {
    let rules = "harassment | zorb* # what trolls here say\nallow | zorblaxian\n";
    let gate = Gate::with_words(Policy::default(), rules).unwrap();
    assert_eq!(gate.screen("you Z0rb4x!", Field::Message).call, Call::Block);
    assert_eq!(
        gate.screen("zorblaxian cat", Field::Message).call,
        Call::Allow
    );
    assert_eq!(
        Gate::default().screen("zorbax", Field::Message).call,
        Call::Allow
    );
    let error = |rules| {
        Gate::with_words(Policy::default(), rules)
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(error("gore | cat\nnonsense | cat"), @r#"line 2: there is no category "nonsense""#);
    insta::assert_snapshot!(error("cat"), @"line 1: a rule is `category | pattern # why`");
    insta::assert_snapshot!(error("gore | c!at"), @r#"line 1: "c!at" has a character that is not a Latin or Russian letter"#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_and_masking_touches_nothing_outside_of_its_spans(
        text in "(\\PC|[\\x00-\\x20*.ахуй@$0-9\u{200b}\u{336}\u{202e}🔥❌]|[a-zа-я]{1,6}){0,60}"
    ) {
        let gate = Gate::default();
        for field in [Field::Message, Field::Name] {
            let verdict = gate.screen(&text, field);
            for hit in &verdict.hits {
                prop_assert!(text.get(hit.span.clone()).is_some());
            }
            let masked = verdict.mask(&text);
            let outside = |text: &str| -> String {
                let kept = |at: &usize| !verdict.masks.iter().any(|mask| mask.contains(at));
                text.char_indices().filter(|(at, _)| kept(at)).map(|(_, c)| c).collect()
            };
            if verdict.masks.is_empty() {
                prop_assert_eq!(&masked, &text);
            }
            // What is left outside of the masks stands in the masked text, in order.
            let mut rest = masked.chars();
            for c in outside(&text).chars() {
                prop_assert!(rest.any(|other| other == c));
            }
            let shown = gate.screen_text(&RawText::new(text.as_str()), field);
            prop_assert!(!shown.as_str().chars().any(char::is_control));
        }
    }

    #[test]
    fn any_bytes_as_text_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        let verdict = Gate::default().screen(&text, Field::Message);
        prop_assert!(verdict.read_to <= text.len());
    }
}
