//! Between the ops of version 1.1 and the pixel lists of version 1.0, with the same picture at every moment.

use std::borrow::Cow;

use super::{CanvasPoint, CanvasSize, Content, Op, Plan, Run, Step};
use crate::raster::trace::Tracer;

impl Plan {
    /// The same painting without runs and brush strokes: every frame is the same, point for point.
    #[must_use]
    pub fn with_pixel_lists(mut self) -> Self {
        if let Content::Steps(steps) = &mut self.content
            && let Cow::Owned(plain) = without_new_ops(steps, self.canvas.size)
        {
            *steps = plain;
        }
        self
    }

    /// The same painting with its pixel lists as runs, where that is shorter: every frame is the same.
    #[must_use]
    pub fn with_runs(mut self) -> Self {
        if let Content::Steps(steps) = &mut self.content {
            shorten(steps);
        }
        self
    }
}

/// The steps as version 1.0 knows them; borrowed where they are so already.
pub(super) fn without_new_ops(steps: &[Step], size: CanvasSize) -> Cow<'_, [Step]> {
    if !steps.iter().any(|step| is_new(&step.op)) {
        return Cow::Borrowed(steps);
    }
    Cow::Owned(plain_steps(steps, &mut Tracer::new(size), size))
}

fn is_new(op: &Op) -> bool {
    match op {
        Op::Runs { .. } | Op::Brush { .. } => true,
        Op::Group { steps } => steps.iter().any(|step| is_new(&step.op)),
        Op::Rect { .. }
        | Op::Circle { .. }
        | Op::Line { .. }
        | Op::Polygon { .. }
        | Op::Pixels { .. }
        | Op::Text { .. } => false,
    }
}

fn plain_steps(steps: &[Step], tracer: &mut Tracer, size: CanvasSize) -> Vec<Step> {
    let plain = |step: &Step| Step {
        op: plain_op(&step.op, tracer, size),
        animation: step.animation,
    };
    steps.iter().map(plain).collect()
}

fn plain_op(op: &Op, tracer: &mut Tracer, size: CanvasSize) -> Op {
    match op {
        Op::Runs { color, .. } | Op::Brush { color, .. } => {
            let width = u32::from(size.w());
            let place = |index: u32| {
                CanvasPoint::new((index % width).cast_signed(), (index / width).cast_signed())
            };
            let trace = tracer.trace(op);
            let mut points: Vec<_> = trace.iter().map(|(index, _)| place(index)).collect();
            if points.is_empty() {
                // A list needs a point; one outside of the canvas is ignored everywhere.
                points.push(CanvasPoint::new(-1, -1));
            }
            Op::Pixels {
                points,
                color: *color,
            }
        }
        Op::Group { steps } => Op::Group {
            steps: plain_steps(steps, tracer, size),
        },
        other => other.clone(),
    }
}

fn shorten(steps: &mut [Step]) {
    for step in steps {
        match &mut step.op {
            Op::Group { steps } => shorten(steps),
            Op::Pixels { points, color } => {
                let runs = runs_of(points);
                // A run is written with three numbers, a point with two.
                if runs.len() * 3 < points.len() * 2 {
                    step.op = Op::Runs {
                        runs,
                        color: *color,
                    };
                }
            }
            Op::Rect { .. }
            | Op::Circle { .. }
            | Op::Line { .. }
            | Op::Polygon { .. }
            | Op::Text { .. }
            | Op::Runs { .. }
            | Op::Brush { .. } => {}
        }
    }
}

/// Points in the same order as runs, each as long as the next point is the run's neighbour.
fn runs_of(points: &[CanvasPoint]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &point in points {
        if let Some(run) = runs.last_mut()
            && run.start.y == point.y
            && run.len.unsigned_abs() < Run::MOST_LEN
        {
            let next = |len: i32| run.start.x.checked_add(len) == Some(point.x);
            if run.len > 0 && next(run.len) {
                run.len += 1;
                continue;
            }
            if (run.len < 0 && next(run.len)) || (run.len == 1 && next(-1)) {
                run.len = if run.len == 1 { -2 } else { run.len - 1 };
                continue;
            }
        }
        runs.push(Run {
            start: point,
            len: 1,
        });
    }
    runs
}
