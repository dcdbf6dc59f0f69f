import FoundationEssentials
import Glibc
import TestKit
import Testing

/// `tocsin detect` from the outside.
@Suite struct DetectTests {
    private let folder = Fixture()

    private func detect(_ arguments: String, input: String = "/dev/null") throws -> (
        out: String, words: String, code: Int32
    ) {
        let line =
            "'\(productsFolder)/tocsin' detect \(arguments) < '\(input)' > '\(folder.path)/out' 2> '\(folder.path)/words'"
        let pty = try #require(Pty("/bin/sh", ["-c", line], environment: ["PATH": "/usr/bin:/bin"]))
        let ended = try #require(pty.exit(within: 60))
        func text(_ name: String) -> String {
            String(decoding: FileManager.default.contents(atPath: folder.path + "/" + name) ?? Data(), as: UTF8.self)
        }
        return (text("out"), text("words"), ended.code)
    }

    private var series: String {
        var random = SeededRandom(3)
        var text = "timestamp,value\n"
        for number in 0..<3_000 {
            let value = number == 2_500 ? 900 : Double.random(in: 40...60, using: &random)
            text += "\(1_700_000_000 + number * 300),\(value)\n"
        }
        return text
    }

    @Test func aRowForEachRowInOrder() throws {
        folder.write("s.csv", series)
        let whole = try detect("'\(folder.path)/s.csv'")
        #expect(whole.code == 0)
        let rows = whole.out.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        #expect(
            rows.first?.joined(separator: ",")
                == "timestamp,value,anomaly_score,spike_score,expected_low,expected_high,reason,learning")
        #expect(rows.count == 3_001 && rows.allSatisfy { $0.count == 8 })
        #expect(rows[1][0] == "1700000000" && rows[2_501][0] == "\(1_700_000_000 + 2_500 * 300)")
        #expect((Double(rows[2_501][2]) ?? 0) > 0.9 && (Double(rows[2_501][3]) ?? 0) > 0.5)
        #expect(["above_seen_range", "jump", "variability"].contains(String(rows[2_501][6])))
        // From standard input to a file it is the same.
        let piped = try detect("- --out '\(folder.path)/piped'", input: folder.path + "/s.csv")
        #expect(piped.code == 0 && piped.out.isEmpty)
        #expect(FileManager.default.contents(atPath: folder.path + "/piped") == Data(whole.out.utf8))
    }

    @Test func badRowsAreNamed() throws {
        folder.write("bad.csv", "timestamp,value\n1,5\n2,five\n3,7\nx,8\n4,NaN\n4,9\n5,10\n")
        let failed = try detect("'\(folder.path)/bad.csv'")
        #expect(failed.code != 0 && failed.words.contains("line 3: “five” is no number"))
        let skipped = try detect("'\(folder.path)/bad.csv' --on-bad-row skip")
        #expect(skipped.code == 0)
        #expect(skipped.words.contains("line 3:") && skipped.words.contains("line 5: “x” is no time"))
        let rows = skipped.out.split(separator: "\n").dropFirst()
        #expect(rows.map { $0.split(separator: ",")[0] } == ["1", "3", "4", "4", "5"])
        #expect(try detect("'\(folder.path)/none.csv'").words.contains("No such file"))
    }

    @Test func whatIsReadIsNeverWrittenOver() throws {
        folder.write("s.csv", "timestamp,value\n1,5\n2,6\n")
        let file = folder.path + "/s.csv"
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: file)
        #expect(link(file, folder.path + "/second") == 0)
        for (arguments, input) in [
            ("'\(file)' --out '\(file)'", "/dev/null"), ("'\(file)' --out '\(folder.path)/link'", "/dev/null"),
            ("'\(file)' --out '\(folder.path)/second'", "/dev/null"), ("- --out '\(file)'", file),
        ] {
            let refused = try detect(arguments, input: input)
            #expect(refused.code != 0 && refused.words.contains("is the file that is read"))
            #expect(FileManager.default.contents(atPath: file)?.count == 24)
        }
        // An earlier, longer result leaves nothing behind.
        folder.write("old", String(repeating: "old\n", count: 1_000))
        #expect(try detect("'\(file)' --out '\(folder.path)/old'").code == 0)
        let result = String(
            decoding: FileManager.default.contents(atPath: folder.path + "/old") ?? Data(), as: UTF8.self)
        #expect(result.split(separator: "\n").count == 3 && !result.contains("old"))
    }
}
