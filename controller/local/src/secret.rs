//! Values that never reach a log.

use std::fmt;

use crate::error::LocalError;

/// Looks an environment variable up; a function, so that tests need no process-wide state.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A token from an environment variable; its debug form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Reads the variable that the field `place` names; an unset, empty or unprintable value is
    /// [`LocalError::MissingSecret`].
    pub fn read(place: &str, variable: &str, variables: Variables<'_>) -> Result<Self, LocalError> {
        let missing = || LocalError::MissingSecret { place: place.to_owned(), variable: variable.to_owned() };
        let value = variables(variable).ok_or_else(missing)?;
        let value = value.trim();
        if value.is_empty() || !value.chars().all(|c| c.is_ascii_graphic()) {
            return Err(missing());
        }
        Ok(Self(value.to_owned()))
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_hides() {
        let secret = Secret::read("metrics", "T", &|_| Some("abc123\n".into())).unwrap();
        assert_eq!(secret.expose(), "abc123");
        assert!(!format!("{secret:?}").contains("abc123"));
    }

    #[test]
    fn unusable_values_are_missing_and_never_shown() {
        for value in [None, Some(""), Some(" \n"), Some("a b"), Some("a\r\nX-Injected: 1")] {
            let error = Secret::read("metrics.prometheus", "T", &|_| value.map(str::to_owned)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "failed to find the secret of metrics.prometheus: the environment variable T is not set, is empty or has blanks"
            );
        }
    }
}
