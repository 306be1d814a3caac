//! A way to the server that breaks on demand.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the proxy does with what passes.
#[derive(Default)]
pub(super) struct Manners {
    /// Bytes from the server after which a connection is cut; 0 for never.
    pub(super) cut_after_bytes: AtomicU64,
    /// Connections that were cut.
    pub(super) cuts: AtomicU64,
    /// Nothing passes any more, without a sign.
    pub(super) deaf: AtomicBool,
    /// Connections end, and no new one is accepted.
    pub(super) dead: AtomicBool,
}

/// A proxy on a free port of this machine.
pub(super) struct Proxy {
    pub(super) port: u16,
    pub(super) manners: Arc<Manners>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Passes on to `target` (`host:port`).
    pub(super) fn to(target: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            manners: Arc::default(),
            open: Arc::default(),
        };
        let (manners, open, target) = (proxy.manners.clone(), proxy.open.clone(), target.to_owned());
        thread::spawn(move || {
            for near in listener.incoming() {
                let near = near.unwrap();
                if manners.dead.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(&target) else { continue };
                near.set_nodelay(true).unwrap();
                far.set_nodelay(true).unwrap();
                open.lock().unwrap().extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                let there = (near.try_clone().unwrap(), far.try_clone().unwrap(), manners.clone());
                let back = (far, near, manners.clone());
                thread::spawn(move || pass(there.0, there.1, &there.2, false));
                thread::spawn(move || pass(back.0, back.1, &back.2, true));
            }
        });
        proxy
    }

    /// Ends every connection and accepts no other: as after the end of the server.
    pub(super) fn die(&self) {
        self.manners.dead.store(true, Ordering::SeqCst);
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, manners: &Manners, from_server: bool) {
    let mut buffer = [0; 8192];
    let mut passed = 0;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if manners.deaf.load(Ordering::SeqCst) {
            continue;
        }
        passed += read as u64;
        let most = manners.cut_after_bytes.load(Ordering::SeqCst);
        if from_server && most > 0 && passed > most {
            manners.cuts.fetch_add(1, Ordering::SeqCst);
            // In the middle of a message.
            let _ = to.write_all(&buffer[..read / 2]);
            break;
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
