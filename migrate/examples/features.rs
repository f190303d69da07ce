//! Prints `features.yaml` as it should be: `cargo xtask generate` writes it.

use std::io::{self, Write as _};

use towpath_migrate::features::{FEATURES, generate};

fn main() -> io::Result<()> {
    io::stdout().write_all(generate(FEATURES).as_bytes())
}
