//! The gate as the streamer has set it up: own words beside the built-in ones, and what is done about a category.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use drawstream_core::gate::{Action, Category, Field, Gate, Policy};

use crate::failure::Failure;

/// What is done about a category in a field, where it is not what the built-in policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyRule {
    category: Category,
    field: Field,
    action: Action,
}

/// Reads a field's name.
///
/// # Errors
/// Says which there are.
pub fn field(text: &str) -> Result<Field, String> {
    match text {
        "message" => Ok(Field::Message),
        "name" => Ok(Field::Name),
        _ => Err("a field is `message` or `name`".to_owned()),
    }
}

/// Reads `CATEGORY.FIELD=ACTION`.
///
/// # Errors
/// Says which part is wrong and what there is instead.
pub fn rule(text: &str) -> Result<PolicyRule, String> {
    let parts = || {
        let (place, action) = text.trim().split_once('=')?;
        let (category, field) = place.split_once('.')?;
        Some((category, field, action))
    };
    let (category, at, action) = parts().ok_or("write CATEGORY.FIELD=ACTION")?;
    Ok(PolicyRule {
        category: Category::parse(category).ok_or_else(|| {
            let names = Category::ALL.map(Category::name).join(", ");
            format!("there is no category {category:?}; there are {names}")
        })?,
        field: field(at)?,
        action: Action::parse(action)
            .ok_or("an action is `allow`, `mask`, `block` or `block-and-mask`")?,
    })
}

/// The gate with these words and rules.
///
/// # Errors
/// A file of words that cannot be read, or a line in it that is no rule.
pub fn open(words: Option<&Path>, rules: &[PolicyRule]) -> Result<Gate, Failure> {
    let mut policy = Policy::default();
    for rule in rules {
        policy.set(rule.category, rule.field, rule.action);
    }
    let Some(path) = words else {
        return Ok(Gate::new(policy));
    };
    let words = fs::read_to_string(path)
        .with_context(|| format!("read the words in {}", path.display()))
        .map_err(Failure::input)?;
    Gate::with_words(policy, &words)
        .with_context(|| format!("read the words in {}", path.display()))
        .map_err(Failure::input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_streamers_words_and_policy_reach_the_shows_gate() {
        let folder = tempfile::tempdir().unwrap();
        let words = folder.path().join("words.txt");
        fs::write(
            &words,
            "harassment | quuxbert # an old quarrel of the chat\n",
        )
        .unwrap();
        let said = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let words = said("gate.words", &words.display().to_string());
        let blocks = |settings: &[(String, String)]| {
            let gate = Config::load(None, settings).unwrap().gate.open().unwrap();
            !gate.screen("draw quuxbert", Field::Message).hits.is_empty()
        };
        assert!(!blocks(&[]));
        assert!(blocks(&[words]));
        assert!(Config::load(None, &[said("gate.policy", "gore.message=maybe")]).is_err());
        let lax = said("gate.policy", "gore.message=allow, gore.name=allow");
        assert_eq!(Config::load(None, &[lax]).unwrap().gate.policy.len(), 2);
        let lost = said("gate.words", "/no/such/file");
        assert!(Config::load(None, &[lost]).unwrap().gate.open().is_err());
    }

    #[test]
    fn a_rule_names_what_it_does_not_know() {
        let mild = rule("mild-insult.message=allow").unwrap();
        assert_eq!(mild.category, Category::MildInsult);
        assert!(
            rule("nonsense.message=allow")
                .unwrap_err()
                .contains("mild-insult")
        );
        assert!(rule("gore.title=allow").is_err());
        assert!(rule("gore.name=perhaps").is_err());
    }
}
