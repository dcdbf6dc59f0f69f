import Scraping
import TestKit
import Testing

@Suite struct DNSTests {
    /// An answer with a compressed name, an A and an SRV record.
    private static let answer: [UInt8] =
        [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0]
        + [2] + Array("db".utf8) + [4] + Array("test".utf8) + [0, 0, 1, 0, 1]
        + [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]
        + [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 10, 0, 1, 0, 2, 0x23, 0x8C, 1, 97, 0xC0, 15]

    @Test func recordsAreReadWithTheirPointers() throws {
        let message = try DNSMessage(Self.answer)
        #expect(message.code == 0)
        #expect(
            message.answers.map(\.line) == [
                "db.test.\t60\tIN\tA\t192.0.2.7", "db.test.\t60\tIN\tSRV\t1 2 9100 a.test.",
            ])
        #expect(message.answers.last?.port == 9100)
    }

    @Test func nothingThatComesInIsTrusted() {
        var random = SeededRandom(7)
        for _ in 0..<20_000 {
            var bytes = Self.answer
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            // Either a message or an error, and an end.
            _ = try? DNSMessage(bytes)
        }
        // A name that points to itself.
        #expect(throws: DNSMessage.Malformed.self) {
            try DNSMessage(Array(Self.answer[..<12]) + [0xC0, 12] + [UInt8](repeating: 0, count: 20))
        }
    }

    @Test func namesAreLookedForAsResolvConfSays() {
        let settings = ResolverSettings("# x\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch a.test b.test\n")
        #expect(settings.servers == ["192.0.2.1", "fe80::1"])
        #expect(settings.candidates("db") == ["db.a.test", "db.b.test", "db"])
        #expect(settings.candidates("db.x") == ["db.x", "db.x.a.test", "db.x.b.test"])
        #expect(settings.candidates("db.x.") == ["db.x"])
    }

    @Test func questionsKeepToTheLimits() {
        #expect(DNSMessage.question("a.test", 1, id: 1, recursion: true)?.count == 24)
        #expect(DNSMessage.question(String(repeating: "a", count: 64), 1, id: 1, recursion: true) == nil)
    }
}
