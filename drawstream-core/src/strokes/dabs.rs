//! What the broad brush left undone: lines, dabs and lights.

use super::easel::{Easel, Tone};
use super::stage::Stage;

/// Pixels of one tone that are put down together.
pub(crate) struct Dab {
    pub(crate) stage: Stage,
    pub(crate) tone: Tone,
    pub(crate) pixels: Vec<u32>,
    /// How many connected pieces it has.
    pub(crate) pieces: usize,
    /// Whether these lie apart and are only taken together so that there are fewer strokes.
    pub(crate) gathered: bool,
}

/// All pixels that are wrong, as at most about `most` dabs: pieces of a tone that lie near are taken together,
/// farther ones too where there would be more dabs otherwise.
pub(crate) fn dabs(easel: &Easel, most: usize) -> Vec<Dab> {
    let mut pieces = Pieces::find(easel);
    pieces.join_near(easel);
    let constellation = ((easel.area() as f32).sqrt() * CONSTELLATION) as i32;
    pieces.join_in_cells(easel, constellation.max(2), usize::MAX, |stage| {
        stage == Stage::Highlights
    });
    let mut side = FIRST_CELL;
    let longer = easel.width.max(easel.height) as i32;
    while side < 2 * longer {
        let spare = pieces.groups().saturating_sub(most);
        if spare == 0 {
            break;
        }
        if side > STAGES_CELL {
            // So many small things are no longer lines and lights: whatever has a colour is taken together.
            pieces.forget_stages();
        }
        pieces.join_in_cells(easel, side, spare, |_| true);
        side += (side / 4).max(1);
    }
    pieces.into_dabs()
}

/// Lights within this share of the picture's side are dotted in one go, as stars are.
const CONSTELLATION: f32 = 0.15;
/// The first neighbourhoods in which pieces are taken together when there are too many, and the last ones in which
/// lines, dabs and lights stay apart, in pixels.
const FIRST_CELL: i32 = 6;
const STAGES_CELL: i32 = 24;

struct Pieces {
    /// Which piece a pixel belongs to.
    of: Vec<u32>,
    pixels: Vec<Vec<u32>>,
    kind: Vec<(Stage, Tone)>,
    parent: Vec<u32>,
    /// By root: whether pieces that lie apart were taken together.
    gathered: Vec<bool>,
}

const NONE: u32 = u32::MAX;

impl Pieces {
    /// Wrong pixels of one tone, connected straight or diagonally.
    fn find(easel: &Easel) -> Self {
        let mut of = vec![NONE; easel.area()];
        let mut pixels: Vec<Vec<u32>> = Vec::new();
        let mut stack = Vec::new();
        for seed in 0..easel.area() as u32 {
            if of[seed as usize] != NONE || !easel.is_wrong(seed) {
                continue;
            }
            let (id, tone) = (pixels.len() as u32, easel.want[seed as usize]);
            let mut piece = Vec::new();
            of[seed as usize] = id;
            stack.push(seed);
            while let Some(p) = stack.pop() {
                piece.push(p);
                let (x, y) = easel.place(p);
                for (dx, dy) in [
                    (-1, -1),
                    (0, -1),
                    (1, -1),
                    (-1, 0),
                    (1, 0),
                    (-1, 1),
                    (0, 1),
                    (1, 1),
                ] {
                    let Some(q) = easel.pixel(x + dx, y + dy) else {
                        continue;
                    };
                    if of[q as usize] == NONE && easel.want[q as usize] == tone && easel.is_wrong(q)
                    {
                        of[q as usize] = id;
                        stack.push(q);
                    }
                }
            }
            piece.sort_unstable();
            pixels.push(piece);
        }
        let kind = pixels
            .iter()
            .map(|piece| (stage_of(easel, piece), easel.want[piece[0] as usize]))
            .collect();
        Self {
            of,
            parent: (0..pixels.len() as u32).collect(),
            gathered: vec![false; pixels.len()],
            kind,
            pixels,
        }
    }

    fn root(&mut self, mut piece: u32) -> u32 {
        while self.parent[piece as usize] != piece {
            let up = self.parent[piece as usize];
            self.parent[piece as usize] = self.parent[up as usize];
            piece = up;
        }
        piece
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }

    fn groups(&self) -> usize {
        (0..self.parent.len() as u32)
            .filter(|&p| self.parent[p as usize] == p)
            .count()
    }

    /// Takes pieces of a kind together that have one pixel between them.
    fn join_near(&mut self, easel: &Easel) {
        for p in 0..easel.area() as u32 {
            let piece = self.of[p as usize];
            if piece == NONE {
                continue;
            }
            let (x, y) = easel.place(p);
            for dy in 0..=2 {
                for dx in -2..=2 {
                    let Some(q) = easel.pixel(x + dx, y + dy) else {
                        continue;
                    };
                    let other = self.of[q as usize];
                    if other != NONE
                        && other != piece
                        && self.kind[other as usize] == self.kind[piece as usize]
                    {
                        self.join(piece, other);
                    }
                }
            }
        }
    }

    fn forget_stages(&mut self) {
        for (stage, _) in &mut self.kind {
            *stage = Stage::Details;
        }
    }

    /// Takes groups of such a kind together whose first pixels lie in the same cell of a grid, until there are so many
    /// fewer.
    fn join_in_cells(
        &mut self,
        easel: &Easel,
        side: i32,
        mut spare: usize,
        taken: impl Fn(Stage) -> bool,
    ) {
        let mut keys: Vec<_> = (0..self.parent.len() as u32)
            .filter(|&p| self.parent[p as usize] == p && taken(self.kind[p as usize].0))
            .map(|p| {
                let (x, y) = easel.place(self.pixels[p as usize][0]);
                (self.kind[p as usize], y / side, x / side, p)
            })
            .collect();
        keys.sort_unstable();
        for pair in keys.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if spare > 0 && (a.0, a.1, a.2) == (b.0, b.1, b.2) {
                self.join(a.3, b.3);
                let root = self.root(a.3);
                self.gathered[root as usize] = true;
                spare -= 1;
            }
        }
    }

    fn into_dabs(mut self) -> Vec<Dab> {
        let mut dabs: Vec<Dab> = Vec::new();
        let mut slot = vec![NONE; self.pixels.len()];
        for piece in 0..self.pixels.len() as u32 {
            let root = self.root(piece) as usize;
            let pixels = std::mem::take(&mut self.pixels[piece as usize]);
            if slot[root] == NONE {
                slot[root] = dabs.len() as u32;
                let (stage, tone) = self.kind[root];
                dabs.push(Dab {
                    stage,
                    tone,
                    pixels,
                    pieces: 1,
                    gathered: self.gathered[root],
                });
            } else {
                let dab = &mut dabs[slot[root] as usize];
                dab.pixels.extend(pixels);
                dab.pieces += 1;
            }
        }
        dabs
    }
}

/// A light is at most this large.
const LIGHT: usize = 5;
/// A line is at least this long.
const LINE: usize = 7;

/// Whether a piece is a line, a light or a mere detail.
fn stage_of(easel: &Easel, piece: &[u32]) -> Stage {
    let tone = easel.want[piece[0] as usize];
    let own = easel.looks[usize::from(tone)].l;
    let (mut around, mut borders) = (0.0f32, 0u32);
    let (mut blocks, mut links) = (0, 0);
    for &p in piece {
        let (x, y) = easel.place(p);
        let at = |dx: i32, dy: i32| easel.pixel(x + dx, y + dy).map(|q| easel.want[q as usize]);
        for (dx, dy) in [(1, 0), (0, 1), (-1, 0), (0, -1)] {
            if let Some(other) = at(dx, dy).filter(|&other| other != tone) {
                around += easel.looks[usize::from(other)].l;
                borders += 1;
            }
        }
        let same = |dx: i32, dy: i32| at(dx, dy) == Some(tone);
        let [right, below, beyond, back] =
            [(1, 0), (0, 1), (1, 1), (-1, 1)].map(|(x, y)| same(x, y));
        blocks += usize::from(right && below && beyond);
        links += [right, below, beyond, back]
            .into_iter()
            .filter(|&l| l)
            .count();
    }
    // Along a line each pixel has one link to the next; where pixels alternate (dither) each has two.
    let is_line = blocks * 4 < piece.len() && links * 2 < piece.len() * 3;
    let lighter = own - around / borders.max(1) as f32;
    if piece.len() <= LIGHT && own > 0.7 && lighter > 0.12 {
        Stage::Highlights
    } else if piece.len() >= LINE && is_line {
        Stage::Outlines
    } else {
        Stage::Details
    }
}

/// Whether the pixels make an area rather than lines or dots.
pub(crate) fn is_solid(easel: &Easel, pixels: &[u32]) -> bool {
    let tone = easel.want[pixels[0] as usize];
    let blocks = pixels
        .iter()
        .filter(|&&p| {
            let (x, y) = easel.place(p);
            [(1, 0), (0, 1), (1, 1)].iter().all(|&(dx, dy)| {
                easel
                    .pixel(x + dx, y + dy)
                    .is_some_and(|q| easel.want[q as usize] == tone)
            })
        })
        .count();
    blocks * 3 > pixels.len()
}
