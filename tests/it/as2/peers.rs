//! What strangers' software says: pyas2lib both ways over HTTP, `openssl cms` and BouncyCastle both ways over files.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use entrepot::ports::Receipt;
use entrepot::transport::as2::blob::Blob;
use entrepot::transport::as2::cms::signed::Signing;
use entrepot::transport::as2::cms::{
    self, Certificate, Cipher, Digest, KeyKind, KeyTransport, Kind, PrivateKey, SignedData,
};
use entrepot::transport::as2::cms::{compressed, enveloped};
use entrepot::transport::as2::disposition::Modifier;
use entrepot::transport::as2::mime::Entity;
use entrepot::transport::as2::unpack::{Opening, Stop, Unpacked, unpack};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ORDER;
use super::house::Side;
use crate::support::left_out;

/// The Python of the peers' environment, with `pyas2lib` in it.
pub(super) fn python(what: &str) -> Option<PathBuf> {
    let asks = "from importlib.metadata import version; version('pyas2lib')";
    let found = std::env::var_os("ENTREPOT_PEERS").map(PathBuf::from).filter(|python| {
        let asked = Command::new(python).args(["-c", asks]).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    });
    if found.is_none() {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "pyas2lib is missing");
        left_out(what, "ENTREPOT_PEERS names no Python with pyas2lib");
    }
    found
}

pub(super) fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/as2_partner.py")
}

pub(super) fn setting(side: &Side, peer: &Side, folder: &Path) -> PathBuf {
    let path = folder.join("setting.json");
    let text = json!({
        "name": "HOUSE",
        "url": side.url,
        "identity": peer.identity().split_once("-----BEGIN").map(|(_, pem)| format!("-----BEGIN{pem}")),
        "certificate": side.certificate(),
        "data": String::from_utf8_lossy(ORDER),
    });
    std::fs::write(&path, text.to_string()).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn pyas2lib_sends_every_combination() {
    let Some(python) = python("pyas2lib sends to us") else { return };
    let (house, peer) = (Side::open("house").await, Side::open("pyas2").await);
    let table = "id = \"PYAS2\"\nour_id = \"HOUSE\"\nrequire_signed = false\nrequire_encrypted = false\nallow = [\"sha-1\", \"3des\"]";
    house.agree("pyas2", &peer.certificate(), table);
    let setting = setting(&house, &peer, peer.path());
    let run = tokio::task::spawn_blocking(move || Command::new(python).arg(script()).arg("send").arg(setting).output());
    let output = run.await.unwrap().expect("python runs");
    let lines: Vec<Value> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(lines.len(), 80, "{lines:?}\n{told}\n{:?}", house.gateway.cases.lock().unwrap());
    for line in &lines {
        assert_eq!(line[4], "processed", "{line}\n{told}");
        assert_ne!(line[6], false, "the MIC: {line}");
    }
    assert!(house.received().iter().all(|content| content == ORDER) && house.received().len() == lines.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn pyas2lib_receives_every_combination() {
    let Some(python) = python("pyas2lib receives from us") else { return };
    let (house, peer) = (Side::open("house").await, Side::open("pyas2").await);
    let setting = setting(&house, &peer, peer.path());
    let mut server =
        Command::new(python).arg(script()).arg("receive").arg(setting).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let port: u16 = lines.next().expect("it says its port").unwrap().parse().unwrap();
    let mut failed = Vec::new();
    for sign in ["off", "sha-256", "sha-384", "sha-512"] {
        for encrypt in ["off", "3des", "aes-128-cbc", "aes-192-cbc", "aes-256-cbc"] {
            for compress in ["off", "before-signing", "after-signing"] {
                // Of what pyas2lib cannot read: compression without any other layer around signing.
                if compress == "after-signing" && sign != "off" && encrypt == "off" {
                    continue;
                }
                for more in ["", "pss = true\nkey_transport = \"oaep-sha-1\"\ntransfer = \"base64\""] {
                    let receipt = if sign == "off" { "receipt_signed = false" } else { "" };
                    let table = format!(
                        "id = \"PYAS2\"\nour_id = \"HOUSE\"\nurl = \"http://127.0.0.1:{port}/\"\nallow = [\"3des\"]\n\
                         old_digest_names = true\nsign = \"{sign}\"\nencrypt = \"{encrypt}\"\ncompress = \"{compress}\"\n{receipt}\n{more}"
                    );
                    house.agree("pyas2", &peer.certificate(), &table);
                    let sent = house.send("pyas2", Uuid::now_v7(), "order.edi", ORDER).await;
                    let told = lines.next().expect("it tells").unwrap();
                    if !matches!(sent, Ok(Receipt::Held(_))) || !told.ends_with("true]") {
                        failed.push(format!("{sign} {encrypt} {compress} {more:?}: {sent:?} {told}"));
                    }
                }
            }
        }
    }
    let _ = server.kill();
    let _ = server.wait();
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// Two identities as files, and where programs put theirs.
struct Bench {
    folder: tempfile::TempDir,
    certificate: Certificate,
    key: PrivateKey,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = PrivateKey::generate().unwrap();
        let now = jiff::Timestamp::now();
        let until = jiff::Timestamp::from_second(now.as_second() + 86_400).unwrap();
        let from = jiff::Timestamp::from_second(now.as_second() - 86_400).unwrap();
        let certificate = Certificate::self_signed(&key, "peer", from, until).unwrap();
        std::fs::write(folder.path().join("cert.pem"), certificate.to_pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), cms::import::pem("PRIVATE KEY", key.pkcs8())).unwrap();
        // Larger than one piece, so that streams come in several.
        let content: Vec<u8> = ORDER.iter().copied().cycle().take(150_001).collect();
        std::fs::write(folder.path().join("content"), content).unwrap();
        Self { folder, certificate, key }
    }

    /// The same content, signed by a key on a curve.
    fn on_curve(&self, kind: KeyKind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("content"), self.content()).unwrap();
        let key = PrivateKey::of_kind(kind).unwrap();
        let (from, until) = (self.certificate.not_before, self.certificate.not_after);
        let certificate = Certificate::self_signed(&key, kind.name(), from, until).unwrap();
        Self { folder, certificate, key }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn content(&self) -> Vec<u8> {
        std::fs::read(self.path("content")).unwrap()
    }

    fn open(&self, bytes: &[u8]) -> Result<Vec<u8>, cms::Fault> {
        let (kind, mut ber) = cms::open(bytes)?;
        let mut out = Vec::new();
        match kind {
            Kind::Compressed => compressed::decompress(&mut ber, 1 << 30, &mut out)?,
            _ => {
                enveloped::decrypt(kind, &mut ber, &[(&self.certificate, &self.key)], &|_, _| Ok(()), &mut out)?;
            }
        }
        Ok(out)
    }

    fn seal(&self, cipher: Cipher, transport: KeyTransport) -> Vec<u8> {
        let (content, mut out) = (self.content(), Vec::new());
        let length = content.len() as u64;
        enveloped::encrypt(&mut content.as_slice(), length, &[&self.certificate], (cipher, transport), &mut out)
            .unwrap();
        out
    }

    fn sign(&self, digest: Digest, pss: bool) -> Vec<u8> {
        self.signing(digest, pss).sign(&digest.of(&self.content()), jiff::Timestamp::now()).unwrap()
    }

    /// A signature of ours around the content.
    fn sign_around(&self, digest: Digest, pss: bool) -> Vec<u8> {
        let content = self.content();
        let (before, behind) = self
            .signing(digest, pss)
            .around(&digest.of(&content), content.len() as u64, jiff::Timestamp::now())
            .unwrap();
        [before, content, behind].concat()
    }

    fn signing(&self, digest: Digest, pss: bool) -> Signing<'_> {
        Signing {
            certificate: &self.certificate,
            key: &self.key,
            digest,
            pss,
            algorithm_protection: true,
            embed_certificate: true,
        }
    }

    /// Whether OpenSSL says that both of our forms of signature hold.
    fn openssl_verifies(&self, digest: Digest, pss: bool) {
        let folder = self.folder.path();
        let command =
            "cms -verify -binary -inform DER -in ours -CAfile cert.pem -certfile cert.pem -out checked -purpose any";
        std::fs::write(self.path("ours"), self.sign(digest, pss)).unwrap();
        openssl(folder, &format!("{command} -content content")).unwrap();
        std::fs::write(self.path("ours"), self.sign_around(digest, pss)).unwrap();
        openssl(folder, command).unwrap();
        assert!(std::fs::read(self.path("checked")).unwrap() == self.content(), "the content comes out as it went in");
    }

    /// Opens a whole message, headers first, as a partner of this identity sends it.
    fn unpack(&self, message: &[u8]) -> Result<Unpacked, Stop> {
        let entity = Entity::read(&Blob::from(message.to_vec()))?.expect("it has headers");
        let opening = Opening {
            ours: vec![(&self.certificate, &self.key)],
            theirs: vec![&self.certificate],
            allow_sha1: false,
            allow_triple_des: false,
            require_signed: true,
            require_encrypted: false,
            bytes_max: 1 << 24,
            mic_digest: Digest::Sha256,
            folder: self.folder.path(),
        };
        unpack(&entity.headers, &entity.body, &opening)
    }

    fn verify(&self, bytes: &[u8]) -> bool {
        let signed = SignedData::read(bytes).unwrap();
        signed.signer.verify(&self.certificate, &signed.signer.digest.of(&self.content())).is_ok()
    }
}

impl Bench {
    /// A signature with its content inside.
    fn verify_opaque(&self, bytes: &[u8]) -> bool {
        let (kind, mut ber) = cms::open(bytes).unwrap();
        assert_eq!(kind, Kind::Signed);
        let mut content = Vec::new();
        let signed = SignedData::read_opaque(&mut ber, &mut content).unwrap();
        content == self.content() && signed.signer.verify(&self.certificate, &signed.signer.digest.of(&content)).is_ok()
    }
}

pub(super) fn openssl(folder: &Path, arguments: &str) -> Result<(), String> {
    let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{arguments}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

#[test]
fn openssl_reads_what_we_write_and_we_what_it_writes() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "openssl is missing");
        return left_out("openssl cms both ways", "there is no openssl");
    }
    let bench = Bench::new();
    let folder = bench.folder.path();
    for (cipher, name) in [
        (Cipher::TripleDes, "des3"),
        (Cipher::Aes128Cbc, "aes128"),
        (Cipher::Aes192Cbc, "aes192"),
        (Cipher::Aes256Cbc, "aes256"),
        (Cipher::Aes128Gcm, "aes-128-gcm"),
        (Cipher::Aes192Gcm, "aes-192-gcm"),
        (Cipher::Aes256Gcm, "aes-256-gcm"),
    ] {
        for (transport, option) in [
            (KeyTransport::Pkcs1, ""),
            (KeyTransport::Oaep(Digest::Sha1), "-keyopt rsa_padding_mode:oaep"),
            (KeyTransport::Oaep(Digest::Sha256), "-keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256"),
        ] {
            for stream in ["", "-stream"] {
                let command = format!(
                    "cms -encrypt -binary -{name} -outform DER {stream} -in content -out theirs -recip cert.pem {option}"
                );
                openssl(folder, &command).unwrap();
                let opened = bench.open(&std::fs::read(bench.path("theirs")).unwrap());
                assert!(opened.expect(&command) == bench.content(), "{command}");
            }
            std::fs::write(bench.path("ours"), bench.seal(cipher, transport)).unwrap();
            let command = "cms -decrypt -binary -inform DER -in ours -recip cert.pem -inkey key.pem -out opened";
            openssl(folder, command).unwrap();
            assert!(std::fs::read(bench.path("opened")).unwrap() == bench.content(), "{name} {option}");
        }
    }
    for digest in Digest::ALL {
        for pss in ["", "-keyopt rsa_padding_mode:pss", "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:-1"] {
            let name = digest.old_name();
            // PSS with SHA-1 is nobody's.
            if digest == Digest::Sha1 && !pss.is_empty() {
                continue;
            }
            for more in ["", "-noattr", "-keyid"] {
                let command = format!(
                    "cms -sign -binary -md {name} -outform DER {more} -in content -out theirs -signer cert.pem -inkey key.pem {pss}"
                );
                openssl(folder, &command).unwrap();
                assert!(bench.verify(&std::fs::read(bench.path("theirs")).unwrap()), "{command}");
                // OpenSSL itself cannot stream PSS ("illegal zero content").
                for stream in if pss.is_empty() { &["", "-stream"][..] } else { &[""] } {
                    let command = format!("{command} -nodetach {stream}");
                    openssl(folder, &command).unwrap();
                    assert!(bench.verify_opaque(&std::fs::read(bench.path("theirs")).unwrap()), "{command}");
                }
            }
        }
        if digest == Digest::Sha1 {
            continue;
        }
        for pss in [false, true] {
            bench.openssl_verifies(digest, pss);
        }
    }
}

/// RFC 8551 section 3.5.2, as some mail programs and gateways sign: `openssl cms -nodetach`, alone, inside encryption and
/// around it, streamed (BER) and not. RFC 4130 wants the MIC over what was signed.
#[test]
fn openssl_signs_around_whole_messages() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "openssl is missing");
        return left_out("openssl cms -nodetach", "there is no openssl");
    }
    let bench = Bench::new();
    let folder = bench.folder.path();
    let entity = [b"Content-Type: application/edi-x12\r\n\r\n".as_slice(), &bench.content()].concat();
    std::fs::write(bench.path("entity"), &entity).unwrap();
    let sign = |input: &str, output: &str, more: &str| {
        let command = format!(
            "cms -sign -nodetach -binary -md sha256 -outform DER -in {input} -out {output} -signer cert.pem -inkey key.pem {more}"
        );
        openssl(folder, &command).unwrap();
        std::fs::read(bench.path(output)).unwrap()
    };
    let wrapped = |kind: &str, der: &[u8]| {
        let head = format!("Content-Type: application/pkcs7-mime; smime-type={kind}\r\n\r\n");
        [head.as_bytes(), der].concat()
    };
    let encrypt = |input: &[u8], output: &str, cipher: &str| {
        std::fs::write(bench.path("plain"), input).unwrap();
        openssl(
            folder,
            &format!("cms -encrypt -binary -{cipher} -outform DER -in plain -out {output} -recip cert.pem"),
        )
        .unwrap();
        std::fs::read(bench.path(output)).unwrap()
    };
    let (whole, streamed) = (sign("entity", "whole", ""), sign("entity", "streamed", "-stream"));
    let inside = wrapped("signed-data", &whole);
    let sealed = wrapped("enveloped-data", &encrypt(&inside, "sealed", "aes256"));
    std::fs::write(bench.path("secret"), wrapped("enveloped-data", &encrypt(&entity, "inner", "aes128"))).unwrap();
    let around = wrapped("signed-data", &sign("secret", "around", ""));
    let secret = std::fs::read(bench.path("secret")).unwrap();
    for (message, spoken_of) in
        [(&inside, &entity), (&wrapped("signed-data", &streamed), &entity), (&sealed, &entity), (&around, &secret)]
    {
        let unpacked = bench.unpack(message).unwrap();
        assert!(unpacked.is_signed);
        assert!(unpacked.documents[0].body.bytes().unwrap() == bench.content());
        assert_eq!(unpacked.mic.value, Digest::Sha256.of(spoken_of));
    }
    // Changed content, and content that is not there.
    let at = whole.windows(4).position(|bytes| bytes == b"ISA*").unwrap();
    let mut changed = whole.clone();
    changed[at] = b'J';
    openssl(folder, "cms -sign -binary -md sha256 -outform DER -in entity -out beside -signer cert.pem -inkey key.pem")
        .unwrap();
    let beside = std::fs::read(bench.path("beside")).unwrap();
    let half = &whole[..whole.len() / 2];
    let last = whole.len() - 1;
    let mut other = whole.clone();
    other[last] ^= 1;
    let sealed = wrapped("enveloped-data", &encrypt(&wrapped("signed-data", &other), "sealed", "aes256"));
    for (message, modifier) in [
        (wrapped("signed-data", &changed), Modifier::IntegrityCheckFailed),
        (wrapped("signed-data", &beside), Modifier::IntegrityCheckFailed),
        (wrapped("signed-data", half), Modifier::IntegrityCheckFailed),
        (wrapped("signed-data", &other), Modifier::AuthenticationFailed),
        // What CBC decrypted is unproven: nothing finer is told.
        (sealed, Modifier::DecryptionFailed),
    ] {
        let Err(Stop::Refused(refused)) = bench.unpack(&message) else { panic!("{modifier:?} expected") };
        assert_eq!(refused.modifier, modifier, "{}", refused.detail);
    }
    let mut nested = inside;
    for _ in 0..8 {
        std::fs::write(bench.path("nested"), &nested).unwrap();
        nested = wrapped("signed-data", &sign("nested", "deeper", ""));
    }
    assert!(matches!(bench.unpack(&nested), Err(Stop::Refused(_))));
}

#[test]
fn openssl_verifies_what_our_curves_sign_and_we_what_its_sign() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "openssl is missing");
        return left_out("ECDSA both ways", "there is no openssl");
    }
    for (curve, kind, own) in [
        ("P-256", KeyKind::P256, Digest::Sha256),
        ("P-384", KeyKind::P384, Digest::Sha384),
        ("P-521", KeyKind::P521, Digest::Sha512),
    ] {
        let mut bench = Bench::new();
        let folder = bench.folder.path().to_owned();
        for command in [
            format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:{curve} -nodes -keyout key.pem -out cert.pem -days 2 \
                 -subj /CN=peer"
            ),
            "ec -in key.pem -out key.sec1.pem".into(),
            "pkcs12 -export -in cert.pem -inkey key.pem -out both.p12 -passout pass:secret".into(),
        ] {
            openssl(&folder, &command).unwrap();
        }
        let bytes = std::fs::read(bench.path("both.p12")).unwrap();
        let mut found = cms::import::import(&bytes, Some("secret")).unwrap();
        (bench.certificate, bench.key) = (found.certificates.remove(0), found.keys.remove(0));
        assert!(bench.key.kind() == kind && bench.key.belongs_to(&bench.certificate));
        let bytes = std::fs::read(bench.path("key.sec1.pem")).unwrap();
        assert!(cms::import::import(&bytes, None).unwrap().keys[0].belongs_to(&bench.certificate));
        for name in ["sha256", "sha384", "sha512"] {
            for more in ["", "-noattr", "-keyid"] {
                let command = format!(
                    "cms -sign -binary -md {name} -outform DER {more} -in content -out theirs -signer cert.pem -inkey key.pem"
                );
                openssl(&folder, &command).unwrap();
                assert!(bench.verify(&std::fs::read(bench.path("theirs")).unwrap()), "{command}");
                openssl(&folder, &format!("{command} -nodetach -stream")).unwrap();
                assert!(bench.verify_opaque(&std::fs::read(bench.path("theirs")).unwrap()), "{command}");
            }
        }
        bench.openssl_verifies(own, false);
        // Encrypted for a curve: told as what it is.
        openssl(&folder, "cms -encrypt -binary -aes256 -outform DER -in content -out theirs -recip cert.pem").unwrap();
        let told = bench.open(&std::fs::read(bench.path("theirs")).unwrap()).unwrap_err().to_string();
        assert!(told.contains("encryption for a key on an elliptic curve"), "{told}");
    }
}

#[test]
fn certificates_and_keys_in_every_form_are_imported() {
    if Command::new("openssl").arg("version").output().is_err() {
        return left_out("import of P12 and P7B", "there is no openssl");
    }
    let bench = Bench::new();
    let folder = bench.folder.path();
    for command in [
        "x509 -in cert.pem -outform DER -out cert.der",
        "crl2pkcs7 -nocrl -certfile cert.pem -outform DER -out cert.p7b",
        "crl2pkcs7 -nocrl -certfile cert.pem -out cert.p7b.pem",
        "pkcs12 -export -in cert.pem -inkey key.pem -out new.p12 -passout pass:secret",
        "pkcs12 -export -in cert.pem -inkey key.pem -out old.p12 -passout pass:secret -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1",
        "pkcs8 -topk8 -in key.pem -out key.enc.pem -passout pass:secret",
        "rsa -in key.pem -traditional -out key.pkcs1.pem",
    ] {
        openssl(folder, command).unwrap();
    }
    for (file, certificates, keys) in [
        ("cert.pem", 1, 0),
        ("cert.der", 1, 0),
        ("cert.p7b", 1, 0),
        ("cert.p7b.pem", 1, 0),
        ("new.p12", 1, 1),
        ("old.p12", 1, 1),
        ("key.enc.pem", 0, 1),
        ("key.pkcs1.pem", 0, 1),
        ("key.pem", 0, 1),
    ] {
        let bytes = std::fs::read(bench.path(file)).unwrap();
        let found = cms::import::import(&bytes, Some("secret")).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        assert_eq!((found.certificates.len(), found.keys.len()), (certificates, keys), "{file}");
        assert!(found.certificates.iter().all(|one| *one == bench.certificate), "{file}");
        assert!(found.keys.iter().all(|key| key.belongs_to(&bench.certificate)), "{file}");
    }
    let bytes = std::fs::read(bench.path("new.p12")).unwrap();
    let told = |password: Option<&str>| cms::import::import(&bytes, password).unwrap_err().to_string();
    // Some of them give a right padding by chance.
    for count in 0..400 {
        let wrong = format!("wrong {count}");
        assert_eq!(told(Some(&wrong)), "the password is not the one of this file", "{wrong}");
    }
    assert_eq!(told(None), "the file is protected by a password, and none was given");
}

#[test]
fn bouncycastle_reads_what_we_write_and_we_what_it_writes() {
    let jars = ["bcmail", "bcpkix", "bcprov", "bcutil"].map(|name| format!("/usr/share/java/{name}.jar"));
    if Command::new("java").arg("-version").output().is_err() || jars.iter().any(|jar| !Path::new(jar).exists()) {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "java or libbcmail-java is missing");
        return left_out("BouncyCastle both ways", "java or libbcmail-java is missing");
    }
    let bench = Bench::new();
    let mut curves = Vec::new();
    let ciphers = [Cipher::TripleDes, Cipher::Aes128Cbc, Cipher::Aes256Cbc, Cipher::Aes128Gcm, Cipher::Aes256Gcm];
    for cipher in ciphers {
        std::fs::write(bench.path(&format!("ours-{}.enc", cipher.name())), bench.seal(cipher, KeyTransport::Pkcs1))
            .unwrap();
    }
    let oaep = bench.seal(Cipher::Aes256Cbc, KeyTransport::Oaep(Digest::Sha256));
    std::fs::write(bench.path("ours-oaep.enc"), oaep).unwrap();
    for (name, digest, pss) in
        [("sha256", Digest::Sha256, false), ("sha512", Digest::Sha512, false), ("pss", Digest::Sha256, true)]
    {
        std::fs::write(bench.path(&format!("ours-{name}.sig")), bench.sign(digest, pss)).unwrap();
        std::fs::write(bench.path(&format!("ours-{name}.p7m")), bench.sign_around(digest, pss)).unwrap();
    }
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521] {
        let (name, digest) = (kind.name(), kind.digest(Digest::Sha256));
        let curve = bench.on_curve(kind);
        std::fs::write(bench.path(&format!("{name}.pem")), curve.certificate.to_pem()).unwrap();
        let key = cms::import::pem("PRIVATE KEY", curve.key.pkcs8());
        std::fs::write(bench.path(&format!("{name}.key")), key).unwrap();
        std::fs::write(bench.path(&format!("ours-{name}.sig")), curve.sign(digest, false)).unwrap();
        std::fs::write(bench.path(&format!("ours-{name}.p7m")), curve.sign_around(digest, false)).unwrap();
        curves.push(curve);
    }
    let mut deflated = Vec::new();
    compressed::deflate(&mut bench.content().as_slice(), &mut deflated).unwrap();
    let mut file = std::fs::File::create(bench.path("ours.zip")).unwrap();
    file.write_all(&[compressed::head(deflated.len() as u64), deflated].concat()).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/As2Partner.java");
    let output =
        Command::new("java").arg("-cp").arg(jars.join(":")).arg(source).arg(bench.folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        told.lines().filter(|line| line.starts_with("read ours")).count(),
        ciphers.len() + 5 + 3 + 2 * curves.len(),
        "{told}"
    );
    let mut count = 0;
    for entry in std::fs::read_dir(bench.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("theirs") {
            continue;
        }
        count += 1;
        let bytes = std::fs::read(&path).unwrap();
        assert!(name.contains("gcm") || bytes[..2] == [0x30, 0x80], "{name} streams in indefinite lengths");
        let of = curves.iter().find(|curve| name.contains(curve.key.kind().name())).unwrap_or(&bench);
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("sig") => assert!(of.verify(&bytes), "{name}"),
            Some("p7m") => assert!(of.verify_opaque(&bytes), "{name}"),
            _ => assert!(
                bench.open(&bytes).unwrap_or_else(|fault| panic!("{name}: {fault}")) == bench.content(),
                "{name}"
            ),
        }
    }
    assert_eq!(count, 11 + 4 + 2 * curves.len(), "{told}");
}
