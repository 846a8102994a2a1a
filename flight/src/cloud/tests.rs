use domain::{Attitude, Fix, Laser, LonLat};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::sample::Stamp;

const OSD: &str = r#"{"tid":"t1","bid":"b1","timestamp":1718433005250,"gateway":"4TADKAQ000002J","data":{
 "latitude":30.8943,"longitude":"120.0868","height":112.3,"elevation":100.5,"attitude_head":-96.8,
 "horizontal_speed":"5","mode_code":5,"some_new_key":{"a":[1,2]},
 "position_state":{"is_fixed":2,"quality":5,"gps_number":21,"rtk_number":28},
 "39-0-7":{"gimbal_pitch":0,"gimbal_roll":0,"gimbal_yaw":1,"payload_index":"39-0-7"},
 "81-0-0":{"gimbal_pitch":-45.1,"gimbal_roll":0,"gimbal_yaw":"-91.40","payload_index":"81-0-0",
           "measure_target_distance":141.4,"measure_target_longitude":120.0858,"measure_target_latitude":30.8942},
 "cameras":[{"payload_index":"81-0-0","zoom_factor":2.0}]}}"#;

fn topic(kind: &str) -> Topic {
    let root = if kind == "status" { "sys" } else { "thing" };
    Topic::parse(&format!("{root}/product/1581F5BMD228Q00A82XX/{kind}")).unwrap()
}

fn take(devices: &mut Devices, kind: &str, payload: &str) -> Update {
    devices.take(&topic(kind), payload.as_bytes()).unwrap()
}

fn osd(devices: &mut Devices, payload: &str) -> Osd {
    match take(devices, "osd", payload) {
        Update::Osd(osd) => osd,
        other => panic!("{other:?}"),
    }
}

#[test]
fn topics() {
    let parsed = Topic::parse("thing/product/1581F5BMD228Q00A82XX/osd").unwrap();
    assert_eq!((parsed.serial.as_str(), parsed.kind), ("1581F5BMD228Q00A82XX", TopicKind::Osd));
    assert_eq!(Topic::parse("sys/product/A1/status").unwrap().kind, TopicKind::Status);
    for wrong in [
        "",
        "thing/product/osd",
        "thing/product//osd",
        "thing/product/A-1/osd",
        "thing/product/A1/osd/more",
        "thing/product/A1/services",
        "thing/product/A1/status",
        "sys/product/A1/osd",
        "thing/../A1/osd",
        &format!("thing/product/{}/osd", "A".repeat(65)),
    ] {
        assert!(matches!(Topic::parse(wrong), Err(CloudError::Topic { .. })), "{wrong}");
    }
}

#[test]
fn an_osd_becomes_a_sample() {
    let mut devices = Devices::default();
    let found = osd(&mut devices, OSD);
    let at: Timestamp = "2024-06-15T06:30:05.25Z".parse().unwrap();
    let sample = &found.sample;
    assert_eq!((found.at, sample.stamp), (Some(at), Stamp::Utc(at)));
    assert_eq!(sample.position, LonLat::new(120.0868, 30.8943));
    assert_eq!(sample.heights.above_ellipsoid_m, Some(112.3));
    assert_eq!(sample.heights.above_takeoff_m, Some(100.5));
    let camera = Attitude { yaw_deg: -91.4, pitch_deg: -45.1, roll_deg: 0.0 };
    assert_eq!(sample.camera, Some(camera));
    assert_eq!((sample.heading_deg, sample.speed_mps), (Some(-96.8), Some(5.0)));
    assert_eq!((sample.fix, sample.zoom), (Fix::Single, Some(2.0)));
    let target = LonLat::new(120.0858, 30.8942);
    assert_eq!(sample.laser, Some(Laser { distance_m: 141.4, target }));
    assert_eq!(found.changed.len(), 12);
    let state = devices.state_json(&found.serial).unwrap();
    assert!(state.contains(r#""some_new_key":{"a":[1,2]}"#), "{state}");
}

#[test]
fn partial_messages_are_joined() {
    let mut devices = Devices::default();
    osd(&mut devices, OSD);
    let part = r#"{"tid":"t2","timestamp":"1718433005750","data":{"position_state":{"quality":10},
        "latitude":30.9}}"#;
    let found = osd(&mut devices, part);
    assert_eq!(found.changed, ["latitude", "position_state"]);
    assert_eq!(found.sample.position, LonLat::new(120.0868, 30.9));
    assert_eq!(found.sample.fix, Fix::Fixed);
    assert!(found.sample.camera.is_some(), "a missing key is not null");
    let gone = r#"{"tid":"t3","timestamp":1718433006000,"data":{"81-0-0":{"gimbal_yaw":null}}}"#;
    assert_eq!(osd(&mut devices, gone).sample.camera, None, "null is null");
}

#[test]
fn stored_messages_are_read_again() {
    let said = |at: u64, data: &str| format!(r#"{{"timestamp":{at},"data":{data}}}"#);
    let gimbal = r#"{"81-0-0":{"gimbal_pitch":-45,"gimbal_roll":0,"gimbal_yaw":10}}"#;
    let messages = [
        said(1000, r#"{"latitude":30.1,"longitude":120.1,"elevation":50}"#),
        said(1200, gimbal),
        "nothing".to_owned(),
        said(1500, r#"{"latitude":30.2,"longitude":120.2}"#),
        // Too late for the one before, and without a place of its own.
        said(3000, r#"{"mode_code":5}"#),
        said(9000, r#"{"latitude":30.3,"longitude":120.3}"#),
        said(9300, r#"{"elevation":60}"#),
    ];
    let read = replay(messages.iter().map(String::as_str));
    let rows: Vec<_> = read
        .samples
        .iter()
        .map(|row| {
            let Stamp::Utc(at) = row.stamp else { panic!("{row:?}") };
            let place = row.position.unwrap();
            (at.as_millisecond(), place.lat(), row.heights.above_takeoff_m, row.camera.is_some())
        })
        .collect();
    let wanted = [
        (1000, 30.1, Some(50.0), true),
        (1500, 30.2, Some(50.0), true),
        (9000, 30.3, Some(60.0), false),
    ];
    assert_eq!(rows, wanted, "old angles are not those of now");
    assert_eq!(read.warnings.iter().map(|warning| warning.count).sum::<u64>(), 1);
}

#[test]
fn an_aircraft_is_told_from_its_dock() {
    let mut devices = Devices::default();
    let found = osd(&mut devices, OSD);
    let live = devices.live(&found.serial, found.at).unwrap();
    assert!(live.is_aircraft);
    assert_eq!((live.flying, live.battery_percent), (Some(true), None));
    let dock = Topic::parse("thing/product/4TADKAQ000002J/osd").unwrap();
    let said = br#"{"data":{"latitude":30.9,"longitude":120.1,"height":9,"heading":3,"mode_code":0,
        "battery":{"capacity_percent":"88"}}}"#;
    devices.take(&dock, said).unwrap();
    let live = devices.live(&dock.serial, None).unwrap();
    assert!(!live.is_aircraft);
    assert_eq!((live.flying, live.battery_percent), (Some(false), Some(88.0)));
    assert_eq!(devices.live(&topic("osd").serial, None).map(|live| live.is_aircraft), Some(true));
}

#[test]
fn late_messages_do_not_overwrite() {
    let mut devices = Devices::default();
    osd(&mut devices, OSD);
    let late = r#"{"tid":"t0","timestamp":1718433000000,"data":{"latitude":1,"track_id":"x"}}"#;
    let found = osd(&mut devices, late);
    assert_eq!(found.changed, ["track_id"]);
    assert_eq!(found.sample.position, LonLat::new(120.0868, 30.8943));
}

#[test]
fn devices_are_apart() {
    let mut devices = Devices::default();
    osd(&mut devices, OSD);
    let other = Topic::parse("thing/product/OTHER/osd").unwrap();
    let update = devices.take(&other, br#"{"data":{"height":3}}"#).unwrap();
    let Update::Osd(found) = update else { panic!("{update:?}") };
    assert_eq!((found.sample.position, found.at), (None, None));
    assert_eq!(found.sample.stamp, Stamp::None);
}

#[test]
fn nowhere_and_no_fix() {
    let nowhere = r#"{"timestamp:":1718433000000,"data":{"latitude":0,"longitude":0.0,
        "position_state":{"is_fixed":0,"quality":0}}}"#;
    let found = osd(&mut Devices::default(), nowhere);
    assert_eq!((found.sample.position, found.sample.fix), (None, Fix::Unknown));
    assert!(found.at.is_some());
}

#[test]
fn repeated_messages_are_known() {
    let mut devices = Devices::default();
    let event = r#"{"tid":"e1","bid":"b","method":"hms","need_reply":1,"data":{"list":[]}}"#;
    let first = take(&mut devices, "events", event);
    assert!(matches!(first, Update::Event(_)), "{first:?}");
    let again = take(&mut devices, "events", event);
    let Update::Repeated { reply: Some(reply), .. } = again else { panic!("{again:?}") };
    assert_eq!((reply.tid.as_str(), reply.method.as_str()), ("e1", "hms"));
    osd(&mut devices, OSD);
    assert!(matches!(take(&mut devices, "osd", OSD), Update::Repeated { reply: None, .. }));
}

#[test]
fn topology() {
    let mut devices = Devices::default();
    let online = r#"{"tid":"s1","timestamp":1718433000000,"method":"update_topo","data":{"domain":3,"type":1,
        "sub_type":0,"sub_devices":[{"sn":"1581F","domain":"0","type":91,"sub_type":1,"index":"A"},
        {"sn":"bad sn"},{"sn":"NEW1","domain":0,"type":999,"sub_type":0}]}}"#;
    let update = take(&mut devices, "status", online);
    let Update::Topology(found) = update else { panic!("{update:?}") };
    assert_eq!(found.devices.len(), 2);
    assert_eq!(found.devices[0].model_key, "0-91-1");
    assert_eq!(found.devices[0].model(), Some("Matrice 3TD"));
    assert_eq!(found.devices[1].model(), None);
    let offline = r#"{"tid":"s2","method":"update_topo","need_reply":1,"data":{"sub_devices":[]}}"#;
    let update = take(&mut devices, "status", offline);
    let Update::Topology(found) = update else { panic!("{update:?}") };
    assert!(found.devices.is_empty() && found.reply.is_some());
}

#[test]
fn a_file_was_uploaded() {
    let payload = r#"{"tid":"u1","bid":"b1","timestamp":1718433000000,"method":"file_upload_callback",
      "need_reply":1,"data":{"file":{"object_key":"p/f1/DJI_0001_W.jpeg","path":"f1","name":"DJI_0001_W.jpeg",
       "ext":{"flight_id":"F1","drone_model_key":"0-91-1","payload_model_key":"1-81-0","is_original":true},
       "metadata":{"gimbal_yaw_degree":"-91.40","absolute_altitude":56.3,"relative_altitude":"41.1",
        "create_time":"2021-05-10 16:04:20","shoot_position":{"lat":30.8943,"lng":120.0868}}},
       "flight_task":{"uploaded_file_count":3,"expected_file_count":"12","flight_type":0}}}"#;
    let update = take(&mut Devices::default(), "events", payload);
    let Update::Upload(found) = update else { panic!("{update:?}") };
    assert_eq!(found.object_key, "p/f1/DJI_0001_W.jpeg");
    assert_eq!((found.flight_id.as_str(), found.original), ("F1", true));
    assert_eq!(found.gimbal_yaw_deg, Some(-91.4));
    assert_eq!(found.above_takeoff_m, Some(41.1));
    assert_eq!(found.position, LonLat::new(120.0868, 30.8943));
    assert_eq!(found.taken, Stamp::Local("2021-05-10T16:04:20".parse().unwrap()));
    assert_eq!((found.uploaded, found.expected), (Some(3), Some(12)));
    let reply = found.reply.unwrap();
    assert_eq!((reply.tid.as_str(), reply.bid.as_str()), ("u1", "b1"));
}

#[test]
fn a_task_goes_on() {
    let payload = r#"{"tid":"p1","method":"flighttask_progress","data":{"result":0,"output":{"status":
      "in_progress","progress":{"current_step":19,"percent":42},"ext":{"flight_id":"F1",
      "current_waypoint_index":7,"media_count":3}}}}"#;
    let update = take(&mut Devices::default(), "events", payload);
    let Update::Event(Event { kind: EventKind::Task(found), .. }) = update else {
        panic!("{update:?}")
    };
    let expected = TaskProgress {
        flight_id: "F1".to_owned(),
        status: "in_progress".to_owned(),
        percent: Some(42.0),
        waypoint: Some(7),
        media: Some(3),
        result: Some(0),
    };
    assert_eq!(found, expected);
}

#[test]
fn health_and_unknown_events() {
    let mut devices = Devices::default();
    let hms = r#"{"tid":"h","method":"hms","data":{"list":[{"level":2,"code":"0x16100083","in_the_sky":1},7]}}"#;
    let update = take(&mut devices, "events", hms);
    let Update::Event(Event { kind: EventKind::Health(found), .. }) = update else {
        panic!("{update:?}")
    };
    let code = "0x16100083".to_owned();
    assert_eq!(found, [Health { level: 2, code, in_the_sky: true, imminent: false }]);
    let other = take(&mut devices, "events", r#"{"tid":"x","method":"new_thing","data":{}}"#);
    let Update::Event(Event { kind: EventKind::Other(method), .. }) = other else {
        panic!("{other:?}")
    };
    assert_eq!(method, "new_thing");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let mut devices = Devices::default();
    let mut says = |kind: &str, payload: &str| {
        devices.take(&topic(kind), payload.as_bytes()).unwrap_err().to_string()
    };
    assert!(says("osd", "hello").contains("no JSON object"));
    assert!(says("osd", "[1]").contains("no JSON object"));
    assert!(says("osd", r#"{"data":3}"#).contains("`data`"));
    assert!(says("events", r#"{"data":{}}"#).contains("`method`"));
    assert!(says("status", r#"{"data":{}}"#).contains("`data.sub_devices`"));
    let lost = r#"{"method":"file_upload_callback","data":{"file":{}}}"#;
    assert!(says("events", lost).contains("`data.file.object_key`"));
    assert!(says("osd", &" ".repeat(MAX_PAYLOAD + 1)).contains("refused"));
    assert!(says("osd", &"[".repeat(100_000)).contains("no JSON object"));
}

#[test]
fn memory_is_bounded() {
    let mut devices = Devices::default();
    for number in 0..MAX_DEVICES {
        let topic = Topic::parse(&format!("thing/product/SN{number}/osd")).unwrap();
        devices.take(&topic, br#"{"data":{}}"#).unwrap();
    }
    let one_more = devices.take(&topic("osd"), br#"{"data":{}}"#);
    assert!(matches!(one_more, Err(CloudError::TooManyDevices { .. })), "{one_more:?}");

    let mut devices = Devices::default();
    let grows = |key: usize| format!(r#"{{"data":{{"k{key}":"{}"}}}}"#, "x".repeat(40_000));
    assert!(devices.take(&topic("osd"), grows(1).as_bytes()).is_ok());
    let full = devices.take(&topic("osd"), grows(2).as_bytes());
    assert!(matches!(full, Err(CloudError::State { .. })), "{full:?}");
    assert_eq!(devices.state_json(&topic("osd").serial).unwrap(), "{}");
}

proptest! {
    #[test]
    fn no_change_breaks_it(changes in prop::collection::vec((0_usize..2000, any::<u8>()), 0..20)) {
        let mut devices = Devices::default();
        for kind in ["osd", "events", "status"] {
            let mut bytes = OSD.as_bytes().to_vec();
            for &(at, to) in &changes {
                let at = at % bytes.len();
                bytes[at] = to;
            }
            if let Ok(Update::Osd(found)) = devices.take(&topic(kind), &bytes) {
                prop_assert!(found.sample.heading_deg.is_none_or(f64::is_finite));
            }
        }
    }

    #[test]
    fn topics_of_any_kind(topic in "[a-z/A-Z0-9+#.]{0,80}") {
        if let Ok(parsed) = Topic::parse(&topic) {
            prop_assert!(topic.contains(parsed.serial.as_str()));
        }
    }
}
