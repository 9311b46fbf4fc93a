//! What our client sends where the signature stands around the content: whole HTTP bodies, opened by OpenSSL alone.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use entrepot::ports::Receipt;
use uuid::Uuid;

use super::ORDER;
use super::house::{Side, agree};
use super::peers::openssl;
use crate::support::left_out;

#[tokio::test(flavor = "multi_thread")]
async fn openssl_opens_whole_messages_that_we_sign_around() {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("ENTREPOT_PEERS_REQUIRED").is_none(), "openssl is missing");
        return left_out("AS2 messages signed around their content", "there is no openssl");
    }
    let (us, them) = (Side::open("us").await, Side::open("them").await);
    let folder = us.path().to_owned();
    std::fs::write(folder.join("ours.pem"), us.certificate()).unwrap();
    std::fs::write(folder.join("theirs.pem"), them.certificate()).unwrap();
    std::fs::write(folder.join("theirs.key"), them.identity()).unwrap();
    let content: Vec<u8> = ORDER.iter().copied().cycle().take(150_001).collect();
    let verify = "cms -verify -binary -CAfile ours.pem -certfile ours.pem -purpose any -out checked";
    for (encrypt, compress) in
        [("off", "off"), ("aes-256-cbc", "off"), ("aes-128-cbc", "after-signing"), ("off", "before-signing")]
    {
        for more in ["transfer = \"base64\"", "pss = true", "embed_certificate = false\nsign = \"sha-512\""] {
            let table = format!("opaque = true\nencrypt = \"{encrypt}\"\ncompress = \"{compress}\"\n{more}");
            agree(&us, &them, &table, "require_encrypted = false");
            us.gateway.evidence.lock().unwrap().clear();
            let sent = us.send("them", Uuid::now_v7(), "order.edi", &content).await;
            assert!(matches!(sent, Ok(Receipt::Held(_))), "{table}: {sent:?}");
            let of = |kind: &str| {
                let evidence = us.gateway.evidence.lock().unwrap();
                evidence.iter().find(|(_, of, _)| of == kind).unwrap_or_else(|| panic!("{kind}")).2.clone()
            };
            let request = of("request");
            let mut layer = (String::from_utf8_lossy(&of("headers")).into_owned(), request);
            // Layer by layer, as RFC 4130 has them.
            for command in [
                (encrypt != "off").then_some("cms -decrypt -binary -recip theirs.pem -inkey theirs.key -out checked"),
                (compress == "after-signing").then_some("zlib"),
                Some(verify),
                (compress == "before-signing").then_some("zlib"),
            ]
            .into_iter()
            .flatten()
            {
                let der = der(&layer);
                let inner = if command == "zlib" {
                    inflated(&der)
                } else {
                    std::fs::write(folder.join("layer"), der).unwrap();
                    openssl(&folder, &format!("{command} -inform DER -in layer")).unwrap();
                    std::fs::read(folder.join("checked")).unwrap()
                };
                let at = inner.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
                layer = (String::from_utf8_lossy(&inner[..at]).into_owned(), inner[at + 4..].to_vec());
            }
            assert!(layer.0.to_lowercase().contains("filename=\"order.edi\""), "{}", layer.0);
            assert!(decoded(&layer) == content, "{table}");
        }
    }
}

/// A body without its transfer encoding.
fn decoded((headers, body): &(String, Vec<u8>)) -> Vec<u8> {
    if !headers.to_lowercase().contains("content-transfer-encoding: base64") {
        return body.clone();
    }
    let text: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn der(layer: &(String, Vec<u8>)) -> Vec<u8> {
    assert!(layer.0.to_lowercase().contains("application/pkcs7-mime"), "{}", layer.0);
    decoded(layer)
}

/// OpenSSL as Debian has it knows no zlib: Python's takes the stream behind the last header of CompressedData.
fn inflated(der: &[u8]) -> Vec<u8> {
    let script = "import sys, zlib\nder = sys.stdin.buffer.read()\nat = min(a for a in (der.find(bytes([0x78, b])) \
                  for b in (0x01, 0x5e, 0x9c, 0xda)) if a > 0)\nsys.stdout.buffer.write(zlib.decompressobj().decompress(der[at:]))";
    let mut python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    let (mut input, der) = (python.stdin.take().unwrap(), der.to_vec());
    let writer = std::thread::spawn(move || input.write_all(&der));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output.stdout
}
