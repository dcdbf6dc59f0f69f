import FoundationEssentials
import Glibc
import TocsinCore
import TocsinModel

/// `file_sd_configs`: files of target groups, read again as soon as they have changed.
struct FileFinder: Finder {
    let patterns: [String]
    let refresh: Milliseconds
    let parse: ScrapeManager.GroupParser

    /// What tells that a file has changed.
    private struct Stamp: Equatable {
        var path: String
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    /// A look at names and times costs next to nothing; a change is seen within a second.
    private static let look: Milliseconds = 1_000

    func follow(_ tell: @Sendable (Result<[TargetGroup], FinderFailure>) async -> Void) async {
        var known: [Stamp]?
        var groups: [String: [TargetGroup]] = [:]
        var age: Milliseconds = 0
        while !Task.isCancelled {
            let stamps = patterns.flatMap(Self.files).sorted { $0.path < $1.path }
            if stamps != known || age >= refresh {
                known = stamps
                age = 0
                let failure = read(stamps.map(\.path), &groups)
                await tell(.success(stamps.flatMap { groups[$0.path] ?? [] }))
                if let failure { await tell(.failure(failure)) }
            }
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: .milliseconds(Self.look))
            age += Self.look
        }
    }

    /// Of a file that cannot be read, the groups it held before stay.
    private func read(_ paths: [String], _ groups: inout [String: [TargetGroup]]) -> FinderFailure? {
        groups = groups.filter { paths.contains($0.key) }
        var failure: FinderFailure?
        for path in paths {
            do {
                let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
                groups[path] = try parse(text, path).map { group in
                    var group = group
                    group.labels = group.labels.setting("__meta_filepath", path)
                    return group
                }
            } catch { failure = failure ?? FinderFailure("\(path): \(error)") }
        }
        return failure
    }

    private static func files(_ pattern: String) -> [Stamp] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { number in
            guard let name = found.gl_pathv[number] else { return nil }
            var info = stat()
            guard stat(name, &info) == 0 else { return nil }
            return Stamp(
                path: String(cString: name), inode: UInt(info.st_ino), size: Int(info.st_size),
                seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec)
        }
    }
}
