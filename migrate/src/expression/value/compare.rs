//! What `==`, `<` and `>` say (runner: EvaluationResult.cs).

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Value, text};
use crate::expression::museum::{Bug, planted};

impl Value {
    /// What `==` says: text whatever its case, other kinds by their numbers, arrays and objects only if they are the same
    /// one.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(_), Self::Array(_)) | (Self::Object(_), Self::Object(_))
                if planted(Bug::EqualByValue) =>
            {
                self == other
            }
            (Self::Number(left), Self::Number(right))
                if planted(Bug::NanEqualsItself) && left.is_nan() && right.is_nan() =>
            {
                true
            }
            (Self::String(left), Self::String(right)) if planted(Bug::EqualCountsCase) => left == right,
            (Self::Array(left), Self::Array(right)) => Arc::ptr_eq(left, right),
            (Self::Object(left), Self::Object(right)) => Arc::ptr_eq(left, right),
            (Self::String(left), Self::String(right)) => text::equal(left, right),
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }

    /// What `<` and `>` say; `None` where neither is true and they are not equal.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Boolean(left), Self::Boolean(right)) => Some(left.cmp(right)),
            (Self::String(left), Self::String(right)) => Some(text::compare(left, right)),
            // An array or object is NaN as a number, which is in no order.
            _ => self.to_number().partial_cmp(&other.to_number()),
        }
    }

    /// What `<` says. Unlike `==`, it says nothing of two nulls.
    #[must_use]
    pub fn is_less(&self, other: &Self) -> bool {
        self.compare(other) == Some(Ordering::Less)
    }

    /// What `>` says.
    #[must_use]
    pub fn is_greater(&self, other: &Self) -> bool {
        self.compare(other) == Some(Ordering::Greater)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_meet_as_numbers() {
        let (null, yes, one, text) =
            (Value::Null, Value::Boolean(true), Value::Number(1.0), Value::text(" 1 "));
        assert!(null.equals(&Value::text("")) && null.equals(&Value::Boolean(false)));
        assert!(yes.equals(&one) && one.equals(&text) && text.equals(&yes));
        assert!(null.is_less(&yes) && text.is_greater(&null));
        assert!(!Value::Number(f64::NAN).equals(&Value::Number(f64::NAN)));
    }

    #[test]
    fn arrays_and_objects_equal_only_themselves() {
        let array = Value::Array(Arc::default());
        assert!(array.equals(&array.clone()) && !array.equals(&Value::Array(Arc::default())));
        assert!(!array.equals(&Value::text("Array")) && array.compare(&array).is_none());
        let object = Value::Object(Arc::default());
        assert!(object.equals(&object.clone()) && !object.equals(&Value::Object(Arc::default())));
    }
}
