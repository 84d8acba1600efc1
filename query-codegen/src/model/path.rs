//! What is an endpoint: a method and a path with named places?

use std::fmt::Write as _;

use crate::{name, origin::Spanned};

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// A path template such as `/users/{id}/posts`, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    /// The text as written.
    pub text: String,
    /// Its parts, in order.
    pub parts: Vec<PathPart>,
}

/// A part of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPart {
    /// Text that is sent as it is, slashes included.
    Literal(String),
    /// A place for a parameter.
    Parameter {
        /// The parameter's name.
        name: String,
        /// The character of the text at which its `{` stands, 0-based.
        column: usize,
    },
}

/// A method and a path.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: Spanned<Method>,
    /// The path.
    pub path: Spanned<PathTemplate>,
}

/// What is wrong with a path template, and at which of its characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathMistake {
    /// The first character that is wrong, 0-based.
    pub column: usize,
    /// How many characters are wrong; at least one.
    pub length: usize,
    /// What is wrong, as a diagnostic's message.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl PathMistake {
    fn new(column: usize, length: usize, message: String, help: &str) -> Self {
        Self { column, length: length.max(1), message, help: help.to_owned() }
    }
}

impl Method {
    /// The words of the dialect, in lower case, and their methods.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("get", Self::Get),
        ("post", Self::Post),
        ("put", Self::Put),
        ("patch", Self::Patch),
        ("delete", Self::Delete),
    ];

    /// Returns the method for `PATCH` or `patch`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, method)| *method)
    }
}

impl PathTemplate {
    /// Reads a path template.
    ///
    /// # Errors
    ///
    /// Returns the first mistake: no leading `/`, a query string, a fragment, white space or a control character, braces
    /// that are unbalanced, empty or nested, a parameter that is not a name or that stands twice.
    pub fn parse(text: &str) -> Result<Self, PathMistake> {
        let characters: Vec<char> = text.chars().collect();
        if characters.first() != Some(&'/') {
            let help = format!("write `/{}`", printable(text));
            return Err(PathMistake::new(0, 1, "a path starts with `/`".to_owned(), &help));
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut column = 0;
        while let Some(&character) = characters.get(column) {
            if character == '{' {
                let name = parameter(&characters, column)?;
                if parts.iter().any(|part| matches!(part, PathPart::Parameter { name: other, .. } if *other == name)) {
                    let message = format!("`{{{name}}}` stands twice in this path");
                    let length = name.chars().count() + 2;
                    return Err(PathMistake::new(column, length, message, "give the second parameter another name"));
                }
                if !literal.is_empty() {
                    parts.push(PathPart::Literal(std::mem::take(&mut literal)));
                }
                let next = column + name.chars().count() + 2;
                parts.push(PathPart::Parameter { name, column });
                column = next;
            } else {
                refuse(character, column)?;
                literal.push(character);
                column += 1;
            }
        }
        if !literal.is_empty() {
            parts.push(PathPart::Literal(literal));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Iterates over the names of the parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            PathPart::Parameter { name, .. } => Some(name.as_str()),
            PathPart::Literal(_) => None,
        })
    }
}

/// Reads the name of the parameter whose `{` stands at `open`.
fn parameter(characters: &[char], open: usize) -> Result<String, PathMistake> {
    let name: String = characters[open + 1..].iter().take_while(|c| !matches!(c, '{' | '}' | '/')).collect();
    let length = name.chars().count();
    let end = open + 1 + length;
    match characters.get(end) {
        Some('}') if name.is_empty() => {
            Err(PathMistake::new(open, 2, "`{}` has no parameter name".to_owned(), "write `{id}`"))
        }
        Some('}') => match name::problem(&name) {
            None => Ok(name),
            Some(problem) => Err(PathMistake::new(
                open + 1,
                length,
                format!("`{}` is not a parameter name: {problem}", printable(&name)),
                "write a name such as `{user_id}`",
            )),
        },
        Some('{') => Err(PathMistake::new(
            end,
            1,
            "a `{` inside of `{…}`".to_owned(),
            "close the first parameter with `}` before the next begins",
        )),
        _ => Err(PathMistake::new(open, 1, "this `{` has no `}`".to_owned(), "write the parameter as `{id}`")),
    }
}

/// Refuses a character that a path cannot have outside of braces.
fn refuse(character: char, column: usize) -> Result<(), PathMistake> {
    let (message, help) = match character {
        '}' => ("this `}` has no `{`".to_owned(), "write the parameter as `{id}`"),
        '?' => ("a path has no query string".to_owned(), "leave out `?` and what follows, and declare `params`"),
        '#' => ("a path has no fragment".to_owned(), "leave out `#` and what follows"),
        '\\' => ("a path is divided by `/`, not by a backslash".to_owned(), "write `/`"),
        c if c.is_whitespace() => ("a path has no spaces".to_owned(), "write `%20` for a space"),
        c if c.is_control() => (format!("a path has no control characters, and this is {c:?}"), "leave it out"),
        _ => return Ok(()),
    };
    Err(PathMistake::new(column, 1, message, help))
}

/// Escapes control characters, so that a message stays one line.
fn printable(text: &str) -> String {
    text.chars().fold(String::new(), |mut clean, c| {
        if c.is_control() {
            let _ = write!(clean, "{}", c.escape_default());
        } else {
            clean.push(c);
        }
        clean
    })
}

#[cfg(test)]
mod tests {
    use super::{PathPart, PathTemplate};

    fn mistake(text: &str) -> (usize, usize, String) {
        let mistake = PathTemplate::parse(text).expect_err(text);
        (mistake.column, mistake.length, mistake.message)
    }

    #[test]
    fn path_is_divided_into_literals_and_parameters() {
        let path = PathTemplate::parse("/users/{id}/posts/{post-id}").expect("a good path");
        assert_eq!(
            path.parts,
            [
                PathPart::Literal("/users/".to_owned()),
                PathPart::Parameter { name: "id".to_owned(), column: 7 },
                PathPart::Literal("/posts/".to_owned()),
                PathPart::Parameter { name: "post-id".to_owned(), column: 18 },
            ]
        );
        assert_eq!(path.parameters().collect::<Vec<_>>(), ["id", "post-id"]);
        assert!(PathTemplate::parse("/").is_ok());
    }

    #[test]
    fn mistake_is_placed_at_its_character() {
        assert_eq!(mistake(""), (0, 1, "a path starts with `/`".to_owned()));
        assert_eq!(mistake("users").0, 0);
        assert_eq!(mistake("/é/a?b").0, 4);
        assert_eq!(mistake("/a#b").0, 2);
        assert_eq!(mistake("/a b").0, 2);
        assert_eq!(mistake("/a\nb").0, 2);
        assert_eq!(mistake("/a\u{1}").0, 2);
        assert_eq!(mistake("/a\\b").0, 2);
        assert_eq!(mistake("/{id").0, 1);
        assert_eq!(mistake("/{id/x}").0, 1);
        assert_eq!(mistake("/id}").0, 3);
        assert_eq!(mistake("/{}").1, 2);
        assert_eq!(mistake("/{a{b}}").0, 3);
        assert_eq!(
            mistake("/{1a}"),
            (2, 2, "`1a` is not a parameter name: a name begins with a letter from a to z".to_owned())
        );
        assert_eq!(mistake("/{id}/{id}"), (6, 4, "`{id}` stands twice in this path".to_owned()));
    }
}
