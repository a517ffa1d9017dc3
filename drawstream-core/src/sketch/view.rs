//! [`View`]: a picture in the making, with all that its parts must agree on.

use super::backdrop::{Backdrop, Ground, Hour};
use super::dice::Dice;
use super::sheet::Sheet;
use super::tints::Tints;
use crate::plan::CanvasSize;
use crate::scene::Seed;

/// Whether a kingdom shows a castle of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Castles {
    /// One in the distance.
    Distant,
    /// The one that was asked for is enough.
    AskedFor,
}

/// A picture in the making.
pub(crate) struct View {
    pub(crate) sheet: Sheet,
    pub(crate) tints: Tints,
    pub(crate) backdrop: Backdrop,
    pub(crate) ground: Ground,
    pub(crate) hour: Hour,
    pub(crate) seed: Seed,
    pub(crate) castles: Castles,
    pub(crate) w: f32,
    pub(crate) h: f32,
    /// A hundredth of the picture, roughly: 1 on a canvas of 96 × 96.
    pub(crate) u: f32,
    /// Which side the light comes from: -1 the left, 1 the right.
    pub(crate) light: f32,
}

impl View {
    pub(crate) fn new(size: CanvasSize, backdrop: Backdrop, seed: Seed) -> Self {
        let (w, h) = (f32::from(size.w()), f32::from(size.h()));
        let tints = Tints::new(&backdrop);
        let light = if Dice::new(seed, "light").chance(0.5) {
            -1.0
        } else {
            1.0
        };
        Self {
            sheet: Sheet::new(i32::from(size.w()), i32::from(size.h()), tints.sky[2]),
            ground: backdrop.ground.unwrap_or(Ground::Meadow),
            hour: backdrop.hour.unwrap_or(Hour::Day),
            tints,
            backdrop,
            seed,
            castles: Castles::Distant,
            w,
            h,
            u: w.min(h) / 96.0,
            light,
        }
    }

    /// Chance for one part of the picture.
    pub(crate) fn dice(&self, part: &str) -> Dice {
        Dice::new(self.seed, part)
    }

    /// A share of the picture's height as a row.
    pub(crate) fn row(&self, share: f32) -> f32 {
        (self.h * share).floor()
    }

    pub(crate) fn winter(&self) -> bool {
        self.backdrop.season == Some(super::backdrop::Season::Winter)
            || self.ground == Ground::Arctic
    }
}
