//! AS2 beside its peers, as ratios of the same run: `cargo bench --bench as2`.
//!
//! Cryptography of one message by `openssl cms` in processes of its own is dominated by starting them, so libcrypto is
//! measured by a small C program where a compiler and libcrypto's headers are there; pyas2lib where `ENTREPOT_PEERS` has it.
//! The live door is the whole gateway on this machine's disk. Memory is what the kernel says of this process (`VmHWM`), after a message of `ENTREPOT_BENCH_MB` (default 1024) megabytes.

#[path = "as2/door.rs"]
mod door;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use entrepot::partner::as2::Compress;
use entrepot::transport::as2::blob::{Blob, Spool};
use entrepot::transport::as2::cms::signed::Signing;
use entrepot::transport::as2::cms::{Certificate, Cipher, Digest, KeyTransport, PrivateKey};
use entrepot::transport::as2::mime::Headers;
use entrepot::transport::as2::pack::{Packed, Packing, Sending};
use entrepot::transport::as2::unpack::{Opening, unpack};

/// How long each row is measured.
const SPAN: Duration = Duration::from_secs(3);

struct Party {
    certificate: Certificate,
    key: PrivateKey,
}

fn main() {
    // `cargo test --benches` only wants to see that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("entrepot-as2-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (us, them) = (party("us"), party("them"));
    let peer = Peer::build(&us, &them, &folder);
    println!(
        "{:<28}{:>12}{:>14}{:>10}{:>14}{:>10}",
        "", "entrepot /s", "libcrypto /s", "ratio", "pyas2lib /s", "ratio"
    );
    for (name, bytes) in [("10 KB", 10 << 10), ("10 MB", 10 << 20)] {
        let content = Blob::from(text(bytes));
        let packed = pack(&content, &us, &them, Cipher::Aes256Cbc, &folder);
        let sending = rate(|| drop(black_box(pack(&content, &us, &them, Cipher::Aes256Cbc, &folder))));
        let receiving = rate(|| open(&packed, &us, &them, &folder));
        let theirs = peer.as_ref().and_then(|peer| peer.measure(bytes));
        let pyas2 = pyas2(&us, bytes, &folder);
        row(&format!("send {name}"), sending, theirs.map(|rates| rates.0), pyas2.map(|rates| rates.0));
        row(&format!("receive {name}"), receiving, theirs.map(|rates| rates.1), pyas2.map(|rates| rates.1));
    }
    let content = Blob::from(text(10 << 20));
    let old = rate(|| drop(black_box(pack(&content, &us, &them, Cipher::TripleDes, &folder))));
    println!("{:<28}{old:>12.1}", "send 10 MB by 3DES");
    memory(&us, &them, &folder);
    door::measure();
    let _ = std::fs::remove_dir_all(&folder);
}

fn row(name: &str, ours: f64, libcrypto: Option<f64>, pyas2: Option<f64>) {
    let shown = |rate: Option<f64>| {
        rate.map_or_else(
            || ("-".to_owned(), "-".to_owned()),
            |rate| (format!("{rate:.1}"), format!("{:.2}", ours / rate)),
        )
    };
    let ((libcrypto, to_libcrypto), (pyas2, to_pyas2)) = (shown(libcrypto), shown(pyas2));
    println!("{name:<28}{ours:>12.1}{libcrypto:>14}{to_libcrypto:>10}{pyas2:>14}{to_pyas2:>10}");
}

/// The anchor: what the disk gives when one writer appends and syncs.
fn fdatasync_per_second(folder: &Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("anchor")).expect("a file");
    rate(|| {
        std::io::Write::write_all(&mut file, &[0x55; 4096]).expect("a write");
        file.sync_data().expect("a sync");
    })
}

fn party(name: &str) -> Party {
    let key = PrivateKey::generate().expect("a key");
    let now = jiff::Timestamp::now();
    let until = jiff::Timestamp::from_second(now.as_second() + 86_400).expect("a day");
    let certificate = Certificate::self_signed(&key, name, now, until).expect("a certificate");
    Party { certificate, key }
}

fn text(bytes: usize) -> Vec<u8> {
    let line = b"PO1*1*10*EA*4.25**VP*BOLT-10*UP*012345678905~\r\n";
    line.iter().copied().cycle().take(bytes).collect()
}

fn rate(mut work: impl FnMut()) -> f64 {
    work();
    let (begun, mut count) = (Instant::now(), 0u32);
    while begun.elapsed() < SPAN {
        work();
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

fn pack(content: &Blob, us: &Party, them: &Party, cipher: Cipher, folder: &Path) -> Packed {
    let signing = Signing {
        certificate: &us.certificate,
        key: &us.key,
        digest: Digest::Sha256,
        pss: false,
        algorithm_protection: true,
        embed_certificate: true,
    };
    let packing = Packing {
        compress: Compress::Off,
        sign: Some(signing),
        is_opaque: false,
        encrypt: Some((vec![&them.certificate], cipher, KeyTransport::Pkcs1)),
        is_base64: false,
        quote_file_name: true,
        old_digest_names: false,
        mic_digest: Digest::Sha256,
        seed: "bench",
        folder,
    };
    let document = Sending { body: content, content_type: "application/edi-x12", file_name: "a.edi" };
    packing.pack(&[document], jiff::Timestamp::now()).expect("it is packed")
}

/// Decrypts, verifies, and signs a receipt.
fn open(packed: &Packed, us: &Party, them: &Party, folder: &Path) {
    let headers = Headers(packed.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
    let opening = Opening {
        ours: vec![(&them.certificate, &them.key)],
        theirs: vec![&us.certificate],
        allow_sha1: false,
        allow_triple_des: false,
        require_signed: true,
        require_encrypted: true,
        bytes_max: 8 << 30,
        mic_digest: Digest::Sha256,
        folder,
    };
    let found = unpack(&headers, &packed.body, &opening).expect("it opens");
    assert!(found.mic == packed.mic);
    let signing = Signing {
        certificate: &them.certificate,
        key: &them.key,
        digest: Digest::Sha256,
        pss: false,
        algorithm_protection: true,
        embed_certificate: true,
    };
    black_box(signing.sign(&found.mic.value, jiff::Timestamp::now()).expect("a signed receipt"));
}

/// libcrypto's CMS in a C program: built where it can be.
struct Peer {
    program: PathBuf,
    folder: PathBuf,
}

impl Peer {
    fn build(us: &Party, them: &Party, folder: &Path) -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/as2_libcrypto.c");
        let program = folder.join("libcrypto");
        let built = Command::new("cc").arg("-O2").arg(source).arg("-o").arg(&program).arg("-lcrypto").output();
        if !built.is_ok_and(|built| built.status.success()) {
            println!("libcrypto is left out: no C compiler, or no libssl-dev");
            return None;
        }
        for (name, party) in [("us", us), ("them", them)] {
            let pem = party.certificate.to_pem()
                + &entrepot::transport::as2::cms::import::pem("PRIVATE KEY", party.key.pkcs8());
            std::fs::write(folder.join(format!("{name}.pem")), pem).ok()?;
        }
        Some(Self { program, folder: folder.to_owned() })
    }

    /// Messages per second, sent and received.
    fn measure(&self, bytes: usize) -> Option<(f64, f64)> {
        let output = Command::new(&self.program).arg(bytes.to_string()).current_dir(&self.folder).output().ok()?;
        two(&String::from_utf8_lossy(&output.stdout))
    }
}

fn two(text: &str) -> Option<(f64, f64)> {
    let mut numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

fn pyas2(us: &Party, bytes: usize, folder: &Path) -> Option<(f64, f64)> {
    let python = std::env::var_os("ENTREPOT_PEERS")?;
    let pem = us.certificate.to_pem() + &entrepot::transport::as2::cms::import::pem("PRIVATE KEY", us.key.pkcs8());
    let setting = serde_json::json!({
        "name": "US", "identity": pem, "certificate": us.certificate.to_pem(), "data": "x", "bytes": bytes,
    });
    let path = folder.join("pyas2.json");
    std::fs::write(&path, setting.to_string()).ok()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/as2_partner.py");
    let output = Command::new(python).arg(script).arg("measure").arg(path).output().ok()?;
    two(&String::from_utf8_lossy(&output.stdout))
}

/// Signs, encrypts, decrypts and verifies one large message, and says what memory it took.
fn memory(us: &Party, them: &Party, folder: &Path) {
    let megabytes: u64 = std::env::var("ENTREPOT_BENCH_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(1024);
    let mut spool = Spool::new(folder);
    let piece = text(1 << 20);
    for _ in 0..megabytes {
        std::io::Write::write_all(&mut spool, &piece).expect("room on the disk");
    }
    let content = spool.finish().expect("room on the disk");
    let before = resident("VmRSS:");
    // The peak so far belongs to the rows above: the kernel forgets it here.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let begun = Instant::now();
    let packed = pack(&content, us, them, Cipher::Aes256Cbc, folder);
    open(&packed, us, them, folder);
    println!(
        "sign, encrypt, decrypt, verify {megabytes} MB: {:.1} s, {} MB resident at most, {} MB before",
        begun.elapsed().as_secs_f64(),
        resident("VmHWM:") / 1024,
        before / 1024
    );
}

fn resident(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
