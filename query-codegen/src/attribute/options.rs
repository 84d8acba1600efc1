//! Which settings does a query or a mutation have: times, retries, refetching, network?

use syn::Lit;

use super::{
    cell::{Given, admit},
    code, keyword,
    parse::{Entry, Tail, Value},
    value,
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{MutationOptions, NetworkMode, Placeholder, QueryOptions, RefetchWhen, RetryOptions, StatusRange},
    origin::{Origin, Spanned},
};

const NETWORK: [(&str, NetworkMode); 3] =
    [("online", NetworkMode::Online), ("always", NetworkMode::Always), ("offline_first", NetworkMode::OfflineFirst)];

const WHEN: [(&str, RefetchWhen); 3] =
    [("never", RefetchWhen::Never), ("stale", RefetchWhen::Stale), ("always", RefetchWhen::Always)];

/// Reads one setting of a query.
pub(super) fn query(given: Given, options: &mut QueryOptions, diagnostics: &mut Diagnostics) {
    match given.word.text.as_str() {
        "stale_time" => options.stale_time = value::span(&given, diagnostics),
        "gc_time" => options.gc_time = value::span(&given, diagnostics),
        "retry" => options.retry = retry(given, diagnostics),
        "refetch" => refetch(given, options, diagnostics),
        "refetch_interval" => options.refetch_interval = value::duration(&given, diagnostics),
        "network" => options.network = network(&given, diagnostics),
        "placeholder" => {
            options.placeholder = value::choice(&given, &Placeholder::WORDS, code::CHOICE, diagnostics);
        }
        "max_pages" => options.max_pages = value::integer(&given, diagnostics),
        "from_list" => options.from_list = value::flag(&given, diagnostics),
        _ => {}
    }
}

/// Reads one setting of a mutation.
pub(super) fn mutation(given: Given, options: &mut MutationOptions, diagnostics: &mut Diagnostics) {
    match given.word.text.as_str() {
        "retry" => options.retry = retry(given, diagnostics),
        "network" => options.network = network(&given, diagnostics),
        _ => {}
    }
}

fn network(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<NetworkMode>> {
    value::choice(given, &NETWORK, code::NETWORK, diagnostics)
}

/// Reads `retry = 3` or `retry(max = 3, skip = [4xx], backoff(…))`.
fn retry(given: Given, diagnostics: &mut Diagnostics) -> Option<Spanned<RetryOptions>> {
    let origin = given.origin();
    let mut options = RetryOptions::default();
    match given.tail {
        Tail::Arguments(arguments) => {
            for given in admit(&keyword::RETRY, arguments.entries, diagnostics) {
                match given.word.text.as_str() {
                    "max" => options.max = value::integer(&given, diagnostics),
                    "skip" => options.skip = skip(&given, diagnostics),
                    _ => backoff(given, &mut options, diagnostics),
                }
            }
        }
        Tail::Value(Value::Literal(ref literal)) if matches!(literal.lit, Lit::Bool(_)) => {
            let on = value::flag(&given, diagnostics)?;
            if !on.value {
                options.max = Some(Spanned::new(0, origin.clone()));
            }
        }
        _ => options.max = Some(value::integer(&given, diagnostics)?),
    }
    Some(Spanned::new(options, origin))
}

fn backoff(given: Given, options: &mut RetryOptions, diagnostics: &mut Diagnostics) {
    let Some(arguments) = value::arguments(given, diagnostics) else { return };
    for given in admit(&keyword::BACKOFF, arguments.entries, diagnostics) {
        match given.word.text.as_str() {
            "base" => options.base = value::duration(&given, diagnostics),
            "factor" => options.factor = value::float(&given, diagnostics),
            _ => options.longest = value::duration(&given, diagnostics),
        }
    }
}

/// Reads `skip = [404, 4xx, "5xx"]`.
fn skip(given: &Given, diagnostics: &mut Diagnostics) -> Vec<Spanned<StatusRange>> {
    let values = match &given.tail {
        Tail::Value(Value::List(values, _)) => values.as_slice(),
        Tail::Value(value) => std::slice::from_ref(value),
        tail => {
            value::wrong_kind(given, tail, "is a list of statuses", None, diagnostics);
            return Vec::new();
        }
    };
    let mut ranges = Vec::new();
    for value in values {
        let origin = Origin::Span(value.span());
        match status(value) {
            Some(range) => ranges.push(Spanned::new(range, origin)),
            None => diagnostics.push(
                Diagnostic::error(code::RETRY, format!("not a status: {}", value.found()), &origin)
                    .help("write a status such as `404`, or a class such as `4xx`"),
            ),
        }
    }
    ranges
}

fn status(value: &Value) -> Option<StatusRange> {
    let Value::Literal(literal) = value else { return None };
    let text = match &literal.lit {
        Lit::Str(text) => text.value(),
        Lit::Int(number) if !literal.negative => number.to_string(),
        _ => return None,
    };
    if let Some(class) = text.strip_suffix("xx") {
        return class.parse().ok().filter(|class| (1..=5).contains(class)).map(StatusRange::Class);
    }
    text.parse().ok().filter(|status| (100..=599).contains(status)).map(StatusRange::Status)
}

fn refetch(given: Given, options: &mut QueryOptions, diagnostics: &mut Diagnostics) {
    let Some(arguments) = value::arguments(given, diagnostics) else { return };
    for given in admit(&keyword::REFETCH, arguments.entries, diagnostics) {
        let when = when(&given, diagnostics);
        match given.word.text.as_str() {
            "on_mount" => options.on_mount = when,
            "on_focus" => options.on_focus = when,
            _ => options.on_reconnect = when,
        }
    }
}

/// Reads `on_focus`, `on_focus = false` and `on_focus = always`.
fn when(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<RefetchWhen>> {
    let is_word = matches!(given.tail, Tail::Value(Value::Dotted(_)));
    if is_word {
        return value::choice(given, &WHEN, code::CHOICE, diagnostics);
    }
    let on = value::flag(given, diagnostics)?;
    let when = if on.value { RefetchWhen::Stale } else { RefetchWhen::Never };
    Some(Spanned::new(when, on.origin))
}

/// Reads the settings of a query that has no other words.
pub(super) fn query_section(
    section: &keyword::Section,
    entries: Vec<Entry>,
    diagnostics: &mut Diagnostics,
) -> QueryOptions {
    let mut options = QueryOptions::default();
    for given in admit(section, entries, diagnostics) {
        query(given, &mut options, diagnostics);
    }
    options
}
