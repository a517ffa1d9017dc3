//! [`Chat`]: the wire to a language model, native Ollama or compatible with OpenAI's.

use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::AnswerDoc;
use super::briefing::Message;
use crate::peer::{Peer, PeerError};

/// The longest answer that is read, in bytes. A decision takes about two thousand.
const LONGEST: usize = 256 << 10;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Ollama's own API: only there the context's length can be given.
    Ollama,
    /// OpenAI's.
    OpenAi,
}

/// What is asked of a model besides the words.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) model: String,
    pub(crate) temperature: f32,
    /// Longest answer in tokens.
    pub(crate) max_tokens: u32,
    /// Tokens of question and answer together; Ollama alone is told.
    pub(crate) context: u32,
    /// How long the model stays loaded, in Ollama's words.
    pub(crate) keep_alive: String,
}

/// How an answer's form is enforced, the strictest first. A server that refuses one is asked in the next.
const FORMS: [Form; 3] = [Form::Schema, Form::Object, Form::Free];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Schema,
    Object,
    Free,
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Self::Schema => "a schema",
            Self::Object => "JSON",
            Self::Free => "plain text",
        }
    }
}

/// What a model answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// Its answer; of a model that thought and said nothing, its thoughts.
    pub(crate) text: String,
    /// What that is.
    pub(crate) kind: Kind,
}

/// What a model's words are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An answer.
    #[default]
    Answer,
    /// An answer that ends because it became too long.
    Cut,
    /// Thoughts alone.
    Thoughts,
}

/// Whether a model that thinks before it answers may do so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// As the model is used to.
    #[default]
    Usual,
    /// It shall not.
    Off,
}

#[derive(Deserialize)]
struct OllamaDoc {
    message: MessageDoc,
    #[serde(default)]
    done_reason: Option<String>,
}

#[derive(Deserialize)]
struct OpenAiDoc {
    choices: Vec<ChoiceDoc>,
}

#[derive(Deserialize)]
struct ChoiceDoc {
    message: MessageDoc,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct MessageDoc {
    #[serde(default)]
    content: Option<String>,
    /// Ollama's name for what a model thought.
    #[serde(default)]
    thinking: Option<String>,
    /// vLLM's and llama.cpp's name for it.
    #[serde(default)]
    reasoning_content: Option<String>,
}

/// A language model behind a server.
#[derive(Debug)]
pub(crate) struct Chat {
    peer: Peer,
    dialect: Dialect,
    path: &'static str,
    manner: Manner,
    schema: Value,
    /// The place in [`FORMS`] from which on this server takes them.
    form: AtomicUsize,
}

impl Chat {
    pub(crate) fn new(peer: Peer, dialect: Dialect, path: &'static str, manner: Manner) -> Self {
        Self {
            peer,
            dialect,
            path,
            manner,
            schema: AnswerDoc::schema(),
            form: AtomicUsize::new(0),
        }
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn manner(&self) -> &Manner {
        &self.manner
    }

    /// How the form of answers is enforced at present, for people.
    pub(crate) fn form(&self) -> &'static str {
        self.current().name()
    }

    fn current(&self) -> Form {
        let at = self.form.load(Ordering::Relaxed).min(FORMS.len() - 1);
        FORMS[at]
    }

    /// Asks for a decision.
    pub(crate) async fn ask(
        &self,
        messages: &[Message],
        thinking: Thinking,
    ) -> Result<Said, PeerError> {
        let schema = self.schema.clone();
        self.ask_in(messages, &schema, thinking).await
    }

    /// Asks for an answer of this schema.
    pub(crate) async fn ask_in(
        &self,
        messages: &[Message],
        schema: &Value,
        thinking: Thinking,
    ) -> Result<Said, PeerError> {
        loop {
            let form = self.current();
            let body = self.body(messages, schema, form, thinking);
            match self.peer.post(self.path, &body, LONGEST).await {
                Ok(answer) => return self.read(answer),
                Err(error) if form != Form::Free && refuses_form(&error) => {
                    let next = self.form.load(Ordering::Relaxed) + 1;
                    self.form.store(next, Ordering::Relaxed);
                    tracing::info!(
                        "the language model's server takes no answers as {}; they are asked for as {}",
                        form.name(),
                        self.form(),
                    );
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn body(&self, messages: &[Message], schema: &Value, form: Form, thinking: Thinking) -> Value {
        let manner = &self.manner;
        let messages: Vec<Value> = messages
            .iter()
            .map(|message| json!({ "role": message.role, "content": message.content }))
            .collect();
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(manner.model));
        body.insert("messages".to_owned(), Value::Array(messages));
        body.insert("stream".to_owned(), json!(false));
        match self.dialect {
            Dialect::Ollama => {
                let options = json!({
                    "temperature": manner.temperature,
                    "num_ctx": manner.context,
                    "num_predict": manner.max_tokens,
                });
                body.insert("options".to_owned(), options);
                body.insert("keep_alive".to_owned(), keep_alive(&manner.keep_alive));
                match form {
                    Form::Schema => drop(body.insert("format".to_owned(), schema.clone())),
                    Form::Object => drop(body.insert("format".to_owned(), json!("json"))),
                    Form::Free => {}
                }
                if thinking == Thinking::Off {
                    body.insert("think".to_owned(), json!(false));
                }
            }
            Dialect::OpenAi => {
                body.insert("temperature".to_owned(), json!(manner.temperature));
                body.insert("max_tokens".to_owned(), json!(manner.max_tokens));
                let format = match form {
                    Form::Schema => Some(json!({
                        "type": "json_schema",
                        "json_schema": { "name": "decision", "schema": schema, "strict": true },
                    })),
                    Form::Object => Some(json!({ "type": "json_object" })),
                    Form::Free => None,
                };
                if let Some(format) = format {
                    body.insert("response_format".to_owned(), format);
                }
            }
        }
        Value::Object(body)
    }

    fn read(&self, answer: Value) -> Result<Said, PeerError> {
        let (message, reason) = match self.dialect {
            Dialect::Ollama => {
                let doc: OllamaDoc =
                    serde_json::from_value(answer).map_err(|_| PeerError::NotUnderstood)?;
                (doc.message, doc.done_reason)
            }
            Dialect::OpenAi => {
                let doc: OpenAiDoc =
                    serde_json::from_value(answer).map_err(|_| PeerError::NotUnderstood)?;
                let choice = doc.choices.into_iter().next();
                let choice = choice.ok_or(PeerError::NotUnderstood)?;
                (choice.message, choice.finish_reason)
            }
        };
        let content = message.content.filter(|text| !text.trim().is_empty());
        let thoughts = message.thinking.or(message.reasoning_content);
        let kind = if content.is_none() && thoughts.is_some() {
            Kind::Thoughts
        } else if reason.as_deref() == Some("length") {
            Kind::Cut
        } else {
            Kind::Answer
        };
        Ok(Said {
            kind,
            text: content.or(thoughts).unwrap_or_default(),
        })
    }
}

/// Whether a server refuses a request for how the answer's form is asked for, and not for anything else.
fn refuses_form(error: &PeerError) -> bool {
    match error.status() {
        Some(StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_IMPLEMENTED) => true,
        Some(StatusCode::BAD_REQUEST | StatusCode::INTERNAL_SERVER_ERROR) => [
            "response_format",
            "json_schema",
            "schema",
            "grammar",
            "guided",
            "format",
        ]
        .iter()
        .any(|word| error.says(word)),
        Some(_) | None => false,
    }
}

/// Ollama takes `10m` as a text and `-1` or `0` as a number.
fn keep_alive(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| json!(text), |n| json!(n))
}
