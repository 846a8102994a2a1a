//! What is seen of people: masked by whoever looks, bare for who may and says why, nothing where nothing can be
//! masked.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::{
    Alert, AlertId, Class, Clock, FenceId, FenceRef, Frame, Place, Queue, RelBox, Review, RuleId,
    Severity, Size, SourceId, SystemClock, TimeBasis, TrackId,
};
use ingest::{Film, Input, Pace, SourceSpec, Start, Taken};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{NewEvidence, Store};

use crate::program::{Site, root, run, text, wait_for};

const SIZE: Size = Size { width: 640, height: 360 };
/// The face of NASA's public portrait that the test has, and where in it skin is: left, top, width, height.
const SKIN: [usize; 4] = [52, 44, 44, 56];
/// Where its picture is pasted in.
const AT: (usize, usize) = (260, 90);
const CLIP_PICTURES: usize = 12;

#[test]
fn a_viewer_sees_no_face_and_a_reviewer_says_why() {
    let site = Site::new("", false);
    let id = with_evidence(&site);
    let people = ["guest", "li"].map(|name| (name, add(&site, name)));
    let program = site.serve();
    let [guest, li] = people.map(|(name, password)| Visitor::sign_in(&site, name, &password));
    let scene = format!("/api/alerts/{id}/evidence/first_scene.jpg");

    let masked = guest.get(&scene);
    assert_eq!((masked.status, masked.kind.as_str()), (200, "image/jpeg"));
    let before = picture(AT);
    let (shown, after) = detector::picture::from_bytes(&masked.body).unwrap();
    assert_eq!(shown, SIZE);
    assert!(detail(&before.bgr, AT) > 20.0, "the face has detail");
    assert!(detail(&after, AT) < 2.0, "left of the face: {}", detail(&after, AT));
    assert!(outside(&before.bgr, &after) < 2.0, "{}", outside(&before.bgr, &after));

    assert_eq!(li.get(&scene).body, masked.body, "the same for everybody, made once");
    let asked = format!("{scene}?view=original&reason=an%20appeal");
    assert_eq!(guest.get(&asked).status, 403);
    assert_eq!(li.get(&format!("{scene}?view=original")).status, 422);
    let original = li.get(&asked);
    assert_eq!((original.status, original.body), (200, encoded(&before)));

    let clip = format!("/api/alerts/{id}/evidence/clip.mp4");
    let masked = wait_for("the masked clip", || {
        let answer = guest.get(&clip);
        assert!([200, 202].contains(&answer.status), "{}", text(&answer.body));
        (answer.status == 200).then_some(answer.body)
    });
    let path = site.dir.path().join("masked.mp4");
    std::fs::write(&path, masked).unwrap();
    let pictures = decoded(&path);
    assert_eq!(pictures.len(), CLIP_PICTURES);
    for (n, bgr) in pictures.iter().enumerate() {
        let left = detail(bgr, moved(n));
        assert!(left < 4.0, "left of the face in picture {n}: {left}");
    }
    assert!(program.stop());
    audited(&site, id);
}

/// The chain holds, and says who saw what why.
fn audited(site: &Site, id: AlertId) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let looks = runtime.block_on(async {
        let store = Store::open(&places(site), Arc::new(SystemClock)).await.unwrap();
        let intact = store.verify_audit().await.unwrap();
        assert!(matches!(intact, store::AuditCheck::Intact { .. }), "{intact:?}");
        assert!(store.verify_evidence(id).await.unwrap().is_empty(), "originals are untouched");
        store.audit_tail(100).await.unwrap()
    });
    let bare: Vec<_> = looks.iter().filter(|row| row.action == "looked_at_original").collect();
    let [look] = &bare[..] else { panic!("{bare:?}") };
    assert_eq!((look.actor.as_str(), look.detail.as_str()), ("li", "whole; reason: an appeal"));
    let masked = |row: &&store::AuditRow| row.action == "looked_at" && row.actor == "guest";
    assert_eq!(looks.iter().filter(masked).count(), 2, "{looks:?}");
}

#[test]
fn without_its_models_nothing_is_shown() {
    let site = Site::new("", false);
    let models = models_without_faces(&site);
    let config = std::fs::read_to_string(site.config()).unwrap();
    let config = config.replace(&root().join("models").display().to_string(), &models);
    std::fs::write(site.config(), config).unwrap();
    let id = with_evidence(&site);
    let password = add(&site, "li");
    let program = site.serve();
    let li = Visitor::sign_in(&site, "li", &password);
    let refused = li.get(&format!("/api/alerts/{id}/evidence/first_scene.jpg"));
    assert_eq!(refused.status, 503);
    let told: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(told["error"]["code"], "cannot_mask");
    let message = told["error"]["message"].as_str().unwrap();
    assert!(message.contains("centerface.onnx"), "{message}");
    let health = site.ready().unwrap();
    assert_eq!((&health["ready"], &health["privacy"]["masking"]), (&json!(true), &json!("unable")));
    assert!(site.get("/metrics").unwrap().contains("xunjian_masked_refused_total 1"));
    let original = "view=original&reason=an%20appeal";
    let original = li.get(&format!("/api/alerts/{id}/evidence/first_scene.jpg?{original}"));
    assert_eq!(original.status, 200, "who may and says why is not kept from work");
    assert!(program.stop());
    let checked = run(&["check", "--offline", "--config", site.config().to_str().unwrap()]);
    let told = text(&checked.stdout);
    assert!(told.contains("`privacy.mask`") && told.contains("centerface.onnx"), "{told}");
}

fn models_without_faces(site: &Site) -> String {
    let models = site.dir.path().join("models");
    std::fs::create_dir_all(models.join("cache")).unwrap();
    let link = |name: &str| {
        std::os::unix::fs::symlink(root().join("models").join(name), models.join(name)).unwrap();
    };
    link("manifest.toml");
    for entry in std::fs::read_dir(root().join("models/cache")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "centerface.onnx" {
            link(&format!("cache/{name}"));
        }
    }
    models.display().to_string()
}

/// Where a site keeps things.
fn places(site: &Site) -> store::Config {
    store::Config {
        database: site.dir.path().join("x.db"),
        evidence: site.dir.path().join("evidence"),
        ..store::Config::default()
    }
}

/// An alert with a picture and a clip that show a face.
fn with_evidence(site: &Site) -> AlertId {
    let clip = site.dir.path().join("clip.mp4");
    let mut film = Film::create(&clip, SIZE).unwrap();
    for n in 0..CLIP_PICTURES {
        let at = Duration::from_millis(100 * u64::try_from(n).unwrap());
        film.push(at, Bytes::copy_from_slice(&picture(moved(n)).bgr)).unwrap();
    }
    film.finish().unwrap();
    let alert = alert();
    let kept = |name: &str, media_type: &str, bytes: Vec<u8>| NewEvidence {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        taken_at: None,
        transform: "made for a test".to_owned(),
        bytes: bytes.into(),
    };
    let files = [
        kept("first_scene.jpg", "image/jpeg", encoded(&picture(AT))),
        kept("clip.mp4", "video/mp4", std::fs::read(&clip).unwrap()),
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&places(site), Arc::new(SystemClock)).await.unwrap();
        drop(store.raise(&alert).await.unwrap());
        for file in files {
            store.put_evidence(alert.id, file).await.unwrap();
        }
        store.close().await.unwrap();
    });
    alert.id
}

/// The face walks to the right, 12 pixels a picture.
fn moved(n: usize) -> (usize, usize) {
    (100 + 12 * n, AT.1)
}

/// A grey wall with a pattern, and the face before it.
fn picture((left, top): (usize, usize)) -> Frame {
    let face = root().join("detector/tests/pictures/face.jpg");
    let (size, face) = detector::picture::read(&face).unwrap();
    let (width, height) = (size.width as usize, size.height as usize);
    let mut bgr = Vec::with_capacity(SIZE.bgr_bytes());
    for y in 0..SIZE.height as usize {
        for x in 0..SIZE.width as usize {
            let inside = (left..left + width).contains(&x) && (top..top + height).contains(&y);
            if inside {
                let start = ((y - top) * width + x - left) * 3;
                bgr.extend_from_slice(&face[start..start + 3]);
            } else {
                bgr.extend_from_slice(&[if (x / 40 + y / 40) % 2 == 0 { 110 } else { 140 }; 3]);
            }
        }
    }
    let (source, at) = (SourceId::new("test").unwrap(), Timestamp::UNIX_EPOCH);
    Frame::new(source, 0, at, TimeBasis::Media, SIZE, bgr.into()).unwrap()
}

fn encoded(frame: &Frame) -> Vec<u8> {
    detector::picture::encode_jpeg(frame, 92).unwrap().to_vec()
}

/// Mean difference of a pixel of the skin from the next one to the right and the next one below.
fn detail(bgr: &[u8], (left, top): (usize, usize)) -> f64 {
    let [x, y, width, height] = SKIN;
    let at = |x: usize, y: usize| f64::from(bgr[(y * SIZE.width as usize + x) * 3 + 1]);
    let (mut sum, mut count) = (0.0, 0.0);
    for y in top + y..top + y + height {
        for x in left + x..left + x + width {
            sum += (at(x, y) - at(x + 8, y)).abs().max((at(x, y) - at(x, y + 8)).abs());
            count += 1.0;
        }
    }
    sum / count
}

/// Mean difference of the pixels that are nowhere near the face.
fn outside(before: &[u8], after: &[u8]) -> f64 {
    let columns = 0..AT.0 - 40;
    let pairs = (0..SIZE.height as usize)
        .flat_map(|y| columns.clone().map(move |x| (y * SIZE.width as usize + x) * 3));
    let differences: Vec<f64> = pairs.map(|at| f64::from(before[at].abs_diff(after[at]))).collect();
    differences.iter().sum::<f64>() / f64::from(u32::try_from(differences.len()).unwrap())
}

/// Every picture of a video.
fn decoded(path: &Path) -> Vec<Vec<u8>> {
    let pictures: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let kept = Arc::clone(&pictures);
    let sink = move |frame: Frame| {
        kept.lock().unwrap().push(frame.bgr.to_vec());
        Taken::Kept
    };
    let spec = SourceSpec {
        id: SourceId::new("test").unwrap(),
        name: String::new(),
        input: Input::File(path.to_owned()),
        pace: Pace::Every,
        start: Start::Media,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = ingest::Config::default();
    let source = ingest::spawn(spec, None, Box::new(sink), Box::new(|_| {}), clock, &config);
    assert!(source.join());
    pictures.lock().unwrap().clone()
}

fn alert() -> Alert {
    let (source, fence) = (SourceId::new("gate").unwrap(), FenceId::new("kerb").unwrap());
    let rule = RuleId::known("parking");
    let since: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
    Alert {
        id: AlertId::derive(&rule, &source, Some(&fence), TrackId(1), since),
        revision: 1,
        rule,
        rule_version: None,
        rule_name: None,
        severity: Severity::General,
        matter_code: None,
        legal_basis: None,
        queue: Queue::new("parking-traffic_police").unwrap(),
        source,
        source_name: "北门".to_owned(),
        track: Some(TrackId(1)),
        terminal: None,
        class: Class::Car,
        score: Some(0.875),
        plate: None,
        fence: Some(FenceRef {
            id: fence,
            name: "路缘".to_owned(),
            name_en: None,
            kind: "no_parking".to_owned(),
            authority: None,
            version: "0123456789ab".to_owned(),
            edition: None,
            matter_code: None,
            legal_basis: None,
        }),
        place: Place::Image { x: 0.5, y: 0.75 },
        outline: None,
        seen: Some(RelBox { x: 0.25, y: 0.5, w: 0.125, h: 0.25 }),
        probability_inside: 0.96875,
        since,
        raised_at: since,
        last_seen: since,
        ended_at: None,
        end_reason: None,
        dwell_s: 0.0,
        dwell_needed_s: 0.0,
        time_basis: TimeBasis::Receive,
        reminder: None,
        also: Vec::new(),
        part_of: None,
        why: None,
        review: Review::default(),
    }
}

/// Adds a viewer (`guest`) or a reviewer; returns the password.
fn add(site: &Site, name: &str) -> String {
    let role = if name == "guest" { "viewer" } else { "reviewer" };
    let config = site.config();
    let args = ["user", "add", name, "--role", role, "--config", config.to_str().unwrap()];
    let told = text(&run(&args).stdout);
    let password = told.lines().find_map(|line| line.split_once(&format!("of {name}: ")));
    password.unwrap_or_else(|| panic!("{told}")).1.to_owned()
}

/// Somebody who is signed in.
struct Visitor {
    base: String,
    cookie: String,
}

struct Answer {
    status: u16,
    kind: String,
    body: Vec<u8>,
}

impl Visitor {
    fn sign_in(site: &Site, name: &str, password: &str) -> Self {
        wait_for("the program", || site.ready());
        let base = format!("http://127.0.0.1:{}", site.http);
        let login = json!({ "name": name, "password": password });
        let answer = ureq::post(format!("{base}/api/login")).send_json(login).unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { base, cookie }
    }

    fn get(&self, path: &str) -> Answer {
        let request = ureq::get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let request = request.config().http_status_as_error(false).build();
        let mut answer = request.call().unwrap();
        let kind = answer.headers().get("content-type");
        let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
        let body = answer.body_mut().read_to_vec().unwrap();
        Answer { status: answer.status().as_u16(), kind, body }
    }
}
