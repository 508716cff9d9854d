//! Files that come with a form.

/// A file that was uploaded, on disk until it is dropped.
pub struct UploadedFile {
    /// The name on the computer of the sender.
    pub name: String,
    pub content: tempfile::NamedTempFile,
    /// Whether it was longer than what its form wants, so that its end is missing.
    pub is_cut: bool,
    /// Those that were chosen with it.
    pub more: Vec<UploadedFile>,
}

impl UploadedFile {
    /// It and those that were chosen with it, in the order in which they were sent.
    pub fn into_all(mut self) -> Vec<Self> {
        let more = std::mem::take(&mut self.more);
        std::iter::once(self).chain(more).collect()
    }
}
