//! How is the wrapping of lists read?

use crate::{
    model::Envelope,
    origin::Spanned,
    yaml::{
        lower::{Lower, section::Section},
        node::Entry,
    },
};

/// What `envelopes` looks like.
pub(crate) const FORM: &str = "write `envelopes: { page: { items: $resource, total: total } }`";

pub(super) const ENVELOPE: Section = Section {
    what: "an envelope",
    keys: &["items", "total", "has_more", "page", "next", "prev"],
    below: &[],
    form: "write `page: { items: $resource, total: total, has_more: hasMore }`",
};

impl Lower<'_> {
    /// Reads one envelope.
    pub(crate) fn envelope(&mut self, entry: &Entry) -> Option<Envelope> {
        let fields = self.section(&entry.value, &ENVELOPE)?;
        Some(Envelope {
            name: Spanned::new(entry.key.clone(), entry.value.key_origin()),
            items: self.maybe_text(fields.get("items")),
            total: self.maybe_text(fields.get("total")),
            has_more: self.maybe_text(fields.get("has_more")),
            page: self.maybe_text(fields.get("page")),
            next: self.maybe_text(fields.get("next")),
            prev: self.maybe_text(fields.get("prev")),
        })
    }
}
