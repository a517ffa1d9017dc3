//! What is done about what is found: the streamer's decision, apart from the finding.

use super::Field;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Strong swearing.
    Profanity,
    /// Explicit sexual words and acts.
    Sexual,
    /// Nudity in plain words.
    Nudity,
    /// Rape and its kin.
    SexualViolence,
    /// A minor together with anything sexual or naked. No policy relaxes it.
    Minors,
    /// Slurs, hate slogans and symbols.
    Hate,
    /// Hate without a slur.
    HateSpeech,
    /// Telling somebody to hurt themselves.
    SelfHarm,
    /// Suicide, self-harm and torture as a picture.
    HarmScene,
    /// Wishing death or illness in set phrases.
    Harassment,
    /// Threats in plain words.
    Threat,
    /// Dismembered and mutilated bodies.
    Gore,
    /// Mild insults.
    MildInsult,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Rude, and no more.
    Mild,
    /// Unfit for a stream.
    Strong,
    /// Never, whatever the policy says.
    Strictest,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Profanity,
        Self::Sexual,
        Self::Nudity,
        Self::SexualViolence,
        Self::Minors,
        Self::Hate,
        Self::HateSpeech,
        Self::SelfHarm,
        Self::HarmScene,
        Self::Harassment,
        Self::Threat,
        Self::Gore,
        Self::MildInsult,
    ];

    /// Its name in data files and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profanity => "profanity",
            Self::Sexual => "sexual",
            Self::Nudity => "nudity",
            Self::SexualViolence => "sexual-violence",
            Self::Minors => "minors",
            Self::Hate => "hate",
            Self::HateSpeech => "hate-speech",
            Self::SelfHarm => "self-harm",
            Self::HarmScene => "harm-scene",
            Self::Harassment => "harassment",
            Self::Threat => "threat",
            Self::Gore => "gore",
            Self::MildInsult => "mild-insult",
        }
    }

    /// The category of a name; `None` where there is none.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|category| category.name() == name)
    }

    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::MildInsult => Severity::Mild,
            Self::Minors => Severity::Strictest,
            Self::Profanity
            | Self::Sexual
            | Self::Nudity
            | Self::SexualViolence
            | Self::Hate
            | Self::HateSpeech
            | Self::SelfHarm
            | Self::HarmScene
            | Self::Harassment
            | Self::Threat
            | Self::Gore => Severity::Strong,
        }
    }

    /// Whether a minor must not be near it.
    pub(crate) fn is_sexual(self) -> bool {
        matches!(self, Self::Sexual | Self::Nudity | Self::SexualViolence)
    }
}

/// What is done about a find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing.
    Allow,
    /// Its words are hidden on screens.
    Mask,
    /// The request is not drawn; its words are no offence by themselves.
    Block,
    /// The request is not drawn, and its words are hidden.
    BlockAndMask,
}

impl Action {
    /// Whether the words are hidden.
    pub fn masks(self) -> bool {
        matches!(self, Self::Mask | Self::BlockAndMask)
    }

    /// Whether the request is not drawn.
    pub fn blocks(self) -> bool {
        matches!(self, Self::Block | Self::BlockAndMask)
    }

    /// Its name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Mask => "mask",
            Self::Block => "block",
            Self::BlockAndMask => "block-and-mask",
        }
    }

    /// The action of a name; `None` where there is none.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Allow, Self::Mask, Self::Block, Self::BlockAndMask]
            .into_iter()
            .find(|action| action.name() == name)
    }
}

/// Category and field to action. The default keeps a stream at PG-13.
///
/// ```
/// use drawstream_core::gate::{Action, Category, Field, Policy};
/// let mut policy = Policy::default();
/// policy.set(Category::MildInsult, Field::Message, Action::Allow);
/// assert_eq!(policy.action(Category::MildInsult, Field::Message), Action::Allow);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    message: [Action; Category::ALL.len()],
    name: [Action; Category::ALL.len()],
}

impl Default for Policy {
    fn default() -> Self {
        let message = Category::ALL.map(|category| match category {
            Category::Profanity
            | Category::Sexual
            | Category::SexualViolence
            | Category::Minors
            | Category::Hate
            | Category::SelfHarm
            | Category::Harassment => Action::BlockAndMask,
            Category::Nudity
            | Category::HateSpeech
            | Category::HarmScene
            | Category::Threat
            | Category::Gore => Action::Block,
            Category::MildInsult => Action::Mask,
        });
        Self {
            message,
            name: [Action::Mask; Category::ALL.len()],
        }
    }
}

impl Policy {
    /// What is done about a category in a field.
    pub fn action(&self, category: Category, field: Field) -> Action {
        match (category, field) {
            // Not the streamer's to decide.
            (Category::Minors, Field::Message) => Action::BlockAndMask,
            (Category::Minors, Field::Name) => Action::Mask,
            (_, Field::Message) => self.message[category as usize],
            (_, Field::Name) => self.name[category as usize],
        }
    }

    /// Changes it. In a name a block is a mask: a name stops no drawing.
    pub fn set(&mut self, category: Category, field: Field, action: Action) {
        match (field, action) {
            (Field::Message, action) => self.message[category as usize] = action,
            (Field::Name, Action::Allow) => self.name[category as usize] = Action::Allow,
            (Field::Name, Action::Mask | Action::Block | Action::BlockAndMask) => {
                self.name[category as usize] = Action::Mask;
            }
        }
    }
}
