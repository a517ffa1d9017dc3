//! Reading a document: limits hold while it is read, and everything that is wrong is found in one pass.
//!
//! The document is streamed from JSON straight into the plan. A wrong value is noted with its path and reading
//! goes on, so that one look shows all of it; only broken JSON, too many nested groups and [`MOST_ERRORS`] end it
//! early. What is over a limit is counted on but no longer kept.

mod container;
mod fields;
mod number;
mod points;
mod scalar;
mod step;

use serde::de::{DeserializeSeed, MapAccess};

use self::container::{ListSeed, ObjectSeed, ReadObject};
use self::fields::Fields;
use self::points::PaletteList;
use self::scalar::Scalar;
use self::step::StepList;
use super::error::{JsonPath, PlanError};
use super::limits::Limits;
use super::{Canvas, CanvasSize, Content, Plan, Step, Version, build};
use crate::color::Rgb8;

/// After so many faults nobody reads on.
const MOST_ERRORS: usize = 100;

impl Plan {
    /// Reads a document of version 1.0 or 1.1.
    ///
    /// ```
    /// use drawstream_core::plan::{Limits, Plan};
    /// let json = r##"{"version": "1.0", "caption": "dawn", "canvas": {"w": 96, "h": 96},
    ///     "steps": [{"op": "rect", "x": 0, "y": 0, "w": 96, "h": 40, "fill": "#F80",
    ///                "animate": {"mode": "stroke", "duration_ms": 0}}]}"##;
    /// let error = Plan::parse(json, &Limits::default()).expect_err("no time to draw");
    /// assert_eq!(
    ///     error.to_string(),
    ///     "steps[0].animate.duration_ms: 0 is too small, the least is 1"
    /// );
    /// ```
    ///
    /// # Errors
    /// The first thing that is wrong; [`Plan::parse_all`] gives all.
    pub fn parse(json: impl AsRef<[u8]>, limits: &Limits) -> Result<Self, PlanError> {
        Self::parse_all(json, limits).map_err(|errors| {
            let first = errors.into_iter().next();
            first.expect("a plan that was not read has an error")
        })
    }

    /// Reads a document of version 1.0 or 1.1.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the document, at most about a hundred; never an empty list.
    pub fn parse_all(json: impl AsRef<[u8]>, limits: &Limits) -> Result<Self, Vec<PlanError>> {
        let json = json.as_ref();
        if json.len() > limits.bytes {
            return Err(vec![PlanError::TooLong {
                found: json.len(),
                most: limits.bytes,
            }]);
        }
        let text = std::str::from_utf8(json).map_err(|error| {
            vec![PlanError::NotUtf8 {
                offset: error.valid_up_to(),
            }]
        })?;
        if text.starts_with('\u{FEFF}') {
            return Err(vec![PlanError::ByteOrderMark]);
        }
        let mut reader = Reader::new(limits);
        let mut json = serde_json::Deserializer::from_str(text);
        let read = ObjectSeed::<PlanObject>::new(&mut reader).deserialize(&mut json);
        let plan = read.and_then(|plan| json.end().map(|()| plan));
        reader.note_totals();
        match plan {
            Err(error) if !reader.gave_up => reader.errors.push(not_json(&error)),
            Ok(Some(plan)) if reader.errors.is_empty() => return Ok(plan),
            Ok(_) | Err(_) => {}
        }
        Err(reader.errors)
    }
}

fn not_json(error: &serde_json::Error) -> PlanError {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    PlanError::NotJson {
        line: error.line(),
        column: error.column(),
        what: what.replace("EOF while parsing", "the document ends within"),
    }
}

/// What is being read, and what was found wrong so far.
struct Reader<'l> {
    limits: &'l Limits,
    errors: Vec<PlanError>,
    path: Vec<Segment>,
    /// Steps and points that were met, kept or not.
    steps: usize,
    points: usize,
    depth: usize,
    /// The first op of version 1.1, whose place matters only if the document says 1.0.
    newer: Option<(JsonPath, &'static str)>,
    gave_up: bool,
}

#[derive(Clone, Copy)]
enum Segment {
    Field(&'static str),
    Entry(usize),
}

impl<'l> Reader<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            errors: Vec::new(),
            path: Vec::new(),
            steps: 0,
            points: 0,
            depth: 0,
            newer: None,
            gave_up: false,
        }
    }

    /// Where reading stands.
    fn here(&self) -> JsonPath {
        Self::path_of(&self.path)
    }

    fn path_of(segments: &[Segment]) -> JsonPath {
        let mut path = JsonPath::root();
        for segment in segments {
            path = match segment {
                Segment::Field(name) => path.field(name),
                Segment::Entry(index) => path.entry(*index),
            };
        }
        path
    }

    fn note(&mut self, error: PlanError) {
        self.errors.push(error);
    }

    /// Ends the reading, with what was noted.
    fn give_up<E: serde::de::Error>(&mut self) -> E {
        self.gave_up = true;
        E::custom("given up")
    }

    /// Fails where nobody would read on.
    fn go_on<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.errors.len() >= MOST_ERRORS {
            return Err(self.give_up());
        }
        Ok(())
    }

    fn within<T>(&mut self, segment: Segment, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment);
        let result = read(self);
        self.path.pop();
        result
    }

    fn note_totals(&mut self) {
        let at = || JsonPath::root().field("steps");
        for (what, found, most) in [
            ("steps in all", self.steps, self.limits.steps),
            ("points in all", self.points, self.limits.points),
        ] {
            if found > most {
                self.errors.push(PlanError::TooMany {
                    at: at(),
                    what,
                    found,
                    most,
                });
            }
        }
    }
}

const PLAN_FIELDS: &[&str] = &[
    "version",
    "canvas",
    "caption",
    "palette",
    "seed",
    "steps",
    "render_text",
    "duration_sec",
];

/// The document.
struct PlanObject;

impl ReadObject for PlanObject {
    type Output = Plan;
    const EXPECTED: &'static str = "an object";

    fn read<'de, A: MapAccess<'de>>(
        reader: &mut Reader<'_>,
        map: A,
    ) -> Result<Option<Plan>, A::Error> {
        read_plan(reader, map)
    }
}

fn read_plan<'de, A: MapAccess<'de>>(
    reader: &mut Reader<'_>,
    mut map: A,
) -> Result<Option<Plan>, A::Error> {
    let mut fields = Fields::new(PLAN_FIELDS);
    let (mut version, mut canvas, mut caption) = (None, None, None);
    let (mut palette, mut seed, mut duration) = (None, None, None);
    let (mut steps, mut card) = (None::<Vec<Step>>, None::<String>);
    let mut content_is_noted = false;
    while let Some(name) = fields.next(reader, &mut map)? {
        reader.path.push(Segment::Field(name));
        let errors_before = reader.errors.len();
        match name {
            "version" => version = read_version(reader, map.next_value()?),
            "canvas" => canvas = map.next_value_seed(ObjectSeed::<CanvasObject>::new(reader))?,
            "caption" => caption = reader.text(map.next_value()?),
            "palette" => palette = map.next_value_seed(ListSeed::<PaletteList>::or_null(reader))?,
            "seed" => seed = reader.whole_or_null(&map.next_value()?, i64::MIN, i64::MAX),
            "steps" => steps = map.next_value_seed(ListSeed::<StepList>::or_null(reader))?,
            "render_text" => card = reader.text_or_null(map.next_value()?),
            _ => duration = reader.seconds(&map.next_value()?),
        }
        if matches!(name, "steps" | "render_text") {
            content_is_noted |= reader.errors.len() > errors_before;
        }
        reader.path.pop();
        reader.go_on()?;
    }
    fields.demand(reader, &["version", "canvas", "caption"]);
    if version == Some(Version::V1_0)
        && let Some((at, op)) = reader.newer.take()
    {
        reader.note(PlanError::NewerOp { at, op });
    }
    let steps = steps.filter(|steps| !steps.is_empty());
    let card = card.filter(|text| !text.is_empty());
    let content = match (steps, card) {
        (Some(_), Some(_)) => {
            reader.note(PlanError::Ambiguous);
            None
        }
        (Some(steps), None) => Some(Content::Steps(steps)),
        (None, Some(text)) => Some(Content::Card(text)),
        (None, None) => {
            // A list whose steps were all wrong was not empty, nor was a text that is too long.
            if reader.steps == 0 && !content_is_noted {
                reader.note(PlanError::Empty);
            }
            None
        }
    };
    let (Some(_), Some(canvas), Some(caption), Some(content)) = (version, canvas, caption, content)
    else {
        return Ok(None);
    };
    Ok(Some(Plan {
        canvas,
        caption,
        palette,
        seed,
        duration,
        content,
    }))
}

fn read_version(reader: &mut Reader<'_>, found: Scalar<'_>) -> Option<Version> {
    let name = reader.text(found)?;
    let version = Version::parse(&name);
    if version.is_none() {
        let at = reader.here();
        reader.note(PlanError::UnknownVersion {
            at,
            found: scalar::shortened(&name),
        });
    }
    version
}

/// Size and background.
struct CanvasObject;

impl ReadObject for CanvasObject {
    type Output = Canvas;
    const EXPECTED: &'static str = "an object with w and h";

    fn read<'de, A: MapAccess<'de>>(
        reader: &mut Reader<'_>,
        map: A,
    ) -> Result<Option<Canvas>, A::Error> {
        read_canvas(reader, map)
    }
}

fn read_canvas<'de, A: MapAccess<'de>>(
    reader: &mut Reader<'_>,
    mut map: A,
) -> Result<Option<Canvas>, A::Error> {
    let mut fields = Fields::new(&["w", "h", "bg"]);
    let (mut w, mut h, mut background) = (None, None, Some(Canvas::DEFAULT_BACKGROUND));
    let most = i64::from(reader.limits.side);
    while let Some(name) = fields.next(reader, &mut map)? {
        reader.path.push(Segment::Field(name));
        match name {
            "w" => w = reader.whole(&map.next_value()?, 1, most),
            "h" => h = reader.whole(&map.next_value()?, 1, most),
            _ => background = reader.color(&map.next_value()?),
        }
        reader.path.pop();
    }
    fields.demand(reader, &["w", "h"]);
    let side = |side: Option<i64>| u16::try_from(side?).ok();
    let size = side(w)
        .zip(side(h))
        .and_then(|(w, h)| CanvasSize::new(w, h));
    Ok(size
        .zip(background)
        .map(|(size, background)| Canvas { size, background }))
}

impl Reader<'_> {
    fn wrong_kind(&mut self, found: &Scalar<'_>, expected: &'static str) {
        let at = self.here();
        self.note(PlanError::WrongKind {
            at,
            found: found.described(),
            expected,
        });
    }

    fn text(&mut self, found: Scalar<'_>) -> Option<String> {
        let Scalar::Text(text) = found else {
            self.wrong_kind(&found, "a text");
            return None;
        };
        let checked = build::check_text(&text, self.limits, || self.here());
        if let Err(error) = checked {
            self.note(error);
            return None;
        }
        Some(text.into_owned())
    }

    fn text_or_null(&mut self, found: Scalar<'_>) -> Option<String> {
        match found {
            Scalar::Null => None,
            other => self.text(other),
        }
    }

    fn color(&mut self, found: &Scalar<'_>) -> Option<Rgb8> {
        let Scalar::Text(text) = found else {
            self.wrong_kind(found, "a colour as #RGB or #RRGGBB");
            return None;
        };
        let color = Rgb8::parse_hex(text);
        if color.is_none() {
            let at = self.here();
            self.note(PlanError::NotAColor {
                at,
                found: scalar::shortened(text),
            });
        }
        color
    }

    fn color_or_null(&mut self, found: &Scalar<'_>) -> Option<Rgb8> {
        match found {
            Scalar::Null => None,
            other => self.color(other),
        }
    }
}
