//! Cameras over RTSP, served in this process.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use domain::{Clock, SourceState, SystemClock, TimeBasis};
use gstreamer::{self as gst, glib};
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;
use ingest::{Input, SegmentDir};

use crate::kit::{Setup, decoded, id};

/// A camera that sends a moving ball, 25 frames and one key frame a second.
struct Camera {
    port: u16,
    main: glib::MainLoop,
    /// Lets no frame through when shut.
    valve: Arc<Mutex<Option<gst::Element>>>,
    thread: JoinHandle<()>,
}

impl Camera {
    /// Starts on `port`, 0 for any that is free.
    fn start(port: u16, password: Option<&'static str>) -> Self {
        ingest::init().unwrap();
        let (tell, told) = sync_channel(1);
        let valve = Arc::default();
        let found = Arc::clone(&valve);
        let thread = std::thread::spawn(move || {
            let context = glib::MainContext::new();
            let main = glib::MainLoop::new(Some(&context), false);
            let server = server(port, password, found);
            let attached = server.attach(Some(&context)).unwrap();
            tell.send((u16::try_from(server.bound_port()).unwrap(), main.clone())).unwrap();
            main.run();
            // Closes the port and hangs up on everybody.
            context.find_source_by_id(&attached).unwrap().destroy();
            server.client_filter(Some(&mut |_, _| rtsp::RTSPFilterResult::Remove));
            while context.iteration(false) {}
        });
        let (port, main) = told.recv().unwrap();
        Self { port, main, valve, thread }
    }

    fn input(&self, login: &str) -> Input {
        Input::parse(&format!("rtsp://{login}127.0.0.1:{}/cam", self.port)).unwrap()
    }

    fn stop(self) -> u16 {
        // From inside the loop: a loop that has not begun yet cannot be told to quit.
        let main = self.main.clone();
        let quit = move || {
            main.quit();
            glib::ControlFlow::Break
        };
        glib::idle_source_new(None, glib::Priority::DEFAULT, quit)
            .attach(Some(&self.main.context()));
        self.thread.join().unwrap();
        self.port
    }
}

fn server(
    port: u16,
    password: Option<&str>,
    valve: Arc<Mutex<Option<gst::Element>>>,
) -> rtsp::RTSPServer {
    let server = rtsp::RTSPServer::new();
    server.set_address("127.0.0.1");
    server.set_service(&port.to_string());
    let factory = rtsp::RTSPMediaFactory::new();
    factory.set_launch(
        "( videotestsrc is-live=true pattern=ball \
         ! video/x-raw,format=I420,width=322,height=242,framerate=25/1 ! valve name=valve \
         ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 \
         ! rtph264pay name=pay0 config-interval=1 )",
    );
    factory.set_shared(true);
    factory.connect_media_configure(move |_, media| {
        let bin = media.element().downcast::<gst::Bin>().unwrap();
        *valve.lock().unwrap() = bin.by_name("valve");
    });
    if let Some(password) = password {
        let auth = rtsp::RTSPAuth::new();
        let role = rtsp::RTSP_TOKEN_MEDIA_FACTORY_ROLE;
        let token = rtsp::RTSPToken::builder().field(role, "viewer").build();
        auth.add_digest("admin", password, &token);
        auth.set_supported_methods(rtsp::gst_rtsp::RTSPAuthMethod::Digest);
        server.set_auth(Some(&auth));
        let role = gst::Structure::builder("viewer")
            .field(rtsp::RTSP_PERM_MEDIA_FACTORY_ACCESS, true)
            .field(rtsp::RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, true)
            .build();
        factory.add_role_from_structure(&role);
    }
    server.mount_points().unwrap().add_factory("/cam", factory);
    server
}

#[test]
fn a_camera_that_comes_back_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir =
        SegmentDir::new(folder.path().to_owned(), std::time::Duration::from_mins(15), 1 << 40)
            .unwrap();
    let camera = Camera::start(0, None);
    let watched = Setup::of(camera.input("")).recorded(&dir).spawn();
    watched.until("5 s of frames", |frames, _| frames.len() > 125);
    let frames = watched.frames();
    let status = watched.source.status();
    assert_eq!(status.state, SourceState::Live);
    assert!(status.fps > 15.0 && status.fps < 35.0, "{} frames a second", status.fps);
    assert_eq!(frames[0].basis, TimeBasis::Capture, "the camera tells its time");
    let offset = status.clock_offset_s.unwrap();
    assert!(offset.abs() < 1.0, "one machine, one clock: {offset}");
    let age = SystemClock.now().duration_since(frames.last().unwrap().at);
    assert!(age.as_secs_f64().abs() < 5.0, "{age}");
    assert!(frames.is_sorted_by_key(|frame| frame.at));

    let port = camera.stop();
    watched.until("the loss", |_, changes| {
        changes.iter().any(|c| c.state == SourceState::Reconnecting)
    });
    watched.until("the reason", |_, changes| {
        changes.iter().any(|c| c.detail.contains("connection refused"))
    });
    let before = watched.frames().len();
    let camera = Camera::start(port, None);
    watched.until("frames again", |frames, _| frames.len() > before + 25);
    let status = watched.source.status();
    assert_eq!((status.state, status.reconnects), (SourceState::Live, 1));
    assert_eq!(watched.frames()[before].basis, TimeBasis::Capture);

    watched.source.stop();
    let (frames, status) = watched.finish();
    assert_eq!(status.state, SourceState::Ended);
    let dest = folder.path().join("clip.mp4");
    // Segments begin at the first key frame after the camera has told its time.
    let (from, to) = (frames[50].at, frames[100].at);
    let clip = dir.clip(&id(), from, to, &dest).unwrap();
    assert!(clip.from <= from && clip.to >= to, "{clip:?}");
    assert!(decoded(&dest).0 >= 51);
    // One clip across the outage: the gap stays a gap.
    let last = frames.last().unwrap().at;
    let clip = dir.clip(&id(), from, last, &dest).unwrap();
    let span = u64::try_from(clip.to.duration_since(clip.from).as_millis()).unwrap();
    assert!(decoded(&dest).2.abs_diff(span) <= 2, "{span}");
    camera.stop();
}

#[test]
fn a_wrong_password_is_said_and_never_shown() {
    let camera = Camera::start(0, Some("right"));
    let watched = Setup::of(camera.input("admin:wr0ng@")).spawn();
    watched.until("the refusal", |_, changes| {
        changes.iter().any(|c| c.detail.contains("refuses the user name or password"))
    });
    watched.source.stop();
    let (frames, status) = watched.finish();
    assert!(frames.is_empty());
    assert!(!format!("{status:?}").contains("wr0ng"));
    let watched = Setup::of(camera.input("admin:right@")).spawn();
    watched.until("frames", |frames, _| frames.len() > 5);
    watched.source.stop();
    watched.finish();
    camera.stop();
}

#[test]
fn a_camera_that_is_off_is_tried_again() {
    let camera = Camera::start(0, None);
    let input = camera.input("admin:s3cret@");
    camera.stop();
    let watched = Setup::of(input.clone()).spawn();
    watched.until("the reason", |_, changes| {
        changes.iter().any(|c| {
            c.state == SourceState::Reconnecting && c.detail.contains("connection refused")
        })
    });
    watched.source.stop();
    let (_, status) = watched.finish();
    assert!(!format!("{status:?}").contains("s3cret"));
    let reason = ingest::probe(&input).unwrap_err().to_string();
    assert!(reason.contains("connection refused") && !reason.contains("s3cret"), "{reason}");
}

#[test]
fn a_wrong_path_is_named() {
    let camera = Camera::start(0, None);
    let input = Input::parse(&format!("rtsp://127.0.0.1:{}/none", camera.port)).unwrap();
    let watched = Setup::of(input).spawn();
    watched.until("the reason", |_, changes| {
        changes.iter().any(|c| c.detail.contains("no stream at `/none`"))
    });
    watched.source.stop();
    watched.finish();
    camera.stop();
}

#[test]
fn a_silent_camera_is_noticed_and_connected_anew() {
    let camera = Camera::start(0, None);
    let mut setup = Setup::of(camera.input(""));
    setup.config.silent_after = std::time::Duration::from_secs(1);
    let watched = setup.spawn();
    watched.until("frames", |frames, _| frames.len() > 10);
    camera.valve.lock().unwrap().as_ref().unwrap().set_property("drop", true);
    watched.until("the silence", |_, changes| {
        changes.iter().any(|c| c.state == SourceState::Silent && c.detail.contains("for 1 s"))
    });
    let before = watched.frames().len();
    camera.valve.lock().unwrap().as_ref().unwrap().set_property("drop", false);
    watched.until("frames again", |frames, _| frames.len() > before);
    watched.source.stop();
    watched.finish();
    camera.stop();
}
