//! What zizmor finds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The version whose findings are compared.
pub(crate) const VERSION: &str = "1.32.0";

/// How many files it is given at once; of a batch with a file that it cannot read it tells nothing.
const BATCH: usize = 32;

/// A finding: its class and its line.
pub(crate) type At = (String, u64);

/// zizmor, where it is at hand.
pub(crate) struct Zizmor {
    program: PathBuf,
}

impl Zizmor {
    /// The program: `$TOWPATH_ZIZMOR`, or from the path. Says so loudly where there is none.
    pub(crate) fn find() -> Option<Self> {
        let program =
            std::env::var_os("TOWPATH_ZIZMOR").map_or_else(|| PathBuf::from("zizmor"), PathBuf::from);
        let told = Command::new(&program).arg("--version").stderr(Stdio::null()).output();
        let told =
            told.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
        if told == format!("zizmor {VERSION}") {
            return Some(Self { program });
        }
        println!(
            "SKIPPED the comparison with zizmor {VERSION}: {} says '{told}'; set TOWPATH_ZIZMOR",
            program.display()
        );
        None
    }

    /// What it finds in each file that it can read.
    pub(crate) fn findings(&self, corpus: &Path, files: &[&str]) -> BTreeMap<String, BTreeSet<At>> {
        let mut found = BTreeMap::new();
        for batch in files.chunks(BATCH) {
            self.batch(corpus, batch, &mut found);
        }
        found
    }

    fn batch(&self, corpus: &Path, files: &[&str], found: &mut BTreeMap<String, BTreeSet<At>>) {
        let mut command = Command::new(&self.program);
        command.args(["--offline", "--no-config", "--no-progress", "--format", "json"]).args(files);
        let output = command.current_dir(corpus).output().unwrap();
        let Ok(Value::Array(told)) = serde_json::from_slice(&output.stdout) else {
            let (first, second) = files.split_at(files.len() / 2);
            if !first.is_empty() {
                self.batch(corpus, first, found);
                self.batch(corpus, second, found);
            }
            return;
        };
        // Files that it cannot read are only warned of where others of the batch can be read.
        let told_of = String::from_utf8_lossy(&output.stderr).into_owned();
        let read =
            told_of.lines().filter_map(|line| line.rsplit_once(" completed ").map(|(_, file)| file.trim()));
        found.extend(read.map(|file| (file.to_owned(), BTreeSet::new())));
        for finding in &told {
            let (file, at) = primary(finding);
            found.get_mut(file).unwrap().insert(at);
        }
    }
}

/// Where a finding stands first of all.
fn primary(finding: &Value) -> (&str, At) {
    let locations = finding["locations"].as_array().unwrap();
    let location = locations.iter().find(|location| location["symbolic"]["kind"] == "Primary").unwrap();
    let file = location["symbolic"]["key"]["Local"]["verbatim_path"].as_str().unwrap();
    let row = location["concrete"]["location"]["start_point"]["row"].as_u64().unwrap();
    (file, (finding["ident"].as_str().unwrap().to_owned(), row + 1))
}
