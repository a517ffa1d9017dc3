//! A scene as JSON: how the ledger keeps it, and how it is read back after a restart.

use drawstream_core::color::Rgb8;
use drawstream_core::scene::{Place, Scene, Seed, Subject};
use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SceneDoc {
    prompt: String,
    negative_prompt: String,
    style_notes: String,
    palette: Vec<String>,
    subjects: Vec<SubjectDoc>,
    setting: Option<String>,
    /// As text: JSON numbers lose the low bits of large ones.
    seed: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SubjectDoc {
    name: String,
    emoji: Option<String>,
    count: u8,
    color: Option<String>,
    place: PlaceDoc,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum PlaceDoc {
    Ground,
    Sky,
    On(u8),
    Under(u8),
    In(u8),
    With(u8),
    Beside(u8),
    Far,
    Water,
}

/// Writes a scene.
pub(crate) fn to_json(scene: &Scene) -> String {
    let subject = |s: &Subject| SubjectDoc {
        name: s.name.clone(),
        emoji: s.emoji.clone(),
        count: s.count,
        color: s.color.map(|c| c.to_string()),
        place: match s.place {
            Place::Ground => PlaceDoc::Ground,
            Place::Sky => PlaceDoc::Sky,
            Place::On(n) => PlaceDoc::On(n),
            Place::Under(n) => PlaceDoc::Under(n),
            Place::In(n) => PlaceDoc::In(n),
            Place::With(n) => PlaceDoc::With(n),
            Place::Beside(n) => PlaceDoc::Beside(n),
            Place::Far => PlaceDoc::Far,
            Place::Water => PlaceDoc::Water,
        },
    };
    let doc = SceneDoc {
        prompt: scene.prompt.clone(),
        negative_prompt: scene.negative_prompt.clone(),
        style_notes: scene.style_notes.clone(),
        palette: scene.palette.iter().map(ToString::to_string).collect(),
        subjects: scene.subjects.iter().map(subject).collect(),
        setting: scene.setting.clone(),
        seed: scene.seed.0.to_string(),
    };
    serde_json::to_string(&doc).expect("strings and numbers are always JSON")
}

/// Reads a scene; `None` for what no version of this program wrote. It has to pass the gate again.
pub(crate) fn parse(json: &str) -> Option<Scene> {
    let doc: SceneDoc = serde_json::from_str(json).ok()?;
    let color = |text: &String| Rgb8::parse_hex(text);
    let subject = |s: SubjectDoc| Subject {
        name: s.name,
        emoji: s.emoji,
        count: s.count,
        color: s.color.as_ref().and_then(color),
        place: match s.place {
            PlaceDoc::Ground => Place::Ground,
            PlaceDoc::Sky => Place::Sky,
            PlaceDoc::On(n) => Place::On(n),
            PlaceDoc::Under(n) => Place::Under(n),
            PlaceDoc::In(n) => Place::In(n),
            PlaceDoc::With(n) => Place::With(n),
            PlaceDoc::Beside(n) => Place::Beside(n),
            PlaceDoc::Far => Place::Far,
            PlaceDoc::Water => Place::Water,
        },
    };
    Some(Scene {
        prompt: doc.prompt,
        negative_prompt: doc.negative_prompt,
        style_notes: doc.style_notes,
        palette: doc.palette.iter().filter_map(color).collect(),
        subjects: doc.subjects.into_iter().map(subject).collect(),
        setting: doc.setting,
        seed: Seed(doc.seed.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_comes_back_from_the_ledger_as_it_was() {
        let scene = Scene {
            prompt: "a cat on a roof".to_owned(),
            negative_prompt: "blur".to_owned(),
            style_notes: "calm".to_owned(),
            palette: vec![Rgb8::new(1, 2, 3)],
            subjects: vec![Subject {
                name: "cat".to_owned(),
                emoji: Some("🐈".to_owned()),
                count: 2,
                color: Some(Rgb8::WHITE),
                place: Place::On(1),
            }],
            setting: Some("city".to_owned()),
            seed: Seed(u64::MAX),
        };
        assert_eq!(parse(&to_json(&scene)), Some(scene));
        assert_eq!(parse("{}"), None);
    }
}
