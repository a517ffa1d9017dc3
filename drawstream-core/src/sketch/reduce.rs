//! The common palette: all colours of a sheet come down to a few, in OKLab.

use std::collections::BTreeMap;

use super::sheet::{Rank, Sheet};
use crate::color::{Oklab, Rgb8};
use crate::pixelize::IndexedImage;

/// A pixel of a subject counts as this many of the backdrop.
const SUBJECT_WEIGHT: f32 = 5.0;
/// More distinct colours than this are first brought together by rounding.
const MOST_CLUSTERS: usize = 160;

#[derive(Clone, Copy)]
struct Cluster {
    lab: Oklab,
    weight: f32,
    /// The heaviest single colour in it, which stays true to the ramp it came from.
    face: Rgb8,
    face_weight: f32,
}

/// The sheet in at most `colors` colours: Ward's merging, so that no colour is invented by a chance start.
pub(crate) fn reduce(sheet: &Sheet, colors: u16) -> IndexedImage {
    let colors = usize::from(colors.clamp(2, 256));
    // Of each colour: what it counts, and how many pixels have it.
    let mut counts: BTreeMap<Rgb8, (f32, f32)> = BTreeMap::new();
    for (&color, &rank) in sheet.pixels().iter().zip(sheet.ranks()) {
        let entry = counts.entry(color).or_default();
        entry.0 += match rank {
            Rank::Backdrop => 1.0,
            Rank::Subject => SUBJECT_WEIGHT,
        };
        entry.1 += 1.0;
    }
    let mut clusters = gather(&counts);
    while clusters.len() > colors {
        merge_nearest(&mut clusters);
    }
    clusters.sort_by(|a, b| a.lab.l.total_cmp(&b.lab.l).then(a.face.cmp(&b.face)));
    let labs: Vec<Oklab> = clusters.iter().map(|c| Oklab::from(c.face)).collect();
    let nearest: BTreeMap<Rgb8, u8> = counts.keys().map(|&c| (c, nearest(&labs, c))).collect();
    let indices = sheet.pixels().iter().map(|color| nearest[color]).collect();
    let palette = clusters.iter().map(|c| c.face).collect();
    IndexedImage::new(sheet.w as u32, sheet.h as u32, palette, indices)
        .expect("a sheet has at least one pixel, and every index comes from the palette")
}

/// One cluster a colour; where there are too many, one for each coarse cell of colours.
fn gather(counts: &BTreeMap<Rgb8, (f32, f32)>) -> Vec<Cluster> {
    for shift in 0..8 {
        let mut cells: BTreeMap<[u8; 3], Cluster> = BTreeMap::new();
        for (&color, &(weight, pixels)) in counts {
            let one = Cluster {
                lab: Oklab::from(color),
                weight,
                face: color,
                face_weight: pixels,
            };
            cells
                .entry(color.channels().map(|c| c >> shift))
                .and_modify(|cell| *cell = join(*cell, one))
                .or_insert(one);
        }
        if cells.len() <= MOST_CLUSTERS {
            return cells.into_values().collect();
        }
    }
    Vec::new()
}

fn join(a: Cluster, b: Cluster) -> Cluster {
    let weight = a.weight + b.weight;
    let t = b.weight / weight;
    let (face, face_weight) = if a.face_weight >= b.face_weight {
        (a.face, a.face_weight)
    } else {
        (b.face, b.face_weight)
    };
    Cluster {
        lab: Oklab {
            l: a.lab.l + (b.lab.l - a.lab.l) * t,
            a: a.lab.a + (b.lab.a - a.lab.a) * t,
            b: a.lab.b + (b.lab.b - a.lab.b) * t,
        },
        weight,
        face,
        face_weight,
    }
}

/// The square of a distance in which hue and chroma count double: few colours must still tell skin from grass.
fn apart(a: Oklab, b: Oklab) -> f32 {
    let (l, green_red, blue_yellow) = (a.l - b.l, a.a - b.a, a.b - b.b);
    l * l + 2.0 * (green_red * green_red + blue_yellow * blue_yellow)
}

/// What merging two clusters costs: Ward's criterion, with small weights held up so that eyes and windows stay.
fn cost(a: &Cluster, b: &Cluster) -> f32 {
    let (wa, wb) = (a.weight.sqrt(), b.weight.sqrt());
    wa * wb / (wa + wb) * apart(a.lab, b.lab)
}

fn merge_nearest(clusters: &mut Vec<Cluster>) {
    let mut best = (f32::MAX, 0, 1);
    for i in 0..clusters.len() {
        for j in i + 1..clusters.len() {
            let cost = cost(&clusters[i], &clusters[j]);
            if cost < best.0 {
                best = (cost, i, j);
            }
        }
    }
    let gone = clusters.remove(best.2);
    clusters[best.1] = join(clusters[best.1], gone);
}

fn nearest(labs: &[Oklab], color: Rgb8) -> u8 {
    let wanted = Oklab::from(color);
    let mut best = (f32::MAX, 0u8);
    for (i, lab) in labs.iter().enumerate() {
        let distance = apart(*lab, wanted);
        if distance < best.0 {
            best = (distance, u8::try_from(i).unwrap_or(u8::MAX));
        }
    }
    best.1
}
