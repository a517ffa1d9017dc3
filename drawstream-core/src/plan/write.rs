//! The canonical form of a document: fields in a fixed order, a line for every step.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::doc::{CanvasDoc, HexColor, PlanDoc, StepDoc};
use super::{Content, Plan, Step, Version, convert};

impl Version {
    /// As documents write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
        }
    }

    /// Reads what documents write; `None` for an unknown version.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::V1_0, Self::V1_1]
            .into_iter()
            .find(|version| version.name() == name)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Plan {
    /// The plan as a document: the same plan always gives the same bytes, and reading them gives the same plan.
    ///
    /// Version 1.0 has neither runs nor brush strokes: they are written as the pixel lists that they uncover, so
    /// that every moment of the painting looks the same. Version 1.1 is written as the plan is.
    pub fn to_json(&self, version: Version) -> String {
        let steps = match (&self.content, version) {
            (Content::Card(_), Version::V1_0 | Version::V1_1) => None,
            (Content::Steps(steps), Version::V1_1) => Some(Cow::Borrowed(steps.as_slice())),
            (Content::Steps(steps), Version::V1_0) => {
                Some(convert::without_new_ops(steps, self.canvas.size))
            }
        };
        let card = match &self.content {
            Content::Card(text) => Some(text.as_str()),
            Content::Steps(_) => None,
        };
        let head = PlanDoc {
            version: version.name(),
            caption: &self.caption,
            canvas: CanvasDoc {
                w: self.canvas.size.w(),
                h: self.canvas.size.h(),
                bg: HexColor(self.canvas.background),
            },
            palette: self
                .palette
                .as_ref()
                .map(|colors| colors.iter().copied().map(HexColor).collect()),
            seed: self.seed,
            duration_sec: self.duration.map(seconds),
            render_text: card,
            steps: None,
        };
        let mut json = write(&head);
        json.pop();
        if let Some(steps) = steps {
            json.push_str(",\"steps\":[");
            push_steps(&mut json, &steps);
            json.push(']');
        }
        json.push_str("}\n");
        json
    }
}

fn push_steps(json: &mut String, steps: &[Step]) {
    for (index, step) in steps.iter().enumerate() {
        json.push_str(if index == 0 { "\n" } else { ",\n" });
        json.push_str(&write(&StepDoc::from(step)));
    }
    json.push('\n');
}

fn write(doc: &impl Serialize) -> String {
    serde_json::to_string(doc).expect("documents have text keys and finite numbers")
}

/// Whole seconds as a whole number, others as a decimal.
fn seconds(time: std::time::Duration) -> serde_json::Number {
    if time.subsec_nanos() == 0 {
        return time.as_secs().into();
    }
    serde_json::Number::from_f64(time.as_secs_f64()).expect("a duration is finite")
}
