//! JT/T 808: what terminals in vehicles and their platform say to each other. Bytes in, values out, and back.
//!
//! Frames of the 2011, 2013 and 2019 forms; GBK text; messages in parts; bodies with the field names of
//! yezhihao/jt808-server, which integrators know. Encoding what was decoded gives the same bytes.
//!
//! Takes hostile bytes: every reader is bounded and says what is wrong. Assumes nothing about a connection and
//! knows no clock: whoever calls says what time it is. Leaves sockets, answers and storing to the program.
//!
//! The text of the standards was not at hand. Layouts are those of public implementations (yezhihao/jt808-server,
//! `SmallChi/JT808`), checked against recorded frames.

mod bytes;
mod frame;
mod join;
mod layout;
mod message;
mod phone;
mod position;
mod sensors;
mod sign_on;
mod split;
mod text;
mod value;

pub use bytes::Short;
pub use frame::{Form, Frame, FrameError, Header, MOST_BODY, Part};
pub use join::{Joined, Joiner, Limits, Missing};
pub use message::{Body, Named, Reply, reply, reply_to_register};
pub use phone::{BadPhone, Phone};
pub use position::{BadPosition, Item, Items, Position, batch, ids};
pub use sensors::{BadSensor, Profile, Sensor, Word};
pub use sign_on::{Authenticate, Register};
pub use split::{MOST_FRAME, Overlong, Splitter};
pub use text::{gbk, hex, unhex};
pub use value::{Record, Value};
