//! How are invalidations and other names of cached entries read?

use crate::{
    model::KeyDef,
    origin::Spanned,
    yaml::{key_expr, lower::Lower, node::Node},
};

/// The word for what is not there: `returns: none`, `envelope: none`.
pub(crate) const NONE: &str = "none";

impl Lower<'_> {
    /// Reads the name of cached entries.
    pub(crate) fn key(&mut self, node: &Node) -> Option<Spanned<KeyDef>> {
        let text = self.text(node)?;
        match key_expr::parse(&text, &text.origin) {
            Ok(key) => Some(Spanned::new(key, text.origin)),
            Err(mistake) => {
                self.inside(mistake, &text.origin);
                None
            }
        }
    }

    /// Reads what goes stale.
    pub(crate) fn invalidates(&mut self, node: Option<&Node>) -> Vec<KeyDef> {
        let form = "write `[users.list]`: a list of what goes stale";
        self.list(node, form).iter().filter_map(|item| self.key(item)).map(|key| key.value).collect()
    }
}
