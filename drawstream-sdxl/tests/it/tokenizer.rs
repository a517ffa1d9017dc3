//! Token ids: of the reference's prompts by both tokenizers, and of CLIP's full vocabulary.

use std::env;
use std::fs;
use std::path::PathBuf;

use drawstream_sdxl::{ClipTokenizer, Padding, Weights};
use serde_json::Value;

use crate::reference::{lists, pipeline, workspace};

fn ids(value: &Value) -> Vec<u32> {
    let list = value.as_array().expect("ids");
    list.iter()
        .map(|id| id.as_u64().expect("an id") as u32)
        .collect()
}

#[test]
fn both_tokenizers_give_the_references_ids() {
    let weights = Weights::open(&pipeline()).expect("the reference's model is whole");
    for prompt in lists()["prompts"].as_array().expect("prompts") {
        let text = prompt["prompt"].as_str().expect("a prompt");
        for (tokenizer, key) in weights.tokenizers().iter().zip(["ids_1", "ids_2"]) {
            assert_eq!(
                tokenizer.encode(text),
                ids(&prompt[key]),
                "{key} of {text:?}"
            );
        }
    }
}

fn check_full_vocabulary(tokenizer: &ClipTokenizer) {
    let path = workspace().join("fixtures/clip-tokenizer/ids.json");
    let texts: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("the fixture")).expect("JSON");
    for text in texts.as_array().expect("texts") {
        let expected = ids(&text["ids"]);
        let text = text["text"].as_str().expect("a text");
        assert_eq!(tokenizer.encode(text), expected, "{text:?}");
    }
}

#[test]
fn clips_own_vocabulary_gives_clips_ids() {
    check_full_vocabulary(&ClipTokenizer::clip(Padding::End));
}

#[test]
fn a_tokenizers_folder_gives_the_same_ids_as_the_built_in_one() {
    let shared = env::var_os("DRAWSTREAM_SHARED")
        .map_or_else(|| workspace().join("../shared"), PathBuf::from);
    let folder = shared.join("sdxl-reference/clip-tokenizer");
    if folder.is_dir() {
        check_full_vocabulary(&ClipTokenizer::open(&folder).expect("a tokenizer"));
    }
}

#[test]
fn a_count_is_of_the_whole_text_though_ids_are_cut() {
    let tokenizer = ClipTokenizer::clip(Padding::Zero);
    assert_eq!(tokenizer.count("a cat"), 2);
    let long = "a cat ".repeat(100);
    assert_eq!(tokenizer.count(&long), 200);
    assert_eq!(tokenizer.encode(&long).len(), 77);
}

#[test]
fn hostile_text_is_only_text() {
    let tokenizer = ClipTokenizer::clip(Padding::End);
    let empty = tokenizer.encode("");
    for text in ["\0", "\u{200B}", "\u{FEFF}\u{FFFD}", "\u{202E}"] {
        assert_eq!(tokenizer.encode(text), empty, "{text:?}");
    }
    // One word of ten thousand letters is counted in no time worth measuring.
    let word: String = (0..10_000u32)
        .filter_map(|at| char::from_u32(u32::from('a') + at * 7 % 26))
        .collect();
    assert!(tokenizer.count(&word) > 100);
}
