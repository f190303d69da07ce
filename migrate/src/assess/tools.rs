//! Programs that GitHub's Linux images have.

/// Programs that scripts take for granted, since GitHub's images have them, and that few other images have (actions/runner-images:
/// Ubuntu2404-Readme.md).
const HOSTED: [&str; 66] = [
    "ansible",
    "ansible-playbook",
    "ant",
    "aws",
    "az",
    "azcopy",
    "bazel",
    "bicep",
    "brew",
    "bundle",
    "bundler",
    "cabal",
    "cargo",
    "chromedriver",
    "clang",
    "clang++",
    "composer",
    "conda",
    "dotnet",
    "firefox",
    "g++-12",
    "g++-13",
    "g++-14",
    "gcc-12",
    "gcc-13",
    "gcc-14",
    "gcloud",
    "gem",
    "geckodriver",
    "ghc",
    "go",
    "gofmt",
    "google-chrome",
    "gradle",
    "gsutil",
    "helm",
    "java",
    "javac",
    "julia",
    "kubectl",
    "kustomize",
    "lerna",
    "mvn",
    "mysql",
    "ninja",
    "nvm",
    "packer",
    "php",
    "phpunit",
    "pnpm",
    "psql",
    "pulumi",
    "pwsh",
    "R",
    "rake",
    "ruby",
    "rustc",
    "rustfmt",
    "rustup",
    "sbt",
    "sqlite3",
    "stack",
    "swift",
    "terraform",
    "yarn",
    "yq",
];

/// Whether GitHub's images have a program that an ordinary image has not.
#[must_use]
pub(super) fn is_on_hosted(tool: &str) -> bool {
    HOSTED.contains(&tool)
}

/// Commands that bring programs.
pub(super) const INSTALLERS: [&str; 25] = [
    "apk", "apt", "apt-get", "brew", "bundle", "cargo", "conda", "corepack", "curl", "dnf", "gem", "go",
    "make", "mamba", "npm", "pip", "pip3", "pipx", "pnpm", "rustup", "sdk", "uv", "wget", "yarn", "yum",
];
