//! Chapter 13: does a resource that is declared on its own struct behave like one of the schema?

use super::stage::{Chapter, Stage, list, shows};
use crate::notes::{
    NewNote, Note, NoteKeys, NoteListParams, NotePatch, UpdateNote, use_create_note, use_delete_note, use_note,
    use_notes, use_update_note,
};

fn shown(note: &Note) -> String {
    format!("{} ({})", note.text, if note.done { "done" } else { "open" })
}

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    stage.step("Opens the notes, and one of them: it is in the list, so nothing is asked for");
    let notes = use_notes(&stage.client, NoteListParams::default());
    notes.settled().await;
    stage.check("key", NoteKeys::detail(&2).to_string(), r#"["directory","notes","detail",2]"#);
    stage.check("notes", list(&notes.current()), "Water the birch, Call Ada");
    let call = use_note(&stage.client, 2);
    stage.check("note 2", call.current().data.as_deref().map(shown), Some("Call Ada (open)".to_owned()));
    stage.check_asked("GET /notes/2", 0);

    stage.step("Writes a note and ticks note 2 off; the server takes its time with both");
    let (posts, patches) = (stage.server.hold("POST /notes"), stage.server.hold("PATCH /notes/{id}"));
    let creates = use_create_note(&stage.client).mutate(NewNote::new("Fell the ash"));
    let patch = NotePatch::new().done(true);
    let updates = use_update_note(&stage.client).mutate(UpdateNote { id: 2, patch });
    stage.check("notes", list(&notes.current()).contains("Fell the ash"), true);
    stage.check("note 2", call.current().data.as_deref().map(shown), Some("Call Ada (done)".to_owned()));
    let temporary = notes.current().data.map(|page| page.items.iter().filter(|note| note.id < 0).count());
    stage.check("notes with a temporary id", temporary, Some(1));

    stage.step("The server answers");
    posts.let_go();
    patches.let_go();
    stage.check("its id", creates.await?.id, 3);
    updates.await?;
    let result = shows(&notes, |result| !result.is_fetching() && !result.is_optimistic).await;
    stage.check("notes", list(&result), "Water the birch, Call Ada, Fell the ash");

    stage.step("Deletes note 1, and writes one without a text, which the server refuses");
    let deletes = use_delete_note(&stage.client).mutate(1);
    stage.check("notes", list(&notes.current()), "Call Ada, Fell the ash");
    deletes.await?;
    let refused = use_create_note(&stage.client).mutate(NewNote::new(" ")).await.err();
    let body = refused.as_ref().and_then(|error| error.body::<crate::api::ApiError>());
    stage.check("body", body.map(|body| body.message.clone()), Some("text must not be empty".to_owned()));
    let result = shows(&notes, |result| !result.is_fetching() && !result.is_optimistic).await;
    stage.check("notes", list(&result), "Call Ada, Fell the ash");
    stage.close();
    Ok(())
}
