//! The API's own description (OpenAPI 3.1), made from the types that the routes take and give.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{Accepted, Cleared, DonateBody, Health, Problem, QueueView, SourceView};

/// The document at `/openapi.json`.
pub(crate) fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut schemas = settings.into_generator();
    let paths = json!({
        "/health": { "get": operation::<Health>(&mut schemas, "How the program is", 200) },
        "/queue": { "get": operation::<QueueView>(&mut schemas, "What is on and what waits", 200) },
        "/sources": { "get": operation::<Vec<SourceView>>(&mut schemas, "Where donations come from, and how each source is", 200) },
        "/queue/skip": { "post": operation::<Accepted>(&mut schemas, "End what is on; 409 where nothing is", 202) },
        "/queue/clear": { "post": operation::<Cleared>(&mut schemas, "Empty the queue; what is on goes on", 202) },
        "/queue/pause": { "post": operation::<Accepted>(&mut schemas, "Let time stand still", 202) },
        "/queue/resume": { "post": operation::<Accepted>(&mut schemas, "Let time go on", 202) },
        "/queue/close": { "post": operation::<Accepted>(&mut schemas, "Take no more requests: what is given is thanked for", 202) },
        "/queue/open": { "post": operation::<Accepted>(&mut schemas, "Take requests again", 202) },
        "/commands/donate": { "post": with_body::<DonateBody>(
            &mut schemas,
            operation::<Accepted>,
            "Make a test donation; it is written to the ledger before this answers",
        ) },
        "/control/shutdown": { "post": operation::<Accepted>(&mut schemas, "End the program after the stroke", 202) },
    });
    json!({
        "openapi": "3.1.0",
        "info": { "title": "drawstream control API", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
        "security": [{}, { "token": [] }],
    })
}

fn operation<T: JsonSchema>(schemas: &mut SchemaGenerator, summary: &str, status: u16) -> Value {
    let answer = schemas.subschema_for::<T>();
    let problem = schemas.subschema_for::<Problem>();
    json!({
        "summary": summary,
        "responses": {
            status.to_string(): {
                "description": "done", "content": { "application/json": { "schema": answer } },
            },
            "default": {
                "description": "not done", "content": { "application/problem+json": { "schema": problem } },
            },
        },
    })
}

fn with_body<B: JsonSchema>(
    schemas: &mut SchemaGenerator,
    operation: fn(&mut SchemaGenerator, &str, u16) -> Value,
    summary: &str,
) -> Value {
    let mut described = operation(schemas, summary, 202);
    let body = schemas.subschema_for::<B>();
    described["requestBody"] =
        json!({ "required": true, "content": { "application/json": { "schema": body } } });
    described
}
