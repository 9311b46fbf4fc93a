//! The command line as people use it: sessions of the real program, as text in `tests/desk`.
//!
//! A line `$ entrepot ...` is run in a folder of its own with the files of `tests/desk/files`; `< FILE` gives it a file on
//! standard input. Behind it stands what it answers: standard output, then standard error, then `[exit N]` where N is not 0.
//! Lines that begin with `##` are for the reader. `UPDATE_EXPECT=1 cargo test desk` writes what the program answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::house::House;
use crate::trade::orders_x12;

#[test]
fn sessions_go_as_they_are_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desk");
    let mut sessions: Vec<PathBuf> = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path()).collect();
    sessions.retain(|path| path.extension().is_some_and(|ending| ending == "session"));
    sessions.sort();
    assert!(sessions.len() >= 3, "the sessions are gone");
    let mut differences = String::new();
    for path in sessions {
        let written = fs::read_to_string(&path).unwrap();
        let played = play(&written, &folder.join("files"));
        if written == played {
            continue;
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, played).unwrap();
        } else {
            differences.push_str(&format!("{}\n{}", path.display(), differing(&written, &played)));
        }
    }
    assert!(differences.is_empty(), "{differences}\nrun again with UPDATE_EXPECT=1 where this is meant");
}

/// `ack` prints an answer that is valid whatever its original left out, and says which of them only an agreement sends.
#[test]
fn an_answer_is_valid_and_says_what_sends_it() {
    let folder = tempfile::tempdir().unwrap();
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/desk/files");
    copy(&files, folder.path());
    let run = |words: &[&str]| program().args(words).current_dir(folder.path()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();

    let answer = run(&["ack", "orders.edi"]);
    assert!(text(&answer.stdout).contains("UCM+0+ORDERS:D:96A:UN+4+13+UNH+2'"), "{}", text(&answer.stdout));
    assert!(text(&answer.stderr).contains("UNB 0031 does not ask for it: contrl = \"result\""), "{answer:?}");
    fs::write(folder.path().join("contrl.edi"), &answer.stdout).unwrap();
    assert_eq!(run(&["inspect", "--summary", "contrl.edi"]).status.code(), Some(0));

    let order = fs::read_to_string(files.join("order.edi")).unwrap();
    fs::write(
        folder.path().join("numberless.edi"),
        order.replace("ST*850*0001", "ST*850").replace("SE*6*0001", "SE*6"),
    )
    .unwrap();
    let answer = run(&["ack", "numberless.edi"]);
    assert!(text(&answer.stdout).contains("AK2*850*0000~AK5*R*7~AK9*R*1*1*0~"), "{}", text(&answer.stdout));
    assert_eq!(text(&answer.stderr), "");
    fs::write(folder.path().join("997.edi"), &answer.stdout).unwrap();
    assert_eq!(run(&["inspect", "--summary", "997.edi"]).status.code(), Some(0));

    for (words, note) in
        [(["ack", "--kind", "ta1"], "ta1 = \"always\""), (["ack", "--kind", "999"], "functional = \"999\"")]
    {
        let answer = run(&[&words[..], &["order.edi"]].concat());
        assert!(text(&answer.stderr).contains(note), "{answer:?}");
    }
    assert_eq!(text(&run(&["ack", "order.edi"]).stderr), "", "a 997 is what such a group gets");

    // What no answer could name is not answered, and why is said.
    fs::write(folder.path().join("nameless.edi"), order.replace("GS*PO*", "GS**")).unwrap();
    let answer = run(&["ack", "nameless.edi"]);
    assert!(answer.stdout.is_empty() && text(&answer.stderr).contains("AK101"), "{answer:?}");
}

/// Runs every command of a session and writes it anew.
fn play(session: &str, files: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    copy(files, folder.path());
    let mut played = String::new();
    for line in session.lines().filter(|line| line.starts_with("$ ") || line.starts_with("## ")) {
        if !played.is_empty() {
            played.push('\n');
        }
        played.push_str(line);
        played.push('\n');
        let Some(words) = line.strip_prefix("$ entrepot ") else { continue };
        let (words, input) = words.split_once(" < ").map_or((words, None), |(words, file)| (words, Some(file)));
        let stdin = match input {
            Some(file) => Stdio::from(fs::File::open(folder.path().join(file)).unwrap()),
            None => Stdio::null(),
        };
        let output = program().args(words.split(' ')).current_dir(folder.path()).stdin(stdin).output().unwrap();
        for answer in [&output.stdout, &output.stderr] {
            for line in String::from_utf8_lossy(answer).lines() {
                played.push_str(line.trim_end());
                played.push('\n');
            }
        }
        match output.status.code() {
            Some(0) => {}
            code => played.push_str(&format!("[exit {}]\n", code.unwrap_or(-1))),
        }
    }
    played
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The first lines in which two texts differ.
fn differing(written: &str, played: &str) -> String {
    let at = written.lines().zip(played.lines()).take_while(|(a, b)| a == b).count();
    let from = |text: &str, sign: char| -> String {
        text.lines().skip(at).take(12).map(|line| format!("{sign} {line}\n")).collect()
    };
    format!("from line {}:\n{}{}", at + 1, from(written, '-'), from(played, '+'))
}

/// The program with nothing of this machine's settings.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrepot"));
    command.env_remove("ENTREPOT_CONFIG").env_remove("ENTREPOT_CATALOGUE").env("NO_COLOR", "1").env("COLUMNS", "100");
    command
}

fn entrepot(house: &House, words: &[&str]) -> Output {
    let settings = house.settings();
    program().args(words).arg("--config").arg(settings).current_dir(house.root.path()).output().unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// The word of each check that is not as it should be.
fn unwell(doctor: &Value) -> Vec<(String, String)> {
    let checks = doctor["checks"].as_array().unwrap().iter().filter(|check| check["state"] != "good");
    checks
        .map(|check| (check["what"].as_str().unwrap().to_owned(), check["state"].as_str().unwrap().to_owned()))
        .collect()
}

const PATIENCE: Duration = Duration::from_secs(60);

/// What another map would make of stored orders, and what the doctor says of the house before, while and after it runs.
#[test]
fn a_house_is_examined_and_a_change_is_tried_on_its_documents() {
    let house = House::new(None);
    let running = house.start();
    for number in 1..=3 {
        house.drop_file("in/acme", &format!("{number}.edi"), &orders_x12("ACME", "HOUSE", number, 1));
    }
    house.wait_for_files("outbox", 3, PATIENCE);
    let doctor = json(&entrepot(&house, &["doctor", "--deep", "--format", "json"]));
    let said = |what: &str| {
        let checks = doctor["checks"].as_array().unwrap();
        checks.iter().find(|check| check["what"] == what).map(|check| check["words"].as_str().unwrap().to_owned())
    };
    assert!(said("daemon").unwrap().starts_with("runs and is ready"), "{doctor}");
    assert!(said("integrity").unwrap().contains("every payload is what its hash says"), "{doctor}");
    assert!(!unwell(&doctor).iter().any(|(what, state)| state == "wrong" || what == "database"), "{doctor}");

    // A map that fills one more field, and one that changes nothing.
    house.write("acme.map", "map acme/850 extends x12/004010/850\ndefault contract C-1\n");
    let compared = entrepot(&house, &["map", "whatif", "x12/004010/850", "acme.map", "--format", "json"]);
    let answer = json(&compared);
    assert_eq!((&answer["documents"], &answer["differing"]), (&3.into(), &3.into()), "{answer}");
    let paths: Vec<&str> = answer["paths"].as_array().unwrap().iter().filter_map(|it| it["path"].as_str()).collect();
    assert_eq!(paths, ["contract"], "{answer}");
    assert_eq!(answer["paths"][0]["examples"][0]["new"], "C-1");
    let same = entrepot(&house, &["map", "whatif", "x12/004010/850", "x12/004010/850", "--last", "2"]);
    let told = String::from_utf8_lossy(&same.stdout).into_owned();
    assert!(told.contains("2 documents of kind 850") && told.contains("nothing would change"), "{told}");
    assert_eq!(entrepot(&house, &["map", "whatif", "x12/004010/850", "x12/004010/810"]).status.code(), Some(2));

    let settings = json(&entrepot(&house, &["config", "check", "--format", "json"]));
    assert!(settings["partners"].as_u64().is_some_and(|partners| partners >= 2), "{settings}");
    assert!(settings["maps"].as_u64().is_some_and(|maps| maps >= 25), "{settings}");

    assert!(running.stop().success());
    // What a crash would leave, a folder that is gone, a partner's file with a slip, a payload that was lost.
    house.drop_file("work/in/acme", "0190a8f000007000800000000000000a.order.edi", "ISA");
    fs::remove_dir(house.data().join("send/acme")).unwrap();
    fs::remove_dir_all(house.data().join("send")).unwrap();
    house.write("catalogue/partners/slip.toml", "nam = \"x\"\n");
    let examined = entrepot(&house, &["doctor", "--format", "json"]);
    assert_eq!(examined.status.code(), Some(1));
    let unwell = unwell(&json(&examined));
    for (what, state) in [("catalogue", "wrong"), ("folders", "wrong"), ("daemon", "attention"), ("work", "attention")]
    {
        assert!(unwell.contains(&(what.to_owned(), state.to_owned())), "{what}: {unwell:?}");
    }
}
