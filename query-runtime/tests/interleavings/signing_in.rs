//! Is a token renewed once for all who need it, and never after signing out?

use std::{future::ready, sync::Arc};

use query_runtime::{
    BoxFuture, PreparedRequest, QueryError, RawResponse, Request, Session, SessionTransport, Transport,
};
use shuttle::{
    future::{block_on, yield_now},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use crate::schedules::{env, explore};

/// A server that takes the tokens `new 1`, `new 2` and so on, only the newest.
#[derive(Clone, Default)]
struct Server {
    newest: Arc<AtomicU64>,
    renewals: Arc<AtomicU64>,
}

impl Transport for Server {
    fn send(&self, request: PreparedRequest) -> BoxFuture<'static, Result<RawResponse, QueryError>> {
        let token = format!("Bearer new {}", self.newest.load(Ordering::SeqCst));
        let status = if request.header("Authorization") == Some(&token) { 200 } else { 401 };
        Box::pin(ready(Ok(RawResponse::json(status, &serde_json::json!(null)))))
    }
}

fn signed_in(server: &Server) -> (Arc<SessionTransport>, Session) {
    let session = Session::new();
    session.sign_in("old");
    let own = server.clone();
    let renew = move |_| {
        let own = own.clone();
        async move {
            own.renewals.fetch_add(1, Ordering::SeqCst);
            let number = own.newest.fetch_add(1, Ordering::SeqCst) + 1;
            yield_now().await;
            Ok(format!("new {number}"))
        }
    };
    (Arc::new(SessionTransport::new(server.clone(), session.clone(), renew).env(env())), session)
}

/// Test A15 and invariant I15: one renewal for each token, however many requests find out that it is over.
#[test]
fn one_renewal_serves_all_requests_of_a_token() {
    explore("renewal", || {
        let server = Server::default();
        let (transport, _) = signed_in(&server);
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let transport = transport.clone();
                thread::spawn(move || {
                    let request = Request::get("/me").prepare().unwrap();
                    block_on(transport.send(request)).map(|answer| answer.status).unwrap()
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), 200);
        }
        assert_eq!(server.renewals.load(Ordering::SeqCst), 1);
    });
}

/// Test A09: who signs out while a renewal runs stays signed out, and nobody waits for ever.
#[test]
fn signing_out_beside_a_renewal_stays() {
    explore("signing out", || {
        let server = Server::default();
        let (transport, session) = signed_in(&server);
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let transport = transport.clone();
                thread::spawn(move || {
                    let request = Request::get("/me").prepare().unwrap();
                    block_on(transport.send(request)).map(|answer| answer.status).unwrap()
                })
            })
            .collect();
        session.sign_out();
        for thread in threads {
            assert!([200, 401].contains(&thread.join().unwrap()));
        }
        assert!(!session.is_signed_in());
        assert!(server.renewals.load(Ordering::SeqCst) <= 1);
    });
}
