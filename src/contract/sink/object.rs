//! A run in an object store.
//!
//! The files of a run lie below the prefix in a folder of their own, `RUN_ID-HASH/`, whose name follows from their
//! content. When all of them are there, `manifest.json` of the prefix is replaced in one request: it is the run's
//! manifest, with that folder as `folder`, and it alone says which run is current. The folder that it named before
//! stays for those who are reading it, and goes with the next run.

use crate::contract::{ContractError, MANIFEST_FILE, OutputFile, sha256_hex};
use crate::remote::{Bucket, ObjectUrl, RemoteError};
use serde_json::Value;
use std::fmt;

/// Hexadecimal digits of the content's hash in the name of a run's folder.
const HASH_DIGITS: usize = 16;

/// A prefix of a bucket.
#[derive(Debug, Clone)]
pub(super) struct ObjectSink {
    bucket: String,
    /// Empty, or with a `/` at its end.
    prefix: String,
}

impl ObjectSink {
    pub(super) fn try_new(url: &ObjectUrl) -> Result<Self, ContractError> {
        let key = url.key().trim_end_matches('/');
        let prefix = if key.is_empty() { String::new() } else { format!("{key}/") };
        Ok(Self { bucket: url.bucket().to_owned(), prefix })
    }

    /// # Errors
    /// If the bucket does not answer or its manifest is not ours.
    pub(super) fn check(&self) -> Result<(), ContractError> {
        let bucket = Bucket::open(&self.bucket)?;
        bucket.list(&self.prefix)?;
        self.current(&bucket).map(|_| ())
    }

    /// # Errors
    /// [`ContractError::NotSunk`] if the store went away before the manifest was replaced, [`ContractError::HalfTold`]
    /// if it went away then.
    pub(super) fn write(&self, files: &[OutputFile]) -> Result<(), ContractError> {
        let bucket = Bucket::open(&self.bucket)?;
        let before = self.current(&bucket)?;
        let folder = folder_of(files)?;
        let pointer = pointer(files, &folder, before.as_ref())?;
        let mut put: Vec<String> = Vec::new();
        for file in files {
            let key = format!("{}{folder}{}", self.prefix, file.name);
            if let Err(source) = bucket.put(&key, file.bytes.clone()) {
                put.push(key);
                self.remove(&bucket, before.as_ref(), &folder, &put);
                let left = bucket.url(&format!("{}{folder}", self.prefix));
                return Err(ContractError::NotSunk {
                    place: self.to_string(),
                    left: Some(left),
                    source: source.into(),
                });
            }
            put.push(key);
        }
        // Whether a request that got no answer was carried out, nobody can tell: what it names must stay.
        bucket
            .put(&format!("{}{MANIFEST_FILE}", self.prefix), pointer.clone())
            .map_err(|source| ContractError::HalfTold { place: self.to_string(), source: source.into() })?;
        self.retire(&bucket, before.as_ref(), &pointer);
        Ok(())
    }

    /// The manifest that names the current run.
    fn current(&self, bucket: &Bucket) -> Result<Option<Value>, ContractError> {
        let key = format!("{}{MANIFEST_FILE}", self.prefix);
        let bytes = match bucket.get(&key) {
            Err(RemoteError::NotFound { .. }) => return Ok(None),
            bytes => bytes?,
        };
        let manifest: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if manifest["run_id"].is_string() && manifest["schema_version"].is_u64() {
            return Ok(Some(manifest));
        }
        Err(ContractError::Occupied { place: self.to_string(), found: MANIFEST_FILE.to_owned() })
    }

    /// Removes what was put, unless it is the current run that was put once more. The store may be gone: what is
    /// left then is named by no manifest.
    fn remove(&self, bucket: &Bucket, before: Option<&Value>, folder: &str, keys: &[String]) {
        if before.is_some_and(|m| named(m).iter().any(|f| f == folder)) {
            return;
        }
        for key in keys {
            if bucket.delete(key).is_err() {
                return;
            }
        }
    }

    /// Removes the folder that was the previous one until now, if the manifest names it no more.
    fn retire(&self, bucket: &Bucket, before: Option<&Value>, pointer: &[u8]) {
        let now = serde_json::from_slice::<Value>(pointer).map(|m| named(&m)).unwrap_or_default();
        let old = before.map(named).unwrap_or_default().into_iter().filter(|f| !now.contains(f));
        for folder in old {
            let keys = bucket.list(&format!("{}{folder}", self.prefix)).unwrap_or_default();
            keys.iter().take_while(|key| bucket.delete(key).is_ok()).for_each(drop);
        }
    }
}

impl fmt::Display for ObjectSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// The manifest of a run as JSON.
fn manifest(files: &[OutputFile]) -> Result<Value, ContractError> {
    let encode = |source| ContractError::Encode { table: "manifest", source };
    let file = files.iter().find(|f| f.name == MANIFEST_FILE);
    let file = file.ok_or_else(|| encode("a run without a manifest".into()))?;
    serde_json::from_slice(&file.bytes).map_err(|e| encode(e.into()))
}

/// `RUN_ID-HASH/`: the run, and a hash over the names and bytes of its files.
fn folder_of(files: &[OutputFile]) -> Result<String, ContractError> {
    let manifest = manifest(files)?;
    let mut all: Vec<String> =
        files.iter().map(|f| format!("{} {}\n", f.name, sha256_hex(&f.bytes))).collect();
    all.sort_unstable();
    let mut hash = sha256_hex(all.concat().as_bytes());
    hash.truncate(HASH_DIGITS);
    Ok(format!("{}-{hash}/", manifest["run_id"].as_str().unwrap_or("run")))
}

/// The manifest that is to name `folder` as the current run, and as the previous one the current one of before.
fn pointer(files: &[OutputFile], folder: &str, before: Option<&Value>) -> Result<Vec<u8>, ContractError> {
    let mut pointer = manifest(files)?;
    pointer["folder"] = folder.into();
    let before = before.map(named).unwrap_or_default();
    if let Some(previous) = before.into_iter().find(|f| f != folder) {
        pointer["previous"] = previous.into();
    }
    let mut json = serde_json::to_vec_pretty(&pointer)
        .map_err(|e| ContractError::Encode { table: "manifest", source: e.into() })?;
    json.push(b'\n');
    Ok(json)
}

/// The folders that a manifest names, the current one first. What does not look like one of ours is none.
fn named(manifest: &Value) -> Vec<String> {
    let is_ours = |name: &&str| {
        name.strip_suffix('/')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-'))
    };
    ["folder", "previous"]
        .iter()
        .filter_map(|k| manifest[*k].as_str())
        .filter(is_ours)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, table: &str) -> Vec<OutputFile> {
        let file = |name: &str, text: String| OutputFile { name: name.to_owned(), bytes: text.into_bytes() };
        vec![file("aging.parquet", table.to_owned()), file(MANIFEST_FILE, format!(r#"{{"run_id": "{id}"}}"#))]
    }

    fn folders(pointer: &[u8]) -> Vec<String> {
        named(&serde_json::from_slice(pointer).unwrap())
    }

    #[test]
    fn a_folder_is_named_after_the_run_and_its_content() {
        let (a, b) = (folder_of(&run("7f", "x")).unwrap(), folder_of(&run("7f", "y")).unwrap());
        assert!(a.starts_with("7f-") && a.ends_with('/') && a != b, "{a} {b}");
        assert_eq!(a, folder_of(&run("7f", "x")).unwrap());
    }

    #[test]
    fn the_manifest_names_this_run_and_the_one_before() {
        let first = pointer(&run("1", "x"), "1-a/", None).unwrap();
        assert_eq!(folders(&first), ["1-a/"]);
        let before: Value = serde_json::from_slice(&first).unwrap();
        let second = pointer(&run("2", "x"), "2-b/", Some(&before)).unwrap();
        assert_eq!(folders(&second), ["2-b/", "1-a/"]);
        let before: Value = serde_json::from_slice(&second).unwrap();
        let again = pointer(&run("2", "x"), "2-b/", Some(&before)).unwrap();
        assert_eq!(folders(&again), ["2-b/", "1-a/"]);
    }

    #[test]
    fn only_a_folder_of_ours_is_ever_removed() {
        let stranger: Value = serde_json::json!({"folder": "../books/", "previous": "a/b/"});
        assert!(named(&stranger).is_empty());
    }
}
