//! What the tree of dependencies may not hold: a second crypto provider, or an unstable surprise.

use std::process::Command;

/// Providers and bindings that would stand beside the one we chose (aws-lc-rs, when the first door needs one).
const BANNED: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls", "boring", "mbedtls", "rustls-openssl", "rsa"];

#[test]
fn one_crypto_provider_at_most() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout);
    let found: Vec<&str> =
        tree.lines().filter(|line| BANNED.iter().any(|name| line.split(' ').next() == Some(*name))).collect();
    assert!(found.is_empty(), "banned in the tree: {found:?}");
}
