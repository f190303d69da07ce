//! Calls of the git program in a safe environment.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use towpath_engine::ports::RepositoryError;
use towpath_process::{Command, Finished, ProcessError, Status, run};

use crate::address::{Address, Scheme};
use crate::options::{GitOptions, Token};
use crate::reason::{Redactor, is_denial};

/// What the git program gets of our own environment.
const INHERITED: [&str; 30] = [
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "GIT_SSL_KEY",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_EXEC_PATH",
    "KRB5CCNAME",
    "KRB5_CONFIG",
    "TZ",
];

/// Settings for every call; they win over those of the user and of the machine.
const SETTINGS: [(&str, &str); 27] = [
    // Nothing but these: a helper such as ext runs commands.
    ("protocol.allow", "never"),
    ("protocol.https.allow", "always"),
    ("protocol.http.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("protocol.git.allow", "always"),
    ("protocol.file.allow", "always"),
    ("core.hooksPath", "/dev/null"),
    ("core.askPass", ""),
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("gc.writeCommitGraph", "false"),
    ("maintenance.auto", "false"),
    // A pack appears at once or not at all; loose objects of a killed fetch could be a commit without its tree.
    ("fetch.unpackLimit", "1"),
    ("transfer.unpackLimit", "1"),
    ("fetch.writeCommitGraph", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("fetch.prune", "false"),
    ("fetch.pruneTags", "false"),
    ("fetch.parallel", "1"),
    ("push.followTags", "false"),
    ("push.gpgSign", "false"),
    ("push.recurseSubmodules", "no"),
    ("push.useForceIfIncludes", "false"),
    ("push.negotiate", "false"),
    ("pack.threads", "1"),
    ("advice.pushUpdateRejected", "false"),
    ("color.ui", "false"),
];

/// The oldest git program that takes settings from its environment.
const OLDEST: (u32, u32) = (2, 31);

/// Asking for the version needs no host, only a machine that is not too busy.
const VERSION_DEADLINE: Duration = Duration::from_secs(30);

/// Runs the git program for one mirror and one host.
pub(crate) struct Git {
    program: OsString,
    deadline: Duration,
    env: Vec<(OsString, OsString)>,
    shown: String,
    redactor: Redactor,
}

impl Git {
    /// Prepares the environment and looks at the program's version.
    pub(crate) fn new(options: &GitOptions, address: &Address) -> Result<Self, RepositoryError> {
        let token = options.credentials.as_ref().or(address.token.as_ref());
        let git = Self {
            program: options.program.clone(),
            deadline: options.deadline,
            env: environment(options, address, token),
            shown: address.shown.clone(),
            redactor: Redactor::new(token.into_iter().flat_map(secrets)),
        };
        git.check_version()?;
        Ok(git)
    }

    /// Runs a command on the mirror; a command that fails is an answer.
    pub(crate) fn run(&self, mirror: &Path, args: &[&str]) -> Result<Finished, RepositoryError> {
        self.run_for(mirror, args, self.deadline)
    }

    /// The same with another deadline.
    pub(crate) fn run_for(
        &self,
        mirror: &Path,
        args: &[&str],
        deadline: Duration,
    ) -> Result<Finished, RepositoryError> {
        let mut command = self.command(args, deadline);
        command.env.push(("GIT_DIR".into(), mirror.into()));
        command.cwd = Some(mirror.to_owned());
        run(command).map_err(|e| self.not_started(&e))
    }

    /// How long one command may take.
    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// What a failed command means to the caller.
    pub(crate) fn failure(&self, what: &str, finished: &Finished) -> RepositoryError {
        let stderr = finished.stderr.text();
        match finished.status {
            Status::TimedOut => {
                self.unreachable(&format!("git {what} did not end within {} s", self.deadline.as_secs_f32()))
            }
            Status::Signalled(signal) => {
                self.unreachable(&format!("git {what} was stopped by signal {signal}"))
            }
            Status::Exited(_) if is_denial(&stderr) => self.denied(&self.redactor.told(&stderr)),
            Status::Exited(_) => self.unreachable(&self.redactor.told(&stderr)),
        }
    }

    /// A text as people may see it.
    pub(crate) fn line(&self, text: &str) -> String {
        self.redactor.line(text)
    }

    pub(crate) fn unreachable(&self, reason: &str) -> RepositoryError {
        RepositoryError::Unreachable { repository: self.shown.clone(), reason: self.line(reason) }
    }

    pub(crate) fn denied(&self, reason: &str) -> RepositoryError {
        RepositoryError::Denied { repository: self.shown.clone(), reason: self.line(reason) }
    }

    fn command(&self, args: &[&str], deadline: Duration) -> Command {
        let mut command = Command::new(&self.program, deadline).args(args);
        command.inherit = INHERITED.iter().map(OsString::from).collect();
        command.env.clone_from(&self.env);
        command
    }

    fn not_started(&self, error: &ProcessError) -> RepositoryError {
        match error {
            ProcessError::NotFound { .. } => RepositoryError::NoProgram { reason: error.to_string() },
            ProcessError::Folder { .. } => RepositoryError::Mirror { reason: self.line(&error.to_string()) },
            ProcessError::Start { .. } => self.unreachable(&error.to_string()),
        }
    }

    fn check_version(&self) -> Result<(), RepositoryError> {
        let finished = run(self.command(&["version"], VERSION_DEADLINE)).map_err(|e| self.not_started(&e))?;
        let text = finished.stdout.text();
        match version(&text) {
            Some(found) if found >= OLDEST => Ok(()),
            Some(_) => Err(self.denied(&format!("git 2.31 or newer is needed, found {text}"))),
            None => Err(self.failure("version", &finished)),
        }
    }
}

/// The first two numbers of `git version 2.39.5 (something)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.trim_end().parse().ok()?))
}

/// All texts that give a token away.
fn secrets(token: &Token) -> Vec<String> {
    let header = token.header();
    let encoded = header.rsplit(' ').next().unwrap_or_default().to_owned();
    // Some hosts take a token as the name, with nothing behind it.
    let secret = if token.secret.is_empty() { &token.username } else { &token.secret };
    vec![encoded, secret.clone()]
}

fn environment(options: &GitOptions, address: &Address, token: Option<&Token>) -> Vec<(OsString, OsString)> {
    let mut env: Vec<(OsString, OsString)> = [
        ("LC_ALL", "C"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_HTTP_LOW_SPEED_LIMIT", "1000"),
        ("GIT_HTTP_LOW_SPEED_TIME", "30"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
    if !user_chose_ssh() {
        env.push(("GIT_SSH_COMMAND".into(), "ssh -o BatchMode=yes -o ConnectTimeout=20".into()));
    }
    let mut settings: Vec<(String, String)> =
        SETTINGS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    settings.extend(token.into_iter().flat_map(|token| token_settings(address, token)));
    env.push(("GIT_CONFIG_COUNT".into(), settings.len().to_string().into()));
    for (i, (key, value)) in settings.into_iter().enumerate() {
        env.push((format!("GIT_CONFIG_KEY_{i}").into(), key.into()));
        env.push((format!("GIT_CONFIG_VALUE_{i}").into(), value.into()));
    }
    env.extend(options.env.iter().cloned());
    env
}

/// The token as a header for this repository only. Redirections are off, as they would carry it elsewhere, and
/// so are helpers, which would be asked when the host does not take it.
fn token_settings(address: &Address, token: &Token) -> Vec<(String, String)> {
    if !matches!(address.scheme, Scheme::Http | Scheme::Https) {
        return Vec::new();
    }
    vec![
        (format!("http.{}.extraHeader", address.url), format!("Authorization: {}", token.header())),
        (format!("http.{}.followRedirects", address.url), "false".to_owned()),
        ("http.followRedirects".to_owned(), "false".to_owned()),
        ("credential.helper".to_owned(), String::new()),
    ]
}

/// Whether the user has a command for SSH of their own, which is theirs to keep from asking questions.
fn user_chose_ssh() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| value != OsStr::new(""));
    let configured = || git2::Config::open_default().and_then(|c| c.get_entry("core.sshcommand").map(drop));
    set("GIT_SSH_COMMAND") || set("GIT_SSH") || configured().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_token(url: &str) -> (Git, Vec<(OsString, OsString)>) {
        let mut options = GitOptions::new(url, "/tmp/unused");
        options.credentials = Some(Token { username: "bot".into(), secret: "hush".into() });
        let git = Git::new(&options, &Address::parse(url).unwrap()).unwrap();
        let env = git.env.clone();
        (git, env)
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(version("git version 2.39.5\n"), Some((2, 39)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)\n"), Some((2, 39)));
        assert_eq!(version("git version 2.50\n"), Some((2, 50)));
        assert_eq!(version("fossil 1.2"), None);
    }

    #[test]
    fn a_token_is_in_the_environment_and_nowhere_else() {
        let (git, env) = with_token("https://host.example/a.git");
        let find = |value: &str| env.iter().find(|(_, v)| v == value).map(|(k, _)| k.to_string_lossy());
        assert!(find("http.https://host.example/a.git.extraHeader").is_some());
        assert!(find("Authorization: Basic Ym90Omh1c2g=").unwrap().starts_with("GIT_CONFIG_VALUE_"));
        let shown = git.unreachable("hush Ym90Omh1c2g= https://bot:x@host.example/").to_string();
        assert!(!shown.contains("hush") && !shown.contains("Ym90") && !shown.contains("bot:x"), "{shown}");
    }

    #[test]
    fn a_token_is_not_for_other_schemes() {
        let (_, env) = with_token("ssh://git@host.example/a.git");
        assert!(env.iter().all(|(_, v)| !v.to_string_lossy().contains("Basic")));
    }

    #[test]
    fn the_number_of_settings_is_right() {
        let (_, env) = with_token("https://host.example/a.git");
        let count = |start: &str| env.iter().filter(|(k, _)| k.to_string_lossy().starts_with(start)).count();
        let told =
            env.iter().find(|(k, _)| k == "GIT_CONFIG_COUNT").unwrap().1.to_string_lossy().into_owned();
        assert_eq!(told, count("GIT_CONFIG_KEY_").to_string());
        assert_eq!(told, count("GIT_CONFIG_VALUE_").to_string());
    }

    #[test]
    fn a_missing_program_is_for_a_person() {
        let mut options = GitOptions::new("/tmp/x", "/tmp/unused");
        options.program = "towpath-no-such-git".into();
        let error = Git::new(&options, &Address::parse("/tmp/x").unwrap()).err().unwrap();
        assert!(
            matches!(&error, RepositoryError::NoProgram { reason } if reason.contains("towpath-no-such-git"))
        );
        options.program = "true".into();
        assert!(Git::new(&options, &Address::parse("/tmp/x").unwrap()).is_err(), "not git");
    }
}
