//! The [`Reel`]: which frame of a video is due when, and what is on it.

use std::time::Duration;

use super::film::Film;
use super::picture::Picture;

/// An encoder may fall so far behind and catch up; what is older than that is left out.
const MOST_BEHIND: Duration = Duration::from_secs(2);

/// So long after a frame's time it is looked what is on the stage: half of a frame at 60 a second. The stage draws at
/// whole frames, so that one that comes a little late is in its place all the same.
const GRACE: Duration = Duration::from_millis(8);

/// Cuts a show into frames at a fixed rate, numbered since the show began.
#[derive(Debug)]
pub(super) struct Reel {
    fps: u32,
    next: u64,
    picture: Picture,
    has_begun: bool,
    /// Frames that were handed on.
    pub(super) shown: u64,
    /// Frames that were due and never handed on.
    pub(super) dropped: u64,
}

impl Reel {
    /// One that has not begun, of even sides.
    pub(super) fn new(fps: u32, (width, height): (u32, u32)) -> Self {
        Self {
            fps: fps.max(1),
            next: 0,
            picture: Picture::new(width, height),
            has_begun: false,
            shown: 0,
            dropped: 0,
        }
    }

    /// When the next frame is due, since the show began.
    pub(super) fn due(&self) -> Duration {
        self.moment(self.next)
    }

    fn moment(&self, frame: u64) -> Duration {
        let nanos = u128::from(frame) * 1_000_000_000 / u128::from(self.fps);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).saturating_add(GRACE)
    }

    /// The first frame that is due at this time or after it.
    fn first_from(&self, now: Duration) -> u64 {
        let frames = now.saturating_sub(GRACE).as_nanos() * u128::from(self.fps);
        u64::try_from(frames.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
    }

    /// Goes on with what is due now, as after a pause in which nobody took frames.
    pub(super) fn resume(&mut self, now: Duration) {
        let next = self.first_from(now).max(self.next);
        if self.has_begun {
            self.dropped += next - self.next;
        }
        self.has_begun = true;
        self.next = next;
    }

    /// Leaves out what is so late that catching up would take too long.
    pub(super) fn catch_up(&mut self, now: Duration) {
        if now.saturating_sub(self.due()) > MOST_BEHIND {
            self.resume(now);
        }
    }

    /// The bytes of the next frame.
    pub(super) fn frame(&mut self, film: &Film) -> &[u8] {
        let due = self.due();
        while let Some(patch) = film.develop(due) {
            for (rect, rgba) in &patch.pieces {
                self.picture.put(*rect, rgba);
            }
        }
        self.picture.bytes()
    }

    /// The frame was taken.
    pub(super) fn advance(&mut self) {
        self.next += 1;
        self.shown += 1;
    }
}

#[cfg(test)]
mod tests {
    use drawstream_core::stage::StageRect;

    use super::*;
    use crate::sinks::Frame;

    const SIDE: u32 = 4;

    fn expose(film: &Film, at: Duration, grey: u8) {
        film.expose(&Frame {
            width: SIDE,
            height: SIDE,
            pixels: &[grey; 64],
            damage: &[StageRect::new(0, 0, 4, 4)],
            at,
        });
    }

    /// What is seen in each frame of two seconds, where the stage shows frame `n` a little late.
    fn seen(stage_fps: u32, video_fps: u32) -> Vec<u8> {
        let film = Film::default();
        for n in 0..2 * stage_fps {
            let late = Duration::from_micros(u64::from(n * 7_919 % 2_500));
            let at = Duration::from_secs(1) * n / stage_fps + late;
            expose(&film, at, n as u8);
        }
        let mut reel = Reel::new(video_fps, (SIDE, SIDE));
        reel.resume(Duration::ZERO);
        let mut seen = Vec::new();
        while reel.due() < Duration::from_secs(2) {
            seen.push(reel.frame(&film)[0]);
            reel.advance();
        }
        seen
    }

    fn luma(grey: u32) -> u8 {
        (16 + (grey * 219 + 127) / 255) as u8
    }

    #[test]
    fn every_frame_of_the_stage_is_one_of_the_video_and_every_second_at_half_the_rate() {
        let expected: Vec<u8> = (0..120).map(luma).collect();
        assert_eq!(seen(60, 60), expected);
        let expected: Vec<u8> = (0..60).map(|n| luma(2 * n)).collect();
        assert_eq!(seen(60, 30), expected);
        let expected: Vec<u8> = (0..120).map(|n| luma(n / 2)).collect();
        assert_eq!(seen(30, 60), expected);
    }

    #[test]
    fn a_late_encoder_catches_up_and_one_that_is_too_late_leaves_out_what_is_counted() {
        let mut reel = Reel::new(60, (SIDE, SIDE));
        reel.resume(Duration::from_secs(10));
        let first = reel.due();
        assert!(first >= Duration::from_secs(10));
        assert!(first < Duration::from_secs(10) + Duration::from_millis(17));
        reel.advance();
        reel.catch_up(Duration::from_secs(12));
        assert_eq!((reel.shown, reel.dropped), (1, 0), "it can still catch up");
        reel.catch_up(Duration::from_secs(13));
        assert_eq!(
            reel.dropped, 179,
            "three seconds but for the one that was shown"
        );
        assert!(reel.due() >= Duration::from_secs(13));
        // As after a restart of the encoder.
        reel.resume(Duration::from_secs(14));
        assert_eq!(reel.dropped, 239);
        assert_eq!(reel.shown, 1);
    }
}
