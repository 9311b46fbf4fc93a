//! Content encryption: which ciphers there are, and content of any size running through one.
//!
//! GCM is given out only after its tag was judged, so its content is held in memory and has a bound; CBC streams.

use std::io::{self, Write};

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, EncryptionContext, StreamingDecryptingKey,
    StreamingEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

use super::{Fault, oid};

/// What one GCM message may hold: it stands in memory until its tag is judged. Larger ones are for CBC.
pub const GCM_BYTES_MAX: u64 = 48 << 20;
/// A piece on its way.
const PIECE_BYTES: usize = 64 << 10;

/// The ciphers there are. RC2, RC4 and single DES are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// Triple DES: where the agreement says so.
    TripleDes,
    Aes128Cbc,
    Aes192Cbc,
    Aes256Cbc,
    Aes128Gcm,
    Aes192Gcm,
    Aes256Gcm,
}

impl Cipher {
    pub const ALL: [Self; 7] = [
        Self::TripleDes,
        Self::Aes128Cbc,
        Self::Aes192Cbc,
        Self::Aes256Cbc,
        Self::Aes128Gcm,
        Self::Aes192Gcm,
        Self::Aes256Gcm,
    ];

    pub fn of_oid(of: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.oid() == of)
    }

    /// As agreements write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TripleDes => "3des",
            Self::Aes128Cbc => "aes-128-cbc",
            Self::Aes192Cbc => "aes-192-cbc",
            Self::Aes256Cbc => "aes-256-cbc",
            Self::Aes128Gcm => "aes-128-gcm",
            Self::Aes192Gcm => "aes-192-gcm",
            Self::Aes256Gcm => "aes-256-gcm",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cipher| cipher.name() == name)
    }

    pub fn oid(self) -> &'static [u8] {
        match self {
            Self::TripleDes => oid::DES_EDE3_CBC,
            Self::Aes128Cbc => oid::AES128_CBC,
            Self::Aes192Cbc => oid::AES192_CBC,
            Self::Aes256Cbc => oid::AES256_CBC,
            Self::Aes128Gcm => oid::AES128_GCM,
            Self::Aes192Gcm => oid::AES192_GCM,
            Self::Aes256Gcm => oid::AES256_GCM,
        }
    }

    pub fn is_authenticated(self) -> bool {
        matches!(self, Self::Aes128Gcm | Self::Aes192Gcm | Self::Aes256Gcm)
    }

    pub fn key_bytes(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Gcm => 16,
            Self::TripleDes | Self::Aes192Cbc | Self::Aes192Gcm => 24,
            Self::Aes256Cbc | Self::Aes256Gcm => 32,
        }
    }

    /// Bytes of the initialization vector or nonce.
    pub fn iv_bytes(self) -> usize {
        match self {
            Self::TripleDes => 8,
            _ if self.is_authenticated() => 12,
            _ => 16,
        }
    }

    /// The length of the encrypted content, without a tag.
    pub fn encrypted_bytes(self, plain: u64) -> u64 {
        match self {
            _ if self.is_authenticated() => plain,
            Self::TripleDes => plain / 8 * 8 + 8,
            _ => plain / 16 * 16 + 16,
        }
    }

    #[expect(deprecated, reason = "partners of many years still send it; an agreement must ask for it by name")]
    fn block(self) -> &'static Algorithm {
        match self {
            Self::TripleDes => &aws_lc_rs::cipher::DES_EDE3_FOR_LEGACY_USE_ONLY,
            Self::Aes128Cbc | Self::Aes128Gcm => &AES_128,
            Self::Aes192Cbc | Self::Aes192Gcm => &AES_192,
            Self::Aes256Cbc | Self::Aes256Gcm => &AES_256,
        }
    }

    fn unbound(self, key: &[u8]) -> Result<UnboundCipherKey, Fault> {
        UnboundCipherKey::new(self.block(), key).map_err(|_| Fault::NotDecrypted)
    }

    fn gcm(self, key: &[u8]) -> Result<LessSafeKey, Fault> {
        let algorithm = match self {
            Self::Aes128Gcm => &AES_128_GCM,
            Self::Aes192Gcm => &AES_192_GCM,
            _ => &AES_256_GCM,
        };
        UnboundKey::new(algorithm, key).map(LessSafeKey::new).map_err(|_| Fault::NotDecrypted)
    }
}

/// Content on its way through CBC encryption.
pub(super) struct CbcEncrypting<W> {
    key: StreamingEncryptingKey,
    room: Vec<u8>,
    out: W,
}

impl<W: Write> CbcEncrypting<W> {
    pub fn new(cipher: Cipher, key: &[u8], iv: &[u8], out: W) -> Result<Self, Fault> {
        let broken = |_| Fault::Key("the cipher does not start".into());
        let context = match cipher.iv_bytes() {
            8 => EncryptionContext::Iv64(FixedLength::try_from(iv).map_err(broken)?),
            _ => EncryptionContext::Iv128(FixedLength::try_from(iv).map_err(broken)?),
        };
        let key = StreamingEncryptingKey::less_safe_cbc_pkcs7(cipher.unbound(key)?, context).map_err(broken)?;
        Ok(Self { key, room: vec![0; PIECE_BYTES + 32], out })
    }

    pub fn finish(mut self) -> Result<(), Fault> {
        let (_, last) = self.key.finish(&mut self.room).map_err(|_| Fault::Key("the cipher does not end".into()))?;
        self.out.write_all(last.written()).map_err(Fault::Io)
    }
}

impl<W: Write> Write for CbcEncrypting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        let done = self.key.update(piece, &mut self.room).map_err(|_| io::Error::other("the cipher fails"))?;
        self.out.write_all(done.written())?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Content on its way through CBC decryption. What it writes is unproven until `finish` and the signature inside.
pub(super) struct CbcDecrypting<W> {
    key: StreamingDecryptingKey,
    room: Vec<u8>,
    out: W,
}

impl<W: Write> CbcDecrypting<W> {
    pub fn new(cipher: Cipher, key: &[u8], iv: &[u8], out: W) -> Result<Self, Fault> {
        let context = match cipher.iv_bytes() {
            8 => DecryptionContext::Iv64(FixedLength::try_from(iv).map_err(|_| Fault::NotDecrypted)?),
            _ => DecryptionContext::Iv128(FixedLength::try_from(iv).map_err(|_| Fault::NotDecrypted)?),
        };
        let key = StreamingDecryptingKey::cbc_pkcs7(cipher.unbound(key)?, context).map_err(|_| Fault::NotDecrypted)?;
        Ok(Self { key, room: vec![0; PIECE_BYTES + 32], out })
    }

    pub fn finish(mut self) -> Result<(), Fault> {
        let last = self.key.finish(&mut self.room).map_err(|_| Fault::NotDecrypted)?;
        self.out.write_all(last.written()).map_err(Fault::Io)
    }
}

impl<W: Write> Write for CbcDecrypting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        let done = self.key.update(piece, &mut self.room).map_err(|_| io::Error::other("the cipher fails"))?;
        self.out.write_all(done.written())?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Encrypts in place; answers the tag.
pub(super) fn seal(
    cipher: Cipher,
    key: &[u8],
    nonce: &[u8],
    added: &[u8],
    content: &mut [u8],
) -> Result<Vec<u8>, Fault> {
    let broken = |_| Fault::Key("the cipher does not start".into());
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(broken)?;
    let tag = cipher.gcm(key)?.seal_in_place_separate_tag(nonce, Aad::from(added), content).map_err(broken)?;
    Ok(tag.as_ref().to_vec())
}

/// Decrypts in place what stands before the tag at the end.
pub(super) fn unseal<'c>(
    cipher: Cipher,
    key: &[u8],
    nonce: &[u8],
    added: &[u8],
    content: &'c mut [u8],
) -> Result<&'c [u8], Fault> {
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Fault::NotDecrypted)?;
    let plain = cipher.gcm(key)?.open_in_place(nonce, Aad::from(added), content).map_err(|_| Fault::NotDecrypted)?;
    Ok(plain)
}

/// Decrypts a small thing by CBC: key files.
pub(super) fn decrypt_small(cipher: Cipher, key: &[u8], iv: &[u8], bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    let mut decrypting = CbcDecrypting::new(cipher, key, iv, &mut out)?;
    decrypting.write_all(bytes).map_err(Fault::Io)?;
    decrypting.finish()?;
    Ok(out)
}
