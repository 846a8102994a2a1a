use proptest::prelude::*;

use super::*;
use crate::frame::tests::bytes;
use crate::value::Value;

/// Every message that has a layout.
fn known() -> Vec<(u16, Form)> {
    let all = (0..=u16::MAX).flat_map(|id| [(id, Form::Of2013), (id, Form::Of2019)]);
    all.filter(|(id, form)| layout(*id, *form, 100).is_some()).collect()
}

fn round(id: u16, form: Form, body: &[u8]) -> Option<crate::value::Record> {
    let layout = layout(id, form, body.len()).unwrap();
    let record = read(layout, form, body).ok()?;
    let written = write(layout, form, &record);
    assert_eq!(written.as_deref(), Ok(body), "{id:04x} {form:?} {record:?}");
    Some(record)
}

#[test]
fn a_body_may_end_between_fields_and_go_on_behind_the_last() {
    let told = |hex: &str| {
        let record = round(0x0108, Form::Of2013, &bytes(hex)).unwrap();
        Value::Record(record).json().to_string()
    };
    assert_eq!(told("34"), r#"{"type":52}"#);
    assert_eq!(told("340255"), r#"{"rest":"55","result":2,"type":52}"#);
    assert_eq!(told(""), "{}");
}

#[test]
fn a_list_is_no_longer_than_its_body() {
    let layout = layout(0x8608, Form::Of2019, 5).unwrap();
    let error = read(layout, Form::Of2019, &bytes("00ffffffff")).unwrap_err();
    assert_eq!(error.wanted, 1);
}

#[test]
fn an_item_of_another_length_is_told_as_bytes() {
    let head = "00000000000000000000000000000000000000000000200707192359";
    let body = bytes(&format!("{head}0103000001{}", "0202001630011eff05aa"));
    let record = round(0x0200, Form::Of2013, &body).unwrap();
    let json = Value::Record(record).json();
    assert_eq!(json["attributes"], serde_json::json!({"1": [0, 0, 1], "2": 22, "48": 30}));
    assert_eq!(json["rest"], "ff05aa");
}

proptest! {
    #[test]
    fn any_body_is_survived_and_written_as_it_was(
        which in any::<prop::sample::Index>(),
        body in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..120),
    ) {
        let known = known();
        let (id, form) = known[which.index(known.len())];
        round(id, form, &body);
    }
}
