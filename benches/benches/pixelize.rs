//! Pixelizing a soft, noisy 768×768 picture of 96×96 pseudo pixels.
//!
//! Budgets on one core: best 350 ms, fast 15 ms. `to_plan` goes on to the strokes: what lies between a painter's
//! picture and a plan that can be played.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use drawstream_core::pixelize::{Options, Quality, Size, pixelize};
use drawstream_core::plan::Plan;
use drawstream_core::strokes::{Commission, paint};
use image::{Rgb, RgbImage};

/// Landscape of five colours, shifted by parts of a pixel, soft, with noise.
fn picture(size: u32, cells: u32) -> RgbImage {
    const COLORS: [[u8; 3]; 5] = [
        [40, 60, 120],
        [50, 120, 60],
        [190, 120, 80],
        [30, 20, 30],
        [250, 240, 200],
    ];
    let pitch = size as f32 / cells as f32;
    let color = |x: f32, y: f32| {
        let cell = |v: f32| (((v - 1.3) / pitch).max(0.0) as u32).min(cells - 1);
        let (x, y) = (cell(x), cell(y));
        let (u, v) = (x * 96 / cells, y * 96 / cells);
        let kind = match () {
            () if (30..60).contains(&u) && (48..72).contains(&v) => 2 + usize::from(u % 9 == 0),
            () if v * 2 + u > 150 => 1,
            () if (x * 7 + y * 13) % 41 == 0 => 4,
            () => 0,
        };
        COLORS[kind]
    };
    let mut state = 1u32;
    RgbImage::from_fn(size, size, |x, y| {
        let mut sum = [0.0f32; 3];
        for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
            for (s, v) in sum.iter_mut().zip(color(x as f32 + dx, y as f32 + dy)) {
                *s += f32::from(v) / 4.0;
            }
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as f32 / 16.0 - 8.0;
        Rgb(sum.map(|v| (v + noise).clamp(0.0, 255.0) as u8))
    })
}

/// A picture's plan, with all that happens between both.
fn to_plan(picture: &RgbImage, options: &Options) -> Plan {
    let art = pixelize(picture, options).expect("a picture that is not empty");
    let painting = paint(&art.image, &Commission::default()).expect("a size that can be painted");
    painting.plan("").expect("a painting is a plan")
}

fn pixelizing(c: &mut Criterion) {
    let small = picture(768, 96);
    let mut group = c.benchmark_group("pixelize");
    group.sample_size(10);
    for (name, quality) in [("best/96", Quality::Best), ("fast/96", Quality::Fast)] {
        let options = Options {
            quality,
            ..Options::default()
        };
        group.bench_function(name, |b| {
            b.iter(|| pixelize(black_box(&small), &options));
        });
    }
    for (name, quality) in [
        ("to_plan/best/96", Quality::Best),
        ("to_plan/fast/96", Quality::Fast),
    ] {
        let options = Options {
            quality,
            ..Options::default()
        };
        group.bench_function(name, |b| {
            b.iter(|| to_plan(black_box(&small), &options));
        });
    }
    let large = picture(4096, 512);
    let options = Options {
        size: Size::Cells(512),
        colors: 64,
        quality: Quality::Fast,
        ..Options::default()
    };
    group.bench_function("fast/512", |b| {
        b.iter(|| pixelize(black_box(&large), &options));
    });
    group.finish();
}

criterion_group!(benches, pixelizing);
criterion_main!(benches);
