//! How are the rows of another resource that belong to one row read: `/users/{id}/posts`?

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Subject, fetch, path::names};
use crate::{
    expand::{
        docs::{Doc, allow_deprecated, code},
        guarantee::{self, Shows},
        settings::{QueryKind, Settings},
    },
    model::{FieldDef, Relation, RelationTarget},
    name::{speakable, type_ident, value_ident},
};

/// Returns the items of all relations: filter, fetch, options, hook, prefetch.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let relations = subject.resource.relations.iter();
    relations.flat_map(|relation| Related::new(subject, relation).expand()).collect()
}

/// Returns the row type that a relation leads to.
pub(super) fn target(subject: &Subject<'_>, relation: &Relation) -> TokenStream {
    match &relation.target {
        RelationTarget::Type(ty) => ty.clone(),
        RelationTarget::Resource(name) => {
            let ident = match subject.cx.resource(&name.value) {
                Some(resource) => subject.cx.model_type(resource),
                None => type_ident(&name.value),
            };
            quote!(#ident)
        }
    }
}

/// A relation, and what all its items share.
struct Related<'s, 'a> {
    subject: &'s Subject<'a>,
    relation: &'s Relation,
    /// `Post`.
    target: TokenStream,
    /// `UserPostsFilter`.
    filter: Ident,
    /// `#[allow(deprecated)]`, where something deprecated is used.
    allow: TokenStream,
}

impl<'s, 'a> Related<'s, 'a> {
    fn new(subject: &'s Subject<'a>, relation: &'s Relation) -> Self {
        let cx = subject.cx;
        let filter = cx.relation_filter_type(subject.resource, relation);
        let other = match &relation.target {
            RelationTarget::Resource(name) => cx.resource(&name.value),
            RelationTarget::Type(_) => None,
        };
        let deprecated = other.and_then(|other| cx.model(&other.model)).is_some_and(|model| model.deprecated.is_some());
        let allow = if subject.allow.is_empty() { allow_deprecated(deprecated) } else { subject.allow.clone() };
        Self { subject, relation, target: target(subject, relation), filter, allow }
    }

    fn expand(&self) -> Vec<TokenStream> {
        vec![self.filter_struct(), self.filter_impl(), self.fetch(), self.query(), self.hook(), self.prefetch()]
    }

    fn source(&self, doc: Doc) -> TokenStream {
        doc.source(self.subject.cx, &self.relation.source).tokens()
    }

    /// Returns `` the `posts` of one `User` ``.
    fn words(&self) -> String {
        format!("the {} of one {}", code(&self.relation.name), code(&self.subject.row.to_string()))
    }

    fn filter_struct(&self) -> TokenStream {
        let Self { filter, allow, .. } = self;
        let (visibility, id_ty) = (&self.subject.visibility, &self.subject.id_ty);
        let doc = self.source(Doc::new(format!("Which rows are {}.", self.words())));
        let field = Doc::new("Whose rows.").tokens();
        quote! {
            #doc
            #[derive(Clone, Debug, PartialEq)]
            #allow
            #visibility struct #filter {
                #field
                #visibility id: #id_ty
            }
        }
    }

    fn filter_impl(&self) -> TokenStream {
        let Self { target, filter, .. } = self;
        let Subject { cx, runtime, id_ty, .. } = self.subject;
        let key = &self.relation.foreign_key.value;
        let ident = if cx.is_derive() { speakable(key) } else { value_ident(key) };
        let deprecated = self.foreign_field().is_some_and(|field| field.deprecated.is_some());
        let allow = if self.allow.is_empty() { allow_deprecated(deprecated) } else { self.allow.clone() };
        let doc = Doc::new(
            "Decides which rows belong, by the field that holds the owner's id, and in which order they stand.",
        );
        let doc = self.source(doc);
        // `From` takes the foreign key as it is, required or not: a derive cannot see the other row's fields.
        quote! {
            #doc
            #allow
            impl #runtime::ListFilter<#target> for #filter {
                fn matches(&self, row: &#target) -> #runtime::Membership {
                    #runtime::filter::eq(
                        ::core::option::Option::Some(&self.id),
                        ::core::option::Option::<&#id_ty>::from(&row.#ident)
                    )
                }
                fn compare(
                    &self,
                    a: &#target,
                    b: &#target
                ) -> ::core::option::Option<::core::cmp::Ordering> {
                    <#target as #runtime::Entity>::compare(a, b)
                }
            }
        }
    }

    fn foreign_field(&self) -> Option<&FieldDef> {
        let RelationTarget::Resource(name) = &self.relation.target else { return None };
        let row = self.subject.cx.row(self.subject.cx.resource(&name.value)?)?;
        row.fields.iter().find(|field| field.name.value == self.relation.foreign_key.value)
    }

    fn fetch(&self) -> TokenStream {
        let Self { target, allow, .. } = self;
        let Subject { cx, resource, runtime, visibility, id_ty, .. } = self.subject;
        let name = cx.fetch_relation_fn(resource, self.relation);
        let path = &self.relation.path.value;
        let text = &path.text;
        let place = names(path).next().map(|name| quote!(.path(#name, &id)));
        let argument = if place.is_some() { quote!(id) } else { quote!(_id) };
        let answers = self.subject.answers();
        let doc = Doc::new(format!("Fetches {}: {}.", self.words(), Subject::endpoint("GET", text)))
            .section("Errors", fetch::ERRORS)
            .section("Cancel safety", fetch::CANCEL);
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility async fn #name(
                context: #runtime::FetchContext,
                #argument: #id_ty
            ) -> ::core::result::Result<#runtime::Page<#target>, #runtime::QueryError> {
                context
                    .send(#runtime::Request::get(#text) #place #answers)
                    .await?
                    .page(&<#target as #runtime::Entity>::ENVELOPE)
            }
        }
    }

    fn query(&self) -> TokenStream {
        let Self { target, filter, allow, .. } = self;
        let Subject { cx, resource, runtime, visibility, id_ty, .. } = self.subject;
        let (name, keys) = (cx.relation_query_fn(resource, self.relation), cx.keys_type(resource));
        let (key, fetch) = (cx.relation_key_fn(self.relation), cx.fetch_relation_fn(resource, self.relation));
        let settings = Settings::of_query(cx, &self.relation.options, QueryKind::Plain);
        let id = self.subject.id_clone(&quote!(id));
        // A number is copied by its name alone, and `id: id` would be clippy's business in the user's crate.
        let member = if id.to_string() == "id" { quote!(id) } else { quote!(id: #id) };
        let setters = &settings.setters;
        let doc = Doc::new(format!("Returns the options of {}: key [`{keys}::{key}`].", self.words()))
            .paragraph(settings.doc());
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility fn #name(id: #id_ty) -> #runtime::QueryOptions<#runtime::Page<#target>> {
                #runtime::QueryOptions::list(
                    #keys::#key(&id),
                    #filter { #member },
                    #runtime::ListWindow::All,
                    move |context| #fetch(context, #id)
                )
                .serializable()
                #setters
            }
        }
    }

    fn hook(&self) -> TokenStream {
        let Self { target, allow, .. } = self;
        let Subject { cx, resource, runtime, visibility, id_ty, .. } = self.subject;
        let name = cx.use_relation_fn(resource, self.relation);
        let query = cx.relation_query_fn(resource, self.relation);
        let doc = Doc::new(format!("Watches {}, and fetches them first if they are missing or stale.", self.words()))
            .paragraph(self.guarantee())
            .paragraph("Dropping the observer ends the subscription; the data stays cached.");
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility fn #name(
                client: &#runtime::QueryClient,
                id: #id_ty
            ) -> #runtime::QueryObserver<#runtime::Page<#target>> {
                client.observe(#query(id))
            }
        }
    }

    /// Says what the hook promises; a derive does not see the other resource's level.
    fn guarantee(&self) -> String {
        let cx = self.subject.cx;
        match &self.relation.target {
            RelationTarget::Resource(name) => {
                let level = cx.resource(&name.value).map_or_else(|| cx.schema.level(), |one| cx.schema.level_of(one));
                guarantee::reading(level, Shows::List)
            }
            RelationTarget::Type(_) => {
                let target: String = self.target.to_string().chars().filter(|c| !c.is_whitespace()).collect();
                format!("Guarantee: that of every list of {}.", code(&target))
            }
        }
    }

    fn prefetch(&self) -> TokenStream {
        let allow = &self.allow;
        let Subject { cx, resource, runtime, visibility, id_ty, .. } = self.subject;
        let name = cx.prefetch_relation_fn(resource, self.relation);
        let query = cx.relation_query_fn(resource, self.relation);
        let doc = Doc::new(format!("Fetches {} into the cache, unless fresh ones are there.", self.words()))
            .section("Errors", "Returns the `QueryError` of the fetch, after its retries.")
            .section("Cancel safety", "Dropping the future does not stop a fetch that others wait for.");
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility async fn #name(
                client: &#runtime::QueryClient,
                id: #id_ty
            ) -> ::core::result::Result<(), #runtime::QueryError> {
                client.prefetch(#query(id)).await
            }
        }
    }
}
