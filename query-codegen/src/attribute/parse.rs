//! What did the user write between the parentheses: words, values, arguments, types and lists, as a small tree?
//!
//! The reader is tolerant. It never stops at a mistake: it reports it and goes on behind the next comma, so that several
//! mistakes of one attribute are reported together and a half-typed attribute still says what it can. It knows no word
//! of the dialect and no meaning.

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Lit, Type};

use super::code;
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    origin::Origin,
};

/// An identifier as the user typed it, keywords included.
#[derive(Clone)]
pub(super) struct Word {
    /// Its letters, without `r#`.
    pub text: String,
    /// The token itself, `r#` and all.
    pub ident: Ident,
    /// Where it stands.
    pub span: Span,
}

impl Word {
    pub(super) fn origin(&self) -> Origin {
        Origin::Span(self.span)
    }
}

/// What stands between two commas.
#[derive(Clone)]
pub(super) struct Entry {
    pub head: Head,
    pub tail: Tail,
}

/// What an entry begins with.
#[derive(Clone)]
pub(super) enum Head {
    Word(Word),
    Literal(Literal),
}

/// What follows the beginning of an entry.
#[derive(Clone)]
pub(super) enum Tail {
    /// Nothing: `from_list`.
    None,
    /// `envelope(items = "users")`.
    Arguments(Arguments),
    /// `path = "/users"`.
    Value(Value),
    /// `role: Role`.
    Type(Box<Type>),
    /// A mistake that has been reported.
    Broken,
}

/// A list in parentheses.
#[derive(Clone)]
pub(super) struct Arguments {
    pub entries: Vec<Entry>,
    pub span: Span,
}

/// What stands behind `=`, and between the commas of `[…]`.
#[derive(Clone)]
pub(super) enum Value {
    /// `"2m"`, `20`, `-1`, `true`.
    Literal(Literal),
    /// `now`, `users.list`, `users.detail(id)`.
    Dotted(Dotted),
    /// `-created_at`.
    Descending(Word),
    /// `[…]`.
    List(Vec<Self>, Span),
    /// `::query_runtime`, `Vec<u8>`, or an expression that nobody can use.
    Tokens(TokenStream, Span),
}

/// Words with dots between them, and what the last one is called with.
#[derive(Clone)]
pub(super) struct Dotted {
    pub first: Word,
    pub rest: Vec<Word>,
    pub arguments: Option<Arguments>,
}

/// A literal and whether `-` stands before it.
#[derive(Clone)]
pub(super) struct Literal {
    pub lit: Lit,
    pub negative: bool,
    pub span: Span,
}

impl Entry {
    /// Returns where the entry begins.
    pub(super) fn span(&self) -> Span {
        match &self.head {
            Head::Word(word) => word.span,
            Head::Literal(literal) => literal.span,
        }
    }

    /// Returns the place where the entry begins.
    pub(super) fn origin(&self) -> Origin {
        Origin::Span(self.span())
    }
}

impl Value {
    /// Returns where the value begins.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Literal(literal) => literal.span,
            Self::Dotted(dotted) => dotted.first.span,
            Self::Descending(word) => word.span,
            Self::List(_, span) | Self::Tokens(_, span) => *span,
        }
    }

    /// Returns what the value is, for `expected …, found …`.
    pub(super) fn found(&self) -> String {
        match self {
            Self::Literal(literal) => literal.found(),
            Self::Dotted(Dotted { first, rest, arguments }) => {
                let mut text = first.text.clone();
                for word in rest {
                    text = format!("{text}.{}", word.text);
                }
                format!("`{text}{}`", if arguments.is_some() { "(…)" } else { "" })
            }
            Self::Descending(word) => format!("`-{}`", word.text),
            Self::List(..) => "a list".to_owned(),
            Self::Tokens(tokens, _) => format!("`{}`", compact(tokens)),
        }
    }
}

impl Literal {
    /// Returns what the literal is, for `expected …, found …`.
    pub(super) fn found(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let text = self.lit.to_token_stream().to_string();
        match &self.lit {
            Lit::Str(_) => format!("the string `{text}`"),
            Lit::Int(_) | Lit::Float(_) => format!("the number `{sign}{text}`"),
            _ => format!("`{text}`"),
        }
    }
}

/// Returns tokens as one would type them.
pub(super) fn compact(tokens: &TokenStream) -> String {
    let text = tokens.to_string();
    let mut compact = text.clone();
    for (loose, tight) in
        [(" :: ", "::"), (":: ", "::"), (" < ", "<"), (" >", ">"), (" !", "!"), (" (", "("), (" ,", ",")]
    {
        compact = compact.replace(loose, tight);
    }
    compact
}

/// Reads what stands between the parentheses of `#[query(…)]`.
pub(super) fn entries(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Vec<Entry> {
    Reader::new(tokens, diagnostics).entries()
}

/// Tokens and how far they are read.
struct Reader<'d> {
    tokens: Vec<TokenTree>,
    next: usize,
    diagnostics: &'d mut Diagnostics,
}

impl<'d> Reader<'d> {
    fn new(tokens: TokenStream, diagnostics: &'d mut Diagnostics) -> Self {
        let mut flat = Vec::new();
        flatten(tokens, &mut flat);
        Self { tokens: flat, next: 0, diagnostics }
    }

    fn entries(mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        while self.next < self.tokens.len() {
            match self.entry() {
                Some(entry) => entries.push(entry),
                None => self.skip_part(),
            }
            self.separator();
        }
        entries
    }

    /// Reads the comma behind a part, or says what is there instead.
    fn separator(&mut self) {
        let Some(token) = self.peek(0).cloned() else { return };
        if is_punct(&token, ',') {
            self.next += 1;
            return;
        }
        if matches!(token, TokenTree::Ident(_)) {
            let message = format!("expected `,` before `{token}`");
            self.report(code::COMMA, message, token.span());
            return;
        }
        let message = format!("unexpected {}", describe(&token));
        self.report_help(code::TRAILING, message, token.span(), "end the value with `,`");
        self.skip_part();
        if self.peek(0).is_some() {
            self.next += 1;
        }
    }

    fn entry(&mut self) -> Option<Entry> {
        if let Some(literal) = self.literal() {
            let tail = if self.eat('=') { self.assigned("the value") } else { Tail::None };
            return Some(Entry { head: Head::Literal(literal), tail });
        }
        let token = self.peek(0)?.clone();
        let Some(word) = self.word() else {
            let message = format!("expected a word, found {}", describe(&token));
            self.report(code::WORD, message, token.span());
            return None;
        };
        let tail = self.tail(&word);
        Some(Entry { head: Head::Word(word), tail })
    }

    fn tail(&mut self, word: &Word) -> Tail {
        match self.peek(0).cloned() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                self.next += 1;
                let entries = entries(group.stream(), self.diagnostics);
                Tail::Arguments(Arguments { entries, span: group.span_open() })
            }
            Some(TokenTree::Group(group)) => {
                self.next += 1;
                let message = format!("expected `(…)` after `{}`", word.text);
                self.report(code::WORD, message, group.span_open());
                Tail::Broken
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' && !self.is_joint('=') => {
                self.next += 1;
                self.assigned(&word.text)
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && !self.is_joint(':') => {
                self.next += 1;
                self.typed(word, punct.span())
            }
            _ => Tail::None,
        }
    }

    /// Reads what follows `word =`.
    fn assigned(&mut self, word: &str) -> Tail {
        let sign = self.tokens[self.next - 1].span();
        match self.peek(0) {
            Some(token) if !is_punct(token, ',') => self.value().map_or(Tail::Broken, Tail::Value),
            _ => {
                let message = format!("expected a value after `{word} =`");
                self.report(code::UNFINISHED, message, sign);
                Tail::Broken
            }
        }
    }

    /// Reads what follows `name:`.
    fn typed(&mut self, word: &Word, colon: Span) -> Tail {
        let tokens = self.take_type();
        if tokens.is_empty() {
            let message = format!("expected a type after `{}:`", word.text);
            self.report(code::UNFINISHED, message, colon);
            return Tail::Broken;
        }
        let first = tokens.clone().into_iter().next().map_or(colon, |token| token.span());
        if let Ok(ty) = syn::parse2::<Type>(tokens.clone()) {
            return Tail::Type(Box::new(ty));
        }
        let message = format!("expected a type after `{}:`, found `{}`", word.text, compact(&tokens));
        self.report(code::TYPE, message, first);
        Tail::Broken
    }

    fn value(&mut self) -> Option<Value> {
        if let Some(literal) = self.literal() {
            return Some(Value::Literal(literal));
        }
        let token = self.peek(0)?.clone();
        let span = token.span();
        match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                self.next += 1;
                let items = Reader::new(group.stream(), self.diagnostics).values();
                Some(Value::List(items, group.span_open()))
            }
            TokenTree::Punct(minus) if minus.as_char() == '-' => {
                self.next += 1;
                if let Some(word) = self.word() {
                    return Some(Value::Descending(word));
                }
                self.report(code::UNFINISHED, "expected a field or a number after `-`", span);
                None
            }
            TokenTree::Ident(_) if !self.begins_path() => self.dotted().map(Value::Dotted),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Group(_) => {
                Some(Value::Tokens(self.take_type(), span))
            }
            TokenTree::Literal(_) => None,
        }
    }

    /// Reads the items of `[…]`.
    fn values(mut self) -> Vec<Value> {
        let mut values = Vec::new();
        while let Some(token) = self.peek(0) {
            if is_punct(token, ',') {
                let span = token.span();
                self.report(code::WORD, "expected an item, found `,`", span);
            } else if let Some(value) = self.value() {
                values.push(value);
            } else {
                self.skip_part();
            }
            self.separator();
        }
        values
    }

    fn dotted(&mut self) -> Option<Dotted> {
        let first = self.word()?;
        let mut rest = Vec::new();
        while self.peek(0).is_some_and(|token| is_punct(token, '.')) {
            let dot = self.tokens[self.next].span();
            self.next += 1;
            let Some(word) = self.word() else {
                self.report(code::UNFINISHED, "expected a word after `.`", dot);
                return None;
            };
            rest.push(word);
        }
        let arguments = match self.peek(0).cloned() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                self.next += 1;
                let entries = entries(group.stream(), self.diagnostics);
                Some(Arguments { entries, span: group.span_open() })
            }
            _ => None,
        };
        Some(Dotted { first, rest, arguments })
    }

    /// Returns whether the identifier that comes next begins a path, a type or a macro call.
    fn begins_path(&self) -> bool {
        match self.peek(1) {
            Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ':' | '<' | '!'),
            Some(TokenTree::Ident(_)) => {
                matches!(self.peek(0), Some(TokenTree::Ident(first)) if first == "dyn" || first == "impl")
            }
            _ => false,
        }
    }

    fn literal(&mut self) -> Option<Literal> {
        let token = self.peek(0)?.clone();
        let span = token.span();
        match token {
            TokenTree::Literal(literal) => {
                self.next += 1;
                Some(Literal { lit: Lit::new(literal), negative: false, span })
            }
            TokenTree::Ident(ident) if ident == "true" || ident == "false" => {
                self.next += 1;
                let lit = Lit::Bool(syn::LitBool::new(ident == "true", span));
                Some(Literal { lit, negative: false, span })
            }
            TokenTree::Punct(minus) if minus.as_char() == '-' => match self.peek(1).cloned() {
                Some(TokenTree::Literal(literal)) => {
                    self.next += 2;
                    Some(Literal { lit: Lit::new(literal), negative: true, span })
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn word(&mut self) -> Option<Word> {
        let Some(TokenTree::Ident(ident)) = self.peek(0) else { return None };
        let text = ident.to_string();
        let text = text.strip_prefix("r#").unwrap_or(&text).to_owned();
        let word = Word { text, ident: ident.clone(), span: ident.span() };
        self.next += 1;
        Some(word)
    }

    /// Takes the tokens up to the next comma that is not inside of `<…>`.
    fn take_type(&mut self) -> TokenStream {
        let mut depth = 0_usize;
        let mut arrow = false;
        let mut taken = TokenStream::new();
        while let Some(token) = self.peek(0).cloned() {
            if let TokenTree::Punct(punct) = &token {
                match punct.as_char() {
                    ',' if depth == 0 => break,
                    '<' => depth += 1,
                    '>' if !arrow => depth = depth.saturating_sub(1),
                    _ => {}
                }
                arrow = punct.as_char() == '-' && punct.spacing() == Spacing::Joint;
            } else {
                arrow = false;
            }
            taken.extend([token]);
            self.next += 1;
        }
        taken
    }

    fn skip_part(&mut self) {
        while self.peek(0).is_some_and(|token| !is_punct(token, ',')) {
            self.next += 1;
        }
    }

    fn peek(&self, ahead: usize) -> Option<&TokenTree> {
        self.tokens.get(self.next + ahead)
    }

    fn eat(&mut self, character: char) -> bool {
        let is_next = self.peek(0).is_some_and(|token| is_punct(token, character));
        self.next += usize::from(is_next);
        is_next
    }

    /// Returns whether the next two tokens are this character twice, as in `==` and `::`.
    fn is_joint(&self, character: char) -> bool {
        self.peek(1).is_some_and(|token| is_punct(token, character))
            && matches!(self.peek(0), Some(TokenTree::Punct(first)) if first.spacing() == Spacing::Joint)
    }

    fn report(&mut self, code: u16, message: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::error(code, message, &Origin::Span(span)));
    }

    fn report_help(&mut self, code: u16, message: impl Into<String>, span: Span, help: &str) {
        self.diagnostics.push(Diagnostic::error(code, message, &Origin::Span(span)).help(help));
    }
}

/// Opens the invisible groups that `macro_rules!` puts around its fragments.
fn flatten(tokens: TokenStream, flat: &mut Vec<TokenTree>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flatten(group.stream(), flat);
            }
            other => flat.push(other),
        }
    }
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

fn describe(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "`(…)`".to_owned(),
            Delimiter::Brace => "`{…}`".to_owned(),
            Delimiter::Bracket | Delimiter::None => "`[…]`".to_owned(),
        },
        other => format!("`{other}`"),
    }
}
