//! The words of `[as2]`: what may be chosen, and how each choice is written.

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

use crate::mistake::keys::{Setting, choose, word_of};

/// The digest that messages and receipts are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sign {
    #[serde(rename = "sha-256")]
    Sha256,
    #[serde(rename = "sha-384")]
    Sha384,
    #[serde(rename = "sha-512")]
    Sha512,
    #[serde(rename = "off")]
    Off,
}

/// The cipher that messages are encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encrypt {
    #[serde(rename = "aes-256-cbc")]
    Aes256Cbc,
    #[serde(rename = "aes-128-cbc")]
    Aes128Cbc,
    #[serde(rename = "aes-192-cbc")]
    Aes192Cbc,
    #[serde(rename = "aes-128-gcm")]
    Aes128Gcm,
    #[serde(rename = "aes-192-gcm")]
    Aes192Gcm,
    #[serde(rename = "aes-256-gcm")]
    Aes256Gcm,
    #[serde(rename = "3des")]
    TripleDes,
    #[serde(rename = "off")]
    Off,
}

/// How the content key is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyWrap {
    #[serde(rename = "rsa")]
    Rsa,
    #[serde(rename = "oaep-sha-1")]
    OaepSha1,
    #[serde(rename = "oaep-sha-256")]
    OaepSha256,
}

/// Whether messages are compressed, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compress {
    #[serde(rename = "off")]
    Off,
    #[serde(rename = "before-signing")]
    BeforeSigning,
    #[serde(rename = "after-signing")]
    AfterSigning,
}

/// How bytes stand in the parts of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transfer {
    #[serde(rename = "binary")]
    Binary,
    #[serde(rename = "base64")]
    Base64,
}

/// Which receipt we ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReceiptWish {
    #[serde(rename = "sync")]
    Sync,
    #[serde(rename = "async")]
    Async,
    #[serde(rename = "off")]
    Off,
}

/// What a duplicate is told: the first receipt again, or a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnDuplicate {
    #[serde(rename = "first-receipt")]
    First,
    #[serde(rename = "warning")]
    Warning,
}

/// What must be asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Legacy {
    #[serde(rename = "sha-1")]
    Sha1,
    #[serde(rename = "3des")]
    TripleDes,
}

const SIGN_WORDS: &[(&str, Sign)] =
    &[("sha-256", Sign::Sha256), ("sha-384", Sign::Sha384), ("sha-512", Sign::Sha512), ("off", Sign::Off)];

impl Setting for Sign {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, SIGN_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, SIGN_WORDS)
    }
}

const ENCRYPT_WORDS: &[(&str, Encrypt)] = &[
    ("aes-256-cbc", Encrypt::Aes256Cbc),
    ("aes-128-cbc", Encrypt::Aes128Cbc),
    ("aes-192-cbc", Encrypt::Aes192Cbc),
    ("aes-128-gcm", Encrypt::Aes128Gcm),
    ("aes-192-gcm", Encrypt::Aes192Gcm),
    ("aes-256-gcm", Encrypt::Aes256Gcm),
    ("3des", Encrypt::TripleDes),
    ("off", Encrypt::Off),
];

impl Setting for Encrypt {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, ENCRYPT_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, ENCRYPT_WORDS)
    }
}

const KEY_WRAP_WORDS: &[(&str, KeyWrap)] =
    &[("rsa", KeyWrap::Rsa), ("oaep-sha-1", KeyWrap::OaepSha1), ("oaep-sha-256", KeyWrap::OaepSha256)];

impl Setting for KeyWrap {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, KEY_WRAP_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, KEY_WRAP_WORDS)
    }
}

const COMPRESS_WORDS: &[(&str, Compress)] =
    &[("off", Compress::Off), ("before-signing", Compress::BeforeSigning), ("after-signing", Compress::AfterSigning)];

impl Setting for Compress {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, COMPRESS_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, COMPRESS_WORDS)
    }
}

const TRANSFER_WORDS: &[(&str, Transfer)] = &[("binary", Transfer::Binary), ("base64", Transfer::Base64)];

impl Setting for Transfer {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, TRANSFER_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, TRANSFER_WORDS)
    }
}

const RECEIPT_WISH_WORDS: &[(&str, ReceiptWish)] =
    &[("sync", ReceiptWish::Sync), ("async", ReceiptWish::Async), ("off", ReceiptWish::Off)];

impl Setting for ReceiptWish {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, RECEIPT_WISH_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, RECEIPT_WISH_WORDS)
    }
}

const ON_DUPLICATE_WORDS: &[(&str, OnDuplicate)] =
    &[("first-receipt", OnDuplicate::First), ("warning", OnDuplicate::Warning)];

impl Setting for OnDuplicate {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, ON_DUPLICATE_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, ON_DUPLICATE_WORDS)
    }
}

const LEGACY_WORDS: &[(&str, Legacy)] = &[("sha-1", Legacy::Sha1), ("3des", Legacy::TripleDes)];

impl Setting for Legacy {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        choose(value, LEGACY_WORDS)
    }

    fn show(&self) -> String {
        word_of(*self, LEGACY_WORDS)
    }
}
