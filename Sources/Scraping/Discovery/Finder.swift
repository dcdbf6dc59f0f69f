import TocsinCore
import TocsinModel

/// Why targets could not be found, in a sentence; those found before stay.
struct FinderFailure: Error, CustomStringConvertible {
    let description: String
    init(_ words: String) { description = words }
}

/// One way to find targets, followed until the task is cancelled.
protocol Finder: Sendable {
    func follow(_ tell: @Sendable (Result<[TargetGroup], FinderFailure>) async -> Void) async
}

/// The ways there are.
enum Finders {
    /// Nil for targets that are written down and need no finding.
    static func make(_ way: Discovery, parse: @escaping ScrapeManager.GroupParser) -> (any Finder)? {
        switch way {
        case .fixed: nil
        case .files(let patterns, let refresh): FileFinder(patterns: patterns, refresh: refresh, parse: parse)
        case .http(let url, let refresh, let options): HTTPFinder(url: url, refresh: refresh, options, parse: parse)
        case .dns(let names, let type, let port, let refresh):
            DNSFinder(names: names, type: type, port: port, refresh: refresh)
        }
    }
}
