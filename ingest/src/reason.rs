//! GStreamer's errors in words for the person who looks after the cameras.

use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use gstreamer as gst;
use url::Url;

/// Why reading stopped.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Wrong or missing user name or password.
    Refused,
    /// The camera answers, but has no such stream.
    NoStream,
    /// The address leads to nothing that answers.
    Unreachable,
    /// Anything else, in GStreamer's words.
    Other(String),
}

impl Fault {
    pub(crate) fn of(error: &gst::message::Error) -> Self {
        let details = error.debug().unwrap_or_default();
        let error = error.error();
        // Older servers answer 401 in ways that the client reports as a plain read error.
        if details.contains("Unauthorized") || details.contains("(401)") {
            return Self::Refused;
        }
        match error.kind::<gst::ResourceError>() {
            Some(gst::ResourceError::NotAuthorized) => Self::Refused,
            Some(gst::ResourceError::NotFound) => Self::NoStream,
            Some(gst::ResourceError::OpenRead | gst::ResourceError::OpenReadWrite) => {
                Self::Unreachable
            }
            _ => Self::Other(worded(&error, &details)),
        }
    }

    /// The reason for a camera, asking the network once more where GStreamer does not say.
    pub(crate) fn of_camera(&self, url: &Url, patience: Duration) -> String {
        match self {
            Self::Refused => {
                "the camera refuses the user name or password (401 Unauthorized)".to_owned()
            }
            Self::NoStream => {
                format!("the camera has no stream at `{}` (404 Not Found)", url.path())
            }
            Self::Unreachable => unreachable_because(url, patience),
            Self::Other(words) => words.clone(),
        }
    }

    /// The reason for a file.
    pub(crate) fn of_file(&self, path: &Path) -> String {
        match self {
            Self::Other(words) => words.clone(),
            _ => match std::fs::File::open(path) {
                Err(error) => error.to_string(),
                Ok(_) => "the file cannot be read".to_owned(),
            },
        }
    }
}

fn worded(error: &gst::glib::Error, details: &str) -> String {
    match error.kind::<gst::StreamError>() {
        Some(gst::StreamError::TypeNotFound | gst::StreamError::WrongType) => {
            return "this is no video".to_owned();
        }
        Some(gst::StreamError::CodecNotFound) => {
            return format!("no decoder for this video is installed: {}", error.message());
        }
        Some(gst::StreamError::Demux) if incomplete(error, details) => {
            return CUT_SHORT.to_owned();
        }
        Some(gst::StreamError::Decrypt | gst::StreamError::DecryptNokey) => {
            return "the video is encrypted".to_owned();
        }
        _ => {}
    }
    let cause = details.lines().skip(1).find(|line| !line.trim().is_empty());
    match cause.map(str::trim).filter(|cause| cause.len() < 200) {
        Some(cause) => format!("{} ({cause})", error.message().trim_end_matches('.')),
        None => error.message().to_owned(),
    }
}

/// An MP4 without the part that says where its pictures are.
pub(crate) const CUT_SHORT: &str = "the file is cut short or damaged: its index (moov) is missing";

/// MP4 keeps its index at the end unless it was made for streaming.
fn incomplete(error: &gst::glib::Error, details: &str) -> bool {
    let says = |word| error.message().contains(word);
    details.contains("moov") || says("incomplete") || says("no playable streams")
}

/// Names what the network says: refused, no route, unknown host. GStreamer only says "could not
/// open".
fn unreachable_because(url: &Url, patience: Duration) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().unwrap_or(if url.scheme() == "rtsps" { 322 } else { 554 });
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut addresses = match (bare, port).to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(_error) => return format!("the host `{host}` is not known"),
    };
    let Some(address) = addresses.next() else {
        return format!("the host `{host}` has no address");
    };
    match TcpStream::connect_timeout(&address, patience) {
        Ok(_) => format!("{host}:{port} answers, but not as an RTSP camera"),
        Err(error) => {
            let why = match error.kind() {
                std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
                std::io::ErrorKind::TimedOut => "no answer".to_owned(),
                _ => error.to_string(),
            };
            format!("the camera at {host}:{port} cannot be reached: {why}")
        }
    }
}
