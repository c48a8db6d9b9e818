//! Why a place beyond the file system cannot be read or written.

/// The words of the server or the client library.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a place beyond the file system cannot be read or written. Messages name it by a URL without its password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message names each one
pub enum RemoteError {
    /// A URL that names no place. It is not repeated: what makes it unreadable may be a part of a password.
    #[error("a URL that begins with {scheme} cannot be read, expected {expected}")]
    Url {
        scheme: &'static str,
        expected: &'static str,
        #[source]
        source: Option<Cause>,
    },
    /// `http://` to another machine, which nobody has allowed.
    #[error("{url}: AWS_ENDPOINT_URL is plain http on another machine, expected https")]
    PlainHttp { url: String },
    /// No answer, or none that can be trusted.
    #[error("{url}: cannot be reached")]
    Unreachable {
        url: String,
        #[source]
        source: Cause,
    },
    /// The server answers and lets nobody in.
    #[error("{url}: access is refused")]
    Refused {
        url: String,
        #[source]
        source: Cause,
    },
    /// A read that failed or broke off.
    #[error("{url}: cannot be read")]
    Read {
        url: String,
        #[source]
        source: Cause,
    },
    /// A write that failed or broke off.
    #[error("{url}: cannot be written")]
    Write {
        url: String,
        #[source]
        source: Cause,
    },
    /// There is no such object.
    #[error("{url}: no such object or bucket")]
    NotFound { url: String },
}

impl RemoteError {
    /// The contract's exit status: 2 for a URL that cannot be used, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Url { .. } | Self::PlainHttp { .. } => 2,
            _ => 1,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Url { .. } => {
                "in user, password and database write : as %3A, / as %2F, @ as %40, # as %23, ? as %3F and % as %25"
                    .to_owned()
            }
            Self::PlainHttp { .. } => {
                "use https, or set AWS_ALLOW_HTTP=true where the network between is trusted".to_owned()
            }
            Self::Unreachable { url, .. } if url.starts_with("s3:") => {
                "check AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that the store is up"
                    .to_owned()
            }
            Self::Unreachable { .. } => {
                "check host and port, and that the server is up; a certificate that is not the system's goes into SSL_CERT_FILE"
                    .to_owned()
            }
            Self::Refused { url, .. } if url.starts_with("s3:") => {
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and what they may do in the bucket"
                    .to_owned()
            }
            Self::Refused { .. } => {
                "check user, database and password, which may be in PGPASSWORD or in the URL".to_owned()
            }
            Self::Read { url, .. } if url.starts_with("s3:") => {
                "nothing was changed there: when the store is back, give the command again".to_owned()
            }
            Self::Read { .. } => {
                "what stands after # must run in psql as it is; nothing was changed there, so the command can be given again"
                    .to_owned()
            }
            Self::Write { .. } => "give the command again when the server is back".to_owned(),
            Self::NotFound { .. } => {
                "check bucket and key; a prefix ends with /, a glob has its * in the last part of the key".to_owned()
            }
        })
    }
}
