//! A row of canvas pixels in painting order, and the clipping that makes one.

use crate::plan::CanvasSize;

/// Neighbouring pixels of one row, clipped to the canvas, in the order in which they are painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The pixel painted first: `y × width + x`.
    pub(crate) first: u32,
    /// How many, at least 1.
    pub(crate) len: u32,
    /// Which way they are painted.
    pub(crate) way: Way,
}

/// The direction of a [`Span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Rightward,
    Leftward,
}

impl Span {
    pub(crate) fn single(index: u32) -> Self {
        Self {
            first: index,
            len: 1,
            way: Way::Rightward,
        }
    }

    /// The index of its leftmost pixel.
    pub(crate) fn lowest(self) -> u32 {
        match self.way {
            Way::Rightward => self.first,
            Way::Leftward => self.first + 1 - self.len,
        }
    }

    /// Its pixels in painting order.
    pub(crate) fn indices(self) -> impl Iterator<Item = u32> {
        let (first, way) = (self.first, self.way);
        (0..self.len).map(move |k| match way {
            Way::Rightward => first + k,
            Way::Leftward => first - k,
        })
    }
}

/// The canvas as that which cuts shapes off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clip {
    pub(crate) w: i64,
    pub(crate) h: i64,
}

impl Clip {
    pub(crate) fn new(size: CanvasSize) -> Self {
        Self {
            w: i64::from(size.w()),
            h: i64::from(size.h()),
        }
    }

    /// What is on the canvas of the pixels `from ..= to` of row `y`, painted from `from` to `to`.
    pub(crate) fn row(self, y: i64, from: i64, to: i64) -> Option<Span> {
        let (left, right) = (from.min(to).max(0), from.max(to).min(self.w - 1));
        if y < 0 || y >= self.h || left > right {
            return None;
        }
        let way = if from <= to {
            Way::Rightward
        } else {
            Way::Leftward
        };
        let first = y * self.w
            + match way {
                Way::Rightward => left,
                Way::Leftward => right,
            };
        Some(Span {
            first: index(first),
            len: index(right - left + 1),
            way,
        })
    }

    pub(crate) fn pixel(self, x: i64, y: i64) -> Option<u32> {
        (x >= 0 && x < self.w && y >= 0 && y < self.h).then(|| index(y * self.w + x))
    }
}

fn index(value: i64) -> u32 {
    u32::try_from(value).expect("a canvas has less than 2^32 pixels")
}
