//! Commands and scripts as they are sent.

use serde::Serialize;

/// A Redis command: `["SET", "key", "value"]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Command {
    words: Vec<String>,
    #[serde(skip)]
    idempotent: bool,
}

impl Command {
    /// A command that may change something, so that it is sent once.
    pub fn new(name: &str) -> Self {
        Self { words: vec![name.to_owned()], idempotent: false }
    }

    /// A command that may be sent twice: a read, or a write that says the same however often it is said.
    pub fn idempotent(name: &str) -> Self {
        Self { words: vec![name.to_owned()], idempotent: true }
    }

    /// Adds a word.
    pub fn arg(mut self, word: impl ToString) -> Self {
        self.words.push(word.to_string());
        self
    }

    /// Adds several words.
    pub fn args<W: ToString>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.words.extend(words.into_iter().map(|word| word.to_string()));
        self
    }

    pub(crate) fn is_idempotent(&self) -> bool {
        self.idempotent
    }
}

/// A Lua script, run by its hash; its text is sent only where the server does not know it yet.
pub struct Script {
    text: &'static str,
    /// Its SHA-1, computed while the script is compiled into a function: the algorithm stays out of it.
    hash: [u8; 20],
    idempotent: bool,
}

impl Script {
    /// A script whose second run with the same arguments changes nothing more than the first.
    pub const fn idempotent(text: &'static str) -> Self {
        Self { text, hash: sha1(text), idempotent: true }
    }

    /// A script that must run once.
    pub const fn new(text: &'static str) -> Self {
        Self { text, hash: sha1(text), idempotent: false }
    }

    fn command(&self, name: &str, script: &str, keys: &[String], arguments: &[String]) -> Command {
        let mut command = Command::new(name).arg(script).arg(keys.len()).args(keys).args(arguments);
        command.idempotent = self.idempotent;
        command
    }

    /// `EVALSHA` with the script's hash.
    pub fn by_hash(&self, keys: &[String], arguments: &[String]) -> Command {
        self.command("EVALSHA", &hex::encode(self.hash), keys, arguments)
    }

    /// `EVAL` with the script's text.
    pub fn by_text(&self, keys: &[String], arguments: &[String]) -> Command {
        self.command("EVAL", self.text, keys, arguments)
    }
}

const fn sha1(text: &str) -> [u8; 20] {
    const_sha1::sha1(text.as_bytes()).as_bytes()
}

/// A command, or a script with its keys and arguments: what several of go in one round trip.
pub enum Step<'a> {
    /// A command.
    Command(Command),
    /// A script.
    Script(&'a Script, Vec<String>, Vec<String>),
}

impl Step<'_> {
    pub(crate) fn by_hash(&self) -> Command {
        match self {
            Self::Command(command) => command.clone(),
            Self::Script(script, keys, arguments) => script.by_hash(keys, arguments),
        }
    }

    pub(crate) fn by_text(&self) -> Command {
        match self {
            Self::Command(command) => command.clone(),
            Self::Script(script, keys, arguments) => script.by_text(keys, arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_arrays_of_words() {
        let command = Command::new("SET").arg("k").arg(7).args(["PX", "3"]);
        assert_eq!(serde_json::to_string(&command).unwrap(), r#"["SET","k","7","PX","3"]"#);
    }

    #[test]
    fn a_script_is_named_by_its_sha_1() {
        static SCRIPT: Script = Script::new("return 1");
        let command = SCRIPT.by_hash(&["a".into()], &["b".into()]);
        let expected = r#"["EVALSHA","e0e1f9fabfc9d4800c877a703b823ac0578ff8db","1","a","b"]"#;
        assert_eq!(serde_json::to_string(&command).unwrap(), expected);
    }
}
