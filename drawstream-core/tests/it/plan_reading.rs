//! Documents that others wrote: what is accepted, and what is said about the rest.

use std::fmt::Write;
use std::path::Path;

use drawstream_core::plan::{Content, Limits, Op, Plan, Version, schema};

fn document(steps: &str) -> String {
    format!(r##"{{"version":"1.0","caption":"c","canvas":{{"w":8,"h":8}},"steps":[{steps}]}}"##)
}

fn errors(json: impl AsRef<[u8]>) -> String {
    let errors = Plan::parse_all(json, &Limits::default()).expect_err("the plan is wrong");
    let mut text = String::new();
    for error in errors {
        let _ = writeln!(text, "{error}");
        if let Some(hint) = error.hint() {
            let _ = writeln!(text, "  hint: {hint}");
        }
    }
    text
}

fn first_op(json: &str) -> Op {
    let plan = Plan::parse(json, &Limits::default()).expect("the plan is right");
    match plan.content() {
        Content::Steps(steps) => steps[0].op.clone(),
        Content::Card(_) => panic!("a card"),
    }
}

#[test]
fn every_malformed_fixture_says_all_that_is_wrong_and_how_to_mend_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/plans/malformed");
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    let mut all = String::new();
    for path in &names {
        let name = path.file_name().unwrap().to_string_lossy();
        let _ = writeln!(all, "== {name}\n{}", errors(std::fs::read(path).unwrap()));
    }
    assert!(names.len() >= 10);
    insta::assert_snapshot!(all);
}

#[test]
fn optional_fields_may_be_null_and_whole_numbers_may_be_written_as_decimals() {
    let json = r##"{"version":"1.0","caption":"c","canvas":{"w":8.0,"h":1e1,"bg":"#abc"},
        "palette":null,"seed":null,"render_text":null,"duration_sec":null,
        "steps":[{"fill":null,"outline":null,"animate":null,"h":4,"w":-3.0,"y":2,"x":1,"op":"rect"}]}"##;
    assert!(matches!(first_op(json), Op::Rect { w: -3, h: 4, .. }));
}

#[test]
fn a_card_has_its_own_time_to_the_millisecond() {
    let json = r##"{"version":"1.0","caption":"c","canvas":{"w":8,"h":8},"steps":[],"render_text":"hi","duration_sec":2.5}"##;
    let plan = Plan::parse(json, &Limits::default()).unwrap();
    assert_eq!(plan.duration().unwrap().as_millis(), 2500);
    let again = Plan::parse(plan.to_json(Version::V1_0), &Limits::default()).unwrap();
    assert_eq!(again, plan);
}

#[test]
fn what_is_over_a_limit_is_refused_with_both_numbers() {
    let limits = Limits {
        points: 3,
        steps: 4,
        ..Limits::default()
    };
    let pixels = r##"{"op":"pixels","color":"#fff","points":[[0,0],[1,0]]}"##;
    let told = |steps: &str| {
        let errors = Plan::parse_all(document(steps), &limits).unwrap_err();
        errors.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        told(&[pixels; 3].join(",")),
        ["steps: 6 points in all are too many, the most is 3"]
    );
    let group = r##"{"op":"group","steps":[]}"##;
    assert_eq!(
        told(&[group; 7].join(",")),
        ["steps: 7 steps in all are too many, the most is 4"]
    );
    let long = Limits {
        bytes: 10,
        ..limits
    };
    let error = Plan::parse(document(""), &long).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the document has 65 bytes, the most is 10"
    );
}

#[test]
fn a_hundred_thousand_groups_in_each_other_are_refused_at_the_seventeenth() {
    let open = r##"{"op":"group","steps":["##.repeat(100_000);
    insta::assert_snapshot!(errors(document(&open)), @r##"
    steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0].steps[0]: 17 nested groups are too many, the most is 16
      hint: put the inner steps into the outer group
    "##);
}

#[test]
fn a_canvas_beyond_every_integer_is_only_a_number_that_is_too_large() {
    let json = |w: &str| {
        format!(
            r##"{{"version":"1.0","caption":"c","canvas":{{"w":{w},"h":0}},"render_text":"x"}}"##
        )
    };
    insta::assert_snapshot!(errors(json("2147483648")), @r##"
    canvas.w: 2147483648 is too large, the most is 2048
    canvas.h: 0 is too small, the least is 1
    "##);
    insta::assert_snapshot!(errors(json("1e300")), @r##"
    canvas.w: 1e300 is too large, the most is 2048
    canvas.h: 0 is too small, the least is 1
    "##);
    insta::assert_snapshot!(errors(json("99999999999999999999")), @r##"
    canvas.w: 1e20 is too large, the most is 2048
    canvas.h: 0 is too small, the least is 1
    "##);
}

#[test]
fn an_op_of_version_1_1_is_refused_in_1_0_wherever_the_version_stands() {
    let json = r##"{"steps":[{"op":"runs","color":"#fff","runs":[[0,0,3]]}],"caption":"c","canvas":{"w":8,"h":8},"version":"1.0"}"##;
    insta::assert_snapshot!(errors(json), @r##"
    steps[0]: "runs" is an op of version 1.1, and the document says 1.0
      hint: set "version" to "1.1"
    "##);
    assert!(Plan::parse(json.replace("1.0", "1.1"), &Limits::default()).is_ok());
}

#[test]
fn what_surrounds_the_document_is_told_as_such() {
    let good = document(r##"{"op":"group","steps":[]}"##);
    assert!(Plan::parse(&good, &Limits::default()).is_ok());
    insta::assert_snapshot!(errors(format!("\u{FEFF}{good}")), @r##"
    the document begins with a byte-order mark
      hint: save the file as UTF-8 without a byte-order mark
    "##);
    insta::assert_snapshot!(errors(format!("{good} {{}}")), @"line 1, column 92: not JSON: trailing characters");
    insta::assert_snapshot!(errors(b"{\"version\": \"\xFF\"}"), @r##"
    byte 13 is not UTF-8
      hint: save the file as UTF-8
    "##);
    insta::assert_snapshot!(errors(""), @"line 1, column 0: not JSON: the document ends within a value");
    insta::assert_snapshot!(errors("[1,2]"), @"the document: a list where an object is expected");
}

/// Documents with every field of every op, so that the table of the reader and the types of the writer can be held
/// against each other.
#[test]
fn the_schema_names_the_same_fields_as_the_reader() {
    for version in [Version::V1_0, Version::V1_1] {
        let schema = serde_json::to_value(schema(version)).unwrap();
        let ops = schema
            .pointer("/$defs/Step/oneOf")
            .unwrap()
            .as_array()
            .unwrap();
        assert_eq!(ops.len(), if version == Version::V1_0 { 7 } else { 9 });
        for op in ops {
            let name = op.pointer("/properties/op/const").unwrap();
            let fields = op["properties"].as_object().unwrap();
            let object: serde_json::Map<_, _> = fields
                .iter()
                .map(|(field, _)| (field.clone(), sample(field, name)))
                .collect();
            let required: Vec<_> = op["required"].as_array().unwrap().iter().collect();
            let read = |object: &serde_json::Map<_, _>| {
                let step = serde_json::Value::Object(object.clone()).to_string();
                let json = document(&step).replacen("1.0", version.name(), 1);
                Plan::parse_all(json, &Limits::default())
            };
            assert!(read(&object).is_ok(), "{name}: {:?}", read(&object));
            for field in fields.keys() {
                let mut without = object.clone();
                without.remove(field);
                let needed = required.iter().any(|name| *name == field);
                assert_eq!(read(&without).is_err(), needed, "{name} without {field}");
            }
        }
    }
}

fn sample(field: &str, op: &serde_json::Value) -> serde_json::Value {
    use serde_json::json;
    match field {
        "op" => op.clone(),
        "fill" | "outline" | "color" => json!("#abcdef"),
        "value" | "font" => json!("x"),
        "points" => json!([[0, 0], [1, 1], [2, 0]]),
        "runs" => json!([[0, 0, 2]]),
        "steps" => json!([]),
        "animate" => json!({"mode": "fill", "ease": "linear"}),
        _ => json!(4),
    }
}

#[test]
fn both_schemas_are_as_published() {
    let pretty = |version| serde_json::to_string_pretty(&schema(version)).unwrap();
    insta::assert_snapshot!("schema_1_1", pretty(Version::V1_1));
}

#[test]
fn points_far_beyond_the_canvas_become_runs_that_can_be_read_again() {
    let points: Vec<_> = (-3000..3000).map(|x| format!("[{x},2]")).collect();
    let step = format!(
        r##"{{"op":"pixels","color":"#fff","points":[{}]}}"##,
        points.join(",")
    );
    let plan = Plan::parse(document(&step), &Limits::default()).unwrap();
    let json = plan.with_runs().to_json(Version::V1_1);
    let Op::Runs { runs, .. } = first_op(&json) else {
        panic!("a row is written as runs");
    };
    let pixels: u32 = runs.iter().map(|run| run.len.unsigned_abs()).sum();
    assert_eq!((runs.len(), pixels), (3, 6000));
}
