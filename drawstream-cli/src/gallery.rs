//! The [`Gallery`]: what was shown, as files that stay: the finished picture and the time-lapse of each painting.
//!
//! The names of the files are the ledger's numbers, and nothing of a donor is in them: neither a name nor a word.

mod site;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use drawstream_core::donation::DonationId;
use drawstream_core::plan::{Limits, Plan};
use drawstream_core::timeline::{Timeline, TimelineOptions};
use tokio_util::sync::CancellationToken;

pub use self::site::{Site, SiteError, Wall};

use crate::fresh_file::FreshFile;
use crate::ledger::{Clerk, Kept, Shelf, Work};
use crate::picture::write_png;
use crate::timelapse::{Timelapse, write_gif};

/// Pixels a side of a kept picture at most: a canvas of 96 × 96 eight times as large.
const PICTURE: u32 = 768;
/// Pixels a side of a time-lapse at most.
const LAPSE_SIDE: u32 = 384;
/// A time-lapse is watched for so long at most.
const LAPSE: Duration = Duration::from_secs(12);
/// How long the finished picture stays at its end.
const LAST_FRAME: Duration = Duration::from_secs(3);
/// Its frames a second.
const LAPSE_FPS: u16 = 25;
/// What was shown is looked through so far back.
const LOOK_BACK: usize = 50;
/// What happens within this time is looked at once.
const PAUSE: Duration = Duration::from_secs(2);

/// A folder of pictures.
#[derive(Clone, Debug)]
pub struct Gallery {
    folder: PathBuf,
}

/// A painting, ready to be written.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) timeline: Arc<Timeline>,
    notes: Vec<(&'static str, String)>,
    pub(crate) painter: Option<String>,
}

impl Piece {
    /// Of what the ledger has kept; `None` where that is no plan.
    pub(crate) fn of(work: &Work) -> Option<Self> {
        let plan = Plan::parse(work.plan.as_deref()?, &Limits::default()).ok()?;
        let painter = work.picture.as_deref().and_then(painter_of);
        let mut notes = vec![("Software", "drawstream".to_owned())];
        notes.extend(plan.seed().map(|seed| ("Seed", seed.to_string())));
        notes.extend(painter.clone().map(|painter| ("Painter", painter)));
        notes.extend(version_of(work.plan.as_deref()?).map(|version| ("Plan version", version)));
        Some(Self {
            timeline: Arc::new(Timeline::compile(&plan, &TimelineOptions::default())),
            notes,
            painter,
        })
    }

    /// Writes the finished picture, as large as whole factors allow.
    pub(crate) fn write_picture(&self, path: &Path) -> anyhow::Result<()> {
        let frame = self.timeline.finished();
        let scale = factor(PICTURE, frame.width().max(frame.height()));
        let mut file = FreshFile::create(path)?;
        write_png(&frame, scale, &self.notes, &mut file)?;
        Ok(file.keep()?)
    }

    /// Writes the time-lapse.
    pub(crate) fn write_lapse(&self, path: &Path) -> anyhow::Result<()> {
        let size = self.timeline.canvas().size;
        let scale = factor(LAPSE_SIDE, u32::from(size.w().max(size.h())));
        let length = self.timeline.duration().min(LAPSE);
        let lapse = Timelapse::new(Arc::clone(&self.timeline), LAPSE_FPS, Some(length))?
            .with_hold(LAST_FRAME);
        let mut file = FreshFile::create(path)?;
        write_gif(&lapse, scale, &mut file, &mut |_, _| ())?;
        Ok(file.keep()?)
    }
}

/// The largest whole factor by which a side stays within `most`.
fn factor(most: u32, side: u32) -> u16 {
    u16::try_from((most / side.max(1)).max(1)).unwrap_or(1)
}

/// Who painted it, as the picture itself says.
fn painter_of(png: &[u8]) -> Option<String> {
    let reader = png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .ok()?;
    let mut notes = reader.info().utf8_text.iter();
    notes
        .find(|note| note.keyword == "Painter")?
        .get_text()
        .ok()
}

/// Which version of the format a plan is written in.
fn version_of(plan: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct VersionDoc {
        version: String,
    }
    serde_json::from_str::<VersionDoc>(plan)
        .ok()
        .map(|doc| doc.version)
}

impl Gallery {
    /// The one in this folder, which is made where it is not there.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where a painting's picture is.
    pub fn picture(&self, id: DonationId) -> PathBuf {
        self.folder.join(format!("{:06}.png", id.0))
    }

    /// Where its time-lapse is.
    pub fn lapse(&self, id: DonationId) -> PathBuf {
        self.folder.join(format!("{:06}.gif", id.0))
    }

    /// Hangs a painting. The picture comes last: where it is, all is.
    fn hang(&self, id: DonationId, piece: &Piece) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        piece.write_lapse(&self.lapse(id))?;
        piece.write_picture(&self.picture(id))
    }

    /// Removes the pictures of these, as of somebody who is forgotten.
    pub fn take_down(&self, ids: &[DonationId]) {
        for path in ids
            .iter()
            .flat_map(|&id| [self.picture(id), self.lapse(id)])
        {
            match std::fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => tracing::error!("{} cannot be removed: {error}", path.display()),
            }
        }
    }

    /// When the newest picture in it was made, in milliseconds since 1970; now where there is none.
    fn newest_ms(&self) -> i64 {
        let millis = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        };
        let files = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten();
        let pictures = files.filter(|file| file.path().extension().is_some_and(|end| end == "png"));
        let times = pictures.filter_map(|file| file.metadata().ok()?.modified().ok());
        times
            .max()
            .map_or_else(|| millis(SystemTime::now()), millis)
    }

    /// Hangs what was shown since the newest picture was hung, and then whatever is shown, until the program ends.
    pub(crate) async fn attend(self, clerk: Clerk, stop: CancellationToken) -> Result<(), String> {
        let mut written = clerk.changes();
        let mut since_ms = self.newest_ms();
        loop {
            let _ = written.borrow_and_update();
            // The ledger itself says so where it is in trouble; it is asked again with its next change.
            let shown = clerk
                .ask(|ledger| ledger.shelf(Shelf::Shown, 0, LOOK_BACK))
                .await;
            let mut fresh = shown.unwrap_or_default();
            fresh.retain(|row| row.changed_at_ms > since_ms && row.kept == Kept::Plan);
            fresh.sort_by_key(|row| row.changed_at_ms);
            for row in fresh {
                let id = row.entry.donation.id;
                let Ok(work) = clerk.ask(move |ledger| ledger.work(id)).await else {
                    break;
                };
                let gallery = self.clone();
                let hung = tokio::task::spawn_blocking(move || match Piece::of(&work) {
                    Some(piece) => gallery.hang(id, &piece),
                    None => Ok(()),
                });
                let hung = hung.await.map_err(|error| error.to_string())?;
                hung.map_err(|error| format!("{}: {error:#}", self.folder.display()))?;
                since_ms = row.changed_at_ms;
                tracing::debug!(donation.id = id.0, "donation {id} hangs in the gallery");
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = written.changed() => if changed.is_err() { return Ok(()) },
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}
