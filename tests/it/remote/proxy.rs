//! A server that goes away after so many bytes: a proxy on the loopback before the real one.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy)]
enum Fault {
    /// When so many bytes have come from clients, every connection is cut and every new one closed at once.
    CutAfter(u64),
    /// To put an object with this in its key is forbidden.
    Forbid(&'static str),
    /// What holds this word still reaches the server, whose answer does not come back.
    SilentAfter(&'static str),
}

/// Passes bytes on until something goes wrong.
pub struct Proxy {
    pub port: u16,
    seen: Arc<AtomicU64>,
}

impl Proxy {
    /// In front of `HOST:PORT`, until `limit` bytes have come from clients.
    pub fn new(server: &str, limit: u64) -> Self {
        Self::start(server, Fault::CutAfter(limit))
    }

    /// In front of a store at `HOST:PORT` that forbids to put what has `part` in its key.
    pub fn refusing(server: &str, part: &'static str) -> Self {
        Self::start(server, Fault::Forbid(part))
    }

    /// In front of `HOST:PORT`, which is gone when it has been told `word`.
    pub fn silent_after(server: &str, word: &'static str) -> Self {
        Self::start(server, Fault::SilentAfter(word))
    }

    fn start(server: &str, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(AtomicU64::new(0));
        let (counted, server) = (Arc::clone(&seen), server.to_owned());
        // threads end with their connections, and the listener with the test binary
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                if matches!(fault, Fault::CutAfter(limit) if counted.load(Ordering::SeqCst) >= limit) {
                    let _closed = client.shutdown(Shutdown::Both);
                    continue;
                }
                let Ok(server) = TcpStream::connect(&server) else { return };
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || pass(client, server, &counted, fault));
            }
        });
        Self { port, seen }
    }

    /// Bytes from clients so far.
    pub fn seen(&self) -> u64 {
        self.seen.load(Ordering::SeqCst)
    }
}

/// Both ways by turns, so that nothing of either side gets past the end.
fn pass(mut client: TcpStream, mut server: TcpStream, seen: &AtomicU64, fault: Fault) {
    let wait = Some(Duration::from_millis(1));
    let (Ok(()), Ok(())) = (client.set_read_timeout(wait), server.set_read_timeout(wait)) else { return };
    let mut buffer = vec![0; 1 << 14];
    loop {
        let goes_on = match client.read(&mut buffer) {
            Ok(0) => false,
            Ok(n) => {
                let before = seen.fetch_add(n as u64, Ordering::SeqCst);
                to_server(&buffer[..n], before, &mut client, &mut server, fault)
            }
            Err(e) => is_wait(&e),
        };
        let goes_on = goes_on
            && match server.read(&mut buffer) {
                Ok(n) => n > 0 && client.write_all(&buffer[..n]).is_ok(),
                Err(e) => is_wait(&e),
            };
        let is_cut = matches!(fault, Fault::CutAfter(limit) if seen.load(Ordering::SeqCst) >= limit);
        if !goes_on || is_cut {
            break;
        }
    }
    let _closed = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}

fn is_wait(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Passes bytes to the server; false if the connection ends with them.
fn to_server(
    bytes: &[u8],
    before: u64,
    client: &mut TcpStream,
    server: &mut TcpStream,
    fault: Fault,
) -> bool {
    match fault {
        Fault::CutAfter(limit) => {
            let n = bytes.len().min(limit.saturating_sub(before) as usize);
            server.write_all(&bytes[..n]).is_ok() && before + (n as u64) < limit
        }
        Fault::Forbid(part) if is_put_of(bytes, part) => {
            let _told = client.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            // what the client still sends is read, or its system would drop the answer
            while client.read(&mut [0; 1 << 14]).is_ok_and(|n| n > 0) {}
            false
        }
        Fault::SilentAfter(word) if bytes.windows(word.len()).any(|w| w == word.as_bytes()) => {
            let _told = server.write_all(bytes);
            // until the server has answered, and so done it
            let _heard = (server.set_read_timeout(Some(Duration::from_secs(10))), server.read(&mut [0; 64]));
            false
        }
        Fault::Forbid(_) | Fault::SilentAfter(_) => server.write_all(bytes).is_ok(),
    }
}

/// Whether bytes begin with the head of a request that puts what has `part` in its key.
fn is_put_of(bytes: &[u8], part: &str) -> bool {
    let line = String::from_utf8_lossy(bytes.split(|b| *b == b'\r').next().unwrap_or_default()).into_owned();
    line.starts_with("PUT ") && line.contains(part)
}
