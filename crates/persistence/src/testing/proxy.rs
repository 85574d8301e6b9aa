//! A network between a store and its server that loses what is sent.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Forwards TCP connections to a server on 127.0.0.1, and can swallow: what is sent then arrives nowhere, without an
/// error. It lasts as long as the process.
pub struct Proxy {
    port: u16,
    swallows: Arc<AtomicBool>,
    /// One for each connection: whether it is swallowed for good.
    lost: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
}

impl Proxy {
    /// Starts one before the server at `server`.
    ///
    /// # Errors
    /// If there is no free port.
    pub fn to(server: u16) -> Result<Self, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let proxy = Self { port, swallows: Arc::default(), lost: Arc::default() };
        let (swallows, lost) = (proxy.swallows.clone(), proxy.lost.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let dead = Arc::new(AtomicBool::new(swallows.load(Ordering::SeqCst)));
                lost.lock().unwrap_or_else(PoisonError::into_inner).push(dead.clone());
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (Ok(from_client), Ok(to_server)) = (client.try_clone(), upstream.try_clone()) else {
                    continue;
                };
                let back = dead.clone();
                std::thread::spawn(move || forward(from_client, to_server, &dead));
                std::thread::spawn(move || forward(upstream, client, &back));
            }
        });
        Ok(proxy)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Swallows everything, of all connections so far and of new ones.
    pub fn swallow(&self) {
        self.swallows.store(true, Ordering::SeqCst);
        for dead in self.lost.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            dead.store(true, Ordering::SeqCst);
        }
    }

    /// Forwards new connections; those that were swallowed stay so.
    pub fn take_new_ones(&self) {
        self.swallows.store(false, Ordering::SeqCst);
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, dead: &AtomicBool) {
    let mut buffer = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !dead.load(Ordering::SeqCst) && to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    if !dead.load(Ordering::SeqCst) {
        let _ = to.shutdown(Shutdown::Both);
    }
    // Closing a swallowed connection would tell its other end.
    std::mem::forget(to);
}
