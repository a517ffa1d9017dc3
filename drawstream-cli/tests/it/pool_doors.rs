//! Who comes in to the pool, and over which wire.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use drawstream::health::Grade;
use tokio::process::Command;

use crate::fakes::atelier;
use crate::fakes::nats::Nats;
use crate::pool::{Worker, assert_is, paint, remote};

#[tokio::test]
async fn whoever_may_come_in_does_and_others_are_told_the_mend_without_the_secret() {
    // The file that docs/SCALING.md tells people to take, but for port and store.
    let file = include_str!("../../../docs/nats.conf");
    let users = &file[file.find("authorization {").unwrap()..];
    let Some(nats) = Nats::start(users).await else {
        return;
    };
    let said = async |more: &[(&str, &str)]| {
        let health = remote(&nats, more).check().await;
        format!(
            "{:?}: {} → {}",
            health.grade,
            health.state,
            health.mend.unwrap_or_default()
        )
    };
    let port = nats.port();
    let none = format!("127.0.0.1:{port} answers, and no worker is there");
    let right = [("nats.user", "show"), ("nats.password", "change-me-1")];
    assert!(said(&right).await.contains(&none));
    let address = format!("nats://show:change%2Dme-1@127.0.0.1:{port}");
    assert!(said(&[("nats.url", &address)]).await.contains(&none));
    let wrong = [("nats.user", "show"), ("nats.password", "planted")];
    for more in [&wrong[..], &[]] {
        let said = said(more).await;
        assert!(
            said.contains("does not let us in → set NATS_CREDS"),
            "{said}"
        );
        assert!(
            !said.contains("planted") && !said.contains("change-me"),
            "{said}"
        );
    }
    let doctor = async |settings: &[&str]| {
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        doctor.args([
            "doctor",
            "--quick",
            "--set",
            &format!("nats.url={}", nats.url()),
        ]);
        for setting in settings {
            doctor.args(["--set", setting]);
        }
        let told = doctor.current_dir(nats.folder()).output().await.unwrap();
        let lines = String::from_utf8(told.stdout).unwrap();
        let line = lines.lines().find(|line| line.contains("painting pool"));
        line.unwrap_or_default().to_owned()
    };
    let let_in = doctor(&["nats.user=show", "nats.password=change-me-1"]).await;
    assert!(
        let_in.starts_with("ok") && let_in.contains("without TLS; JetStream keeps"),
        "{let_in}"
    );
    assert!(doctor(&["nats.token=planted"]).await.starts_with("BAD"));
    // With no more rights than these everything works.
    let (server, _) = atelier::start(Duration::ZERO).await;
    let mut settings = atelier::settings(&server.url);
    settings.extend(["nats.user=worker", "nats.password=change-me-2"].map(str::to_owned));
    let mut worker = Worker::ready(&nats, "a", &settings).await;
    assert_is(paint(&*remote(&nats, &right), 1).await, 1);
    assert_eq!(worker.end().await, Some(0));
    assert!(!worker.log.contains("ermission"), "{}", worker.log);
    let mut worker = Worker::start(&nats, "a", &["nats.token=planted".to_owned()]);
    worker.until("no painter is set up on this machine").await;
    let settings = ["painters=sketch", "nats.token=planted"].map(str::to_owned);
    let mut worker = Worker::start(&nats, "a", &settings);
    worker.until("hint: set NATS_CREDS").await;
    assert!(!worker.log.contains("planted"), "{}", worker.log);
}

#[tokio::test]
async fn an_nkey_comes_in_as_a_seed_or_as_the_file_that_has_it() {
    // Made for this test, and for nothing else.
    const SEED: &str = "SUAAZNBPNTQXHAT5IQOWNQG2YAZRMWQEYLVDUTSOMEDOYPYUHBLBQ4I3YA";
    const USER: &str = "UAKAJQWYEUZEWCXMGJI3Z5TJDJDOTYCWIAVEWXOKYTLYO4GDQGSSSNLM";
    let users = format!("authorization {{ users: [ {{ nkey: {USER} }} ] }}");
    let Some(nats) = Nats::start(&users).await else {
        return;
    };
    let file = nats.folder().join("show.nk");
    std::fs::write(&file, format!("{SEED}\n")).unwrap();
    for nkey in [SEED, file.to_str().unwrap()] {
        let health = remote(&nats, &[("nats.nkey", nkey)]).check().await;
        assert!(health.state.contains("no worker is there"), "{health:?}");
    }
    let health = remote(&nats, &[]).check().await;
    assert!(health.state.contains("does not let us in"), "{health:?}");
    let creds = [("nats.creds", file.to_str().unwrap())];
    let health = remote(&nats, &creds).check().await;
    assert!(
        health.state.contains("it holds no JWT and key"),
        "{health:?}"
    );
    assert!(!format!("{health:?}").contains(SEED));
}

/// Makes a certificate for this machine; `false` where there is no tool for it.
fn certificate(folder: &Path) -> bool {
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    made.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn over_tls_only_with_the_certificate_that_signs_for_the_server() {
    let folder = tempfile::tempdir().unwrap();
    if !certificate(folder.path()) {
        eprintln!("left out: openssl cannot make a certificate here");
        return;
    }
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let tls = format!("tls {{ cert_file: {cert:?}, key_file: {key:?} }}");
    let Some(nats) = Nats::start(&tls).await else {
        return;
    };
    let checked = async |more: &[(&str, &str)]| remote(&nats, more).check().await;
    let trusted = checked(&[("nats.tls_ca", &cert)]).await;
    assert!(trusted.state.contains("no worker is there"), "{trusted:?}");
    let stranger = checked(&[]).await;
    assert_eq!(stranger.grade, Grade::Bad);
    assert!(
        stranger.state.contains("no TLS with 127.0.0.1"),
        "{stranger:?}"
    );
    let nobody = checked(&[("nats.tls_ca", "/nowhere.pem")]).await;
    assert!(
        nobody.state.contains("/nowhere.pem cannot be used"),
        "{nobody:?}"
    );
}
