//! Files that were only checked, or refused, are kept for an hour, so that nobody has to choose them again. They are those of
//! one session, and gone when the server stops: the page of a file that is gone asks for it.

use super::{secrets::random_secret, uploaded_file::UploadedFile};
use crate::domain::{id::ImportId, moment::Moment};
use chrono::TimeDelta;
use std::{
    fs::File,
    io::{self, Seek},
    sync::{Mutex, MutexGuard},
};

const KEPT: TimeDelta = TimeDelta::hours(1);

/// The most files of one session, and of all.
const OF_SESSION: usize = 50;
const OF_ALL: usize = 400;

/// The files that are kept, the oldest first.
#[derive(Debug)]
pub struct KeptFiles {
    files: Mutex<Vec<KeptFile>>,
    /// The most bytes of all files.
    limit_bytes: u64,
}

#[derive(Debug)]
struct KeptFile {
    key: String,
    session: String,
    name: String,
    /// It has no name on the disk any more, so nothing is left of it when the server stops.
    content: File,
    bytes: u64,
    kept_at: Moment,
    /// The check of this file.
    import: Option<ImportId>,
}

impl KeptFiles {
    pub fn new(limit_bytes: u64) -> Self {
        Self { files: Mutex::default(), limit_bytes }
    }

    /// Keeps `file` for the session, if there is room for it when older ones have gone. Returns its key.
    pub fn keep(&self, session: &str, file: UploadedFile, import: Option<ImportId>, now: Moment) -> Option<String> {
        let content = file.content.into_file();
        let bytes = content.metadata().ok()?.len();
        if bytes > self.limit_bytes {
            return None;
        }
        let key = random_secret();
        let kept = KeptFile {
            key: key.clone(),
            session: session.to_owned(),
            name: file.name,
            content,
            bytes,
            kept_at: now,
            import,
        };
        let mut files = self.lock(now);
        files.push(kept);
        while files.iter().filter(|file| file.session == session).count() > OF_SESSION {
            let oldest = files.iter().position(|file| file.session == session).expect("there are some");
            files.remove(oldest);
        }
        while files.len() > OF_ALL || files.iter().map(|file| file.bytes).sum::<u64>() > self.limit_bytes {
            files.remove(0);
        }
        Some(key)
    }

    /// The file of the session with this key, as if it had been sent again.
    pub fn find(&self, session: &str, key: &str, now: Moment) -> io::Result<Option<UploadedFile>> {
        let mut files = self.lock(now);
        let found = files.iter_mut().find(|file| file.session == session && file.key == key);
        let Some(file) = found else { return Ok(None) };
        let mut content = tempfile::NamedTempFile::new()?;
        file.content.rewind()?;
        io::copy(&mut file.content, content.as_file_mut())?;
        content.rewind()?;
        Ok(Some(UploadedFile { name: file.name.clone(), content, is_cut: false, more: Vec::new() }))
    }

    /// The name of the file of the session with this key.
    pub fn name(&self, session: &str, key: &str, now: Moment) -> Option<String> {
        let files = self.lock(now);
        let found = files.iter().find(|file| file.session == session && file.key == key);
        found.map(|file| file.name.clone())
    }

    /// The key of the file of the session that was checked as `import`.
    pub fn of_check(&self, session: &str, import: ImportId, now: Moment) -> Option<String> {
        let files = self.lock(now);
        let found = files.iter().find(|file| file.session == session && file.import == Some(import));
        found.map(|file| file.key.clone())
    }

    fn lock(&self, now: Moment) -> MutexGuard<'_, Vec<KeptFile>> {
        let mut files = self.files.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        files.retain(|file| now.since(file.kept_at) < KEPT);
        files
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::noon;
    use std::io::{Read, Write};

    fn file(name: &str, content: &str) -> UploadedFile {
        let mut of = tempfile::NamedTempFile::new().expect("a temporary file");
        of.write_all(content.as_bytes()).expect("written");
        UploadedFile { name: name.to_owned(), content: of, is_cut: false, more: Vec::new() }
    }

    fn read(kept: &KeptFiles, session: &str, key: &str, now: Moment) -> Option<(String, String)> {
        let found = kept.find(session, key, now).expect("readable")?;
        let mut text = String::new();
        found.content.as_file().read_to_string(&mut text).expect("text");
        Some((found.name, text))
    }

    #[test]
    fn a_file_is_that_of_its_session_for_an_hour() {
        let kept = KeptFiles::new(100);
        let key = kept.keep("mine", file("a.csv", "sku\nA"), None, noon()).expect("kept");
        let later = |minutes| noon().plus(TimeDelta::minutes(minutes));
        for _ in 0..2 {
            assert_eq!(read(&kept, "mine", &key, later(59)), Some(("a.csv".to_owned(), "sku\nA".to_owned())));
        }
        assert_eq!(read(&kept, "yours", &key, later(1)), None);
        assert_eq!(read(&kept, "mine", "other", later(1)), None);
        assert_eq!(read(&kept, "mine", &key, later(60)), None);
    }

    #[test]
    fn the_oldest_files_make_room() {
        let kept = KeptFiles::new(100);
        assert_eq!(kept.keep("mine", file("big.csv", &"x".repeat(101)), None, noon()), None);
        let first = kept.keep("mine", file("1.csv", &"x".repeat(60)), None, noon()).expect("kept");
        let second = kept.keep("yours", file("2.csv", &"y".repeat(60)), None, noon()).expect("kept");
        assert_eq!(kept.name("mine", &first, noon()), None);
        assert_eq!(kept.name("yours", &second, noon()).as_deref(), Some("2.csv"));
        let keys: Vec<String> =
            (0..=OF_SESSION).map(|_| kept.keep("mine", file("s.csv", ""), None, noon()).expect("kept")).collect();
        assert_eq!((kept.name("mine", &keys[0], noon()), kept.name("mine", &keys[1], noon()).is_some()), (None, true));
    }
}
