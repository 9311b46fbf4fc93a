//! People who may act, and the keys of programs that act for them. Which roles there are is not known here.

use jiff::Timestamp;
use serde::Serialize;

use super::error::{Error, Result};
use super::session::{Session, View};
use super::sql::{Row, Sql, args};

/// Somebody who may act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: String,
    /// Words of roles.
    pub roles: Vec<String>,
    /// Somebody who left stays, since the audit trail names them.
    pub is_active: bool,
}

/// A key of a program. Its secret was shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// The beginning of its secret, by which people tell keys apart.
    pub id: String,
    /// Whom it acts for.
    pub owner: String,
    pub label: String,
    /// SHA-256 of the secret, in hexadecimal.
    #[serde(skip)]
    pub hash: String,
    pub valid_from: Timestamp,
    pub valid_until: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at a time.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.valid_from <= now && self.valid_until.is_none_or(|until| now < until)
    }
}

impl Session {
    /// Stores a person, new or as changed.
    pub async fn put_person(&mut self, person: &Person) -> Result<()> {
        let now = self.now().await?;
        let sql =
            Sql("INSERT INTO people (name, roles, is_active, created_at, updated_at) VALUES ($1, $2, $3, $4, $4) \
             ON CONFLICT (name) DO UPDATE \
             SET roles = excluded.roles, is_active = excluded.is_active, updated_at = excluded.updated_at");
        self.execute(sql, args![&person.name, person.roles.join(" "), person.is_active, now]).await.map(drop)
    }

    pub async fn add_api_key(&mut self, key: &ApiKey) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("INSERT INTO api_keys (id, owner, label, hash, valid_from, valid_until, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let args = args![&key.id, &key.owner, &key.label, &key.hash, key.valid_from, key.valid_until, now];
        self.execute(sql, args).await.map(drop)
    }

    /// Takes a key away, for good.
    ///
    /// # Errors
    /// When there is no such key, or it was taken away before.
    pub async fn revoke_api_key(&mut self, id: &str) -> Result<()> {
        let now = self.now().await?;
        let sql = Sql("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");
        match self.execute(sql, args![id, now]).await? {
            0 => Err(Error::missing(format!("valid key {id}"))),
            _ => Ok(()),
        }
    }
}

impl View {
    pub async fn person(&mut self, name: &str) -> Result<Option<Person>> {
        let sql = Sql("SELECT name, roles, is_active FROM people WHERE name = $1");
        self.row(sql, args![name]).await?.as_ref().map(person).transpose()
    }

    /// Everybody, by name.
    pub async fn people(&mut self) -> Result<Vec<Person>> {
        let rows = self.rows(Sql("SELECT name, roles, is_active FROM people ORDER BY name"), args![]).await?;
        rows.iter().map(person).collect()
    }

    /// Whether anybody may act: before that, whoever sits at the machine does everything.
    pub async fn has_people(&mut self) -> Result<bool> {
        let sql = Sql("SELECT 1 FROM people WHERE is_active = 1 LIMIT 1");
        Ok(self.row(sql, args![]).await?.is_some())
    }

    /// The key whose secret has this hash, valid or not.
    pub async fn api_key(&mut self, hash: &str) -> Result<Option<ApiKey>> {
        let sql =
            Sql("SELECT id, owner, label, hash, valid_from, valid_until, revoked_at FROM api_keys WHERE hash = $1");
        self.row(sql, args![hash]).await?.as_ref().map(api_key).transpose()
    }

    /// Every key, by owner.
    pub async fn api_keys(&mut self) -> Result<Vec<ApiKey>> {
        let sql = Sql("SELECT id, owner, label, hash, valid_from, valid_until, revoked_at FROM api_keys \
             ORDER BY owner, created_at, id");
        self.rows(sql, args![]).await?.iter().map(api_key).collect()
    }
}

fn person(row: &Row) -> Result<Person> {
    let roles: String = row.get(1)?;
    Ok(Person {
        name: row.get(0)?,
        roles: roles.split_whitespace().map(str::to_owned).collect(),
        is_active: row.get(2)?,
    })
}

fn api_key(row: &Row) -> Result<ApiKey> {
    Ok(ApiKey {
        id: row.get(0)?,
        owner: row.get(1)?,
        label: row.get(2)?,
        hash: row.get(3)?,
        valid_from: row.get(4)?,
        valid_until: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}
