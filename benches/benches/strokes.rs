//! Planning the strokes of a picture: at most 4 ms for 96 × 96 pixels, and growing with the pixels.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use drawstream_core::color::Rgb8;
use drawstream_core::pixelize::IndexedImage;
use drawstream_core::strokes::{Commission, Tempo, paint};

/// Hills under a dithered sky with specks: about as busy as what painters deliver.
fn picture(side: u32, colors: u32) -> IndexedImage {
    let palette = (0..colors)
        .map(|i| {
            Rgb8::new(
                (i * 37 % 256) as u8,
                (i * 91 % 256) as u8,
                (i * 151 % 256) as u8,
            )
        })
        .collect();
    let indices = (0..side * side).map(|i| {
        let (x, y) = ((i % side) * 96 / side, (i / side) * 96 / side);
        let (fx, fy) = (i % side, i / side);
        let band = (y + (x * x / 60) % 17) / 11;
        let dither = u32::from((fx + fy).is_multiple_of(2) && y % 11 > 7);
        let speck = u32::from((fx * 31 + fy * 57).is_multiple_of(41));
        ((band + dither + speck * 3 + x / 24 * 2) % colors) as u8
    });
    IndexedImage::new(side, side, palette, indices.collect())
        .expect("side × side indices below colors")
}

fn strokes(criterion: &mut Criterion) {
    let commission = Commission {
        tempo: Tempo::Total(Duration::from_secs(60)),
        ..Commission::default()
    };
    for (name, side, colors) in [("strokes/96", 96, 12), ("strokes/512", 512, 64)] {
        let picture = picture(side, colors);
        criterion.bench_function(name, |bench| {
            bench.iter(|| paint(black_box(&picture), &commission));
        });
    }
}

criterion_group!(benches, strokes);
criterion_main!(benches);
