//! What does one fetched page of a list look like, here and on the wire?

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::rows::Rows;

/// One page of a list, or the whole list.
///
/// What a server does not tell is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    /// The rows.
    pub items: Rows<T>,
    /// How many rows the whole list has.
    #[serde(default)]
    pub total: Option<u64>,
    /// Whether there are rows after this page.
    #[serde(default)]
    pub has_more: Option<bool>,
    /// The number of this page, as the server counts.
    #[serde(default)]
    pub page: Option<u64>,
    /// The cursor of the next page.
    #[serde(default)]
    pub next: Option<Cursor>,
    /// The cursor of the previous page.
    #[serde(default)]
    pub prev: Option<Cursor>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self::from(Rows::new())
    }
}

impl<T> From<Rows<T>> for Page<T> {
    fn from(items: Rows<T>) -> Self {
        Self { items, total: None, has_more: None, page: None, next: None, prev: None }
    }
}

impl<T> FromIterator<T> for Page<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        Self::from(rows.into_iter().collect::<Rows<T>>())
    }
}

/// An opaque place in a list, as the server wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Cursor(
    /// The text; a cursor that came as a number is its digits.
    pub String,
);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Cursor {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a cursor must be a string or a number")]
        enum Wire {
            Text(String),
            Number(serde_json::Number),
        }
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Text(text) => Self(text),
            Wire::Number(number) => Self(number.to_string()),
        })
    }
}

/// Under which names the members of a page come on the wire; `None` for what the server does not send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The rows; `None` means that the body is the bare array.
    pub items: Option<&'static str>,
    /// How many rows the whole list has.
    pub total: Option<&'static str>,
    /// Whether there are rows after this page.
    pub has_more: Option<&'static str>,
    /// The number of this page.
    pub page: Option<&'static str>,
    /// The cursor of the next page.
    pub next: Option<&'static str>,
    /// The cursor of the previous page.
    pub prev: Option<&'static str>,
}

impl Envelope {
    /// A bare array.
    pub const BARE: Self = Self { items: None, total: None, has_more: None, page: None, next: None, prev: None };
}

impl<T: DeserializeOwned> Page<T> {
    /// Reads a page from JSON under the names of an envelope.
    ///
    /// Other members are skipped. `null` and an empty cursor, which some servers send after the last page, count as not sent.
    ///
    /// # Errors
    ///
    /// Fails if the text is not JSON, the rows are missing, or a member has the wrong type.
    pub fn from_json_bytes(body: &[u8], envelope: &Envelope) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let page = PageSeed { envelope, row: PhantomData }.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(page)
    }
}

struct PageSeed<'a, T> {
    envelope: &'a Envelope,
    row: PhantomData<fn() -> T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for PageSeed<'_, T> {
    type Value = Page<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page<T>, D::Error> {
        match self.envelope.items {
            None => Rows::deserialize(deserializer).map(Page::from),
            Some(items) => deserializer.deserialize_map(PageVisitor { seed: self, items }),
        }
    }
}

struct PageVisitor<'a, T> {
    seed: PageSeed<'a, T>,
    items: &'static str,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for PageVisitor<'_, T> {
    type Value = Page<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the rows in `{}`", self.items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Page<T>, A::Error> {
        let names = self.seed.envelope;
        let mut items: Option<Rows<T>> = None;
        let mut page = Page::default();
        while let Some(Name(name)) = members.next_key()? {
            let name = Some(name.as_ref());
            if name == names.items {
                items = Some(members.next_value()?);
            } else if name == names.total {
                page.total = members.next_value()?;
            } else if name == names.has_more {
                page.has_more = members.next_value()?;
            } else if name == names.page {
                page.page = members.next_value()?;
            } else if name == names.next {
                page.next = members.next_value::<Option<Cursor>>()?.filter(Cursor::leads_on);
            } else if name == names.prev {
                page.prev = members.next_value::<Option<Cursor>>()?.filter(Cursor::leads_on);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        page.items = items.ok_or_else(|| de::Error::missing_field(self.items))?;
        Ok(page)
    }
}

impl Cursor {
    fn leads_on(&self) -> bool {
        !self.0.is_empty()
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// The loaded pages of an infinite list.
///
/// `pages` and `page_params` are a relation: page `i` was fetched with parameter `i`.
#[derive(Debug)]
pub struct InfiniteData<T, P> {
    /// The pages in list order.
    pub pages: Vec<Arc<T>>,
    /// The parameter of each page.
    pub page_params: Vec<P>,
}

impl<T, P: Clone> Clone for InfiniteData<T, P> {
    fn clone(&self) -> Self {
        Self { pages: self.pages.clone(), page_params: self.page_params.clone() }
    }
}

impl<T, P> Default for InfiniteData<T, P> {
    fn default() -> Self {
        Self { pages: Vec::new(), page_params: Vec::new() }
    }
}

impl<T: PartialEq, P: PartialEq> PartialEq for InfiniteData<T, P> {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&Arc<T>, &Arc<T>)| Arc::ptr_eq(a, b) || a == b;
        self.page_params == other.page_params
            && self.pages.len() == other.pages.len()
            && self.pages.iter().zip(&other.pages).all(same)
    }
}

/// The JSON form of [`InfiniteData`].
#[derive(Serialize, Deserialize)]
struct PagesForm<T, P> {
    pages: Vec<T>,
    page_params: Vec<P>,
}

impl<T: Serialize, P: Serialize> Serialize for InfiniteData<T, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pages = self.pages.iter().map(|page| &**page).collect();
        PagesForm { pages, page_params: self.page_params.iter().collect() }.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, P: Deserialize<'de>> Deserialize<'de> for InfiniteData<T, P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let PagesForm { pages, page_params } = PagesForm::<T, P>::deserialize(deserializer)?;
        if pages.len() != page_params.len() {
            return Err(de::Error::custom("there are not as many page parameters as pages"));
        }
        Ok(Self { pages: pages.into_iter().map(Arc::new).collect(), page_params })
    }
}

impl<T, P> InfiniteData<Page<T>, P> {
    /// Iterates over the rows of all loaded pages.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flat_map(|page| page.items.iter())
    }
}

#[cfg(test)]
mod tests;
