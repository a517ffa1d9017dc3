//! The API's own description (OpenAPI 3.1), made from the types that the routes take and give.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::pool::PoolView;

use super::{
    Accepted, Cleared, DonateBody, DonationList, DonationView, EditBody, EventView, ForgetBody,
    Forgotten, Health, ListQuery, MoveBody, Problem, QueueView, SessionBody, SessionView,
    SettingsPatch, SettingsView, SourceView,
};

/// The document at `/openapi.json`.
pub(crate) fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut schemas = settings.into_generator();
    let mut paths = Map::new();
    for described in operations(&mut schemas) {
        let (path, method, mut operation) = described;
        if path.contains("{id}") {
            operation["parameters"] = json!([{
                "name": "id", "in": "path", "required": true, "schema": { "type": "integer" },
            }]);
        }
        if let Value::Object(item) = paths
            .entry(path)
            .or_insert_with(|| Value::Object(Map::new()))
        {
            item.insert(method.to_owned(), operation);
        }
    }
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

type Operation = (&'static str, &'static str, Value);

fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let mut all = asked(schemas);
    all.extend(commanded(schemas));
    all.extend(streams(schemas));
    all
}

fn asked(s: &mut SchemaGenerator) -> Vec<Operation> {
    let list = operation::<DonationList>(s, "Donations of a list", 200);
    vec![
        (
            "/health",
            "get",
            operation::<Health>(s, "How the program is", 200),
        ),
        (
            "/queue",
            "get",
            operation::<QueueView>(s, "What is on and what waits", 200),
        ),
        (
            "/sources",
            "get",
            operation::<Vec<SourceView>>(
                s,
                "Where donations come from, and how each source is",
                200,
            ),
        ),
        (
            "/pool",
            "get",
            operation::<PoolView>(
                s,
                "Painters on other machines; 404 where the show has none",
                200,
            ),
        ),
        (
            "/session",
            "get",
            operation::<SessionView>(s, "Who asks", 200),
        ),
        (
            "/settings",
            "get",
            operation::<SettingsView>(s, "What can be changed while the show goes on", 200),
        ),
        ("/donations", "get", with_query::<ListQuery>(s, list)),
        (
            "/donations/{id}",
            "get",
            operation::<DonationView>(s, "A donation", 200),
        ),
    ]
}

fn commanded(s: &mut SchemaGenerator) -> Vec<Operation> {
    let simple = [
        ("/queue/skip", "End what is on; 409 where nothing is"),
        ("/queue/pause", "Let time stand still"),
        ("/queue/resume", "Let time go on"),
        (
            "/queue/close",
            "Take no more requests: what is given is thanked for",
        ),
        ("/queue/open", "Take requests again"),
        ("/queue/replay", "Draw what is on from its beginning again"),
        ("/queue/hold-longer", "What is on stays longer"),
        (
            "/panic/on",
            "Cover the stage with the next frame; the queue stays",
        ),
        ("/panic/off", "Lift the cover"),
        ("/donations/{id}/approve", "It may be seen"),
        (
            "/donations/{id}/refuse",
            "It is not drawn; its card is shown",
        ),
        (
            "/donations/{id}/retry",
            "Once more, from its painting or from the start",
        ),
        (
            "/donations/{id}/undo",
            "Take back what was decided about it last",
        ),
        ("/control/shutdown", "End the program after the stroke"),
    ];
    let mut all: Vec<Operation> = Vec::new();
    for (path, summary) in simple {
        all.push((path, "post", command::<Accepted>(s, summary, 202)));
    }
    all.push((
        "/queue/clear",
        "post",
        command::<Cleared>(s, "Empty the queue; what is on goes on", 202),
    ));
    let donate = command::<Accepted>(
        s,
        "Make a test donation; it is written to the ledger before this answers",
        202,
    );
    all.push((
        "/commands/donate",
        "post",
        with_body::<DonateBody>(s, donate),
    ));
    let forget = command::<Forgotten>(
        s,
        "Take a person's words and name out of what has ended; sums and dates stay",
        202,
    );
    all.push((
        "/history/forget",
        "post",
        with_body::<ForgetBody>(s, forget),
    ));
    let shift = command::<Accepted>(s, "Give it another turn", 202);
    all.push((
        "/donations/{id}/move",
        "post",
        with_body::<MoveBody>(s, shift),
    ));
    let edit = command::<Accepted>(s, "Paint it from other words; they pass the gate", 202);
    all.push((
        "/donations/{id}/edit",
        "post",
        with_body::<EditBody>(s, edit),
    ));
    let settings = command::<SettingsView>(s, "Change settings until the program ends", 200);
    all.push((
        "/settings",
        "patch",
        with_body::<SettingsPatch>(s, settings),
    ));
    let session = command::<SessionView>(s, "Show a link's token and be known by a cookie", 200);
    all.push(("/session", "post", with_body::<SessionBody>(s, session)));
    all
}

fn streams(s: &mut SchemaGenerator) -> Vec<Operation> {
    let file = |kind: &str, summary: &str| {
        json!({
            "summary": summary,
            "responses": { "200": { "description": "done", "content": { kind: {} } } },
        })
    };
    let event = s.subschema_for::<EventView>();
    let events = json!({
        "summary": "Everything as it is, then what of it changes, as server-sent events; at /events/ws the same as messages of a WebSocket",
        "responses": { "200": { "description": "a stream", "content": { "text/event-stream": { "schema": event } } } },
    });
    let socket = json!({
        "summary": "The event stream over a WebSocket",
        "responses": { "101": { "description": "a stream", "content": { "application/json": { "schema": event } } } },
    });
    vec![
        ("/events", "get", events),
        ("/events/ws", "get", socket),
        (
            "/canvas/ws",
            "get",
            file(
                "application/octet-stream",
                "The canvas over a WebSocket: changed pixels as runs of palette numbers",
            ),
        ),
        (
            "/canvas.png",
            "get",
            file("image/png", "The canvas as it is now, a pixel for a pixel"),
        ),
        (
            "/donations/{id}/picture.png",
            "get",
            file("image/png", "The finished picture"),
        ),
        (
            "/donations/{id}/plan.json",
            "get",
            file("application/json", "The plan of strokes (Canvas-DSL)"),
        ),
        (
            "/donations/{id}/timelapse.gif",
            "get",
            file("image/gif", "The painting as it comes about"),
        ),
        (
            "/metrics",
            "get",
            file("text/plain", "What is counted, for Prometheus"),
        ),
    ]
}

/// An operation that changes something.
fn command<T: JsonSchema>(schemas: &mut SchemaGenerator, summary: &str, status: u16) -> Value {
    let mut described = operation::<T>(schemas, summary, status);
    described["description"] =
        json!("With an `Idempotency-Key` header it is done once, however often it is sent.");
    described
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

fn with_body<B: JsonSchema>(schemas: &mut SchemaGenerator, mut described: Value) -> Value {
    let body = schemas.subschema_for::<B>();
    described["requestBody"] =
        json!({ "required": true, "content": { "application/json": { "schema": body } } });
    described
}

/// The fields of a query as parameters.
fn with_query<Q: JsonSchema>(schemas: &mut SchemaGenerator, mut described: Value) -> Value {
    let schema = schemas.root_schema_for::<Q>().to_value();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let parameters: Vec<Value> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let needed = required.contains(&json!(name));
            json!({ "name": name, "in": "query", "required": needed, "schema": schema })
        })
        .collect();
    described["parameters"] = json!(parameters);
    described
}
