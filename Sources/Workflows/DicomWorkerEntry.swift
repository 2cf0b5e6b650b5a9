import DICOM

/// What the hidden verb `grevy dicom-worker` does: the child process that parses untrusted files.
package enum DicomWorkerEntry {
    /// Serves the parent until it goes away; returns the exit code.
    package static func run() -> Int32 { DicomWorker.run() }
}
