import Adapters
import Glibc
import LinearRegex
import TestKit
import Testing
import TocsinCore
import TocsinModel

@Suite struct LogTests {
    private let folder = Fixture()

    private func append(_ text: String) throws {
        let file = try #require(fopen(folder.path + "/log", "a"))
        fputs(text, file)
        fclose(file)
    }

    @Test func linesCountThroughRotationAndTruncation() throws {
        folder.write("log", "boom before\n")
        let spec = LogWatchSpec(
            name: "app", source: .file(path: folder.path + "/log"),
            patterns: [
                LogWatchSpec.Pattern(name: "boom", regex: try LinearRegex(".*boom.*")),
                LogWatchSpec.Pattern(name: "other", regex: try LinearRegex(".*other.*")),
            ])
        let collector = LogCollector(spec)
        var batch = SampleBatch()
        func count(_ pattern: String) throws -> Double? {
            batch.begin()
            try collector.collect(into: &batch)
            return batch.value("tocsin_log_matches_total", ["log": "app", "pattern": pattern])
        }
        #expect(try count("boom") == 0)
        try append("a boom\nhalf a bo")
        #expect(try count("boom") == 1)
        try append("om\nother\n")
        #expect(try count("boom") == 2)
        #expect(try count("other") == 1)
        // Rotated: the rest of the old file counts, and all of the new one.
        try append("last boom\n")
        rename(folder.path + "/log", folder.path + "/log.1")
        try append("new boom\n")
        #expect(try count("boom") == 4)
        truncate(folder.path + "/log", 0)
        _ = try count("boom")
        try append("boom\n")
        #expect(try count("boom") == 5)
        unlink(folder.path + "/log")
        _ = try? count("boom")
        #expect(throws: CollectFailure.self) { try count("boom") }
        try append("boom\n")
        #expect(try count("boom") == 6)
    }
}
