//! Whether what is kept is whole: the database's own check, every reference between tables, every payload file.

use std::fs;
use std::io::{Read as _, copy};

use sha2::{Digest as _, Sha256};

use super::error::Result;
use super::payloads::{self, hex};
use super::sql::{Sql, args};
use super::{Progress, Store};

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Which rule is broken, in plain words.
    pub rule: String,
    /// The id or hash it is about, or the database's own words.
    pub subject: String,
}

/// References that must lead somewhere. Each statement answers some that do not.
const RULES: &[(&str, Sql)] = &[
    (
        "every document has its contents",
        Sql("SELECT d.id FROM documents d WHERE NOT EXISTS \
         (SELECT 1 FROM document_contents c WHERE c.document = d.id) LIMIT 20"),
    ),
    (
        "every document of a group has its group",
        Sql("SELECT d.id FROM documents d WHERE d.group_id IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM groups_of_sets g WHERE g.id = d.group_id) LIMIT 20"),
    ),
    (
        "every group has its interchange",
        Sql("SELECT g.id FROM groups_of_sets g WHERE NOT EXISTS \
         (SELECT 1 FROM interchanges i WHERE i.id = g.interchange) LIMIT 20"),
    ),
    (
        "every interchange that came has its transmission",
        Sql("SELECT i.id FROM interchanges i WHERE i.transmission IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM transmissions t WHERE t.id = i.transmission) LIMIT 20"),
    ),
    (
        "every transmission has its payload",
        Sql("SELECT t.id FROM transmissions t WHERE NOT EXISTS \
         (SELECT 1 FROM payloads p WHERE p.hash = t.payload) LIMIT 20"),
    ),
    (
        "every reply has its payload",
        Sql("SELECT r.id FROM replies r WHERE NOT EXISTS (SELECT 1 FROM payloads p WHERE p.hash = r.payload) LIMIT 20"),
    ),
    (
        "every piece of evidence has its payload",
        Sql("SELECT e.id FROM evidence e WHERE NOT EXISTS \
         (SELECT 1 FROM payloads p WHERE p.hash = e.payload) LIMIT 20"),
    ),
    (
        "every delivery has its payload",
        Sql("SELECT d.id FROM deliveries d WHERE d.payload <> '' AND NOT EXISTS \
         (SELECT 1 FROM payloads p WHERE p.hash = d.payload) LIMIT 20"),
    ),
    (
        "every running job has an owner",
        Sql("SELECT id FROM jobs WHERE (state = 'running') <> (owner IS NOT NULL) LIMIT 20"),
    ),
    (
        "the revision in force is stored",
        Sql("SELECT a.revision FROM active_revision a WHERE NOT EXISTS \
         (SELECT 1 FROM revisions r WHERE r.hash = a.revision)"),
    ),
];

impl Store {
    /// Checks everything; `deep` also reads every payload and compares its hash. Answers what is wrong.
    pub async fn check(&self, deep: bool, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Vec<Complaint>> {
        let mut complaints = Vec::new();
        let mut view = self.view().await?;
        if let Some(question) = view.dialect().whole() {
            progress(Progress { what: "database".into(), done: 0, total: None });
            for row in view.rows(Sql(question), args![]).await? {
                let words: String = row.get(0)?;
                if words != "ok" {
                    complaints.push(Complaint { rule: "the database file is whole".into(), subject: words });
                }
            }
        }
        for (done, (rule, sql)) in (0_u64..).zip(RULES) {
            progress(Progress { what: "references".into(), done, total: Some(RULES.len() as u64) });
            for row in view.rows(*sql, args![]).await? {
                complaints.push(Complaint { rule: (*rule).to_owned(), subject: row.get(0)? });
            }
        }
        let (mut after, mut done) = (String::new(), 0);
        loop {
            let files = view.payload_files(&after, 500).await?;
            let Some((last, _)) = files.last() else { break };
            after = last.clone();
            for (hash, size) in files {
                let path = payloads::path(&self.shared.payloads, &hash);
                let found = fs::metadata(&path).map(|file| file.len()).ok();
                if found != Some(size) {
                    let subject = format!("{hash}: {}", found.map_or("missing".into(), |len| format!("{len} bytes")));
                    complaints.push(Complaint { rule: "every payload file is there".into(), subject });
                } else if deep {
                    let hashed = tokio::task::spawn_blocking(move || {
                        let mut hash = Sha256::new();
                        fs::File::open(&path)
                            .and_then(|file| copy(&mut file.take(u64::MAX), &mut Hashing(&mut hash)))?;
                        std::io::Result::Ok(hex(&hash.finalize()))
                    });
                    if !matches!(hashed.await, Ok(Ok(read)) if read == hash) {
                        complaints
                            .push(Complaint { rule: "every payload is what its hash says".into(), subject: hash });
                    }
                }
                done += 1;
                progress(Progress { what: "payloads".into(), done, total: None });
            }
        }
        Ok(complaints)
    }
}

/// Writes into a hash.
struct Hashing<'a>(&'a mut Sha256);

impl std::io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
