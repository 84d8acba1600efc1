//! What do `realtime(…)` and `offline(…)` say?

use super::{
    cell::{Given, admit},
    code, keyword,
    parse::{Arguments, Dotted, Entry, Head, Literal, Tail, Value, Word},
    value,
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{Conflict, Offline, Realtime, RealtimeAction},
    origin::{Origin, Spanned},
    suggest,
};

/// Reads `realtime(tag = "type", message("USER_CREATED", create))`.
pub(super) fn realtime(given: Given, diagnostics: &mut Diagnostics) -> Option<Spanned<Realtime>> {
    let origin = given.origin();
    let arguments = value::arguments(given, diagnostics)?;
    let mut realtime = Realtime { channel: None, tag: None, payload: None, messages: Vec::new() };
    for given in admit(&keyword::REALTIME, arguments.entries, diagnostics) {
        match given.word.text.as_str() {
            "channel" => realtime.channel = value::string(&given, diagnostics),
            "tag" => realtime.tag = value::string(&given, diagnostics),
            "payload" => realtime.payload = value::string(&given, diagnostics),
            _ => realtime.messages.extend(message(given, diagnostics)),
        }
    }
    Some(Spanned::new(realtime, origin))
}

/// Reads `message("USER_DELETED", delete(id = "id"))`.
fn message(given: Given, diagnostics: &mut Diagnostics) -> Option<(Spanned<String>, Spanned<RealtimeAction>)> {
    let Arguments { entries, span } = value::arguments(given, diagnostics)?;
    let shape = |origin: &Origin, diagnostics: &mut Diagnostics| {
        let message = "a message is a type and what it does";
        let help = "write `message(\"USER_CREATED\", create)`";
        diagnostics.push(Diagnostic::error(code::SHAPE, message, origin).help(help));
    };
    let mut entries = entries.into_iter();
    let name = match entries.next() {
        Some(Entry { head: Head::Literal(Literal { lit: syn::Lit::Str(text), span, .. }), tail: Tail::None }) => {
            Spanned::new(text.value(), Origin::Span(span))
        }
        other => {
            let origin = other.map_or(Origin::Span(span), |entry| entry.origin());
            shape(&origin, diagnostics);
            return None;
        }
    };
    let Some(Entry { head: Head::Word(word), tail }) = entries.next() else {
        shape(&name.origin, diagnostics);
        return None;
    };
    if let Some(extra) = entries.next() {
        shape(&extra.origin(), diagnostics);
    }
    let origin = word.origin();
    let action = action(word, tail, diagnostics)?;
    Some((name, Spanned::new(action, origin)))
}

fn action(word: Word, tail: Tail, diagnostics: &mut Diagnostics) -> Option<RealtimeAction> {
    let simple = match word.text.as_str() {
        "create" => RealtimeAction::Create,
        "update" => RealtimeAction::Update,
        "invalidate" => RealtimeAction::Invalidate,
        "delete" => {
            let mut id = None;
            let entries = value::section(Given { word, tail }, diagnostics)?;
            for given in admit(&keyword::MESSAGE_DELETE, entries, diagnostics) {
                id = value::string(&given, diagnostics);
            }
            return Some(RealtimeAction::Delete(id));
        }
        "bulk" => return bulk(Given { word, tail }, diagnostics),
        other => {
            let legal = keyword::MESSAGE_WORDS.words;
            let message = format!("unknown action `{other}`");
            let help = suggest::help(other, legal.iter().copied());
            diagnostics.push(Diagnostic::error(code::ACTION, message, &word.origin()).maybe_help(help));
            return None;
        }
    };
    let on = value::flag(&Given { word, tail }, diagnostics)?;
    on.value.then_some(simple)
}

fn bulk(given: Given, diagnostics: &mut Diagnostics) -> Option<RealtimeAction> {
    let origin = given.origin();
    let arguments = value::arguments(given, diagnostics)?;
    let (mut items, mut id, mut patch) = (None, None, None);
    for given in admit(&keyword::MESSAGE_BULK, arguments.entries, diagnostics) {
        let wire = value::string(&given, diagnostics);
        match given.word.text.as_str() {
            "items" => items = wire,
            "id" => id = wire,
            _ => patch = wire,
        }
    }
    let Some(items) = items else {
        let help = "write `bulk(items = \"updates\", id = \"id\", patch = \"data\")`";
        diagnostics.push(Diagnostic::error(code::MISSING, "`bulk` needs `items`", &origin).help(help));
        return None;
    };
    Some(RealtimeAction::Bulk { items, id, patch })
}

/// Reads `offline(queue, order = per_entity, max_age = "7d", conflict(server_wins))`.
pub(super) fn offline(given: Given, diagnostics: &mut Diagnostics) -> Option<Spanned<Offline>> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut offline = Offline {
        // Who writes the section wants its queue.
        queue: Spanned::default_of(true),
        order: None,
        max_age: None,
        max_len: None,
        conflict: None,
    };
    for given in admit(&keyword::OFFLINE, entries, diagnostics) {
        match given.word.text.as_str() {
            "queue" => {
                offline.queue = value::flag(&given, diagnostics).unwrap_or(offline.queue);
            }
            "order" => offline.order = value::word(&given, diagnostics),
            "max_age" => offline.max_age = value::span(&given, diagnostics),
            "max_len" => offline.max_len = value::integer(&given, diagnostics),
            _ => offline.conflict = conflict(given, diagnostics),
        }
    }
    Some(Spanned::new(offline, origin))
}

/// Reads `conflict = server_wins` and `conflict(last_write_wins, by = updated_at)`.
fn conflict(given: Given, diagnostics: &mut Diagnostics) -> Option<Spanned<Conflict>> {
    let origin = given.origin();
    if let Tail::Value(Value::Dotted(Dotted { first, rest, arguments: None })) = &given.tail
        && rest.is_empty()
    {
        let strategy = Spanned::new(first.text.clone(), first.origin());
        let conflict = Conflict { strategy, by: None, on_both_changed: None, function: None };
        return Some(Spanned::new(conflict, origin));
    }
    let arguments = value::arguments(given, diagnostics)?;
    let mut entries = arguments.entries.into_iter();
    let Some(Entry { head: Head::Word(word), tail: Tail::None }) = entries.next() else {
        let message = "`conflict` needs a strategy first";
        let help = "write `conflict(last_write_wins, by = updated_at)`";
        let origin = Origin::Span(arguments.span);
        diagnostics.push(Diagnostic::error(code::MISSING, message, &origin).help(help));
        return None;
    };
    let mut conflict = Conflict {
        strategy: Spanned::new(word.text.clone(), word.origin()),
        by: None,
        on_both_changed: None,
        function: None,
    };
    for given in admit(&keyword::CONFLICT, entries.collect(), diagnostics) {
        match given.word.text.as_str() {
            "by" => conflict.by = value::word(&given, diagnostics),
            "on_both_changed" => conflict.on_both_changed = value::word(&given, diagnostics),
            _ => conflict.function = value::string(&given, diagnostics),
        }
    }
    Some(Spanned::new(conflict, origin))
}
