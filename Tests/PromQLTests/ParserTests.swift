import PromQL
import TestKit
import Testing

@Suite struct ParserTests {
    /// What is printed reads back as the same text.
    @Test(arguments: [
        "1", "-1", "1e3", "0x1F", "+Inf", "NaN", "5m", "1h30m", "\"text\"", "a", "a{b=\"c\"}", "{__name__=~\"a.*\"}",
        "a[5m]", "a[5m:1m]", "a[5m:]", "a offset 5m", "a offset -5m", "a @ 100", "a @ start()", "rate(a[5m] offset 1h)",
        "a + b * c ^ d", "(a + b) * c", "-a ^ b", "a == bool b", "a > on (x, y) group_left (z) b",
        "a unless ignoring (q) b", "sum by (x) (a)", "sum without (x, y) (a)", "topk(3, a)",
        "count_values(\"v\", a)", "quantile(0.9, a)", "max_over_time(rate(a[5m])[1h:1m])",
        "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")",
        "sum(a) BY (x)", "a AND b OR c",
        "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[1m]))) > 90",
    ])
    func printsWhatItReads(text: String) throws {
        let once = try Expr(parsing: text).description
        #expect(try Expr(parsing: once).description == once)
    }

    @Test func precedence() throws {
        func shape(_ text: String) throws -> String { try Expr(parsing: text).shape }
        #expect(try shape("a + b * c") == "(a + (b * c))")
        #expect(try shape("a ^ b ^ c") == "(a ^ (b ^ c))")
        #expect(try shape("-a ^ b") == "-(a ^ b)")
        #expect(try shape("-a * b") == "(-a * b)")
        #expect(try shape("a or b and c") == "(a or (b and c))")
        #expect(try shape("a < b + c") == "(a < (b + c))")
        #expect(try shape("a - b - c") == "((a - b) - c)")
    }

    /// Errors say where: line and column, both counted from 1.
    @Test(arguments: [
        ("sum(rate(a[5m])", "1:16: expected \")\", got end of input"),
        ("a +", "1:4: unexpected end of input"),
        ("", "1:1: no expression found in input"),
        ("foo(a)", "1:1: unknown function with name \"foo\""),
        ("a{b=~\"(\"}", "1:6: invalid regular expression \"(\": missing ): ("),
        ("{a=\"\"}", "1:1: vector selector must contain at least one non-empty matcher"),
        ("rate(a)", "1:1: expected type range vector in call to function \"rate\", got instant vector"),
        ("1 > 2", "1:3: comparisons between scalars must use BOOL modifier"),
        ("a and 1", "1:3: set operator \"and\" not allowed in binary scalar expression"),
        ("a[5m] + 1", "1:7: binary expression must contain only scalar and instant vector types"),
        ("a\n  + }", "2:5: unexpected \"}\""),
        ("\"open", "1:1: unterminated quoted string"),
        ("a[5q]", "1:3: bad number or duration syntax: \"5q\""),
        ("sum(a, b)", "1:4: wrong number of arguments for aggregate expression provided, expected 1, got 2"),
        ("a b", "1:3: unexpected \"b\""),
        ("time(1)", "1:1: expected 0 argument(s) in call to \"time\", got 1"),
        ("a offset 1m offset 2m", "1:13: offset may not be set multiple times"),
        ("histogram_sum(a)", "1:1: function \"histogram_sum\" is not supported here"),
    ])
    func errorsHaveTheirPlace(text: String, message: String) {
        #expect { try Expr(parsing: text) } throws: { "\($0)" == message }
    }

    @Test func hostileTextsAreErrorsAndNotCrashes() {
        for text in [
            String(repeating: "(", count: 100_000), String(repeating: "-", count: 100_000),
            String(repeating: "a+", count: 50_000),
        ] {
            #expect(throws: PromQLError.self) { try Expr(parsing: text) }
        }
        var random = SeededRandom(3)
        let letters = Array("a{}[]()\"'=~!<>+-*/^%,:@ 0159mhs\\\nsumbyrate")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...30, using: &random)).map { _ in letters.randomElement(using: &random)! })
            _ = try? Expr(parsing: text)
        }
    }

    @Test func durations() {
        #expect(DurationText.parse("1h30m") == 5_400_000)
        #expect(DurationText.parse("500ms") == 500)
        #expect(DurationText.parse("30m1h") == nil)
        #expect(DurationText.parse("5") == nil)
        #expect(DurationText.parse("99999999999999y") == nil)
        #expect(DurationText.format(5_400_000) == "1h30m")
        #expect(DurationText.format(90_000) == "1m30s")
        #expect(DurationText.format(0) == "0s")
    }
}

extension Expr {
    /// The expression with every operation in parentheses.
    fileprivate var shape: String {
        switch self {
        case .binary(let node): "(\(node.left.shape) \(node.operation.rawValue) \(node.right.shape))"
        case .negate(let inner): "-\(inner.shape)"
        case .parenthesised(let inner): inner.shape
        default: description
        }
    }
}
