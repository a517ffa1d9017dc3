//! From a picture to what the stage draws.

use std::io::Cursor;
use std::sync::Arc;

use drawstream_core::donation::{Donation, DonationId};
use drawstream_core::pixelize::IndexedImage;
use drawstream_core::plan::{CanvasSize, Plan, Version};
use drawstream_core::scene::{Scene, Seed};
use drawstream_core::sketch;
use drawstream_core::strokes::{self, Commission, Tempo};
use drawstream_core::timeline::Timeline;
use image::ImageFormat;

use super::{MOST_DABS, Settings, Stop, UNDERDRAWING};
use crate::painters::Picture;
use crate::playbill::Playbill;
use crate::stagehand::Arrival;

/// The same donation gives the same seed, so that a painting can be made again.
pub(super) fn seed_of(donation: &Donation) -> Seed {
    let name = format!("{}/{}", donation.external.source, donation.external.id);
    // FNV-1a, 64 bits.
    Seed(name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

pub(super) fn encode(picture: &Picture) -> Result<Vec<u8>, image::ImageError> {
    let pixels = match picture {
        Picture::Painted(pixels) => pixels.clone(),
        Picture::Indexed(image) => image.to_rgb(),
    };
    let mut png = Vec::new();
    pixels.write_to(&mut Cursor::new(&mut png), ImageFormat::Png)?;
    Ok(png)
}

/// Pixel art → the plan's JSON and its timeline.
pub(super) fn stroke(
    settings: &Settings,
    image: &IndexedImage,
    seed: Seed,
) -> Result<(String, Timeline), Stop> {
    let plan = plan_of(settings, image, settings.tempo, seed)?;
    let timeline = Timeline::compile(&plan, &settings.timeline);
    Ok((plan.to_json(Version::V1_1), timeline))
}

fn plan_of(
    settings: &Settings,
    image: &IndexedImage,
    tempo: Tempo,
    seed: Seed,
) -> Result<Plan, Stop> {
    let painting = strokes::paint(
        image,
        &Commission {
            tempo,
            seed,
            ..Commission::default()
        },
    );
    let painting = painting.map_err(|error| Stop::Failed(error.to_string()))?;
    painting
        .plan(settings.caption.clone())
        .map_err(|error| Stop::Failed(error.to_string()))
}

/// A rough first idea of a scene, drawn within the time that painters usually need.
pub(super) fn underdrawing(settings: &Settings, scene: &Scene) -> Option<Timeline> {
    let side = u16::try_from(settings.pixels).ok()?;
    let image = sketch::underdrawing(scene, CanvasSize::new(side, side)?);
    let plan = plan_of(settings, &image, Tempo::Total(UNDERDRAWING), scene.seed).ok()?;
    Some(Timeline::compile(&plan, &settings.timeline))
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
