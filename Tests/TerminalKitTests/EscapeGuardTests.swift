import TerminalKit
import Testing

@Suite struct EscapeGuardTests {
    /// Feeds reads, each at its time, and returns the keys.
    private func keys(_ reads: (text: String, at: Int64)...) -> [Key] {
        var guardian = EscapeGuard()
        return reads.flatMap { read -> [Key] in
            let scalars = Array(read.text.unicodeScalars)
            return scalars.indices.compactMap {
                guardian.take(scalars[$0].value, more: $0 + 1 < scalars.count, now: read.at)
            }
        }
    }

    @Test func nothingOfAnUnknownSequenceActs() {
        for sequence in [
            "\u{1B}[1;2A", "\u{1B}[97;5u", "\u{1B}[?62;22c", "\u{1B}]11;rgb:a/A/q\u{07}", "\u{1B}]0;A\u{1B}\\",
            "\u{1B}[27;5;113~", "\u{1B}a", "\u{1B}q", "\u{1B}OP", "\u{1B}P1$r0m\u{1B}\\",
        ] {
            #expect(keys((sequence, 0)).isEmpty, "\(sequence.debugDescription)")
            #expect(keys((sequence + "j", 0)) == [.character("j")], "\(sequence.debugDescription)")
        }
    }

    @Test func aTornArrowIsAnArrowAndNeverItsLetter() {
        #expect(keys(("\u{1B}", 0), ("[A", 80)) == [.escape, .up])
        #expect(keys(("\u{1B}", 0), ("[", 80), ("B", 200)) == [.escape, .down])
        #expect(keys(("\u{1B}[", 0), ("1;2", 50), ("A", 90), ("j", 100)) == [.character("j")])
        #expect(keys(("\u{1B}", 0), ("OA", 50)) == [.escape, .up])
    }

    @Test func escapeAloneIsAKey() {
        #expect(keys(("\u{1B}", 0)) == [.escape])
        #expect(keys(("\u{1B}", 0), ("a", 2_000)) == [.escape, .character("a")])
        #expect(keys(("\u{1B}", 0), ("a", 100)) == [.escape, .character("a")])
        #expect(keys(("\u{1B}\u{1B}", 0)) == [.escape])
        #expect(keys(("\u{1B}[", 0), ("a", 5_000)) == [.character("a")])
    }

    @Test func charactersAreKeys() {
        #expect(
            keys(("aé\t\r\u{12}\u{7F}", 0)) == [
                .character("a"), .character("é"), .tab, .enter, .control("r"), .backspace,
            ])
    }
}
