//! Compiling in time: an engine compiles a function of WebAssembly when it is called for the first time, and what follows
//! the first look into the database takes as long to compile as the database takes to answer.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use platform::time;
use serde_json::Map;

use crate::{Bound, Prepared, Request, bind};

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

/// The question goes out first: a timer of nothing rings before a socket is written to.
const UNTIL_ASKED: Duration = Duration::from_millis(1);

/// Does once for an isolate, with [`RELEASE`], what is about to be done with what the database answers: for the time
/// that it takes to answer. Only where functions are compiled when they are called: a component for WASI is compiled
/// before it starts.
pub(crate) async fn warm_up() {
    static IS_WARM: AtomicBool = AtomicBool::new(cfg!(not(target_os = "unknown")));
    if IS_WARM.swap(true, Ordering::Relaxed) {
        return;
    }
    time::sleep(UNTIL_ASKED).await;
    if let Some(answer) = ANSWER.get() {
        with_example(|bound| answer(&black_box(bound)));
    } else {
        with_example(|bound| drop(black_box(bound.render())));
    }
}

/// What answers with what was resolved.
static ANSWER: OnceLock<fn(&Bound<'_>)> = OnceLock::new();

/// Has a function's own part of an answer compiled as well: `answer` makes one and drops it.
pub fn warm_up_with(answer: fn(&Bound<'_>)) {
    // Only the first counts; a function has one.
    let _known = ANSWER.set(answer);
}

fn with_example<T>(answer: impl FnOnce(Bound<'_>) -> T) -> Option<T> {
    let (prepared, _) = Prepared::parse(RELEASE).ok()?;
    let (prepared, none) = (Arc::new(prepared), Map::new());
    let request = Request { user_id: None, variables: (&none).into() };
    bind(&prepared, &request).ok().map(answer)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_is_a_release() {
        let answer = super::with_example(|bound| bound.to_json()).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((&answer["version_number"], &answer["missing_variables"][0]), (&1.into(), &"a".into()));
    }
}
