//! Files out of an object store: S3 and what speaks like it, a web server, or a folder.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _};
use url::Url;

/// A bucket, or what is below a prefix of one.
#[derive(Debug, Clone)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

/// Why an object cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// Keys of `options` are not told by their values: those are secrets.
    #[error("`{url}` cannot be used as an object store")]
    Url { url: Box<Url>, source: object_store::Error },
    #[error("`{key}` is no key of an object")]
    Key { key: String },
    #[error("there is no `{key}` in the object store")]
    NotFound { key: String },
    #[error("`{key}` cannot be read from the object store")]
    Read { key: String, source: object_store::Error },
}

impl Bucket {
    /// `url` is `s3://bucket/prefix`, `http(s)://host/path` or `file:///folder`. `options` have the names of
    /// the environment in lower case (`aws_access_key_id`, `aws_endpoint`, `allow_http`…).
    /// Nothing is asked of the store here.
    pub fn open(url: &Url, options: &BTreeMap<String, String>) -> Result<Self, ObjectError> {
        let failed = |source| ObjectError::Url { url: Box::new(bare(url)), source };
        let (store, prefix) = object_store::parse_url_opts(url, options).map_err(failed)?;
        Ok(Self { store: store.into(), prefix })
    }

    /// How long an object is, bytes.
    pub async fn length(&self, key: &str) -> Result<u64, ObjectError> {
        let meta = self.store.head(&self.path(key)?).await.map_err(|e| failed(key, e))?;
        Ok(meta.size)
    }

    /// An object from byte `from` to its end, which lies behind it.
    pub async fn read(
        &self,
        key: &str,
        from: u64,
    ) -> Result<BoxStream<'static, io::Result<Bytes>>, ObjectError> {
        let range = (from > 0).then_some(GetRange::Offset(from));
        let options = GetOptions { range, ..GetOptions::default() };
        let got =
            self.store.get_opts(&self.path(key)?, options).await.map_err(|e| failed(key, e))?;
        Ok(got.into_stream().map_err(io::Error::other).boxed())
    }

    /// Never leads out of the prefix: keys come from messages.
    fn path(&self, key: &str) -> Result<Path, ObjectError> {
        let bad = |_malformed| ObjectError::Key { key: key.to_owned() };
        let below = Path::parse(key.trim_start_matches('/')).map_err(bad)?;
        if below.as_ref().is_empty() {
            return Err(ObjectError::Key { key: key.to_owned() });
        }
        Ok(self.prefix.parts().chain(below.parts()).collect())
    }
}

fn failed(key: &str, error: object_store::Error) -> ObjectError {
    let key = key.to_owned();
    match error {
        object_store::Error::NotFound { .. } => ObjectError::NotFound { key },
        source => ObjectError::Read { key, source },
    }
}

/// Without a password.
fn bare(url: &Url) -> Url {
    let mut bare = url.clone();
    // Refused for addresses that have none.
    let _none = bare.set_password(None);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(folder: &std::path::Path) -> Bucket {
        Bucket::open(&Url::from_directory_path(folder).unwrap(), &BTreeMap::new()).unwrap()
    }

    #[tokio::test]
    async fn a_folder_is_a_bucket() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("in/p/飞行 1")).unwrap();
        std::fs::write(dir.path().join("in/p/飞行 1/a.jpeg"), "0123456789").unwrap();
        std::fs::write(dir.path().join("out"), "secret").unwrap();
        let bucket = bucket(&dir.path().join("in"));
        let key = "p/飞行 1/a.jpeg";
        assert_eq!(bucket.length(key).await.unwrap(), 10);
        for (from, expected) in [(0, "0123456789"), (4, "456789")] {
            let pieces: Vec<Bytes> =
                bucket.read(key, from).await.unwrap().try_collect().await.unwrap();
            assert_eq!(pieces.concat(), expected.as_bytes());
        }
        let missing = bucket.length("p/b.jpeg").await.unwrap_err();
        assert!(matches!(missing, ObjectError::NotFound { .. }), "{missing}");
        for bad in ["", "/", "../out", "p/../../out", "p//a", "./p"] {
            let refused = bucket.length(bad).await.unwrap_err();
            assert!(matches!(refused, ObjectError::Key { .. }), "{bad}: {refused}");
        }
    }

    #[test]
    fn addresses() {
        let open = |url: &str| Bucket::open(&url.parse().unwrap(), &BTreeMap::new());
        for good in ["s3://bucket/prefix", "https://host.example/path", "file:///srv/media"] {
            assert!(open(good).is_ok(), "{good}");
        }
        let refused = open("ftp://me:secret@host/x").unwrap_err();
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
