//! Parts of a report that are made when they are written, so that a large one never stands in memory as a whole.

use std::borrow::Cow;
use std::ops::ControlFlow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use towpath_migrate::sources::process;

use crate::migrate::parse::workers;

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

/// A list of many items for JSON. They are made and put into words on all processors, a few at a time, and written in their order.
pub(super) struct Many<'e, T> {
    count: usize,
    make: Box<dyn Fn(usize) -> Option<T> + Sync + 'e>,
}

/// How many items are made at a time.
const AT_A_TIME: usize = 16;

impl<'e, T> Many<'e, T> {
    pub(super) fn new(count: usize, make: impl Fn(usize) -> Option<T> + Sync + 'e) -> Self {
        Self { count, make: Box::new(make) }
    }
}

impl<T: Serialize> Serialize for Many<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(None)?;
        let some = (0..self.count).step_by(AT_A_TIME);
        let make = |from: &usize| -> Result<Vec<Box<RawValue>>, serde_json::Error> {
            let to = from.saturating_add(AT_A_TIME).min(self.count);
            (*from..to).filter_map(&self.make).map(|item| to_raw_value(&item)).collect()
        };
        let failed = process(some, workers(), make, |_, made| {
            let made = match made {
                Ok(made) => made.map_err(S::Error::custom),
                Err(panicked) => Err(S::Error::custom(panicked.0)),
            };
            match made.and_then(|made| made.iter().try_for_each(|item| all.serialize_element(item))) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            }
        });
        failed.map_or_else(|| all.end(), Err)
    }
}

/// As a list of what is made.
impl<T: JsonSchema> JsonSchema for Many<'_, T> {
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
        let many = Many::new(100, Some);
        assert_eq!(
            serde_json::to_string(&many).unwrap(),
            format!("{:?}", (0..100).collect::<Vec<_>>()).replace(' ', "")
        );
        assert_eq!(schemars::schema_for!(Many<'_, u8>), schemars::schema_for!(Vec<u8>));
        assert_eq!(schemars::schema_for!(Late<'_, u8>), schemars::schema_for!(u8));
    }
}
