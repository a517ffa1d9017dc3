//! [`Pace`]: frames a second, counted over the last one.

use std::collections::VecDeque;
use std::time::Duration;

/// Counts frames.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    frames: VecDeque<Duration>,
}

impl Pace {
    /// A frame was made at this time.
    pub(crate) fn tick(&mut self, at: Duration) {
        self.frames.push_back(at);
        while self
            .frames
            .front()
            .is_some_and(|&first| at.saturating_sub(first) > Duration::from_secs(1))
        {
            self.frames.pop_front();
        }
    }

    /// Frames a second.
    pub(crate) fn fps(&self) -> f64 {
        match (self.frames.front(), self.frames.back()) {
            (Some(&first), Some(&last)) if last > first => {
                (self.frames.len() - 1) as f64 / (last - first).as_secs_f64()
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_frames_a_second_are_counted_as_that_and_silence_is_forgotten() {
        let mut pace = Pace::default();
        assert!(pace.fps().abs() < 1e-9);
        for n in 0..120u64 {
            pace.tick(Duration::from_micros(n * 16_667));
        }
        assert!((pace.fps() - 60.0).abs() < 0.1);
        pace.tick(Duration::from_secs(60));
        assert!(pace.fps().abs() < 1e-9);
    }
}
