//! Chapter 12: what of rows in a fixed order, of searches that only the server understands, and of rows under others?

use super::stage::{Chapter, Stage, list, shows};
use crate::api::{
    CommentListParams, CreateComment, NewComment, NewPost, PostId, PostListParams, PostReplace, UpdatePost, UserId,
    use_comments, use_create_comment, use_create_post, use_delete_comment, use_delete_post, use_post, use_posts,
    use_update_post,
};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    written(&mut stage).await?;
    comments(&mut stage).await?;
    stage.close();
    Ok(())
}

async fn written(stage: &mut Stage<'_>) -> Chapter {
    stage.step("Opens the newest posts, the drafts of one author, and a search that the server decides");
    let all = use_posts(&stage.client, PostListParams { limit: 3, ..PostListParams::default() });
    let drafts =
        PostListParams { author: Some(UserId::from("u2")), published: Some(false), ..PostListParams::default() };
    let drafts = use_posts(&stage.client, drafts);
    let searched = PostListParams { q: Some("caches".to_owned()), limit: 2, ..PostListParams::default() };
    let searched = use_posts(&stage.client, searched);
    all.settled().await;
    drafts.settled().await;
    searched.settled().await;
    stage.check("newest", list(&all.current()), "Post 23, Post 22, Post 21");
    stage.check("drafts of Alan", list(&drafts.current()), "Post 21, Post 6");
    stage.check("search `caches`", list(&searched.current()), "Post 22, Post 20");

    stage.step("Alan writes a draft; the server takes its time");
    let hold = stage.server.hold("POST /posts");
    let new = NewPost::new(UserId::from("u2"), "On caches", "All about caches.");
    let creates = use_create_post(&stage.client).mutate(new);
    stage.check("newest", list(&all.current()), "On caches, Post 23, Post 22");
    stage.check("drafts of Alan", list(&drafts.current()), "On caches, Post 21, Post 6");
    stage.check("search: only the server can tell", list(&searched.current()), "Post 22, Post 20");

    stage.step("The server answers: the search is fetched again, as it may hold the new post");
    hold.let_go();
    let post = creates.await?;
    let result = shows(&searched, |result| list(result).contains("On caches")).await;
    stage.check("search", list(&result), "On caches, Post 22");

    stage.step("Publishes it, by replacing it whole (`body: full`)");
    let hold = stage.server.hold("PUT /posts/{id}");
    let page = use_post(&stage.client, post.id.clone());
    page.settled().await;
    let row = PostReplace::from(&*post).published(true);
    let updates = use_update_post(&stage.client).mutate(UpdatePost { id: post.id.clone(), row });
    stage.check("its page", page.current().data.map(|post| post.published), Some(true));
    stage.check("drafts of Alan", list(&drafts.current()), "Post 21, Post 6");
    hold.let_go();
    updates.await?;
    stage.check("drafts of Alan", list(&drafts.current()), "Post 21, Post 6");

    stage.step("Deletes it");
    let hold = stage.server.hold("DELETE /posts/{id}");
    let deletes = use_delete_post(&stage.client).mutate(post.id.clone());
    stage.check("newest", list(&all.current()).contains("On caches"), false);
    stage.check("its page has data", page.current().data.is_some(), false);
    hold.let_go();
    deletes.await?;
    stage.check("its page is gone", page.current().is_gone, true);
    stage.check("newest", list(&all.current()).contains("On caches"), false);
    Ok(())
}

async fn comments(stage: &mut Stage<'_>) -> Chapter {
    stage.step("Opens the comments to two posts");
    let to = |post: &str| CommentListParams::new(PostId::from(post));
    let (first, second) = (use_comments(&stage.client, to("p1")), use_comments(&stage.client, to("p2")));
    first.settled().await;
    second.settled().await;
    stage.check("to post 1", list(&first.current()), "Comment 1, Comment 2, Comment 4");
    stage.check("to post 2", list(&second.current()), "Comment 3");

    stage.step("Says something to post 1; the server takes its time");
    let hold = stage.server.hold("POST /posts/{id}/comments");
    let said = CreateComment { post_id: PostId::from("p1"), input: NewComment::new("Well said") };
    let creates = use_create_comment(&stage.client).mutate(said);
    stage.check("to post 1", list(&first.current()), "Comment 1, Comment 2, Comment 4, Well said");
    stage.check("to post 2", list(&second.current()), "Comment 3");

    stage.step("and takes it back before the server has answered: the second request waits for the first one's id");
    let temporary = first.current().data.and_then(|page| page.items.last().map(|comment| comment.id.clone()));
    let temporary = temporary.ok_or("the comment is not there")?;
    let deletes = use_delete_comment(&stage.client).mutate(temporary);
    stage.check("to post 1", list(&first.current()), "Comment 1, Comment 2, Comment 4");
    stage.server.arrived("POST /posts/{id}/comments", 1).await;
    stage.check("requests to delete", stage.server.count("DELETE /comments/{id}"), 0);
    hold.let_go();
    let comment = creates.await?;
    deletes.await?;
    let asked = format!("DELETE /comments/{}", comment.id);
    stage.check_asked(&asked, 1);
    stage.check("to post 1", list(&first.current()), "Comment 1, Comment 2, Comment 4");
    Ok(())
}
