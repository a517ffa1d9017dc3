//! From steps to moments.

use std::time::Duration;

use super::{Leaf, LeafShape, Timeline, TimelineOptions};
use crate::plan::{Animation, Canvas, Content, Op, Plan, Step};
use crate::raster::span::Clip;
use crate::raster::trace::Tracer;

pub(super) fn compile(plan: &Plan, options: &TimelineOptions) -> Timeline {
    match plan.content() {
        Content::Card(text) => Timeline {
            canvas: plan.canvas(),
            card: Some(text.clone()),
            leaves: Vec::new(),
            points: Vec::new(),
            duration: plan.duration().unwrap_or(options.card_hold),
        },
        Content::Steps(steps) => {
            let mut schedule = Schedule::new(plan.canvas(), options);
            schedule.add(steps, None);
            Timeline {
                canvas: plan.canvas(),
                card: None,
                leaves: schedule.leaves,
                points: schedule.points,
                duration: Duration::from_nanos(schedule.now),
            }
        }
    }
}

/// The time of a group that is shared out among those in it that have none of their own.
struct Share {
    animation: Animation,
    time: u64,
    /// Painted pixels of those who share, in order, and where the next one begins.
    counts: Vec<u64>,
    total: u64,
    next: usize,
    before: u64,
}

impl Share {
    /// The next one's time. Ends are rounded, not lengths, so that all of them make exactly the group's time.
    fn take(&mut self) -> u64 {
        // Where nothing is painted at all, everyone gets the same.
        let (count, total) = if self.total == 0 {
            (1, self.counts.len() as u64)
        } else {
            (self.counts[self.next], self.total)
        };
        let end = |painted: u64| {
            let exact = u128::from(self.time) * u128::from(painted) / u128::from(total);
            u64::try_from(exact).expect("at most the whole time")
        };
        let length = end(self.before + count) - end(self.before);
        self.before += count;
        self.next += 1;
        length
    }
}

struct Schedule {
    canvas: Canvas,
    default_step: u64,
    tracer: Tracer,
    now: u64,
    leaves: Vec<Leaf>,
    points: Vec<u32>,
}

impl Schedule {
    fn new(canvas: Canvas, options: &TimelineOptions) -> Self {
        Self {
            canvas,
            default_step: nanos(options.default_step),
            tracer: Tracer::new(canvas.size),
            now: 0,
            leaves: Vec::new(),
            points: Vec::new(),
        }
    }

    fn add(&mut self, steps: &[Step], mut share: Option<&mut Share>) {
        for step in steps {
            match (&step.op, step.animation) {
                (Op::Group { steps }, None) => self.add(steps, share.as_deref_mut()),
                (Op::Group { steps }, Some(animation)) => {
                    let mut own = self.share(steps, animation);
                    self.wait(&animation);
                    self.add(steps, Some(&mut own));
                }
                (op, Some(animation)) => {
                    let painted = match needs_count(&animation) {
                        true => self.tracer.count(op),
                        false => 0,
                    };
                    self.wait(&animation);
                    let length = self.length(&animation, painted);
                    self.push(op, animation, length);
                }
                (op, None) => {
                    let (animation, length) = match share.as_deref_mut() {
                        Some(share) => (share.animation, share.take()),
                        None => (Animation::default(), self.default_step),
                    };
                    self.push(op, animation, length);
                }
            }
        }
    }

    fn share(&mut self, steps: &[Step], animation: Animation) -> Share {
        let mut counts = Vec::new();
        self.count_sharers(steps, &mut counts);
        let total = counts.iter().sum();
        Share {
            animation,
            time: self.length(&animation, total),
            counts,
            total,
            next: 0,
            before: 0,
        }
    }

    /// Painted pixels of everything that has no animation of its own, nor is in a group that has.
    fn count_sharers(&mut self, steps: &[Step], counts: &mut Vec<u64>) {
        for step in steps.iter().filter(|step| step.animation.is_none()) {
            match &step.op {
                Op::Group { steps } => self.count_sharers(steps, counts),
                op => counts.push(self.tracer.count(op)),
            }
        }
    }

    fn wait(&mut self, animation: &Animation) {
        let delay = animation.delay.map_or(0, nanos);
        self.now = self.now.saturating_add(delay);
    }

    fn length(&self, animation: &Animation, painted: u64) -> u64 {
        match (animation.duration, animation.speed_px_per_s) {
            (Some(duration), _) => nanos(duration),
            // The cast rounds down and saturates; the sum of a plan's times saturates too.
            (None, Some(speed)) if speed > 0.0 => (painted as f64 / speed * 1e9) as u64,
            (None, _) => self.default_step,
        }
    }

    fn push(&mut self, op: &Op, animation: Animation, length: u64) {
        let start = self.now;
        self.now = start.saturating_add(length);
        let shape = match op {
            Op::Pixels { points, color } => {
                let clip = Clip::new(self.canvas.size);
                let first = self.points.len();
                self.points.extend(
                    points
                        .iter()
                        .filter_map(|p| clip.pixel(i64::from(p.x), i64::from(p.y))),
                );
                LeafShape::Points {
                    range: first..self.points.len(),
                    color: *color,
                }
            }
            other => LeafShape::Op(other.clone()),
        };
        self.leaves.push(Leaf {
            start,
            end: self.now,
            mode: animation.mode,
            ease: animation.ease,
            shape,
        });
    }
}

fn needs_count(animation: &Animation) -> bool {
    animation.duration.is_none() && animation.speed_px_per_s.is_some_and(|speed| speed > 0.0)
}

/// 584 years at most.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
