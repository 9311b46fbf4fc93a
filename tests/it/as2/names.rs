//! Names that nobody has, with strangers' software: each side is told which, and nothing is taken.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;
use uuid::Uuid;

use super::house::Side;
use super::peers::{python, script, setting};
use super::{ORDER, django};

#[tokio::test(flavor = "multi_thread")]
async fn pyas2lib_and_we_tell_each_other_of_wrong_names() {
    let Some(python) = python("pyas2lib and wrong names") else { return };
    let (house, peer) = (Side::open("house").await, Side::open("pyas2").await);
    house.agree("pyas2", &peer.certificate(), "id = \"PYAS2\"\nour_id = \"HOUSE\"");
    let setting = setting(&house, &peer, peer.path());
    let (program, file) = (python.clone(), setting.clone());
    let run = tokio::task::spawn_blocking(move || {
        Command::new(program).arg(script()).arg("send-to-nobody").arg(file).output().expect("python runs")
    });
    let output = run.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{told}{}", String::from_utf8_lossy(&output.stderr));
    for line in &lines[..2] {
        assert_ne!(line[1], "processed", "{line}");
        assert!(line.to_string().contains("unknown-trading-partner"), "{line}");
    }
    assert_eq!(lines[2][1], "processed", "the same with the right names: {told}");
    assert_eq!(house.received(), [ORDER]);

    let mut server =
        Command::new(python).arg(script()).arg("receive").arg(setting).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let port: u16 = lines.next().expect("it says its port").unwrap().parse().unwrap();
    for (id, our_id, is_right) in
        [("NOBODY", "HOUSE", false), ("pyas2", "HOUSE", false), ("PYAS2", "NOBODY", false), ("PYAS2", "HOUSE", true)]
    {
        for signed in [true, false] {
            // It breaks by itself when it is to sign a receipt for somebody whom it does not know.
            if signed && our_id == "NOBODY" {
                continue;
            }
            let table = format!(
                "id = \"{id}\"\nour_id = \"{our_id}\"\nurl = \"http://127.0.0.1:{port}/\"\nreceipt_signed = {signed}"
            );
            house.agree("pyas2", &peer.certificate(), &table);
            let sent = house.send("pyas2", Uuid::now_v7(), "order.edi", ORDER).await;
            let taken = lines.next().expect("it tells").unwrap();
            assert_eq!(sent.is_ok(), is_right, "{id} {our_id}: {sent:?} {taken}");
            if let Err(failed) = sent {
                let words = failed.reason;
                assert!(words.contains("unknown-trading-partner"), "{id} {our_id} {signed}: {words}; {taken}");
                assert!(words.contains("as2.id") && words.contains("as2.our_id"), "{words}");
            }
        }
    }
    let _ = server.kill();
    let _ = server.wait();
}

/// A wrong name, both ways: whoever sent it is told which, and has it before a person.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_django_pyas2_and_we_tell_each_other_of_wrong_names() {
    let Some(python) = django::python() else { return };
    let (house, peer) = (Side::open("house").await, Side::open("django").await);
    let mut django = django::Django::start(&python, &house, &peer);
    let url = format!("http://127.0.0.1:{}/as2receive", django.port);
    house.agree("django", &peer.certificate(), &format!("id = \"DJANGO\"\nour_id = \"HOUSE\"\nurl = \"{url}\""));
    let sent = django.ask("send SYNC NOBODY");
    assert_eq!(sent[1], "E", "{sent}");
    assert_eq!(house.received().len(), 0);
    let sent = django.ask("send SYNC HOUSE");
    assert_eq!(sent[1], "S", "{sent}");
    for (id, our_id) in [("NOWHERE", "HOUSE"), ("DJANGO", "NOWHERE")] {
        let table = format!("id = \"{id}\"\nour_id = \"{our_id}\"\nurl = \"{url}\"");
        house.agree("django", &peer.certificate(), &table);
        let failed = house.send("django", Uuid::now_v7(), "order.edi", ORDER).await.unwrap_err();
        let words = failed.reason;
        assert!(words.contains("unknown-trading-partner"), "{id} {our_id}: {words}");
        assert!(words.contains("as2.id") && words.contains("as2.our_id"), "{words}");
    }
}
