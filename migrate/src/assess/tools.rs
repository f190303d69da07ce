//! Programs that GitHub's Linux images have, and packages that bring them.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Programs that scripts take for granted, since GitHub's images have them, and that the image of a profile has not by itself: what
/// the lists of Ubuntu 22.04 and 24.04 have, in their order (actions/runner-images: images/ubuntu/Ubuntu2204-Readme.md,
/// Ubuntu2404-Readme.md, toolsets/toolset-2204.json, toolset-2404.json, and scripts/build/install-*.sh for what is in `PATH`).
/// What any system has stands in none: coreutils, binutils, dpkg. Engines of containers and local clusters have rules of their own.
const HOSTED: [&str; 19] = [
    // Language and runtime.
    "clang clang++ clang-13 clang-14 clang-15 clang-16 clang-17 clang-18 clang++-13 clang++-14 clang++-15 clang++-16 clang++-17 \
     clang++-18 clang-format clang-format-13 clang-format-14 clang-format-15 clang-format-16 clang-format-17 clang-format-18 \
     clang-tidy clang-tidy-13 clang-tidy-14 clang-tidy-15 clang-tidy-16 clang-tidy-17 clang-tidy-18 run-clang-tidy lld-13 lld-14 \
     lld-15 lld-16 lld-17 lld-18 lldb-13 lldb-14 lldb-15 lldb-16 lldb-17 lldb-18 g++-9 g++-10 g++-11 g++-12 g++-13 g++-14 gcc-9 \
     gcc-10 gcc-11 gcc-12 gcc-13 gcc-14 gfortran gfortran-9 gfortran-10 gfortran-11 gfortran-12 gfortran-13 gfortran-14 julia \
     kotlin kotlinc kotlinc-js kotlinc-jvm mono msbuild mcs csc ruby irb erb ri swift swiftc",
    // Package management.
    "cpan helm brew conda nuget gem bundle bundler rake vcpkg yarn yarnpkg",
    // Project management.
    "ant gradle lerna mvn sbt",
    // Tools.
    "ansible ansible-config ansible-console ansible-doc ansible-galaxy ansible-inventory ansible-playbook ansible-pull ansible-test \
     ansible-vault apt-fast azcopy azcopy10 bazel bazelisk bicep docker-credential-ecr-login fastlane git-ftp git-lfs haveged \
     heroku lein kubectl kustomize mediainfo hg n newman ninja nvm packer parcel pulumi R Rscript skopeo searchd indexer svn \
     svnadmin terraform yamllint yq",
    // Modules of Node.
    "grunt gulp tsc tsserver webpack webpack-cli",
    // CLI tools.
    "aliyun aws aws_completer session-manager-plugin sam az gcloud gsutil bq netlify oc oras vercel",
    // Java.
    "java javac jar jarsigner javadoc javap jdeps jlink jpackage jshell keytool",
    // PHP.
    "php php8.1 php8.3 php-config phar phpize pear pecl composer phpunit",
    // Haskell.
    "cabal ghc ghci ghcup runghc runhaskell stack",
    // Rust.
    "cargo cargo-clippy cargo-fmt clippy-driver rustc rustdoc rustfmt rustup bindgen cbindgen cargo-audit cargo-outdated",
    // Browsers and drivers.
    "google-chrome google-chrome-stable chromedriver chromium chromium-browser microsoft-edge microsoft-edge-stable msedgedriver \
     firefox geckodriver",
    // .NET.
    "dotnet nbgv",
    // Databases.
    "sqlite3 psql pg_config pg_createcluster pg_ctlcluster pg_dump pg_dumpall pg_isready pg_lsclusters pg_restore createdb createuser \
     dropdb dropuser pgbench vacuumdb mysql mysqladmin mysqld mysqldump mysqlimport mysqlshow sqlcmd bcp sqlpackage",
    // Go, which is cached and in PATH.
    "go gofmt",
    // PowerShell.
    "pwsh",
    // Web servers.
    "apache2 apache2ctl apachectl a2enmod a2ensite nginx",
    // Packages of apt, to m.
    "getfacl setfacl aria2c autoconf autoheader autom4te autoreconf autoscan autoupdate aclocal automake bison yacc brotli bzip2 \
     bunzip2 bzcat dbus-daemon dbus-run-session dbus-send dig host nslookup nsupdate dpkg-architecture dpkg-buildpackage \
     dpkg-parsechangelog dpkg-scanpackages dpkg-source fakeroot flex ftp gpg2 convert identify mogrify montage ip ss tc bridge \
     libtoolize locale-gen update-locale lz4 m4",
    // From n on.
    "nc netcat ifconfig netstat route arp certutil pk12util 7z 7za 7zr parallel pass patchelf ping pigz unpigz pkg-config pollinate \
     rpm rpm2cpio rpmbuild sshpass swig telnet",
    "makeinfo texi2any texi2dvi wish upx xorriso Xvfb xvfb-run zsync",
];

/// Whether GitHub's images have a program that an ordinary image has not.
#[must_use]
pub(super) fn is_on_hosted(tool: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> =
        LazyLock::new(|| HOSTED.iter().flat_map(|some| some.split_whitespace()).collect());
    ALL.contains(tool)
}

/// Commands that bring programs.
pub(super) const INSTALLERS: [&str; 25] = [
    "apk", "apt", "apt-get", "brew", "bundle", "cargo", "conda", "corepack", "curl", "dnf", "gem", "go",
    "make", "mamba", "npm", "pip", "pip3", "pipx", "pnpm", "rustup", "sdk", "uv", "wget", "yarn", "yum",
];

/// What a kit for Java has.
const JDK: &str = "java javac jar jarsigner javadoc javap jdeps jlink jpackage jshell keytool";

/// What comes with Ansible.
const ANSIBLE: &str = "ansible-config ansible-console ansible-doc ansible-galaxy ansible-inventory ansible-playbook ansible-pull ansible-vault";

/// Clients of MySQL.
const MYSQL: &str = "mysql mysqladmin mysqldump mysqlimport mysqlshow";

/// Packages that bring programs of other names, in their order, and what they bring of GitHub's images; a number in the name of a
/// package does not count (the lists of files of packages.ubuntu.com and packages.debian.org; pypi.org, npmjs.com, formulae.brew.sh).
/// Some are parts of the addresses of installing scripts (rustup.rs, haskell.org/ghcup, haskellstack.org, learn.microsoft.com/cli/azure).
const PACKAGES: &[(&str, &str)] = &[
    ("InstallAzureCLIDeb", "az"),
    ("acl", "getfacl setfacl"),
    ("ansible", ANSIBLE),
    ("ansible-core", ANSIBLE),
    ("aria2", "aria2c"),
    ("autoconf", "autoheader autom4te autoreconf autoscan autoupdate"),
    ("automake", "aclocal autoconf autoheader autom4te autoreconf"),
    ("aws-sam-cli", "sam"),
    ("awscli", "aws aws_completer"),
    ("azure-cli", "az"),
    ("bind-tools", "dig host nslookup nsupdate"),
    ("bind-utils", "dig host nslookup nsupdate"),
    ("bison", "yacc"),
    (
        "build-essential",
        "dpkg-architecture dpkg-buildpackage dpkg-parsechangelog dpkg-scanpackages dpkg-source",
    ),
    ("bundler", "bundle"),
    ("cargo", "rustc"),
    ("chromium-chromedriver", "chromedriver"),
    ("chromium-driver", "chromedriver"),
    ("clippy", "cargo-clippy clippy-driver"),
    ("dbus", "dbus-daemon dbus-run-session dbus-send"),
    ("default-jdk", JDK),
    ("default-jdk-headless", JDK),
    ("default-jre", "java keytool"),
    ("default-jre-headless", "java keytool"),
    ("default-mysql-client", MYSQL),
    ("dnsutils", "dig host nslookup nsupdate"),
    ("dotnet-sdk", "dotnet"),
    ("dpkg-dev", "dpkg-architecture dpkg-buildpackage dpkg-parsechangelog dpkg-scanpackages dpkg-source"),
    ("get-ghcup", "cabal ghc ghci ghcup runghc runhaskell"),
    ("gnupg", "gpg2"),
    ("golang", "go gofmt"),
    ("golang-go", "go gofmt"),
    ("google-chrome-stable", "google-chrome"),
    ("google-cloud-cli", "gcloud gsutil bq"),
    ("google-cloud-sdk", "gcloud gsutil bq"),
    ("haskellstack", "stack"),
    ("imagemagick", "convert identify mogrify montage"),
    ("iproute", "ip ss tc bridge"),
    ("iputils-ping", "ping"),
    ("java-openjdk-devel", JDK),
    ("kubernetes-cli", "kubectl"),
    ("leiningen", "lein"),
    ("libnss3-tools", "certutil pk12util"),
    ("libtool", "libtoolize"),
    ("locales", "locale-gen update-locale"),
    ("mariadb-client", MYSQL),
    ("mariadb-server", "mysql mysqladmin mysqld mysqldump mysqlimport mysqlshow"),
    ("maven", "mvn"),
    ("mercurial", "hg"),
    ("mono-complete", "mono msbuild mcs csc"),
    ("mono-devel", "mono mcs csc"),
    ("mssql-tools", "sqlcmd bcp"),
    ("mysql-client", MYSQL),
    ("mysql-server", "mysql mysqladmin mysqld mysqldump mysqlimport mysqlshow"),
    ("net-tools", "ifconfig netstat route arp"),
    ("netcat", "nc"),
    ("netcat-openbsd", "nc netcat"),
    ("netcat-traditional", "nc netcat"),
    ("ninja-build", "ninja"),
    ("openjdk", JDK),
    ("openjdk-jdk", JDK),
    ("openjdk-jdk-headless", JDK),
    ("openjdk-jre", "java keytool"),
    ("openjdk-jre-headless", "java keytool"),
    ("p7zip", "7z 7za 7zr"),
    ("p7zip-full", "7z 7za 7zr"),
    ("php-cli", "php phar"),
    ("php-dev", "php-config phpize"),
    ("php-pear", "pear pecl"),
    ("pkgconf", "pkg-config"),
    (
        "postgresql",
        "psql pg_createcluster pg_ctlcluster pg_dump pg_dumpall pg_isready pg_lsclusters pg_restore createdb createuser dropdb dropuser pgbench vacuumdb",
    ),
    (
        "postgresql-client",
        "psql pg_dump pg_dumpall pg_isready pg_restore createdb createuser dropdb dropuser pgbench vacuumdb",
    ),
    ("powershell", "pwsh"),
    ("r-base", "R Rscript"),
    ("r-base-core", "R Rscript"),
    ("ruby-full", "ruby irb erb ri gem rake bundle bundler"),
    ("rust-all", "cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver"),
    ("rustc", "rustdoc"),
    ("rustup", "cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver"),
    ("rustup-init", "cargo rustc rustdoc rustfmt rustup cargo-fmt cargo-clippy clippy-driver"),
    ("sphinxsearch", "searchd indexer"),
    ("sqlite", "sqlite3"),
    ("subversion", "svn svnadmin"),
    ("texinfo", "makeinfo texi2any texi2dvi"),
    ("tk", "wish"),
    ("typescript", "tsc tsserver"),
    ("upx-ucl", "upx"),
    ("xvfb", "Xvfb xvfb-run"),
];

/// The programs that a package brings which are called otherwise.
pub(super) fn programs_of(package: &str) -> impl Iterator<Item = &str> {
    // Most words are no packages at all.
    static FIRST: LazyLock<HashSet<&str>> =
        LazyLock::new(|| PACKAGES.iter().filter_map(|(known, _)| parts(known).next()).collect());
    let may_be = parts(package).next().filter(|first| FIRST.contains(first));
    let order = |(known, _): &(&str, &str)| parts(known).cmp(parts(package));
    let found = may_be.and_then(|_| PACKAGES.binary_search_by(order).ok());
    let programs = found.and_then(|at| PACKAGES.get(at)).map_or("", |(_, programs)| *programs);
    programs.split_whitespace()
}

/// The parts of the name of a package, without versions.
fn parts(package: &str) -> impl Iterator<Item = &str> {
    package.split('-').filter(|part| !part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::profile::Profile;

    fn hosted() -> impl Iterator<Item = &'static str> {
        HOSTED.iter().flat_map(|some| some.split_whitespace())
    }

    #[test]
    fn each_program_stands_once_and_is_not_in_the_image_anyway() {
        let image = Profile::default().tools;
        let mut seen = HashSet::new();
        for program in hosted() {
            assert!(seen.insert(program), "{program} stands twice");
            assert!(!image.iter().any(|tool| tool == program), "{program} is in the image");
        }
    }

    #[test]
    fn packages_are_found_in_their_order_and_bring_what_scripts_take_for_granted() {
        for pair in PACKAGES.windows(2) {
            assert!(parts(pair[0].0).lt(parts(pair[1].0)), "{} before {}", pair[0].0, pair[1].0);
        }
        let programs = PACKAGES.iter().flat_map(|(_, programs)| programs.split_whitespace());
        assert_eq!(programs.filter(|program| !is_on_hosted(program)).collect::<Vec<_>>(), [""; 0]);
        for (package, program) in [
            ("postgresql-client-16", "psql"),
            ("postgresql-client", "pg_isready"),
            ("openjdk-17-jdk-headless", "javac"),
            ("java-17-openjdk-devel", "java"),
            ("golang-go", "go"),
            ("make", ""),
            ("17", ""),
        ] {
            let has = programs_of(package).any(|known| known == program);
            assert_eq!(has, !program.is_empty(), "{package}");
        }
    }
}
