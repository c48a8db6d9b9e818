//! PostgreSQL by URL.

use super::RemoteError;
use super::error::Cause;
use postgres::config::{Config, Host, SslMode};
use postgres::{Client, NoTls};
use std::fmt;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];
/// Unless the URL has `connect_timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Unless the URL has `tcp_user_timeout`: how long what was sent may go unanswered by the other machine.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(60);

/// Of a query: it says what is meant, and is not to fill the line of a report.
const SHOWN_CHARS: usize = 60;

/// `postgres://USER@HOST:PORT/DB?sslmode=require#WHAT`: a database, and after `#`, taken as it stands, what is meant
/// in it. It shows itself without password and parameters.
///
/// ```
/// use arrears::remote::PostgresUrl;
/// let url = PostgresUrl::parse("postgres://ann:secret@db.local/erp?sslmode=require#billing.invoices")?;
/// assert_eq!(url.what(), "billing.invoices");
/// assert_eq!(url.to_string(), "postgres://ann@db.local/erp#billing.invoices");
/// # Ok::<(), arrears::remote::RemoteError>(())
/// ```
#[derive(Clone)]
pub struct PostgresUrl {
    config: Config,
    /// All before `#`, password and all: never shown.
    connection: String,
    what: String,
}

impl PostgresUrl {
    /// Whether a text is meant as such a URL.
    pub fn is(text: &str) -> bool {
        SCHEMES.iter().any(|s| text.starts_with(s))
    }

    /// Reads a URL. `sslmode` is `disable`, `prefer` (the default) or `require`; certificates are always checked, so
    /// that `verify-ca` and `verify-full` are taken for `require`. A password that is not there comes from PGPASSWORD.
    ///
    /// # Errors
    /// [`RemoteError::Url`], which does not repeat the text.
    pub fn parse(text: &str) -> Result<Self, RemoteError> {
        let refuse = |source: Option<Cause>| RemoteError::Url {
            scheme: "postgres://",
            expected: "postgres://USER@HOST:PORT/DATABASE#WHAT",
            source,
        };
        let (connection, what) = text.split_once('#').unwrap_or((text, ""));
        let connection = connection
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require");
        let mut config: Config = connection.parse().map_err(|e: postgres::Error| refuse(Some(cause(e))))?;
        if !Self::is(&connection) || config.get_hosts().is_empty() {
            return Err(refuse(None));
        }
        if config.get_password().is_none()
            && let Some(password) = std::env::var_os("PGPASSWORD")
        {
            config.password(password.into_encoded_bytes());
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(TCP_USER_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("arrears");
        }
        Ok(Self { config, connection, what: what.to_owned() })
    }

    /// What stands after `#`.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Whether both name the same database in the same way, so that one connection serves both.
    pub fn same_database(&self, other: &Self) -> bool {
        self.connection == other.connection
    }

    /// Connects, by TLS as `sslmode` asks. As with libpq, `prefer` does without TLS where TLS cannot be had.
    ///
    /// # Errors
    /// [`RemoteError::Refused`] with the server's words, [`RemoteError::Unreachable`] if it has none.
    pub fn connect(&self) -> Result<Client, RemoteError> {
        let connected = match self.config.get_ssl_mode() {
            SslMode::Disable => self.config.connect(NoTls),
            SslMode::Prefer => match native_tls().map(|tls| self.config.connect(tls)) {
                Ok(Ok(client)) => Ok(client),
                Ok(Err(e)) if e.as_db_error().is_some() => Err(e),
                _ => self.config.clone().ssl_mode(SslMode::Disable).connect(NoTls),
            },
            _ => {
                let tls = native_tls()
                    .map_err(|source| RemoteError::Unreachable { url: self.to_string(), source })?;
                self.config.connect(tls)
            }
        };
        connected.map_err(|e| {
            let url = self.to_string();
            let refused = e.as_db_error().is_some() || e.to_string() == "invalid configuration";
            let source = cause(e);
            if refused {
                RemoteError::Refused { url, source }
            } else {
                RemoteError::Unreachable { url, source }
            }
        })
    }
}

/// TLS that trusts what the system trusts, or SSL_CERT_FILE and SSL_CERT_DIR in its place.
fn native_tls() -> Result<MakeRustlsConnect, Cause> {
    let found = MakeRustlsConnect::with_native_certs();
    found.map(|(tls, _)| tls).map_err(|errors| {
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        format!("no certificates of authorities are found: {}", said.join(", ")).into()
    })
}

/// The innermost thing that the client library has to say: what it wraps it in says nothing.
pub fn cause(error: postgres::Error) -> Cause {
    let text = error.to_string();
    error.into_source().unwrap_or_else(|| text.into())
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        for (i, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            match host {
                Host::Tcp(name) if name.contains(':') => write!(f, "{comma}[{name}]")?,
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{comma}{}", folder.display())?,
            }
            match ports.get(i).or(ports.first()) {
                Some(port) if *port != 5432 => write!(f, ":{port}")?,
                _ => {}
            }
        }
        if let Some(database) = self.config.get_dbname() {
            write!(f, "/{database}")?;
        }
        if !self.what.is_empty() {
            let line = self.what.split_whitespace().collect::<Vec<_>>().join(" ");
            let end = line.char_indices().nth(SHOWN_CHARS).map(|(at, _)| at);
            write!(f, "#{}{}", &line[..end.unwrap_or(line.len())], if end.is_some() { "..." } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        PostgresUrl::parse(text).map_or_else(|e| e.to_string(), |url| url.to_string())
    }

    #[test]
    fn a_url_shows_all_but_its_password_and_parameters() {
        assert_eq!(shown("postgres://ann:hush@db:6543/erp#t"), "postgres://ann@db:6543/erp#t");
        assert_eq!(
            shown("postgresql://db/erp?user=ann&password=hush&sslmode=verify-full#select  *\nfrom t"),
            "postgres://ann@db/erp#select * from t"
        );
        let long = format!("postgres://db/erp#select {}", "a, ".repeat(40));
        assert!(shown(&long).len() < 90 && shown(&long).ends_with("a, a,..."), "{}", shown(&long));
        assert_eq!(shown("postgres://ann:h%23s%40h@[::1]/erp"), "postgres://ann@[::1]/erp");
        assert_eq!(
            shown("postgres://ann:hush@%2Frun%2Fpostgresql/erp"),
            "postgres://ann@/run/postgresql/erp"
        );
        let url = PostgresUrl::parse("postgres://ann:hush@db/erp#t").unwrap();
        assert!(!format!("{url:?}").contains("hush"));
    }

    #[test]
    fn a_password_with_marks_of_its_own_is_not_repeated_either() {
        for text in [
            "postgres://ann:hu/sh@db/erp#t",
            "postgres://ann:hu?sh@db/erp#t",
            "postgres://ann:hush#x@db/erp#t",
        ] {
            let shown = shown(text);
            assert!(!shown.contains("hu") && !shown.contains("sh"), "{shown}");
        }
    }

    #[test]
    fn a_url_without_host_or_with_an_unknown_parameter_is_refused() {
        for text in ["postgres://", "postgres:///erp", "postgres://db/erp?colour=red", "host=db"] {
            let e = PostgresUrl::parse(text).unwrap_err();
            assert!(matches!(e, RemoteError::Url { .. }) && e.exit_code() == 2, "{text}");
        }
    }

    #[test]
    fn two_tables_of_one_database_share_a_connection() {
        let url = |text: &str| PostgresUrl::parse(text).unwrap();
        assert!(url("postgres://a@db/erp#x").same_database(&url("postgres://a@db/erp#y")));
        assert!(!url("postgres://a@db/erp#x").same_database(&url("postgres://b@db/erp#x")));
    }
}
