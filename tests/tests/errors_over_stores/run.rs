//! Running the programs where they must fail, and judging what they say.

use trunks_tests::{sandbox::Sandbox, servers::Place};

/// In seconds. One that is not heeded would take a minute for each of several calls.
const MUCH_LATER: &str = "45";

/// What `coreutils` answers for a program that it had to end.
const OUT_OF_TIME: i32 = 124;

/// A push to `place` and a ping of it fail, and both say all of `says`. Returns the ping's exit code.
pub fn is_told(place: &Place, says: &[&str]) -> Option<i32> {
    let attempt = Attempt::new(Sandbox::over(place.clone()), place);
    attempt.push_is_told(says);
    attempt.ping_is_told(says)
}

/// What fails, and from where.
pub struct Attempt {
    pub sandbox: Sandbox,
    place: Place,
    /// Words before the program's name: a program that runs it.
    pub before: Vec<String>,
}

impl Attempt {
    /// From a repository called `work`, which is made.
    pub fn new(sandbox: Sandbox, place: &Place) -> Self {
        sandbox.repository("work", 1);
        Self { sandbox, place: place.clone(), before: Vec::new() }
    }

    /// A push fails and says all of `says`.
    pub fn push_is_told(&self, says: &[&str]) {
        let url = format!("trunks::{}/app", self.place.url);
        self.fails("git", &["push", &url, "main"], says);
    }

    /// A ping does. Returns its exit code.
    pub fn ping_is_told(&self, says: &[&str]) -> Option<i32> {
        self.fails("trunks", &["storage", "ping", &self.place.url], says)
    }

    fn fails(&self, program: &str, words: &[&str], says: &[&str]) -> Option<i32> {
        let limit = ["--kill-after=1", MUCH_LATER];
        let mut command = self.sandbox.command("work", "timeout", &limit);
        let output = command.args(&self.before).arg(program).args(words).output();
        let output = output.expect("timeout is installed");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let what = format!("{program}: {}: {said}", output.status);
        println!("{what}");
        assert_ne!(output.status.code(), Some(OUT_OF_TIME), "not within the deadline: {what}");
        assert!(output.status.code().is_some_and(|code| code != 0), "{what}");
        for wanted in says {
            assert!(said.contains(wanted), "{wanted:?} is not said: {what}");
        }
        for (name, value) in secrets(&self.place) {
            assert!(!said.contains(value), "the {name} is said: {what}");
        }
        for noise in ["panicked", "RUST_BACKTRACE", "StoreError", "Err(", "trunks: trunks/.probe-"]
        {
            assert!(!said.contains(noise), "{what}");
        }
        output.status.code()
    }
}

/// What nobody may see of what is said of a place.
fn secrets(place: &Place) -> impl Iterator<Item = (&'static str, &str)> {
    const SECRETS: [&str; 6] =
        ["access_key", "secret_key", "password", "passphrase", "token", "sas_token"];
    let options = place.options.iter().map(|(name, value)| (*name, value.as_str()));
    options.filter(|(name, _)| SECRETS.contains(name))
}
