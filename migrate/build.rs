//! Lists the rules of `assess`: each file of its folder is one.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = "src/assess/rules";
    println!("cargo::rerun-if-changed={folder}");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".rs").filter(|name| *name != "mod").map(str::to_owned));
    }
    names.sort();
    let modules = names.iter().map(|name| format!("#[path = \"{root}/{folder}/{name}.rs\"]\nmod {name};\n"));
    let rules: Vec<_> = names.iter().map(|name| format!("{name}::RULE")).collect();
    let all =
        format!("/// Every rule, by its name.\npub const ALL: &[&dyn Rule] = &[{}];\n", rules.join(", "));
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("rules.rs"), modules.chain([all]).collect::<String>())
}
