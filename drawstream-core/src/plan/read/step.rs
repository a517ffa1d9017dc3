//! Steps: the fields of all ops have one kind of value each, so a step is read before its op is known.

use std::time::Duration;

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use super::container::{ListSeed, ObjectSeed, ReadList, ReadObject};
use super::fields::{Fields, nearest};
use super::points::{PointList, RunList};
use super::scalar::{self, Scalar};
use super::{Reader, Segment};
use crate::color::Rgb8;
use crate::plan::{Animation, CanvasPoint, Ease, Mode, Op, Paint, PlanError, Run, Step, build};

/// An op's name, the fields it must have and those it may have.
struct OpFields {
    name: &'static str,
    needed: &'static [&'static str],
    allowed: &'static [&'static str],
}

const OPS: [OpFields; 9] = [
    OpFields {
        name: "rect",
        needed: &["x", "y", "w", "h"],
        allowed: &["fill", "outline"],
    },
    OpFields {
        name: "circle",
        needed: &["cx", "cy", "r"],
        allowed: &["fill", "outline"],
    },
    OpFields {
        name: "line",
        needed: &["x1", "y1", "x2", "y2", "color"],
        allowed: &["width"],
    },
    OpFields {
        name: "polygon",
        needed: &["points"],
        allowed: &["fill", "outline"],
    },
    OpFields {
        name: "pixels",
        needed: &["points", "color"],
        allowed: &[],
    },
    OpFields {
        name: "text",
        needed: &["x", "y", "value"],
        allowed: &["font", "size", "color"],
    },
    OpFields {
        name: "group",
        needed: &["steps"],
        allowed: &[],
    },
    OpFields {
        name: "runs",
        needed: &["runs", "color"],
        allowed: &[],
    },
    OpFields {
        name: "brush",
        needed: &["points", "color"],
        allowed: &["width"],
    },
];

const OP_NAMES: &[&str] = &[
    "rect", "circle", "line", "polygon", "pixels", "text", "group", "runs", "brush",
];
const KNOWN_OPS: &str = "rect, circle, line, polygon, pixels, text, group";

const STEP_FIELDS: &[&str] = &[
    "op", "animate", "x", "y", "w", "h", "cx", "cy", "r", "x1", "y1", "x2", "y2", "width", "size",
    "fill", "outline", "color", "value", "font", "points", "runs", "steps",
];

/// A list of steps.
pub(super) struct StepList;

impl ReadList for StepList {
    type Output = Vec<Step>;
    const EXPECTED: &'static str = "a list of steps";

    fn read<'de, A: SeqAccess<'de>>(
        reader: &mut Reader<'_>,
        mut seq: A,
    ) -> Result<Option<Self::Output>, A::Error> {
        let mut steps = Vec::new();
        let mut index = 0;
        loop {
            if reader.steps >= reader.limits.steps {
                if seq.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                reader.steps += 1;
                continue;
            }
            reader.path.push(Segment::Entry(index));
            let step = seq.next_element_seed(ObjectSeed::<StepObject>::new(reader))?;
            reader.path.pop();
            let Some(step) = step else { break };
            reader.steps += 1;
            steps.extend(step);
            index += 1;
            reader.go_on()?;
        }
        Ok(Some(steps))
    }
}

/// One step.
struct StepObject;

impl ReadObject for StepObject {
    type Output = Step;
    const EXPECTED: &'static str = "a step";

    fn read<'de, A: MapAccess<'de>>(
        reader: &mut Reader<'_>,
        mut map: A,
    ) -> Result<Option<Step>, A::Error> {
        let mut fields = Fields::new(STEP_FIELDS);
        let mut values = Values {
            errors_before: reader.errors.len(),
            ..Values::default()
        };
        while let Some(name) = fields.next(reader, &mut map)? {
            reader.path.push(Segment::Field(name));
            values.read(name, reader, &mut map)?;
            reader.path.pop();
            reader.go_on()?;
        }
        if !fields.has("op") {
            fields.demand(reader, &["op"]);
            return Ok(None);
        }
        let Some(op) = values.op else {
            return Ok(None);
        };
        for name in fields.met() {
            let common = ["op", "animate"].contains(&name);
            if !common && !op.needed.contains(&name) && !op.allowed.contains(&name) {
                let at = reader.here().field(name);
                let own: Vec<_> = [op.needed, op.allowed].concat();
                let nearest = nearest(name, &own);
                reader.note(PlanError::ForeignField {
                    at,
                    op: op.name,
                    nearest,
                });
            }
        }
        fields.demand(reader, op.needed);
        if reader.newer.is_none() && matches!(op.name, "runs" | "brush") {
            reader.newer = Some((reader.here(), op.name));
        }
        let animation = values.animate;
        let op = values.into_op(op.name, reader);
        Ok(op.map(|op| Step { op, animation }))
    }
}

/// The values of a step's fields, those that were there and right.
#[derive(Default)]
struct Values {
    /// Errors that were noted before this step.
    errors_before: usize,
    op: Option<&'static OpFields>,
    animate: Option<Animation>,
    /// By the field's place in [`STEP_FIELDS`], from `x` to `size`.
    numbers: [Option<i32>; 13],
    fill: Option<Rgb8>,
    outline: Option<Rgb8>,
    color: Option<Rgb8>,
    value: Option<String>,
    font: Option<String>,
    points: Option<Vec<CanvasPoint>>,
    runs: Option<Vec<Run>>,
    steps: Option<Vec<Step>>,
}

/// The first of the fields that hold a whole number.
const FIRST_NUMBER: usize = 2;

fn number_place(name: &str) -> Option<usize> {
    let place = STEP_FIELDS.iter().position(|field| *field == name)?;
    place.checked_sub(FIRST_NUMBER).filter(|place| *place < 13)
}

impl Values {
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        reader: &mut Reader<'_>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "op" => self.op = read_op(reader, &map.next_value()?),
            "animate" => {
                self.animate = map.next_value_seed(ObjectSeed::<AnimateObject>::or_null(reader))?;
            }
            "fill" => self.fill = reader.color_or_null(&map.next_value()?),
            "outline" => self.outline = reader.color_or_null(&map.next_value()?),
            "color" => self.color = reader.color(&map.next_value()?),
            "value" => self.value = reader.text(map.next_value()?),
            "font" => self.font = reader.text_or_null(map.next_value()?),
            "points" => self.points = map.next_value_seed(ListSeed::<PointList>::new(reader))?,
            "runs" => self.runs = map.next_value_seed(ListSeed::<RunList>::new(reader))?,
            "steps" => {
                if reader.depth >= reader.limits.depth {
                    let mut at = reader.here();
                    if let Some((_, outer)) = reader.path.split_last() {
                        at = Reader::path_of(outer);
                    }
                    reader.note(PlanError::TooMany {
                        at,
                        what: "nested groups",
                        found: reader.depth + 1,
                        most: reader.limits.depth,
                    });
                    return Err(reader.give_up());
                }
                reader.depth += 1;
                self.steps = map.next_value_seed(ListSeed::<StepList>::new(reader))?;
                reader.depth -= 1;
            }
            number => {
                let found = map.next_value()?;
                if let Some(place) = number_place(number) {
                    self.numbers[place] = reader.coordinate(&found);
                }
            }
        }
        Ok(())
    }

    fn number(&self, name: &str) -> Option<i32> {
        self.numbers[number_place(name)?]
    }

    fn point(&self, x: &str, y: &str) -> Option<CanvasPoint> {
        Some(CanvasPoint::new(self.number(x)?, self.number(y)?))
    }

    fn paint(&self) -> Paint {
        Paint {
            fill: self.fill,
            outline: self.outline,
        }
    }

    /// A number within a range that depends on the op.
    fn ranged(
        &self,
        name: &'static str,
        default: Option<u32>,
        (least, most): (u32, u32),
        reader: &mut Reader<'_>,
    ) -> Option<u32> {
        let Some(value) = self.number(name) else {
            return default;
        };
        reader.within(Segment::Field(name), |reader| {
            let found = Scalar::Whole(i64::from(value));
            let value = reader.whole(&found, i64::from(least), i64::from(most))?;
            u32::try_from(value).ok()
        })
    }

    fn listed<T>(
        list: Option<Vec<T>>,
        name: &'static str,
        least: usize,
        errors_before: usize,
        reader: &mut Reader<'_>,
    ) -> Option<Vec<T>> {
        let list = list?;
        // Entries that were wrong or over the limit are not in the list; their errors are enough.
        let complete =
            reader.errors.len() == errors_before && reader.points <= reader.limits.points;
        if list.len() < least && complete {
            let at = reader.here().field(name);
            reader.note(PlanError::TooFew {
                at,
                what: name,
                found: list.len(),
                least,
            });
            return None;
        }
        Some(list)
    }

    /// The op itself; `None` where a value of it is missing or wrong.
    fn into_op(self, name: &'static str, reader: &mut Reader<'_>) -> Option<Op> {
        let any = Op::MOST_COORDINATE;
        let before = self.errors_before;
        Some(match name {
            "rect" => Op::Rect {
                at: self.point("x", "y")?,
                w: self.number("w")?,
                h: self.number("h")?,
                paint: self.paint(),
            },
            "circle" => Op::Circle {
                center: self.point("cx", "cy")?,
                r: self.ranged("r", None, (0, any), reader)?,
                paint: self.paint(),
            },
            "line" => Op::Line {
                width: self.ranged("width", Some(Op::DEFAULT_WIDTH), (1, any), reader)?,
                from: self.point("x1", "y1")?,
                to: self.point("x2", "y2")?,
                color: self.color?,
            },
            "polygon" => Op::Polygon {
                paint: self.paint(),
                points: Self::listed(self.points, "points", 3, before, reader)?,
            },
            "pixels" => Op::Pixels {
                points: Self::listed(self.points, "points", 1, before, reader)?,
                color: self.color?,
            },
            "text" => {
                let (least, most) = Op::TEXT_SIZE;
                let size = self.ranged(
                    "size",
                    Some(u32::from(Op::DEFAULT_TEXT_SIZE)),
                    (u32::from(least), u32::from(most)),
                    reader,
                )?;
                Op::Text {
                    at: self.point("x", "y")?,
                    size: u8::try_from(size).ok()?,
                    color: self.color.unwrap_or(Op::DEFAULT_TEXT_COLOR),
                    value: self.value?,
                    font: self.font,
                }
            }
            "group" => Op::Group { steps: self.steps? },
            "runs" => Op::Runs {
                runs: Self::listed(self.runs, "runs", 1, before, reader)?,
                color: self.color?,
            },
            _ => Op::Brush {
                width: self.ranged(
                    "width",
                    Some(Op::DEFAULT_WIDTH),
                    (1, Op::MOST_BRUSH_WIDTH),
                    reader,
                )?,
                path: Self::listed(self.points, "points", 1, before, reader)?,
                color: self.color?,
            },
        })
    }
}

fn read_op(reader: &mut Reader<'_>, found: &Scalar<'_>) -> Option<&'static OpFields> {
    let Scalar::Text(name) = found else {
        reader.wrong_kind(found, "the name of an op");
        return None;
    };
    let known = OPS.iter().find(|op| op.name == name);
    if known.is_none() {
        let at = reader.here();
        reader.note(PlanError::UnknownWord {
            at,
            found: scalar::shortened(name),
            known: KNOWN_OPS,
            nearest: nearest(name, OP_NAMES),
        });
    }
    known
}

/// When and how a step plays.
struct AnimateObject;

impl ReadObject for AnimateObject {
    type Output = Animation;
    const EXPECTED: &'static str = "an object with a mode";

    fn read<'de, A: MapAccess<'de>>(
        reader: &mut Reader<'_>,
        mut map: A,
    ) -> Result<Option<Animation>, A::Error> {
        let mut fields =
            Fields::new(&["mode", "speed_px_per_s", "duration_ms", "delay_ms", "ease"]);
        let mut mode = None;
        let mut ease = Some(Ease::Linear);
        let mut speed_px_per_s = None;
        let (mut duration, mut delay): (Option<Duration>, Option<Duration>) = (None, None);
        while let Some(name) = fields.next(reader, &mut map)? {
            reader.path.push(Segment::Field(name));
            let found = map.next_value()?;
            match name {
                "mode" => mode = read_mode(reader, &found),
                "speed_px_per_s" => {
                    speed_px_per_s = reader.decimal(&found, 0).map(build::tidy_speed);
                }
                "duration_ms" => duration = reader.millis(&found, 1),
                "delay_ms" => delay = reader.millis(&found, 0),
                _ => ease = read_ease(reader, &found),
            }
            reader.path.pop();
        }
        fields.demand(reader, &["mode"]);
        Ok(mode.zip(ease).map(|(mode, ease)| Animation {
            mode,
            speed_px_per_s,
            duration,
            delay,
            ease,
        }))
    }
}

fn read_mode(reader: &mut Reader<'_>, found: &Scalar<'_>) -> Option<Mode> {
    let modes = [
        ("stroke", Mode::Stroke),
        ("fill", Mode::Fill),
        ("pixel_reveal", Mode::PixelReveal),
    ];
    read_word(reader, found, &modes, "stroke, fill, pixel_reveal")
}

fn read_ease(reader: &mut Reader<'_>, found: &Scalar<'_>) -> Option<Ease> {
    let eases = [("linear", Ease::Linear), ("ease_in_out", Ease::InOut)];
    read_word(reader, found, &eases, "linear, ease_in_out")
}

fn read_word<T: Copy>(
    reader: &mut Reader<'_>,
    found: &Scalar<'_>,
    words: &[(&'static str, T)],
    known: &'static str,
) -> Option<T> {
    let Scalar::Text(text) = found else {
        reader.wrong_kind(found, known);
        return None;
    };
    let word = words.iter().find(|(word, _)| word == text);
    if word.is_none() {
        let at = reader.here();
        let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        reader.note(PlanError::UnknownWord {
            at,
            found: scalar::shortened(text),
            known,
            nearest: nearest(text, &names),
        });
    }
    word.map(|(_, value)| *value)
}
