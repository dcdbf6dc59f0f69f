import TocsinModel

/// The series that rules read and record into. A rule of a group sees what earlier ones recorded.
package protocol SeriesSource: SampleSource {
    /// Keeps the samples that a rule made. The error is a sentence about why it cannot.
    func record(_ samples: [Sample]) throws
}
