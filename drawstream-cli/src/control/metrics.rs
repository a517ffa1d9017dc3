//! `/metrics`: what is counted, in the text format of Prometheus.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::{Desk, OutputState, OutputView, Role};
use crate::ledger::State as LedgerState;
use crate::meters::{Histogram, Watching};
use crate::pool::{PoolView, WorkerState};

/// `GET /metrics`.
pub(crate) async fn metrics(State(desk): State<Desk>, _role: Role) -> impl IntoResponse {
    let view = desk.queue.borrow().clone();
    let census = desk.clerk().ask(|ledger| ledger.census()).await;
    let mut out = String::with_capacity(4_096);
    let gauge = |out: &mut String, name: &str, help: &str, value: f64| {
        head(out, name, help, "gauge");
        line(out, name, "", value);
    };
    gauge(
        &mut out,
        "drawstream_queue_length",
        "Donations that wait for the stage.",
        view.size as f64,
    );
    if let Ok(census) = census {
        head(
            &mut out,
            "drawstream_donations",
            "Donations in the ledger by state.",
            "gauge",
        );
        for state in LedgerState::ALL {
            let count = census.iter().find(|(of, _)| *of == state);
            let label = format!("{{state=\"{state}\"}}");
            line(
                &mut out,
                "drawstream_donations",
                &label,
                count.map_or(0.0, |(_, count)| *count as f64),
            );
        }
    }
    let meters = &desk.meters;
    histogram(
        &mut out,
        "drawstream_frame_seconds",
        "Time to draw a frame and hand it to the sinks.",
        &meters.frames,
    );
    head(
        &mut out,
        "drawstream_late_frames_total",
        "Frames that took over 33 ms.",
        "counter",
    );
    line(
        &mut out,
        "drawstream_late_frames_total",
        "",
        meters.late_frames() as f64,
    );
    gauge(
        &mut out,
        "drawstream_frames_per_second",
        "Frames over the last second.",
        view.fps,
    );
    histogram(
        &mut out,
        "drawstream_paint_seconds",
        "Time in which painters made a picture.",
        &meters.paintings,
    );
    head(
        &mut out,
        "drawstream_works_total",
        "Works of planners and painters.",
        "counter",
    );
    for worker in meters.workers() {
        for (result, count) in [("done", worker.done), ("failed", worker.failed)] {
            let label = format!(
                "{{trade=\"{}\",name=\"{}\",result=\"{result}\"}}",
                worker.trade,
                escaped(&worker.name)
            );
            line(&mut out, "drawstream_works_total", &label, count as f64);
        }
    }
    if let Some(pool) = meters.pool() {
        tell_pool(&mut out, &pool);
    }
    head(
        &mut out,
        "drawstream_source_up",
        "Whether donations reach us from a source.",
        "gauge",
    );
    for source in &view.sources {
        let label = format!("{{source=\"{}\"}}", escaped(&source.name));
        line(
            &mut out,
            "drawstream_source_up",
            &label,
            f64::from(u8::from(source.up)),
        );
    }
    outputs(&mut out, &desk);
    head(
        &mut out,
        "drawstream_clients",
        "Browsers that watch.",
        "gauge",
    );
    for (name, what) in [("events", Watching::Events), ("canvas", Watching::Canvas)] {
        let label = format!("{{stream=\"{name}\"}}");
        line(
            &mut out,
            "drawstream_clients",
            &label,
            meters.watched(what) as f64,
        );
    }
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        out,
    )
}

fn tell_pool(out: &mut String, pool: &PoolView) {
    let name = "drawstream_pool_up";
    head(
        out,
        name,
        "Whether the painting pool's server answers.",
        "gauge",
    );
    line(out, name, "", f64::from(u8::from(pool.up)));
    let name = "drawstream_pool_jobs";
    head(out, name, "Jobs of this show, and of all shows.", "gauge");
    line(out, name, "{state=\"waiting\"}", pool.waiting as f64);
    line(out, name, "{state=\"in_hand\"}", pool.in_hand as f64);
    line(out, name, "{state=\"of_all_shows\"}", pool.of_all as f64);
    let name = "drawstream_pool_workers";
    head(
        out,
        name,
        "Workers that are there, by what they do.",
        "gauge",
    );
    for state in WorkerState::ALL {
        let count = pool.workers.iter().filter(|worker| worker.state == state);
        let label = format!("{{state=\"{}\"}}", state.name());
        line(out, name, &label, count.count() as f64);
    }
    let name = "drawstream_pool_paintings_total";
    head(
        out,
        name,
        "Paintings of a worker since it started.",
        "counter",
    );
    for worker in &pool.workers {
        let label = format!("{{worker=\"{}\"}}", escaped(&worker.name));
        line(out, name, &label, worker.done as f64);
    }
}

fn outputs(out: &mut String, desk: &Desk) {
    type Value = fn(&OutputView) -> u64;
    let told: [(&str, &str, &str, Value); 4] = [
        (
            "up",
            "gauge",
            "Whether a video or a stream is live.",
            |view| u64::from(view.state == OutputState::Live),
        ),
        (
            "frames_total",
            "counter",
            "Frames that its encoder has taken.",
            |view| view.frames,
        ),
        (
            "dropped_frames_total",
            "counter",
            "Frames that were due and left out.",
            |view| view.dropped,
        ),
        (
            "restarts_total",
            "counter",
            "How often its encoder was started again.",
            |view| view.restarts,
        ),
    ];
    let views = desk.outputs.borrow().clone();
    for (name, kind, help, value) in told {
        let name = format!("drawstream_output_{name}");
        head(out, &name, help, kind);
        for view in &views {
            let label = format!("{{output=\"{}\"}}", escaped(&view.name));
            line(out, &name, &label, value(view) as f64);
        }
    }
}

fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: f64) {
    let _ = writeln!(out, "{name}{labels} {value}");
}

fn histogram<const N: usize>(out: &mut String, name: &str, help: &str, of: &Histogram<N>) {
    head(out, name, help, "histogram");
    let (count, sum) = of.totals();
    for (bound, below) in of.bounds.iter().zip(of.cumulated()) {
        // Buckets are read before the total grows on: no bucket may exceed it.
        let label = format!("{{le=\"{bound}\"}}");
        line(
            out,
            &format!("{name}_bucket"),
            &label,
            below.min(count) as f64,
        );
    }
    line(
        out,
        &format!("{name}_bucket"),
        "{le=\"+Inf\"}",
        count as f64,
    );
    line(out, &format!("{name}_sum"), "", sum);
    line(out, &format!("{name}_count"), "", count as f64);
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
