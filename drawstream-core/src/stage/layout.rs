//! Where everything is: one description for wide and for tall stages of any size.

use super::rect::StageRect;
use super::view::Hud;

/// Width and height of a stage in screen pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageSize {
    w: u16,
    h: u16,
}

impl StageSize {
    /// The least and the most that a side may have.
    pub const SIDES: std::ops::RangeInclusive<u16> = 64..=8192;
    /// 1920×1080.
    pub const FULL_HD: Self = Self { w: 1920, h: 1080 };
    /// 1080×1920.
    pub const PORTRAIT: Self = Self { w: 1080, h: 1920 };

    /// `None` if a side is not one of [`StageSize::SIDES`].
    pub fn new(w: u16, h: u16) -> Option<Self> {
        (Self::SIDES.contains(&w) && Self::SIDES.contains(&h)).then_some(Self { w, h })
    }

    /// Pixels across.
    pub const fn w(self) -> u16 {
        self.w
    }

    /// Pixels down.
    pub const fn h(self) -> u16 {
        self.h
    }
}

/// How much of a stage's edge is left free, in percent of each side: what streaming services and televisions put
/// over the edge of a picture covers nothing then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeArea(u8);

impl SafeArea {
    /// The most that may be left free at each edge.
    pub const MOST: u8 = 15;

    /// `None` above [`SafeArea::MOST`].
    pub fn new(percent: u8) -> Option<Self> {
        (percent <= Self::MOST).then_some(Self(percent))
    }

    fn within(self, stage: StageRect) -> StageRect {
        let free = |side: i32| side * i32::from(self.0) / 100;
        let (x, y) = (free(stage.w), free(stage.h));
        StageRect::new(x, y, stage.w - 2 * x, stage.h - 2 * y)
    }
}

/// The places of a stage. None of them overlaps another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layout {
    /// Screen pixels per pixel of a 1920×1080 (or 1080×1920) stage.
    pub(crate) unit: f32,
    /// Everything.
    pub(crate) stage: StageRect,
    /// Everything but what is left free at the edges.
    safe: StageRect,
    /// The picture with its frame stands in the middle of this.
    pub(crate) easel: StageRect,
    /// Below the frame.
    pub(crate) plaque: StageRect,
    pub(crate) source: StageRect,
    pub(crate) clock: StageRect,
    pub(crate) now: StageRect,
    pub(crate) next: StageRect,
    pub(crate) caption: StageRect,
    pub(crate) fps: StageRect,
}

/// The picture's box with its frame: 960 pixels for it, which many canvas sizes divide, and 12 for each edge.
const EASEL: f32 = 984.0;
/// How many waiting ones are listed.
pub(crate) const ROWS: usize = 5;

impl Layout {
    pub(crate) fn new(size: StageSize, safe_area: SafeArea, hud: Hud) -> Self {
        let stage = StageRect::new(0, 0, i32::from(size.w), i32::from(size.h));
        let safe = safe_area.within(stage);
        let (w, h) = (safe.w as f32, safe.h as f32);
        let empty = |unit| Self::empty(stage, safe, unit);
        match hud {
            Hud::Hidden => empty(w.min(h) / 1080.0).alone(),
            Hud::Shown if h > w * 1.2 => empty((w / 1080.0).min(h / 1920.0)).tall(),
            Hud::Shown => empty((w / 1920.0).min(h / 1080.0)).wide(),
        }
    }

    fn empty(stage: StageRect, safe: StageRect, unit: f32) -> Self {
        let nothing = StageRect::default();
        Self {
            unit,
            stage,
            safe,
            easel: nothing,
            plaque: nothing,
            source: nothing,
            clock: nothing,
            now: nothing,
            next: nothing,
            caption: nothing,
            fps: nothing,
        }
    }

    fn alone(self) -> Self {
        Self {
            easel: self.safe.outset(-self.px(24.0)),
            ..self
        }
    }

    /// The canvas at the left, a column of panels at the right; on a stage wider than 16:9 both stand in the middle.
    fn wide(self) -> Self {
        let mut layout = self;
        let safe = layout.safe;
        let whole = safe.centered(layout.px(1920.0).min(safe.w), safe.h);
        let left = layout.px(40.0);
        let side = layout.px(EASEL);
        let above = (whole.h - side - layout.px(40.0)) / 2;
        layout.easel = StageRect::new(whole.x + left, whole.y + above, side, side);
        layout.plaque = layout.below_easel();
        let x = layout.easel.right() + layout.px(40.0);
        let edge = layout.px(28.0);
        let column = StageRect::new(
            x,
            whole.y + edge,
            whole.right() - left - x,
            whole.h - 2 * edge,
        );
        let (top, rest) = column.split_top(layout.px(52.0));
        let (rest, foot) = rest.split_bottom(layout.px(40.0));
        layout.place_strips(top, foot);
        let (_, rest) = rest.split_top(layout.px(18.0));
        let (rest, _) = rest.split_bottom(layout.px(14.0));
        layout.place_panels(rest, 18.0, 54.0);
        layout
    }

    /// One above the other: strip, canvas, panels.
    fn tall(self) -> Self {
        let mut layout = self;
        let safe = layout.safe;
        let whole = safe.centered(layout.px(1080.0).min(safe.w), safe.h);
        // The panels are as wide as the frame.
        let edge = layout.px((1080.0 - EASEL) / 2.0);
        let inner = StageRect::new(
            whole.x + edge,
            whole.y + layout.px(30.0),
            whole.w - 2 * edge,
            whole.h - layout.px(54.0),
        );
        let (top, rest) = inner.split_top(layout.px(48.0));
        let side = layout.px(EASEL);
        let (_, rest) = rest.split_top(layout.px(16.0));
        layout.easel = StageRect::new(whole.x + (whole.w - side) / 2, rest.y, side, side);
        layout.plaque = layout.below_easel();
        let below = layout.plaque.bottom() - rest.y + layout.px(8.0);
        let (_, rest) = rest.split_top(below);
        let (rest, foot) = rest.split_bottom(layout.px(34.0));
        layout.place_strips(top, foot);
        let (rest, _) = rest.split_bottom(layout.px(10.0));
        layout.place_panels(rest, 14.0, 50.0);
        layout
    }

    fn below_easel(&self) -> StageRect {
        let easel = self.easel;
        StageRect::new(
            easel.x,
            easel.bottom() + self.px(12.0),
            easel.w,
            self.px(40.0),
        )
    }

    fn place_strips(&mut self, top: StageRect, foot: StageRect) {
        let clock = self.px(150.0);
        (self.source, self.clock) = top.split_right(clock);
        (self.caption, self.fps) = foot.split_right(clock);
    }

    fn place_panels(&mut self, area: StageRect, gap: f32, row: f32) {
        let list = self.px(24.0 + 40.0 + 10.0 + 18.0) + self.px(row) * ROWS as i32;
        let (now, next) = area.split_bottom(list);
        (self.now, _) = now.split_bottom(self.px(gap));
        self.next = next;
    }

    /// A length of a 1080-line stage, in this stage's pixels; at least 1.
    pub(crate) fn px(&self, length: f32) -> i32 {
        (libm::roundf(length * self.unit) as i32).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(layout: &Layout) -> Vec<StageRect> {
        vec![
            layout.easel,
            layout.plaque,
            layout.source,
            layout.clock,
            layout.now,
            layout.next,
            layout.caption,
            layout.fps,
        ]
    }

    #[test]
    fn nothing_overlaps_and_nothing_is_outside_on_any_stage() {
        for (w, h) in [
            (1920, 1080),
            (1080, 1920),
            (1280, 720),
            (2560, 1080),
            (3840, 2160),
            (1440, 1080),
            (1080, 1080),
            (720, 1280),
            (1000, 1250),
            (320, 180),
            (64, 64),
            (64, 8192),
            (8192, 64),
        ] {
            for percent in [0, 5, SafeArea::MOST] {
                let safe_area = SafeArea::new(percent).unwrap();
                let layout = Layout::new(StageSize::new(w, h).unwrap(), safe_area, Hud::Shown);
                let all = places(&layout);
                for (n, &one) in all.iter().enumerate() {
                    let at = format!("{w}x{h} with {percent} % free, place {n}");
                    assert_eq!(one.intersect(layout.safe), one, "{at}");
                    for (m, &other) in all.iter().enumerate().skip(n + 1) {
                        let both = one.intersect(other);
                        assert!(both.is_empty(), "{at} shares {both:?} with {m}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_canvas_is_the_largest_thing_on_both_stages() {
        for (size, least) in [(StageSize::FULL_HD, 0.46), (StageSize::PORTRAIT, 0.46)] {
            let layout = Layout::new(size, SafeArea::default(), Hud::Shown);
            let share = layout.easel.area() as f64 / layout.stage.area() as f64;
            assert!(share > least, "{size:?}: {share}");
        }
    }
}
