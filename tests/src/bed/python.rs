//! The journal of a bed on git, read by the independent readers.

use std::path::Path;
use std::process::Command;

use super::Bed;

impl Bed {
    /// Checks the journal with the independent readers, where there is one to be checked.
    pub fn check_with_python(&self) {
        let (Some(folder), Some(_)) = (self.folder(), self.tip(self.journal())) else { return };
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        for arguments in [&["read_ledger.py", "--check"][..], &["ledger_checker.py"]] {
            let [script, options @ ..] = arguments else { continue };
            let mut command = Command::new("python3");
            command.arg(scripts.join(script)).args(options).arg(&folder).arg(self.journal().as_str());
            let output = match command.output() {
                Ok(output) => output,
                Err(error) => {
                    eprintln!("SKIPPED: the independent readers of the journal need python3 ({error})");
                    return;
                }
            };
            assert!(
                output.status.success(),
                "{script} disagrees: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}
