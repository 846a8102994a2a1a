//! What devices publish: each line is a topic, a space and a payload, taken in turn.

#![no_main]

use flight::cloud::{Devices, MAX_DEVICES, Topic, Update};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut devices = Devices::default();
    for line in bytes.split(|&byte| byte == b'\n').take(MAX_DEVICES) {
        message(&mut devices, line);
    }
});

fn message(devices: &mut Devices, line: &[u8]) {
    let Some(space) = line.iter().position(|&byte| byte == b' ') else { return };
    let Ok(topic) = Topic::parse(&String::from_utf8_lossy(&line[..space])) else { return };
    let serial = topic.serial.as_str();
    assert!(serial.len() <= 64 && serial.bytes().all(|b| b.is_ascii_alphanumeric()));
    if let Ok(Update::Osd(osd)) = devices.take(&topic, &line[space + 1..]) {
        assert_eq!(osd.serial, topic.serial);
        fuzz::sample(&osd.sample);
    }
    if let Some(state) = devices.state_json(&topic.serial) {
        let state: serde_json::Value = serde_json::from_str(&state).expect("a state is JSON");
        assert!(state.is_object());
    }
}
