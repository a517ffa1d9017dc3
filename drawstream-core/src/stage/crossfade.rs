//! A [`Crossfade`]: what was inside the frame gives way to what is there now.

use std::time::Duration;

use super::fade;
use super::rect::StageRect;
use super::surface::{Alpha, Surface};
use crate::donation::ShowTime;

/// The picture before, while it can still be seen through the one that follows it.
pub(crate) struct Crossfade {
    area: StageRect,
    /// Its pixels as they were on the surface, row by row.
    before: Vec<u8>,
    since: ShowTime,
    alpha: Alpha,
}

impl Crossfade {
    /// How long it takes.
    const TIME: Duration = Duration::from_millis(400);

    /// Begins with what is on the surface now.
    pub(crate) fn begin(surface: &Surface, area: StageRect, now: ShowTime) -> Self {
        let mut before = Vec::with_capacity(area.area().unsigned_abs() as usize * 4);
        for y in area.y..area.bottom() {
            before.extend_from_slice(surface.row_bytes(y, area.x, area.w));
        }
        Self {
            area,
            before,
            since: now,
            alpha: 0,
        }
    }

    /// Goes on to this moment, and says whether that makes a difference.
    pub(crate) fn advance(&mut self, now: ShowTime) -> bool {
        // A clock that was set back ends it rather than having it wait.
        let since = (now >= self.since).then(|| now.since(self.since));
        let alpha = since.map_or(Alpha::MAX, |since| fade(since, Self::TIME));
        std::mem::replace(&mut self.alpha, alpha) != alpha
    }

    /// Whether nothing of the picture before is seen any more.
    pub(crate) fn is_over(&self) -> bool {
        self.alpha == Alpha::MAX
    }

    /// Lays what is still seen of the picture before over the one that is on the surface.
    pub(crate) fn lay_over(&self, surface: &mut Surface) {
        if self.area.is_empty() {
            return;
        }
        let rows = self.before.chunks_exact(self.area.w as usize * 4);
        for (y, before) in (self.area.y..).zip(rows) {
            let now = surface.row_bytes_mut(y, self.area.x, self.area.w);
            blend(now, before, self.alpha);
        }
    }
}

/// `now * alpha + before * (1 - alpha)`, rounded, byte by byte.
fn blend(now: &mut [u8], before: &[u8], alpha: Alpha) {
    let (new, old) = (u16::from(alpha), u16::from(255 - alpha));
    for (now, &before) in now.iter_mut().zip(before) {
        // At most 255 · 255 + 127, which fits; x / 255 is (x + 1 + (x >> 8)) >> 8 below that.
        let sum = u16::from(*now) * new + u16::from(before) * old + 127;
        *now = ((sum + 1 + (sum >> 8)) >> 8) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blending_is_exact_division_and_never_overflows() {
        for alpha in [0, 1, 15, 127, 128, 254, 255] {
            for now in 0..=255u8 {
                for before in [0, 1, 99, 200, 255] {
                    let mut mixed = [now];
                    blend(&mut mixed, &[before], alpha);
                    let (a, b) = (u32::from(alpha), u32::from(255 - alpha));
                    let exact = (u32::from(now) * a + u32::from(before) * b + 127) / 255;
                    assert_eq!(u32::from(mixed[0]), exact, "{now} over {before} at {alpha}");
                }
            }
        }
    }
}
