//! Objects and lists: read where they are expected, noted where something else stands.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Reader;
use super::scalar::Scalar;

/// A kind of object.
pub(super) trait ReadObject {
    /// What it becomes.
    type Output;
    /// What an error says should stand there.
    const EXPECTED: &'static str;

    /// Reads its fields; `None` where something was noted as wrong.
    fn read<'de, A: MapAccess<'de>>(
        reader: &mut Reader<'_>,
        map: A,
    ) -> Result<Option<Self::Output>, A::Error>;
}

/// A kind of list.
pub(super) trait ReadList {
    /// What it becomes.
    type Output;
    /// What an error says should stand there.
    const EXPECTED: &'static str;

    /// Reads its entries; `None` where something was noted as wrong.
    fn read<'de, A: SeqAccess<'de>>(
        reader: &mut Reader<'_>,
        seq: A,
    ) -> Result<Option<Self::Output>, A::Error>;
}

/// Whether `null` stands for an absent value: writers of optional fields often write it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Null {
    Absent,
    Wrong,
}

/// Reads an object of a kind.
pub(super) struct ObjectSeed<'r, 'l, T> {
    reader: &'r mut Reader<'l>,
    null: Null,
    kind: PhantomData<T>,
}

impl<'r, 'l, T> ObjectSeed<'r, 'l, T> {
    pub(super) fn new(reader: &'r mut Reader<'l>) -> Self {
        Self {
            reader,
            null: Null::Wrong,
            kind: PhantomData,
        }
    }

    pub(super) fn or_null(reader: &'r mut Reader<'l>) -> Self {
        Self {
            null: Null::Absent,
            ..Self::new(reader)
        }
    }
}

/// Reads a list of a kind.
pub(super) struct ListSeed<'r, 'l, T> {
    reader: &'r mut Reader<'l>,
    null: Null,
    kind: PhantomData<T>,
}

impl<'r, 'l, T> ListSeed<'r, 'l, T> {
    pub(super) fn new(reader: &'r mut Reader<'l>) -> Self {
        Self {
            reader,
            null: Null::Wrong,
            kind: PhantomData,
        }
    }

    pub(super) fn or_null(reader: &'r mut Reader<'l>) -> Self {
        Self {
            null: Null::Absent,
            ..Self::new(reader)
        }
    }
}

/// The values that are neither list nor object, none of which is expected.
macro_rules! note_scalars {
    ($expected:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str($expected)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            if self.null == Null::Wrong {
                self.reader.wrong_kind(&Scalar::Null, $expected);
            }
            Ok(None)
        }

        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            self.reader.wrong_kind(&Scalar::Bool(value), $expected);
            Ok(None)
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            self.reader.wrong_kind(&Scalar::Whole(value), $expected);
            Ok(None)
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            self.reader.wrong_kind(&Scalar::Large(value), $expected);
            Ok(None)
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            self.reader.wrong_kind(&Scalar::Decimal(value), $expected);
            Ok(None)
        }

        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            self.reader
                .wrong_kind(&Scalar::Text(value.into()), $expected);
            Ok(None)
        }
    };
}

impl<'de, T: ReadObject> DeserializeSeed<'de> for ObjectSeed<'_, '_, T> {
    type Value = Option<T::Output>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, T: ReadObject> Visitor<'de> for ObjectSeed<'_, '_, T> {
    type Value = Option<T::Output>;

    note_scalars!(T::EXPECTED);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        self.reader.wrong_kind(&Scalar::List, T::EXPECTED);
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::read(self.reader, map)
    }
}

impl<'de, T: ReadList> DeserializeSeed<'de> for ListSeed<'_, '_, T> {
    type Value = Option<T::Output>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, T: ReadList> Visitor<'de> for ListSeed<'_, '_, T> {
    type Value = Option<T::Output>;

    note_scalars!(T::EXPECTED);

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::read(self.reader, seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        use serde::de::IgnoredAny;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.reader.wrong_kind(&Scalar::Object, T::EXPECTED);
        Ok(None)
    }
}
