//! A [`Job`]: a scene that a show wants painted, as it travels to a worker, and the [`News`] of it.

use drawstream_core::donation::DonationId;
use drawstream_core::gate::ApprovedScene;
use drawstream_core::scene::Scene;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ROOT;
use crate::config::is_name;
use crate::scene_doc;

/// The longest job in bytes: a scene has some two thousand.
pub(crate) const LONGEST_JOB: usize = 64 << 10;
/// The longest news in bytes.
const LONGEST_NEWS: usize = 1 << 10;
/// The longest id: it is a part of subjects.
const LONGEST_ID: usize = 100;
/// Letters in any text of a scene.
const MOST_LETTERS: usize = 4_000;
/// Subjects, or colours, of a scene.
const MOST_THINGS: usize = 64;

/// Why what came as a job or as news of one is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum JobError {
    /// It is longer than any.
    #[error("it has {found} bytes, and {most} are allowed")]
    TooLong { found: usize, most: usize },
    /// It is not written as this version writes it.
    #[error("it is not what this version of drawstream writes")]
    Malformed,
    /// It came under another name than it has.
    #[error("it came in the name of another show")]
    Foreign,
    /// Its scene is beyond what any planner makes.
    #[error("its scene is beyond all bounds")]
    Unbounded,
}

/// Whether rough pictures of what comes are wanted while it is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Previews {
    /// Somebody looks.
    Wanted,
    /// Nobody does.
    Unwanted,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobDoc {
    drawstream_job: u32,
    id: String,
    scene: Value,
    attempt: u32,
    previews: Previews,
    after: Option<String>,
}

/// The version of the format.
const FORMAT: u32 = 1;

/// A scene that a show wants painted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// Which painting it is: the same of the same show, donation, attempt and scene, however often it is asked for.
    pub(crate) id: String,
    /// Which show wants it.
    pub(crate) show: String,
    /// What is to be painted; it has to pass the worker's gate too.
    pub(crate) scene: Scene,
    /// As in [`Sitting`](crate::painters::Sitting).
    pub(crate) attempt: u32,
    /// Whether rough pictures are wanted.
    pub(crate) previews: Previews,
    /// The record of an earlier end that this job comes after, and which does not count for it.
    pub(crate) after: Option<String>,
}

impl Job {
    /// The painting of a donation's scene. What belongs to no donation is asked for anew each time.
    pub(crate) fn new(
        show: &str,
        donation: Option<DonationId>,
        scene: &ApprovedScene,
        attempt: u32,
    ) -> Self {
        let scene = scene.scene().clone();
        let mut hash = Sha256::new();
        hash.update(show);
        hash.update([0]);
        hash.update(scene_doc::to_json(&scene));
        let whose = match donation {
            Some(DonationId(number)) => number.to_string(),
            None => {
                let nonce: u64 = rand::random();
                hash.update(nonce.to_be_bytes());
                "own".to_owned()
            }
        };
        let digest: String = hash.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            id: format!("{show}-{whose}-{attempt}-{digest}"),
            show: show.to_owned(),
            scene,
            attempt,
            previews: Previews::Unwanted,
            after: None,
        }
    }

    /// What makes the server take a job twice asked for as one.
    pub(crate) fn message_id(&self) -> String {
        match &self.after {
            Some(after) => format!("{}-{after}", self.id),
            None => self.id.clone(),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let scene = serde_json::from_str(&scene_doc::to_json(&self.scene));
        let doc = JobDoc {
            drawstream_job: FORMAT,
            id: self.id.clone(),
            scene: scene.expect("a scene is written as JSON"),
            attempt: self.attempt,
            previews: self.previews,
            after: self.after.clone(),
        };
        serde_json::to_vec(&doc).expect("strings and numbers are always JSON")
    }

    /// Reads what came on a subject of jobs.
    ///
    /// # Errors
    /// [`JobError`]: it must not be tried again.
    pub(crate) fn parse(subject: &str, payload: &[u8]) -> Result<Self, JobError> {
        if payload.len() > LONGEST_JOB {
            return Err(JobError::TooLong {
                found: payload.len(),
                most: LONGEST_JOB,
            });
        }
        let show = show_of(subject).ok_or(JobError::Foreign)?;
        let doc: JobDoc = serde_json::from_slice(payload).map_err(|_| JobError::Malformed)?;
        let is_ours = doc
            .id
            .strip_prefix(show)
            .is_some_and(|rest| rest.starts_with('-'));
        if !is_ours {
            return Err(JobError::Foreign);
        }
        if doc.drawstream_job != FORMAT
            || !is_id(&doc.id)
            || !doc.after.as_deref().is_none_or(is_id)
        {
            return Err(JobError::Malformed);
        }
        let scene = scene_doc::parse(&doc.scene.to_string()).ok_or(JobError::Malformed)?;
        if !is_bounded(&scene) {
            return Err(JobError::Unbounded);
        }
        Ok(Self {
            id: doc.id,
            show: show.to_owned(),
            scene,
            attempt: doc.attempt,
            previews: doc.previews,
            after: doc.after,
        })
    }

    pub(crate) fn subject(&self) -> String {
        format!("{ROOT}.job.{}", self.show)
    }

    pub(crate) fn bell(&self) -> String {
        format!("{ROOT}.bell.{}", self.show)
    }

    pub(crate) fn news(&self) -> String {
        format!("{ROOT}.news.{}.{}", self.show, self.id)
    }

    pub(crate) fn preview(&self) -> String {
        format!("{ROOT}.preview.{}.{}", self.show, self.id)
    }

    pub(crate) fn cancel(&self) -> String {
        format!("{ROOT}.cancel.{}.{}", self.show, self.id)
    }

    pub(crate) fn who_has(&self) -> String {
        format!("{ROOT}.whohas.{}.{}", self.show, self.id)
    }
}

/// The show that a subject of jobs belongs to.
pub(crate) fn show_of(subject: &str) -> Option<&str> {
    let mut parts = subject.split('.');
    let is_job = parts.next() == Some(ROOT) && parts.next() == Some("job");
    let show = parts.next().filter(|show| is_name(show))?;
    (is_job && parts.next().is_none()).then_some(show)
}

fn is_id(text: &str) -> bool {
    let is_fit = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(is_fit)
}

fn is_bounded(scene: &Scene) -> bool {
    let short = |text: &str| text.chars().count() <= MOST_LETTERS;
    let texts = [&scene.prompt, &scene.negative_prompt, &scene.style_notes];
    texts.into_iter().all(|text| short(text))
        && scene.setting.as_deref().is_none_or(short)
        && scene.palette.len() <= MOST_THINGS
        && scene.subjects.len() <= MOST_THINGS
        && scene.subjects.iter().all(|subject| {
            (1..=12).contains(&subject.count)
                && short(&subject.name)
                && subject.emoji.as_deref().is_none_or(short)
        })
}

/// What a worker tells of a job while it has it in hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum News {
    /// It goes on, and so much is done, `0..=1`.
    Painting(f32),
    /// It is over: a record tells what became of it.
    Over,
}

impl News {
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers are always JSON")
    }

    /// Reads news; what is none is nobody's loss.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        if payload.len() > LONGEST_NEWS {
            return None;
        }
        match serde_json::from_slice(payload).ok()? {
            Self::Painting(share) if share.is_finite() => {
                Some(Self::Painting(share.clamp(0.0, 1.0)))
            }
            Self::Painting(_) => None,
            Self::Over => Some(Self::Over),
        }
    }
}
