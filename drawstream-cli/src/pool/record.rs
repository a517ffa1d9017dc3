//! A [`Record`]: what became of a job, kept beside its picture until the show has it.

use std::collections::HashMap;

use async_nats::jetstream::object_store::ObjectInfo;

/// Letters of what a worker says about itself and its troubles that are kept.
const MOST_LETTERS: usize = 300;

/// In what form a picture travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Pixels of any size.
    Painted,
    /// Pixel art.
    Indexed,
}

/// Why a worker made no picture; the show's painter errs in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Its picture is not usable: another seed may give another.
    Unusable,
    /// Nobody in the pool can paint it.
    Broken,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The picture lies with the record.
    Painted {
        form: Form,
        painter: String,
        millis: u64,
    },
    /// There is none.
    Failed { lack: Lack, why: String },
    /// Nobody wanted it any more.
    Cancelled,
    /// The show has the picture.
    Taken,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) ending: Ending,
    /// Who says so: a worker's name, or the show's.
    pub(crate) by: String,
}

impl Record {
    /// As an object's metadata.
    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        let mut data = HashMap::new();
        let mut put = |key: &str, value: &str| {
            data.insert(key.to_owned(), value.to_owned());
        };
        put("by", &self.by);
        match &self.ending {
            Ending::Painted {
                form,
                painter,
                millis,
            } => {
                put("ending", "painted");
                put(
                    "form",
                    match form {
                        Form::Painted => "painted",
                        Form::Indexed => "indexed",
                    },
                );
                put("painter", painter);
                put("millis", &millis.to_string());
            }
            Ending::Failed { lack, why } => {
                put("ending", "failed");
                put(
                    "lack",
                    match lack {
                        Lack::Unusable => "unusable",
                        Lack::Broken => "broken",
                    },
                );
                put("why", &tidy(why));
            }
            Ending::Cancelled => put("ending", "cancelled"),
            Ending::Taken => put("ending", "taken"),
        }
        data
    }

    /// Reads an object's metadata; `None` for what no worker and no show writes.
    pub(crate) fn parse(info: &ObjectInfo) -> Option<Self> {
        let said = |key: &str| info.metadata.get(key).map(String::as_str);
        let is_link = info.options.as_ref().is_some_and(|o| o.link.is_some());
        if is_link || info.deleted {
            return None;
        }
        let ending = match said("ending")? {
            "painted" => Ending::Painted {
                form: match said("form")? {
                    "painted" => Form::Painted,
                    "indexed" => Form::Indexed,
                    _ => return None,
                },
                painter: tidy(said("painter")?),
                millis: said("millis")?.parse().ok()?,
            },
            "failed" => Ending::Failed {
                lack: match said("lack")? {
                    "unusable" => Lack::Unusable,
                    "broken" => Lack::Broken,
                    _ => return None,
                },
                why: tidy(said("why")?),
            },
            "cancelled" => Ending::Cancelled,
            "taken" => Ending::Taken,
            _ => return None,
        };
        Some(Self {
            ending,
            by: tidy(said("by")?),
        })
    }
}

/// What a stranger says, for a log or a dashboard: one line, not long, and nothing that steers a terminal.
pub(crate) fn tidy(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_control() && !is_steering(*c));
    kept.take(MOST_LETTERS).collect()
}

/// Characters without a shape that change how others are shown.
const fn is_steering(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
