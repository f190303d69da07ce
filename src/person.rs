//! Who a person says to be.

use clap::Args;
use towpath_core::id::Actor;

use crate::failure::Failure;

/// The person behind a command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Person {
    /// Your login, as the ledger will show it [default: the name of the system's user]
    #[arg(long = "as", value_name = "LOGIN", env = "TOWPATH_ACTOR", hide_env_values = true)]
    login: Option<String>,
}

impl Person {
    /// The login.
    pub(crate) fn actor(&self) -> Result<Actor, Failure> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let system = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable);
        self.login.clone().or_else(system).map_or_else(
            || Err(Failure::Usage("nothing says who you are; add --as LOGIN".to_owned())),
            |login| parse(&login),
        )
    }
}

fn parse(login: &str) -> Result<Actor, Failure> {
    let actor =
        Actor::parse(login).map_err(|e| Failure::Usage(format!("{e}; name yourself with --as LOGIN")))?;
    match actor.is_person() {
        true => Ok(actor),
        false => Err(Failure::Usage(format!("{actor} is Towpath itself; name yourself with --as LOGIN"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_acts_as_towpath_or_by_mail_address() {
        assert_eq!(parse("alice").unwrap().as_str(), "alice");
        for bad in ["towpath", "alice@example.com", "", "a b"] {
            assert!(matches!(parse(bad), Err(Failure::Usage(why)) if why.contains("--as LOGIN")), "{bad}");
        }
    }
}
