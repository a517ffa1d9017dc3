//! From a picture to what the stage draws.

use std::sync::Arc;

use drawstream_core::donation::{Donation, DonationId};
use drawstream_core::pixelize::IndexedImage;
use drawstream_core::plan::Version;
use drawstream_core::scene::Seed;
use drawstream_core::timeline::Timeline;

use super::{MOST_DABS, Stop};
use crate::painters::Picture;
use crate::playbill::Playbill;
use crate::stagehand::Arrival;
use crate::studio::Hand;

/// The same donation gives the same seed, so that a painting can be made again.
pub(super) fn seed_of(donation: &Donation) -> Seed {
    let name = format!("{}/{}", donation.external.source, donation.external.id);
    // FNV-1a, 64 bits.
    Seed(name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

/// The picture as PNG, which says who painted it.
pub(super) fn encode(picture: &Picture, painter: &str) -> Result<Vec<u8>, png::EncodingError> {
    let pixels = match picture {
        Picture::Painted(pixels) => pixels.clone(),
        Picture::Indexed(image) => image.to_rgb(),
    };
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_itxt_chunk("Painter".to_owned(), painter.to_owned())?;
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(out)
}

/// Pixel art → the plan's JSON and its timeline.
pub(super) fn stroke(
    hand: &Hand,
    image: &IndexedImage,
    seed: Seed,
) -> Result<(String, Timeline), Stop> {
    let painting = hand.painting(image, seed);
    let painting = painting.map_err(|error| Stop::Failed(error.to_string()))?;
    let plan = hand.plan(&painting);
    let plan = plan.map_err(|error| Stop::Failed(error.to_string()))?;
    Ok((plan.to_json(Version::V1_1), hand.compile(&plan)))
}

pub(super) fn ready(id: DonationId, bill: Arc<Playbill>, timeline: Timeline) -> Arrival {
    let palette = timeline.palette(MOST_DABS).into();
    Arrival::Ready {
        id,
        bill,
        timeline: Arc::new(timeline),
        palette,
    }
}
