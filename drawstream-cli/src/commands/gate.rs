//! `drawstream gate`: what the gate says about texts, for scripts and for people.

mod picture;

use std::io::{self, BufRead, BufWriter, Write};
use std::path::PathBuf;

use drawstream_core::donation::RawText;
use drawstream_core::gate::{Call, Field, Gate, Hit, Verdict};
use serde::Deserialize;
use serde_json::json;

use super::settings;
use crate::failure::Failure;
use crate::house_gate::{self, PolicyRule};

/// Reads lines or JSONL on standard input and writes what the gate says to each as JSONL.
///
/// A line that is a JSON object is read as `{"id", "text", "field": "message" or "name"}`, any other as a message.
#[derive(Debug, clap::Args)]
pub struct GateArgs {
    #[command(subcommand)]
    command: Option<GateCommand>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, clap::Args)]
struct Settings {
    /// A file of the streamer's own rules: `category | pattern # why`, or `allow | word`.
    #[arg(long, global = true, value_name = "FILE")]
    words: Option<PathBuf>,
    /// Changes what is done about a category: CATEGORY.FIELD=ACTION, as `mild-insult.message=allow`.
    #[arg(long, global = true, value_name = "RULE", value_parser = house_gate::rule)]
    policy: Vec<PolicyRule>,
}

#[derive(Debug, clap::Subcommand)]
enum GateCommand {
    /// Shows which rule saw what, where, and through which trick.
    Explain {
        /// The text.
        text: String,
        /// Whether it is a message or a donor's name.
        #[arg(long, default_value = "message", value_parser = house_gate::field)]
        field: Field,
    },
    /// Looks at pictures as the image gate does, and writes what it sees in each as JSONL.
    Picture(PictureArgs),
}

#[derive(Debug, clap::Args)]
struct PictureArgs {
    /// The pictures.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    settings: settings::Settings,
}

/// A line of JSONL. Corpora have more fields than these.
#[derive(Deserialize)]
struct LineDoc {
    #[serde(default)]
    id: serde_json::Value,
    text: String,
    #[serde(default)]
    field: FieldDoc,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FieldDoc {
    #[default]
    Message,
    Name,
}

impl GateArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// A file of words that cannot be read, or standard input or output that fails.
    pub fn run(self) -> Result<(), Failure> {
        if let Some(GateCommand::Picture(pictures)) = &self.command {
            let config = pictures.settings.load()?;
            return picture::judge_all(&config, &pictures.files);
        }
        let gate = house_gate::open(self.settings.words.as_deref(), &self.settings.policy)?;
        let out = BufWriter::new(io::stdout().lock());
        match self.command {
            Some(GateCommand::Explain { text, field }) => explain(&gate, &text, field, out),
            Some(GateCommand::Picture(_)) | None => screen_lines(&gate, io::stdin().lock(), out),
        }
        .map_err(Failure::from)
    }
}

/// One JSON line for each line that has something in it. Bytes that are no text are read as `�`.
fn screen_lines(gate: &Gate, input: impl BufRead, mut out: impl Write) -> io::Result<()> {
    for (nth, line) in input.split(b'\n').enumerate() {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        let doc = serde_json::from_str(&line).unwrap_or_else(|_| LineDoc {
            id: json!(nth + 1),
            text: line.trim_end_matches('\r').to_owned(),
            field: FieldDoc::Message,
        });
        writeln!(out, "{}", answer(gate, &doc))?;
    }
    out.flush()
}

fn answer(gate: &Gate, doc: &LineDoc) -> serde_json::Value {
    let field = match doc.field {
        FieldDoc::Message => Field::Message,
        FieldDoc::Name => Field::Name,
    };
    let verdict = gate.screen(&doc.text, field);
    let shown = gate.screen_text(&RawText::new(doc.text.as_str()), field);
    let hits: Vec<_> = verdict.hits.iter().map(hit_json).collect();
    json!({
        "id": doc.id,
        "verdict": call_name(verdict.call),
        "masked": !verdict.masks.is_empty(),
        "masked_text": shown.as_str(),
        "hits": hits,
    })
}

fn hit_json(hit: &Hit) -> serde_json::Value {
    json!({
        "category": hit.category.name(),
        "severity": format!("{:?}", hit.severity).to_lowercase(),
        "rule": &*hit.rule,
        "trick": hit.trick.name(),
        "start": hit.span.start,
        "end": hit.span.end,
    })
}

fn call_name(call: Call) -> &'static str {
    match call {
        Call::Allow => "allow",
        Call::Block => "block",
    }
}

/// The verdict in words. The person who asks typed the text, so it is shown as it is, but for control characters.
fn explain(gate: &Gate, text: &str, field: Field, mut out: impl Write) -> io::Result<()> {
    let verdict = gate.screen(text, field);
    let shown = gate.screen_text(&RawText::new(text), field);
    writeln!(out, "verdict:  {}", call_name(verdict.call))?;
    writeln!(out, "on screen: {}", shown.as_str())?;
    if verdict.hits.is_empty() {
        writeln!(out, "no rule saw anything")?;
    }
    for hit in &verdict.hits {
        explain_hit(&verdict, hit, text, &mut out)?;
    }
    out.flush()
}

fn explain_hit(verdict: &Verdict, hit: &Hit, text: &str, out: &mut impl Write) -> io::Result<()> {
    let seen: String = text
        .get(hit.span.clone())
        .unwrap_or("")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    let masked = verdict
        .masks
        .iter()
        .any(|mask| mask.start <= hit.span.start && hit.span.end <= mask.end);
    writeln!(out, "\n{seen:?}")?;
    writeln!(out, "  rule:   {}", hit.rule)?;
    if !hit.why.is_empty() {
        writeln!(out, "  why:    {}", hit.why)?;
    }
    writeln!(out, "  trick:  {}", hit.trick.name())?;
    writeln!(out, "  bytes:  {}..{}", hit.span.start, hit.span.end)?;
    writeln!(out, "  hidden: {}", if masked { "yes" } else { "no" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expected: &[(&str, &str)]) {
        let mut out = Vec::new();
        screen_lines(&Gate::default(), input, &mut out).unwrap();
        let lines: Vec<serde_json::Value> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let seen: Vec<_> = lines
            .iter()
            .map(|line| {
                let id = line["id"].to_string();
                (id, line["masked_text"].as_str().unwrap().to_owned())
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(id, text)| (id.to_owned(), text.to_owned()))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn lines_and_jsonl_are_answered_in_order_and_bad_bytes_are_read() {
        check(
            b"a cat\r\n\n{\"id\": \"x\", \"text\": \"a dog\", \"field\": \"name\", \"more\": 1}\n\xff cat\n{broken",
            &[("1", "a cat"), ("\"x\"", "a dog"), ("4", "\u{fffd} cat"), ("5", "{broken")],
        );
    }
}
