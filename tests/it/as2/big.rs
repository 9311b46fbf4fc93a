//! One large message, signed and encrypted, from a client to the real program: neither holds it in memory.
//!
//! `ENTREPOT_BIG` is its size in megabytes; 1024 is what we promise. Without it a smaller one goes, twice as large as the
//! memory that is allowed.

use std::io::Write as _;
use std::process::Command;

use entrepot::ports::{Content, Outlet as _, Parcel, Receipt};
use entrepot::transport::as2::certificates::{self, Wish};
use uuid::Uuid;

use super::house::Side;
use crate::house::{House, resident_max_mb};

/// What sender and receiver may each have resident at most, in megabytes.
const RESIDENT_MB_MAX: u64 = 128;

#[test]
fn a_large_message_is_signed_encrypted_verified_and_receipted_in_little_memory() {
    // In a process of its own, so that the memory is this message's.
    let own = std::env::current_exe().expect("this program");
    let run = Command::new(own)
        .args(["--ignored", "--exact", "--nocapture", "as2::big::one_large_message"])
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{told}{}", String::from_utf8_lossy(&run.stderr));
    let measured =
        told.lines().find_map(|line| line.strip_prefix("resident at most: ")).unwrap_or_else(|| panic!("{told}"));
    let measured: Vec<u64> = measured.split(' ').map(|word| word.parse().expect("a number")).collect();
    let [sender, receiver] = measured[..] else { panic!("{told}") };
    assert!(sender < RESIDENT_MB_MAX && receiver < RESIDENT_MB_MAX, "{sender} MB and {receiver} MB");
    println!("sender {sender} MB, receiver {receiver} MB resident at most");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process of its own: started by the test above"]
async fn one_large_message() {
    let megabytes =
        std::env::var("ENTREPOT_BIG").ok().and_then(|text| text.parse().ok()).unwrap_or(2 * RESIDENT_MB_MAX);
    let acme = Side::open("acme").await;
    let house = House::new(None);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = std::fs::read_to_string(house.settings()).unwrap();
    std::fs::write(house.settings(), format!("{settings}[as2]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    let table =
        "name = \"Acme\"\n[x12]\nid = \"ZZ:ACME\"\n[as2]\nid = \"ACME\"\nour_id = \"HOUSE\"\nplain_http = true\n";
    house.write("catalogue/partners/acme.toml", table);
    let folder = house.data().join("certificates");
    let (ours, _) = certificates::create(&folder, "House", jiff::Timestamp::now(), 365, &Wish::default()).unwrap();
    certificates::add(&folder, "acme", acme.certificate().as_bytes(), None, &Wish::default()).unwrap();
    let table = format!("id = \"HOUSE\"\nour_id = \"ACME\"\nurl = \"http://127.0.0.1:{port}/as2\"");
    acme.agree("house", &ours.certificate.to_pem(), &table);
    let running = house.start();

    let path = acme.path().join("large.bin");
    let mut file = std::fs::File::create(&path).unwrap();
    let mut seed = 1_u32;
    for _ in 0..megabytes {
        let piece: Vec<u8> = (0..1 << 18)
            .flat_map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed.to_le_bytes()
            })
            .collect();
        file.write_all(&piece).unwrap();
    }
    drop(file);
    let parcel = Parcel {
        delivery: Uuid::now_v7(),
        partner: "house".into(),
        file_name: "large.bin".into(),
        content: Content::File(path.clone()),
        // Not the first try: the test's own gateway, which is memory, keeps no copy of what is sent.
        attempts: 1,
    };
    let sent = acme.client.send(&parcel).await;
    assert!(matches!(sent, Ok(Receipt::Held(_))), "{sent:?}; {}", house.state());
    let kept = house.files_of_size(megabytes << 20);
    assert!(kept > 0, "the content is kept whole; {}", house.state());
    println!("resident at most: {} {}", resident_max_mb("self"), running.resident_max_mb());
    running.stop();
}
