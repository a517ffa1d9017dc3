//! How many cells of each kind lie between two places, so that a find is judged without going over it again.

use super::super::fold::{Kind, Unit};
use super::super::reading::{Reading, Step, View};
use super::Found;

/// Cells by kind.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// That are a letter and cannot be passed.
    pub(super) letters: usize,
    /// Those of them that were typed as letters.
    pub(super) plain: usize,
    /// That are, or may be, a letter.
    pub(super) taken: usize,
    /// Of white space that is passed.
    pub(super) crossings: usize,
    /// Between two words that may be one.
    pub(super) seams: usize,
}

/// The tallies of a whole reading, from its beginning to each cell.
#[derive(Default)]
pub(super) struct Tallies {
    until: Vec<[u16; 5]>,
    is_dotted: bool,
}

impl Tallies {
    /// Counts a reading. There are never more cells than `u16` holds.
    pub(super) fn count(&mut self, reading: &Reading, units: &[Unit]) {
        self.until.clear();
        let mut sum = [0u16; 5];
        self.until.push(sum);
        for cell in &reading.cells {
            match cell.step {
                Step::Letter => {
                    sum[0] += 1;
                    sum[1] += units
                        .get(cell.unit as usize)
                        .map_or(0, |unit| u16::from(is_alphabetic(unit)));
                    sum[2] += 1;
                }
                Step::LetterOrPass => sum[2] += 1,
                Step::Cross => sum[3] += 1,
                Step::Seam => sum[4] += 1,
                Step::Wild | Step::Pass | Step::Stop => {}
            }
            self.until.push(sum);
        }
        self.is_dotted = reading.view == View::Keys && is_dotted(reading, units);
    }

    /// What a find consists of.
    pub(super) fn between(&self, found: &Found) -> Tally {
        let (from, to) = (
            self.until[found.from as usize],
            self.until[found.to as usize],
        );
        let kind = |nth: usize| usize::from(to[nth] - from[nth]);
        Tally {
            letters: kind(0),
            plain: kind(1),
            taken: kind(2),
            crossings: kind(3),
            seams: kind(4),
        }
    }

    /// Whether every other character of a chunk on other keys is punctuation.
    pub(super) fn is_dotted(&self) -> bool {
        self.is_dotted
    }
}

fn is_dotted(reading: &Reading, units: &[Unit]) -> bool {
    let cells = &reading.cells[..reading.cells.len() - 1];
    let signs = cells
        .iter()
        .filter(|cell| !matches!(units[cell.unit as usize].kind, Kind::Letter(_)))
        .count();
    signs >= 2 && 2 * signs + 1 >= cells.len()
}

/// A letter of any alphabet; small capitals look like letters and are some.
fn is_alphabetic(unit: &Unit) -> bool {
    matches!(unit.kind, Kind::Letter(_)) || unit.kind == Kind::Sign && unit.base.is_alphabetic()
}
