#![doc = include_str!("../README.md")]

/// The parts of a prompt, their templates filled in.
#[derive(Debug, Clone, Default)]
pub struct Prompt<'a> {
    /// Instructions beside the prompt itself.
    pub system_prompt: Option<&'a str>,
    /// What a text prompt says.
    pub text: Option<&'a str>,
    /// What a chat prompt says.
    pub messages: Vec<Message<'a>>,
    /// How questions like the user's are answered.
    pub examples: Vec<Example<'a>>,
}

/// A message of a chat prompt.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// As it is stored: `system`, `developer`, `assistant`, `model`; every other counts as the user's.
    pub role: &'a str,
    /// What it says.
    pub content: &'a str,
}

/// A question and its answer.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    /// What a user says.
    pub input: &'a str,
    /// What the model answers.
    pub output: &'a str,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Instructions in the middle of a conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// A turn of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: &'a str,
}

/// What a model is sent before anything that a user says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preamble<'a> {
    /// The system text, if there is any.
    pub instructions: Option<String>,
    /// What follows it.
    pub turns: Vec<Turn<'a>>,
}

impl<'a> Prompt<'a> {
    /// Puts the parts in the order in which a model reads them.
    pub fn assemble(&self) -> Preamble<'a> {
        let leading = self.messages.iter().take_while(|message| Role::of(message.role) == Role::System);
        let texts = self.system_prompt.into_iter().chain(self.text);
        let texts = texts.chain(leading.clone().map(|message| message.content));
        let instructions: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
        let examples = self
            .examples
            .iter()
            .flat_map(|example| [(Role::User, example.input), (Role::Assistant, example.output)]);
        let others = self.messages.iter().skip(leading.count());
        let others = others.map(|message| (Role::of(message.role), message.content));
        Preamble {
            instructions: (!instructions.is_empty()).then(|| instructions.join("\n\n")),
            turns: examples.chain(others).map(|(role, content)| Turn { role, content }).collect(),
        }
    }
}

impl Role {
    /// A prompt's role as models know it.
    fn of(name: &str) -> Self {
        match name {
            "system" | "developer" => Self::System,
            "assistant" | "model" => Self::Assistant,
            _ => Self::User,
        }
    }

    /// `OpenAI`'s name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The instructions, and each turn as its role's first letter and its text.
    fn outline(prompt: &Prompt<'_>) -> (Option<String>, Vec<String>) {
        let Preamble { instructions, turns } = prompt.assemble();
        let turn = |turn: &Turn<'_>| format!("{}:{}", &turn.role.as_str()[..1], turn.content);
        (instructions, turns.iter().map(turn).collect())
    }

    fn messages<'a>(messages: &[(&'a str, &'a str)]) -> Vec<Message<'a>> {
        messages.iter().map(|(role, content)| Message { role, content }).collect()
    }

    #[test]
    fn a_text_is_an_instruction_and_examples_follow() {
        let examples = vec![Example { input: "in", output: "out" }];
        let prompt = Prompt { system_prompt: Some("s"), text: Some("t"), examples, ..Prompt::default() };
        assert_eq!(
            outline(&prompt),
            (Some("s\n\nt".to_owned()), vec!["u:in".to_owned(), "a:out".to_owned()])
        );
    }

    #[test]
    fn system_messages_lead_only_at_the_beginning() {
        let messages =
            messages(&[("developer", "a"), ("system", "b"), ("tool", "c"), ("system", "d"), ("model", "e")]);
        let prompt = Prompt { messages, ..Prompt::default() };
        let turns = ["u:c", "s:d", "a:e"].map(str::to_owned).to_vec();
        assert_eq!(outline(&prompt), (Some("a\n\nb".to_owned()), turns));
    }

    #[test]
    fn what_is_blank_is_no_instruction() {
        let messages = messages(&[("system", "")]);
        let prompt = Prompt { system_prompt: Some(" \n"), messages, ..Prompt::default() };
        assert_eq!(outline(&prompt), (None, vec![]));
    }
}
