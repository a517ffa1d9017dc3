//! Long lists: points, runs, colours.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::container::ReadList;
use super::scalar::Scalar;
use super::{Reader, Segment};
use crate::color::Rgb8;
use crate::plan::{CanvasPoint, Run, build};

/// A list of `[x, y]`.
pub(super) struct PointList;

/// A list of `[x, y, length]`.
pub(super) struct RunList;

/// A list of colours.
pub(super) struct PaletteList;

impl ReadList for PointList {
    type Output = Vec<CanvasPoint>;
    const EXPECTED: &'static str = "a list of points";

    fn read<'de, A: SeqAccess<'de>>(
        reader: &mut Reader<'_>,
        seq: A,
    ) -> Result<Option<Self::Output>, A::Error> {
        read_tuples::<2, _, _>(reader, seq, |_, [x, y]| Some(CanvasPoint::new(x, y)))
    }
}

impl ReadList for RunList {
    type Output = Vec<Run>;
    const EXPECTED: &'static str = "a list of runs";

    fn read<'de, A: SeqAccess<'de>>(
        reader: &mut Reader<'_>,
        seq: A,
    ) -> Result<Option<Self::Output>, A::Error> {
        read_tuples::<3, _, _>(reader, seq, |reader, [x, y, len]| {
            if let Err(error) = build::check_run(len, || reader.here()) {
                reader.note(error);
                return None;
            }
            Run::new(CanvasPoint::new(x, y), len)
        })
    }
}

impl ReadList for PaletteList {
    type Output = Vec<Rgb8>;
    const EXPECTED: &'static str = "a list of colours";

    fn read<'de, A: SeqAccess<'de>>(
        reader: &mut Reader<'_>,
        mut seq: A,
    ) -> Result<Option<Self::Output>, A::Error> {
        let mut colors = Vec::new();
        let mut index = 0;
        while let Some(found) = seq.next_element()? {
            let color = reader.within(Segment::Entry(index), |reader| reader.color(&found));
            colors.extend(color);
            index += 1;
            reader.go_on()?;
        }
        Ok(Some(colors))
    }
}

/// Reads entries of `N` whole numbers; they are counted on, but no longer kept, once there are too many.
fn read_tuples<'de, const N: usize, A: SeqAccess<'de>, T>(
    reader: &mut Reader<'_>,
    mut seq: A,
    keep: impl Fn(&mut Reader<'_>, [i32; N]) -> Option<T>,
) -> Result<Option<Vec<T>>, A::Error> {
    let mut entries = Vec::new();
    let mut index = 0;
    loop {
        if reader.points >= reader.limits.points {
            if seq.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
            reader.points += 1;
            continue;
        }
        reader.path.push(Segment::Entry(index));
        let Some(tuple) = seq.next_element_seed(TupleSeed::<N>(reader))? else {
            reader.path.pop();
            break;
        };
        reader.points += 1;
        entries.extend(tuple.and_then(|tuple| keep(reader, tuple)));
        reader.path.pop();
        index += 1;
        reader.go_on()?;
    }
    Ok(Some(entries))
}

/// Reads a list of exactly `N` whole numbers of 32 bits.
struct TupleSeed<'r, 'l, const N: usize>(&'r mut Reader<'l>);

impl<const N: usize> TupleSeed<'_, '_, N> {
    const EXPECTED: &'static str = if N == 2 { "[x, y]" } else { "[x, y, length]" };

    fn wrong<T>(self, found: &Scalar<'_>) -> Option<T> {
        self.0.wrong_kind(found, Self::EXPECTED);
        None
    }
}

impl<'de, const N: usize> DeserializeSeed<'de> for TupleSeed<'_, '_, N> {
    type Value = Option<[i32; N]>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for TupleSeed<'_, '_, N> {
    type Value = Option<[i32; N]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut numbers = [0; N];
        let mut count = 0;
        let mut fine = true;
        while let Some(found) = seq.next_element_seed(Coordinate(PhantomData))? {
            let number = match found {
                Ok(number) => Some(number),
                Err(found) => self
                    .0
                    .within(Segment::Entry(count), |reader| reader.coordinate(&found)),
            };
            fine &= number.is_some();
            if let (Some(number), Some(slot)) = (number, numbers.get_mut(count)) {
                *slot = number;
            }
            count += 1;
        }
        if count != N {
            return Ok(self.wrong(&Scalar::List));
        }
        Ok(fine.then_some(numbers))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.wrong(&Scalar::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.wrong(&Scalar::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.wrong(&Scalar::Whole(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.wrong(&Scalar::Large(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.wrong(&Scalar::Decimal(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.wrong(&Scalar::Text(value.into())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.wrong(&Scalar::Object))
    }
}

/// Reads a whole number of 32 bits at once, and anything else as what it is, to be judged with its path.
struct Coordinate<'de>(PhantomData<&'de ()>);

impl<'de> DeserializeSeed<'de> for Coordinate<'de> {
    type Value = Result<i32, Scalar<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        use serde::Deserialize;
        Ok(match Scalar::deserialize(json)? {
            Scalar::Whole(value) => i32::try_from(value).map_err(|_| Scalar::Whole(value)),
            other => Err(other),
        })
    }
}
