//! Chapter 10: what is tried again, when, and what is not?

use std::time::Duration;

use query_runtime::{QueryError, RetryPolicy};

use super::stage::{Chapter, Stage, shows};
use crate::{
    api::{NewUser, UserId, create_user_mutation, use_user, user_query},
    server::{Failure, When},
};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    stage.step("The server is overloaded once, and says when to come back: 503, Retry-After: 1");
    let failure = Failure { status: 503, retry_after: Some("1") };
    stage.server.fail("GET /users/u1", When::BeforeWork, 1, failure);
    let begun = tokio::time::Instant::now();
    let ada = use_user(&stage.client, UserId::from("u1"));
    let meanwhile = shows(&ada, |result| result.failure_count == 1).await;
    stage.check("meanwhile: loading, not failed", (meanwhile.is_loading(), meanwhile.is_error()), (true, false));
    let reason = meanwhile.failure_reason.as_ref();
    let told = reason.map(|error| (error.status(), error.retry_after()));
    stage.check("the reason is known", told, Some((Some(503), Some(Duration::from_secs(1)))));
    let result = ada.settled().await;
    stage.check("then", result.data.map(|user| user.name.clone()), Some("Ada Almond".to_owned()));
    stage.check("not before the server asked for it", begun.elapsed() >= Duration::from_secs(1), true);
    stage.check_asked("GET /users/u1", 2);

    stage.step("The server is down for longer than the retries last; what was there stays");
    let failure = Failure { status: 500, retry_after: None };
    stage.server.fail("GET /users/u1", When::BeforeWork, 3, failure);
    let quick = RetryPolicy::default().max(2).delay(|_, _| Duration::ZERO);
    ada.set_options(user_query(UserId::from("u1")).retry(quick.clone()));
    ada.refetch().await;
    let result = ada.current();
    stage.check("name", result.data.as_ref().map(|user| user.name.clone()), Some("Ada Almond".to_owned()));
    stage.check("and an error beside it", result.error.as_ref().and_then(QueryError::status), Some(500));
    stage.check_asked("GET /users/u1", 5);
    ada.refetch().await;
    stage.check("one refetch later", ada.current().is_success(), true);

    stage
        .step("A new user is created, but the answer is lost; the request is sent again with the same idempotency key");
    stage.server.fail("POST /users", When::AfterWork, 1, Failure { status: 503, retry_after: Some("0") });
    let again = quick.when(|_, error| error.status() == Some(503));
    let creates = stage.client.mutation(create_user_mutation().retry(again));
    let ash = creates.mutate(NewUser::new("Ada Ash", "ada.ash@example.org")).await?;
    stage.check("created", ash.name.clone(), "Ada Ash".to_owned());
    stage.check_asked("POST /users", 2);
    stage.check("answered from memory", stage.server.replays(), 1);
    let found = crate::api::UserListParams { search: Some("Ada Ash".to_owned()), ..Default::default() };
    let total = crate::api::use_users(&stage.client, found).settled().await.data.and_then(|page| page.total);
    stage.check("users of that name", total, Some(1));

    stage.step("Without saying so, what is not idempotent is not sent again");
    stage.server.fail("POST /users", When::BeforeWork, 1, Failure { status: 503, retry_after: Some("0") });
    let creates = crate::api::use_create_user(&stage.client);
    let error = creates.mutate(NewUser::new("Ada Elm", "ada.elm@example.org")).await.err();
    stage.check("status", error.as_ref().and_then(QueryError::status), Some(503));
    stage.check_asked("POST /users", 3);
    stage.close();
    Ok(())
}
