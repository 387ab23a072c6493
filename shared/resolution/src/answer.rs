//! A resolved prompt as the resolve routes answer it.

use domain::Id;

use crate::json::{write_characters, write_string};
use crate::resolve::{Bound, BoundBody, BoundText};

impl Bound<'_> {
    /// The answer of the resolve routes: a JSON object.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(self.live.fixed_members.len() + self.json_len() + 256);
        json.push(b'{');
        json.extend_from_slice(self.live.fixed_members.as_bytes());
        match &self.body {
            BoundBody::Text(text) => {
                json.extend_from_slice(br#","resolved_text":"#);
                text.write_json(&mut json);
            }
            BoundBody::Messages(messages) => {
                json.extend_from_slice(br#","messages":"#);
                write_messages(messages, &mut json);
            }
        }
        json.extend_from_slice(br#","system_prompt":"#);
        match &self.system_prompt {
            Some(text) => text.write_json(&mut json),
            None => json.extend_from_slice(b"null"),
        }
        json.extend_from_slice(br#","experiment_id":"#);
        write_optional(self.chosen.experiment_id().map(Id::as_str), &mut json);
        json.extend_from_slice(br#","variant":"#);
        write_optional(self.chosen.variant(), &mut json);
        json.extend_from_slice(br#","assignment":"#);
        write_string(self.chosen.assignment.name(), &mut json);
        json.extend_from_slice(br#","missing_variables":["#);
        for (index, name) in self.missing_variables.iter().enumerate() {
            if index > 0 {
                json.push(b',');
            }
            write_string(name, &mut json);
        }
        json.extend_from_slice(b"]}");
        json
    }

    /// How long the filled-in texts are as JSON, but for the escapes of values.
    fn json_len(&self) -> usize {
        let texts = match &self.body {
            BoundBody::Text(text) => text.json_len(),
            BoundBody::Messages(messages) => messages.iter().map(|(_, text)| text.json_len() + 64).sum(),
        };
        texts + self.system_prompt.as_ref().map_or(0, BoundText::json_len)
    }
}

impl BoundText<'_> {
    fn write_json(&self, json: &mut Vec<u8>) {
        json.push(b'"');
        self.binding.write_in(self.notation, write_characters, json);
        json.push(b'"');
    }

    fn json_len(&self) -> usize {
        self.binding.rendered_len().saturating_add(self.notation.surplus())
    }
}

fn write_messages(messages: &[(&str, BoundText<'_>)], json: &mut Vec<u8>) {
    json.push(b'[');
    for (index, (role, content)) in messages.iter().enumerate() {
        json.extend_from_slice(if index == 0 { br#"{"role":"# } else { br#",{"role":"# });
        write_string(role, json);
        json.extend_from_slice(br#","content":"#);
        content.write_json(json);
        json.push(b'}');
    }
    json.push(b']');
}

fn write_optional(text: Option<&str>, json: &mut Vec<u8>) {
    match text {
        Some(text) => write_string(text, json),
        None => json.extend_from_slice(b"null"),
    }
}
