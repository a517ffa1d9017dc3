//! The [`Easel`]: what stands on the canvas now, and what of it changed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::color::Rgb8;
use drawstream_core::donation::{DonationId, ShowTime};
use drawstream_core::plan::CanvasPoint;
use drawstream_core::raster::Framebuffer;
use drawstream_core::stage::{CanvasDamage, Dab, Touched};
use drawstream_core::timeline::{Playhead, Timeline};

/// Past works that an idle stage paints again.
const GALLERY: usize = 8;
/// How long a repainted work stays before the next one begins.
const IDLE_HOLD: Duration = Duration::from_secs(20);

/// A plan and its colours, in the order of their first use.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) timeline: Arc<Timeline>,
    pub(crate) palette: Arc<[Rgb8]>,
}

/// Why a work is on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It is what this donation paid for; the show says how far it is.
    Painting(DonationId),
    /// It is the rough first idea of this donation's painting.
    Underdrawing(DonationId),
    /// It was shown before, and nothing else is on.
    Past,
}

#[derive(Debug)]
struct Mounted {
    role: Role,
    playhead: Playhead,
    since: ShowTime,
}

/// The canvas and the works of this show.
#[derive(Debug, Default)]
pub(crate) struct Easel {
    mounted: Option<Mounted>,
    is_new: bool,
    dabs: Vec<Dab>,
    gallery: VecDeque<Work>,
    next_past: usize,
}

impl Easel {
    /// Puts a donation's painting on: over the rough first idea of it, where that is on, and blank otherwise.
    pub(crate) fn begin(&mut self, id: DonationId, work: &Work, now: ShowTime) {
        self.mount_over(id, Role::Painting(id), work, now);
    }

    /// Whether this is on as the rough first idea of this donation's painting.
    pub(crate) fn is_underdrawing(&self, id: DonationId, idea: &Work) -> bool {
        self.mounted.as_ref().is_some_and(|mounted| {
            mounted.role == Role::Underdrawing(id)
                && Arc::ptr_eq(mounted.playhead.timeline(), &idea.timeline)
        })
    }

    /// Puts a rough idea on, over an earlier one where that is on; it is drawn as time goes by.
    pub(crate) fn underdraw(&mut self, id: DonationId, work: &Work, now: ShowTime) {
        self.mount_over(id, Role::Underdrawing(id), work, now);
    }

    fn mount_over(&mut self, id: DonationId, role: Role, work: &Work, now: ShowTime) {
        let ground = match &self.mounted {
            Some(mounted) if mounted.role == Role::Underdrawing(id) => {
                Playhead::over(Arc::clone(&work.timeline), mounted.playhead.frame())
            }
            Some(_) | None => None,
        };
        self.mount(role, work, now);
        if let (Some(mounted), Some(over)) = (&mut self.mounted, ground) {
            mounted.playhead = over;
        }
    }

    fn mount(&mut self, role: Role, work: &Work, now: ShowTime) {
        let dab = |&color| Dab {
            color,
            touched: Touched::NotYet,
        };
        self.dabs = work.palette.iter().map(dab).collect();
        let playhead = Playhead::new(Arc::clone(&work.timeline));
        self.mounted = Some(Mounted {
            role,
            playhead,
            since: now,
        });
        self.is_new = true;
    }

    /// Whoever is shown the canvas next has not seen it yet.
    pub(crate) fn show_anew(&mut self) {
        self.is_new = true;
    }

    /// Takes off what stands there.
    pub(crate) fn clear(&mut self) {
        if self.mounted.take().is_some() {
            self.dabs.clear();
            self.is_new = true;
        }
    }

    /// Keeps a work that was shown in full for idle hours.
    pub(crate) fn hang(&mut self, work: Work) {
        if self.gallery.len() == GALLERY {
            self.gallery.pop_front();
        }
        self.gallery.push_back(work);
        self.next_past = self.gallery.len() - 1;
    }

    /// Brings the donation's painting to this moment of its drawing.
    pub(crate) fn seek(&mut self, elapsed: Duration) {
        if let Some(Mounted {
            role: Role::Painting(_),
            playhead,
            ..
        }) = &mut self.mounted
        {
            playhead.seek(elapsed);
            self.touch();
        }
    }

    /// Draws the rough first idea of this donation's painting further, where it is on; else the canvas is empty.
    pub(crate) fn prepare(&mut self, id: DonationId, now: ShowTime) {
        match &mut self.mounted {
            Some(Mounted {
                role: Role::Underdrawing(on),
                playhead,
                since,
            }) if *on == id => {
                playhead.seek(now.since(*since));
                self.touch();
            }
            Some(_) | None => self.clear(),
        }
    }

    /// Paints past works again, one after another.
    pub(crate) fn idle(&mut self, now: ShowTime) {
        let is_over = match &self.mounted {
            Some(Mounted {
                role: Role::Past,
                playhead,
                since,
            }) => now.since(*since) >= playhead.timeline().duration() + IDLE_HOLD,
            Some(_) | None => true,
        };
        if is_over {
            match self.gallery.get(self.next_past).cloned() {
                Some(work) => {
                    self.next_past = (self.next_past + 1) % self.gallery.len();
                    self.mount(Role::Past, &work, now);
                }
                None => self.clear(),
            }
        }
        if let Some(Mounted {
            role: Role::Past,
            playhead,
            since,
        }) = &mut self.mounted
        {
            playhead.seek(now.since(*since));
            self.touch();
        }
    }

    /// Whether a work that time draws is not finished yet.
    pub(crate) fn is_drawing(&self) -> bool {
        self.mounted
            .as_ref()
            .is_some_and(|mounted| !mounted.playhead.is_finished())
    }

    /// Lights up the colour that the brush is in.
    fn touch(&mut self) {
        if let Some((_, color)) = self.brush()
            && let Some(dab) = self.dabs.iter_mut().find(|dab| dab.color == color)
        {
            dab.touched = Touched::Yes;
        }
    }

    /// Where the brush is, and what it paints with; nowhere once the last stroke is down.
    pub(crate) fn brush(&self) -> Option<(CanvasPoint, Rgb8)> {
        let playhead = &self.mounted.as_ref()?.playhead;
        if playhead.is_finished() {
            None
        } else {
            playhead.brush()
        }
    }

    /// The palette.
    pub(crate) fn dabs(&self) -> &[Dab] {
        &self.dabs
    }

    /// The canvas, and what changed since the last call.
    pub(crate) fn take(&mut self) -> Option<(&Framebuffer, CanvasDamage)> {
        let is_new = std::mem::take(&mut self.is_new);
        let playhead = &mut self.mounted.as_mut()?.playhead;
        let damage = CanvasDamage::from(playhead.take_damage());
        Some((
            playhead.frame(),
            if is_new { CanvasDamage::All } else { damage },
        ))
    }
}

#[cfg(test)]
mod tests {
    use drawstream_core::pixelize::IndexedImage;
    use drawstream_core::strokes::{Commission, Tempo, paint};
    use drawstream_core::timeline::TimelineOptions;

    use super::*;

    /// A canvas of two halves, painted in a second.
    fn work(left: Rgb8, right: Rgb8) -> Work {
        let indices = (0..256).map(|i: u32| u8::from(i % 16 >= 8)).collect();
        let image = IndexedImage::new(16, 16, vec![left, right], indices).unwrap();
        let tempo = Tempo::Total(Duration::from_secs(1));
        let commission = Commission {
            tempo,
            ..Commission::default()
        };
        let plan = paint(&image, &commission).unwrap().plan("").unwrap();
        let timeline = Timeline::compile(&plan, &TimelineOptions::default());
        Work {
            palette: timeline.palette(9).into(),
            timeline: Arc::new(timeline),
        }
    }

    #[test]
    fn a_newer_idea_goes_over_the_older_one_and_the_painting_over_both() {
        let (id, at) = (DonationId(1), |ms| ShowTime(Duration::from_millis(ms)));
        let (red, blue, green) = (
            Rgb8::new(200, 0, 0),
            Rgb8::new(0, 0, 200),
            Rgb8::new(0, 200, 0),
        );
        let (first, second) = (work(red, blue), work(green, blue));
        let mut easel = Easel::default();
        let corner = |easel: &mut Easel| easel.take().unwrap().0.color_at(0, 0).unwrap();
        easel.underdraw(id, &first, at(0));
        easel.prepare(id, at(1_000));
        assert_eq!(corner(&mut easel), red);
        assert!(easel.is_underdrawing(id, &first) && !easel.is_underdrawing(id, &second));
        easel.underdraw(id, &second, at(1_000));
        assert_eq!(corner(&mut easel), red, "nothing is wiped off");
        easel.prepare(id, at(2_000));
        assert_eq!(corner(&mut easel), green);
        easel.begin(id, &first, at(2_000));
        assert_eq!(corner(&mut easel), green);
        easel.seek(Duration::from_secs(1));
        assert_eq!(corner(&mut easel), red);
    }
}
