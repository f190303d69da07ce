//! Handles: what a run is found by again.
//!
//! `qa-<promotion>-<gate>-<try>` for a run that lives elsewhere and is polled; the same with `@<instance>` for a
//! child of one host. A pipeline calls the gate of a QA template `qa/<template>`, so the template can be read
//! back from the handle by a host that sees it for the first time. One of a policy is `policy-<policy>-qa/<template>`;
//! no part of a policy's name is `qa`, so the first `-qa-` behind it is where the template begins.

use towpath_core::id::{GateHash, GateName, Handle, Name, Pid};

/// What a handle says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// A child of this host.
    Ours,
    /// A child of another host, or a run of another runner.
    Elsewhere,
    /// A run that is polled, with the name of its template.
    Polled(&'a str),
}

/// The template of a gate.
pub(super) fn template_of(gate: &GateName) -> Option<&str> {
    gate.policy().map_or(gate.as_str(), |(_, own)| own).strip_prefix("qa/")
}

/// The handle of a run; `instance` for a child of this host.
#[expect(clippy::expect_used, reason = "by its parts it has 36 to 236 characters of a-z, 0-9, - and @")]
pub(super) fn mint(pid: &Pid, gate: &GateName, attempt: u32, instance: Option<&str>) -> Handle {
    let host = instance.map(|instance| format!("@{instance}")).unwrap_or_default();
    Handle::parse(&format!("qa-{pid}-{}-{attempt}{host}", gate_part(gate))).expect("a handle")
}

/// The gate in a-z, 0-9 and `-`. Where that could make two gates equal, a hash keeps them apart.
fn gate_part(gate: &GateName) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let text: String = gate.as_str().chars().map(|c| if plain(c) { c } else { '-' }).collect();
    if template_of(gate).is_some_and(|template| Name::parse(template).is_ok()) {
        return text;
    }
    let hash = GateHash::of(&[gate.to_string()]);
    format!("{text}-x{}", hash.as_str().trim_start_matches("g1:"))
}

/// Reads a handle on the host `instance`.
pub(super) fn read<'a>(handle: &'a Handle, instance: &str) -> Kind<'a> {
    if let Some((_, host)) = handle.as_str().rsplit_once('@') {
        return if host == instance { Kind::Ours } else { Kind::Elsewhere };
    }
    polled_template(handle.as_str()).map_or(Kind::Elsewhere, Kind::Polled)
}

fn polled_template(handle: &str) -> Option<&str> {
    let (run, attempt) = handle.strip_prefix("qa-")?.rsplit_once('-')?;
    attempt.parse::<u32>().ok()?;
    // A promotion id is `p-` and 20 digits.
    let (pid, gate) = run.split_at_checked(22)?;
    Pid::parse(pid).ok()?;
    match gate.strip_prefix("-policy-") {
        Some(of_policy) => of_policy.split_once("-qa-").map(|(_, template)| template),
        None => gate.strip_prefix("-qa-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PID: &str = "p-0123456789abcdef0123";

    fn handle(gate: &str, instance: Option<&str>) -> Handle {
        mint(&Pid::parse(PID).unwrap(), &GateName::parse(gate).unwrap(), 2, instance)
    }

    #[test]
    fn handles_read_back() {
        let polled = handle("qa/load-test", None);
        assert_eq!(polled.as_str(), "qa-p-0123456789abcdef0123-qa-load-test-2");
        assert_eq!(read(&polled, "here"), Kind::Polled("load-test"));
        let of_policy = handle("policy-a-b-qa/x-qa-y", None);
        assert_eq!(of_policy.as_str(), "qa-p-0123456789abcdef0123-policy-a-b-qa-x-qa-y-2");
        assert_eq!(read(&of_policy, "here"), Kind::Polled("x-qa-y"));
        let child = handle("qa/smoke", Some("here"));
        assert_eq!(child.as_str(), "qa-p-0123456789abcdef0123-qa-smoke-2@here");
        assert_eq!(read(&child, "here"), Kind::Ours);
        assert_eq!(read(&child, "there"), Kind::Elsewhere);
    }

    #[test]
    fn other_gates_stay_apart_and_short() {
        let gates = ["qa/a.b", "qa/a/b", "qa/a_b", "qa-a-b", "qa/a-b", "QA/a-b", "policy-a-qa/b"];
        let handles: std::collections::BTreeSet<_> = gates.iter().map(|gate| handle(gate, None)).collect();
        assert_eq!(handles.len(), gates.len(), "{handles:?}");
        let long = "é".repeat(64);
        let gate = GateName::parse(&long).unwrap();
        let handle = mint(&Pid::parse(PID).unwrap(), &gate, u32::MAX, Some(&"i".repeat(40)));
        assert!(handle.as_str().is_ascii() && handle.as_str().len() <= 256, "{handle}");
    }

    #[test]
    fn foreign_handles_are_elsewhere() {
        for text in [
            "wf-1",
            "qa-",
            "qa-p-1-qa-a-1",
            "qa-p-0123456789abcdef0123-qa-a",
            "qa-p-0123456789abcdef0123-x-1",
        ] {
            assert_eq!(read(&Handle::parse(text).unwrap(), "here"), Kind::Elsewhere, "{text}");
        }
    }
}
