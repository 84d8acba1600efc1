//! How is a field of a struct written: its documentation, its name on the wire, its type?

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::{
    expand::{
        context::Cx,
        docs::{self, Doc, code},
        ty,
        wire::SerdeRule,
    },
    model::{FieldDef, Presence, SerdeTreatment, Type},
};

/// How the fields of one struct get their names on the wire: a rule for most of them, and names for the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    rule: Option<SerdeRule>,
}

impl Naming {
    /// Finds the rule that names all fields but those that the schema renames itself.
    pub(crate) fn of<'a>(cx: &Cx<'_>, fields: impl IntoIterator<Item = &'a FieldDef>) -> Self {
        let names: Vec<(String, String)> = fields
            .into_iter()
            .filter(|field| field.rename.is_none())
            .map(|field| (ident_text(cx, field), cx.field_wire(field)))
            .collect();
        Self { rule: SerdeRule::for_fields(&names) }
    }

    /// Returns the rule's text, for `rename_all` or `rename_all_fields`.
    pub(crate) fn rule(self) -> Option<&'static str> {
        self.rule.map(SerdeRule::text)
    }

    /// Returns `#[serde(crate = "…", rename_all = "…")]`.
    pub(crate) fn container(self, cx: &Cx<'_>) -> TokenStream {
        let path = cx.serde_path();
        let rule = self.rule().map(|rule| quote!(, rename_all = #rule));
        quote!(#[serde(crate = #path #rule)])
    }

    /// Returns the name that the field needs because the rule does not give it.
    pub(crate) fn rename(self, cx: &Cx<'_>, field: &FieldDef) -> Option<String> {
        let (ident, wire) = (ident_text(cx, field), cx.field_wire(field));
        let given = self.rule.map_or_else(|| ident.clone(), |rule| rule.of_field(&ident));
        (given != wire).then_some(wire)
    }
}

/// Returns the identifier as serde sees it, without `r#`.
fn ident_text(cx: &Cx<'_>, field: &FieldDef) -> String {
    let text = cx.field_ident(field).to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// Returns a field of a model's struct.
pub(crate) fn model_field(
    cx: &Cx<'_>,
    owner: &str,
    field: &FieldDef,
    naming: Naming,
    visibility: &impl ToTokens,
) -> TokenStream {
    let runtime = cx.runtime();
    let mut serde = Vec::new();
    match field.presence {
        Presence::Required | Presence::Nullable => {}
        Presence::Optional => {
            serde.push(quote!(skip_serializing_if = "::core::option::Option::is_none"));
        }
        Presence::OptionalNullable => {
            let absent = spaceless(&quote!(#runtime::Maybe::is_absent));
            serde.push(quote!(default));
            serde.push(quote!(skip_serializing_if = #absent));
        }
    }
    let note = field.read_only.as_ref().map(|_| "Only the server writes it.".to_owned());
    let doc = field_doc(cx, field).maybe(note).tokens();
    let deprecated = docs::deprecated(field.deprecated.as_ref().map(|reason| reason.value.as_str()));
    let allow = docs::allow_deprecated(cx.is_deprecated(&field.ty));
    let (ident, ty) = (cx.field_ident(field), ty::field_ty(cx, owner, field));
    let serde = attribute(naming.rename(cx, field), serde);
    quote!(#doc #serde #deprecated #allow #visibility #ident: #ty)
}

/// Returns `#[serde(rename = "…", …)]`, or nothing if there is nothing to say.
pub(crate) fn attribute(rename: Option<String>, others: Vec<TokenStream>) -> TokenStream {
    let mut parts: Vec<TokenStream> = rename.map(|wire| quote!(rename = #wire)).into_iter().collect();
    parts.extend(others);
    if parts.is_empty() { TokenStream::new() } else { quote!(#[serde(#(#parts),*)]) }
}

/// Returns `flatten` for a field that a derive's struct flattens.
pub(crate) fn flatten(field: &FieldDef) -> Option<TokenStream> {
    (field.serde == SerdeTreatment::Flattened).then(|| quote!(flatten))
}

/// Returns tokens as the text of a path, for attributes that take paths as strings.
pub(crate) fn spaceless(tokens: &TokenStream) -> String {
    tokens.to_string().chars().filter(|c| !c.is_whitespace()).collect()
}

/// Begins the documentation of a field: the user's text or its wire name, and its limits.
pub(crate) fn field_doc(cx: &Cx<'_>, field: &FieldDef) -> Doc {
    let otherwise = format!("{} on the wire.", code(&cx.field_wire(field)));
    Doc::of(field.doc.as_deref(), otherwise).maybe(limits(field))
}

/// Returns what the schema says about a field's values: "1 to 80 characters.", "Matches `^a`."
fn limits(field: &FieldDef) -> Option<String> {
    let unit = match &field.ty.value {
        Type::String(_) => " characters",
        Type::List(_) | Type::Map(..) => " items",
        _ => "",
    };
    let mut sentences = Vec::new();
    match (&field.min, &field.max) {
        (Some(min), Some(max)) => sentences.push(format!("{} to {}{unit}.", min.value, max.value)),
        (Some(min), None) => sentences.push(format!("At least {}{unit}.", min.value)),
        (None, Some(max)) => sentences.push(format!("At most {}{unit}.", max.value)),
        (None, None) => {}
    }
    sentences.extend(field.pattern.iter().map(|pattern| format!("Matches {}.", code(pattern))));
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
