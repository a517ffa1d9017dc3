//! What may be drawn and what may be shown: the gate between a viewer's words and the stream.
//!
//! Three rules are types here. A planner takes only an [`ApprovedRequest`] and a painter only an [`ApprovedScene`],
//! and nothing but [`Gate`] can make either. A screen takes only [`ScreenText`], and nothing but the gate makes that.
//!
//! ```
//! use drawstream_core::donation::RawText;
//! use drawstream_core::gate::{Call, Field, Gate};
//! let gate = Gate::default();
//! assert_eq!(gate.screen("уютный домик под северным сиянием", Field::Message).call, Call::Allow);
//! let shown = gate.screen_text(&RawText::new("a\u{202E} cat\0"), Field::Message);
//! assert_eq!(shown.as_str(), "a cat");
//! ```

mod fold;
mod known;
mod letter;
mod lexicon;
mod policy;
mod reading;
mod readings;
mod screen_text;
mod screening;
#[cfg(test)]
mod test;
mod transcription;
mod trie;
mod verdict;
mod walk;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use crate::donation::{Donation, RawText};
use crate::scene::Scene;
use lexicon::Lexicon;
pub use lexicon::LexiconError;
pub use policy::{Action, Category, Policy, Severity};
pub use screen_text::ScreenText;
pub use verdict::{Call, Hit, Trick, Verdict};

/// Where a text comes from; the policy differs by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// What the donor asks for, or what a planner wrote.
    Message,
    /// The donor's name: it is masked, and never stops a drawing.
    Name,
}

/// A request that the gate let through: the only thing that planners take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedRequest {
    donation: Donation,
    text: String,
    shown: ScreenText,
    donor: Option<ScreenText>,
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

    /// The same for a screen, with mild insults hidden.
    pub fn shown(&self) -> &ScreenText {
        &self.shown
    }

    /// The donor's name for a screen; `None` for an anonymous one.
    pub fn donor(&self) -> Option<&ScreenText> {
        self.donor.as_ref()
    }
}

/// A planner's scene that the gate let through: the only thing that painters take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedScene(Scene);

impl ApprovedScene {
    /// What is to be painted.
    pub fn scene(&self) -> &Scene {
        &self.0
    }

    /// The scene itself; it has to pass the gate again before it is painted.
    pub fn into_scene(self) -> Scene {
        self.0
    }
}

/// Why a request is not drawn: for the operator and the ledger. It holds nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the worst hit is about.
    pub category: Category,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that found it.
    pub rule: Arc<str>,
    /// Whose words it was found in.
    pub source: Source,
}

/// Whose words a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The donor's.
    Donor,
    /// The planner's.
    Planner,
}

/// What the gate says to a donation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It may be planned.
    Approved(Box<ApprovedRequest>),
    /// It may not.
    Refused(Refusal),
}

static BUILT_IN: LazyLock<Lexicon> =
    LazyLock::new(|| Lexicon::with("").expect("a test reads the data files"));

/// The gate: a policy, and the words that it knows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gate {
    policy: Policy,
    /// The words with the streamer's own ones; the built-in ones where there are none of those.
    own: Option<Arc<Lexicon>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(Policy::default())
    }
}

impl Gate {
    /// A gate with the built-in words. They are read for the first text that it is asked about, or by [`Gate::wake`].
    pub fn new(policy: Policy) -> Self {
        Self { policy, own: None }
    }

    /// A gate that knows a streamer's own rules besides: lines of `category | pattern # why`, and
    /// `allow | word` for a word that no rule shall reach.
    ///
    /// # Errors
    /// Names the line that is no rule.
    pub fn with_words(policy: Policy, words: &str) -> Result<Self, LexiconError> {
        Ok(Self {
            policy,
            own: Some(Arc::new(Lexicon::with(words)?)),
        })
    }

    /// Reads the words now, which takes some hundred milliseconds, so that the first text does not wait for it.
    pub fn wake(&self) {
        self.lexicon();
    }

    fn lexicon(&self) -> &Lexicon {
        self.own.as_deref().unwrap_or_else(|| &BUILT_IN)
    }

    /// What is in a text, and what follows. A pure function; never panics; linear in the length of the text.
    pub fn screen(&self, text: &str, field: Field) -> Verdict {
        let screening = screening::screen(text, self.lexicon());
        let mut call = Call::Allow;
        let mut masks = Vec::new();
        for (hit, whole) in &screening.hits {
            let action = self.policy.action(hit.category, field);
            if action.blocks() && field == Field::Message {
                call = Call::Block;
            }
            if action.masks() {
                masks.push(whole.clone());
            }
        }
        Verdict {
            hits: screening.hits.into_iter().map(|(hit, _)| hit).collect(),
            call,
            masks: merged(masks),
            read_to: screening.read_to,
        }
    }

    /// A viewer's text for a screen: cleaned, with offending words hidden.
    pub fn screen_text(&self, text: &RawText, field: Field) -> ScreenText {
        ScreenText::new(text.expose(), &self.screen(text.expose(), field), field)
    }

    /// Whether a donation may be planned. One without a message may: its request is empty.
    pub fn judge(&self, donation: Donation) -> Judgement {
        let raw = donation.message.as_ref().map_or("", RawText::expose);
        let verdict = self.screen(raw, Field::Message);
        if let Some(refusal) = self.refusal(&verdict, Source::Donor) {
            return Judgement::Refused(refusal);
        }
        let text = screen_text::clean(&raw[..verdict.read_to], Field::Message);
        let shown = ScreenText::new(raw, &verdict, Field::Message);
        let donor = donation
            .donor
            .as_ref()
            .map(|name| self.screen_text(name, Field::Name));
        Judgement::Approved(Box::new(ApprovedRequest {
            donation,
            text,
            shown,
            donor,
        }))
    }

    /// Whether what a planner made of a request may be painted: its prompt, style notes, subjects and setting are
    /// screened like a message. The negative prompt is not: it says what to keep out.
    ///
    /// # Errors
    /// The refusal, for the operator.
    pub fn judge_scene(
        &self,
        _request: &ApprovedRequest,
        scene: Scene,
    ) -> Result<ApprovedScene, Refusal> {
        let subjects = scene.subjects.iter().map(|subject| subject.name.as_str());
        let texts = [scene.prompt.as_str(), scene.style_notes.as_str()]
            .into_iter()
            .chain(scene.setting.as_deref())
            .chain(subjects);
        for text in texts {
            let verdict = self.screen(text, Field::Message);
            if let Some(refusal) = self.refusal(&verdict, Source::Planner) {
                return Err(refusal);
            }
            if verdict.read_to < text.len() {
                return Err(unread());
            }
        }
        Ok(ApprovedScene(scene))
    }

    /// A planner's reply to the donor as a screen may show it; `None` where it must not, and the configured line
    /// stands in.
    pub fn judge_reply(&self, reply: &str) -> Option<ScreenText> {
        let verdict = self.screen(reply, Field::Message);
        let shown = ScreenText::new(reply, &verdict, Field::Message);
        (verdict.call == Call::Allow && !shown.is_empty()).then_some(shown)
    }

    fn refusal(&self, verdict: &Verdict, source: Source) -> Option<Refusal> {
        let blocking = |hit: &&Hit| self.policy.action(hit.category, Field::Message).blocks();
        let hits = || verdict.hits.iter().filter(blocking);
        let worst = hits().map(|hit| hit.severity).max()?;
        let hit = hits().find(|hit| hit.severity == worst)?;
        Some(Refusal {
            category: hit.category,
            severity: hit.severity,
            rule: hit.rule.clone(),
            source,
        })
    }
}

/// A planner that writes a book is refused: nobody read it all.
fn unread() -> Refusal {
    Refusal {
        category: Category::Profanity,
        severity: Severity::Strong,
        rule: "longer than the gate reads".into(),
        source: Source::Planner,
    }
}

/// Ranges in order, those that touch made one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            Some(_) | None => merged.push(range),
        }
    }
    merged
}
