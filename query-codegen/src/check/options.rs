//! Do settings make sense together, layer over layer?

use std::time::Duration;

use crate::{
    check::{Lookup, literal::quoted},
    diagnostics::{Diagnostic, Diagnostics},
    model::{MutationOptions, QueryOptions, RetryOptions, Span, StatusRange},
    origin::Spanned,
    suggest,
};

/// What settings belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner<'a> {
    Defaults,
    List,
    Infinite,
    /// A detail; whether its resource has a list.
    Get(bool),
    /// A custom query and the names of its parameters.
    Query(&'a [&'a str]),
}

/// Checks the settings of every query and mutation.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let schema = cx.schema;
    let defaults = &schema.api.query;
    check_query(cx, &QueryOptions::default(), defaults, Owner::Defaults, out);
    check_mutation(cx, &schema.api.mutation, out);
    for resource in &schema.resources {
        if let Some(list) = &resource.list {
            check_query(cx, defaults, &list.options, Owner::List, out);
        }
        if let Some(infinite) = &resource.infinite {
            check_query(cx, defaults, infinite, Owner::Infinite, out);
        }
        if let Some(get) = &resource.get {
            check_query(cx, defaults, &get.options, Owner::Get(resource.list.is_some()), out);
        }
        for relation in &resource.relations {
            check_query(cx, defaults, &relation.options, Owner::List, out);
        }
        let mutations = &resource.mutations;
        let own = [
            mutations.create.as_ref().map(|one| &one.options),
            mutations.update.as_ref().map(|one| &one.options),
            mutations.delete.as_ref().map(|one| &one.options),
        ];
        for options in own.into_iter().flatten() {
            check_mutation(cx, options, out);
        }
    }
    for query in &schema.queries {
        let params: Vec<&str> = query.params.iter().map(|param| param.name.value.as_str()).collect();
        check_query(cx, defaults, &query.options, Owner::Query(&params), out);
    }
    for mutation in &schema.mutations {
        check_mutation(cx, &mutation.options, out);
    }
}

/// Returns the settings of one layer over those of the layer below.
pub(super) fn layered(below: &QueryOptions, own: &QueryOptions) -> QueryOptions {
    QueryOptions {
        stale_time: over(below.stale_time.as_ref(), own.stale_time.as_ref()),
        gc_time: over(below.gc_time.as_ref(), own.gc_time.as_ref()),
        retry: layered_retry(below.retry.as_ref(), own.retry.as_ref()),
        on_mount: over(below.on_mount.as_ref(), own.on_mount.as_ref()),
        on_focus: over(below.on_focus.as_ref(), own.on_focus.as_ref()),
        on_reconnect: over(below.on_reconnect.as_ref(), own.on_reconnect.as_ref()),
        refetch_interval: over(below.refetch_interval.as_ref(), own.refetch_interval.as_ref()),
        network: over(below.network.as_ref(), own.network.as_ref()),
        placeholder: over(below.placeholder.as_ref(), own.placeholder.as_ref()),
        max_pages: over(below.max_pages.as_ref(), own.max_pages.as_ref()),
        from_list: over(below.from_list.as_ref(), own.from_list.as_ref()),
        enabled: over(below.enabled.as_ref(), own.enabled.as_ref()),
    }
}

/// Returns the settings of one layer of a mutation over those of the layer below.
pub(super) fn layered_mutation(below: &MutationOptions, own: &MutationOptions) -> MutationOptions {
    MutationOptions {
        retry: layered_retry(below.retry.as_ref(), own.retry.as_ref()),
        network: over(below.network.as_ref(), own.network.as_ref()),
    }
}

fn over<T: Clone>(below: Option<&T>, own: Option<&T>) -> Option<T> {
    own.or(below).cloned()
}

/// Layers retries member by member: `retry: 1` keeps the backoff of the layer below.
fn layered_retry(
    below: Option<&Spanned<RetryOptions>>,
    own: Option<&Spanned<RetryOptions>>,
) -> Option<Spanned<RetryOptions>> {
    let (Some(below), Some(own)) = (below, own) else { return own.or(below).cloned() };
    let skip = if own.skip.is_empty() { below.skip.clone() } else { own.skip.clone() };
    let value = RetryOptions {
        max: over(below.max.as_ref(), own.max.as_ref()),
        skip,
        base: over(below.base.as_ref(), own.base.as_ref()),
        factor: over(below.factor.as_ref(), own.factor.as_ref()),
        longest: over(below.longest.as_ref(), own.longest.as_ref()),
    };
    Some(Spanned::new(value, own.origin.clone()))
}

fn check_query(cx: Lookup<'_>, below: &QueryOptions, own: &QueryOptions, owner: Owner<'_>, out: &mut Diagnostics) {
    check_times(below, own, out);
    if let Some(retry) = &own.retry {
        check_retry(cx, below.retry.as_deref(), retry, out);
    }
    if let Some(interval) = &own.refetch_interval
        && interval.value < Duration::from_secs(1)
    {
        let message = if interval.value.is_zero() {
            "`refetch_interval: 0` never fetches".to_owned()
        } else {
            format!("`refetch_interval` of {} ms is less than a second", interval.value.as_millis())
        };
        out.push(
            Diagnostic::warning(905, message, &interval.origin).help("leave it out, or write a second or more: `30s`"),
        );
    }
    check_place(cx, own, owner, out);
}

/// Warns where data is dropped while it is still fresh.
fn check_times(below: &QueryOptions, own: &QueryOptions, out: &mut Diagnostics) {
    let Some(at) = own.gc_time.as_ref().or(own.stale_time.as_ref()) else { return };
    let stale = own.stale_time.as_ref().or(below.stale_time.as_ref());
    let gc = own.gc_time.as_ref().or(below.gc_time.as_ref());
    let (Some(Span::For(stale)), Some(Span::For(gc))) = (stale.map(|one| one.value), gc.map(|one| one.value)) else {
        return;
    };
    if gc < stale {
        let message = "`gc_time` is less than `stale_time`: data is dropped while it is still fresh";
        out.push(Diagnostic::warning(902, message, &at.origin).help("make `gc_time` at least as long as `stale_time`"));
    }
}

fn check_mutation(cx: Lookup<'_>, own: &MutationOptions, out: &mut Diagnostics) {
    if let Some(retry) = &own.retry {
        check_retry(cx, None, retry, out);
    }
}

fn check_retry(cx: Lookup<'_>, below: Option<&RetryOptions>, own: &RetryOptions, out: &mut Diagnostics) {
    for skip in &own.skip {
        let problem = match skip.value {
            StatusRange::Status(status) if !(100..600).contains(&status) => Some(format!("{status} is not a status")),
            StatusRange::Class(class) if !(1..6).contains(&class) => {
                Some(format!("{class}xx is not a class of statuses"))
            }
            _ => None,
        };
        if let Some(message) = problem {
            out.push(
                Diagnostic::error(904, message, &skip.origin)
                    .help("write a status such as `404`, or a class such as `4xx`"),
            );
        }
    }
    let base = own.base.as_ref().or(below.and_then(|below| below.base.as_ref()));
    let longest = own.longest.as_ref().or(below.and_then(|below| below.longest.as_ref()));
    let at = own.longest.as_ref().or(own.base.as_ref());
    if let (Some(base), Some(longest), Some(at)) = (base, longest, at)
        && longest.value < base.value
    {
        let message = "the longest delay of the backoff is less than the first";
        out.push(Diagnostic::error(904, message, &at.origin).help("make `max` at least as long as `base`"));
    }
    if let Some(factor) = &own.factor
        && !(factor.value.is_finite() && factor.value >= 1.0)
    {
        let message = format!("a backoff cannot grow by {}", factor.value);
        out.push(
            Diagnostic::error(904, message, &factor.origin)
                .help(cx.either("write 1 or more: `factor: 2`", "write 1 or more: `factor = 2`")),
        );
    }
}

/// Reports settings that mean nothing where they stand.
fn check_place(cx: Lookup<'_>, own: &QueryOptions, owner: Owner<'_>, out: &mut Diagnostics) {
    if let Some(pages) = &own.max_pages {
        if owner != Owner::Infinite {
            out.push(
                Diagnostic::error(906, "`max_pages` is for infinite lists", &pages.origin.key())
                    .help("move it to the options of `infinite`"),
            );
        } else if pages.value == 0 {
            out.push(
                Diagnostic::error(906, cx.setting("`max_pages: 0` leaves no room for a page"), &pages.origin)
                    .help("write at least 1, or leave it out"),
            );
        }
    }
    if let Some(from) = own.from_list.as_ref().filter(|from| from.value) {
        let message = match owner {
            Owner::Get(true) => None,
            Owner::Get(false) => Some("`from_list` needs a `list` in the same resource"),
            _ => Some("`from_list` is for details"),
        };
        if let Some(message) = message {
            out.push(
                Diagnostic::error(906, message, &from.origin.key())
                    .help("leave it out, or write it in the options of `get`"),
            );
        }
    }
    let Some(enabled) = &own.enabled else { return };
    match owner {
        Owner::Query(params) if params.contains(&enabled.value.as_str()) => {}
        Owner::Query(_) if cx.is_broken(&["params", enabled]) => {}
        Owner::Query(params) => {
            let message = format!("{} is not a parameter of this query", quoted(enabled));
            let help = suggest::help(enabled, params.iter().copied());
            out.push(Diagnostic::error(906, message, &enabled.origin).maybe_help(help));
        }
        _ => out.push(
            Diagnostic::error(906, "`enabled` is for custom queries", &enabled.origin.key())
                .help("leave it out: at the call site, `QueryOptions::enabled` does the same"),
        ),
    }
}
