//! What is durable stays, what failed leaves nothing, and a full disk loses nothing.

use super::*;
use crate::store::sql::Link;

pub(super) async fn a_unit_that_fails_leaves_nothing_and_hurts_nobody(bed: &Bed) {
    let store = bed.open().await;
    let within: GroupId = Id::new();
    let tasks: Vec<_> = (1..=60_u64)
        .map(|position| {
            let store = store.clone();
            tokio::spawn(async move {
                let unit = store.write(document(within, position), |one, session| {
                    Box::pin(async move {
                        session.add_documents(std::slice::from_ref(one)).await?;
                        match one.0.position % 3 {
                            0 => Err(Error::Refused("changed its mind".into())),
                            // A statement that fails, not only the unit's own word.
                            1 => session.add_documents(std::slice::from_ref(one)).await,
                            _ => Ok(()),
                        }
                    })
                });
                (position, unit.await)
            })
        })
        .collect();
    for task in tasks {
        let (position, outcome) = task.await.expect("joined");
        match position % 3 {
            0 => assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}"),
            1 => assert!(matches!(outcome, Err(Error::Conflict { .. })), "{outcome:?}"),
            _ => outcome.expect("stored"),
        }
    }
    let stored = store.view().await.expect("a view").set_outcomes(within, 0, 100).await.expect("read");
    assert_eq!(stored.len(), 20);
    assert!(stored.iter().all(|set| set.position % 3 == 2));
    store.close().await;
    assert!(matches!(add(&store, within, 100).await, Err(Error::Unavailable(_))), "a closed store takes nothing");
}

pub(super) async fn a_unit_that_panics_hurts_nobody(bed: &Bed) {
    if !bed.is_sqlite() {
        // There a unit runs in its caller's task, whose panic is its own.
        return;
    }
    let store = bed.open().await;
    let within: GroupId = Id::new();
    let unit = store.write(document(within, 1), |one, session| {
        Box::pin(async move {
            session.add_documents(std::slice::from_ref(one)).await?;
            assert!(one.0.position > 1, "this unit panics");
            Ok(())
        })
    });
    assert!(unit.await.is_err());
    add(&store, within, 2).await.expect("the writer goes on");
    assert_eq!(count(&store, within).await, 1);
    store.close().await;
}

pub(super) async fn what_was_stored_is_there_after_opening_again(bed: &Bed) {
    let within: GroupId = Id::new();
    for round in 1..=3 {
        let store = bed.open().await;
        add(&store, within, round).await.expect("stored");
        assert_eq!(count(&store, within).await, round as usize);
        store.close().await;
    }
}

pub(super) async fn payloads_stream_and_are_swept(bed: &Bed) {
    let store = bed.open().await;
    let large: Vec<u8> = (0..3_000_000_u32).flat_map(|number| number.to_le_bytes()[..1].to_vec()).collect();
    // The same bytes twice at once: one file.
    let (one, two) = tokio::join!(
        store.keep_from(std::io::Cursor::new(large.clone())),
        store.keep_from(std::io::Cursor::new(large.clone()))
    );
    let (one, two) = (one.expect("kept"), two.expect("kept"));
    assert_eq!(one, two);
    assert_eq!(files(&bed.payloads()).len(), 1);
    let orphan = store.keep(vec![7; 100_000]).await.expect("kept");
    // A write that never ended: its process was killed.
    let half = bed.payloads().join("new").join("half");
    std::fs::write(&half, b"half").expect("written");
    assert_eq!(files(&bed.payloads()).len(), 3);
    let hash = one.hash.clone();
    store
        .write(one, |payload, session| Box::pin(async move { session.add_payload(payload).await }))
        .await
        .expect("stored");
    assert_eq!(store.sweep_payloads(Duration::from_secs(3600)).await.expect("swept"), 0, "all are young");
    // The half file goes at once, the orphan is put aside first and goes with the next sweep.
    assert_eq!(store.sweep_payloads(Duration::ZERO).await.expect("swept"), 1);
    let mut view = store.view().await.expect("a view");
    assert_eq!(store.sweep_payloads(Duration::ZERO).await.expect("swept"), 1);
    assert_eq!(files(&bed.payloads()).len(), 1);
    assert_eq!(view.payload_bytes(&hash).await.expect("read"), large);
    use std::io::{Read as _, Seek as _};
    let mut reader = view.payload(&hash).await.expect("read");
    reader.seek(std::io::SeekFrom::Start(2_999_990)).expect("sought");
    let mut end = Vec::new();
    reader.read_to_end(&mut end).expect("read");
    assert_eq!(end, large[2_999_990..]);
    drop(view);
    // The orphan's row comes too late: its unit says so instead of naming a file that is gone.
    let late = store.write(orphan, |payload, session| Box::pin(async move { session.add_payload(payload).await }));
    assert!(matches!(late.await, Err(Error::Again(_))));
    assert_eq!(store.check(true, &mut |_| {}).await.expect("checked"), []);
    std::fs::write(files(&bed.payloads()).first().expect("a file"), vec![0; large.len()]).expect("damaged");
    assert_eq!(store.check(false, &mut |_| {}).await.expect("checked"), []);
    assert_eq!(store.check(true, &mut |_| {}).await.expect("checked").len(), 1);
    store.close().await;
}

pub(super) async fn payloads_are_erased(bed: &Bed) {
    let store = bed.open().await;
    for bytes in [vec![1; 100], vec![2; 100_000]] {
        let payload = store.keep(bytes.clone()).await.expect("kept");
        let (hash, again) = (payload.hash.clone(), payload.clone());
        store
            .write(payload, |payload, session| {
                Box::pin(async move {
                    session.add_payload(payload).await?;
                    session.erase_payload(&payload.hash, "the person asked").await
                })
            })
            .await
            .expect("erased");
        let read = store.view().await.expect("a view").payload_bytes(&hash).await;
        assert!(matches!(read, Err(Error::Refused(_))), "{read:?}");
        assert!(files(&bed.payloads()).is_empty());
        // It comes again: kept again.
        let again = if bytes.len() > INLINE_BYTES_MAX { store.keep(bytes.clone()).await.expect("kept") } else { again };
        store
            .write(again, |payload, session| Box::pin(async move { session.add_payload(payload).await }))
            .await
            .expect("stored");
        assert_eq!(store.view().await.expect("a view").payload_bytes(&hash).await.expect("read"), bytes);
        std::fs::remove_dir_all(bed.payloads()).expect("cleared");
        std::fs::create_dir_all(bed.payloads()).expect("made");
    }
    store.close().await;
}

pub(super) async fn a_newer_database_is_refused(bed: &Bed) {
    let store = bed.open().await;
    store
        .write((), |(), session| {
            Box::pin(async move {
                session.link().run("INSERT INTO schema_versions (version, name, applied_at) VALUES (999, 'x', 0)").await
            })
        })
        .await
        .expect("stored");
    store.close().await;
    for access in [Access::Daemon, Access::Desk, Access::Read] {
        let opened = bed.open_as(access).await.map(drop);
        assert!(matches!(opened, Err(Error::Newer { found: 999, .. })), "{access:?}: {opened:?}");
    }
}

pub(super) async fn a_second_daemon_is_refused(bed: &Bed) {
    if !bed.is_sqlite() {
        // Several gateways share one PostgreSQL.
        let (one, two) = tokio::join!(bed.open(), bed.open());
        one.close().await;
        two.close().await;
        return;
    }
    let store = bed.open().await;
    let second = bed.open_as(Access::Daemon).await.map(drop);
    assert!(matches!(&second, Err(Error::InUse { holder, .. }) if *holder == std::process::id().to_string()));
    let within: GroupId = Id::new();
    add(&store, within, 1).await.expect("stored");
    // The desk may look, and write a little, meanwhile.
    let desk = bed.open_as(Access::Desk).await.expect("opens");
    add(&desk, within, 2).await.expect("stored");
    desk.close().await;
    let reader = bed.open_as(Access::Read).await.expect("opens");
    assert_eq!(count(&reader, within).await, 2);
    assert!(add(&reader, within, 3).await.is_err());
    reader.close().await;
    store.close().await;
    drop(store);
    bed.open().await.close().await;
}

pub(super) async fn a_full_database_stores_nothing_and_loses_nothing(bed: &Bed) {
    if !bed.is_sqlite() {
        return;
    }
    let store = bed.open().await;
    let within = opened(&store).await;
    add(&store, within, 1).await.expect("stored");
    let limit = |pages: u32| {
        let store = store.clone();
        async move {
            let unit = store.write(pages, |pages, session| {
                Box::pin(async move { session.link().run(format!("PRAGMA max_page_count = {pages}")).await })
            });
            unit.await.expect("limited");
        }
    };
    limit(1).await;
    let mut stored = 1;
    let mut full = 0;
    for round in 0..40 {
        // Several at once, so that neighbours fall together.
        let (one, two) = tokio::join!(add(&store, within, 10 + round * 2), add(&store, within, 11 + round * 2));
        for outcome in [one, two] {
            match outcome {
                Ok(()) => stored += 1,
                Err(error) => {
                    assert!(error.is_passing(), "{error:?}");
                    full += usize::from(error.is_disk_full());
                }
            }
        }
    }
    assert!(full > 0, "the database was full");
    assert_eq!(count(&store, within).await, stored, "what was answered is there, nothing else");
    limit(1_000_000).await;
    add(&store, within, 200).await.expect("there is space again");
    assert_eq!(count(&store, within).await, stored + 1);
    assert_eq!(store.check(false, &mut |_| {}).await.expect("checked"), []);
    store.close().await;
}

pub(super) async fn backups_come_back(bed: &Bed) {
    let store = bed.open().await;
    let transmission = receive(&store, &vec![b'x'; 200_000]).await;
    let small = receive(&store, b"small").await;
    let opened = interchange(Some(transmission.id));
    let within = group(opened.id);
    store
        .write((opened, within.clone()), |(opened, within), session| {
            Box::pin(async move {
                session.add_interchange(opened).await?;
                session.add_group(within).await?;
                let window: Vec<_> = (1..=300).map(|position| document(within.id, position)).collect();
                session.add_documents(&window).await?;
                session.enqueue(vec![crate::ports::NewJob::new("read", "x", "acme").once()]).await
            })
        })
        .await
        .expect("stored");
    let forms = if bed.is_sqlite() { vec![None, Some(Form::Tables)] } else { vec![None] };
    for (number, form) in forms.into_iter().enumerate() {
        let folder = bed.folder.path().join(format!("backup{number}"));
        let mut told = 0;
        let manifest = store.backup(&folder, form, &mut |_| told += 1).await.expect("taken");
        assert_eq!((manifest.payload_files, manifest.payloads_gone), (1, 0));
        assert!(told > 0);
        assert!(store.backup(&folder, form, &mut |_| {}).await.is_err(), "never into a folder that is not empty");
        // Whatever it was taken from, SQLite reads it.
        let home = bed.folder.path().join(format!("home{number}"));
        let options = Options::new(Address::Sqlite(home.join("entrepot.db")), home.join("payloads"));
        let back = Store::restore(options.clone(), &folder, &mut |_| {}).await.expect("restored");
        assert_eq!(back.check(true, &mut |_| {}).await.expect("checked"), []);
        let mut view = back.view().await.expect("a view");
        let mut own = store.view().await.expect("a view");
        assert_eq!(view.payload_bytes(&transmission.payload).await.expect("read").len(), 200_000);
        assert_eq!(view.payload_bytes(&small.payload).await.expect("read"), b"small");
        let all = own.documents_of(within.id, 0, 1000).await.expect("read");
        assert_eq!(view.documents_of(within.id, 0, 1000).await.expect("read"), all);
        assert_eq!(view.group(within.id).await.expect("read"), own.group(within.id).await.expect("read"));
        assert_eq!(view.job_counts().await.expect("read"), own.job_counts().await.expect("read"));
        drop(view);
        back.close().await;
        drop(back);
        assert!(Store::restore(options, &folder, &mut |_| {}).await.is_err(), "never over what is there");
    }
    store.close().await;
}

/// A real disk that is full: a small memory file system where this test may mount one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stores_nothing_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
        .arg(folder.path())
        .stderr(std::process::Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        return crate::support::left_out("a full disk", "only root may mount a small file system");
    }
    let outcome = tokio::spawn(fill(folder.path().to_owned())).await;
    let unmounted = std::process::Command::new("umount").arg(folder.path()).status();
    outcome.expect("the case ends");
    assert!(unmounted.is_ok_and(|status| status.success()));
}

async fn fill(disk: PathBuf) {
    let options = Options::new(Address::Sqlite(disk.join("entrepot.db")), disk.join("payloads"));
    let store = Store::open(options).await.expect("opens");
    let within = opened(&store).await;
    let (mut stored, mut full, mut position) = (0, 0, 0);
    while full < 10 {
        position += 1;
        match add(&store, within, position).await {
            Ok(()) => stored += 1,
            Err(error) => {
                assert!(error.is_disk_full(), "{error:?}");
                full += 1;
            }
        }
        // A payload is refused as a whole, and leaves nothing behind.
        if let Err(error) = store.keep(vec![(position % 251) as u8; 70_000]).await {
            assert!(error.is_disk_full(), "{error:?}");
        }
    }
    assert!(stored > 0);
    assert_eq!(count(&store, within).await, stored, "what was answered is there, nothing else");
    // Space comes back: it goes on.
    store.sweep_payloads(Duration::ZERO).await.expect("swept");
    store.sweep_payloads(Duration::ZERO).await.expect("swept");
    assert!(files(&disk.join("payloads")).is_empty());
    add(&store, within, 10_000).await.expect("there is space again");
    assert_eq!(count(&store, within).await, stored + 1);
    assert_eq!(store.check(true, &mut |_| {}).await.expect("checked"), []);
    store.close().await;
    drop(store);
    let options = Options::new(Address::Sqlite(disk.join("entrepot.db")), disk.join("payloads"));
    let store = Store::open(options).await.expect("opens again");
    assert_eq!(count(&store, within).await, stored + 1);
    store.close().await;
}

/// The words of the SQLite file's own settings, as they must be for what we promise.
#[tokio::test]
async fn sqlite_is_set_to_be_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("entrepot.db");
    let store = Store::open(Options::new(Address::Sqlite(path), folder.path().join("payloads"))).await.expect("opens");
    let told = store
        .write((), |(), session| {
            Box::pin(async move {
                let mut told = Vec::new();
                for (pragma, is_text) in [("synchronous", false), ("journal_mode", true), ("wal_autocheckpoint", false)]
                {
                    let sql = sqlx::SqlSafeStr::into_sql_str(sqlx::AssertSqlSafe(format!("PRAGMA {pragma}")));
                    let link: &mut Link = session.link();
                    let row = &link.rows(sql, vec![]).await?[0];
                    told.push(if is_text { row.get(0)? } else { row.get::<i64>(0)?.to_string() });
                }
                Ok(told)
            })
        })
        .await;
    assert_eq!(told.expect("told"), ["2", "wal", "0"], "2 is FULL");
    store.close().await;
}
