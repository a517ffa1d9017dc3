//! One palette for all frames: exact while the colours fit in.

use std::collections::{BTreeMap, HashMap};

use color_quant::NeuQuant;
use drawstream_core::color::{Oklab, Rgb8};

/// Entries of a palette.
const MOST: usize = 256;
/// Of too many colours, so many of the finished picture are kept exactly; the others share the rest.
const MOST_KEPT: usize = 144;

/// All colours that occur, and how often a pixel takes each.
#[derive(Debug, Default)]
pub(super) struct Colors {
    counts: HashMap<Rgb8, u64>,
}

impl Colors {
    pub(super) fn add(&mut self, color: Rgb8) {
        *self.counts.entry(color).or_default() += 1;
    }

    /// Whether one palette holds them all.
    pub(super) fn fit(&self) -> bool {
        self.counts.len() <= MOST
    }

    /// The palette: all colours in their order, or the nearest to them that 255 entries can come.
    pub(super) fn palette(&self, finished: impl Iterator<Item = Rgb8>) -> Palette {
        let mut colors: Vec<Rgb8> = self.counts.keys().copied().collect();
        colors.sort_unstable();
        if !self.fit() {
            colors = reduced(&colors, finished);
        }
        let lookup = colors.iter().copied().zip(0..=255).collect();
        Palette {
            labs: colors.iter().copied().map(Oklab::from).collect(),
            transparent: u8::try_from(colors.len()).ok(),
            colors,
            lookup,
        }
    }
}

fn reduced(colors: &[Rgb8], finished: impl Iterator<Item = Rgb8>) -> Vec<Rgb8> {
    let mut counts: BTreeMap<Rgb8, u64> = BTreeMap::new();
    for color in finished {
        *counts.entry(color).or_default() += 1;
    }
    let mut kept: Vec<_> = counts.into_iter().collect();
    kept.sort_by_key(|(color, count)| (std::cmp::Reverse(*count), *color));
    kept.truncate(MOST_KEPT);
    let mut palette: Vec<Rgb8> = kept.into_iter().map(|(color, _)| color).collect();
    let pixels: Vec<u8> = colors.iter().flat_map(|c| [c.r, c.g, c.b, 255]).collect();
    let shared = NeuQuant::new(1, MOST - 1 - palette.len(), &pixels).color_map_rgb();
    palette.extend(shared.chunks_exact(3).map(|c| Rgb8::new(c[0], c[1], c[2])));
    palette.sort_unstable();
    palette.dedup();
    palette
}

/// Colours by number, and a number for "as before" where one is left.
#[derive(Debug)]
pub(super) struct Palette {
    colors: Vec<Rgb8>,
    labs: Vec<Oklab>,
    lookup: HashMap<Rgb8, u8>,
    transparent: Option<u8>,
}

impl Palette {
    /// The number for pixels that stay as they are; `None` where 256 colours leave none.
    pub(super) fn transparent(&self) -> Option<u8> {
        self.transparent
    }

    /// The colours as bytes, with an entry for the transparent number.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let colors = self.colors.iter().flat_map(|color| color.channels());
        let transparent = self.transparent.map(|_| [0; 3]);
        colors.chain(transparent.into_iter().flatten()).collect()
    }

    /// The number of a colour, or of the nearest one.
    pub(super) fn index(&mut self, color: Rgb8) -> u8 {
        if let Some(index) = self.lookup.get(&color) {
            return *index;
        }
        let lab = Oklab::from(color);
        let distance = |other: &Oklab| lab.distance_squared(*other);
        let nearest = (0..=255u8)
            .zip(&self.labs)
            .min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
        let index = nearest.map_or(0, |(index, _)| index);
        self.lookup.insert(color, index);
        index
    }

    /// The changed pixels of a frame by number; the others transparent, or as they are where nothing can be.
    pub(super) fn indices(&mut self, view: &super::View<'_>) -> Vec<u8> {
        match self.transparent {
            Some(same) => view
                .pixels()
                .map(|color| color.map_or(same, |color| self.index(color)))
                .collect(),
            None => {
                let whole = super::View {
                    before: None,
                    ..*view
                };
                whole.changes().map(|color| self.index(color)).collect()
            }
        }
    }
}
