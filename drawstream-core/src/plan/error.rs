//! What can be wrong with a plan, where, and what mends it.

use std::fmt;

/// Where in a document something is, as `steps[12].animate.duration_ms`; empty for the document itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct JsonPath(String);

impl JsonPath {
    /// The document itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// A field of what is here.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        if self.0.is_empty() {
            Self(name.to_owned())
        } else {
            Self(format!("{}.{name}", self.0))
        }
    }

    /// An entry of the list that is here.
    #[must_use]
    pub fn entry(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

/// The path; `the document` for the document itself.
impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "the document"
        } else {
            &self.0
        })
    }
}

/// What is wrong with a plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The document is longer than the limit.
    #[error("the document has {found} bytes, the most is {most}")]
    TooLong {
        /// Its length.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// The document is not UTF-8.
    #[error("byte {offset} is not UTF-8")]
    NotUtf8 {
        /// The first bad byte, from 0.
        offset: usize,
    },
    /// The document begins with a byte-order mark.
    #[error("the document begins with a byte-order mark")]
    ByteOrderMark,
    /// The document is not JSON.
    #[error("line {line}, column {column}: not JSON: {what}")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the reader of JSON says.
        what: String,
    },
    /// The version is none of ours.
    #[error("{at}: version {found:?} is unknown")]
    UnknownVersion {
        /// Where.
        at: JsonPath,
        /// What it says.
        found: String,
    },
    /// An op of version 1.1 in a document that says 1.0.
    #[error("{at}: {op:?} is an op of version 1.1, and the document says 1.0")]
    NewerOp {
        /// Where.
        at: JsonPath,
        /// The op.
        op: &'static str,
    },
    /// A field that must be there is not.
    #[error("{at}: {name:?} is missing")]
    Missing {
        /// Where it should be.
        at: JsonPath,
        /// Its name.
        name: &'static str,
    },
    /// A field that must not be there is.
    #[error("{at}: unknown field{}", did_you_mean(*.nearest))]
    UnknownField {
        /// Where it is, its own name last.
        at: JsonPath,
        /// The known field whose name is nearest.
        nearest: Option<&'static str>,
    },
    /// A field of another op.
    #[error("{at}: {op:?} has no such field{}", did_you_mean(*.nearest))]
    ForeignField {
        /// Where it is, its own name last.
        at: JsonPath,
        /// The op.
        op: &'static str,
        /// The op's field whose name is nearest.
        nearest: Option<&'static str>,
    },
    /// A field is given twice.
    #[error("{at}: is given twice")]
    Twice {
        /// Where it is, its own name last.
        at: JsonPath,
    },
    /// A word that is none of the known ones.
    #[error("{at}: {found:?} is none of {known}{}", did_you_mean(*.nearest))]
    UnknownWord {
        /// Where.
        at: JsonPath,
        /// What it says.
        found: String,
        /// The known ones.
        known: &'static str,
        /// The nearest of them.
        nearest: Option<&'static str>,
    },
    /// Another kind of value.
    #[error("{at}: {found} where {expected} is expected")]
    WrongKind {
        /// Where.
        at: JsonPath,
        /// What is there.
        found: String,
        /// What should be.
        expected: &'static str,
    },
    /// A number below its range.
    #[error("{at}: {found} is too small, the least is {least}")]
    TooSmall {
        /// Where.
        at: JsonPath,
        /// The number.
        found: String,
        /// The least that is right.
        least: i64,
    },
    /// A number above its range.
    #[error("{at}: {found} is too large, the most is {most}")]
    TooLarge {
        /// Where.
        at: JsonPath,
        /// The number.
        found: String,
        /// The most that is right.
        most: i64,
    },
    /// Text that is no colour.
    #[error("{at}: {found:?} is not a colour")]
    NotAColor {
        /// Where.
        at: JsonPath,
        /// The text.
        found: String,
    },
    /// A list with too few entries.
    #[error("{at}: {found} {what} are too few, the least is {least}")]
    TooFew {
        /// Where.
        at: JsonPath,
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        least: usize,
    },
    /// More than a limit allows.
    #[error("{at}: {found} {what} are too many, the most is {most}")]
    TooMany {
        /// Where.
        at: JsonPath,
        /// What is counted.
        what: &'static str,
        /// How many there are, as far as they were counted.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// Neither a painting nor a card.
    #[error("the document has neither steps nor a render_text")]
    Empty,
    /// Both a painting and a card.
    #[error("the document has both steps and a render_text")]
    Ambiguous,
}

impl PlanError {
    /// What the writer of the plan can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::TooLong { .. } => "write long pixel lists as runs (version 1.1), or fewer steps",
            Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::ByteOrderMark => "save the file as UTF-8 without a byte-order mark",
            Self::UnknownVersion { .. } => "write \"1.0\" or \"1.1\"",
            Self::NewerOp { .. } => "set \"version\" to \"1.1\"",
            Self::NotAColor { .. } => "write #RGB or #RRGGBB",
            Self::Twice { .. } => "keep one of the two",
            Self::Missing { name: "op", .. } => {
                "write one of rect, circle, line, polygon, pixels, text, group"
            }
            Self::Missing { name: "mode", .. } => "write one of stroke, fill, pixel_reveal",
            Self::TooSmall { at, .. } if at.to_string().ends_with("duration_ms") => {
                "leave the field out for the default duration"
            }
            Self::TooMany {
                what: "points in all",
                ..
            } => "split the plan, or write fewer points",
            Self::TooMany {
                what: "steps in all",
                ..
            } => "join steps of one colour into one",
            Self::TooMany {
                what: "nested groups",
                ..
            } => "put the inner steps into the outer group",
            Self::Empty => "write at least one step, or a text to show as a card",
            Self::Ambiguous => "keep one of the two",
            Self::NotJson { .. }
            | Self::Missing { .. }
            | Self::UnknownField { .. }
            | Self::ForeignField { .. }
            | Self::UnknownWord { .. }
            | Self::WrongKind { .. }
            | Self::TooSmall { .. }
            | Self::TooLarge { .. }
            | Self::TooFew { .. }
            | Self::TooMany { .. } => return None,
        })
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean {name:?}?"))
}
