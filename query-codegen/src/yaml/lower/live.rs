//! How are live updates and the outbox of a resource read?

use crate::{
    diagnostics::Diagnostic,
    model::{Conflict, Offline, Realtime, RealtimeAction},
    origin::Spanned,
    suggest,
    yaml::{
        lower::{
            Lower,
            section::{Section, Switch},
        },
        node::{Kind, Node, shorten},
    },
};

pub(super) const REALTIME: Section = Section {
    what: "`realtime`",
    keys: &["channel", "tag", "payload", "messages"],
    below: &[],
    form: "write `realtime: { channel: wss://…, messages: { USER_CREATED: create } }`",
};

pub(super) const DELETE: Section =
    Section { what: "a message that deletes", keys: &["delete"], below: &[], form: ACTION_FORM };

pub(super) const BULK: Section =
    Section { what: "a message that changes many rows", keys: &["bulk", "id", "patch"], below: &[], form: ACTION_FORM };

pub(super) const OFFLINE: Section = Section {
    what: "`offline`",
    keys: &["queue", "order", "max_age", "max_len", "conflict"],
    below: &[("offline.conflict", &["strategy", "by", "on_both_changed", "fn"])],
    form: "write `offline: true`, or `offline: { queue: true, order: per_entity }`",
};

pub(super) const CONFLICT: Section = Section {
    what: "`conflict`",
    keys: &["strategy", "by", "on_both_changed", "fn"],
    below: &[],
    form: "write `conflict: server_wins`, or `conflict: { strategy: last_write_wins, by: updated_at }`",
};

/// What a message can do.
const ACTIONS: [&str; 5] = ["create", "update", "delete", "bulk", "invalidate"];

const ACTION_FORM: &str =
    "write `create`, `update`, `invalidate`, `{ delete: id }` or `{ bulk: updates, id: id, patch: data }`";

impl Lower<'_> {
    /// Reads live updates.
    pub(crate) fn realtime(&mut self, node: &Node) -> Option<Spanned<Realtime>> {
        let fields = self.section(node, &REALTIME)?;
        let mut realtime = Realtime {
            channel: self.maybe_text(fields.get("channel")),
            tag: self.maybe_text(fields.get("tag")),
            payload: self.maybe_text(fields.get("payload")),
            messages: Vec::new(),
        };
        let form = "write `messages: { USER_CREATED: create }`";
        for entry in self.entries(fields.get("messages"), form) {
            if let Some(action) = self.action(&entry.value) {
                let name = Spanned::new(entry.key.clone(), entry.value.key_origin());
                realtime.messages.push((name, action));
            }
        }
        Some(Spanned::new(realtime, node.key_origin()))
    }

    fn action(&mut self, node: &Node) -> Option<Spanned<RealtimeAction>> {
        let action = match &node.kind {
            Kind::Text(word) => match word.as_str() {
                "create" => RealtimeAction::Create,
                "update" => RealtimeAction::Update,
                "delete" => RealtimeAction::Delete(None),
                "invalidate" => RealtimeAction::Invalidate,
                _ => {
                    self.unknown_action(word, node);
                    return None;
                }
            },
            Kind::Map(entries) if node.get("delete").is_some() && entries.len() == 1 => {
                let fields = self.section(node, &DELETE)?;
                RealtimeAction::Delete(self.maybe_text(fields.get("delete")))
            }
            Kind::Map(_) if node.get("bulk").is_some() => {
                let fields = self.section(node, &BULK)?;
                RealtimeAction::Bulk {
                    items: self.maybe_text(fields.get("bulk"))?,
                    id: self.maybe_text(fields.get("id")),
                    patch: self.maybe_text(fields.get("patch")),
                }
            }
            Kind::Map(entries) => {
                let word = entries.first().map_or("{}", |entry| entry.key.as_str());
                self.unknown_action(word, node);
                return None;
            }
            _ => {
                self.wrong_kind(node, "an action", ACTION_FORM);
                return None;
            }
        };
        Some(Spanned::new(action, node.origin()))
    }

    fn unknown_action(&mut self, word: &str, node: &Node) {
        let message = format!("unknown action `{}`", shorten(word));
        let help = match suggest::nearest(word, ACTIONS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => ACTION_FORM.to_owned(),
        };
        self.report(Diagnostic::error(801, message, &node.origin()).help(help));
    }

    /// Reads the outbox.
    pub(crate) fn offline(&mut self, node: &Node) -> Option<Spanned<Offline>> {
        let switch = self.switch(Some(node), &OFFLINE);
        let queue = match (&switch, switch.get("queue")) {
            (_, Some(queue)) => self.boolean(queue)?,
            (Switch::Off | Switch::On, None) => Spanned::new(switch.is_on(), node.origin()),
            (Switch::Map(_), None) => Spanned::new(true, node.key_origin()),
        };
        let words = [("per_entity", "per_entity"), ("global", "global"), ("none", "none")];
        let order = switch.get("order").and_then(|node| self.word(node, &words, 106));
        let offline = Offline {
            queue,
            order: order.map(|word| Spanned::new(word.value.to_owned(), word.origin)),
            max_age: switch.get("max_age").and_then(|node| self.span(node)),
            max_len: switch.get("max_len").and_then(|node| self.integer(node, "write `max_len: 1000`")),
            conflict: switch.get("conflict").and_then(|node| self.conflict(node)),
        };
        Some(Spanned::new(offline, node.key_origin()))
    }

    fn conflict(&mut self, node: &Node) -> Option<Spanned<Conflict>> {
        let mut conflict =
            Conflict { strategy: Spanned::default_of(String::new()), by: None, on_both_changed: None, function: None };
        if matches!(node.kind, Kind::Text(_)) {
            conflict.strategy = self.text(node)?;
            return Some(Spanned::new(conflict, node.origin()));
        }
        let fields = self.section(node, &CONFLICT)?;
        conflict.by = self.maybe_text(fields.get("by"));
        let words = [("server", "server"), ("client", "client"), ("ask", "ask")];
        let both = fields.get("on_both_changed").and_then(|node| self.word(node, &words, 106));
        conflict.on_both_changed = both.map(|word| Spanned::new(word.value.to_owned(), word.origin));
        conflict.function = self.maybe_text(fields.get("fn"));
        let Some(strategy) = fields.get("strategy") else {
            self.missing(node, "`conflict` needs `strategy`", "strategy: server_wins");
            return None;
        };
        conflict.strategy = self.text(strategy)?;
        Some(Spanned::new(conflict, node.origin()))
    }
}
