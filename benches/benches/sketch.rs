//! What a viewer waits for from the built-in planner and painter; a picture shall take at most 60 ms.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use drawstream_core::plan::CanvasSize;
use drawstream_core::scene::Seed;
use drawstream_core::sketch;

fn sketches(c: &mut Criterion) {
    let request = "три рыжие лисы под деревом у озера на закате";
    c.bench_function("sketch/plan", |b| {
        b.iter(|| sketch::plan(black_box(request), Seed(1)));
    });
    let scene = sketch::plan(request, Seed(1));
    for side in [96, 256] {
        let Some(size) = CanvasSize::new(side, side) else {
            continue;
        };
        c.bench_function(&format!("sketch/paint/{side}"), |b| {
            b.iter(|| sketch::paint(black_box(&scene), size, 12));
        });
    }
    if let Some(size) = CanvasSize::new(96, 96) {
        c.bench_function("sketch/underdrawing/96", |b| {
            b.iter(|| sketch::underdrawing(black_box(&scene), size));
        });
    }
}

criterion_group!(benches, sketches);
criterion_main!(benches);
