//! The client and the documents against a real Redis behind its REST front: `make test` names it in
//! `TEST_REDIS_REST_URL` and `TEST_REDIS_REST_TOKEN`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use cache::{
    AnswerLog, Command, Document, Error, Layers, Memory, Page, Recording, Redis, Script, Slot, Stores,
    read_documents, refill_documents, write_documents,
};
use platform::Tasks;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn redis() -> Redis {
    let variable =
        |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"));
    Redis::new(&variable("TEST_REDIS_REST_URL"), &variable("TEST_REDIS_REST_TOKEN"))
        .with_timeout(Duration::from_secs(5))
}

/// A name that no other test uses.
fn unique(name: &str) -> String {
    use std::fmt::Write;
    platform::random::bytes::<8>().iter().fold(format!("test:{name}:"), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn document(revision: i64, json: &str) -> Document {
    Document { revision, json: json.to_owned() }
}

async fn read(redis: &Redis, slot: &Slot) -> Option<Document> {
    read_documents(redis, std::slice::from_ref(slot)).await.unwrap().pop().unwrap()
}

/// What Redis holds in its place, if it is newer.
async fn refill(redis: &Redis, slot: &Slot, found: Document, elapsed_ms: i64) -> Option<Document> {
    let newer = refill_documents(redis, &[(slot.clone(), found)], elapsed_ms).await.unwrap().pop();
    newer.map(|(_, document)| document)
}

#[tokio::test]
async fn commands_pipelines_and_transactions_answer() {
    let (redis, key) = (redis(), unique("commands"));
    assert_eq!(redis.run(&Command::new("SET").arg(&key).arg("grüße \u{1f44b}")).await, Ok(json!("OK")));
    assert_eq!(redis.run(&Command::idempotent("GET").arg(&key)).await, Ok(json!("grüße \u{1f44b}")));
    let commands = [
        Command::idempotent("GET").arg(unique("absent")),
        Command::new("LPUSH").arg(&key).arg("x"),
        Command::new("RPUSH").arg(format!("{key}:list")).args(["a", "b"]),
        Command::idempotent("LRANGE").arg(format!("{key}:list")).args([0, -1]),
    ];
    let replies = redis.pipeline(&commands).await.unwrap();
    assert_eq!(replies[0], Ok(json!(null)));
    assert!(matches!(&replies[1], Err(Error::Refused(reason)) if reason.starts_with("WRONGTYPE")));
    assert_eq!(replies[2..], [Ok(json!(2)), Ok(json!(["a", "b"]))]);
    let counted =
        [Command::new("INCR").arg(format!("{key}:n")), Command::new("INCR").arg(format!("{key}:n"))];
    assert_eq!(redis.multi_exec(&counted).await.unwrap(), [Ok(json!(1)), Ok(json!(2))]);
    assert_eq!(redis.pipeline(&[]).await, Ok(Vec::new()));
    assert!(matches!(redis.run(&Command::new("NOSUCH")).await, Err(Error::Refused(_))));
}

#[tokio::test]
async fn base64_carries_what_json_cannot() {
    let (redis, key) = (redis(), unique("base64"));
    redis.run(&Command::new("SET").arg(&key).arg("zoë OK")).await.unwrap();
    let encoded = redis.with_base64();
    assert_eq!(encoded.run(&Command::idempotent("GET").arg(&key)).await, Ok(json!("zoë OK")));
    let mget = Command::idempotent("MGET").args([&key, &unique("absent")]);
    assert_eq!(encoded.run(&mget).await, Ok(json!(["zoë OK", null])));
    assert_eq!(encoded.run(&Command::new("SET").arg(&key).arg("x")).await, Ok(json!("OK")));
}

#[tokio::test]
async fn a_script_is_sent_only_where_it_is_not_known() {
    static SCRIPT: Script = Script::new("return {KEYS[1], ARGV[1]}");
    let redis = redis();
    redis.run(&Command::new("SCRIPT").arg("FLUSH")).await.unwrap();
    for _ in 0..2 {
        let reply = redis.script(&SCRIPT, &["a".into()], &["b".into()]).await;
        assert_eq!(reply, Ok(json!(["a", "b"])));
    }
}

#[tokio::test]
async fn failures_are_told_apart() {
    let get = Command::idempotent("GET").arg("a");
    let wrong = Redis::new(&std::env::var("TEST_REDIS_REST_URL").unwrap(), "wrong");
    assert_eq!(wrong.run(&get).await, Err(Error::Unavailable("the token is wrong".into())));
    let nobody = Redis::new("http://127.0.0.1:1", "t");
    assert!(matches!(nobody.run(&get).await, Err(Error::Unavailable(_))));
    assert!(matches!(Redis::new("not an address", "t").run(&get).await, Err(Error::Unavailable(_))));
}

/// A server that gives each connection the next of `answers`, and then listens in silence.
async fn server(answers: &'static [&'static str]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut answers = answers.iter();
        let mut silent = Vec::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            let _request = connection.read(&mut [0; 4096]).await;
            match answers.next() {
                Some(answer) => _ = connection.write_all(answer.as_bytes()).await,
                None => silent.push(connection),
            }
        }
    });
    url
}

const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"res";
const HTML: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
const RESULT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\n{\"result\":1}";

#[tokio::test]
async fn a_broken_exchange_is_repeated_once_if_that_is_safe() {
    let read = Command::idempotent("GET").arg("a");
    let write = Command::new("INCR").arg("a");
    assert_eq!(Redis::new(&server(&[CUT, RESULT]).await, "t").run(&read).await, Ok(json!(1)));
    assert!(Redis::new(&server(&[CUT, RESULT]).await, "t").run(&write).await.is_err());
    assert!(Redis::new(&server(&[CUT, CUT, RESULT]).await, "t").run(&read).await.is_err());
    assert!(Redis::new(&server(&[HTML]).await, "t").run(&read).await.is_err());
}

#[tokio::test]
async fn a_silent_redis_is_not_waited_for() {
    let redis = Redis::new(&server(&[]).await, "t").with_timeout(Duration::from_millis(100));
    let started_ms = platform::time::now_ms();
    let reply = redis.run(&Command::idempotent("GET").arg("a")).await;
    assert_eq!(reply, Err(Error::Unavailable("timed out".into())));
    assert!(platform::time::now_ms() - started_ms < 1_000);
}

#[tokio::test]
async fn a_late_refill_never_replaces_a_newer_document() {
    let (redis, slot) = (redis(), Slot::release("team_t", &unique("refill"), "production"));
    assert_eq!(read(&redis, &slot).await, None);
    assert_eq!(refill(&redis, &slot, document(1, "{}"), 0).await, None);
    write_documents(&redis, &[(slot.clone(), document(3, r#"{"a":1}"#))]).await.unwrap();
    let newer = document(3, r#"{"a":1}"#);
    assert_eq!(refill(&redis, &slot, document(2, "{}"), 0).await, Some(newer.clone()));
    assert_eq!(read(&redis, &slot).await, Some(newer.clone()));
    refill(&redis, &slot, document(4, "{}"), 5_000).await;
    assert_eq!(read(&redis, &slot).await, Some(newer.clone()), "too old to store");
    let absent = Slot::release("team_t", &unique("absent"), "production");
    assert_eq!(
        read_documents(&redis, &[absent.clone(), slot.clone()]).await,
        Ok(vec![None, Some(newer.clone())])
    );
    let both = [(absent.clone(), document(1, "{}")), (slot.clone(), document(1, "{}"))];
    assert_eq!(refill_documents(&redis, &both, 0).await, Ok(vec![(slot, newer)]));
    assert_eq!(read(&redis, &absent).await, Some(document(1, "{}")));
}

#[tokio::test]
async fn a_tombstone_outlives_the_refills_before_it() {
    let (redis, slot) = (redis(), Slot::release("team_t", &unique("tombstone"), "production"));
    refill(&redis, &slot, document(1, "{}"), 0).await;
    write_documents(&redis, &[(slot.clone(), document(2, "null"))]).await.unwrap();
    refill(&redis, &slot, document(1, "{}"), 0).await;
    assert!(read(&redis, &slot).await.unwrap().is_tombstone());
}

#[tokio::test]
async fn an_answer_is_read_from_where_its_reader_was() {
    let team_id = domain::Id::new(domain::Kind::Team, platform::time::now_ms(), platform::random::bytes());
    let log = AnswerLog::new(&redis(), &team_id, "msg_1");
    let page = |last_id, events: &str, is_over| Page { last_id, events: events.to_owned(), is_over };
    assert_eq!(log.read(0).await, Ok(Recording::default()));
    assert_eq!(log.append(None).await, Ok(false));
    assert!(log.read(0).await.unwrap().is_alive);
    assert_eq!(log.append(Some(&page(3, "one to three", false))).await, Ok(false));
    assert_eq!(log.append(Some(&page(3, "one to three", false))).await, Ok(false), "a repetition");
    assert_eq!(log.append(Some(&page(5, "four, five", false))).await, Ok(false));
    let texts = async |after| log.read(after).await.unwrap().texts;
    assert_eq!(texts(0).await, ["one to three", "four, five"]);
    assert_eq!(texts(2).await, ["one to three", "four, five"]);
    assert_eq!(texts(3).await, ["four, five"]);
    log.ask_to_stop().await.unwrap();
    assert_eq!(log.append(Some(&page(6, "six", true))).await, Ok(true));
    let seen = log.read(6).await.unwrap();
    assert_eq!(seen, Recording { texts: Vec::new(), exists: true, is_over: true, is_alive: false });
    let another = domain::Id::new(domain::Kind::Team, platform::time::now_ms(), platform::random::bytes());
    assert!(!AnswerLog::new(&redis(), &another, "msg_1").read(0).await.unwrap().exists);
}

static NUMBERS: Layers<i64> = Layers {
    memory: LazyLock::new(|| Mutex::new(Memory::new(100_000))),
    parse: |json| serde_json::from_str(json).map(|number| (number, 8)),
};

fn stores(redis: Redis) -> Stores {
    Stores::new(Some(redis), Tasks::default())
}

async fn unavailable() -> Result<Document, domain::Error> {
    Err(domain::Error::Unavailable("the database is down".into()))
}

#[tokio::test]
async fn a_value_comes_from_the_nearest_place_that_has_it() {
    let (first, slot) = (stores(redis()), Slot::release("team_t", &unique("layers"), "production"));
    let from_database = NUMBERS.get(&slot, &first, async || Ok(document(1, "17"))).await.unwrap().unwrap();
    assert_eq!((from_database.value, from_database.stale), (17, false));
    let from_memory = NUMBERS.get(&slot, &first, unavailable).await.unwrap().unwrap();
    assert_eq!(from_memory.value, 17);
    first.tasks.finish().await;
    NUMBERS.forget(&slot);
    let from_redis = NUMBERS.get(&slot, &stores(redis()), unavailable).await.unwrap().unwrap();
    assert_eq!((from_redis.value, from_redis.stale), (17, false));
}

#[tokio::test]
async fn who_found_redis_cold_asks_the_database_at_once() {
    let [lacking, present] =
        ["cold-0", "cold-1"].map(|name| Slot::release("team_t", &unique(name), "production"));
    write_documents(&redis(), &[(present.clone(), document(1, "10"))]).await.unwrap();
    let load = async || Ok(document(2, "20"));
    let request = stores(redis());
    NUMBERS.get(&lacking, &request, async || Ok(document(1, "17"))).await.unwrap();
    assert_eq!(NUMBERS.get(&present, &request, load).await.unwrap().unwrap().value, 20);
    NUMBERS.forget(&present);
    assert_eq!(NUMBERS.get(&present, &stores(redis()), load).await.unwrap().unwrap().value, 10);
    // What the database does not say, Redis still does.
    NUMBERS.forget(&present);
    let held = NUMBERS.get(&present, &request, unavailable).await.unwrap().unwrap();
    assert_eq!((held.value, held.stale), (10, true));
}

#[tokio::test]
async fn with_the_database_down_a_new_isolate_finds_the_last_document() {
    let (stores, slot) = (stores(redis()), Slot::release("team_t", &unique("last"), "production"));
    NUMBERS.get(&slot, &stores, async || Ok(document(1, "17"))).await.unwrap();
    stores.tasks.finish().await;
    NUMBERS.forget(&slot);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let held = NUMBERS.get(&slot, &stores, unavailable).await.unwrap().unwrap();
    assert_eq!((held.value, held.stale), (17, true));
    assert!((3_000..6_000).contains(&held.age_ms), "{}", held.age_ms);
    let unknown = Slot::release("team_t", &unique("unknown"), "production");
    let error = NUMBERS.get(&unknown, &stores, unavailable).await.unwrap_err();
    assert!(matches!(error, domain::Error::Unavailable(_)));
}

const NOTHING: &str = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\nconnection: close\r\n\r\n{\"result\":[null]}";
const LOADING: &str =
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 19\r\nconnection: close\r\n\r\n{\"error\":\"LOADING\"}";

#[tokio::test]
async fn a_redis_that_refuses_does_not_hide_that_the_database_is_down() {
    let refusing = stores(Redis::new(&server(&[NOTHING, LOADING]).await, "t"));
    let slot = Slot::release("team_t", &unique("refused"), "production");
    let error = NUMBERS.get(&slot, &refusing, unavailable).await.unwrap_err();
    assert_eq!(error, domain::Error::Unavailable("the database is down".into()));
}

#[tokio::test]
async fn several_come_from_redis_and_the_others_from_the_database() {
    let slots =
        ["both-0", "both-1", "both-2"].map(|name| Slot::version("team_t", &unique(name), "production", "1"));
    let stores = stores(redis());
    let written = [(slots[1].clone(), document(3, "31"))];
    write_documents(stores.redis.as_ref().unwrap(), &written).await.unwrap();
    let load = async |places: Vec<usize>| {
        assert_eq!(places, [0, 2]);
        vec![Ok(document(1, "30")), Ok(document(0, "null"))]
    };
    let told = NUMBERS.get_many(&slots, &stores, load).await;
    let numbers: Vec<_> = told.into_iter().map(|told| told.unwrap().map(|held| held.value)).collect();
    assert_eq!(numbers, [Some(30), Some(31), None]);
    stores.tasks.finish().await;
    let redis = stores.redis.as_ref().unwrap();
    assert_eq!(read(redis, &slots[0]).await, Some(document(1, "30")));
    assert_eq!(read(redis, &slots[2]).await, Some(document(0, "null")));
}

#[tokio::test]
async fn a_database_that_hangs_is_as_good_as_one_that_is_down() {
    let (stores, slot) = (stores(redis()), Slot::release("team_t", &unique("hangs"), "production"));
    NUMBERS.get(&slot, &stores, async || Ok(document(1, "17"))).await.unwrap();
    stores.tasks.finish().await;
    NUMBERS.forget(&slot);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let held = NUMBERS.get(&slot, &stores, std::future::pending).await.unwrap().unwrap();
    assert_eq!((held.value, held.stale), (17, true));
}

#[tokio::test]
async fn what_is_not_there_is_not_asked_for_twice() {
    let (stores, slot) = (stores(redis()), Slot::release("team_t", &unique("missing"), "production"));
    assert_eq!(NUMBERS.get(&slot, &stores, async || Ok(document(0, "null"))).await, Ok(None));
    stores.tasks.finish().await;
    assert_eq!(NUMBERS.get(&slot, &stores, unavailable).await, Ok(None), "Redis knows");
}
