//! The image gate: whether its model is there and can be run, and how long it looks at a picture.

use std::time::Instant;

use drawstream_core::image_gate::ImageClass;
use image::{Rgb, RgbImage};

use super::Finding;
use super::services::of;
use crate::config::Config;
use crate::health::Health;
use crate::image_gate::ImageCheck;

/// As large as pictures of image models are.
const SIDE: u32 = 1024;

pub(super) async fn look(config: &Config) -> Vec<Finding> {
    let health = match ImageCheck::open(&config.image_gate) {
        Ok(None) => Health::good("off: painters' pictures are used unseen"),
        Ok(Some(check)) => tried(&check),
        Err(failure) => of(&failure),
    };
    vec![Finding::new("image gate", health)]
}

fn tried(check: &ImageCheck) -> Health {
    let test = RgbImage::from_fn(SIDE, SIDE, |x, y| {
        Rgb([(x / 4) as u8, (y / 4) as u8, (x / 64 * 16) as u8])
    });
    let began = Instant::now();
    match check.look(&test) {
        Ok((scores, _)) => {
            let took = began.elapsed().as_millis();
            let by_score = |a: &ImageClass, b: &ImageClass| scores.of(*a).total_cmp(&scores.of(*b));
            let surest = ImageClass::ALL.into_iter().max_by(by_score);
            let seen = surest.map_or("", ImageClass::name);
            Health::good(format!(
                "its model is there; a test picture took {took} ms, mostly {seen}"
            ))
        }
        Err(error) => Health::bad(
            error.to_string(),
            "make its model anew (docs/IMAGE_GATE.md), or set IMAGE_GATE=off",
        ),
    }
}
