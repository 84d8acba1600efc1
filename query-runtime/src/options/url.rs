//! How is a query described by nothing but its URL?

use serde::de::DeserializeOwned;

use crate::{
    key::{Key, QueryKey},
    options::{QueryData, QueryOptions},
    request::Request,
    shell::FetchContext,
};

impl<T: QueryData + DeserializeOwned> QueryOptions<T> {
    /// Describes a query by a URL below the API: its key is [`QueryKey::url`], and a `GET` brings its data as JSON.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{QueryClient, QueryKey, QueryOptions};
    ///
    /// fn refresh(client: &QueryClient) {
    ///     let admins = client.observe(QueryOptions::<Vec<String>>::url("/users?role=admin"));
    ///     client.invalidate(QueryKey::url("/users")); // all that lies there, with whatever parameters
    /// # drop(admins);
    /// }
    /// # let _ = refresh;
    /// ```
    pub fn url(url: &str) -> Self {
        let request = Request::url(url);
        let fetch = move |context: FetchContext| {
            let request = request.clone();
            async move { context.send(request).await?.json() }
        };
        Self::new(Key::typed(QueryKey::url(url)), fetch)
    }
}
