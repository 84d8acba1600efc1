//! Which settings does a query or a mutation end up with, which layer gives each, and how are they written?
//!
//! Layers, lowest first: the runtime's defaults (not written), `api.defaults`, the query's own. The call site is the
//! highest: it sets on the options what it wants.

use std::time::Duration;

use proc_macro2::{Literal as Token, TokenStream};
use quote::quote;

use crate::{
    expand::{context::Cx, ty},
    model::{MutationOptions, NetworkMode, Placeholder, QueryOptions, RefetchWhen, RetryOptions, Span, StatusRange},
    origin::Spanned,
};

/// The runtime's delay before the first retry, where a schema gives only a part of the backoff.
const BACKOFF_BASE: Duration = Duration::from_secs(1);
/// The runtime's growth of the delay.
const BACKOFF_FACTOR: f64 = 2.0;
/// The runtime's longest delay.
const BACKOFF_LONGEST: Duration = Duration::from_secs(30);

/// What a query's settings are for; some make sense for one kind only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryKind {
    /// A page of a list, or a custom query.
    Plain,
    /// An infinite list.
    Infinite,
    /// A row.
    Detail,
}

/// The settings of one query or mutation, resolved.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// The setters: `.stale_time(…)` and so on.
    pub(crate) setters: TokenStream,
    /// What they say, layer by layer.
    own: Vec<String>,
    api: Vec<String>,
}

impl Settings {
    /// Resolves the settings of a query.
    pub(crate) fn of_query(cx: &Cx<'_>, own: &QueryOptions, kind: QueryKind) -> Self {
        let mut settings = Self::default();
        let (api, runtime) = (&cx.schema.api.query, cx.runtime());
        settings.times(own, api);
        settings.retry(&runtime, own.retry.as_ref(), api.retry.as_ref());
        settings.network(&runtime, own.network.as_ref(), api.network.as_ref());
        for (setter, words, own, api) in [
            (quote!(refetch_on_mount), "on mount", &own.on_mount, &api.on_mount),
            (quote!(refetch_on_focus), "on focus", &own.on_focus, &api.on_focus),
            (quote!(refetch_on_reconnect), "on reconnect", &own.on_reconnect, &api.on_reconnect),
        ] {
            settings.set(own.as_ref(), api.as_ref(), |when| {
                let (variant, how) = match when {
                    RefetchWhen::Never => (quote!(Never), "never"),
                    RefetchWhen::Stale => (quote!(Stale), "if stale"),
                    RefetchWhen::Always => (quote!(Always), "always"),
                };
                let setter = quote!(.#setter(#runtime::RefetchWhen::#variant));
                (setter, format!("fetched {how} {words}"))
            });
        }
        settings.set(own.refetch_interval.as_ref(), api.refetch_interval.as_ref(), |every| {
            let duration = ty::duration(*every);
            (quote!(.refetch_interval(#duration)), format!("fetched every {}", length(*every)))
        });
        settings.set(own.placeholder.as_ref(), api.placeholder.as_ref(), |what| match what {
            Placeholder::KeepPrevious => (quote!(.keep_previous()), "shows the previous data meanwhile".to_owned()),
            Placeholder::None => (TokenStream::new(), "shows nothing meanwhile".to_owned()),
        });
        if kind == QueryKind::Infinite {
            settings.set(own.max_pages.as_ref(), api.max_pages.as_ref(), |pages| {
                let number = Token::u32_unsuffixed(*pages);
                (quote!(.max_pages(#number)), format!("keeps {pages} pages"))
            });
        }
        if kind == QueryKind::Detail {
            settings.set(own.from_list.as_ref(), api.from_list.as_ref(), |from_list| {
                if *from_list {
                    (quote!(.from_list()), "begins with the row of a cached list".to_owned())
                } else {
                    (TokenStream::new(), "never begins with the row of a list".to_owned())
                }
            });
        }
        settings
    }

    /// Resolves the settings of a mutation.
    pub(crate) fn of_mutation(cx: &Cx<'_>, own: &MutationOptions) -> Self {
        let mut settings = Self::default();
        let (api, runtime) = (&cx.schema.api.mutation, cx.runtime());
        settings.retry(&runtime, own.retry.as_ref(), api.retry.as_ref());
        settings.network(&runtime, own.network.as_ref(), api.network.as_ref());
        settings
    }

    /// Returns the documentation: a line for each layer that says something.
    pub(crate) fn doc(&self) -> String {
        let mut lines = Vec::new();
        if !self.own.is_empty() {
            lines.push(format!("Defaults of its own: {}.", self.own.join(", ")));
        }
        if !self.api.is_empty() {
            lines.push(format!("Defaults of the API: {}.", self.api.join(", ")));
        }
        lines.push(if lines.is_empty() {
            "Defaults: the client's.".to_owned()
        } else {
            "The client's are below these.".to_owned()
        });
        lines.join(" ")
    }

    /// Takes the value of the highest layer that has one.
    fn set<T>(
        &mut self,
        own: Option<&Spanned<T>>,
        api: Option<&Spanned<T>>,
        write: impl Fn(&T) -> (TokenStream, String),
    ) {
        let (layer, value) = match (own, api) {
            (Some(own), _) => (&mut self.own, own),
            (None, Some(api)) => (&mut self.api, api),
            (None, None) => return,
        };
        let (setter, words) = write(&value.value);
        layer.push(words);
        self.setters.extend(setter);
    }

    fn times(&mut self, own: &QueryOptions, api: &QueryOptions) {
        self.set(own.stale_time.as_ref(), api.stale_time.as_ref(), |time| match time {
            Span::For(time) if time.is_zero() => {
                (quote!(.stale_time(::core::time::Duration::ZERO)), "stale at once".to_owned())
            }
            Span::For(time) => {
                let duration = ty::duration(*time);
                (quote!(.stale_time(#duration)), format!("stale after {}", length(*time)))
            }
            Span::Infinite => (quote!(.stale_forever()), "never stale".to_owned()),
        });
        self.set(own.gc_time.as_ref(), api.gc_time.as_ref(), |time| match time {
            Span::For(time) => {
                let duration = ty::duration(*time);
                let words = format!("dropped {} after its last observer", length(*time));
                (quote!(.gc_time(#duration)), words)
            }
            Span::Infinite => (quote!(.gc_never()), "never dropped".to_owned()),
        });
    }

    fn network(
        &mut self,
        runtime: &TokenStream,
        own: Option<&Spanned<NetworkMode>>,
        api: Option<&Spanned<NetworkMode>>,
    ) {
        self.set(own, api, |mode| {
            let (variant, words) = match mode {
                NetworkMode::Online => (quote!(Online), "waits for the network"),
                NetworkMode::Always => (quote!(Always), "ignores whether there is a network"),
                NetworkMode::OfflineFirst => (quote!(OfflineFirst), "tries once without a network"),
            };
            (quote!(.network(#runtime::NetworkMode::#variant)), words.to_owned())
        });
    }

    /// Merges the layers of a retry policy member by member: a query that says how often keeps the API's backoff.
    fn retry(
        &mut self,
        runtime: &TokenStream,
        own: Option<&Spanned<RetryOptions>>,
        api: Option<&Spanned<RetryOptions>>,
    ) {
        let nothing = RetryOptions::default();
        let below = api.map_or(&nothing, |api| &api.value);
        let above = own.map_or(&nothing, |own| &own.value);
        if own.is_none() && api.is_none() {
            return;
        }
        self.own.extend(retry_words(above, &nothing));
        self.api.extend(retry_words(below, above));
        let max = above.max.as_ref().or(below.max.as_ref()).map(|max| max.value);
        let mut policy = quote!(#runtime::RetryPolicy::default());
        match max {
            Some(0) => {
                self.setters.extend(quote!(.retry(#runtime::RetryPolicy::never())));
                return;
            }
            Some(max) => {
                let max = Token::u32_unsuffixed(max);
                policy.extend(quote!(.max(#max)));
            }
            None => {}
        }
        let skip = if above.skip.is_empty() { &below.skip } else { &above.skip };
        for status in skip {
            policy.extend(match status.value {
                StatusRange::Status(status) => {
                    let status = Token::u16_unsuffixed(status);
                    quote!(.skip_status(#status))
                }
                StatusRange::Class(class) => {
                    let class = Token::u8_unsuffixed(class);
                    quote!(.skip_class(#class))
                }
            });
        }
        policy.extend(backoff(above, below));
        self.setters.extend(quote!(.retry(#policy)));
    }
}

fn backoff(above: &RetryOptions, below: &RetryOptions) -> Option<TokenStream> {
    let base = above.base.as_ref().or(below.base.as_ref()).map(|base| base.value);
    let factor = above.factor.as_ref().or(below.factor.as_ref()).map(|factor| factor.value);
    let longest = above.longest.as_ref().or(below.longest.as_ref()).map(|longest| longest.value);
    if base.is_none() && factor.is_none() && longest.is_none() {
        return None;
    }
    let base = ty::duration(base.unwrap_or(BACKOFF_BASE));
    let factor = factor.filter(|factor| factor.is_finite() && *factor >= 0.0);
    let factor = Token::f64_unsuffixed(factor.unwrap_or(BACKOFF_FACTOR));
    let longest = ty::duration(longest.unwrap_or(BACKOFF_LONGEST));
    Some(quote!(.backoff(#base, #factor, #longest)))
}

/// Says what a layer of a retry policy adds to the one above it.
fn retry_words(layer: &RetryOptions, above: &RetryOptions) -> Vec<String> {
    let mut words = Vec::new();
    if let (Some(max), None) = (&layer.max, &above.max) {
        words.push(match max.value {
            0 => "never retried".to_owned(),
            1 => "retried once".to_owned(),
            2 => "retried twice".to_owned(),
            many => format!("retried {many} times"),
        });
    }
    if above.skip.is_empty() && !layer.skip.is_empty() {
        let skipped: Vec<String> = layer
            .skip
            .iter()
            .map(|status| match status.value {
                StatusRange::Status(status) => status.to_string(),
                StatusRange::Class(class) => format!("{class}xx"),
            })
            .collect();
        words.push(format!("not retried after {}", skipped.join(" or ")));
    }
    if let (Some(base), None) = (&layer.base, &above.base) {
        words.push(format!("first retry after {}", length(base.value)));
    }
    if let (Some(longest), None) = (&layer.longest, &above.longest) {
        words.push(format!("retries at most {} apart", length(longest.value)));
    }
    words
}

/// Returns a length of time as a reader says it: `2 min`, `1 h 30 min`, `250 ms`.
pub(crate) fn length(duration: Duration) -> String {
    let mut seconds = duration.as_secs();
    let mut parts = Vec::new();
    for (size, unit) in [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")] {
        if seconds >= size {
            parts.push(format!("{} {unit}", seconds / size));
            seconds %= size;
        }
    }
    let milliseconds = duration.subsec_millis();
    if milliseconds > 0 || parts.is_empty() {
        parts.push(format!("{milliseconds} ms"));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::length;

    #[test]
    fn lengths_are_said_in_the_largest_units() {
        assert_eq!(length(Duration::from_secs(125)), "2 min 5 s");
        assert_eq!(length(Duration::from_secs(5_401)), "1 h 30 min 1 s");
        assert_eq!(length(Duration::from_millis(1_250)), "1 s 250 ms");
        assert_eq!(length(Duration::ZERO), "0 ms");
    }
}
