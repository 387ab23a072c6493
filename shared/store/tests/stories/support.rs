//! A migrated database, and teams to act in.

use std::path::PathBuf;

use domain::{Environment, Id, Kind};
use platform::database::Database;
use serde_json::Map;
use store::Actor;
use store::pointers::{Moved, Promotion};
use store::prompts::{NewPrompt, Prompt};
use store::releases::Release;
use store::versions::{Content, Created, NewVersion, VersionKind};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

/// The address of this run's database.
pub(crate) async fn url() -> &'static str {
    static URL: OnceCell<String> = OnceCell::const_new();
    URL.get_or_init(create_database).await
}

/// A connection of one's own, as every request has. With `TEST_POOLER_URL` it goes through that pooler.
pub(crate) async fn database() -> Database {
    let direct = url().await;
    let Ok(pooler) = std::env::var("TEST_POOLER_URL") else { return Database::new(direct) };
    let (_, name) = direct.rsplit_once('/').expect("the address ends in a database's name");
    let (place, _) = pooler.rsplit_once('/').expect("the address ends in a database's name");
    Database::new(&format!("{place}/{name}"))
}

/// A connection that can do what the port cannot.
pub(crate) async fn client() -> Client {
    connect(url().await).await
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("Postgres answers");
    tokio::spawn(connection);
    client
}

/// Makes a database on the server of `TEST_DATABASE_URL` and replays the migrations in it.
async fn create_database() -> String {
    let server = std::env::var("TEST_DATABASE_URL").expect(
        "TEST_DATABASE_URL is not set: it must name a Postgres server on which tests may create databases",
    );
    let name = format!("store_test_{}", hex::encode(platform::random::bytes::<8>()));
    connect(&server).await.batch_execute(&format!("create database {name}")).await.unwrap();
    let (place, _) = server.rsplit_once('/').expect("the address ends in a database's name");
    let url = format!("{place}/{name}");
    let client = connect(&url).await;
    for migration in migrations() {
        let sql = std::fs::read_to_string(&migration).unwrap();
        // Several statements in one message are one transaction.
        client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{}: {error:?}", migration.display()));
    }
    url
}

fn migrations() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "sql"));
    files.sort();
    files
}

pub(crate) fn id(kind: Kind) -> Id {
    Id::new(kind, platform::time::now_ms(), platform::random::bytes())
}

pub(crate) fn random_name(prefix: &str) -> String {
    format!("{prefix}-{}", hex::encode(platform::random::bytes::<6>()))
}

/// A new team with one user and one key.
pub(crate) async fn team() -> Actor {
    let actor = Actor {
        team_id: id(Kind::Team),
        user_id: id(Kind::User),
        key_id: id(Kind::Key),
        request_id: random_name("request"),
    };
    let hash = hex::encode(platform::random::bytes::<32>());
    let client = client().await;
    client
        .batch_execute(&format!(
            "insert into teams (id, name) values ('{team}', '{team}');
             insert into users (team_id, id, name) values ('{team}', '{user}', 'first');
             insert into api_keys (team_id, id, user_id, name, role, key_hash, hint, created_by)
             values ('{team}', '{key}', '{user}', 'first', 'admin', '{hash}', 'pl_000000', '{user}')",
            team = actor.team_id,
            user = actor.user_id,
            key = actor.key_id,
        ))
        .await
        .unwrap();
    actor
}

pub(crate) async fn prompt(database: &Database, actor: &Actor, name: &str) -> Prompt {
    prompt_with(database, actor, name, "", None, &[]).await
}

pub(crate) async fn prompt_with(
    database: &Database,
    actor: &Actor,
    name: &str,
    description: &str,
    collection_id: Option<&str>,
    tags: &[&str],
) -> Prompt {
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let new = NewPrompt { id: &id(Kind::Prompt), name, description, collection_id, tags: &tags };
    store::prompts::create(database, actor, &new).await.unwrap()
}

pub(crate) fn text(template: &str) -> Content {
    Content {
        kind: VersionKind::Text,
        template_text: Some(template.to_owned()),
        messages: None,
        system_prompt: None,
        few_shot_examples: Vec::new(),
        model_id: "offline".to_owned(),
        temperature: Some(0.7),
        max_tokens: None,
        config: Map::new(),
    }
}

/// Adds a version; its text stands for its hash.
pub(crate) async fn version(database: &Database, actor: &Actor, reference: &str, template: &str) -> Created {
    try_version(database, actor, reference, template).await.unwrap()
}

pub(crate) async fn try_version(
    database: &Database,
    actor: &Actor,
    reference: &str,
    template: &str,
) -> Result<Created, domain::Error> {
    let content = text(template);
    let new = NewVersion {
        id: &id(Kind::Version),
        content: &content,
        commit_message: Some("why"),
        content_hash: template,
        variables: &["name".to_owned()],
    };
    store::versions::create(database, actor, reference, &new).await
}

pub(crate) async fn promote(database: &Database, actor: &Actor, reference: &str, version_id: &Id) -> Moved {
    store::pointers::promote(database, actor, reference, &to_production(version_id)).await.unwrap()
}

/// What the edge loads of a prompt.
pub(crate) async fn release(
    database: &Database,
    actor: &Actor,
    reference: &str,
    environment: Environment,
) -> Release {
    let written = store::releases::load(database, &actor.team_id, reference, environment).await;
    written.unwrap().unwrap().read().unwrap()
}

pub(crate) fn to_production(version_id: &Id) -> Promotion<'_> {
    Promotion {
        version_id: version_id.as_str(),
        environment: Environment::Production,
        justification: None,
        expected_revision: None,
        override_gate: false,
    }
}
