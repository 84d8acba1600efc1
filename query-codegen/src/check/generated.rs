//! Do two items of the generated code have one name?

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    check::{Lookup, PathSource},
    diagnostics::{Diagnostic, Diagnostics},
    model::{MutationDef, ParamRole, QueryDef, Relation, Resource, Select, UpdateBody, names},
    name,
    origin::Origin,
};

/// Methods of every `UserKeys`.
const KEY_METHODS: [&str; 6] = ["all", "lists", "list", "infinites", "infinite", "details"];

/// An item of the generated code.
struct Item<'a> {
    name: String,
    /// What it is, to a user: "model `User`".
    what: String,
    origin: &'a Origin,
    by: By,
}

/// Who gave an item its name, the one who can best give it another first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// The user, in `names`.
    Override,
    /// The user, who named the model.
    Model,
    /// This crate, after what the user named something else.
    Rule,
}

/// The items of the generated code, in the order in which they are written.
#[derive(Default)]
struct Items<'a> {
    list: Vec<Item<'a>>,
    /// Names that `names` has given to an item already: another of the same name has it by rule.
    chosen: BTreeSet<String>,
}

/// Reports items with one name.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let schema = cx.schema;
    let mut items = Items::default();
    if let Some(name) = schema.api.name.as_ref().filter(|_| schema.api.ty.is_none()) {
        items.add(name::pascal(name), "the API".to_owned(), &name.origin);
    }
    for model in &schema.models {
        let what = format!("model `{}`", model.name.value);
        let name = name::pascal(&model.name);
        items.list.push(Item { name, what, origin: &model.name.origin, by: By::Model });
    }
    let mut of_model: BTreeMap<&str, &Resource> = BTreeMap::new();
    for resource in &schema.resources {
        let first = *of_model.entry(&resource.model.value).or_insert(resource);
        if !std::ptr::eq(first, resource) {
            report_shared_model(first, resource, out);
            continue;
        }
        if names::plural(resource) == names::singular(resource) {
            report_singular(resource, out);
        } else {
            items.resource(cx, resource);
        }
        check_row(cx, resource, out);
        check_relations(resource, out);
        check_changes(cx, resource, out);
    }
    for query in &schema.queries {
        items.query(query);
    }
    for mutation in &schema.mutations {
        items.mutation(mutation);
    }
    items.report(cx, out);
}

/// Reports two resources of one model: a row could not say of which it is.
fn report_shared_model(first: &Resource, second: &Resource, out: &mut Diagnostics) {
    let message =
        format!("`{}` and `{}` are both resources of `{}`", first.name.value, second.name.value, second.model.value);
    out.push(
        Diagnostic::error(951, message, &second.model.origin)
            .note(format!("`{}` is here", first.name.value), &first.model.origin)
            .help(format!("give `{}` a model of its own", second.name.value)),
    );
}

/// Reports a resource that is called as its model: the functions of its lists and of its rows would have one name.
fn report_singular(resource: &Resource, out: &mut Diagnostics) {
    let message = format!(
        "resource `{}` is called as its model, so that its list and its detail both become `{}`",
        resource.name.value,
        names::fetch_one_fn(resource)
    );
    out.push(
        Diagnostic::error(951, message, &resource.name.origin)
            .help(format!("name it after many rows: `{}s`", names::singular(resource))),
    );
}

impl<'a> Items<'a> {
    fn add(&mut self, name: String, what: String, origin: &'a Origin) {
        self.list.push(Item { name, what, origin, by: By::Rule });
    }

    /// Adds an item that a resource's `names` may have named.
    fn add_of(&mut self, resource: &'a Resource, name: String, part: &str) {
        let what = format!("{part} of `{}`", resource.name.value);
        let chosen = resource.names.all().find(|chosen| chosen.value == name && !self.chosen.contains(&name));
        self.chosen.extend(chosen.map(|chosen| chosen.value.clone()));
        let (origin, by) = chosen.map_or((&resource.name.origin, By::Rule), |chosen| (&chosen.origin, By::Override));
        self.list.push(Item { name, what, origin, by });
    }

    fn resource(&mut self, cx: Lookup<'_>, resource: &'a Resource) {
        let mut add = |name: String, part: &str| self.add_of(resource, name, part);
        add(names::keys_type(resource), "the keys");
        add(names::change_type(resource), "the changes");
        add(names::invalidate_list_fn(resource), "a function");
        if let Some(list) = &resource.list {
            add(names::params_type(resource), "the list's parameters");
            add(names::filter_type(resource), "the list's filter");
            let sorted = |role: &ParamRole| matches!(role, ParamRole::Sort(_));
            if list.params.iter().any(|param| param.role.as_deref().is_some_and(sorted)) {
                add(names::sort_type(resource), "the list's order");
            }
            add(names::fetch_list_fn(resource), "a function");
            add(names::list_query_fn(resource), "a function");
            add(names::use_list_fn(resource), "the list's hook");
            add(names::prefetch_list_fn(resource), "a function");
        }
        if resource.infinite.is_some() {
            add(names::infinite_query_fn(resource), "a function");
            add(names::use_infinite_fn(resource), "the infinite list's hook");
            add(names::prefetch_infinite_fn(resource), "a function");
        }
        if resource.get.is_some() {
            add(names::fetch_one_fn(resource), "a function");
            add(names::one_query_fn(resource), "a function");
            add(names::use_one_fn(resource), "the detail's hook");
            add(names::prefetch_one_fn(resource), "a function");
            add(names::invalidate_one_fn(resource), "a function");
            add(names::warm_up_fn(resource), "a function");
        }
        for relation in &resource.relations {
            add(names::relation_filter_type(resource, relation), "a relation's filter");
            add(names::fetch_relation_fn(resource, relation), "a relation's function");
            add(names::relation_query_fn(resource, relation), "a relation's function");
            add(names::use_relation_fn(resource, relation), "a relation's hook");
            add(names::prefetch_relation_fn(resource, relation), "a relation's function");
        }
        self.mutations(cx, resource);
    }

    fn mutations(&mut self, cx: Lookup<'_>, resource: &'a Resource) {
        let mut add = |name: String, part: &str| self.add_of(resource, name, part);
        let mutations = &resource.mutations;
        if let Some(create) = &mutations.create {
            add(names::new_type(resource), "the input of `create`");
            let path = create.path.as_ref().unwrap_or(&resource.path);
            if !cx.path_parameters(resource, path).is_empty() {
                add(names::create_variables(resource), "the variables of `create`");
            }
            add(names::send_create_fn(resource), "a function");
            add(names::create_mutation_fn(resource), "a function");
            add(names::use_create_fn(resource), "the hook of `create`");
            if create.optimistic.is_some() {
                add(names::optimistic_fn(resource), "a function");
            }
        }
        if let Some(update) = &mutations.update {
            if update.body.as_deref() == Some(&UpdateBody::Full) {
                add(names::replace_type(resource), "the input of `update`");
            } else {
                add(names::patch_type(resource), "the input of `update`");
            }
            add(names::update_variables(resource), "the variables of `update`");
            add(names::send_update_fn(resource), "a function");
            add(names::update_mutation_fn(resource), "a function");
            add(names::use_update_fn(resource), "the hook of `update`");
        }
        if let Some(delete) = &mutations.delete {
            let path = delete.path.as_ref().unwrap_or(&resource.path);
            let more = cx.path_parameters(resource, path);
            if more.iter().any(|parameter| parameter.source != PathSource::Id) {
                add(names::delete_variables(resource), "the variables of `delete`");
            }
            add(names::send_delete_fn(resource), "a function");
            add(names::delete_mutation_fn(resource), "a function");
            add(names::use_delete_fn(resource), "the hook of `delete`");
        }
    }

    fn query(&mut self, query: &'a QueryDef) {
        let what = format!("query `{}`", query.name.value);
        let mut add = |name: String| self.add(name, what.clone(), &query.name.origin);
        if !query.params.is_empty() {
            add(names::query_params_type(query));
        }
        if matches!(query.select.as_deref(), Some(Select::Pick(_))) {
            add(names::query_view_type(query));
        }
        add(names::query_key_fn(query));
        add(names::fetch_query_fn(query));
        add(names::query_options_fn(query));
        add(names::use_query_fn(query));
        add(names::prefetch_query_fn(query));
        add(names::invalidate_query_fn(query));
    }

    fn mutation(&mut self, mutation: &'a MutationDef) {
        let what = format!("mutation `{}`", mutation.name.value);
        let mut add = |name: String| self.add(name, what.clone(), &mutation.name.origin);
        if !mutation.params.is_empty() {
            add(names::mutation_variables(mutation));
        }
        add(names::send_mutation_fn(mutation));
        add(names::mutation_options_fn(mutation));
        add(names::use_mutation_fn(mutation));
    }

    /// Reports each pair of owners once, at the one whose name the user can change most easily.
    fn report(&self, cx: Lookup<'_>, out: &mut Diagnostics) {
        let mut reported: Vec<(&str, &str)> = Vec::new();
        let mut firsts: BTreeMap<&str, &Item<'_>> = BTreeMap::new();
        for second in &self.list {
            let Some(first) = firsts.get(second.name.as_str()).copied() else {
                firsts.insert(&second.name, second);
                continue;
            };
            // Two models with one name are reported with the other names.
            let known = reported.contains(&(first.what.as_str(), second.what.as_str()));
            if known || (first.by == By::Model && second.by == By::Model) {
                continue;
            }
            reported.push((&first.what, &second.what));
            let (at, other) = if first.by < second.by { (first, second) } else { (second, first) };
            let message = format!("{} and {} are both called `{}`", first.what, second.what, second.name);
            let help = if at.by == By::Override {
                "choose another name here"
            } else if other.by == By::Model || at.by == By::Model {
                cx.either(
                    "give the model another name, or the generated item, with `names:` in its resource",
                    "give the struct another name, or the generated item, with `names(…)`",
                )
            } else {
                cx.either(
                    "give one of them another name: `names:` in a resource replaces what is derived",
                    "give one of them another name: `names(…)` replaces what is derived",
                )
            };
            out.push(
                Diagnostic::error(951, message, at.origin)
                    .note(format!("the other is {}", other.what), other.origin)
                    .help(help),
            );
        }
    }
}

/// Reports a field that is called as the constructor of what is sent.
fn check_row(cx: Lookup<'_>, resource: &Resource, out: &mut Diagnostics) {
    let Some(row) = cx.row(resource) else { return };
    let mutations = &resource.mutations;
    if mutations.create.is_none() && mutations.update.is_none() {
        return;
    }
    let sent = row.fields.iter().filter(|field| field.read_only.is_none());
    for field in sent.filter(|field| name::snake(&field.name) == "new") {
        let message = format!(
            "the field `{}` and the function `new` of `{}` are both called `new`",
            field.name.value,
            names::new_type(resource)
        );
        out.push(Diagnostic::error(951, message, &field.name.origin).help(cx.either(
            "give the field another name, and write `rename: new`",
            "give the field another name, and write `#[serde(rename = \"new\")]`",
        )));
    }
}

/// Reports relations whose function in `UserKeys` has another's name.
fn check_relations(resource: &Resource, out: &mut Diagnostics) {
    let taken = |relation: &&Relation| {
        let name = names::relation_key_fn(relation);
        KEY_METHODS.contains(&name.as_str()) || name == "detail"
    };
    for relation in resource.relations.iter().filter(taken) {
        let name = names::relation_key_fn(relation);
        let message = format!(
            "relation `{}` and a function of `{}` are both called `{name}`",
            relation.name.value,
            names::keys_type(resource)
        );
        out.push(Diagnostic::error(951, message, &relation.name.origin).help("give the relation another name"));
    }
}

/// Reports mutations whose variant of `UserChange` has another's name.
fn check_changes(cx: Lookup<'_>, resource: &Resource, out: &mut Diagnostics) {
    let update = resource.mutations.update.as_ref();
    let own = update.map(|update| match update.body.as_deref() {
        Some(UpdateBody::Full) => "Replace",
        _ => "Patch",
    });
    let mut seen: Vec<String> = own.into_iter().chain(["Settled"]).map(str::to_owned).collect();
    let Some(resource) = cx.resource(&resource.name) else { return };
    for change in cx.changes_of(resource) {
        let crate::check::RowChange::Rule { mutation, variant, .. } = change else { continue };
        if seen.contains(&variant) {
            let message = format!(
                "mutation `{}` and another way to change a `{}` are both called `{variant}`",
                mutation.name.value, resource.model.value
            );
            out.push(Diagnostic::error(951, message, &mutation.name.origin).help("give the mutation another name"));
        }
        seen.push(variant);
    }
}
