//! Where video comes from, and how that may be shown to people.
//!
//! A camera's address may hold a password. Only [`Rtsp`] knows it; everything that is shown, logged
//! or returned in an error goes through `Display`, which leaves user, password and query out.

use std::fmt;
use std::path::{Path, PathBuf};

use domain::SourceKind;
use url::Url;

/// Where video comes from. `Display` and `Debug` never show a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    Rtsp {
        /// `rtsp://` or `rtsps://`; may hold user and password.
        url: Url,
        transport: Transport,
    },
    /// A video file in any container that GStreamer reads.
    File(PathBuf),
    /// A folder of pictures, read in the order of their names.
    Images(PathBuf),
}

/// How a camera's packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// Inside the RTSP connection: passes firewalls and loses nothing.
    #[default]
    Tcp,
    /// Beside it: less delay, and lost packets spoil pictures.
    Udp,
}

/// Why a text names no input.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InputError {
    #[error("no input is given: expected an rtsp:// address, a video file or a folder of pictures")]
    Empty,
    #[error("the camera address is no valid URL")]
    Url(#[source] url::ParseError),
    #[error("the camera address names no host")]
    Host,
    #[error(
        "`{scheme}://` is not supported: use rtsp://, rtsps://, a video file or a folder of pictures"
    )]
    Scheme { scheme: String },
}

impl Input {
    /// Reads `rtsp://…`, the path of a video file or the path of a folder. RTSP travels over TCP.
    /// That a file exists is found out when it is opened.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        if text.trim().is_empty() {
            return Err(InputError::Empty);
        }
        match text.split_once("://") {
            None => {
                let path = PathBuf::from(text);
                Ok(if path.is_dir() { Self::Images(path) } else { Self::File(path) })
            }
            Some(("rtsp" | "rtsps", _)) => {
                let url = Url::parse(text.trim()).map_err(InputError::Url)?;
                if url.host_str().is_none_or(str::is_empty) {
                    return Err(InputError::Host);
                }
                Ok(Self::Rtsp { url, transport: Transport::Tcp })
            }
            Some((scheme, _)) => {
                Err(InputError::Scheme { scheme: scheme.chars().take(20).collect() })
            }
        }
    }

    /// What kind of source this is.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Rtsp { .. } => SourceKind::Rtsp,
            Self::File(_) => SourceKind::File,
            Self::Images(_) => SourceKind::Images,
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rtsp { url, .. } => f.write_str(&shown(url)),
            Self::File(path) | Self::Images(path) => f.write_str(&name_of(path)),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Rtsp { .. } => "Rtsp",
            Self::File(_) => "File",
            Self::Images(_) => "Images",
        };
        write!(f, "{kind}({self})")
    }
}

/// The path as given, for messages.
pub(crate) fn name_of(path: &Path) -> String {
    path.display().to_string()
}

/// The address without user, password, query and fragment: some cameras take the password as a
/// query parameter.
pub(crate) fn shown(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

/// An address taken apart for the RTSP client.
pub(crate) struct Rtsp {
    /// Without user and password.
    pub location: String,
    pub user: Option<String>,
    pub password: Option<String>,
}

impl Rtsp {
    pub(crate) fn new(url: &Url) -> Self {
        let user = Some(url.username()).filter(|user| !user.is_empty()).map(percent_decoded);
        let password = url.password().map(percent_decoded);
        let authority = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        let location = format!("{}://{host}{authority}{}{query}", url.scheme(), url.path());
        Self { location, user, password }
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let code = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let text = "rtsp://admin:s%40cret%2F1@10.0.0.7:8554/cam/1?password=s%40cret#x";
        let input = Input::parse(text).unwrap();
        assert_eq!(input.to_string(), "rtsp://10.0.0.7:8554/cam/1");
        assert_eq!(format!("{input:?}"), "Rtsp(rtsp://10.0.0.7:8554/cam/1)");
        let Input::Rtsp { url, .. } = input else { panic!("no camera") };
        let rtsp = Rtsp::new(&url);
        assert_eq!(rtsp.location, "rtsp://10.0.0.7:8554/cam/1?password=s%40cret");
        assert_eq!(rtsp.user.as_deref(), Some("admin"));
        assert_eq!(rtsp.password.as_deref(), Some("s@cret/1"));
    }

    #[test]
    fn inputs_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_str().unwrap();
        assert_eq!(Input::parse(folder).unwrap().kind(), SourceKind::Images);
        assert_eq!(Input::parse("missing.mp4").unwrap().kind(), SourceKind::File);
        assert_eq!(Input::parse("rtsps://cam/1").unwrap().kind(), SourceKind::Rtsp);
        assert_eq!(Input::parse(" "), Err(InputError::Empty));
        assert_eq!(Input::parse("http://cam/1"), Err(InputError::Scheme { scheme: "http".into() }));
        assert!(Input::parse("rtsp://").is_err());
        assert!(Input::parse("rtsp://cam:99999/").is_err());
    }

    #[test]
    fn percent_signs_that_are_no_code_stay() {
        for (given, read) in
            [("a%20b", "a b"), ("100%", "100%"), ("%zz", "%zz"), ("%e4%bd", "\u{fffd}")]
        {
            assert_eq!(percent_decoded(given), read);
        }
    }
}
