//! Which requests does the server understand?

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
    middleware,
    routing::{delete, get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    desk::{BASE, Desk, attend},
    refusal::Refusal,
    rows::{CommentInput, NoteInput, PostInput, UserEdit, UserInput},
    world::{PostsAsked, SearchAsked, UsersAsked},
};

type Shared = State<Arc<Desk>>;
type Answer<T> = Result<T, Refusal>;
type Body<T> = Result<Json<T>, JsonRejection>;
type Asked<T> = Result<Query<T>, QueryRejection>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodAsked {
    period: Option<String>,
}

/// Returns all routes, under `/api`.
pub(super) fn routes(desk: &Arc<Desk>) -> Router {
    let routes = Router::new()
        .route("/users", get(users).post(create_user))
        .route("/users/{id}", get(user).patch(update_user).delete(delete_user))
        .route("/users/{id}/posts", get(posts_of))
        .route("/users/{id}/stats", get(stats))
        .route("/users/{id}/follow", post(follow))
        .route("/me", get(me))
        .route("/search", get(search))
        .route("/posts", get(posts).post(create_post))
        .route("/posts/{id}", get(one_post).put(replace_post).delete(delete_post))
        .route("/posts/{id}/comments", get(comments).post(create_comment))
        .route("/comments/{id}", delete(delete_comment))
        .route("/notes", get(notes).post(create_note))
        .route("/notes/{id}", get(note).patch(update_note).delete(delete_note));
    Router::new()
        .nest(BASE, routes)
        .layer(middleware::from_fn_with_state(desk.clone(), attend))
        .with_state(desk.clone())
}

fn read<T>(body: Body<T>) -> Answer<T> {
    body.map(|Json(value)| value).map_err(|error| Refusal::unreadable(error.body_text()))
}

fn asked<T>(query: Asked<T>) -> Answer<T> {
    query.map(|Query(value)| value).map_err(|error| Refusal::unreadable(error.body_text()))
}

fn as_json<T: Serialize>(row: T) -> Json<Value> {
    Json(json!(row))
}

async fn users(State(desk): Shared, query: Asked<UsersAsked>) -> Answer<Json<Value>> {
    desk.world().users(&asked(query)?).map(Json)
}

async fn create_user(State(desk): Shared, body: Body<UserInput>) -> Answer<(StatusCode, Json<Value>)> {
    Ok((StatusCode::CREATED, as_json(desk.world().create_user(read(body)?)?)))
}

async fn user(State(desk): Shared, Path(id): Path<String>) -> Answer<Json<Value>> {
    desk.world().user(&id).map(as_json)
}

async fn update_user(State(desk): Shared, Path(id): Path<String>, body: Body<UserEdit>) -> Answer<Json<Value>> {
    desk.world().update_user(&id, read(body)?).map(as_json)
}

async fn delete_user(State(desk): Shared, Path(id): Path<String>) -> Answer<StatusCode> {
    desk.world().delete_user(&id).map(|()| StatusCode::NO_CONTENT)
}

async fn posts_of(State(desk): Shared, Path(id): Path<String>) -> Answer<Json<Value>> {
    desk.world().posts_of(&id).map(Json)
}

async fn stats(State(desk): Shared, Path(id): Path<String>, query: Asked<PeriodAsked>) -> Answer<Json<Value>> {
    let period = asked(query)?.period;
    desk.world().stats(&id, period.as_deref().unwrap_or("week")).map(Json)
}

async fn follow(State(desk): Shared, Path(id): Path<String>) -> Answer<Json<Value>> {
    desk.world().follow(&id).map(as_json)
}

async fn me(State(desk): Shared) -> Answer<Json<Value>> {
    desk.world().user("u1").map(as_json)
}

async fn search(State(desk): Shared, query: Asked<SearchAsked>) -> Answer<Json<Value>> {
    Ok(Json(desk.world().search(&asked(query)?)))
}

async fn posts(State(desk): Shared, query: Asked<PostsAsked>) -> Answer<Json<Value>> {
    desk.world().posts(&asked(query)?).map(Json)
}

async fn create_post(State(desk): Shared, body: Body<PostInput>) -> Answer<(StatusCode, Json<Value>)> {
    Ok((StatusCode::CREATED, as_json(desk.world().create_post(read(body)?)?)))
}

async fn one_post(State(desk): Shared, Path(id): Path<String>) -> Answer<Json<Value>> {
    desk.world().post(&id).map(as_json)
}

async fn replace_post(State(desk): Shared, Path(id): Path<String>, body: Body<PostInput>) -> Answer<Json<Value>> {
    desk.world().replace_post(&id, read(body)?).map(as_json)
}

async fn delete_post(State(desk): Shared, Path(id): Path<String>) -> Answer<StatusCode> {
    desk.world().delete_post(&id).map(|()| StatusCode::NO_CONTENT)
}

async fn comments(State(desk): Shared, Path(post): Path<String>) -> Answer<Json<Value>> {
    desk.world().comments(&post).map(as_json)
}

async fn create_comment(
    State(desk): Shared,
    Path(post): Path<String>,
    body: Body<CommentInput>,
) -> Answer<(StatusCode, Json<Value>)> {
    Ok((StatusCode::CREATED, as_json(desk.world().create_comment(&post, read(body)?)?)))
}

async fn delete_comment(State(desk): Shared, Path(id): Path<String>) -> Answer<StatusCode> {
    desk.world().delete_comment(&id).map(|()| StatusCode::NO_CONTENT)
}

async fn notes(State(desk): Shared) -> Json<Value> {
    as_json(desk.world().notes())
}

async fn create_note(State(desk): Shared, body: Body<NoteInput>) -> Answer<(StatusCode, Json<Value>)> {
    Ok((StatusCode::CREATED, as_json(desk.world().create_note(read(body)?)?)))
}

async fn note(State(desk): Shared, Path(id): Path<i64>) -> Answer<Json<Value>> {
    desk.world().note(id).map(as_json)
}

async fn update_note(State(desk): Shared, Path(id): Path<i64>, body: Body<NoteInput>) -> Answer<Json<Value>> {
    desk.world().update_note(id, read(body)?).map(as_json)
}

async fn delete_note(State(desk): Shared, Path(id): Path<i64>) -> Answer<StatusCode> {
    desk.world().delete_note(id).map(|()| StatusCode::NO_CONTENT)
}
