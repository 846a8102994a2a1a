//! The broker goes away during alerts and comes back.

use crate::program::{Heard, Mosquitto, Site, busy_street, wait_for};

#[test]
fn what_happens_while_the_broker_is_away_arrives_once_and_in_order() {
    let site = Site::new(&busy_street(), true);
    let broker = Mosquitto::new(site.mqtt);
    let first = broker.start();
    let heard = Heard::on(site.mqtt);
    let program = site.serve();
    wait_for("a message", || (!heard.all().is_empty()).then_some(()));
    first.kill();
    wait_for("messages that wait", || (site.outbox_depth()? >= 3).then_some(()));
    wait_for("the end of the recording", || (site.source_state()? == "ended").then_some(()));
    assert_eq!(site.ready().unwrap()["mqtt"]["connected"], false);

    let _second = broker.start();
    wait_for("an empty outbox", || (site.outbox_depth()? == 0).then_some(()));
    wait_for("the last message", || (heard.ids("end") == heard.ids("new")).then_some(()));
    heard.assert_complete_and_in_order();
    assert!(program.stop());
}

#[test]
fn the_embedded_broker_serves_subscribers() {
    let site = Site::new(&busy_street(), false);
    let program = site.serve();
    wait_for("the broker", || site.ready().filter(|ready| ready["mqtt"]["connected"] == true));
    let heard = Heard::on(site.mqtt);
    wait_for("an alert", || (!heard.ids("new").is_empty()).then_some(()));
    assert!(program.stop());
}
