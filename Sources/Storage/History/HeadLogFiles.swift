import FoundationEssentials
import Glibc
import TimeSeries
import TocsinModel

/// The files of the head log: `head-1.log`, `head-2.log`, … in the state folder. Only the last one is written.
package final class HeadLogFiles {
    private let folder: String
    private var descriptor: Int32 = -1
    /// The number of the file that is written.
    private var number: Int
    private(set) var size = 0

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ folder: String) {
        self.folder = folder
        number = Self.numbers(in: folder).last ?? 0
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private static func numbers(in folder: String) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix("head-"), name.hasSuffix(".log") else { return nil }
            return Int(name.dropFirst(5).dropLast(4))
        }.sorted()
    }

    private static func path(_ folder: String, _ number: Int) -> String { "\(folder)/head-\(number).log" }

    /// Begins a new file. The older ones stay until ``removeOlder()``.
    package func begin() throws(Failure) {
        if descriptor >= 0 { close(descriptor) }
        number += 1
        size = 0
        descriptor = open(Self.path(folder, number), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(description: "the head log cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    package func append(_ bytes: [UInt8]) throws(Failure) {
        guard descriptor >= 0, !bytes.isEmpty else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                let reason = String(cString: strerror(errno))
                // A torn record would hide everything behind it.
                ftruncate(descriptor, off_t(size))
                lseek(descriptor, off_t(size), SEEK_SET)
                throw Failure(description: "the head log cannot be written: \(reason)")
            }
            rest = rest.dropFirst(count)
        }
        size += bytes.count
    }

    /// Removes the files before the one that is written: what they hold is in sealed chunks.
    package func removeOlder() {
        for old in Self.numbers(in: folder) where old < number { unlink(Self.path(folder, old)) }
    }

    /// Everything the files of a folder hold, in chunks.
    package static func chunks(in folder: String) -> [SealedChunk] {
        var builder = ChunkBuilder()
        for number in numbers(in: folder) {
            guard let data = FileManager.default.contents(atPath: path(folder, number)) else { continue }
            HeadLog.read(Array(data)) { entries in
                for entry in entries { builder.add(entry.labels, entry.value, at: entry.time) }
            }
        }
        return builder.chunks
    }
}
