//! Reading a plan: bytes a second of a document of 9 000 points and of one of a million.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use drawstream_benches::painting;
use drawstream_core::plan::{Limits, Plan, Version};

fn parse(c: &mut Criterion) {
    let limits = Limits::default();
    for (name, strokes, points) in [("9k", 300, 30), ("1m", 1_000, 1_000)] {
        let json = painting(strokes, points).to_json(Version::V1_0);
        let mut group = c.benchmark_group("plan_parse");
        group.throughput(Throughput::Bytes(json.len() as u64));
        group.bench_function(name, |b| b.iter(|| Plan::parse(&json, &limits)));
        group.finish();
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
