//! How large a plan may be.

/// The most that a plan may hold; checked while it is read, before anything large is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Pixels of a side of the canvas.
    pub side: u16,
    /// Steps in all, groups and what is in them counted alike.
    pub steps: usize,
    /// Points, corners and runs in all.
    pub points: usize,
    /// Groups in each other.
    pub depth: usize,
    /// Characters of any one text.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            side: 2048,
            steps: 50_000,
            points: 4_000_000,
            depth: 16,
            text: 2_000,
        }
    }
}
