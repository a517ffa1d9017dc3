//! What the gate costs, on one core. Budgets: 0.05 ms a message, 1 ms for 500 characters, 50 ms for any flood.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drawstream_core::gate::{Field, Gate};

const INNOCENT: &str = include_str!("../../fixtures/gate/innocent.txt");

fn screen(criterion: &mut Criterion) {
    let gate = Gate::default();
    let messages: Vec<&str> = INNOCENT.lines().collect();
    let mut group = criterion.benchmark_group("gate");
    group.throughput(Throughput::Elements(messages.len() as u64));
    group.bench_function("messages", |bencher| {
        bencher.iter(|| {
            for message in &messages {
                black_box(gate.screen(message, Field::Message));
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    let long: String = INNOCENT.replace('\n', " ").chars().take(500).collect();
    let look_alikes = "аоеpсx3460@$уuипnh1!".repeat(50_000);
    let texts = [
        ("500-characters", long),
        ("100000-repeats", "х".repeat(100_000)),
        ("10000-marks", format!("a{}", "\u{336}".repeat(10_000))),
        ("1-mb-of-look-alikes", look_alikes),
        ("masked-letters", "ф*к*а*".repeat(50_000)),
        ("more-masked-than-not", "a***".repeat(100_000)),
        ("masked-open-words", "о**".repeat(100_000)),
        ("masked-words", "x*".repeat(100_000)),
    ];
    for (name, text) in texts {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(gate.screen(&text, Field::Message)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = screen
}
criterion_main!(benches);
