//! k-medians: the palette with the least mean distance to a picture's colours.

use kmeans_colors::get_kmeans_hamerly;
use palette::white_point::D65;

use super::lab::{Lab, distance, distance_squared};
use super::palette_search::nearest;

/// At most `most` colours for these: plain k-means from a few starts, then medians, then exchanges.
///
/// Medians rather than means, since what is judged is the distance and not its square: a mean between an area and
/// the few pixels that are far from it is in neither.
pub(crate) fn medians(colors: &[Lab], most: usize, seed: u64) -> Vec<Lab> {
    const STARTS: u64 = 3;
    let mut distinct: Vec<Lab> = colors.to_vec();
    distinct.sort_unstable_by(|a, b| {
        let order = |i: usize| a[i].total_cmp(&b[i]);
        order(0).then(order(1)).then(order(2))
    });
    distinct.dedup();
    if distinct.len() <= most {
        return distinct;
    }
    // The crate clusters CIELAB, where lightness goes to 100: OKLab a hundredfold has the same shape.
    let buffer: Vec<palette::Lab<D65, f32>> = colors
        .iter()
        .map(|c| palette::Lab::new(c[0] * 100.0, c[1] * 100.0, c[2] * 100.0))
        .collect();
    let mut best: Option<(f32, Vec<Lab>)> = None;
    for start in 0..STARTS {
        let seed = seed.wrapping_add(start);
        let found = get_kmeans_hamerly(most, 20, 0.01, false, &buffer, seed);
        let mut palette: Vec<Lab> = found
            .centroids
            .iter()
            .map(|c| [c.l, c.a, c.b].map(|v| v / 100.0))
            .collect();
        palette.retain(|c| c.iter().all(|v| v.is_finite()));
        let cost = refine(&mut palette, colors, 6);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, palette));
        }
    }
    let (mut cost, mut palette) = best.expect("there is at least one start");
    for _ in 0..most.min(16) {
        let Some((better, exchanged)) = exchange(&palette, colors, most) else {
            break;
        };
        if better > cost * 0.999 {
            break;
        }
        (cost, palette) = (better, exchanged);
    }
    refine(&mut palette, colors, 10);
    palette
}

/// Moves each colour towards the geometric median of its own; returns the sum of distances.
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

/// The palette without its least useful colour and with a new one where the most is to be gained.
fn exchange(palette: &[Lab], colors: &[Lab], most: usize) -> Option<(f32, Vec<Lab>)> {
    if palette.is_empty() {
        return None;
    }
    let mut loss = vec![0.0f32; palette.len()];
    let mut own = vec![0.0f32; palette.len()];
    let mut farthest = vec![(0.0f32, 0usize); palette.len()];
    for (n, &color) in colors.iter().enumerate() {
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
        own[i] += d;
        if d > farthest[i].0 {
            farthest[i] = (d, n);
        }
    }
    // The cluster with the largest sum of distances is split at its farthest colour.
    let wide = (0..own.len()).max_by(|&a, &b| own[a].total_cmp(&own[b]))?;
    let mut exchanged = palette.to_vec();
    if palette.len() >= most {
        let useless = (0..loss.len())
            .filter(|&i| i != wide)
            .min_by(|&a, &b| loss[a].total_cmp(&loss[b]))?;
        exchanged.remove(useless);
    }
    exchanged.push(colors[farthest[wide].1]);
    let cost = refine(&mut exchanged, colors, 6);
    Some((cost, exchanged))
}
