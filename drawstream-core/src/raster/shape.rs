//! What one step puts on the canvas: its inside and its edge.

use super::span::{Clip, Span};
use super::{brush, circle, line, polygon, rect, text};
use crate::color::Rgb8;
use crate::plan::{CanvasSize, Op, Run};

/// The two parts of a shape; ops of a single colour are all inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Inside,
    Edge,
}

/// Whether an enumeration gives a pixel more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pixels {
    Once,
    Repeated,
}

/// The colours of the inside and of the edge, where they are drawn.
pub(crate) fn colors(op: &Op) -> (Option<Rgb8>, Option<Rgb8>) {
    match op {
        Op::Rect { paint, .. } | Op::Circle { paint, .. } | Op::Polygon { paint, .. } => {
            (paint.fill, paint.outline)
        }
        Op::Line { color, .. }
        | Op::Pixels { color, .. }
        | Op::Text { color, .. }
        | Op::Runs { color, .. }
        | Op::Brush { color, .. } => (Some(*color), None),
        Op::Group { .. } => (None, None),
    }
}

/// Whether a pixel that comes again is painted again.
///
/// A list of pixels or of runs is revealed entry by entry, however often it names a pixel; all other shapes are
/// uncovered, every pixel once.
pub(crate) fn pixels(op: &Op) -> Pixels {
    match op {
        Op::Pixels { .. } | Op::Runs { .. } | Op::Line { .. } | Op::Group { .. } => Pixels::Once,
        Op::Rect { paint, .. } if paint.fill.is_none() || paint.outline.is_none() => Pixels::Once,
        Op::Circle { paint, .. } | Op::Polygon { paint, .. } if paint.outline.is_none() => {
            Pixels::Once
        }
        Op::Rect { .. }
        | Op::Circle { .. }
        | Op::Polygon { .. }
        | Op::Text { .. }
        | Op::Brush { .. } => Pixels::Repeated,
    }
}

/// Enumerates one part of a shape in painting order, clipped. A group has none: its steps have.
pub(crate) fn spans(op: &Op, part: Part, size: CanvasSize, emit: &mut dyn FnMut(Span)) {
    let clip = Clip::new(size);
    match (op, part) {
        (Op::Rect { at, w, h, .. }, Part::Inside) => rect::inside(*at, *w, *h, clip, emit),
        (Op::Rect { at, w, h, .. }, Part::Edge) => rect::edge(*at, *w, *h, clip, emit),
        (Op::Circle { center, r, .. }, Part::Inside) => circle::inside(*center, *r, clip, emit),
        (Op::Circle { center, r, .. }, Part::Edge) => circle::edge(*center, *r, clip, emit),
        (Op::Polygon { points, .. }, Part::Inside) => polygon::inside(points, clip, emit),
        (Op::Polygon { points, .. }, Part::Edge) => polygon::edge(points, clip, emit),
        (
            Op::Line {
                from, to, width, ..
            },
            Part::Inside,
        ) => line::line(*from, *to, *width, clip, emit),
        (Op::Pixels { points, .. }, Part::Inside) => points
            .iter()
            .filter_map(|p| clip.pixel(i64::from(p.x), i64::from(p.y)))
            .for_each(|index| emit(Span::single(index))),
        (
            Op::Text {
                at, value, size, ..
            },
            Part::Inside,
        ) => text::letters(value, *at, text::magnification(*size), clip, emit),
        (Op::Runs { runs, .. }, Part::Inside) => runs
            .iter()
            .filter_map(|run| clip_run(*run, clip))
            .for_each(emit),
        (Op::Brush { path, width, .. }, Part::Inside) => brush::stroke(path, *width, clip, emit),
        (
            Op::Line { .. }
            | Op::Pixels { .. }
            | Op::Text { .. }
            | Op::Runs { .. }
            | Op::Brush { .. },
            Part::Edge,
        )
        | (Op::Group { .. }, Part::Inside | Part::Edge) => {}
    }
}

fn clip_run(run: Run, clip: Clip) -> Option<Span> {
    let (x, len) = (i64::from(run.start.x), i64::from(run.len));
    let last = if len > 0 { x + len - 1 } else { x + len + 1 };
    if len == 0 {
        return None;
    }
    clip.row(i64::from(run.start.y), x, last)
}

/// Enumerates a whole shape with its colours, its inside first.
pub(crate) fn paint(op: &Op, size: CanvasSize, paint: &mut dyn FnMut(Span, Rgb8)) {
    let (inside, edge) = colors(op);
    for (color, part) in [(inside, Part::Inside), (edge, Part::Edge)] {
        if let Some(color) = color {
            spans(op, part, size, &mut |span| paint(span, color));
        }
    }
}
