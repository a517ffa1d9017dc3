//! A plan of 9 000 points: compiling it, going to its middle, and one frame at 60 a second.

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use drawstream_benches::painting;
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};

fn timeline(c: &mut Criterion) {
    let plan = painting(300, 30);
    let options = TimelineOptions::default();
    c.bench_function("timeline_compile/9k", |b| {
        b.iter(|| Timeline::compile(&plan, &options));
    });
    let timeline = Arc::new(Timeline::compile(&plan, &options));
    let (end, middle) = (timeline.duration(), timeline.duration() / 2);
    let mut playhead = Playhead::new(Arc::clone(&timeline));
    c.bench_function("timeline_seek_back/9k", |b| {
        b.iter(|| {
            playhead.seek(end);
            playhead.seek(middle);
        });
    });
    c.bench_function("timeline_frame/9k", |b| {
        b.iter_batched_ref(
            || {
                let mut playhead = Playhead::new(Arc::clone(&timeline));
                playhead.seek(middle);
                playhead
            },
            |playhead| playhead.advance(Duration::from_micros(16_667)),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, timeline);
criterion_main!(benches);
