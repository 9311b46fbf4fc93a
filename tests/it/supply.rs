//! What the tree of dependencies may not hold: a second crypto provider, or an unstable surprise.

use std::process::Command;

/// Providers and bindings that would stand beside the one we chose (aws-lc-rs, when the first door needs one).
const BANNED: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls", "boring", "mbedtls", "rustls-openssl"];

/// Who may use the `rsa` crate: SSH, for RSA host and user keys, where it signs and verifies. It decrypts nothing with a
/// private key here, which is what RUSTSEC-2023-0071 is about.
const RSA_FOR: &[&str] = &["rsa", "russh", "ssh-key"];

#[test]
fn one_crypto_provider_at_most() {
    let tree = tree(&["--edges", "normal,build"]);
    let found: Vec<&str> = tree.lines().filter(|line| BANNED.contains(&name(line))).collect();
    assert!(found.is_empty(), "banned in the tree: {found:?}");
}

#[test]
fn rsa_is_for_ssh_alone() {
    let tree = tree(&["--edges", "normal,build", "--invert", "rsa", "--depth", "1"]);
    let others: Vec<&str> = tree.lines().filter(|line| !line.is_empty() && !RSA_FOR.contains(&name(line))).collect();
    assert!(others.is_empty(), "{others:?}");
}

/// The first word of a line of `cargo tree`: the name of a package.
fn name(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn tree(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
