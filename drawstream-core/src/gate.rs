//! What may be drawn and what may be shown: the gate between a viewer's words and the stream.
//!
//! Two rules are types here. A painter takes only an [`ApprovedRequest`], and nothing but [`Gate`] can make one.
//! A screen takes only [`ScreenText`], and nothing but the gate makes that either.

use crate::donation::Donation;

/// Where a text comes from; the policy differs by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// What the donor asks for, or what a planner wrote.
    Message,
    /// The donor's name: it is masked, and never stops a drawing.
    Name,
}

/// A viewer's text as a screen may show it: cleaned of what breaks a layout, offending words hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScreenText(String);

impl ScreenText {
    /// The text to draw.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request that the gate let through: the only thing that planners and painters take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedRequest {
    donation: Donation,
    text: String,
}

impl ApprovedRequest {
    /// The donation it belongs to.
    pub fn donation(&self) -> &Donation {
        &self.donation
    }

    /// What is asked for, cleaned and trimmed; may be empty.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
impl ScreenText {
    /// A text that no gate has seen: what draws must stand whatever is in it.
    pub(crate) fn unchecked(text: &str) -> Self {
        Self(text.to_owned())
    }
}
