//! Events in files, each as large as one batch.
//!
//! An event is in its file when `append` returns, so that it outlives the process; not the machine, for nothing is
//! synchronised. A file goes when its events were delivered. What a crash leaves is sent again by the next process, under
//! the same ids.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;

use crate::buffer::{Batch, MOST_BYTES, MOST_EVENTS};
use crate::clock::sorted_name;

const SUFFIX: &str = ".events.jsonl";

pub(crate) struct Spool {
    directory: PathBuf,
    max_bytes: usize,
    /// Oldest first; the last may be open. Those under way are not among them.
    segments: VecDeque<Segment>,
    open: Option<File>,
    dropped: u64,
}

/// A file.
pub(crate) struct Segment {
    file: PathBuf,
    count: usize,
    bytes: usize,
}

impl Spool {
    /// Opens a folder with what an earlier process has left.
    pub(crate) fn open(directory: &Path, max_bytes: usize) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(directory)? {
            let file = entry?.path();
            if file.to_string_lossy().ends_with(SUFFIX) {
                files.push(file);
            }
        }
        // Names begin with a time.
        files.sort();
        let segments = files.into_iter().map(|file| {
            let lines = read_lines(&file)?;
            let bytes = lines.iter().map(|line| line.len() + 1).sum();
            Ok(Segment { file, count: lines.len(), bytes })
        });
        let segments = segments.collect::<io::Result<_>>()?;
        Ok(Self { directory: directory.to_owned(), max_bytes, segments, open: None, dropped: 0 })
    }

    pub(crate) fn append(&mut self, line: &str) -> io::Result<()> {
        let text = format!("{line}\n");
        let is_written = self.file(text.len())?.write_all(text.as_bytes());
        if is_written.is_err() {
            // The next event must not follow on half a line.
            self.open = None;
            return is_written;
        }
        if let Some(last) = self.segments.back_mut() {
            last.count += 1;
            last.bytes += text.len();
            if last.count >= MOST_EVENTS {
                self.open = None;
            }
        }
        self.trim()
    }

    pub(crate) fn take(&mut self) -> io::Result<Option<Batch>> {
        while let Some(segment) = self.segments.pop_front() {
            if self.segments.is_empty() {
                self.open = None;
            }
            let lines = match read_lines(&segment.file) {
                Ok(lines) => lines,
                Err(error) => {
                    self.segments.push_front(segment);
                    return Err(error);
                }
            };
            self.dropped += u64::try_from(segment.count.saturating_sub(lines.len())).unwrap_or(0);
            if !lines.is_empty() {
                return Ok(Some(Batch { lines, segment: Some(segment) }));
            }
            remove(&segment.file)?;
        }
        Ok(None)
    }

    #[expect(clippy::unused_self, reason = "a buffer settles its batches")]
    pub(crate) fn settle(&mut self, segment: &Segment) -> io::Result<()> {
        remove(&segment.file)
    }

    pub(crate) fn restore(&mut self, segment: Segment) {
        self.segments.push_front(segment);
    }

    pub(crate) fn count(&self) -> usize {
        self.segments.iter().map(|segment| segment.count).sum()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.segments.len() > usize::from(self.open.is_some())
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The open file, with room for so much more.
    fn file(&mut self, bytes: usize) -> io::Result<&mut File> {
        let is_roomy = self.segments.back().is_some_and(|last| last.bytes + bytes <= MOST_BYTES);
        let open = self.open.take().filter(|_| is_roomy);
        let file = match open {
            Some(file) => file,
            None => self.create()?,
        };
        Ok(self.open.insert(file))
    }

    fn create(&mut self) -> io::Result<File> {
        let file = self.directory.join(sorted_name() + SUFFIX);
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let open = options.open(&file)?;
        self.segments.push_back(Segment { file, count: 0, bytes: 0 });
        Ok(open)
    }

    fn trim(&mut self) -> io::Result<()> {
        let mut bytes: usize = self.segments.iter().map(|segment| segment.bytes).sum();
        while bytes > self.max_bytes && self.segments.len() > 1 {
            let Some(oldest) = self.segments.pop_front() else { break };
            bytes -= oldest.bytes;
            self.dropped += u64::try_from(oldest.count).unwrap_or(0);
            remove(&oldest.file)?;
        }
        Ok(())
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The whole lines of a file: a crash may have cut the last one.
fn read_lines(file: &Path) -> io::Result<Vec<String>> {
    let bytes = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        outcome => outcome?,
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let whole = lines.filter(|line| serde_json::from_str::<IgnoredAny>(line).is_ok());
    Ok(whole.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("promptlab-spool-{}", sorted_name())))
        }

        fn files(&self) -> Vec<PathBuf> {
            let mut files: Vec<PathBuf> =
                fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            files
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn events_outlive_what_wrote_them() {
        let folder = Folder::new();
        let mut spool = Spool::open(&folder.0, 1_000_000).unwrap();
        for number in 0..700 {
            spool.append(&number.to_string()).unwrap();
        }
        assert!(spool.is_full());
        let under_way = spool.take().unwrap().unwrap();
        assert_eq!((under_way.lines.len(), spool.count()), (500, 200));
        // It crashes here, in the middle of an event, and before it has heard of the first batch.
        drop((spool, under_way));
        let last = folder.files().pop().unwrap();
        OpenOptions::new().append(true).open(last).unwrap().write_all(b"{\"torn").unwrap();

        let mut spool = Spool::open(&folder.0, 1_000_000).unwrap();
        assert_eq!(spool.count(), 700);
        spool.append("\"new\"").unwrap();
        let mut lines = Vec::new();
        while let Some(batch) = spool.take().unwrap() {
            lines.extend(batch.lines);
            spool.settle(&batch.segment.unwrap()).unwrap();
        }
        assert_eq!(
            (lines.len(), lines[0].as_str(), lines[699].as_str(), lines[700].as_str()),
            (701, "0", "699", "\"new\"")
        );
        assert_eq!((folder.files().len(), spool.dropped()), (0, 0));
    }

    #[test]
    fn the_oldest_file_goes_when_there_are_too_many() {
        let folder = Folder::new();
        let mut spool = Spool::open(&folder.0, 10_000).unwrap();
        for _ in 0..2_000 {
            spool.append("123456789").unwrap();
        }
        assert_eq!((spool.count(), spool.dropped()), (1_000, 1_000));
        remove(&folder.files()[0]).unwrap();
        assert_eq!(spool.take().unwrap().unwrap().lines.len(), 500);
        assert_eq!((spool.count(), spool.dropped()), (0, 1_500));
    }
}
