//! [`Words`]: viewers' words in lists.

use drawstream_core::donation::RawText;
use drawstream_core::gate::{Field, Gate};

/// How viewers' words are written.
pub(super) enum Words {
    /// As a screen may show them.
    Screened(Box<Gate>),
    /// As they were typed.
    AsTyped,
}

impl Words {
    /// A viewer's text, where there is one.
    pub(super) fn of(&self, text: Option<&RawText>, field: Field) -> Option<String> {
        Some(match self {
            Self::Screened(gate) => gate.screen_text(text?, field).as_str().to_owned(),
            Self::AsTyped => text?.expose().to_owned(),
        })
    }

    /// The same for a terminal.
    pub(super) fn plain(&self, text: Option<&RawText>, field: Field) -> String {
        super::plain(&self.of(text, field).unwrap_or_default())
    }

    /// Why it is in this state: a model may have quoted the donor.
    pub(super) fn reason(&self, reason: Option<&String>) -> Option<String> {
        let reason = reason.map(|reason| RawText::new(reason.as_str()));
        self.of(reason.as_ref(), Field::Message)
    }
}
