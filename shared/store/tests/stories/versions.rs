//! Versions: consecutive, deduplicated, unchangeable.

use crate::support::{self, database, promote, prompt, team, version};

#[tokio::test]
async fn a_version_is_found_by_every_selector() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "greeting").await;
    let first = version(&database, &actor, "greeting", "one").await.version;
    let second = version(&database, &actor, "greeting", "two").await.version;
    promote(&database, &actor, "greeting", &first.id).await;

    for (selector, expected) in [
        ("1", Some(&first)),
        (first.id.as_str(), Some(&first)),
        ("production", Some(&first)),
        ("2", Some(&second)),
        ("latest", Some(&second)),
        ("staging", None),
        ("3", None),
        ("0", None),
        ("99999999999999999999", None),
        ("-1", None),
        ("", None),
    ] {
        let found = store::versions::get(&database, &actor.team_id, "greeting", selector).await;
        assert_eq!(found.as_ref().ok(), expected, "{selector}: {found:?}");
    }
    assert_eq!(second.content, support::text("two"));
    assert_eq!((second.version_number, second.eval_status.as_str()), (2, "none"));
}
