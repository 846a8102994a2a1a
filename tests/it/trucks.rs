//! The muck truck rule end to end: real sockets, a real database, `kill -9`.

use domain::{Clock as _, SystemClock};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use jt808::ids;

use crate::program::{Heard, Site, free_port, run, text, wait_for};
use crate::terminals::Terminal;

const LOADED: u32 = 1 << 28;
const OPEN: u32 = 1 << 29;

/// 36 km/h to the east, `second` seconds after `start`.
fn position(start: Timestamp, second: i64, sensors: u32) -> Vec<u8> {
    let at = start + SignedDuration::from_secs(second);
    let local = at.to_zoned(TimeZone::fixed(Offset::constant(8)));
    let time = local.strftime("%y%m%d%H%M%S").to_string();
    let lon = 120_086_800 + u32::try_from(second).unwrap() * 105;
    let mut body = 0u32.to_be_bytes().to_vec();
    body.extend((3 | sensors).to_be_bytes());
    body.extend(30_894_400u32.to_be_bytes());
    body.extend(lon.to_be_bytes());
    body.extend([0, 12, 360u16.to_be_bytes()[0], 360u16.to_be_bytes()[1], 0, 90]);
    body.extend(jt808::unhex(&time).unwrap());
    body
}

fn site() -> (Site, u16) {
    let port = free_port();
    let word = |bit: u8, low: &str, high: &str| {
        format!("{{ word = \"status\", bit = {bit}, values = [\"{low}\", \"{high}\"] }}")
    };
    let (load, lid) = (word(28, "empty", "full"), word(29, "closed", "open"));
    let more = format!(
        "[terminals]\nlisten = \"127.0.0.1:{port}\"\nregister = \"anybody\"\nothers = \"a\"\nrate = 1000\n\
         [terminals.profile.a]\nload = {load}\nlid = {lid}\n"
    );
    (Site::new(&more, false), port)
}

/// Drives with these sensors from one second to another, a report each 10 s.
fn drive(terminal: &mut Terminal, start: Timestamp, seconds: std::ops::Range<i64>, sensors: u32) {
    for second in seconds.step_by(10) {
        assert_eq!(terminal.ask(ids::POSITION, &position(start, second, sensors)), 0);
    }
}

fn of(heard: &Heard, kind: &str) -> Vec<serde_json::Value> {
    heard.all().into_iter().filter(|message| message["type"] == kind).collect()
}

#[test]
fn a_truck_with_an_open_lid_is_one_alert_over_a_restart() {
    let (site, port) = site();
    let program = site.serve();
    let heard = Heard::on(site.mqtt);
    let start = SystemClock.now() - SignedDuration::from_mins(10);
    let mut terminal = Terminal::connect(port);
    let code = terminal.register();
    assert_eq!(terminal.authenticate(&code), 0);
    drive(&mut terminal, start, 0..60, LOADED);
    drive(&mut terminal, start, 60..240, LOADED | OPEN);
    let alert = wait_for("the alert", || of(&heard, "new").pop())["alert"].clone();
    assert_eq!(alert["rule"], "muck-lid-open");
    assert_eq!(
        (&alert["terminal"], &alert["queue"]),
        (&"13812345678".into(), &"muck-urban_mgmt".into())
    );
    assert_eq!(alert["plate"]["text"], "浙E***45", "never in full");
    assert_eq!(alert["rule_name"]["zh"], "重车未密闭行驶");
    assert_eq!(alert["why"]["turns"][0]["state"], "loaded");
    program.kill();

    let program = site.serve();
    let heard = Heard::on(site.mqtt);
    let mut terminal = Terminal::connect(port);
    assert_eq!(terminal.authenticate(&code), 0);
    drive(&mut terminal, start, 240..300, LOADED | OPEN);
    drive(&mut terminal, start, 300..420, LOADED);
    let ended = wait_for("its end", || of(&heard, "end").pop())["alert"].clone();
    assert_eq!((&ended["id"], &ended["end_reason"]), (&alert["id"], &"cleared".into()));
    assert!(
        of(&heard, "new").iter().all(|message| message["alert"]["id"] == alert["id"]),
        "one act, one alert"
    );
    assert!(program.stop());
}

#[test]
fn permits_are_checked_with_their_fences() {
    let site = Site::new("[rules]\npermits = [\"permits.toml\"]\n", false);
    let check = |permits: &str, wanted: &str| {
        std::fs::write(site.dir.path().join("permits.toml"), permits).unwrap();
        let config = site.config();
        let output = run(&["check", "--offline", "--config", config.to_str().unwrap()]);
        let told = text(&output.stdout);
        assert!(told.contains(wanted), "{told}\nshould contain\n{wanted}");
    };
    let permit = "[[permit]]\nnumber = \"H-1\"\nproject = \"p\"\ncarrier = \"c\"\nplates = [\"浙E12345\"]\n\
        construction_site = \"site\"\ndisposal_sites = [\"tip\"]\n\
        valid_from = 2026-11-01T00:00:00+08:00\nvalid_to = \"2026-12-01T00:00:00+08:00\"\n";
    check("", "no problem found");
    check(
        permit,
        "permit `H-1`: `construction_site` names the fence `site`, which `rules.fences` has not",
    );
    check(
        &permit.replace("project", "projekt"),
        "permit `H-1` cannot be used: unknown field `projekt`",
    );
    check("[[permit]]\nnumber = ", "permits.toml");
}
