//! The [`Easel`]: what stands on the canvas now, and what of it changed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::color::Rgb8;
use drawstream_core::donation::{DonationId, ShowTime};
use drawstream_core::plan::CanvasPoint;
use drawstream_core::raster::Framebuffer;
use drawstream_core::stage::{CanvasDamage, Dab, Motion, Touched};
use drawstream_core::timeline::{Playhead, Timeline};

/// Past works that an idle stage paints again.
const GALLERY: usize = 8;
/// How long a repainted work stays before the next one begins.
const IDLE_HOLD: Duration = Duration::from_secs(40);
/// An idle stage paints so much slower than the work was painted first.
const IDLE_SLOWER: u32 = 2;

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
    /// It was shown before, and nothing else is on until then.
    Past {
        /// When the next one has its turn.
        until: ShowTime,
    },
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

    /// Keeps a work that an earlier run has shown, for idle hours; the oldest comes first.
    pub(crate) fn remember(&mut self, work: Work) {
        if self.gallery.len() < GALLERY {
            self.gallery.push_back(work);
        }
    }

    /// Keeps a work that was shown in full for idle hours.
    pub(crate) fn hang(&mut self, work: Work) {
        if self.gallery.len() == GALLERY {
            self.gallery.pop_front();
        }
        self.gallery.push_back(work);
        self.next_past = 0;
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

    /// Paints past works again, one after another and slowly, each over the one before; without motion each is there
    /// at once. What was shown a moment ago stays first.
    pub(crate) fn idle(&mut self, now: ShowTime, motion: Motion) {
        if let Some(mounted) = &mut self.mounted
            && matches!(mounted.role, Role::Painting(_))
            && mounted.playhead.is_finished()
        {
            let until = now + IDLE_HOLD;
            mounted.role = Role::Past { until };
        }
        let is_over = match &self.mounted {
            Some(Mounted {
                role: Role::Past { until },
                ..
            }) => now >= *until,
            Some(_) | None => true,
        };
        if is_over {
            self.mount_past(now, motion);
        }
        if let Some(Mounted {
            role: Role::Past { .. },
            playhead,
            since,
        }) = &mut self.mounted
            && !playhead.is_finished()
        {
            playhead.seek(match motion {
                Motion::Full => now.since(*since) / IDLE_SLOWER,
                Motion::Reduced => Duration::MAX,
            });
            self.touch();
        }
    }

    fn mount_past(&mut self, now: ShowTime, motion: Motion) {
        let Some(work) = self.gallery.get(self.next_past).cloned() else {
            return self.clear();
        };
        self.next_past = (self.next_past + 1) % self.gallery.len();
        let before = self.mounted.as_ref().map(|before| &before.playhead);
        let over = before
            .filter(|before| !Arc::ptr_eq(before.timeline(), &work.timeline))
            .and_then(|before| Playhead::over(Arc::clone(&work.timeline), before.frame()));
        let painting = match motion {
            Motion::Full => work.timeline.duration() * IDLE_SLOWER,
            Motion::Reduced => Duration::ZERO,
        };
        let until = now + painting + IDLE_HOLD;
        self.mount(Role::Past { until }, &work, now);
        if let (Some(mounted), Some(over)) = (&mut self.mounted, over) {
            mounted.playhead = over;
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
    use drawstream_core::plan::{Limits, Plan};
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

    /// A canvas that one stroke of four seconds fills with a grey.
    fn grey(grey: u8) -> Work {
        let json = format!(
            r##"{{"version":"1.0","canvas":{{"w":4,"h":4}},"caption":"","steps":[{{"op":"rect","x":0,"y":0,"w":4,"h":4,
            "fill":"#{grey:02x}{grey:02x}{grey:02x}","animate":{{"mode":"pixel_reveal","duration_ms":4000}}}}]}}"##
        );
        let plan = Plan::parse(&json, &Limits::default()).unwrap();
        let timeline = Arc::new(Timeline::compile(&plan, &TimelineOptions::default()));
        let palette = timeline.palette(4).into();
        Work { timeline, palette }
    }

    fn idle_at(easel: &mut Easel, seconds: u64, motion: Motion) -> Option<[u8; 2]> {
        easel.idle(ShowTime::from_secs(seconds), motion);
        let pixels = easel.take()?.0.pixels();
        Some([pixels[0], pixels[60]])
    }

    #[test]
    fn past_works_are_painted_slowly_one_over_the_other_and_begin_again() {
        let mut easel = Easel::default();
        assert_eq!(idle_at(&mut easel, 0, Motion::Full), None);
        easel.remember(grey(0x40));
        easel.remember(grey(0x80));
        let mut seen = |seconds| idle_at(&mut easel, seconds, Motion::Full).unwrap();
        assert_ne!(seen(0), [0x40, 0x40], "it has only begun");
        assert_eq!(seen(10), [0x40, 0x40]);
        assert_eq!(seen(47), [0x40, 0x40], "it stays");
        assert_eq!(seen(48)[1], 0x40);
        assert_eq!(seen(53), [0x80, 0x40], "the next one goes over it");
        assert_eq!(seen(58), [0x80, 0x80]);
        assert_eq!(seen(96)[1], 0x80, "the first has its turn again");
        assert_eq!(seen(106), [0x40, 0x40]);
    }

    #[test]
    fn without_motion_each_is_there_at_once() {
        let mut easel = Easel::default();
        easel.remember(grey(0x40));
        easel.remember(grey(0x80));
        let mut seen = |seconds| idle_at(&mut easel, seconds, Motion::Reduced).unwrap();
        assert_eq!(
            [seen(0), seen(39), seen(41)],
            [[0x40; 2], [0x40; 2], [0x80; 2]]
        );
        assert!(!easel.is_drawing());
    }

    #[test]
    fn what_was_shown_a_moment_ago_stays_before_others_are_painted() {
        let mut easel = Easel::default();
        easel.remember(grey(0x40));
        let shown = grey(0x80);
        easel.begin(DonationId(1), &shown, ShowTime::ZERO);
        easel.seek(Duration::MAX);
        easel.hang(shown);
        let mut seen = |seconds| idle_at(&mut easel, seconds, Motion::Full).unwrap();
        assert_eq!([seen(5), seen(44)], [[0x80; 2], [0x80; 2]]);
        assert_eq!(seen(45)[1], 0x80);
        assert_eq!(seen(60), [0x40; 2]);
    }
}
