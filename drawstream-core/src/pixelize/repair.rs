//! Colours that a palette lacks: few cells have them, so the search took them for noise.

use super::lab::{Lab, distance};
use super::palette_search::nearest;

/// Adds the colour that is missed most, in place of the least useful one where the palette is full.
///
/// `colors` are the cells' own, freed of what neighbours mixed in; `labels` say which palette colour each has, and
/// are kept true. Says whether a colour was missing.
pub(crate) fn add_missing(
    colors: &[Lab],
    labels: &mut [u8],
    palette: &mut Vec<Lab>,
    most: usize,
) -> bool {
    let off: Vec<f32> = colors
        .iter()
        .zip(&*labels)
        .map(|(&c, &l)| distance(c, palette[usize::from(l)]))
        .collect();
    let typical = median(&off);
    let scale = Scale::new(typical);
    let Some((color, saving)) = most_missed(colors, &off, &scale) else {
        return false;
    };
    if palette.len() < most {
        palette.push(color);
        return true;
    }
    // A false colour, a shadow or a speck of noise, lies so near to another that nobody misses it.
    const CLEARLY: f32 = 1.3;
    let mut counts = vec![0usize; palette.len()];
    for &l in &*labels {
        counts[usize::from(l)] += 1;
    }
    let worth = |k: usize| {
        let others = palette.iter().enumerate().filter(|&(i, _)| i != k);
        let near = others
            .map(|(_, &p)| distance(p, palette[k]))
            .fold(f32::MAX, f32::min);
        scale.worth(counts[k] as f32, near)
    };
    let cheapest = (0..palette.len()).min_by(|&a, &b| worth(a).total_cmp(&worth(b)));
    let Some(cheapest) = cheapest.filter(|&k| worth(k) * CLEARLY < saving) else {
        return false;
    };
    palette[cheapest] = color;
    for (label, &c) in labels.iter_mut().zip(colors) {
        if usize::from(*label) == cheapest {
            *label = nearest(palette, c) as u8;
        }
    }
    true
}

/// What counts as far, for a picture whose cells are typically so far from their colour.
struct Scale {
    /// Nearer is noise, and nothing is gained by mending it.
    dead: f32,
    /// Further is another colour.
    far: f32,
}

impl Scale {
    fn new(typical: f32) -> Self {
        Self {
            dead: 3.5 * typical,
            far: (6.0 * typical).max(0.06),
        }
    }

    /// What a colour is worth that so many cells have and whose nearest other is so far away.
    ///
    /// The power of 0.6 lets few cells be heard beside many, as in the search.
    fn worth(&self, cells: f32, distance: f32) -> f32 {
        let d = (distance - self.dead).clamp(0.0, 0.12);
        libm::powf(cells, 0.6) * d * d
    }
}

/// The colour of the cells that are farthest from theirs and alike, and what it would be worth.
fn most_missed(colors: &[Lab], off: &[f32], scale: &Scale) -> Option<(Lab, f32)> {
    // What three cells are worth that eyes can just tell from their colour.
    const LEAST: f32 = 0.003;
    // More cells than this would mean that the search has failed, and cost their square.
    const MOST: usize = 400;
    let mut missing: Vec<usize> = (0..off.len()).filter(|&i| off[i] > scale.far).collect();
    missing.sort_by(|&a, &b| off[b].total_cmp(&off[a]));
    missing.truncate(MOST);
    let alike = scale.far * 0.8;
    let mut best: Option<(Lab, f32)> = None;
    for &i in &missing {
        let mut sum = [0.0f32; 3];
        let (mut count, mut far) = (0.0f32, 0.0f32);
        for &j in &missing {
            if distance(colors[i], colors[j]) < alike {
                count += 1.0;
                far += off[j];
                for (s, c) in sum.iter_mut().zip(colors[j]) {
                    *s += c;
                }
            }
        }
        let worth = scale.worth(count, far / count);
        // One cell alone may be anything, unless it is glaring.
        let clear = count >= 2.0 || off[i] > 0.1;
        if clear && worth > LEAST && best.is_none_or(|b| worth > b.1) {
            best = Some((sum.map(|s| s / count), worth));
        }
    }
    best
}

fn median(values: &[f32]) -> f32 {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}
