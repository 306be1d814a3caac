//! Secrets: the keys that decrypt a file with an encrypted footer or encrypted columns (Parquet's modular encryption, AES-GCM).

use std::collections::BTreeMap;
use std::sync::Arc;

use parquet::encryption::decrypt::FileDecryptionProperties;
use parquet::file::column_crypto_metadata::ColumnCryptoMetaData;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::bytes::FileBytes;
use super::contained::{contained, damaged};
use super::keys::DecryptionKeys;
use super::thrift::field;
use crate::error::{Code, Error, Kind, Result, Setting};
use crate::text::escape::quoted;

/// The keys that decrypt the pages of one file.
#[derive(Debug)]
pub(super) struct Secrets {
    /// The AAD of the file, which every part of it is bound to.
    pub(super) aad: Vec<u8>,
    footer: Option<SecretKey>,
    columns: BTreeMap<String, SecretKey>,
}

/// A key.
#[derive(Clone, Debug)]
pub(super) struct SecretKey(Arc<LessSafeKey>);

/// Bytes around the text of a part: its length and a nonce before it, and a tag after it.
pub(super) const LENGTH_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
pub(super) const AROUND_BYTES: usize = LENGTH_BYTES + NONCE_BYTES + TAG_BYTES;

impl SecretKey {
    fn new(bytes: &[u8]) -> Option<SecretKey> {
        let algorithm = if bytes.len() == AES_128_GCM.key_len() { &AES_128_GCM } else { &AES_256_GCM };
        Some(SecretKey(Arc::new(LessSafeKey::new(UnboundKey::new(algorithm, bytes).ok()?))))
    }

    /// The decrypted text of a part of the file. `None` if the key does not fit or the part is damaged.
    pub(super) fn open(&self, part: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
        let (length, rest) = part.split_first_chunk::<LENGTH_BYTES>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let mut text = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let is_whole = u32::from_le_bytes(*length) as usize == rest.len();
        let opened = self.0.open_in_place(nonce, Aad::from(aad), &mut text).ok().filter(|_| is_whole)?;
        let len = opened.len();
        text.truncate(len);
        Some(text)
    }
}

/// The key of a column, if the column needs one.
pub(super) enum OfColumn<'s> {
    /// The column is not encrypted.
    Plain,
    Key(&'s SecretKey),
    /// The key is not given. Holds the name of the column if the column has a key of its own.
    Missing(Option<String>),
}

impl Secrets {
    /// The key of a column.
    pub(super) fn of<'s>(secrets: Option<&'s Secrets>, chunk: &ColumnChunkMetaData) -> OfColumn<'s> {
        let (key, own) = match chunk.crypto_metadata() {
            None => return OfColumn::Plain,
            Some(ColumnCryptoMetaData::ENCRYPTION_WITH_FOOTER_KEY) => {
                (secrets.and_then(|secrets| secrets.footer.as_ref()), None)
            }
            Some(ColumnCryptoMetaData::ENCRYPTION_WITH_COLUMN_KEY(column)) => {
                let name = column.path_in_schema.join(".");
                (secrets.and_then(|secrets| secrets.columns.get(&name)), Some(name))
            }
        };
        key.map_or(OfColumn::Missing(own), OfColumn::Key)
    }
}

/// The metadata of an encrypted file, from `bytes`, and the keys that decrypt its pages.
///
/// # Errors
/// Usage: keys are missing, or the encryption is not supported. Storage: keys are wrong.
pub(super) fn metadata(
    file: &FileBytes,
    bytes: &[u8],
    is_footer_encrypted: bool,
    keys: &DecryptionKeys,
) -> Result<(ParquetMetaData, Secrets)> {
    // The field with the algorithm: in the bytes before an encrypted footer, or in a plain footer.
    let how = if is_footer_encrypted { 1 } else { 8 };
    let text = |at: i64| field(bytes, &[how, 1, at]).and_then(|field| field.binary());
    let not_read = |what: &str, help: &str| {
        Err(Error::not_built(format!("the Parquet file is encrypted {what}, which is not read"))
            .with_help(help))
    };
    if field(bytes, &[how, 2]).is_some() {
        return not_read(
            "with AES-GCM-CTR",
            "write it with AES_GCM_V1, the usual algorithm, or without encryption",
        );
    }
    if field(bytes, &[how, 1]).is_none() {
        return Err(damaged("its metadata", "it does not say how it is encrypted"));
    }
    let Some(unique) = text(2) else {
        return not_read(
            "without an identifier of its own",
            "write it with pyarrow, Spark or arrow-rs, or without encryption",
        );
    };
    if is_footer_encrypted && keys.footer.is_none() {
        return Err(no_key("the Parquet file is encrypted", None));
    }
    if field(bytes, &[how, 1, 3]).is_some_and(|field| field.is_true()) && keys.aad_prefix.is_none() {
        return Err(Error::usage("the Parquet file was encrypted with an AAD prefix that it does not hold")
            .with_code(Code::MissingKey)
            .with_help("write it in a job file: parquet.aad_prefix = \"…\" in [source]"));
    }
    let prefix = keys.aad_prefix.as_deref().map_or_else(|| text(1).unwrap_or_default(), str::as_bytes);
    let footer = keys.footer.as_deref().map(DecryptionKeys::key).transpose()?;
    // The signature of a plain footer cannot be verified without its key.
    let mut properties = FileDecryptionProperties::builder(footer.clone().unwrap_or_else(|| vec![0; 16]));
    if footer.is_none() {
        properties = properties.disable_footer_signature_verification();
    }
    if let Some(prefix) = &keys.aad_prefix {
        properties = properties.with_aad_prefix(prefix.clone().into_bytes());
    }
    let mut columns = BTreeMap::new();
    for (name, variable) in &keys.columns {
        let key = DecryptionKeys::key(variable)?;
        properties = properties.with_column_key(name, key.clone());
        columns.extend(SecretKey::new(&key).map(|key| (name.clone(), key)));
    }
    let mut reader = contained("its keys", || {
        Ok(ParquetMetaDataReader::new().with_decryption_properties(Some(properties.build()?)))
    })?;
    contained("its metadata", || reader.try_parse(file)).map_err(|error| match error.kind() {
        Kind::Data => undecryptable("its footer"),
        _ => error,
    })?;
    let metadata = contained("its metadata", || reader.finish())?;
    let footer = footer.as_deref().and_then(SecretKey::new);
    Ok((metadata, Secrets { aad: [prefix, unique].concat(), footer, columns }))
}

/// The error for a missing key, of a column or of the footer.
pub(super) fn no_key(what: &str, column: Option<&str>) -> Error {
    let error = Error::usage(format!("{what}, and its key is not given")).with_code(Code::MissingKey);
    let name = column.map_or(String::new(), |column| format!("{column}="));
    error
        .with_help("name the environment variable that holds it:")
        .set(Setting::ParquetKey, format!("{name}env:NAME"))
}

/// The error for a column without its key.
pub(super) fn no_key_of(name: &str, own: Option<&str>) -> Error {
    no_key(&format!("column {} is encrypted", quoted(name)), own)
}

/// The error for a key that does not fit. This looks the same as damage, and the next run may have another key.
pub(super) fn undecryptable(what: &str) -> Error {
    Error::new(Kind::Storage, format!("the Parquet file cannot be decrypted: {what}"))
        .with_code(Code::Secret)
        .with_help("check that the keys are those of this file; if they are, it is damaged")
}
