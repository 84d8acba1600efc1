//! How does one wait until what was started is over?

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{error::QueryError, shell::tasks::Waiter};

/// Waits until the fetches that a call has started are over, however they end.
///
/// The call has acted already: this may be dropped. A call that means several queries does not wait for those whose fetch is
/// paused; that of a single observer does.
#[derive(Debug, Default)]
pub struct Settled {
    waiters: Vec<Waiter>,
    error: Option<QueryError>,
}

impl Settled {
    pub(crate) fn of(waiters: Vec<Waiter>) -> Self {
        Self { waiters, error: None }
    }

    /// Waits for all of them.
    pub(crate) fn all(several: impl IntoIterator<Item = Self>) -> Self {
        several.into_iter().fold(Self::default(), |mut all, one| {
            all.waiters.extend(one.waiters);
            all.error = all.error.or(one.error);
            all
        })
    }

    pub(crate) fn failed(error: QueryError) -> Self {
        Self { waiters: Vec::new(), error: Some(error) }
    }

    /// Waits, and returns the first error.
    ///
    /// # Errors
    ///
    /// One of the fetches failed or was cancelled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up waiting, not the fetches.
    pub async fn outcome(mut self) -> Result<(), QueryError> {
        (&mut self).await;
        self.error.map_or(Ok(()), Err)
    }
}

impl Future for Settled {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let error = &mut this.error;
        this.waiters.retain_mut(|waiter| match Pin::new(waiter).poll(context) {
            Poll::Ready(result) => {
                if let Err(failure) = result {
                    error.get_or_insert(failure);
                }
                false
            }
            Poll::Pending => true,
        });
        if this.waiters.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}
