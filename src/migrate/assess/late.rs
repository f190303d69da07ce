//! Parts of a report that are made when they are written, so that a large one never stands in memory as a whole.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// A part that is made when it is written.
pub(super) struct Late<'e, T>(Box<dyn Fn() -> T + 'e>);

impl<'e, T> Late<'e, T> {
    pub(super) fn new(make: impl Fn() -> T + 'e) -> Self {
        Self(Box::new(make))
    }
}

impl<T: Serialize> Serialize for Late<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0)().serialize(serializer)
    }
}

/// As what is made.
impl<T: JsonSchema> JsonSchema for Late<'_, T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A list whose items are made when they are written, one after the other.
pub(super) struct Each<'e, T>(Box<dyn Fn() -> Items<'e, T> + 'e>);

type Items<'e, T> = Box<dyn Iterator<Item = T> + 'e>;

impl<'e, T> Each<'e, T> {
    pub(super) fn new<I: Iterator<Item = T> + 'e>(make: impl Fn() -> I + 'e) -> Self {
        Self(Box::new(move || Box::new(make())))
    }
}

impl<T: Serialize> Serialize for Each<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// As a list of what is made.
impl<T: JsonSchema> JsonSchema for Each<'_, T> {
    fn inline_schema() -> bool {
        Vec::<T>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_late_is_written_and_described_as_itself() {
        assert_eq!(serde_json::to_string(&Late::new(|| "a")).unwrap(), r#""a""#);
        assert_eq!(serde_json::to_string(&Each::new(|| [1, 2].into_iter())).unwrap(), "[1,2]");
        assert_eq!(schemars::schema_for!(Late<'_, u8>), schemars::schema_for!(u8));
        assert_eq!(schemars::schema_for!(Each<'_, u8>), schemars::schema_for!(Vec<u8>));
    }
}
