//! Colours that are one: noise and light that a search took for two.

use super::lab::{Lab, distance};

/// Colours further apart than this are two, whatever lies between them.
const FARTHEST: f32 = 0.07;
/// One heap of cells cut in two leaves halves whose middles are 2.65 of their own spreads apart where it scatters
/// normally, and 3.5 where evenly; a little over the first is two heaps, whatever else speaks against them.
const TWO_HEAPS: f32 = 3.0;
/// Halves of one heap that noise has mixed up are nearer to each other than this.
const ONE_HEAP: f32 = 2.0;
/// Between both, two colours are two where cells side by side differ by nearly all of their distance: blotches and
/// light change step by step.
const SHARP: f32 = 0.8;
/// So many such neighbours tell it; fewer may be chance.
const ENOUGH: usize = 40;

/// Joins the two colours whose cells are the least apart, where they are not two heaps of cells but one.
///
/// `colors` are the cells' own, freed of what neighbours mixed in; `labels` say which palette colour each has, and
/// are kept true. Says whether two were joined.
pub(crate) fn join_one(
    colors: &[Lab],
    around: &[[u32; 8]],
    labels: &mut [u8],
    palette: &mut Vec<Lab>,
) -> bool {
    let k = palette.len();
    let mut members: Vec<Vec<Lab>> = vec![Vec::new(); k];
    for (&color, &label) in colors.iter().zip(&*labels) {
        members[usize::from(label)].push(color);
    }
    let mut closest: Option<(usize, usize, f32)> = None;
    for i in 0..k {
        for j in i + 1..k {
            let line = Line::new(palette[i], palette[j]);
            if line.length > FARTHEST {
                continue;
            }
            let apart = line.heaps_apart(&members[i], &members[j]);
            let nearer = closest.is_none_or(|c| apart < c.2);
            let fewer = members[i].len().min(members[j].len());
            let one = || apart < ONE_HEAP || !line.is_sharp(colors, around, labels, [i, j], fewer);
            if nearer && apart < TWO_HEAPS && one() {
                closest = Some((i, j, apart));
            }
        }
    }
    let Some((i, j, _)) = closest else {
        return false;
    };
    let (m, n) = (members[i].len() as f32, members[j].len() as f32);
    let share = if m + n > 0.0 { n / (m + n) } else { 0.5 };
    let (p, q) = (palette[i], palette[j]);
    palette[i] = std::array::from_fn(|c| p[c] + (q[c] - p[c]) * share);
    palette.remove(j);
    for label in labels {
        let at = usize::from(*label);
        if at == j {
            *label = i as u8;
        } else if at > j {
            *label -= 1;
        }
    }
    true
}

/// The line from one colour to another.
struct Line {
    from: Lab,
    /// Of length 1.
    along: Lab,
    length: f32,
}

impl Line {
    fn new(from: Lab, to: Lab) -> Self {
        let length = distance(from, to);
        let along = std::array::from_fn(|c| (to[c] - from[c]) / length.max(1e-6));
        Self {
            from,
            along,
            length,
        }
    }

    /// How far along a colour lies; what is far beyond either end is no part of the question.
    fn place(&self, color: Lab) -> f32 {
        let place: f32 = (0..3)
            .map(|c| (color[c] - self.from[c]) * self.along[c])
            .sum();
        place.clamp(-self.length, 2.0 * self.length)
    }

    /// How far the middles of two heaps of cells are apart, in their own spreads.
    fn heaps_apart(&self, p: &[Lab], q: &[Lab]) -> f32 {
        if p.is_empty() || q.is_empty() {
            return 0.0;
        }
        let heap = |members: &[Lab]| {
            let mean = members.iter().map(|&m| self.place(m)).sum::<f32>() / members.len() as f32;
            let squares = members.iter().map(|&m| self.place(m) - mean);
            (mean, squares.map(|d| d * d).sum::<f32>())
        };
        let ((p_mean, p_squares), (q_mean, q_squares)) = (heap(p), heap(q));
        let spread = ((p_squares + q_squares) / (p.len() + q.len()) as f32).sqrt();
        (q_mean - p_mean).abs() / spread.max(1e-6)
    }

    /// Whether cells of both labels that lie side by side differ as much as the colours do, or hardly any do and
    /// what parts the colours is not light.
    fn is_sharp(
        &self,
        colors: &[Lab],
        around: &[[u32; 8]],
        labels: &[u8],
        pair: [usize; 2],
        fewer: usize,
    ) -> bool {
        let (mut step, mut count) = (0.0, 0);
        for (cell, around) in around.iter().enumerate() {
            if usize::from(labels[cell]) != pair[0] {
                continue;
            }
            for &n in &around[..4] {
                if usize::from(labels[n as usize]) == pair[1] {
                    step += self.place(colors[n as usize]) - self.place(colors[cell]);
                    count += 1;
                }
            }
        }
        let sharp = count >= ENOUGH && step >= SHARP * self.length * count as f32;
        sharp || are_apart(self.along, count, fewer)
    }
}

/// Whether so many cells, which touch those of the other colour so often, were drawn in a colour of their own.
///
/// Noise and blotches lie among each other, so halves of one colour touch everywhere. Uneven light doesn't, but that
/// changes lightness more than hue.
pub(crate) fn are_apart(difference: Lab, touching: usize, cells: usize) -> bool {
    // Of eight cells in a row, or of a square of four by four, one side touches.
    const SELDOM: usize = 4;
    let [l, a, b] = difference;
    touching * SELDOM < cells && a * a + b * b > l * l
}
