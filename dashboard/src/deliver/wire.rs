//! The edge of the embedded broker: which packets of a client reach the router.
//!
//! Clients of both MQTT 3.1.1 and 5 come in on one port; the first packet says which. The router
//! is an outlet: clients subscribe and acknowledge, and nothing else gets past here; what they publish never reaches it, see
//! `intake`. What rumqttd
//! 0.20 cannot take (it panics on a 3.1.1 message with properties, mixes up topics when it may
//! alias a wildcard filter, and loses a shared group on disconnect) is kept away from it here.

use bytes::BytesMut;
use rumqttd::protocol::{
    self, ConnAck, ConnAckProperties, Connect, ConnectProperties, ConnectReturnCode, Login, Packet,
    Protocol, QoS, Subscribe, v4::V4, v5::V5,
};

/// The largest packet taken from a client, bytes: a CONNECT or a SUBSCRIBE.
const MAX_PACKET: usize = 4096;
/// Filters of one SUBSCRIBE, and bytes of one filter.
const MAX_FILTERS: usize = 16;
const MAX_FILTER: usize = 256;

/// Reads and writes packets of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    V4,
    V5,
}

/// Why a client is sent away.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("not MQTT 3.1.1 or 5")]
    NoMqtt,
    #[error("cannot be read: {0}")]
    Malformed(protocol::Error),
    #[error("may not {0}")]
    Forbidden(&'static str),
    #[error(
        "may not publish to `{0}`: nobody listens there, or it has no right to (`mqtt.publish`)"
    )]
    Publish(String),
    #[error("publishes {got} bytes at once, at most {most} are taken (`observations.max_bytes`)")]
    Long { got: usize, most: usize },
    #[error("a publication that cannot be read")]
    Broken,
    #[error("subscribes to a filter that is not served: `{0}`")]
    Filter(String),
}

/// What the first packet says.
#[derive(Debug)]
pub(super) struct Hello {
    pub codec: Codec,
    pub connect: Connect,
    pub login: Option<Login>,
    /// How many unacknowledged messages the client takes.
    pub receive_maximum: usize,
}

/// Takes the CONNECT packet off `stream`; `None`: more bytes are needed.
pub(super) fn hello(stream: &mut BytesMut) -> Result<Option<Hello>, Refused> {
    let Some(codec) = sniff(stream)? else { return Ok(None) };
    let Some(packet) = codec.decode(stream)? else { return Ok(None) };
    let Packet::Connect(connect, properties, _will, _, login) = packet else {
        return Err(Refused::NoMqtt);
    };
    let receive_maximum = properties
        .and_then(|ConnectProperties { receive_maximum, .. }| receive_maximum)
        .map_or(usize::from(u16::MAX), usize::from)
        .max(1);
    Ok(Some(Hello { codec, connect, login, receive_maximum }))
}

/// Finds the protocol level in `10 len{1..4} 00 04 M Q T T level`.
fn sniff(stream: &[u8]) -> Result<Option<Codec>, Refused> {
    let Some((&kind, rest)) = stream.split_first() else { return Ok(None) };
    if kind != 0x10 {
        return Err(Refused::NoMqtt);
    }
    let Some(last) = rest.iter().take(4).position(|byte| byte & 0x80 == 0) else {
        return if rest.len() < 4 { Ok(None) } else { Err(Refused::NoMqtt) };
    };
    let header = &rest[last + 1..];
    let name = b"\x00\x04MQTT";
    let known = header.len().min(name.len());
    if header[..known] != name[..known] {
        return Err(Refused::NoMqtt);
    }
    match header.get(name.len()) {
        None => Ok(None),
        Some(4) => Ok(Some(Codec::V4)),
        Some(5) => Ok(Some(Codec::V5)),
        Some(_) => Err(Refused::NoMqtt),
    }
}

impl Codec {
    /// Takes the next packet of a connected client; `None`: more bytes are needed.
    pub(super) fn read(self, stream: &mut BytesMut) -> Result<Option<Packet>, Refused> {
        // The type is judged before the packet is parsed: what is refused is never looked into.
        match stream.first().map(|byte| byte >> 4) {
            None | Some(4 | 8 | 10 | 12 | 14) => {}
            Some(3) => return Err(Refused::Forbidden("publish")),
            Some(_) => return Err(Refused::Forbidden("send this kind of packet")),
        }
        match self.decode(stream)? {
            Some(Packet::Subscribe(subscribe, properties)) => {
                Ok(Some(Packet::Subscribe(served(subscribe)?, properties)))
            }
            packet => Ok(packet),
        }
    }

    fn decode(self, stream: &mut BytesMut) -> Result<Option<Packet>, Refused> {
        let packet = match self {
            Self::V4 => V4.read_mut(stream, MAX_PACKET),
            Self::V5 => V5.read_mut(stream, MAX_PACKET),
        };
        match packet {
            Ok(packet) => Ok(Some(packet)),
            Err(protocol::Error::InsufficientBytes(_)) => Ok(None),
            Err(error) => Err(Refused::Malformed(error)),
        }
    }

    /// Appends a packet for the client. MQTT 3.1.1 has no properties.
    pub(super) fn write(self, packet: Packet, out: &mut BytesMut) -> Result<(), protocol::Error> {
        match self {
            Self::V4 => V4.write(bare(packet), out)?,
            Self::V5 => V5.write(packet, out)?,
        };
        Ok(())
    }

    /// The answer to a CONNECT that is taken.
    pub(super) fn welcome(session_present: bool, assigned: Option<String>, window: u16) -> Packet {
        let properties = ConnAckProperties {
            max_qos: Some(1),
            receive_max: Some(window),
            shared_subscription_available: Some(0),
            assigned_client_identifier: assigned,
            ..Default::default()
        };
        let code = ConnectReturnCode::Success;
        Packet::ConnAck(ConnAck { session_present, code }, Some(properties))
    }

    /// The answer to a CONNECT that is not.
    pub(super) fn farewell(self, refusal: Farewell) -> Packet {
        let code = match (refusal, self) {
            (Farewell::BadLogin, _) => ConnectReturnCode::BadUserNamePassword,
            (Farewell::BadClientId, _) => ConnectReturnCode::ClientIdentifierNotValid,
            (Farewell::Full, Self::V4) => ConnectReturnCode::ServiceUnavailable,
            (Farewell::Full, Self::V5) => ConnectReturnCode::ServerBusy,
        };
        Packet::ConnAck(ConnAck { session_present: false, code }, None)
    }
}

/// Why a CONNECT is answered with a refusal.
#[derive(Debug, Clone, Copy)]
pub(super) enum Farewell {
    BadLogin,
    BadClientId,
    Full,
}

/// `QoS` 2 is granted as 1; `$share` and `$SYS` are not served.
fn served(mut subscribe: Subscribe) -> Result<Subscribe, Refused> {
    if subscribe.filters.len() > MAX_FILTERS {
        return Err(Refused::Filter(format!("{} filters at once", subscribe.filters.len())));
    }
    for filter in &mut subscribe.filters {
        let sound = filter.path.len() <= MAX_FILTER && protocol::valid_filter(&filter.path);
        if !sound || filter.path.starts_with('$') {
            return Err(Refused::Filter(filter.path.chars().take(80).collect()));
        }
        if filter.qos == QoS::ExactlyOnce {
            filter.qos = QoS::AtLeastOnce;
        }
    }
    Ok(subscribe)
}

fn bare(packet: Packet) -> Packet {
    match packet {
        Packet::Publish(publish, _) => Packet::Publish(publish, None),
        Packet::SubAck(suback, _) => Packet::SubAck(suback, None),
        Packet::UnsubAck(unsuback, _) => Packet::UnsubAck(unsuback, None),
        Packet::Disconnect(disconnect, _) => Packet::Disconnect(disconnect, None),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    fn connect(level: u8) -> Vec<u8> {
        // Clean session, keep-alive 60 s, client id "a"; version 5 has empty properties.
        let properties: &[u8] = if level == 5 { &[0] } else { &[] };
        let body = [b"\x00\x04MQTT", &[level, 2, 0, 60][..], properties, b"\x00\x01a"].concat();
        [&[0x10, u8::try_from(body.len()).unwrap()][..], &body].concat()
    }

    #[test]
    fn both_versions_are_told_apart_byte_by_byte() {
        for (level, codec) in [(4, Codec::V4), (5, Codec::V5)] {
            let bytes = connect(level);
            for length in 0..bytes.len() {
                let mut part = BytesMut::from(&bytes[..length]);
                assert!(hello(&mut part).unwrap().is_none(), "level {level}, {length} bytes");
            }
            let hello = hello(&mut BytesMut::from(&bytes[..])).unwrap().unwrap();
            assert_eq!((hello.codec, hello.connect.client_id.as_str()), (codec, "a"));
        }
    }

    #[test]
    fn other_things_are_sent_away() {
        let too_long = [0x10, 0xff, 0xff, 0xff, 0xff, 0x01];
        for bytes in [&b"GET / HTTP/1.1\r\n"[..], &connect(3), &connect(6), &too_long] {
            assert!(hello(&mut BytesMut::from(bytes)).is_err(), "{bytes:?}");
        }
        let publish = [0x30, 3, 0, 1, b'a'];
        let second_connect = connect(4);
        let share = [&[0x82, 14, 0, 1, 0, 9][..], b"$share/a/", &[1]].concat();
        let empty_filter = [0x82, 5, 0, 1, 0, 0, 1];
        for bytes in [&publish[..], &second_connect, &share, &empty_filter] {
            assert!(Codec::V4.read(&mut BytesMut::from(bytes)).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn no_bytes_bring_it_down() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        let subscribe = [&[0x82, 9, 0, 1, 0, 0, 3][..], b"a/#", &[1]].concat();
        let seeds = [connect(4), connect(5), subscribe, vec![0x40, 2, 0, 1], vec![0xc0, 0]];
        for round in 0..200_000 {
            let mut bytes = seeds[round % seeds.len()].clone();
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
            bytes.truncate(random.random_range(1..=bytes.len()));
            drop(hello(&mut BytesMut::from(&bytes[..])));
            for codec in [Codec::V4, Codec::V5] {
                drop(codec.read(&mut BytesMut::from(&bytes[..])));
            }
        }
    }

    #[test]
    fn qos_2_is_granted_as_1() {
        let mut bytes = BytesMut::from(&[0x82, 6, 0, 1, 0, 1, b'#', 2][..]);
        let packet = Codec::V4.read(&mut bytes).unwrap().unwrap();
        let Packet::Subscribe(subscribe, _) = packet else { panic!("{packet:?}") };
        assert_eq!(subscribe.filters[0].qos, QoS::AtLeastOnce);
    }
}
