//! [`AnswerDoc`]: what a language model answers, and how it becomes a decision. Nothing of it is trusted.

use drawstream_core::color::Rgb8;
use drawstream_core::scene::{Decision, Place, Scene, Seed, Subject, first_words};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::briefing::is_cyrillic;

/// Colours of a palette at most.
const MOST_COLORS: usize = 6;
/// Subjects at most.
const MOST_SUBJECTS: usize = 8;
/// The most of one subject.
const MOST_OF_ONE: u64 = 12;
/// Letters of a reason, a reply, a negative prompt.
const MOST_LETTERS: usize = 300;

/// The words of a decision to draw and of one not to, as models say them. Anything else is no decision.
const DRAW: [&str; 12] = [
    "draw", "drawn", "approve", "approved", "allow", "allowed", "accept", "accepted", "yes", "ok",
    "true", "paint",
];
const REFUSE: [&str; 12] = [
    "refuse", "refused", "reject", "rejected", "deny", "denied", "decline", "declined", "no",
    "block", "blocked", "false",
];

/// Why an answer is no decision, in words that the model is shown. It holds nothing of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("it is not a JSON object of the described form")]
    NotAnObject,
    #[error("\"decision\" must be \"draw\" or \"refuse\"")]
    NoDecision,
    #[error("\"prompt\" is empty, but the decision is to draw")]
    NoPrompt,
    #[error("\"prompt\" must be written in English")]
    NotEnglish,
}

/// The answer as it is asked for. Each field is read leniently; what cannot be read is absent.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct AnswerDoc {
    #[serde(
        default,
        deserialize_with = "text",
        alias = "verdict",
        alias = "action"
    )]
    #[schemars(with = "Call")]
    decision: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(length(max = 300))]
    reason: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(length(max = 300))]
    reply: String,
    #[serde(default, deserialize_with = "text", alias = "positive_prompt")]
    #[schemars(length(max = 600))]
    prompt: String,
    #[serde(default, deserialize_with = "text", alias = "negative")]
    #[schemars(length(max = 300))]
    negative_prompt: String,
    #[serde(default, deserialize_with = "text", alias = "style")]
    #[schemars(length(max = 250))]
    style_notes: String,
    #[serde(
        default,
        deserialize_with = "texts",
        alias = "colors",
        alias = "colours"
    )]
    #[schemars(with = "Vec<String>", length(max = 6))]
    palette: Vec<String>,
    #[serde(default, deserialize_with = "text")]
    #[schemars(with = "u32")]
    seed: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(length(max = 120))]
    setting: String,
    #[serde(default, deserialize_with = "subjects")]
    #[schemars(length(max = 8))]
    subjects: Vec<SubjectDoc>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "it names the choices in the schema")]
enum Call {
    Draw,
    Refuse,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct SubjectDoc {
    #[serde(default, deserialize_with = "text")]
    #[schemars(length(max = 60))]
    name: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(length(max = 12))]
    emoji: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(with = "u8", range(min = 1, max = 12))]
    count: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(length(max = 7))]
    color: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(with = "Where")]
    place: String,
    #[serde(default, deserialize_with = "text")]
    #[schemars(length(max = 60))]
    of: String,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "it names the choices in the schema")]
enum Where {
    Ground,
    Sky,
    Far,
    Water,
    On,
    Under,
    In,
    With,
    Beside,
}

/// A number, a truth value or a text, as text; anything else as nothing.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(plain(&Value::deserialize(from)?))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(parts) => parts.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Object(_) => String::new(),
    }
}

/// A list of texts, or a text with commas.
fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) => text.split([',', ' ', ';']).map(str::to_owned).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    })
}

/// A list of subjects; a bare name is one too.
fn subjects<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SubjectDoc>, D::Error> {
    let Value::Array(items) = Value::deserialize(from)? else {
        return Ok(Vec::new());
    };
    let subject = |item: Value| match item {
        Value::String(name) => Some(SubjectDoc {
            name,
            ..SubjectDoc::default()
        }),
        object @ Value::Object(_) => serde_json::from_value(object).ok(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    Ok(items
        .into_iter()
        .take(MOST_SUBJECTS)
        .filter_map(subject)
        .collect())
}

impl AnswerDoc {
    /// The schema of the answer, with no reference in it: several servers follow none.
    pub(crate) fn schema() -> Value {
        let settings = SchemaSettings::draft07().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        let mut schema = settings
            .into_generator()
            .into_root_schema_for::<Self>()
            .to_value();
        demand_everything(&mut schema);
        schema
    }

    /// Reads an answer that is JSON.
    ///
    /// # Errors
    /// [`AnswerError::NotAnObject`], whatever it is instead.
    pub(crate) fn parse(json: &str) -> Result<Self, AnswerError> {
        let value: Value = serde_json::from_str(json).map_err(|_| AnswerError::NotAnObject)?;
        let object = match value {
            Value::Object(object) => object,
            // Some put their one object into a list.
            Value::Array(items) => match items.into_iter().next() {
                Some(Value::Object(object)) => object,
                _ => return Err(AnswerError::NotAnObject),
            },
            _ => return Err(AnswerError::NotAnObject),
        };
        // Others wrap it: {"answer": {…}}.
        let inner = match (object.len(), object.values().next()) {
            (1, Some(Value::Object(inner))) => Value::Object(inner.clone()),
            _ => Value::Object(object),
        };
        serde_json::from_value(inner).map_err(|_| AnswerError::NotAnObject)
    }

    /// The decision, with everything brought within its limits. `seed` is the donation's own.
    ///
    /// # Errors
    /// What the model has to do better.
    pub(crate) fn decide(self, seed: Seed, request: &str) -> Result<Decision, AnswerError> {
        match call(&self.decision) {
            Some(true) => {}
            Some(false) => {
                let reply = brief(&self.reply);
                let fits = !reply.is_empty() && is_cyrillic(&reply) == is_cyrillic(request);
                return Ok(Decision::Refuse {
                    reason: brief(&self.reason),
                    reply: fits.then_some(reply),
                });
            }
            None => return Err(AnswerError::NoDecision),
        }
        let prompt = first_words(
            &self.prompt,
            Scene::MAX_PROMPT_WORDS,
            Scene::MAX_PROMPT_LETTERS,
        );
        if !prompt.chars().any(char::is_alphabetic) {
            return Err(AnswerError::NoPrompt);
        }
        if prompt.chars().any(|c| c.is_alphabetic() && !is_latin(c)) {
            return Err(AnswerError::NotEnglish);
        }
        Ok(Decision::Draw(Scene {
            prompt,
            negative_prompt: brief(&self.negative_prompt),
            style_notes: first_words(&self.style_notes, Scene::MAX_STYLE_WORDS, MOST_LETTERS),
            palette: palette(&self.palette),
            subjects: cast(&self.subjects),
            setting: Some(brief(&self.setting)).filter(|setting| !setting.is_empty()),
            seed: mixed(seed, &self.seed),
        }))
    }
}

/// The bounds of texts and lists stay; every field is demanded and no other allowed, as constrained decoding wants.
fn demand_everything(schema: &mut Value) {
    if let Value::Object(object) = schema {
        if let Some(Value::Object(properties)) = object.get("properties") {
            let names: Vec<Value> = properties.keys().cloned().map(Value::String).collect();
            object.insert("required".to_owned(), Value::Array(names));
            object.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
        for unneeded in ["default", "title", "description", "format"] {
            if object.get(unneeded).is_some_and(|value| !value.is_object()) {
                object.remove(unneeded);
            }
        }
        object.values_mut().for_each(demand_everything);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(demand_everything);
    }
}

/// Whether it is drawn, in any of the ways in which models say it: "Draw.", "approved", true.
fn call(text: &str) -> Option<bool> {
    let word: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let word = word.to_lowercase();
    if DRAW.contains(&word.as_str()) {
        Some(true)
    } else if REFUSE.contains(&word.as_str()) {
        Some(false)
    } else {
        None
    }
}

fn brief(text: &str) -> String {
    first_words(text, 60, MOST_LETTERS)
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{AA}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}

/// `#abc`, `ABCDEF`, `0xabcdef`.
fn color(text: &str) -> Option<Rgb8> {
    let text = text.trim();
    let digits = text
        .trim_start_matches(['#', ' '])
        .trim_start_matches("0x")
        .trim_start_matches("0X");
    Rgb8::parse_hex(&format!("#{digits}"))
}

fn palette(texts: &[String]) -> Vec<Rgb8> {
    let mut colors = Vec::new();
    for color in texts.iter().take(100).filter_map(|text| color(text)) {
        if !colors.contains(&color) && colors.len() < MOST_COLORS {
            colors.push(color);
        }
    }
    colors
}

/// The donation's seed with the model's mixed in: models like 42, and two donations shall not look alike for it.
fn mixed(seed: Seed, said: &str) -> Seed {
    let said = said.trim();
    match said
        .parse::<u64>()
        .ok()
        .or_else(|| said.parse::<i64>().ok().map(i64::cast_unsigned))
    {
        Some(own) => Seed(seed.0 ^ own.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        None => seed,
    }
}

fn cast(docs: &[SubjectDoc]) -> Vec<Subject> {
    let named: Vec<&SubjectDoc> = docs
        .iter()
        .filter(|doc| doc.name.chars().any(char::is_alphabetic))
        .take(MOST_SUBJECTS)
        .collect();
    let subject = |(at, doc): (usize, &&SubjectDoc)| {
        let wanted = doc.of.trim().to_lowercase();
        let other = named
            .iter()
            .position(|other| other.name.trim().to_lowercase() == wanted)
            .filter(|&other| other != at)
            .and_then(|other| u8::try_from(other).ok());
        Subject {
            name: first_words(&doc.name, 6, 60),
            emoji: emoji(&doc.emoji),
            count: doc
                .count
                .trim()
                .parse::<u64>()
                .map_or(1, |n| n.clamp(1, MOST_OF_ONE) as u8),
            color: color(&doc.color),
            place: place(&doc.place, other),
        }
    };
    named.iter().enumerate().map(subject).collect()
}

fn emoji(text: &str) -> Option<String> {
    let text = text.trim();
    let fits =
        !text.is_empty() && text.chars().count() <= 8 && !text.chars().any(char::is_alphanumeric);
    fits.then(|| text.to_owned())
}

fn place(text: &str, other: Option<u8>) -> Place {
    let word = text.trim().to_lowercase();
    match (word.as_str(), other) {
        ("sky", _) => Place::Sky,
        ("far", _) => Place::Far,
        ("water", _) => Place::Water,
        ("on", Some(n)) => Place::On(n),
        ("under", Some(n)) => Place::Under(n),
        ("in", Some(n)) => Place::In(n),
        ("with", Some(n)) => Place::With(n),
        ("beside", Some(n)) => Place::Beside(n),
        _ => Place::Ground,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(json: &str) -> Result<Decision, AnswerError> {
        AnswerDoc::parse(json)?.decide(Seed(7), "a request")
    }

    fn scene(json: &str) -> Scene {
        match decide(json).unwrap() {
            Decision::Draw(scene) => scene,
            refused @ Decision::Refuse { .. } => panic!("{refused:?}"),
        }
    }

    #[test]
    fn types_are_coerced_and_everything_is_brought_within_its_limits() {
        let colors: Vec<String> = (0..12).map(|n| format!("\"#{n:x}0{n:x}\"")).collect();
        let long = "word ".repeat(200);
        let scene = scene(&format!(
            r#"{{"decision": "Draw.", "prompt": "{long}", "style_notes": "{long}", "seed": "42",
                "palette": [{}], "setting": ["forest", "night"], "unknown": 1,
                "subjects": [{{"name": "cat", "count": "99", "emoji": "🐈", "color": "f80", "place": "On", "of": "Roof"}},
                             {{"name": "roof", "count": 1, "emoji": "house", "place": "somewhere"}}, "moon"]}}"#,
            colors.join(",")
        ));
        assert_eq!(scene.prompt.split(' ').count(), Scene::MAX_PROMPT_WORDS);
        assert_eq!(scene.style_notes.split(' ').count(), Scene::MAX_STYLE_WORDS);
        assert_eq!(scene.palette.len(), MOST_COLORS);
        assert_eq!(scene.palette[1], Rgb8::new(0x11, 0, 0x11));
        assert_eq!(scene.setting.as_deref(), Some("forest, night"));
        assert_ne!(scene.seed, Seed(7));
        let cat = &scene.subjects[0];
        assert_eq!((cat.count, cat.place), (12, Place::On(1)));
        assert_eq!(cat.color, Some(Rgb8::new(255, 136, 0)));
        assert_eq!(scene.subjects[1].emoji, None);
        assert_eq!(scene.subjects[2].name, "moon");
    }

    #[test]
    fn a_decision_is_understood_in_many_words_and_guessed_from_none() {
        for yes in ["draw", "draw.", "DRAW", "Approved", "\\\"draw\\\"", "yes"] {
            scene(&format!(r#"{{"decision": "{yes}", "prompt": "a cat"}}"#));
        }
        scene(r#"{"answer": {"decision": true, "prompt": "a cat"}}"#);
        for no in ["refuse", "Refused.", "no"] {
            let decision = decide(&format!(r#"{{"decision": "{no}", "prompt": "a cat"}}"#));
            assert!(matches!(decision, Ok(Decision::Refuse { .. })), "{no}");
        }
        for neither in ["", "draw or refuse", "maybe", "undraw"] {
            let decision = decide(&format!(
                r#"{{"decision": "{neither}", "prompt": "a cat"}}"#
            ));
            assert_eq!(decision, Err(AnswerError::NoDecision), "{neither}");
        }
    }

    #[test]
    fn what_the_model_has_to_do_better_is_said() {
        let answer = |prompt: &str| format!(r#"{{"decision": "draw", "prompt": "{prompt}"}}"#);
        assert_eq!(decide(&answer(" ")), Err(AnswerError::NoPrompt));
        assert_eq!(
            decide(&answer("кот на крыше")),
            Err(AnswerError::NotEnglish)
        );
        assert!(decide(&answer("a café at night")).is_ok());
        for other in ["[]", "3", "\"draw\"", "null", "{", ""] {
            assert_eq!(decide(other), Err(AnswerError::NotAnObject), "{other}");
        }
    }

    #[test]
    fn a_reply_in_another_language_than_the_donors_gives_way_to_the_configured_line() {
        let refused = |reply: &str, request: &str| {
            let json = format!(r#"{{"decision": "refuse", "reason": "r", "reply": "{reply}"}}"#);
            match AnswerDoc::parse(&json).unwrap().decide(Seed(1), request) {
                Ok(Decision::Refuse { reply, .. }) => reply,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refused("Sorry!", "нарисуй это"), None);
        assert_eq!(
            refused("Прости!", "нарисуй это").as_deref(),
            Some("Прости!")
        );
        assert_eq!(refused("", "draw it"), None);
    }

    #[test]
    fn the_schema_demands_every_field_and_refers_to_nothing() {
        let schema = AnswerDoc::schema();
        let text = schema.to_string();
        assert!(!text.contains("$ref") && !text.contains("$defs"), "{text}");
        assert_eq!(schema["required"].as_array().unwrap().len(), 10);
        assert_eq!(
            schema["properties"]["decision"]["enum"],
            serde_json::json!(["draw", "refuse"])
        );
        assert_eq!(schema["properties"]["palette"]["maxItems"], 6);
        assert_eq!(
            schema["properties"]["subjects"]["items"]["additionalProperties"],
            false
        );
    }
}
