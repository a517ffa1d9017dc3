//! k-medians: the palette with the least mean distance to a picture's colours.

use kmeans_colors::get_kmeans_hamerly;
use palette::white_point::D65;

use super::lab::{Lab, distance, distance_squared};
use super::options::Quality;
use super::palette_search::nearest;

/// At most `most` colours for these: plain k-means from a few starts, then medians, then exchanges.
///
/// Medians rather than means, since what is judged is the distance and not its square: a mean between an area and
/// the few pixels that are far from it is in neither.
pub(crate) fn medians(colors: &[Lab], most: usize, quality: Quality, seed: u64) -> Vec<Lab> {
    let mut distinct: Vec<Lab> = colors.to_vec();
    distinct.sort_unstable_by(|a, b| {
        let order = |i: usize| a[i].total_cmp(&b[i]);
        order(0).then(order(1)).then(order(2))
    });
    distinct.dedup();
    if distinct.len() <= most {
        return distinct;
    }
    let (starts, tries) = match quality {
        Quality::Best => (3, 60),
        Quality::Fast => (1, 6),
    };
    let sample = sample(colors, most);
    let mut best: Option<(f32, Vec<Lab>)> = None;
    for start in 0..starts {
        let found = improved(
            started(&sample, most, seed.wrapping_add(start)),
            &sample,
            most,
            tries,
        );
        if best.as_ref().is_none_or(|(least, _)| found.0 < *least) {
            best = Some(found);
        }
    }
    let (_, mut palette) = best.expect("there is at least one start");
    refine(&mut palette, colors, 12);
    palette
}

/// As many of the colours as tell where a palette's should be, evenly over the picture.
fn sample(colors: &[Lab], most: usize) -> Vec<Lab> {
    // Search time grows with these times the palette; sixty-four for each colour are enough to find its middle.
    let enough = (64 * most).max(4096);
    let step = colors.len().div_ceil(enough);
    // A step that shares no factor with usual widths, so that columns aren't left out.
    let step = if step > 1 { step | 1 } else { 1 };
    colors.iter().copied().step_by(step).collect()
}

/// A palette by k-means.
fn started(colors: &[Lab], most: usize, seed: u64) -> Vec<Lab> {
    // The crate clusters CIELAB, where lightness goes to 100: OKLab a hundredfold has the same shape.
    let buffer: Vec<palette::Lab<D65, f32>> = colors
        .iter()
        .map(|c| palette::Lab::new(c[0] * 100.0, c[1] * 100.0, c[2] * 100.0))
        .collect();
    let found = get_kmeans_hamerly(most, 20, 0.01, false, &buffer, seed);
    let mut palette: Vec<Lab> = found
        .centroids
        .iter()
        .map(|c| [c.l, c.a, c.b].map(|v| v / 100.0))
        .collect();
    palette.retain(|c| c.iter().all(|v| v.is_finite()));
    palette
}

/// The palette after at most so many exchanges that were tried, and its sum of distances.
fn improved(mut palette: Vec<Lab>, colors: &[Lab], most: usize, tries: usize) -> (f32, Vec<Lab>) {
    // Which of the least useful colours goes and which of the worst served places gets one: likely pairs first.
    const PAIRS: [(usize, usize); 10] = [
        (0, 0),
        (0, 1),
        (1, 0),
        (0, 2),
        (1, 1),
        (2, 0),
        (0, 3),
        (1, 2),
        (2, 1),
        (3, 0),
    ];
    let mut cost = refine(&mut palette, colors, 8);
    let mut pair = 0;
    let mut plan = Exchange::of(&palette, colors, most);
    for _ in 0..tries {
        let Some(&(useless, place)) = PAIRS.get(pair) else {
            break;
        };
        pair += 1;
        let Some(mut exchanged) = plan.done(&palette, useless, place) else {
            continue;
        };
        let better = refine(&mut exchanged, colors, 5);
        if better < cost * 0.9999 {
            (cost, palette, pair) = (better, exchanged, 0);
            plan = Exchange::of(&palette, colors, most);
        }
    }
    (cost, palette)
}

/// Moves each colour towards the geometric median of its own; returns the sum of distances before the last step.
fn refine(palette: &mut [Lab], colors: &[Lab], rounds: usize) -> f32 {
    // Nearer than this counts as this near, so that a median can leave a colour that it stands on.
    const NEAREST: f32 = 1e-3;
    let mut total = f32::MAX;
    for _ in 0..rounds {
        let mut sums = vec![([0.0f32; 3], 0.0f32); palette.len()];
        total = 0.0;
        for &color in colors {
            let i = nearest(palette, color);
            let d = distance(palette[i], color);
            total += d;
            let pull = 1.0 / d.max(NEAREST);
            for (s, c) in sums[i].0.iter_mut().zip(color) {
                *s += pull * c;
            }
            sums[i].1 += pull;
        }
        for (p, (sum, mass)) in palette.iter_mut().zip(sums) {
            if mass > 0.0 {
                *p = sum.map(|s| s / mass);
            }
        }
    }
    total
}

/// Which colours of a palette could go, and where others could come.
struct Exchange {
    /// The least useful colours, the most useless first; nothing where the palette may grow.
    useless: Option<Vec<usize>>,
    /// Of the colours whose own are served worst, the worst first: which it is, and a colour to come beside it.
    places: Vec<(usize, Lab)>,
}

impl Exchange {
    fn of(palette: &[Lab], colors: &[Lab], most: usize) -> Self {
        let k = palette.len();
        let mut loss = vec![0.0f32; k];
        let mut members: Vec<Vec<(f32, Lab)>> = vec![Vec::new(); k];
        for &color in colors {
            let mut first = (0, f32::MAX);
            let mut second = f32::MAX;
            for (i, &p) in palette.iter().enumerate() {
                let d = distance_squared(p, color);
                if d < first.1 {
                    second = first.1;
                    first = (i, d);
                } else {
                    second = second.min(d);
                }
            }
            let (i, d) = (first.0, first.1.sqrt());
            if second < f32::MAX {
                loss[i] += second.sqrt() - d;
            }
            members[i].push((d, color));
        }
        let mut places: Vec<(f32, usize, Lab)> = members
            .iter()
            .enumerate()
            .filter_map(|(i, own)| newcomer(own).map(|(gain, color)| (gain, i, color)))
            .collect();
        places.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let useless = (k >= most).then(|| {
            let mut order: Vec<usize> = (0..k).collect();
            order.sort_by(|&a, &b| loss[a].total_cmp(&loss[b]).then(a.cmp(&b)));
            order
        });
        Self {
            useless,
            places: places.into_iter().map(|(_, i, color)| (i, color)).collect(),
        }
    }

    /// The palette with the colour at the `useless`th place of those gone and one at the `place`th come.
    fn done(&self, palette: &[Lab], useless: usize, place: usize) -> Option<Vec<Lab>> {
        let &(beside, color) = self.places.get(place)?;
        let mut exchanged = palette.to_vec();
        if let Some(order) = &self.useless {
            let &gone = order.get(useless)?;
            if gone == beside {
                return None;
            }
            exchanged[gone] = color;
        } else {
            exchanged.push(color);
        }
        Some(exchanged)
    }
}

/// The one of a colour's own, each with its distance from it, that would save them most beside it, and how much.
fn newcomer(own: &[(f32, Lab)]) -> Option<(f32, Lab)> {
    // So many of them are asked, evenly chosen.
    const ASKED: usize = 12;
    let step = own.len().div_ceil(ASKED).max(1);
    let saved = |candidate: Lab| -> f32 {
        own.iter()
            .map(|&(d, color)| (d - distance(candidate, color)).max(0.0))
            .sum()
    };
    let asked = own.iter().step_by(step).map(|&(_, c)| (saved(c), c));
    asked.reduce(|best, next| if next.0 > best.0 { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heap_gets_its_colour_however_few_cells_it_has() {
        // One large heap that k-means would rather divide, and three small ones.
        let heap = |n: usize, [l, a, b]: Lab, wide: f32| {
            (0..n).map(move |i| {
                let turn = |k: usize| wide * ((i * k % 17) as f32 / 17.0 - 0.5);
                [l + turn(3), a + turn(5), b + turn(7)]
            })
        };
        let places = [
            [0.5, 0.0, 0.0],
            [0.9, 0.1, 0.0],
            [0.2, 0.0, 0.1],
            [0.7, -0.1, -0.1],
        ];
        let colors: Vec<Lab> = heap(300, places[0], 0.04)
            .chain(heap(20, places[1], 0.02))
            .chain(heap(20, places[2], 0.02))
            .chain(heap(20, places[3], 0.02))
            .collect();
        for (quality, seed) in [(Quality::Best, 0), (Quality::Best, 9), (Quality::Fast, 1)] {
            let palette = medians(&colors, 4, quality, seed);
            for place in places {
                let found = distance(palette[nearest(&palette, place)], place);
                assert!(
                    found < 0.02,
                    "{quality:?}, {seed}: {place:?} is off by {found}"
                );
            }
        }
    }
}
