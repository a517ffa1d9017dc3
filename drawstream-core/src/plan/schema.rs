//! The format as JSON Schema, from the very types that documents are written with.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::Version;
use super::doc::PlanDoc;

/// The JSON Schema (2020-12) of a version's documents.
///
/// It says what a document may hold; limits that concern the whole of it (steps and points in all) it cannot.
pub fn schema(version: Version) -> Schema {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<PlanDoc<'_>>();
    schema.insert(
        "oneOf".to_owned(),
        json!([
            {
                "required": ["steps"],
                "properties": { "steps": { "minItems": 1 }, "render_text": { "maxLength": 0 } }
            },
            {
                "required": ["render_text"],
                "properties": { "render_text": { "minLength": 1 }, "steps": { "maxItems": 0 } }
            }
        ]),
    );
    let versions = match version {
        Version::V1_0 => json!(["1.0"]),
        Version::V1_1 => json!(["1.0", "1.1"]),
    };
    if let Some(name) = schema.pointer_mut("/properties/version") {
        name["enum"] = versions;
    }
    if version == Version::V1_0
        && let Some(Value::Array(ops)) = schema.pointer_mut("/$defs/Step/oneOf")
    {
        ops.retain(|op| {
            let name = op.pointer("/properties/op/const").and_then(Value::as_str);
            !matches!(name, Some("runs" | "brush"))
        });
    }
    if version == Version::V1_0
        && let Some(Value::Object(definitions)) = schema.pointer_mut("/$defs")
    {
        definitions.shift_remove("Run");
    }
    schema
}
