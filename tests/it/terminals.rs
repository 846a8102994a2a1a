//! Terminals end to end: real sockets, a real database, `kill -9`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;

use jt808::{Form, Frame, Header, Part, Splitter, ids};

use crate::program::{PATIENCE, Running, Site, free_port, root, run, text, wait_for};

/// A terminal of the 2019 form.
pub(crate) struct Terminal {
    stream: TcpStream,
    splitter: Splitter,
    serial: u16,
}

impl Terminal {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = wait_for("the server", || TcpStream::connect(("127.0.0.1", port)).ok());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, splitter: Splitter::default(), serial: 0 }
    }

    fn send(&mut self, id: u16, body: &[u8], part: Option<Part>) {
        let phone = "13812345678".parse().unwrap();
        let header =
            Header { id, form: Form::Of2019, version: 1, phone, serial: self.serial, part };
        let bytes = Frame { header, body: body.to_vec() }.encode().unwrap();
        self.serial += 1;
        // In two pieces, as the network likes.
        let (front, back) = bytes.split_at(bytes.len() / 2);
        self.stream.write_all(front).unwrap();
        self.stream.write_all(back).unwrap();
    }

    /// The next `count` answers: message id and body.
    fn hear(&mut self, count: usize) -> Vec<(u16, Vec<u8>)> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let mut chunk = [0; 256];
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the server hung up after {heard:?}");
            self.splitter.push(&chunk[..read], |frame| {
                let frame = Frame::decode(frame.unwrap()).unwrap();
                heard.push((frame.header.id, frame.body));
            });
        }
        heard
    }

    /// Sends, and returns the result of the general answer.
    pub(crate) fn ask(&mut self, id: u16, body: &[u8]) -> u8 {
        let serial = self.serial;
        self.send(id, body, None);
        let (answer, told) = self.hear(1).remove(0);
        assert_eq!(answer, ids::REPLY);
        assert_eq!(told[..4], [serial.to_be_bytes(), id.to_be_bytes()].concat());
        told[4]
    }

    pub(crate) fn register(&mut self) -> Vec<u8> {
        let mut body = vec![0, 33, 1, 4];
        body.resize(4 + 11 + 30 + 30, 0);
        body.push(2);
        body.extend([0xd5, 0xe3, b'E', b'1', b'2', b'3', b'4', b'5']);
        self.send(ids::REGISTER, &body, None);
        let (answer, told) = self.hear(1).remove(0);
        assert_eq!((answer, told[2]), (ids::REGISTER_REPLY, 0));
        told[3..].to_vec()
    }

    pub(crate) fn authenticate(&mut self, code: &[u8]) -> u8 {
        let mut body = vec![u8::try_from(code.len()).unwrap()];
        body.extend(code);
        body.resize(body.len() + 35, 0);
        self.ask(ids::AUTHENTICATE, &body)
    }
}

/// domain.md, section 12: in Huzhou, 35.6 km/h, with the second changed and the lid of profile A open.
fn position(second: u8) -> Vec<u8> {
    let hex = "00000000200c030301d768dc07286110000c016400572406151430";
    let mut body = jt808::unhex(hex).unwrap();
    body.push(second);
    body
}

fn rows(site: &Site) -> String {
    let output = Command::new("python3")
        .args(["-c", "import sqlite3, sys; [print(*r) for r in sqlite3.connect(sys.argv[1]).execute('SELECT t.number, t.plate, p.at, p.serial, p.nth, p.lon, p.lid, p.load FROM terminal_positions p JOIN terminals t ON t.id = p.terminal ORDER BY at, serial, nth')]"])
        .arg(site.dir.path().join("x.db"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn site() -> (Site, u16) {
    let port = free_port();
    let more = format!(
        "[terminals]\nlisten = \"127.0.0.1:{port}\"\nregister = \"anybody\"\nothers = \"a\"\n\
         keep = \"3650days\"\n\
         [terminals.profile.a]\nlid = {{ word = \"status\", bit = 29, values = [\"closed\", \"open\"] }}\n"
    );
    (Site::new(&more, false), port)
}

#[test]
fn a_position_is_acknowledged_once_it_is_kept_and_kept_once() {
    let (site, port) = site();
    let program: Running = site.serve();
    let mut terminal = Terminal::connect(port);
    assert_eq!(terminal.ask(ids::POSITION, &position(5)), 1, "nobody knows who it is");
    let code = terminal.register();
    assert_eq!(terminal.authenticate(b"guess"), 1);
    assert_eq!(terminal.authenticate(&code), 0);
    assert_eq!(terminal.ask(ids::HEARTBEAT, &[]), 0);
    assert_eq!(terminal.ask(0x0801, &[0; 40]), 3, "pictures are not kept, and it is told so");
    assert_eq!(terminal.ask(ids::POSITION, &[0; 28]), 2, "no such time");
    terminal.serial = 7;
    assert_eq!(terminal.ask(ids::POSITION, &position(5)), 0);
    let first = "13812345678 浙E12345 1718433005000000 7 0 120.0868 open None\n";
    assert_eq!(rows(&site), first, "on disk when it was acknowledged");
    program.kill();

    let program = site.serve();
    let mut terminal = Terminal::connect(port);
    assert_eq!(terminal.authenticate(&code), 0, "the code outlives the program");
    terminal.serial = 7;
    assert_eq!(terminal.ask(ids::POSITION, &position(5)), 0, "sent again, acknowledged again");
    assert_eq!(rows(&site), first, "and kept once");

    // A batch in two parts: both are acknowledged with the last.
    let one = [&[0, 28][..], &position(6)].concat();
    let two = [&[0, 28][..], &position(6)].concat();
    let batch = [&[0, 2, 1][..], &one, &two].concat();
    let (front, back) = batch.split_at(20);
    terminal.send(ids::BATCH, front, Some(Part { total: 2, index: 1 }));
    terminal.send(ids::BATCH, back, Some(Part { total: 2, index: 2 }));
    let answers = terminal.hear(2);
    let told: Vec<&[u8]> = answers.iter().map(|(_, body)| &body[..]).collect();
    assert_eq!(told, [[0, 8, 7, 4, 0], [0, 9, 7, 4, 0]]);
    assert_eq!(rows(&site).lines().count(), 3);
    assert!(program.stop());
}

#[test]
fn frames_in_a_file_become_json_and_bad_lines_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("frames.hex");
    let lines = "0002 7e0002000001381234567800083b7e\n\n7e0002000001381234567800083c7e\nxyz\n\
        7e80014005010000000001381234567800010007020000f07e\n";
    std::fs::write(&file, lines).unwrap();
    let output = run(&["jt808", "decode", file.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let told: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["message_id"], &told[0]["line"]), (&"0002".into(), &1.into()));
    assert_eq!(told[1]["fields"]["responseMessageId"], 0x0200);
    let said = text(&output.stderr);
    assert!(said.contains("frames.hex:3: the checksum is 3c, it should be 3b"), "{said}");
    assert!(
        said.contains("frames.hex:4: no hex") && said.contains("2 frames, 2 bad lines"),
        "{said}"
    );
}

#[test]
fn recorded_frames_become_what_is_expected() {
    let folder = root().join("../shared/data/jt808");
    let Ok(expected) = std::fs::read_to_string(folder.join("expected.json")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let expected: Vec<serde_json::Value> = serde_json::from_str(&expected).unwrap();
    let output = run(&["jt808", "decode", folder.join("frames.hex").to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut equal = 0;
    for (line, expected) in text(&output.stdout).lines().zip(&expected) {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(told["header"], expected["header"], "{line}");
        if let Some(fields) = expected.get("fields") {
            assert_eq!(&told["fields"], fields, "{line}");
            equal += 1;
        }
    }
    assert_eq!(equal, 95);
}
