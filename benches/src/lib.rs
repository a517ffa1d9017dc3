//! Criterion benches of what users wait for; each file under `benches/` is one stage.

use std::time::Duration;

use drawstream_core::color::Rgb8;
use drawstream_core::plan::{Animation, Canvas, CanvasPoint, CanvasSize, Op, Plan, Step};

/// A plan for 96 × 96 pixels of so many strokes, each a crooked line of so many points that plays for 300 ms.
///
/// # Panics
/// There are no strokes, or more points than a plan may have.
pub fn painting(strokes: u32, points: u32) -> Plan {
    let canvas = Canvas::new(CanvasSize::new(96, 96).expect("not empty"));
    let stroke = |n: u32| {
        let place = |k: u32| {
            let (x, y) = ((n * 37 + k) % 96, (n * 53 + k / 7) % 96);
            CanvasPoint::new(x.cast_signed(), y.cast_signed())
        };
        let [_, r, g, b] = (n % 12 * 1_234_567).to_be_bytes();
        let op = Op::Pixels {
            points: (0..points).map(place).collect(),
            color: Rgb8::new(r, g, b),
        };
        let animation = Animation {
            duration: Some(Duration::from_millis(300)),
            ..Animation::default()
        };
        Step::animated(op, animation)
    };
    Plan::from_steps(
        canvas,
        "a bench's painting",
        (0..strokes).map(stroke).collect(),
    )
    .expect("within the limits")
}
