//! The pixels of a shape in the order in which a brush uncovers them.

use super::shape::{self, Part, Pixels};
use crate::color::Rgb8;
use crate::plan::{CanvasSize, Op};

/// What a step paints, pixel by pixel, in painting order; the colours are those of the finished shape.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pixels: Vec<u32>,
    /// How many of the pixels are inside; the others are the edge.
    inside: usize,
    colors: (Rgb8, Rgb8),
}

impl Trace {
    /// A list of pixels of one colour, in its own order.
    pub(crate) fn of_points(points: &[u32], color: Rgb8) -> Self {
        Self {
            pixels: points.to_vec(),
            inside: points.len(),
            colors: (color, color),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.pixels.len()
    }

    /// Index and colour of the pixel with this place in the order.
    pub(crate) fn at(&self, place: usize) -> Option<(u32, Rgb8)> {
        let color = if place < self.inside {
            self.colors.0
        } else {
            self.colors.1
        };
        Some((*self.pixels.get(place)?, color))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, Rgb8)> {
        (0..self.len()).filter_map(|place| self.at(place))
    }
}

/// Marks on the canvas's pixels, kept from one shape to the next so that they need no clearing.
#[derive(Clone, Debug)]
pub(crate) struct Tracer {
    size: CanvasSize,
    marks: Vec<u32>,
    newest: u32,
}

impl Tracer {
    pub(crate) fn new(size: CanvasSize) -> Self {
        Self {
            size,
            marks: Vec::new(),
            newest: 0,
        }
    }

    /// Two marks that no pixel bears yet.
    fn fresh_marks(&mut self) -> (u32, u32) {
        if self.marks.is_empty() || self.newest > u32::MAX - 2 {
            self.marks = vec![0; self.size.area()];
            self.newest = 0;
        }
        self.newest += 2;
        (self.newest - 1, self.newest)
    }

    /// How many pixels a shape paints.
    pub(crate) fn count(&mut self, op: &Op) -> u64 {
        let mut count = 0;
        match shape::pixels(op) {
            Pixels::Once => {
                for part in drawn_parts(op) {
                    shape::spans(op, part, self.size, &mut |span| {
                        count += u64::from(span.len);
                    });
                }
            }
            Pixels::Repeated => self.visit_once(op, &mut |_, _| count += 1),
        }
        count
    }

    /// A shape's pixels in painting order.
    pub(crate) fn trace(&mut self, op: &Op) -> Trace {
        let (inside, edge) = shape::colors(op);
        let mut trace = Trace {
            pixels: Vec::new(),
            inside: 0,
            colors: (inside.unwrap_or_default(), edge.unwrap_or_default()),
        };
        let mut push = |part: Part, index: u32| {
            trace.pixels.push(index);
            trace.inside += usize::from(part == Part::Inside);
        };
        match shape::pixels(op) {
            Pixels::Once => {
                for part in drawn_parts(op) {
                    shape::spans(op, part, self.size, &mut |span| {
                        span.indices().for_each(|index| push(part, index));
                    });
                }
            }
            Pixels::Repeated => self.visit_once(op, &mut push),
        }
        trace
    }

    /// Every pixel once: those of the inside that the edge leaves free, then the edge.
    fn visit_once(&mut self, op: &Op, visit: &mut dyn FnMut(Part, u32)) {
        let (reserved, done) = self.fresh_marks();
        let (inside, edge) = shape::colors(op);
        let (size, marks) = (self.size, &mut self.marks);
        if edge.is_some() {
            shape::spans(op, Part::Edge, size, &mut |span| {
                let lowest = span.lowest() as usize;
                marks[lowest..lowest + span.len as usize].fill(reserved);
            });
        }
        for (color, part) in [(inside, Part::Inside), (edge, Part::Edge)] {
            if color.is_none() {
                continue;
            }
            shape::spans(op, part, size, &mut |span| {
                for index in span.indices() {
                    let mark = &mut marks[index as usize];
                    if *mark == done || (*mark == reserved && part == Part::Inside) {
                        continue;
                    }
                    *mark = done;
                    visit(part, index);
                }
            });
        }
    }
}

fn drawn_parts(op: &Op) -> impl Iterator<Item = Part> + use<> {
    let (inside, edge) = shape::colors(op);
    [(inside, Part::Inside), (edge, Part::Edge)]
        .into_iter()
        .filter_map(|(color, part)| color.map(|_| part))
}
