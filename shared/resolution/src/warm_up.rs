//! Practice for the first request of an isolate: an engine compiles a function of WebAssembly when it is called for the
//! first time. See [`platform::serve::WarmUp`].

use std::hint::black_box;

use platform::Tasks;
use serde_json::Map;

use crate::{Bound, Request, bind, releases};

/// A release as the database writes it, with one of everything that most have.
const RELEASE: &str = r#"{
  "prompt_id": "prm_00000000000000000000000000", "name": "warm/up", "environment": "production", "revision": 1,
  "archived": false, "killed": false, "experiment": null, "canary": null,
  "version": {
    "version_id": "ver_00000000000000000000000000", "version_number": 1, "content_hash": "", "variables": ["a"],
    "type": "text", "template_text": "{{ a }} \\n", "messages": null, "system_prompt": "{{ a }}",
    "few_shot_examples": [{"input": "a", "output": "b"}], "model_id": "offline", "temperature": 0.5, "max_tokens": 1,
    "config": {"a": 1}
  }
}"#;

/// Finds and binds an example of a release, and has `answer` answer with it.
pub fn warm_up(tasks: Tasks, answer: impl FnOnce(&Bound<'_>)) {
    let Some(prepared) = releases::rehearse(RELEASE, tasks) else { return };
    let none = Map::new();
    if let Ok(bound) = bind(&prepared, &Request { user_id: None, variables: (&none).into() }) {
        answer(&black_box(bound));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_example_is_a_release() {
        let mut answers = Vec::new();
        warm_up(Tasks::default(), |bound| answers.push(bound.to_json()));
        let answer: serde_json::Value = serde_json::from_slice(&answers[0]).unwrap();
        assert_eq!((&answer["version_number"], &answer["missing_variables"][0]), (&1.into(), &"a".into()));
    }
}
