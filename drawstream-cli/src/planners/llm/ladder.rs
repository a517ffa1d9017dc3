//! The ladder: from what a model wrote to a decision, by the surest way that works.

use std::borrow::Cow;

use drawstream_core::scene::{Decision, Seed};

use super::answer::{AnswerDoc, AnswerError};
use crate::planners::Rung;

/// Finds the object in an answer.
type Way = fn(&str) -> Option<Cow<'_, str>>;

/// Reads an answer: as it stands, then without what stands around it, then mended.
///
/// # Errors
/// What is wrong with it. Where one way reads it and finds something missing, that is what is said.
pub(crate) fn climb(
    answer: &str,
    seed: Seed,
    request: &str,
) -> Result<(Decision, Rung), AnswerError> {
    let mut wrong = AnswerError::NotAnObject;
    let ways: [(Rung, Way); 3] = [
        (Rung::Strict, |answer| Some(Cow::Borrowed(answer.trim()))),
        (Rung::Extracted, |answer| {
            first_object(without_thinking(answer)).map(Cow::Borrowed)
        }),
        (Rung::Repaired, |answer| {
            repaired(without_thinking(answer)).map(Cow::Owned)
        }),
    ];
    for (rung, way) in ways {
        let Some(json) = way(answer) else { continue };
        match AnswerDoc::parse(&json).and_then(|doc| doc.decide(seed, request)) {
            Ok(decision) => return Ok((decision, rung)),
            Err(AnswerError::NotAnObject) => {}
            Err(error) => wrong = error,
        }
    }
    Err(wrong)
}

/// What comes after the last end of thinking; thinking that never ends has no answer after it.
pub(crate) fn without_thinking(answer: &str) -> &str {
    const ENDS: [&str; 4] = ["</think>", "</thinking>", "</reasoning>", "<|message|>"];
    let after = ENDS
        .iter()
        .filter_map(|end| Some(answer.rfind(end)? + end.len()));
    &answer[after.max().unwrap_or(0)..]
}

/// The first object whose braces are balanced, outside of texts.
pub(crate) fn first_object(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let (mut depth, mut in_text, mut escaped) = (0usize, false, false);
    for (at, c) in text[start..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' if !in_text => depth += 1,
            '}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return Some(&text[start..=start + at]);
                }
            }
            _ => {}
        }
    }
    None
}

/// The text from its first brace on, mended. Text without a brace is prose, of which nothing is guessed.
fn repaired(text: &str) -> Option<String> {
    let text = &text[text.find('{')?..];
    let fence = text.find("```").unwrap_or(text.len());
    let text = &text[..fence];
    // A defect of the library on a hostile text is this answer's fault and nobody else's.
    let mended = std::panic::catch_unwind(|| {
        llm_json::repair_json(text, &llm_json::RepairOptions::default())
    });
    mended.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: Result<Rung, AnswerError>) {
        let climbed = climb(answer, Seed(1), "a cat").map(|(_, rung)| rung);
        assert_eq!(climbed, expected, "{answer}");
    }

    #[test]
    fn each_kind_of_answer_is_read_by_the_surest_way_that_works() {
        let good = r#"{"decision":"draw","prompt":"a {cat} on a roof"}"#;
        check(good, Ok(Rung::Strict));
        check(&format!("  {good}\n"), Ok(Rung::Strict));
        check(&format!("```json\n{good}\n```"), Ok(Rung::Extracted));
        check(
            &format!("Sure! Here it is: {good} Enjoy!"),
            Ok(Rung::Extracted),
        );
        check(
            &format!("<think>{{\"decision\":\"refuse\"}} or not?</think>{good}"),
            Ok(Rung::Extracted),
        );
        check(&format!("hm, hm</think>\n{good}"), Ok(Rung::Extracted));
        check("{decision: 'draw', prompt: 'a cat',}", Ok(Rung::Repaired));
        check(
            r##"```json {"decision": "draw", "prompt": "a cat on a roof", "palette": ["#112233", "#44"##,
            Ok(Rung::Repaired),
        );
    }

    #[test]
    fn nothing_is_guessed_from_prose_or_from_thinking_that_never_ends() {
        for answer in [
            "",
            "I would draw a cat.",
            "draw",
            "<html><body>502</body></html>",
            "{",
            "}{",
            "{{{{{{",
            "\u{0}",
            "[1,2",
            r#"{"prompt": "a cat"#,
        ] {
            assert!(climb(answer, Seed(1), "a cat").is_err(), "{answer}");
        }
        check(r#"{"prompt":"a cat"}"#, Err(AnswerError::NoDecision));
        check(r#"{"decision":"draw"}"#, Err(AnswerError::NoPrompt));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_whatever_breaks_the_ladder(answer in "[{}\\[\\]\":,'a-z\\\\ \u{0}\u{1F600}<>/]{0,80}") {
            let _ = climb(&answer, Seed(1), "a cat");
        }
    }
}
