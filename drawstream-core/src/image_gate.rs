//! The [`ImageGate`]: what a finished picture shows, whoever painted it, and whether it may be used.
//!
//! A gate only finds: it gives a picture a score for each [`ImageClass`]. What follows from the scores is the
//! [`ImagePolicy`], which is data that the streamer can change and which no gate knows of.

use std::fmt;

use image::RgbImage;

/// What a picture may show, as classifiers of this kind tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageClass {
    /// Something drawn, fit for everybody.
    Drawing,
    /// Something drawn that is pornographic.
    Hentai,
    /// Anything else that is fit for everybody.
    Neutral,
    /// Sexual acts and what is made to show them.
    Porn,
    /// Nakedness or near to it that is not pornography.
    Sexy,
}

impl ImageClass {
    /// All of them, in the order in which scores come.
    pub const ALL: [Self; 5] = [
        Self::Drawing,
        Self::Hentai,
        Self::Neutral,
        Self::Porn,
        Self::Sexy,
    ];

    /// As it is written in settings, logs and model files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drawing => "drawing",
            Self::Hentai => "hentai",
            Self::Neutral => "neutral",
            Self::Porn => "porn",
            Self::Sexy => "sexy",
        }
    }

    /// The class of that name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let is_it = |class: &Self| class.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(is_it)
    }
}

/// How much of each class a gate sees in a picture: `0.0..=1.0` each, in the order of [`ImageClass::ALL`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageScores([f32; 5]);

impl ImageScores {
    /// Scores that are numbers from 0 to 1; anything else is the output of no classifier.
    pub fn new(scores: [f32; 5]) -> Option<Self> {
        let fits = scores.iter().all(|score| (0.0..=1.0).contains(score));
        fits.then_some(Self(scores))
    }

    /// The score of one class.
    pub const fn of(&self, class: ImageClass) -> f32 {
        self.0[class as usize]
    }
}

/// From which score on a class makes a picture unsafe. A class without a threshold never does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImagePolicy([Option<f32>; 5]);

/// The thresholds of a gate that nobody has set: high enough that innocent pictures rarely reach them.
impl Default for ImagePolicy {
    fn default() -> Self {
        Self([None, Some(0.7), None, Some(0.7), Some(0.9)])
    }
}

impl ImagePolicy {
    /// No class makes a picture unsafe.
    pub const NONE: Self = Self([None; 5]);

    /// Reads `CLASS=SCORE,…`, as in `porn=0.7,hentai=0.9`; a class that it does not name has no threshold.
    ///
    /// # Errors
    /// Which part cannot be read.
    pub fn parse(text: &str) -> Result<Self, ImagePolicyError> {
        let mut policy = Self::NONE;
        for entry in text.split(',') {
            let (class, score) = entry
                .split_once('=')
                .ok_or_else(|| ImagePolicyError::NotAnEntry(entry.trim().to_owned()))?;
            let class = ImageClass::parse(class.trim())
                .ok_or_else(|| ImagePolicyError::NotAClass(class.trim().to_owned()))?;
            let score = score.trim();
            policy.0[class as usize] = match score.parse() {
                Ok(threshold) if threshold > 0.0 && threshold <= 1.0 => Some(threshold),
                _ => return Err(ImagePolicyError::NotAScore(score.to_owned())),
            };
        }
        Ok(policy)
    }

    /// The threshold of a class.
    pub const fn threshold(&self, class: ImageClass) -> Option<f32> {
        self.0[class as usize]
    }

    /// What follows from the scores: of several classes at their thresholds, the one of the highest score is named.
    pub fn judge(&self, scores: &ImageScores) -> ImageVerdict {
        let mut verdict = ImageVerdict::Safe;
        let mut highest = 0.0;
        for class in ImageClass::ALL {
            let score = scores.of(class);
            if let Some(threshold) = self.threshold(class)
                && score >= threshold
                && score > highest
            {
                highest = score;
                verdict = ImageVerdict::Unsafe(ImageHit {
                    class,
                    score,
                    threshold,
                });
            }
        }
        verdict
    }
}

/// As [`ImagePolicy::parse`] reads it.
impl fmt::Display for ImagePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for class in ImageClass::ALL {
            if let Some(threshold) = self.threshold(class) {
                write!(f, "{comma}{}={threshold}", class.name())?;
                comma = ",";
            }
        }
        Ok(())
    }
}

/// Why a text is no [`ImagePolicy`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImagePolicyError {
    /// A part that is no pair.
    #[error("{0:?} is not CLASS=SCORE")]
    NotAnEntry(String),
    /// No such class.
    #[error("there is no class {0:?}")]
    NotAClass(String),
    /// A threshold that is none.
    #[error("{0:?} is not a score above 0 and at most 1")]
    NotAScore(String),
}

/// Whether a picture may be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ImageVerdict {
    /// Nothing reaches its threshold.
    Safe,
    /// It must not be shown to anybody.
    Unsafe(ImageHit),
}

/// What makes a picture unsafe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageHit {
    /// What it shows.
    pub class: ImageClass,
    /// How sure the gate is.
    pub score: f32,
    /// From where on that is too much.
    pub threshold: f32,
}

impl fmt::Display for ImageHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            class,
            score,
            threshold,
        } = self;
        write!(f, "{} {score:.2}, from {threshold} on", class.name())
    }
}

/// Why a gate has no scores for a picture. Such a picture is as good as unsafe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageGateError {
    /// It has no pixels.
    #[error("the picture has no pixels")]
    Empty,
    /// The classifier failed.
    #[error("the classifier failed: {0}")]
    Failed(String),
    /// The classifier's numbers are no scores.
    #[error("the classifier's numbers are no scores from 0 to 1")]
    NotScores,
}

/// Looks at pictures. The same picture always gets the same scores; nothing is read, written or kept.
pub trait ImageGate: Send + Sync + fmt::Debug {
    /// What the picture shows.
    ///
    /// # Errors
    /// [`ImageGateError`], where it cannot tell.
    fn scores(&self, picture: &RgbImage) -> Result<ImageScores, ImageGateError>;

    /// What the picture shows, and whether it may be used under this policy.
    ///
    /// # Errors
    /// As [`ImageGate::scores`].
    fn judge(
        &self,
        picture: &RgbImage,
        policy: &ImagePolicy,
    ) -> Result<(ImageScores, ImageVerdict), ImageGateError> {
        let scores = self.scores(picture)?;
        Ok((scores, policy.judge(&scores)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: &str, scores: [f32; 5], expected: Option<&str>) {
        let policy = ImagePolicy::parse(policy).unwrap();
        let verdict = policy.judge(&ImageScores::new(scores).unwrap());
        let said = match verdict {
            ImageVerdict::Safe => None,
            ImageVerdict::Unsafe(hit) => Some(hit.to_string()),
        };
        assert_eq!(said.as_deref(), expected);
    }

    #[test]
    fn a_picture_is_unsafe_from_its_threshold_on_and_the_surest_class_is_named() {
        let mixed = [0.0, 0.5, 0.0, 0.75, 0.25];
        check("porn=0.76", mixed, None);
        check("porn=0.75", mixed, Some("porn 0.75, from 0.75 on"));
        check(
            "hentai=0.1, PORN=0.5 ,sexy=0.1",
            mixed,
            Some("porn 0.75, from 0.5 on"),
        );
        check(
            "hentai=0.5,porn=0.8",
            mixed,
            Some("hentai 0.50, from 0.5 on"),
        );
        // What is not named is never unsafe, however sure the gate is.
        check("sexy=0.5", [0.0, 1.0, 0.0, 1.0, 0.25], None);
    }

    #[test]
    fn a_policy_reads_what_it_writes_and_names_what_it_cannot_read() {
        let text = ImagePolicy::default().to_string();
        assert_eq!(text, "hentai=0.7,porn=0.7,sexy=0.9");
        assert_eq!(ImagePolicy::parse(&text), Ok(ImagePolicy::default()));
        for (text, said) in [
            ("porn", "\"porn\" is not CLASS=SCORE"),
            ("gore=0.5", "there is no class \"gore\""),
            ("porn=0", "\"0\" is not a score above 0 and at most 1"),
            ("porn=1.1", "\"1.1\" is not a score above 0 and at most 1"),
            ("porn=NaN", "\"NaN\" is not a score above 0 and at most 1"),
        ] {
            assert_eq!(ImagePolicy::parse(text).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn what_is_no_number_from_0_to_1_is_no_score() {
        for wrong in [f32::NAN, f32::INFINITY, -0.1, 1.1] {
            assert_eq!(ImageScores::new([0.0, 0.0, 0.0, wrong, 0.0]), None);
        }
    }
}
