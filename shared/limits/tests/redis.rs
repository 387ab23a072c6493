//! Limits, slots and breakers against a real Redis behind its REST front: `make test` names it in
//! `TEST_REDIS_REST_URL` and `TEST_REDIS_REST_TOKEN`.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use cache::{Command, Redis};
use domain::{Id, Kind};
use futures_util::future::join_all;
use limits::{Admission, Quota, Request, SharedBreakers, admit};
use llm::BreakerPolicy;
use llm::breaker::{Admission as Admitted, Breakers, Outcome, Ticket};
use platform::{Tasks, time};

fn redis() -> Redis {
    let variable =
        |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"));
    Redis::new(&variable("TEST_REDIS_REST_URL"), &variable("TEST_REDIS_REST_TOKEN"))
        .with_timeout(Duration::from_secs(5))
}

fn id(kind: Kind) -> Id {
    Id::new(kind, time::now_ms(), platform::random::bytes())
}

struct Caller {
    team_id: Id,
    key_id: Id,
    requests_per_hour: u64,
    streams: u64,
}

impl Caller {
    fn new(requests_per_hour: u64, streams: u64) -> Self {
        Self { team_id: id(Kind::Team), key_id: id(Kind::Key), requests_per_hour, streams }
    }

    async fn ask(&self, redis: Option<&Redis>, user_id: Option<&str>) -> Admission {
        let tasks = Tasks::default();
        let holder = id(Kind::Message);
        let request = Request {
            team_id: &self.team_id,
            key_id: &self.key_id,
            user_id,
            requests_per_hour: self.requests_per_hour,
            holder: holder.as_str(),
            streams: self.streams,
            breaker_keys: &["openai|https://models.example.com|a".to_owned()],
        };
        let admission = admit(redis, &tasks, &request).await;
        tasks.finish().await;
        admission
    }
}

fn quota(admission: &Admission) -> Quota {
    match admission {
        Admission::Admitted { quota, .. } | Admission::TooMany(quota) | Admission::AllStreaming(quota) => {
            *quota
        }
    }
}

#[tokio::test]
async fn a_user_has_so_many_requests_and_no_more_however_many_ask_at_once() {
    let (redis, caller) = (redis(), Caller::new(5, 100));
    let answers = join_all((0..12).map(|_| caller.ask(Some(&redis), Some("u-1")))).await;
    let admitted = answers.iter().filter(|answer| matches!(answer, Admission::Admitted { .. })).count();
    assert_eq!(admitted, 5);
    let refused = answers.iter().find(|answer| matches!(answer, Admission::TooMany(_))).unwrap();
    let Quota { limit, remaining, reset_ms } = quota(refused);
    assert_eq!((limit, remaining), (5, 0));
    assert!((3_590_000..=3_600_000).contains(&reset_ms), "{reset_ms}");
    let other = caller.ask(Some(&redis), Some("u-2")).await;
    assert!(matches!(other, Admission::Admitted { .. }) && quota(&other).remaining == 4, "{other:?}");
    assert!(matches!(Caller::new(0, 1).ask(Some(&redis), None).await, Admission::TooMany(_)));
}

#[tokio::test]
async fn a_refused_request_holds_no_slot_and_a_request_without_a_slot_is_not_counted() {
    let (redis, caller) = (redis(), Caller::new(3, 2));
    let answers = join_all((0..8).map(|_| caller.ask(Some(&redis), None))).await;
    let count = |test: fn(&&Admission) -> bool| answers.iter().filter(test).count();
    let admitted = count(|answer| matches!(answer, Admission::Admitted { .. }));
    assert!((1..=2).contains(&admitted), "{answers:?}");
    for answer in &answers {
        if let Admission::Admitted { slot, .. } = answer {
            slot.release(Some(&redis)).await;
        }
    }
    let next = caller.ask(Some(&redis), None).await;
    assert_eq!(quota(&next).remaining, 2 - u64::try_from(admitted).unwrap(), "{next:?}");
    assert!(matches!(next, Admission::Admitted { .. }));
}

#[tokio::test]
async fn a_slot_whose_holder_has_died_is_free_again() {
    let (redis, caller) = (redis(), Caller::new(100, 1));
    let Admission::Admitted { slot, .. } = caller.ask(Some(&redis), None).await else { panic!("refused") };
    assert!(matches!(caller.ask(Some(&redis), None).await, Admission::AllStreaming(_)));
    let renewed = redis.steps(&[slot.renewal()]).await.unwrap();
    assert_eq!(renewed[0], Ok(serde_json::json!(1)));
    // Its lease has run out.
    let key = format!("slots:{}", caller.team_id);
    let holder = redis.run(&Command::idempotent("ZRANGE").arg(&key).args([0, 0])).await.unwrap();
    let aged = Command::idempotent("ZADD").arg(&key).arg(1).arg(holder[0].as_str().unwrap());
    redis.run(&aged).await.unwrap();
    assert!(matches!(caller.ask(Some(&redis), None).await, Admission::Admitted { .. }));
}

#[tokio::test]
async fn without_redis_the_isolate_counts() {
    let caller = Caller::new(2, 1);
    assert!(matches!(caller.ask(None, None).await, Admission::Admitted { .. }));
    assert!(matches!(caller.ask(None, None).await, Admission::AllStreaming(_)));
    assert!(matches!(caller.ask(None, None).await, Admission::TooMany(_)));
}

const POLICY: BreakerPolicy = BreakerPolicy { open: Duration::from_millis(300), ..BreakerPolicy::STANDARD };
const KEY: &str = "openai|https://models.example.com|m";

#[tokio::test]
async fn a_breaker_opens_for_all_and_lets_one_probe_through() {
    let team_id = id(Kind::Team);
    let breakers = SharedBreakers::new(Some(redis()), &team_id, Tasks::default()).with_policy(POLICY);
    let admit = || breakers.admit(KEY, time::now_ms());
    let record = |ticket, outcome| breakers.record(KEY, ticket, outcome, time::now_ms());
    for failures in 0..5 {
        assert_eq!(admit().await, Admitted::Admitted(Ticket::Ordinary), "{failures}");
        record(Ticket::Ordinary, Outcome::Failure).await;
    }
    assert!(matches!(admit().await, Admitted::Refused { retry_after } if retry_after <= POLICY.open));
    time::sleep(Duration::from_millis(320)).await;
    let answers = join_all((0..10).map(|_| admit())).await;
    let probes = answers.iter().filter(|answer| **answer == Admitted::Admitted(Ticket::Probe)).count();
    assert_eq!(probes, 1, "{answers:?}");
    record(Ticket::Probe, Outcome::Failure).await;
    time::sleep(Duration::from_millis(320)).await;
    assert!(matches!(admit().await, Admitted::Refused { .. }), "twice as long after a failed probe");
    time::sleep(Duration::from_millis(320)).await;
    assert_eq!(admit().await, Admitted::Admitted(Ticket::Probe));
    record(Ticket::Probe, Outcome::Success).await;
    assert_eq!(admit().await, Admitted::Admitted(Ticket::Ordinary));
    let other = SharedBreakers::new(Some(redis()), &id(Kind::Team), Tasks::default());
    assert_eq!(other.admit(KEY, time::now_ms()).await, Admitted::Admitted(Ticket::Ordinary));
}

#[tokio::test]
async fn successes_keep_a_breaker_closed() {
    let breakers = SharedBreakers::new(Some(redis()), &id(Kind::Team), Tasks::default()).with_policy(POLICY);
    for _ in 0..12 {
        breakers.record(KEY, Ticket::Ordinary, Outcome::Success, time::now_ms()).await;
    }
    for _ in 0..11 {
        breakers.record(KEY, Ticket::Ordinary, Outcome::Failure, time::now_ms()).await;
    }
    assert_eq!(breakers.admit(KEY, time::now_ms()).await, Admitted::Admitted(Ticket::Ordinary));
}

#[tokio::test]
async fn a_breaker_that_has_closed_is_closed_also_while_redis_is_down() {
    let team_id = id(Kind::Team);
    let breakers = SharedBreakers::new(Some(redis()), &team_id, Tasks::default()).with_policy(POLICY);
    let alone = SharedBreakers::new(None, &team_id, Tasks::default());
    for _ in 0..5 {
        breakers.record(KEY, Ticket::Ordinary, Outcome::Failure, time::now_ms()).await;
    }
    assert!(matches!(alone.admit(KEY, time::now_ms()).await, Admitted::Refused { .. }), "they have heard");
    time::sleep(Duration::from_millis(320)).await;
    assert_eq!(breakers.admit(KEY, time::now_ms()).await, Admitted::Admitted(Ticket::Probe));
    breakers.record(KEY, Ticket::Probe, Outcome::Success, time::now_ms()).await;
    assert_eq!(alone.admit(KEY, time::now_ms()).await, Admitted::Admitted(Ticket::Ordinary));
}

#[tokio::test]
async fn a_probe_that_is_given_up_is_anothers_at_once() {
    let (team_id, tasks) = (id(Kind::Team), Tasks::default());
    let breakers = SharedBreakers::new(Some(redis()), &team_id, tasks.clone()).with_policy(POLICY);
    let admit = || breakers.admit(KEY, time::now_ms());
    for _ in 0..5 {
        breakers.record(KEY, Ticket::Ordinary, Outcome::Failure, time::now_ms()).await;
    }
    time::sleep(Duration::from_millis(320)).await;
    assert_eq!(admit().await, Admitted::Admitted(Ticket::Probe));
    assert!(matches!(admit().await, Admitted::Refused { .. }));
    breakers.give_up(KEY, time::now_ms());
    tasks.finish().await;
    assert_eq!(admit().await, Admitted::Admitted(Ticket::Probe));
    breakers.record(KEY, Ticket::Probe, Outcome::Success, time::now_ms()).await;
    breakers.give_up(KEY, time::now_ms());
    tasks.finish().await;
    assert_eq!(admit().await, Admitted::Admitted(Ticket::Ordinary), "what is closed stays so");
}
