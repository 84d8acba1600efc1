//! What does an observer show of the data: all of it, or what a function makes of it?

use std::{fmt, sync::Arc};

use crate::{
    error::QueryError,
    marker::{MaybeSend, MaybeSync},
    options::QueryData,
};

/// Makes what is shown of the data.
trait Project<T, R>: MaybeSend + MaybeSync {
    fn project(&self, data: &Arc<T>) -> Result<Arc<R>, QueryError>;

    /// Returns what is shown already where the new outcome equals it.
    fn share(&self, shown: &Arc<R>, new: Arc<R>) -> Arc<R>;

    /// Returns the data where it is shown as it is.
    fn whole(&self, _data: &Arc<T>) -> Option<Arc<R>> {
        None
    }

    /// Returns what is shown already where a placeholder equals it.
    fn share_placeholder(&self, _shown: &Arc<R>, placeholder: Arc<T>) -> Arc<T> {
        placeholder
    }
}

/// Shows the data itself.
struct Whole;

impl<T: QueryData> Project<T, T> for Whole {
    fn project(&self, data: &Arc<T>) -> Result<Arc<T>, QueryError> {
        Ok(data.clone())
    }

    fn whole(&self, data: &Arc<T>) -> Option<Arc<T>> {
        Some(data.clone())
    }

    fn share(&self, _shown: &Arc<T>, new: Arc<T>) -> Arc<T> {
        // The cache has compared them already.
        new
    }

    fn share_placeholder(&self, shown: &Arc<T>, placeholder: Arc<T>) -> Arc<T> {
        if **shown == *placeholder { shown.clone() } else { placeholder }
    }
}

/// Shows what a function makes of the data.
struct Selected<F>(F);

impl<T, R, F> Project<T, R> for Selected<F>
where
    T: QueryData,
    R: QueryData,
    F: Fn(&Arc<T>) -> Result<Arc<R>, QueryError> + MaybeSend + MaybeSync,
{
    fn project(&self, data: &Arc<T>) -> Result<Arc<R>, QueryError> {
        (self.0)(data)
    }

    fn share(&self, shown: &Arc<R>, new: Arc<R>) -> Arc<R> {
        if **shown == *new { shown.clone() } else { new }
    }
}

/// What an observer shows of the data: a projection that can be kept, handed on and exchanged.
///
/// Clones are the same projection: an observer that is given a clone of the one it has does not run it again.
///
/// # Examples
///
/// ```
/// use query_runtime::{QueryObserver, Select};
///
/// fn show_the_length(names: &QueryObserver<Vec<String>, usize>) {
///     names.set_select(Select::new(|names: &Vec<String>| names.len()));
/// }
/// # let _ = show_the_length;
/// ```
pub struct Select<T, R> {
    project: Arc<dyn Project<T, R>>,
}

impl<T, R> Clone for Select<T, R> {
    fn clone(&self) -> Self {
        Self { project: self.project.clone() }
    }
}

impl<T, R> fmt::Debug for Select<T, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Select").finish_non_exhaustive()
    }
}

impl<D: QueryData> Select<D, D> {
    /// Shows the data itself.
    pub fn whole() -> Self {
        Self { project: Arc::new(Whole) }
    }
}

impl<T: QueryData, R: QueryData> Select<T, R> {
    /// Shows what a function makes of the data.
    pub fn new(select: impl Fn(&T) -> R + MaybeSend + MaybeSync + 'static) -> Self {
        Self::shared(move |data| Ok(Arc::new(select(data))))
    }

    /// Shows what a function that can fail makes of the data.
    pub fn fallible(select: impl Fn(&T) -> Result<R, QueryError> + MaybeSend + MaybeSync + 'static) -> Self {
        Self::shared(move |data| select(data).map(Arc::new))
    }

    /// Shows what a function takes out of the data without copying it, where the data holds it as an [`Arc`].
    pub fn shared(select: impl Fn(&Arc<T>) -> Result<Arc<R>, QueryError> + MaybeSend + MaybeSync + 'static) -> Self {
        Self { project: Arc::new(Selected(select)) }
    }
}

impl<T, R> Select<T, R> {
    /// Returns whether both are the same projection.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.project, &other.project)
    }

    /// Returns the data where it is shown as it is.
    pub(crate) fn whole_of(&self, data: &Arc<T>) -> Option<Arc<R>> {
        self.project.whole(data)
    }

    /// Makes what is shown of the data: what is shown already, where that is equal and equal parts are kept.
    pub(crate) fn run(&self, data: &Arc<T>, shown: Option<&Arc<R>>, keeps: bool) -> Result<Arc<R>, QueryError> {
        let new = self.project.project(data)?;
        Ok(match shown.filter(|_| keeps) {
            Some(shown) => self.project.share(shown, new),
            None => new,
        })
    }

    /// Returns the placeholder, or what is shown already where that is equal and equal parts are kept.
    pub(crate) fn placeholder(&self, placeholder: Arc<T>, shown: Option<&Arc<R>>, keeps: bool) -> Arc<T> {
        match shown.filter(|_| keeps) {
            Some(shown) => self.project.share_placeholder(shown, placeholder),
            None => placeholder,
        }
    }
}
