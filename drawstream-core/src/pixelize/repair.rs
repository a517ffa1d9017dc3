//! Colours that a palette lacks: few cells have them, so the search took them for noise.

use super::lab::{Lab, distance};
use super::palette_search::nearest;

/// Adds the colour that is missed most, in place of the least useful one where the palette is full.
///
/// `colors` are the cells' own, freed of what neighbours mixed in; `labels` say which palette colour each has, and
/// are kept true. Says whether a colour was missing.
pub(crate) fn add_missing(
    colors: &[Lab],
    scatter: &[f32],
    around: &[[u32; 8]],
    labels: &mut [u8],
    palette: &mut Vec<Lab>,
    most: usize,
) -> bool {
    // What cells scatter without any contrast is judged below, by what is typical.
    let calm = scatter.iter().copied().fold(f32::MAX, f32::min);
    let off: Vec<f32> = (0..colors.len())
        .map(|cell| {
            let unexplained = unexplained(colors[cell], cell, &around[cell], labels, palette);
            (unexplained - (scatter[cell] - calm)).max(0.0)
        })
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
    let lost = unexplained_without(colors, around, labels, palette);
    let worth = |k: usize| scale.worth(lost[k].0, lost[k].1);
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

/// How far a cell is from its colour once a neighbour's may be mixed into it, more than into cells on average.
///
/// Among dithered cells and beside thin lines such mixtures look like colours of their own.
fn unexplained(color: Lab, cell: usize, around: &[u32; 8], labels: &[u8], palette: &[Lab]) -> f32 {
    // Less than nothing of a neighbour is in a cell where the picture was sharpened.
    const MOST: f32 = 0.25;
    let label = labels[cell];
    let own = palette[usize::from(label)];
    let off: Lab = std::array::from_fn(|c| color[c] - own[c]);
    let mut least = distance(color, own);
    for &n in around {
        if labels[n as usize] == label {
            continue;
        }
        let other = palette[usize::from(labels[n as usize])];
        let line: Lab = std::array::from_fn(|c| other[c] - own[c]);
        let square: f32 = line.iter().map(|v| v * v).sum();
        let dot: f32 = (0..3).map(|c| off[c] * line[c]).sum();
        let share = (dot / square.max(1e-9)).clamp(-MOST, MOST);
        let rest: Lab = std::array::from_fn(|c| off[c] - share * line[c]);
        least = least.min(rest.iter().map(|v| v * v).sum::<f32>().sqrt());
    }
    least
}

/// Of each palette colour: how many cells have it, and how far they would be from their second choice on average.
fn unexplained_without(
    colors: &[Lab],
    around: &[[u32; 8]],
    labels: &[u8],
    palette: &[Lab],
) -> Vec<(f32, f32)> {
    let mut sums = vec![(0.0f32, 0.0f32); palette.len()];
    let mut second = labels.to_vec();
    for (cell, &color) in colors.iter().enumerate() {
        let own = usize::from(labels[cell]);
        let others = (0..palette.len()).filter(|&k| k != own);
        let far = |k: usize| distance(palette[k], color);
        let Some(other) = others.min_by(|&a, &b| far(a).total_cmp(&far(b))) else {
            continue;
        };
        // As if this cell alone had changed: neighbours of its own colour say nothing about it.
        second[cell] = other as u8;
        let around = around[cell].map(|n| {
            if usize::from(labels[n as usize]) == own {
                cell as u32
            } else {
                n
            }
        });
        let sum = &mut sums[own];
        sum.0 += 1.0;
        sum.1 += unexplained(color, cell, &around, &second, palette);
        second[cell] = labels[cell];
    }
    sums.iter()
        .map(|&(count, far)| (count, far / count.max(1.0)))
        .collect()
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
            far: (6.0 * typical).max(0.045),
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
