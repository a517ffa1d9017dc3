//! The gate on requests as people write them: what it is tuned on, and what was written after its lists were closed.

use crate::gate::{Call, Field, Gate};

const TUNED: &str = include_str!("../../../../fixtures/gate/rows.txt");
const INNOCENT: &str = include_str!("../../../../fixtures/gate/rows_innocent.txt");
const HELD_BACK: &str = include_str!("../../../../fixtures/gate/held_back.txt");

/// A request under its headline `[category language mask]`.
struct Row<'a> {
    category: &'a str,
    hides: bool,
    text: &'a str,
}

fn rows(file: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut head = ("", false);
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if let Some(words) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            let category = words.split(' ').next().unwrap_or("");
            head = (category, words.ends_with(" mask"));
        } else {
            let (category, hides) = head;
            rows.push(Row {
                category,
                hides,
                text: line,
            });
        }
    }
    rows
}

/// Whether the gate does what the row asks for.
fn is_right(gate: &Gate, row: &Row<'_>) -> bool {
    let verdict = gate.screen(row.text, Field::Message);
    let hidden = !verdict.masks.is_empty();
    match row.category {
        "art" | "chat" | "innocent" => verdict.call == Call::Allow && !hidden,
        "mild-insult" => verdict.call == Call::Allow && hidden,
        _ => verdict.call == Call::Block && (hidden || !row.hides),
    }
}

/// At least so many of a thousand rows must be right.
fn check(rows: &[Row<'_>], least: usize) {
    let gate = Gate::default();
    let wrong: Vec<&str> = rows
        .iter()
        .filter(|row| !is_right(&gate, row))
        .map(|row| row.text)
        .collect();
    let right = rows.len() - wrong.len();
    println!("{right} of {}", rows.len());
    assert!(
        1_000 * right >= least * rows.len(),
        "{right} of {}: {wrong:#?}",
        rows.len()
    );
}

#[test]
fn what_the_gate_is_tuned_on_is_stopped_and_hidden() {
    check(&rows(TUNED), 995);
}

#[test]
fn what_the_gate_is_tuned_on_is_drawn_where_it_is_innocent() {
    check(&rows(INNOCENT), 995);
}

#[test]
fn requests_held_back_from_tuning_are_judged_as_they_should() {
    let (innocent, bad): (Vec<_>, Vec<_>) = rows(HELD_BACK)
        .into_iter()
        .partition(|row| row.category == "innocent");
    check(&bad, 950);
    check(&innocent, 965);
}
