//! Rectangles of the stage, and the list of those that changed.

/// A rectangle of screen pixels, from the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StageRect {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
    /// Pixels across; never negative.
    pub w: i32,
    /// Pixels down; never negative.
    pub h: i32,
}

impl StageRect {
    /// The rectangle of these sides; negative ones are 0.
    pub const fn new(x: i32, y: i32, w: i32, h: i32) -> Self {
        let (w, h) = (if w < 0 { 0 } else { w }, if h < 0 { 0 } else { h });
        Self { x, y, w, h }
    }

    /// Just right of the last column.
    pub const fn right(self) -> i32 {
        self.x + self.w
    }

    /// Just below the last row.
    pub const fn bottom(self) -> i32 {
        self.y + self.h
    }

    /// Whether there is no pixel in it.
    pub const fn is_empty(self) -> bool {
        self.w == 0 || self.h == 0
    }

    /// How many pixels are in it.
    pub const fn area(self) -> i64 {
        self.w as i64 * self.h as i64
    }

    /// What both have; empty where they do not meet.
    pub fn intersect(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = (
            self.right().min(other.right()),
            self.bottom().min(other.bottom()),
        );
        Self::new(x, y, right - x, bottom - y)
    }

    /// The smallest one around both.
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = self.right().max(other.right());
        let bottom = self.bottom().max(other.bottom());
        Self::new(x, y, right - x, bottom - y)
    }

    /// Larger by `by` on each side, or smaller where it is negative.
    pub const fn outset(self, by: i32) -> Self {
        Self::new(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)
    }

    /// The topmost `h` pixels, and what is below them.
    pub(crate) fn split_top(self, h: i32) -> (Self, Self) {
        let h = h.clamp(0, self.h);
        (
            Self { h, ..self },
            Self::new(self.x, self.y + h, self.w, self.h - h),
        )
    }

    /// What is above the lowest `h` pixels, and these.
    pub(crate) fn split_bottom(self, h: i32) -> (Self, Self) {
        self.split_top(self.h - h.clamp(0, self.h))
    }

    /// The leftmost `w` pixels, and what is right of them.
    pub(crate) fn split_left(self, w: i32) -> (Self, Self) {
        let w = w.clamp(0, self.w);
        (
            Self { w, ..self },
            Self::new(self.x + w, self.y, self.w - w, self.h),
        )
    }

    /// What is left of the rightmost `w` pixels, and these.
    pub(crate) fn split_right(self, w: i32) -> (Self, Self) {
        self.split_left(self.w - w.clamp(0, self.w))
    }

    /// A rectangle of this size in the middle of it.
    pub(crate) const fn centered(self, w: i32, h: i32) -> Self {
        Self::new(self.x + (self.w - w) / 2, self.y + (self.h - h) / 2, w, h)
    }
}

/// What of the stage changed in a frame: rectangles inside of it. Empty when nothing did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage(Vec<StageRect>);

impl Damage {
    /// The rectangles; a pixel may lie in more than one.
    pub fn rects(&self) -> &[StageRect] {
        &self.0
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest rectangle around all of it.
    pub fn bounds(&self) -> StageRect {
        self.0
            .iter()
            .fold(StageRect::default(), |all, &rect| all.union(rect))
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes a rectangle in; one that overlaps the last one is joined with it if that costs few pixels.
    pub(crate) fn add(&mut self, rect: StageRect) {
        if rect.is_empty() {
            return;
        }
        if let Some(last) = self.0.last_mut() {
            let joined = last.union(rect);
            if joined.area() <= (last.area() + rect.area()) * 5 / 4 {
                *last = joined;
                return;
            }
        }
        self.0.push(rect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_is_joined_and_what_is_far_apart_is_not() {
        let mut damage = Damage::default();
        damage.add(StageRect::new(0, 0, 10, 10));
        damage.add(StageRect::new(10, 0, 10, 10));
        damage.add(StageRect::new(500, 500, 1, 1));
        damage.add(StageRect::new(3, 3, 0, 7));
        assert_eq!(
            damage.rects(),
            [StageRect::new(0, 0, 20, 10), StageRect::new(500, 500, 1, 1)]
        );
        assert_eq!(damage.bounds(), StageRect::new(0, 0, 501, 501));
    }

    #[test]
    fn splits_never_leave_the_rectangle() {
        let rect = StageRect::new(5, 5, 20, 10);
        assert_eq!(rect.split_top(99), (rect, StageRect::new(5, 15, 20, 0)));
        assert_eq!(
            rect.split_right(5),
            (StageRect::new(5, 5, 15, 10), StageRect::new(20, 5, 5, 10))
        );
    }
}
