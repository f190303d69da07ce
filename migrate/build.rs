//! Lists the rules of `assess` and the classes of `security`: each file of their folders is one.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    list(
        "src/assess/rules",
        "rules.rs",
        "/// Every rule, by its name.\npub const ALL: &[&dyn Rule]",
        "RULE",
    )?;
    let all = "/// Every class, by its name.\npub(super) const ALL: &[&dyn Check]";
    list("src/security/classes", "classes.rs", all, "CHECK")
}

/// Writes the modules of a folder and the list of what they have.
fn list(folder: &str, file: &str, all: &str, constant: &str) -> io::Result<()> {
    println!("cargo::rerun-if-changed={folder}");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".rs").filter(|name| *name != "mod").map(str::to_owned));
    }
    names.sort();
    let modules = names.iter().map(|name| format!("#[path = \"{root}/{folder}/{name}.rs\"]\nmod {name};\n"));
    let rules: Vec<_> = names.iter().map(|name| format!("{name}::{constant}")).collect();
    let all = format!("{all} = &[{}];\n", rules.join(", "));
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join(file), modules.chain([all]).collect::<String>())
}
