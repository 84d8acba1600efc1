//! What happens to the rows: pages, searches, filters, orders, validation.

use std::cmp::Ordering;

use query_runtime::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    refusal::Refusal,
    rows::{self, CommentInput, CommentRow, NoteInput, NoteRow, PostInput, PostRow, UserEdit, UserInput, UserRow},
};

/// What a list of users is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UsersAsked {
    search: Option<String>,
    role: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    page: Option<usize>,
    limit: Option<usize>,
}

/// What a list of posts is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PostsAsked {
    author: Option<String>,
    published: Option<bool>,
    q: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// What the search over everything is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchAsked {
    q: String,
    kind: Option<String>,
}

/// The rows.
#[derive(Debug)]
pub(super) struct World {
    users: Vec<UserRow>,
    posts: Vec<PostRow>,
    comments: Vec<CommentRow>,
    notes: Vec<NoteRow>,
    /// Grows with each write, so that each row's times and id are its own.
    ticks: i64,
}

/// A change, or a refusal that changes nothing.
type Outcome<T> = Result<T, Refusal>;

impl Default for World {
    fn default() -> Self {
        Self { users: rows::users(), posts: rows::posts(), comments: rows::comments(), notes: rows::notes(), ticks: 0 }
    }
}

fn has(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

fn check_text(what: &str, text: &str, most: usize) -> Outcome<()> {
    match text.trim().chars().count() {
        0 => Err(Refusal::invalid(format!("{what} must not be empty"))),
        count if count > most => Err(Refusal::invalid(format!("{what} must have at most {most} letters"))),
        _ => Ok(()),
    }
}

fn check_role(role: &str) -> Outcome<()> {
    if ["admin", "editor", "viewer"].contains(&role) {
        Ok(())
    } else {
        Err(Refusal::invalid(format!("there is no role `{role}`")))
    }
}

impl World {
    fn tick(&mut self) -> DateTime {
        self.ticks += 1;
        rows::at(366 * 86_400 + self.ticks)
    }

    // ===== users =====

    /// Returns a page of users, with the total and whether more follow.
    ///
    /// # Errors
    ///
    /// The page, its size or the order is none.
    pub(super) fn users(&self, asked: &UsersAsked) -> Outcome<Value> {
        let mut found: Vec<&UserRow> = self
            .users
            .iter()
            .filter(|user| asked.role.as_ref().is_none_or(|role| *role == user.role))
            .filter(|user| asked.search.as_ref().is_none_or(|part| has(&user.name, part) || has(&user.email, part)))
            .collect();
        let order: fn(&UserRow, &UserRow) -> Ordering = match asked.sort_by.as_deref() {
            None | Some("name") => |a, b| a.name.cmp(&b.name),
            Some("created") => |a, b| a.created_at.cmp(&b.created_at),
            Some("active") => |a, b| a.last_active.cmp(&b.last_active),
            Some(other) => return Err(Refusal::unreadable(format!("no order by `{other}`"))),
        };
        found.sort_by(|a, b| order(a, b));
        match asked.sort_order.as_deref() {
            None | Some("asc") => {}
            Some("desc") => found.reverse(),
            Some(other) => return Err(Refusal::unreadable(format!("no direction `{other}`"))),
        }
        let (page, limit) = (asked.page.unwrap_or(1), asked.limit.unwrap_or(20));
        if page == 0 || !(1..=100).contains(&limit) {
            return Err(Refusal::unreadable("pages begin at 1 and hold 1 to 100 rows"));
        }
        let total = found.len();
        let shown: Vec<&UserRow> = found.into_iter().skip((page - 1) * limit).take(limit).collect();
        Ok(json!({ "users": shown, "total": total, "hasMore": page * limit < total, "page": page }))
    }

    /// Returns a user.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn user(&self, id: &str) -> Outcome<&UserRow> {
        self.users.iter().find(|user| user.id == id).ok_or_else(|| Refusal::missing("user", id))
    }

    fn user_mut(&mut self, id: &str) -> Outcome<&mut UserRow> {
        self.users.iter_mut().find(|user| user.id == id).ok_or_else(|| Refusal::missing("user", id))
    }

    /// Creates a user.
    ///
    /// # Errors
    ///
    /// A value is not allowed.
    pub(super) fn create_user(&mut self, input: UserInput) -> Outcome<UserRow> {
        check_text("name", &input.name, 80)?;
        check_role(&input.role)?;
        if !input.email.contains('@') {
            return Err(Refusal::invalid("email needs an `@`"));
        }
        let now = self.tick();
        let user = UserRow {
            id: format!("u{}", 1000 + self.ticks),
            name: input.name,
            email: input.email,
            role: input.role,
            bio: input.bio,
            last_active: now,
            created_at: now,
            updated_at: now,
            followers: 0,
        };
        self.users.push(user.clone());
        Ok(user)
    }

    /// Changes a user.
    ///
    /// # Errors
    ///
    /// There is none, or a value is not allowed.
    pub(super) fn update_user(&mut self, id: &str, edit: UserEdit) -> Outcome<UserRow> {
        if let Some(name) = &edit.name {
            check_text("name", name, 80)?;
        }
        if let Some(role) = &edit.role {
            check_role(role)?;
        }
        let now = self.tick();
        let user = self.user_mut(id)?;
        if let Some(name) = edit.name {
            user.name = name;
        }
        if let Some(email) = edit.email {
            user.email = email;
        }
        if let Some(role) = edit.role {
            user.role = role;
        }
        if let Some(bio) = edit.bio {
            user.bio = Some(bio);
        }
        user.updated_at = now;
        Ok(user.clone())
    }

    /// Deletes a user, and what the user has written.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn delete_user(&mut self, id: &str) -> Outcome<()> {
        self.user(id)?;
        self.users.retain(|user| user.id != id);
        self.posts.retain(|post| post.author_id != id);
        Ok(())
    }

    /// Follows a user.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn follow(&mut self, id: &str) -> Outcome<UserRow> {
        let user = self.user_mut(id)?;
        user.followers += 1;
        Ok(user.clone())
    }

    /// Returns the counters of a user.
    ///
    /// # Errors
    ///
    /// There is no such user, or period.
    pub(super) fn stats(&self, id: &str, period: &str) -> Outcome<Value> {
        let days = match period {
            "day" => 1,
            "week" => 7,
            "month" => 30,
            other => return Err(Refusal::unreadable(format!("no period `{other}`"))),
        };
        let user = self.user(id)?;
        Ok(json!({ "views": days * 10, "likes": user.followers }))
    }

    /// Returns the published posts of a user and the drafts, newest first.
    ///
    /// # Errors
    ///
    /// There is no such user.
    pub(super) fn posts_of(&self, id: &str) -> Outcome<Value> {
        self.user(id)?;
        let found: Vec<&PostRow> = self.newest().into_iter().filter(|post| post.author_id == id).collect();
        Ok(json!({ "items": found, "nextCursor": null, "prevCursor": null }))
    }

    /// Returns what the search over everything finds.
    pub(super) fn search(&self, asked: &SearchAsked) -> Value {
        let is_wanted = |kind: &str| asked.kind.as_deref().is_none_or(|wanted| wanted == kind);
        let users = self.users.iter().filter(|user| is_wanted("user") && has(&user.name, &asked.q));
        let posts = self.posts.iter().filter(|post| is_wanted("post") && has(&post.title, &asked.q));
        let users = users.map(|user| json!({ "kind": "user", "id": user.id, "title": user.name }));
        let posts = posts.map(|post| json!({ "kind": "post", "id": post.id, "title": post.title }));
        users.chain(posts).collect()
    }

    // ===== posts and comments =====

    fn newest(&self) -> Vec<&PostRow> {
        let mut found: Vec<&PostRow> = self.posts.iter().collect();
        found.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
        found
    }

    /// Returns a page of posts, newest first, with the cursors to both sides.
    ///
    /// A cursor is `after:<id>` or `before:<id>`, of the row next to the page; clients need not know.
    ///
    /// # Errors
    ///
    /// The cursor is none.
    pub(super) fn posts(&self, asked: &PostsAsked) -> Outcome<Value> {
        let found: Vec<&PostRow> = self
            .newest()
            .into_iter()
            .filter(|post| asked.author.as_ref().is_none_or(|author| *author == post.author_id))
            .filter(|post| asked.published.is_none_or(|published| published == post.published))
            .filter(|post| asked.q.as_ref().is_none_or(|part| has(&post.title, part) || has(&post.body, part)))
            .collect();
        let limit = asked.limit.unwrap_or(20).clamp(1, 100);
        let place = |id: &str| found.iter().position(|post| post.id == id);
        let unknown = || Refusal::unreadable("this cursor leads nowhere");
        let first = match asked.after.as_deref().map(|cursor| cursor.split_once(':')) {
            None => 0,
            Some(Some(("after", id))) => place(id).ok_or_else(unknown)? + 1,
            Some(Some(("before", id))) => place(id).ok_or_else(unknown)?.saturating_sub(limit),
            Some(_) => return Err(unknown()),
        };
        let shown: Vec<&PostRow> = found.iter().skip(first).take(limit).copied().collect();
        let next = shown.last().filter(|_| first + limit < found.len()).map(|post| format!("after:{}", post.id));
        let prev = shown.first().filter(|_| first > 0).map(|post| format!("before:{}", post.id));
        Ok(json!({ "items": shown, "nextCursor": next, "prevCursor": prev }))
    }

    /// Returns a post.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn post(&self, id: &str) -> Outcome<&PostRow> {
        self.posts.iter().find(|post| post.id == id).ok_or_else(|| Refusal::missing("post", id))
    }

    /// Creates a post.
    ///
    /// # Errors
    ///
    /// There is no such author, or a value is not allowed.
    pub(super) fn create_post(&mut self, input: PostInput) -> Outcome<PostRow> {
        check_text("title", &input.title, 120)?;
        self.user(&input.author_id)?;
        let created_at = self.tick();
        let PostInput { author_id, title, body, published } = input;
        let post = PostRow { id: format!("p{}", 1000 + self.ticks), author_id, title, body, published, created_at };
        self.posts.push(post.clone());
        Ok(post)
    }

    /// Replaces a post; its author stays.
    ///
    /// # Errors
    ///
    /// There is none, or a value is not allowed.
    pub(super) fn replace_post(&mut self, id: &str, input: PostInput) -> Outcome<PostRow> {
        check_text("title", &input.title, 120)?;
        let found = self.posts.iter_mut().find(|post| post.id == id);
        let post = found.ok_or_else(|| Refusal::missing("post", id))?;
        (post.title, post.body, post.published) = (input.title, input.body, input.published);
        Ok(post.clone())
    }

    /// Deletes a post and its comments.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn delete_post(&mut self, id: &str) -> Outcome<()> {
        self.post(id)?;
        self.posts.retain(|post| post.id != id);
        self.comments.retain(|comment| comment.post_id != id);
        Ok(())
    }

    /// Returns the comments to a post, oldest first.
    ///
    /// # Errors
    ///
    /// There is no such post.
    pub(super) fn comments(&self, post: &str) -> Outcome<Vec<&CommentRow>> {
        self.post(post)?;
        Ok(self.comments.iter().filter(|comment| comment.post_id == post).collect())
    }

    /// Adds a comment to a post.
    ///
    /// # Errors
    ///
    /// There is no such post, or the text is empty.
    pub(super) fn create_comment(&mut self, post: &str, input: CommentInput) -> Outcome<CommentRow> {
        self.post(post)?;
        check_text("text", &input.text, 1_000)?;
        let created_at = self.tick();
        let id = format!("c{}", 1000 + self.ticks);
        let comment = CommentRow { id, post_id: post.to_owned(), text: input.text, created_at };
        self.comments.push(comment.clone());
        Ok(comment)
    }

    /// Deletes a comment.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn delete_comment(&mut self, id: &str) -> Outcome<()> {
        let place = self.comments.iter().position(|comment| comment.id == id);
        self.comments.remove(place.ok_or_else(|| Refusal::missing("comment", id))?);
        Ok(())
    }

    // ===== notes =====

    /// Returns all notes, by id.
    pub(super) fn notes(&self) -> &[NoteRow] {
        &self.notes
    }

    /// Returns a note.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn note(&self, id: i64) -> Outcome<&NoteRow> {
        let found = self.notes.iter().find(|note| note.id == id);
        found.ok_or_else(|| Refusal::missing("note", &id.to_string()))
    }

    /// Adds a note.
    ///
    /// # Errors
    ///
    /// The text is empty.
    pub(super) fn create_note(&mut self, input: NoteInput) -> Outcome<NoteRow> {
        let text = input.text.unwrap_or_default();
        check_text("text", &text, 200)?;
        let id = self.notes.iter().map(|note| note.id).max().unwrap_or(0) + 1;
        let note = NoteRow { id, text, done: input.done.unwrap_or(false) };
        self.notes.push(note.clone());
        Ok(note)
    }

    /// Changes a note.
    ///
    /// # Errors
    ///
    /// There is none, or the text is empty.
    pub(super) fn update_note(&mut self, id: i64, input: NoteInput) -> Outcome<NoteRow> {
        if let Some(text) = &input.text {
            check_text("text", text, 200)?;
        }
        let found = self.notes.iter_mut().find(|note| note.id == id);
        let note = found.ok_or_else(|| Refusal::missing("note", &id.to_string()))?;
        if let Some(text) = input.text {
            note.text = text;
        }
        if let Some(done) = input.done {
            note.done = done;
        }
        Ok(note.clone())
    }

    /// Deletes a note.
    ///
    /// # Errors
    ///
    /// There is none.
    pub(super) fn delete_note(&mut self, id: i64) -> Outcome<()> {
        self.note(id)?;
        self.notes.retain(|note| note.id != id);
        Ok(())
    }
}
