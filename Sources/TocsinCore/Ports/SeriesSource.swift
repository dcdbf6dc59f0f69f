import TocsinModel

/// The series that rules read and record into. A rule of a group sees what earlier ones recorded.
package protocol SeriesSource: SampleSource {
    /// Keeps the samples that a recording rule made.
    func record(_ samples: [Sample])
}
