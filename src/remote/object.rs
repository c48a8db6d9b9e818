//! Objects in an S3-style store.

use super::error::{Cause, RemoteError};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{ClientConfigKey, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::fmt;
use std::time::Duration;
use tokio::runtime::Runtime;

const SCHEME: &str = "s3://";
/// A request that fails is made again this often, and for this long, before the store counts as gone.
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);
/// A whole object must come or go within it, unless AWS_TIMEOUT says otherwise.
const TIMEOUT: &str = "10 minutes";

/// `s3://BUCKET/KEY`: an object, or with a `/` at its end all that is directly below it.
///
/// ```
/// use arrears::remote::ObjectUrl;
/// let url = ObjectUrl::parse("s3://ledger/2024/*.csv")?;
/// assert_eq!((url.bucket(), url.key()), ("ledger", "2024/*.csv"));
/// # Ok::<(), arrears::remote::RemoteError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectUrl {
    bucket: String,
    key: String,
}

impl ObjectUrl {
    /// Whether a text is meant as such a URL.
    pub fn is(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads a URL.
    ///
    /// # Errors
    /// [`RemoteError::Url`], which does not repeat the text: it may hold a key that does not belong there.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let refuse = || RemoteError::Url {
            scheme: SCHEME,
            expected: "s3://BUCKET/KEY or s3://BUCKET/PREFIX/",
            source: None,
        };
        let (bucket, key) =
            text.strip_prefix(SCHEME).ok_or_else(refuse)?.split_once('/').ok_or_else(refuse)?;
        let is_named = bucket.bytes().all(|c| c.is_ascii_alphanumeric() || b".-_".contains(&c));
        if bucket.is_empty() || !is_named || Path::parse(key).is_err() {
            return Err(refuse());
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What stands after the bucket and a `/`.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for ObjectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)
    }
}

/// A bucket, with what the environment says of endpoint, region and credentials: AWS_ENDPOINT_URL, AWS_REGION or
/// AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, a web identity or the machine's
/// role. Plain http is for this machine, unless AWS_ALLOW_HTTP is true.
#[derive(Debug)]
pub struct Bucket {
    name: String,
    store: AmazonS3,
    runtime: Runtime,
}

impl Bucket {
    /// A bucket by name; nothing is asked of the store yet.
    ///
    /// # Errors
    /// [`RemoteError::PlainHttp`], and [`RemoteError::Unreachable`] for an environment that makes no sense.
    pub fn open(name: &str) -> Result<Self, RemoteError> {
        let url = || format!("{SCHEME}{name}");
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(name).with_retry(RetryConfig {
            max_retries: RETRIES,
            retry_timeout: RETRY_TIMEOUT,
            ..RetryConfig::default()
        });
        if std::env::var_os("AWS_TIMEOUT").is_none() {
            builder = builder.with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), TIMEOUT);
        }
        let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint).unwrap_or_default();
        let allowed = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
        if let Some(host) = endpoint.strip_prefix("http://")
            && allowed.as_deref() != Some("true")
        {
            if !is_this_machine(host) {
                return Err(RemoteError::PlainHttp { url: url() });
            }
            builder = builder.with_allow_http(true);
        }
        let store = builder.build().map_err(|e| RemoteError::Unreachable { url: url(), source: said(e) })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| RemoteError::Unreachable { url: url(), source: said(e) })?;
        Ok(Self { name: name.to_owned(), store, runtime })
    }

    /// The URL of a key.
    pub fn url(&self, key: &str) -> String {
        format!("{SCHEME}{}/{key}", self.name)
    }

    /// The keys directly below a folder, which is empty or ends with `/`, in order.
    ///
    /// # Errors
    /// [`RemoteError::NotFound`] without the bucket, [`RemoteError::Read`] without an answer.
    pub fn list(&self, folder: &str) -> Result<Vec<String>, RemoteError> {
        let path = self.path(folder)?;
        let prefix = (!folder.is_empty()).then_some(&path);
        let found = self.runtime.block_on(self.store.list_with_delimiter(prefix));
        let found = found.map_err(|e| self.read_error(folder, e))?;
        let mut keys: Vec<String> = found.objects.into_iter().map(|o| o.location.to_string()).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    /// All bytes of an object.
    ///
    /// # Errors
    /// [`RemoteError::NotFound`], and [`RemoteError::Read`] without an answer.
    pub fn get(&self, key: &str) -> Result<Vec<u8>, RemoteError> {
        let path = self.path(key)?;
        let got = self.runtime.block_on(async { self.store.get(&path).await?.bytes().await });
        Ok(got.map_err(|e| self.read_error(key, e))?.into())
    }

    /// Puts an object in place at once: a reader sees the old one or the new one.
    ///
    /// # Errors
    /// [`RemoteError::Write`], after which the new one may yet be there, and [`RemoteError::Refused`].
    pub fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), RemoteError> {
        let path = self.path(key)?;
        let put = self.runtime.block_on(self.store.put(&path, PutPayload::from(bytes)));
        put.map(|_| ()).map_err(|e| self.write_error(key, e))
    }

    /// Removes an object.
    ///
    /// # Errors
    /// [`RemoteError::Write`] and [`RemoteError::Refused`].
    pub fn delete(&self, key: &str) -> Result<(), RemoteError> {
        let path = self.path(key)?;
        let gone = self.runtime.block_on(self.store.delete(&path));
        gone.map_err(|e| self.write_error(key, e))
    }

    fn path(&self, key: &str) -> Result<Path, RemoteError> {
        Path::parse(key).map_err(|e| RemoteError::Read { url: self.url(key), source: said(e) })
    }

    fn read_error(&self, key: &str, error: Error) -> RemoteError {
        let url = self.url(key);
        match error {
            Error::NotFound { .. } => RemoteError::NotFound { url },
            // of a list request
            e if e.to_string().contains("NoSuchBucket") => RemoteError::NotFound { url },
            e if is_refusal(&e) => RemoteError::Refused { url, source: said(e) },
            e => RemoteError::Read { url, source: said(e) },
        }
    }

    fn write_error(&self, key: &str, error: Error) -> RemoteError {
        let url = self.url(key);
        match error {
            e if is_refusal(&e) => RemoteError::Refused { url, source: said(e) },
            e => RemoteError::Write { url, source: said(e) },
        }
    }
}

/// An error with the causes that its text tells already.
fn said(error: impl fmt::Display) -> Cause {
    error.to_string().trim_end().into()
}

/// Whether the store knows its answer: no.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. })
}

/// Whether the host of `HOST:PORT/PATH` is a name of this very machine.
fn is_this_machine(host: &str) -> bool {
    let authority = host.split('/').next().unwrap_or_default();
    let name = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_bucket_and_a_key() {
        let url = ObjectUrl::parse("s3://ledger/a/b.csv").unwrap();
        assert_eq!(url.to_string(), "s3://ledger/a/b.csv");
        assert_eq!(ObjectUrl::parse("s3://ledger/").unwrap().key(), "");
        for text in
            ["s3://ledger", "s3:///a", "s3://key:secret@ledger/a", "s3://ledger/a//b", "s3://ledger/../b"]
        {
            let e = ObjectUrl::parse(text).unwrap_err();
            assert!(!e.to_string().contains("secret") && e.exit_code() == 2, "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for host in ["localhost:5000", "127.0.0.1", "127.9.9.9:1/x", "[::1]:5000"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["minio:9000", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org", "[fe80::1]:1"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
