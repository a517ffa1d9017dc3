//! The stage as a file and as a stream, by the machine's own ffmpeg, and taken by nginx's RTMP module.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::control::Show;

const KEY: &str = "live_planted_key";
const RTMP_MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

/// Where a program is on this machine, if it is.
fn installed(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let also = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&folders)
        .chain(also)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// nginx, which takes RTMP streams and records each into its folder.
async fn nginx(program: &Path, folder: &Path, port: u16) -> Child {
    let at = folder.display();
    let config = format!(
        "load_module {RTMP_MODULE};\ndaemon off;\nmaster_process off;\npid {at}/nginx.pid;\n\
         error_log {at}/error.log;\nevents {{}}\n\
         rtmp {{ server {{ listen 127.0.0.1:{port};\n\
         application live {{ live on; record all; record_path {at}; record_suffix -%s.flv; }} }} }}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let child = Command::new(program)
        .arg("-c")
        .arg(&file)
        .args(["-p", folder.to_str().unwrap()])
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let listens = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listens)
        .await
        .unwrap();
    child
}

/// What ffprobe finds in a file: its streams, with their frames counted.
async fn probe(file: &Path) -> Value {
    let output = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_packets",
            "-show_streams",
            "-show_format",
        ])
        .args(["-of", "json"])
        .arg(file)
        .output()
        .await
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn track<'a>(probed: &'a Value, kind: &str) -> &'a Value {
    let mut tracks = probed["streams"].as_array().unwrap().iter();
    let found = tracks.find(|track| track["codec_type"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {probed}"))
}

fn recordings(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut all: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "flv"))
        .collect();
    all.sort();
    all
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn output<'a>(health: &'a Value, name: &str) -> &'a Value {
    let mut outputs = health["outputs"].as_array().unwrap().iter();
    outputs.find(|output| output["name"] == name).unwrap()
}

#[tokio::test]
async fn the_show_is_filmed_and_streamed_and_goes_on_when_the_service_dies() {
    let (Some(_), Some(_)) = (installed("ffmpeg"), installed("ffprobe")) else {
        eprintln!("no ffmpeg: the stage is neither filmed nor streamed");
        return;
    };
    let service = installed("nginx").filter(|_| Path::new(RTMP_MODULE).exists());
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let film = folder.path().join("show.mp4");
    let mut flags = vec!["--video", film.to_str().unwrap(), "--fps", "30"];
    let url = format!("rtmp://127.0.0.1:{port}/live/{KEY}");
    match &service {
        Some(_) => flags.extend(["--stream", &url]),
        None => eprintln!("no nginx with its RTMP module: the stage is only filmed"),
    }
    let mut server = match &service {
        Some(program) => Some(nginx(program, folder.path(), port).await),
        None => None,
    };
    let settings = [
        "stage.width=640",
        "stage.height=361",
        "pixel.duration_sec=3",
        "show.duration_sec=600",
    ];
    let mut show = Show::start_with(&flags, &settings).await;
    show.donate("a red house by a lake").await;
    let is_live = |health: &Value, name: &str| output(health, name)["state"] == "live";
    show.until("/health", |health| is_live(health, "the video"))
        .await;

    if let (Some(server), Some(program)) = (server.as_mut(), &service) {
        show.until("/health", |health| is_live(health, "the stream"))
            .await;
        server.kill().await.unwrap();
        let broken = show
            .until("/health", |health| {
                output(health, "the stream")["state"] == "waiting"
            })
            .await;
        assert_eq!(broken["status"], "degraded");
        assert_eq!(
            output(&broken, "the stream")["to"],
            format!("rtmp://127.0.0.1:{port}/…")
        );
        assert!(
            is_live(&broken, "the video"),
            "one does not trouble the other"
        );
        *server = nginx(program, folder.path(), port).await;
        let back = show
            .until("/health", |health| is_live(health, "the stream"))
            .await;
        let stream = output(&back, "the stream");
        assert!(stream["restarts"].as_u64() > Some(0) && stream["dropped"].as_u64() > Some(0));
    }
    // The show went on meanwhile.
    show.until("/queue", |queue| queue["phase"] == "holding")
        .await;
    let metrics = String::from_utf8(show.bytes("/metrics").await).unwrap();
    assert!(metrics.contains("drawstream_output_up{output=\"the video\"} 1"));
    let health = show.get("/health").await;
    let (status, log) = show.end().await;
    assert_eq!(status, Some(0), "{log}");
    for text in [&log, &metrics, &health.to_string()] {
        assert!(!text.contains("planted"), "the key is told:\n{text}");
    }

    let filmed = probe(&film).await;
    let video = track(&filmed, "video");
    assert_eq!(
        (&video["width"], &video["height"]),
        (&640.into(), &360.into())
    );
    assert_eq!(
        (&video["r_frame_rate"], &video["avg_frame_rate"]),
        (&"30/1".into(), &"30/1".into())
    );
    assert_eq!(track(&filmed, "audio")["codec_name"], "aac");
    // Each frame that was taken is in it, and each takes its time: no more, no less.
    let frames: f64 = video["nb_read_packets"].as_str().unwrap().parse().unwrap();
    assert!(frames >= output(&health, "the video")["frames"].as_f64().unwrap());
    let seconds: f64 = video["duration"].as_str().unwrap().parse().unwrap();
    assert!(
        (seconds * 30.0 - frames).abs() < 0.01,
        "{seconds} s, {frames} frames"
    );

    if service.is_some() {
        let recorded = recordings(folder.path());
        assert!(recorded.len() >= 2, "before and after: {recorded:?}");
        let last = probe(recorded.last().unwrap()).await;
        let video = track(&last, "video");
        assert_eq!(
            (&video["width"], &video["height"]),
            (&640.into(), &360.into())
        );
        assert_eq!(video["r_frame_rate"], "30/1");
        assert_eq!(track(&last, "audio")["codec_name"], "aac");
    }
}

#[tokio::test]
async fn a_video_that_cannot_be_is_refused_before_the_show_and_never_tells_the_key() {
    let url = format!("rtmp://127.0.0.1:1/live/{KEY}");
    for (flags, said) in [
        (
            vec!["--stream", &url, "--set", "video.ffmpeg=/nowhere/ffmpeg"],
            "video needs ffmpeg, and /nowhere/ffmpeg is not found",
        ),
        (vec!["--stream", "http://planted.example/x"], "stream.url"),
        (vec!["--stream"], "--stream has no address"),
        (vec!["--video", "show.gif"], "must end in .mp4"),
        (vec!["--record", "show.mp4"], "--record writes a .gif"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_drawstream"))
            .args(["run", "--headless", "--set", "api.port=0"])
            .args(&flags)
            .current_dir(data.path())
            .env_remove("STREAM_URL")
            .output()
            .await
            .unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        assert!(
            !run.status.success() && told.contains(said),
            "{flags:?}: {told}"
        );
        assert!(!told.contains("planted"), "{told}");
    }
}
