//! Columns that are there only where a workflow has something for them.

use towpath_migrate::assess::Sheet;

/// Such a column of the table of workflows.
pub(super) struct Extra {
    pub(super) title: &'static str,
    /// Whether its values are numbers, which stand on the right and are sorted as such.
    pub(super) is_number: bool,
    /// What a workflow has for it.
    pub(super) value: fn(&Sheet) -> Option<String>,
}

/// All of them, in the order in which they stand. A new one is a new line here, and nothing else.
pub(super) const EXTRAS: &[Extra] = &[
    Extra {
        title: "Health",
        is_number: true,
        value: |sheet| {
            sheet.health.as_ref().map(|health| format!("{}.{}", health.tenths / 10, health.tenths % 10))
        },
    },
    Extra {
        title: "Complexity",
        is_number: false,
        value: |sheet| Some(sheet.complexity.band().name().to_owned()),
    },
    Extra {
        title: "Owner",
        is_number: false,
        value: |sheet| {
            let owners = sheet.ties.as_ref()?.owners.as_ref()?;
            (!owners.is_empty()).then(|| owners.join(" "))
        },
    },
];
