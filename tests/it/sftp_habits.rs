//! What clients of the SFTP door are used to: room on the disk, folders in one go, and WinSCP's way of sending a file.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use russh::client::{Config, Handle};
use russh::keys::PrivateKeyWithHashAlg;
use russh::{Disconnect, SshId};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, StatusCode};

use crate::sftp::{House, said};
use crate::sftp_faults::Trusting;
use crate::support::left_out;
use crate::trade::orders_x12;

#[tokio::test(flavor = "multi_thread")]
async fn room_is_told_and_what_is_not_offered_is_refused_by_name() {
    let Some(mut house) = House::start("sftp: room", "").await else { return };
    let output = house.sftp("acme_key", "df -h\ndf in\n").await;
    assert!(output.status.success() && said(&output).contains("Avail"), "{}", said(&output));
    let (handle, sftp) = log_in(&house, "SSH-2.0-other").await;
    assert!(sftp.statvfs("/").await.unwrap().blocks_avail > 0);
    for request in ["hardlink@openssh.com", "copy-data", "no-such-thing@example.com", "fstatvfs@openssh.com"] {
        let Packet::Status(refused) = sftp.extended(request, vec![0; 16]).await.unwrap() else { panic!("{request}") };
        assert_eq!(refused.status_code, StatusCode::OpUnsupported);
        assert_eq!(refused.error_message, format!("{request} is not offered here"));
    }
    // What cannot be read is told, and ends nothing.
    for request in ["statvfs@openssh.com", "lsetstat@openssh.com", "expand-path@openssh.com", "fsync@openssh.com"] {
        for lie in [&b""[..], &[0xff; 4], &[0, 0, 0, 9, b'x'], &[0, 0, 0, 1, 0xff]] {
            let Packet::Status(refused) = sftp.extended(request, lie.to_vec()).await.unwrap() else {
                panic!("{request}")
            };
            assert_eq!(refused.status_code, StatusCode::BadMessage, "{request} {lie:?}: {}", refused.error_message);
        }
    }
    let outside = [&15u32.to_be_bytes()[..], b"/../etc/passwd/"].concat();
    let Packet::Status(refused) = sftp.extended("statvfs@openssh.com", outside).await.unwrap() else { panic!() };
    assert_eq!(refused.status_code, StatusCode::NoSuchFile);
    let _ = handle.disconnect(Disconnect::ByApplication, "", "en").await;
    house.close().await;
}

/// OpenSSH's clients do not show the sentence of a refusal: it comes beside it, so that whoever sends a folder learns what to
/// do instead, and whoever sends half a document that it waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_sent_is_refused_in_words_and_one_that_is_fetched_comes() {
    let Some(mut house) = House::start("sftp: whole folders", "").await else { return };
    fs::create_dir(house.root.path().join("orders")).unwrap();
    house.local("orders/a.edi", &orders_x12("ACME", "HOUSE", 41, 1));
    house.local("orders/b.edi", &orders_x12("ACME", "HOUSE", 42, 1));
    for old in [&[][..], &["-O"][..]] {
        let output = house.scp(&[old, &["-r", "orders", "acme@127.0.0.1:in/"]].concat()).await;
        assert!(!output.status.success(), "{old:?}: {}", said(&output));
        let words = "send the files of orders into in/ itself, without their folder";
        assert!(said(&output).contains(words), "{old:?}: {}", said(&output));
    }
    let output = house.sftp("acme_key", "put -R orders in/\n").await;
    assert!(said(&output).contains("send the files of orders into in/ itself"), "{}", said(&output));
    house.local("half.edi", "ISA*half");
    let output = house.sftp("acme_key", "put half.edi in/half.edi\n").await;
    assert!(said(&output).contains("half.edi is held until it is renamed"), "{}", said(&output));
    for elsewhere in ["out/half.edi", "half.edi", "in/sub/half.edi"] {
        let output = house.sftp("acme_key", &format!("put half.edi {elsewhere}\n")).await;
        assert!(said(&output).contains("files are put into in/, and nowhere else"), "{}", said(&output));
    }
    for command in [&[][..], &["id"], &["scp", "-x"]] {
        let output = house.ssh(command).await;
        assert_eq!(output.status.code(), Some(1), "{command:?}: {}", said(&output));
        assert!(said(&output).contains("there is no shell and there are no commands"), "{}", said(&output));
    }
    let output = house.scp(&["orders/a.edi", "orders/b.edi", "acme@127.0.0.1:~/in"]).await;
    assert!(output.status.success(), "its files alone: {}", said(&output));
    let answers = house.wait_for("out/acme", 2).await;
    for (old, file) in [(&["-O"][..], "order"), (&[][..], "again")] {
        let folder = house.root.path().join(file);
        fs::create_dir(&folder).unwrap();
        let output = house.scp(&[old, &["-r", "acme@127.0.0.1:out", file]].concat()).await;
        assert!(output.status.success(), "{old:?}: {}", said(&output));
        if old == ["-O"] {
            for (name, text) in &answers {
                assert_eq!(&fs::read_to_string(folder.join("out").join(name)).unwrap(), text);
            }
        }
        assert!(folder.join("out").is_dir());
        assert!(house.files("out/acme").is_empty(), "what was fetched is archived");
    }
    let output = house.scp(&["-O", "acme@127.0.0.1:out", "."]).await;
    assert!(said(&output).contains("/out is a folder"), "{}", said(&output));
    house.close().await;
}

/// A file that is twice as large as the memory that is allowed goes to the real program and back. `ENTREPOT_BIG` is its size
/// in megabytes.
#[test]
fn a_large_file_goes_both_ways_in_little_memory() {
    const RESIDENT_MB_MAX: u64 = 128;
    let megabytes: u64 =
        std::env::var("ENTREPOT_BIG").ok().and_then(|text| text.parse().ok()).unwrap_or(2 * RESIDENT_MB_MAX);
    let house = crate::house::House::new(None);
    let path = |name: &str| house.root.path().join(name);
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path("key")).status();
    if !matches!(made, Ok(status) if status.success()) {
        return left_out("sftp: a large file", "OpenSSH is not installed");
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = fs::read_to_string(house.settings()).unwrap();
    fs::write(house.settings(), format!("{settings}[sftp]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    let key = fs::read_to_string(path("key.pub")).unwrap();
    let terms = "[sftp]\nfile_bytes_max = \"4 GB\"\n[sftp.keys.office]";
    let acme = format!("name = \"Acme\"\n[x12]\nid = \"ZZ:ACME\"\n{terms}\nkey = \"{}\"\n", key.trim());
    house.write("catalogue/partners/acme.toml", &acme);
    let running = house.start();
    let file = fs::File::create(path("large")).unwrap();
    let piece: Vec<u8> = (0..1 << 20).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for _ in 0..megabytes {
        std::io::Write::write_all(&mut &file, &piece).unwrap();
    }
    fs::create_dir_all(house.data().join("out/acme")).unwrap();
    fs::copy(path("large"), house.data().join("out/acme/large.edi")).unwrap();
    let mut sftp = Command::new("sftp");
    for option in ["BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"] {
        sftp.args(["-o", option]);
    }
    sftp.args(["-q", "-b", "-", "-P", &port.to_string(), "-i", "key", "acme@127.0.0.1"]).current_dir(house.root.path());
    let mut sftp = sftp.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let batch = b"put large in/large.filepart\nrename in/large.filepart in/large.edi\nget out/large.edi back\n";
    std::io::Write::write_all(&mut sftp.stdin.take().unwrap(), batch).unwrap();
    assert!(sftp.wait().unwrap().success(), "{}", house.state());
    let began = Instant::now();
    while house.files_of_size(megabytes << 20) < 2 {
        assert!(began.elapsed() < Duration::from_secs(60), "what was put and what was fetched; {}", house.state());
        std::thread::sleep(Duration::from_millis(100));
    }
    let same = Command::new("cmp").arg(path("large")).arg(path("back")).status().unwrap();
    assert!(same.success(), "what comes back is what went");
    let resident = running.resident_max_mb();
    assert!(resident < RESIDENT_MB_MAX, "{resident} MB");
    println!("{megabytes} MB each way, {resident} MB resident at most");
    running.stop();
}

/// The requests that WinSCP makes, in its order: it looks, sends under `.filepart`, goes on after a cut, sets the time, removes
/// what lay there before, renames, and looks again.
#[tokio::test(flavor = "multi_thread")]
async fn winscps_way_of_sending_works() {
    let Some(mut house) = House::start("sftp: WinSCP's habits", "").await else { return };
    const FILE: &str = "/in/order.edi";
    const PART: &str = "/in/order.edi.filepart";
    let order = orders_x12("ACME", "HOUSE", 43, 40).into_bytes();
    let (sent, rest) = order.split_at(order.len() / 2);
    let (handle, sftp) = log_in(&house, "SSH-2.0-WinSCP_release_6.3.5").await;
    assert_eq!(sftp.realpath(".").await.unwrap().files[0].filename, "/");
    assert_eq!(names(&sftp, "/").await, [".", "..", "in", "out", "archive", "error"]);
    assert_eq!(code(sftp.lstat(FILE).await), StatusCode::NoSuchFile);
    assert_eq!(code(sftp.lstat(PART).await), StatusCode::NoSuchFile);
    let begins = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::TRUNCATE;
    let file = sftp.open(PART, begins, FileAttributes::empty()).await.unwrap().handle;
    for (at, piece) in sent.chunks(1000).enumerate() {
        sftp.write(file.as_str(), at as u64 * 1000, piece.to_vec()).await.unwrap();
    }
    drop((handle, sftp));
    // It comes again and asks how much there is.
    let (handle, sftp) = log_in(&house, "SSH-2.0-WinSCP_release_6.3.5").await;
    assert_eq!(sftp.lstat(PART).await.unwrap().attrs.size, Some(sent.len() as u64));
    let file = sftp.open(PART, OpenFlags::WRITE, FileAttributes::empty()).await.unwrap().handle;
    sftp.write(file.as_str(), sent.len() as u64, rest.to_vec()).await.unwrap();
    let attrs = FileAttributes { permissions: Some(0o644), mtime: Some(1_700_000_000), ..FileAttributes::empty() };
    let attrs = FileAttributes { atime: Some(1_700_000_000), ..attrs };
    sftp.fsetstat(file.as_str(), attrs.clone()).await.unwrap();
    sftp.close(file).await.unwrap();
    sftp.setstat(PART, attrs.clone()).await.unwrap();
    sftp.rename(PART, FILE).await.unwrap();
    let seen = sftp.lstat(FILE).await.unwrap().attrs;
    assert_eq!((seen.size, seen.mtime), (Some(order.len() as u64), Some(1_700_000_000)));
    sftp.setstat(FILE, attrs.clone()).await.unwrap();
    assert_eq!(names(&sftp, "/in").await, [".", "..", "order.edi"]);
    house.wait_for("outbox", 40).await;
    // The next one under the same name, while the first can still be seen.
    let order = orders_x12("ACME", "HOUSE", 44, 1).into_bytes();
    assert_eq!(sftp.lstat(FILE).await.unwrap().attrs.size, seen.size);
    assert_eq!(code(sftp.remove(FILE).await), StatusCode::PermissionDenied, "it is taken");
    let file = sftp.open(PART, begins, FileAttributes::empty()).await.unwrap().handle;
    sftp.write(file.as_str(), 0, order.clone()).await.unwrap();
    sftp.close(file).await.unwrap();
    sftp.setstat(PART, attrs).await.unwrap();
    sftp.remove(FILE).await.unwrap();
    sftp.rename(PART, FILE).await.unwrap();
    assert_eq!(sftp.lstat(FILE).await.unwrap().attrs.size, Some(order.len() as u64));
    house.wait_for("outbox", 41).await;
    assert_eq!(house.wait_for("archive/acme", 2).await.len(), 2, "both were taken");
    let _ = handle.disconnect(Disconnect::ByApplication, "", "en").await;
    house.close().await;
}

/// A session that says of itself that it is this client.
async fn log_in(house: &House, client: &'static str) -> (Handle<Trusting>, RawSftpSession) {
    let config = Arc::new(Config { client_id: SshId::Standard(client.into()), ..Config::default() });
    let key = Arc::new(russh::keys::load_secret_key(house.root.path().join("acme_key"), None).unwrap());
    let mut handle = russh::client::connect(config, house.address, Trusting).await.unwrap();
    let key = PrivateKeyWithHashAlg::new(key, None);
    assert!(handle.authenticate_publickey("acme", key).await.unwrap().success());
    let channel = handle.channel_open_session().await.unwrap();
    channel.request_subsystem(true, "sftp").await.unwrap();
    let sftp = RawSftpSession::new(channel.into_stream());
    sftp.init().await.unwrap();
    (handle, sftp)
}

async fn names(sftp: &RawSftpSession, folder: &str) -> Vec<String> {
    let handle = sftp.opendir(folder).await.unwrap().handle;
    let mut names = Vec::new();
    while let Ok(listed) = sftp.readdir(handle.as_str()).await {
        names.extend(listed.files.into_iter().map(|file| file.filename));
    }
    sftp.close(handle).await.unwrap();
    names
}

/// Why it was refused.
fn code<T>(answer: Result<T, SftpError>) -> StatusCode {
    match answer {
        Err(SftpError::Status(status)) => status.status_code,
        Err(error) => panic!("{error}"),
        Ok(_) => StatusCode::Ok,
    }
}
