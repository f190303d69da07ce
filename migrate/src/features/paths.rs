//! Where in a file a definition may stand: `jobs.<job-id>.steps[].run`.

use std::collections::BTreeMap;

use super::entry::placeholder;
use crate::schema::{DefinitionId, Kind, Schema};

/// How many ways are named.
const SHOWN: usize = 4;

/// The ways from a root to each definition.
pub(super) struct Paths(BTreeMap<DefinitionId, Vec<String>>);

impl Paths {
    /// Goes every way, but not twice through one definition.
    pub(super) fn of(schema: &Schema, root: DefinitionId) -> Self {
        let mut paths = Self(BTreeMap::new());
        paths.go(schema, root, String::new(), &mut Vec::new());
        paths
    }

    fn go(&mut self, schema: &Schema, id: DefinitionId, path: String, open: &mut Vec<DefinitionId>) {
        // Data is data at every depth.
        if open.contains(&id) || open.len() > 64 {
            return;
        }
        open.push(id);
        match schema.definition(id).kind() {
            Kind::Mapping(mapping) => {
                for property in mapping.properties() {
                    self.go(schema, property.value, format!("{path}.{}", property.name), open);
                }
                if let Some(loose) = mapping.loose() {
                    let key = schema.definition(loose.key).name();
                    self.go(schema, loose.value, format!("{path}.<{}>", placeholder(key)), open);
                }
            }
            Kind::Sequence(item) => self.go(schema, *item, format!("{path}[]"), open),
            Kind::OneOf(names) => {
                for name in names {
                    self.go(schema, *name, path.clone(), open);
                }
            }
            _ => {}
        }
        open.pop();
        let known = self.0.entry(id).or_default();
        let path = path.trim_start_matches('.').to_owned();
        if !known.contains(&path) {
            known.push(path);
        }
    }

    /// The ways to a part of a definition, one after the other, if they are not too many; empty if no way leads there.
    pub(super) fn below(&self, id: DefinitionId, part: &str) -> String {
        let built_in = id <= DefinitionId::ANY;
        let ways = self.0.get(&id).filter(|_| !built_in).into_iter().flatten();
        let mut ways: Vec<_> =
            ways.map(|way| format!("{way}{part}").trim_start_matches('.').to_owned()).collect();
        let more = ways.len().saturating_sub(SHOWN);
        ways.truncate(SHOWN);
        if more > 0 {
            ways.push(format!("and {more} more"));
        }
        ways.join(", ")
    }
}
