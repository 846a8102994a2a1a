//! An upload over a line that breaks off.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::{Desk, list, rules, upload};
use crate::program::{Site, text, wait_for};

const BYTES: usize = 20_000_003;
const CUTS: usize = 5;

#[test]
fn cut_off_five_times_an_upload_goes_on_where_it_was() {
    let site = Site::new(&rules(), false);
    let (program, password) = site.first_serve();
    let desk = Desk::sign_in(&site, &password);
    let file = site.dir.path().join("log.bin");
    std::fs::write(&file, noise(BYTES)).unwrap();

    let line = Line::to(site.http);
    let output = upload(line.port, &password).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(line.cuts.load(Ordering::SeqCst), CUTS, "{}", text(&output.stderr));
    let stored = wait_for("the digest", || {
        let flight = desk.flight(1)?;
        let [file] = list(&flight["file_list"]) else { panic!("one file: {flight}") };
        file["sha256"].is_string().then(|| file.clone())
    });
    assert_eq!(stored["received"], BYTES);
    assert_eq!(stored["sha256"], sha256(&file));
    let carried = line.carried.load(Ordering::SeqCst);
    assert_eq!(carried, BYTES as u64, "no byte is sent twice: {}", text(&output.stderr));
    assert!(program.stop());
}

/// Bytes that no packing makes shorter, the same each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..count).map(|_| next()).collect()
}

fn sha256(file: &Path) -> String {
    let output = Command::new("sha256sum").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).split_whitespace().next().unwrap().to_owned()
}

/// Carries HTTP to a program, and breaks off in the middle of the first bodies of `PATCH`.
struct Line {
    port: u16,
    /// Bytes of all such bodies.
    carried: Arc<AtomicU64>,
    cuts: Arc<AtomicUsize>,
}

impl Line {
    fn to(http: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (carried, cuts) = (Arc::<AtomicU64>::default(), Arc::<AtomicUsize>::default());
        let line = Self { port, carried: Arc::clone(&carried), cuts: Arc::clone(&cuts) };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let call = Call {
                    client: client.unwrap(),
                    server: TcpStream::connect(("127.0.0.1", http)).unwrap(),
                    carried: Arc::clone(&carried),
                    cuts: Arc::clone(&cuts),
                };
                std::thread::spawn(move || call.carry());
            }
        });
        line
    }
}

/// One connection.
struct Call {
    client: TcpStream,
    server: TcpStream,
    carried: Arc<AtomicU64>,
    cuts: Arc<AtomicUsize>,
}

impl Call {
    /// Until either side has had enough. What was carried reaches the program before the client sees that the
    /// line broke, so that it is certain what has arrived; an answer to it reaches nobody.
    fn carry(self) {
        let silent = AtomicBool::new(false);
        std::thread::scope(|threads| {
            threads.spawn(|| self.answers(&silent));
            let _either = self.requests(&silent);
            let _gone = self.server.shutdown(Shutdown::Write);
        });
    }

    fn answers(&self, silent: &AtomicBool) {
        let mut piece = vec![0; 1 << 16];
        while let Ok(count @ 1..) = (&self.server).read(&mut piece) {
            let silent = silent.load(Ordering::SeqCst);
            if !silent && (&self.client).write_all(&piece[..count]).is_err() {
                break;
            }
        }
        let _gone = self.client.shutdown(Shutdown::Both);
    }

    fn requests(&self, silent: &AtomicBool) -> std::io::Result<()> {
        let mut reader = BufReader::new(&self.client);
        while let Some(head) = head(&mut reader)? {
            (&self.server).write_all(head.as_bytes())?;
            let length = length(&head);
            if !head.starts_with("PATCH ") {
                std::io::copy(&mut (&mut reader).take(length), &mut &self.server)?;
                continue;
            }
            let cut = self.cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |cuts| {
                (cuts < CUTS).then_some(cuts + 1)
            });
            let part = if cut.is_ok() { length / 3 } else { length };
            silent.store(cut.is_ok(), Ordering::SeqCst);
            self.body(&mut (&mut reader).take(part))?;
            if cut.is_ok() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn body(&self, body: &mut impl Read) -> std::io::Result<()> {
        let mut piece = vec![0; 1 << 16];
        loop {
            let count = body.read(&mut piece)?;
            if count == 0 {
                return Ok(());
            }
            self.carried.fetch_add(count as u64, Ordering::SeqCst);
            (&self.server).write_all(&piece[..count])?;
        }
    }
}

/// Of the next request, with the empty line behind it.
fn head(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(head))
}

fn length(head: &str) -> u64 {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    line.unwrap_or(0)
}
