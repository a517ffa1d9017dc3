//! The [`Film`]: what changed on the stage and when, between the stage, which must not wait, and an encoder that may.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use drawstream_core::stage::StageRect;
use tokio::sync::Notify;

use crate::sinks::Frame;

/// Changes that may wait: four seconds at 60 frames a second.
const MOST_PATCHES: usize = 240;
/// Bytes that may wait: five whole frames of 1920×1080.
const MOST_BYTES: usize = 48 << 20;

/// What changed with one frame.
#[derive(Debug)]
pub(super) struct Patch {
    /// When, since the show began.
    pub(super) at: Duration,
    /// The places and their pixels: RGBA, row by row.
    pub(super) pieces: Vec<(StageRect, Vec<u8>)>,
}

impl Patch {
    fn of(frame: &Frame<'_>, rects: &[StageRect]) -> Self {
        let bounds = StageRect::new(0, 0, even(frame.width), even(frame.height));
        let stride = frame.width as usize * 4;
        let pieces = rects.iter().map(|rect| {
            // A colour difference belongs to a square of 2 × 2 pixels.
            let (x, y) = (rect.x & !1, rect.y & !1);
            let (right, bottom) = ((rect.right() + 1) & !1, (rect.bottom() + 1) & !1);
            let rect = StageRect::new(x, y, right - x, bottom - y).intersect(bounds);
            let mut rgba = Vec::with_capacity(rect.area().unsigned_abs() as usize * 4);
            for y in rect.y..rect.bottom() {
                let row = y as usize * stride + rect.x as usize * 4;
                rgba.extend_from_slice(&frame.pixels[row..row + rect.w as usize * 4]);
            }
            (rect, rgba)
        });
        Self {
            at: frame.at,
            pieces: pieces.filter(|(rect, _)| !rect.is_empty()).collect(),
        }
    }

    fn bytes(&self) -> usize {
        self.pieces.iter().map(|(_, rgba)| rgba.len()).sum()
    }
}

/// The largest even number that is not above: encoders take no odd sides, so that the last row or column is left out.
pub(super) fn even(side: u32) -> i32 {
    i32::try_from(side & !1).unwrap_or(i32::MAX - 1)
}

/// Changes of the stage that wait to be shown to an encoder.
#[derive(Debug, Default)]
pub(super) struct Film {
    strip: Mutex<Strip>,
    began: OnceLock<Instant>,
    exposed: Notify,
}

#[derive(Debug, Default)]
struct Strip {
    patches: VecDeque<Patch>,
    bytes: usize,
}

impl Film {
    /// Takes what changed with a frame. Where too much waits already, all of it is let go and the whole frame takes
    /// its place: what was between is never seen, and nothing else is lost.
    pub(super) fn expose(&self, frame: &Frame<'_>) {
        let began = Instant::now();
        self.began
            .get_or_init(|| began.checked_sub(frame.at).unwrap_or(began));
        let patch = Patch::of(frame, frame.damage);
        let bytes = patch.bytes();
        let mut strip = self.strip.lock().unwrap_or_else(PoisonError::into_inner);
        strip.bytes += bytes;
        strip.patches.push_back(patch);
        let is_full = strip.patches.len() > MOST_PATCHES || strip.bytes > MOST_BYTES;
        drop(strip);
        if is_full {
            let all = StageRect::new(0, 0, even(frame.width), even(frame.height));
            let whole = Patch::of(frame, &[all]);
            let mut strip = self.strip.lock().unwrap_or_else(PoisonError::into_inner);
            strip.patches.clear();
            strip.bytes = whole.bytes();
            strip.patches.push_back(whole);
        }
        self.exposed.notify_one();
    }

    /// The next change that had happened by then, if there is one.
    pub(super) fn develop(&self, until: Duration) -> Option<Patch> {
        let mut strip = self.strip.lock().unwrap_or_else(PoisonError::into_inner);
        if strip.patches.front()?.at > until {
            return None;
        }
        let patch = strip.patches.pop_front()?;
        strip.bytes -= patch.bytes();
        Some(patch)
    }

    /// Waits for the first frame; says when the show began.
    pub(super) async fn first(&self) -> Instant {
        loop {
            let exposed = self.exposed.notified();
            if let Some(began) = self.began.get() {
                return *began;
            }
            exposed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W: u32 = 64;

    fn expose(film: &Film, millis: u64, byte: u8, damage: &[StageRect]) {
        let pixels = vec![byte; (W * W * 4) as usize];
        film.expose(&Frame {
            width: W,
            height: W,
            pixels: &pixels,
            damage,
            at: Duration::from_millis(millis),
        });
    }

    #[test]
    fn a_film_that_nobody_develops_stays_small_and_ends_with_the_stage_as_it_is() {
        let film = Film::default();
        for n in 0..1_000 {
            expose(&film, n, (n % 251) as u8, &[StageRect::new(3, 3, 1, 1)]);
        }
        let strip = film.strip.lock().unwrap();
        assert!(strip.patches.len() <= MOST_PATCHES);
        let whole = &strip.patches[0];
        assert_eq!(whole.pieces[0].0, StageRect::new(0, 0, 64, 64));
        assert_eq!(
            strip.bytes,
            strip.patches.iter().map(Patch::bytes).sum::<usize>()
        );
        let last = strip.patches.back().unwrap();
        assert_eq!(
            last.pieces,
            [(StageRect::new(2, 2, 2, 2), vec![(999 % 251) as u8; 16])]
        );
    }

    #[test]
    fn a_change_is_seen_from_its_time_on_and_never_beyond_the_edge() {
        let film = Film::default();
        expose(&film, 10, 1, &[StageRect::new(61, 60, 3, 9)]);
        expose(&film, 30, 2, &[]);
        assert!(film.develop(Duration::from_millis(9)).is_none());
        let patch = film.develop(Duration::from_millis(29)).unwrap();
        assert_eq!(patch.pieces[0].0, StageRect::new(60, 60, 4, 4));
        assert!(film.develop(Duration::from_millis(29)).is_none());
        assert!(film.develop(Duration::from_millis(30)).is_some());
    }
}
