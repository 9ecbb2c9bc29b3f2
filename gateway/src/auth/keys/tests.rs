use lodgate_entities::tenant::TenantKind;

use super::*;
use crate::auth::{AuthError, Grant, Issuer, Scopes, SubjectId};
use crate::clock::Clock;
use crate::database::Database;
use crate::database::tests::{embedded, served};
use crate::limits::Plan;

const TEN_MINUTES: Duration = Duration::from_secs(600);

fn grant(lifetime: Duration) -> Grant {
    Grant {
        tenant: "harbour".to_owned(),
        kind: TenantKind::Supplier,
        subject: SubjectId::Tool,
        scopes: Scopes::NONE,
        plan: Plan::Standard,
        lifetime,
        session: None,
    }
}

fn published(issuer: &Issuer) -> Vec<String> {
    let keys = issuer.jwks()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The key that a token names.
fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

fn is_unknown(outcome: &Result<crate::auth::Claims, AuthError>) -> bool {
    matches!(outcome, Err(AuthError::Invalid("key")))
}

async fn node(database: &Database, clock: &Clock) -> Issuer {
    Issuer::open(&database.read, &database.write, "lodgate", clock.clone()).await.unwrap()
}

async fn keys_are_rotated_with_an_overlap((database, _folder): (Database, tempfile::TempDir)) {
    let clock = Clock::default();
    let (a, b) = (node(&database, &clock).await, node(&database, &clock).await);
    let cursors = a.cursor_key();
    clock.advance(TimeDelta::minutes(1));
    let new = rotate(&database.write, clock.now(), TEN_MINUTES).await.unwrap();
    for node in [&a, &b] {
        node.reload().await;
        assert_eq!(published(node), [FIRST_KEY, &new.kid], "published long before it signs");
        assert_eq!(kid(&node.sign(&grant(MAX_SERVED)).unwrap()), FIRST_KEY);
    }
    clock.advance(TimeDelta::seconds(599));
    let last_of_old = a.sign(&grant(MAX_SERVED)).unwrap();
    clock.advance(TimeDelta::seconds(1));
    let first_of_new = a.sign(&grant(MAX_SERVED)).unwrap();
    assert_eq!((kid(&last_of_old), kid(&first_of_new)), (FIRST_KEY.to_owned(), new.kid.clone()));
    for token in [&last_of_old, &first_of_new] {
        b.verify(token).unwrap();
    }
    // To its last second, and with the leeway for clocks.
    clock.advance(TimeDelta::seconds(3_599));
    b.verify(&last_of_old).unwrap();
    assert_eq!(published(&b).len(), 2);
    clock.advance(TimeDelta::minutes(3));
    assert_eq!(published(&b), [new.kid.as_str()], "without anybody's doing");
    assert!(is_unknown(&b.verify(&last_of_old)));

    let late = node(&database, &clock).await;
    assert_eq!((published(&late), late.cursor_key()), (vec![new.kid], cursors), "cursors go on");
}

#[tokio::test]
async fn keys_are_rotated_with_an_overlap_on_sqlite() {
    keys_are_rotated_with_an_overlap(embedded().await).await;
}

#[tokio::test]
async fn keys_are_rotated_with_an_overlap_on_postgres() {
    keys_are_rotated_with_an_overlap(served().await).await;
}

async fn a_leaked_key_is_refused_at_once((database, _folder): (Database, tempfile::TempDir)) {
    let clock = Clock::default();
    let issuer = node(&database, &clock).await;
    let stolen = issuer.sign(&grant(MAX_SERVED)).unwrap();
    clock.advance(TimeDelta::minutes(1));
    let refused = retire(&database.write, FIRST_KEY, clock.now()).await;
    assert!(matches!(refused, Err(KeyError::Last(_))), "{refused:?}");
    let new = rotate(&database.write, clock.now(), TEN_MINUTES).await.unwrap();
    let refused = retire(&database.write, &new.kid, clock.now()).await.map(|_| ());
    assert!(matches!(refused, Err(KeyError::Last(_))), "the old one is on its way out: {refused:?}");
    retire(&database.write, FIRST_KEY, clock.now()).await.unwrap();
    issuer.reload().await;
    assert!(is_unknown(&issuer.verify(&stolen)));
    let token = issuer.sign(&grant(MAX_SERVED)).unwrap();
    assert_eq!(kid(&token), new.kid, "no other is left, so it does not wait");
    issuer.verify(&token).unwrap();
    for gone in [FIRST_KEY, "nothing", CURSORS] {
        let refused = retire(&database.write, gone, clock.now()).await;
        assert!(matches!(refused, Err(KeyError::Unknown(_))), "{gone}");
    }
}

#[tokio::test]
async fn a_leaked_key_is_refused_at_once_on_sqlite() {
    a_leaked_key_is_refused_at_once(embedded().await).await;
}

#[tokio::test]
async fn a_leaked_key_is_refused_at_once_on_postgres() {
    a_leaked_key_is_refused_at_once(served().await).await;
}

#[tokio::test]
async fn a_key_stays_as_long_as_its_longest_token() {
    let (database, _folder) = embedded().await;
    let clock = Clock::default();
    let issuer = node(&database, &clock).await;
    let week = Duration::from_secs(604_800);
    let end = |days| clock.now() + TimeDelta::days(days);
    // One before the rotation, one after it and before the new key signs.
    let (first, first_end) = (issuer.sign(&grant(week)).unwrap(), end(7));
    keep_until(&database.write, FIRST_KEY, first_end, clock.now()).await.unwrap();
    rotate(&database.write, clock.now(), TEN_MINUTES).await.unwrap();
    let retires = async || list(&database.read, clock.now()).await.unwrap()[0].0.retired_at.unwrap();
    assert_eq!(retires().await, first_end + MARGIN);
    clock.advance(TimeDelta::minutes(9));
    issuer.reload().await;
    let (second, second_end) = (issuer.sign(&grant(week)).unwrap(), end(7));
    assert_eq!(kid(&second), FIRST_KEY);
    keep_until(&database.write, FIRST_KEY, second_end, clock.now()).await.unwrap();
    assert_eq!(retires().await, second_end + MARGIN);

    clock.advance(TimeDelta::days(7) - TimeDelta::minutes(5));
    issuer.reload().await;
    issuer.verify(&second).unwrap();
    assert!(matches!(issuer.verify(&first), Err(AuthError::Expired)));
    clock.advance(TimeDelta::minutes(10));
    assert_eq!(published(&issuer).len(), 1);
    let late = keep_until(&database.write, FIRST_KEY, end(7), clock.now()).await;
    assert!(matches!(late, Err(KeyError::Unknown(_))), "what is retired is not brought back");
}

#[tokio::test]
async fn a_second_rotation_keeps_what_the_first_one_promised() {
    let (database, _folder) = embedded().await;
    let clock = Clock::default();
    let issuer = node(&database, &clock).await;
    let leaked = rotate(&database.write, clock.now(), TEN_MINUTES).await.unwrap();
    clock.advance(TimeDelta::minutes(5));
    let new = rotate(&database.write, clock.now(), TEN_MINUTES).await.unwrap();
    retire(&database.write, &leaked.kid, clock.now()).await.unwrap();
    issuer.reload().await;
    clock.advance(TimeDelta::minutes(9));
    let token = issuer.sign(&grant(MAX_SERVED)).unwrap();
    assert_eq!(kid(&token), FIRST_KEY, "the first one signs on until the last one does");
    clock.advance(TimeDelta::minutes(59));
    issuer.verify(&token).unwrap();
    assert_eq!(kid(&issuer.sign(&grant(MAX_SERVED)).unwrap()), new.kid);
}

#[tokio::test]
async fn a_node_looks_for_an_unknown_key_but_not_for_every_one() {
    let (database, _folder) = embedded().await;
    let clock = Clock::default();
    let (a, b) = (node(&database, &clock).await, node(&database, &clock).await);
    clock.advance(TimeDelta::minutes(1));
    rotate(&database.write, clock.now(), Duration::from_secs(1)).await.unwrap();
    clock.advance(TimeDelta::seconds(2));
    a.reload().await;
    let token = a.sign(&grant(MAX_SERVED)).unwrap();
    assert!(is_unknown(&b.verify(&token)), "not loaded yet");
    b.verify_or_reload(&token).await.unwrap();

    // It has just looked: the next name that is made up costs nothing, also when it is a real one.
    rotate(&database.write, clock.now(), Duration::from_secs(1)).await.unwrap();
    a.reload().await;
    clock.advance(TimeDelta::seconds(2));
    a.reload().await;
    let token = a.sign(&grant(MAX_SERVED)).unwrap();
    clock.advance(TimeDelta::seconds(-2));
    assert!(is_unknown(&b.verify_or_reload(&token).await));
    clock.advance(TimeDelta::seconds(2));
    b.verify_or_reload(&token).await.unwrap();
}

#[tokio::test]
async fn without_the_database_the_known_keys_hold() {
    let (database, _folder) = embedded().await;
    let clock = Clock::default();
    let issuer = node(&database, &clock).await;
    let token = issuer.sign(&grant(MAX_SERVED)).unwrap();
    database.write.execute_unprepared("ALTER TABLE signing_keys RENAME TO elsewhere").await.unwrap();
    clock.advance(TimeDelta::seconds(2));
    issuer.reload().await;
    issuer.verify(&token).unwrap();
    issuer.sign(&grant(MAX_SERVED)).unwrap();
}

#[tokio::test]
async fn cursors_of_earlier_versions_go_on() {
    let (database, _folder) = embedded().await;
    let now = Clock::default().now();
    insert_first(&database.write, now).await.unwrap();
    let key = in_use(&database.read, now).await.unwrap().remove(0);
    assert_eq!(cursor_secret(&database.write, now).await.unwrap(), derived(&key.private_key));
    let (other, _other_folder) = embedded().await;
    assert_ne!(cursor_secret(&other.write, now).await.unwrap(), derived(&key.private_key));
}

#[tokio::test]
async fn no_log_line_shows_a_private_key() {
    let (database, _folder) = embedded().await;
    let issuer = node(&database, &Clock::default()).await;
    let now = Clock::default().now();
    let key = rotate(&database.write, now, TEN_MINUTES).await.unwrap();
    let bytes = format!("{:?}", key.private_key);
    let shown = format!("{issuer:?} {key:?} {:?}", list(&database.read, now).await.unwrap());
    assert!(!shown.contains(bytes.trim_matches(['[', ']'])) && !shown.contains("private"), "{shown}");
}
