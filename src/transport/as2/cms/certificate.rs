//! An X.509 certificate as far as AS2 needs it (RFC 5280): whose it is, when it holds, and its key. It is trusted by
//! being pinned, never by its issuer.

use aws_lc_rs::rsa::PublicEncryptingKey;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::der::{self, Der, Element};
use super::digest::Digest;
use super::key::KeyKind;
use super::{Fault, PrivateKey, ber, oid};

/// A certificate and what was read from it.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    pub serial: Vec<u8>,
    /// The name of the issuer as it stands, with tag and length.
    pub issuer_der: Vec<u8>,
    pub subject: String,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// `SubjectPublicKeyInfo`, with tag and length.
    pub public_key_info: Vec<u8>,
    pub key_kind: KeyKind,
    /// `RSAPublicKey`, or the point on its curve.
    pub public_key: Vec<u8>,
    pub key_bits: usize,
    pub key_id: Option<Vec<u8>>,
    /// Key usage bits from the left, where the certificate restricts them.
    usage: Option<u8>,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({}, {})", self.subject, self.fingerprint())
    }
}

impl Certificate {
    /// Reads DER (or any BER).
    ///
    /// # Errors
    /// When it is no certificate, or its key is neither RSA nor on P-256 or P-384.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Fault> {
        let der = ber::definite(bytes)?;
        let mut outer = Der::new(&der).expect(der::SEQUENCE)?.inside();
        let mut inside = outer.expect(der::SEQUENCE)?.inside();
        inside.optional(der::context(0))?;
        let serial = inside.expect(der::INTEGER)?.content.to_vec();
        inside.expect(der::SEQUENCE)?;
        let issuer = inside.expect(der::SEQUENCE)?;
        let mut validity = inside.expect(der::SEQUENCE)?.inside();
        let not_before = time(validity.read_next()?)?;
        let not_after = time(validity.read_next()?)?;
        let subject = inside.expect(der::SEQUENCE)?;
        let key = inside.expect(der::SEQUENCE)?;
        let mut extensions = Extensions::default();
        inside.optional(0x81)?;
        inside.optional(0x82)?;
        if let Some(element) = inside.optional(der::context(3))? {
            extensions = Extensions::read(element)?;
        }
        let mut key_parts = key.inside();
        let key_kind = KeyKind::read(&key_parts.expect(der::SEQUENCE)?)?;
        let bits = key_parts.expect(der::BIT_STRING)?.content;
        let public_key = bits.get(1..).unwrap_or_default().to_vec();
        let key_bits = match key_kind {
            KeyKind::Rsa => {
                let modulus = Der::new(&public_key).expect(der::SEQUENCE)?.inside().expect(der::INTEGER)?.content;
                let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
                modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize)
            }
            KeyKind::P256 => 256,
            KeyKind::P384 => 384,
            KeyKind::P521 => 521,
        };
        Ok(Self {
            serial,
            issuer_der: issuer.raw.to_vec(),
            subject: name(subject),
            issuer: name(issuer),
            not_before,
            not_after,
            public_key_info: key.raw.to_vec(),
            key_bits,
            key_id: extensions.key_id,
            usage: extensions.usage,
            key_kind,
            public_key,
            der,
        })
    }

    /// A certificate for our own key, signed by itself: partners pin it, so no authority is needed.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn self_signed(key: &PrivateKey, name: &str, from: Timestamp, until: Timestamp) -> Result<Self, Fault> {
        let digest = key.kind().digest(Digest::Sha256);
        let algorithm = signature_algorithm(key.kind(), digest);
        let common_name = der::sequence(&[&der::oid(oid::COMMON_NAME), &der::value(0x0c, name.as_bytes())]);
        let name = der::sequence(&[&der::value(der::SET, &common_name)]);
        let public = key.public_key();
        let info =
            der::sequence(&[&key.kind().algorithm(), &der::value(der::BIT_STRING, &[&[0][..], public].concat())]);
        let key_id = der::value(der::OCTET_STRING, &Digest::Sha1.of(public));
        let extensions = der::sequence(&[
            &der::sequence(&[&der::oid(oid::SUBJECT_KEY_ID), &der::value(der::OCTET_STRING, &key_id)]),
            // digitalSignature, and keyEncipherment where the key can.
            &der::sequence(&[
                &der::oid(oid::KEY_USAGE),
                &der::value(
                    der::OCTET_STRING,
                    &der::value(der::BIT_STRING, if key.kind() == KeyKind::Rsa { &[5, 0xa0] } else { &[7, 0x80] }),
                ),
            ]),
        ]);
        // A serial number of its own: positive, and different for every key and beginning.
        let mut serial = Digest::Sha256.of(&[public, from.to_string().as_bytes()].concat());
        serial.truncate(16);
        serial[0] = serial[0] & 0x7f | 0x40;
        let content = der::sequence(&[
            &der::value(der::context(0), &der::integer(2)),
            &der::value(der::INTEGER, &serial),
            &algorithm,
            &name,
            &der::sequence(&[&utc_time(from), &utc_time(until)]),
            &name,
            &info,
            &der::value(der::context(3), &extensions),
        ]);
        let signature = key.sign(digest, false, &content)?;
        Self::from_der(&der::sequence(&[
            &content,
            &algorithm,
            &der::value(der::BIT_STRING, &[&[0][..], &signature].concat()),
        ]))
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 over the certificate, as people compare it: `AB:CD:...`.
    pub fn fingerprint(&self) -> String {
        let hex: Vec<String> = Digest::Sha256.of(&self.der).iter().map(|byte| format!("{byte:02X}")).collect();
        hex.join(":")
    }

    /// The serial number in hexadecimal digits, as people compare it.
    pub fn serial_shown(&self) -> String {
        self.serial.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Whether it may encrypt keys (`keyEncipherment`), or says nothing of its use.
    pub fn may_encrypt(&self) -> bool {
        self.usage.is_none_or(|usage| usage & 0x20 != 0)
    }

    /// Whether it may sign (`digitalSignature` or `nonRepudiation`), or says nothing of its use.
    pub fn may_sign(&self) -> bool {
        self.usage.is_none_or(|usage| usage & 0xc0 != 0)
    }

    /// `IssuerAndSerialNumber`.
    pub(super) fn issuer_and_serial(&self) -> Vec<u8> {
        der::sequence(&[&self.issuer_der, &der::value(der::INTEGER, &self.serial)])
    }

    pub(super) fn encrypting_key(&self) -> Result<PublicEncryptingKey, Fault> {
        if self.key_kind != KeyKind::Rsa {
            return Err(Fault::Key(format!(
                "nothing can be encrypted for {}: its key is on a curve ({}), which only signs. Ask for a certificate with \
                 an RSA key for encryption",
                self.subject,
                self.key_kind.name()
            )));
        }
        // A key marked for PSS only is an RSA key all the same; the library wants the plain mark.
        let info = der::sequence(&[
            &der::algorithm(oid::RSA, &der::null()),
            &der::value(der::BIT_STRING, &[&[0][..], &self.public_key].concat()),
        ]);
        PublicEncryptingKey::from_der(&info).map_err(|_| {
            Fault::Key(format!("the key of {} cannot encrypt: RSA of 2048 to 8192 bits is wanted", self.subject))
        })
    }

    /// As PEM (RFC 7468).
    pub fn to_pem(&self) -> String {
        super::import::pem("CERTIFICATE", &self.der)
    }
}

/// How a certificate says that it was signed with a key of this kind.
fn signature_algorithm(kind: KeyKind, digest: Digest) -> Vec<u8> {
    match (kind, digest) {
        (KeyKind::Rsa, _) => der::algorithm(oid::SHA256_WITH_RSA, &der::null()),
        (_, digest) => der::algorithm(super::scheme::ecdsa_with(digest), &[]),
    }
}

#[derive(Default)]
struct Extensions {
    key_id: Option<Vec<u8>>,
    usage: Option<u8>,
}

impl Extensions {
    fn read(element: Element<'_>) -> Result<Self, Fault> {
        let mut found = Self::default();
        let mut list = element.inside().expect(der::SEQUENCE)?.inside();
        while let Some(extension) = list.read_next()? {
            let mut parts = extension.inside();
            let of = parts.expect(der::OID)?.content;
            parts.optional(der::BOOLEAN)?;
            let content = parts.expect(der::OCTET_STRING)?.content;
            match of {
                oid::SUBJECT_KEY_ID => {
                    found.key_id = Some(Der::new(content).expect(der::OCTET_STRING)?.content.to_vec());
                }
                oid::KEY_USAGE => {
                    found.usage = Der::new(content).expect(der::BIT_STRING)?.content.get(1).copied().or(Some(0));
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

/// `UTCTime` or `GeneralizedTime`, in UTC as RFC 5280 wants them.
pub(super) fn time(element: Option<Element<'_>>) -> Result<Timestamp, Fault> {
    let wrong = || Fault::malformed("a time that is none");
    let element = element.ok_or_else(wrong)?;
    let text = std::str::from_utf8(element.content).map_err(|_| wrong())?;
    let text = text.strip_suffix('Z').ok_or_else(wrong)?;
    let full = match element.tag {
        // Two digits of a year: 50 to 99 are of the last century.
        der::UTC_TIME if text.get(..2).is_some_and(|year| year >= "50") => format!("19{text}"),
        der::UTC_TIME => format!("20{text}"),
        der::GENERALIZED_TIME => text.to_owned(),
        _ => return Err(wrong()),
    };
    let format = if full.len() == 12 { "%Y%m%d%H%M" } else { "%Y%m%d%H%M%S" };
    let civil = DateTime::strptime(format, &full).map_err(|_| wrong())?;
    TimeZone::UTC.to_timestamp(civil).map_err(|_| wrong())
}

pub(super) fn utc_time(at: Timestamp) -> Vec<u8> {
    let civil = TimeZone::UTC.to_datetime(at);
    match (1950..2050).contains(&civil.year()) {
        true => der::value(der::UTC_TIME, civil.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()),
        false => der::value(der::GENERALIZED_TIME, civil.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()),
    }
}

/// A name for people: `CN=Acme, O=Acme Ltd, C=DE`.
fn name(element: Element<'_>) -> String {
    let mut parts = Vec::new();
    let mut sets = element.inside();
    while let Ok(Some(set)) = sets.read_next() {
        let mut members = set.inside();
        while let Ok(Some(member)) = members.read_next() {
            let mut pair = member.inside();
            let (Ok(of), Ok(Some(text))) = (pair.expect(der::OID), pair.read_next()) else { continue };
            let label = match of.content {
                oid::COMMON_NAME => "CN".to_owned(),
                oid::COUNTRY => "C".to_owned(),
                oid::ORGANIZATION => "O".to_owned(),
                oid::ORGANIZATIONAL_UNIT => "OU".to_owned(),
                other => oid::shown(other),
            };
            let text: String = if text.tag == 0x1e {
                let units: Vec<u16> =
                    text.content.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                String::from_utf16_lossy(&units)
            } else {
                String::from_utf8_lossy(text.content).into_owned()
            };
            parts.push(format!("{label}={}", text.replace(char::is_control, " ")));
        }
    }
    if parts.is_empty() { "a certificate without a name".into() } else { parts.join(", ") }
}
