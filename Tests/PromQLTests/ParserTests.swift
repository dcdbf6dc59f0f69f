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
        "count_values(\"v\", a)", "{\"a.b\"=\"c\"}", "sum by (\"a.b\") (a)", "010", "quantile(0.9, a)",
        "max_over_time(rate(a[5m])[1h:1m])",
        "label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")",
        "sum(a) BY (x)", "a AND b OR c",
        "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[1m]))) > 90",
    ])
    func printsWhatItReads(text: String) throws {
        let expression = try Expr(parsing: text)
        #expect(try Expr(parsing: expression.description) == expression)
    }

    @Test func randomExpressionsPrintAsTheyRead() throws {
        var generator = ExpressionGenerator(seed: 11)
        for _ in 0..<5_000 {
            let text = generator.expression()
            let expression = try Expr(parsing: text)
            let printed = expression.description
            if try Expr(parsing: printed) != expression { Issue.record("\(text) is printed as \(printed)") }
        }
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

    /// Errors say where, in the words of promtool.
    @Test(arguments: [
        ("sum(rate(a[5m])", "1:16: parse error: unclosed left parenthesis"),
        ("a +", "1:4: parse error: unexpected end of input"),
        ("foo(a)", "1:1: parse error: unknown function with name \"foo\""),
        ("{a=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("rate(a)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
        ("1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("a and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
        ("a[5m] + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"),
        ("\"open", "1:1: parse error: unterminated quoted string"),
        (
            "sum(a, b)",
            "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"
        ),
        ("a b", "1:3: parse error: unexpected identifier \"b\""),
        ("time(1)", "1:1: parse error: expected 0 argument(s) in call to \"time\", got 1"),
        ("sum(a,)", "1:6: parse error: trailing commas not allowed in function call args"),
        ("a{b=\"c\"", "1:8: parse error: unexpected end of input inside braces"),
        ("a{b}", "1:4: parse error: unexpected \"}\" in label matching, expected label matching operator"),
        (
            "a{b=\"c\" d=\"e\"}",
            "1:9: parse error: unexpected identifier \"d\" in label matching, expected \",\" or \"}\""
        ),
        ("a{b=c}", "1:5: parse error: unexpected identifier \"c\" in label matching, expected string"),
        ("sum by x (a)", "1:8: parse error: unexpected identifier \"x\" in grouping opts, expected \"(\""),
        ("sum by (1) (a)", "1:9: parse error: unexpected number \"1\" in grouping opts, expected label"),
        ("rate(a[5m]", "1:11: parse error: unclosed left parenthesis"),
        ("a[]", "1:3: parse error: missing unit character in duration"),
        ("a[5m", "1:5: parse error: unclosed left bracket"),
        ("a[5m:1m", "1:8: parse error: unclosed left bracket"),
        ("a offset", "1:9: parse error: unexpected end of input in offset, expected duration"),
        ("a offset x", "1:10: parse error: unexpected identifier \"x\" in offset, expected duration"),
        ("a @ b", "1:5: parse error: unexpected identifier \"b\" in @, expected timestamp"),
        ("(a", "1:3: parse error: unclosed left parenthesis"),
        ("a)", "1:2: parse error: unexpected right parenthesis ')'"),
        ("a == bool", "1:10: parse error: unexpected end of input"),
        ("1 + bool 2", "1:3: parse error: bool modifier can only be used on comparison operators"),
        ("a on(x) b", "1:3: parse error: unexpected <on>"),
        ("a + on(x) group_left y b", "1:24: parse error: unexpected identifier \"b\""),
        ("a and on(x) group_left(y) b", "1:1: parse error: no grouping allowed for \"and\" operation"),
        ("a + on(x) group_left(x) b", "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once"),
        (
            "-\"x\"",
            "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\""
        ),
        (
            "-a[5m]",
            "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\""
        ),
        ("a[5m][5m]", "1:6: parse error: ranges only allowed for vector selectors"),
        ("sum(a)[5m]", "1:7: parse error: ranges only allowed for vector selectors"),
        ("round(a, b)", "1:10: parse error: expected type scalar in call to function \"round\", got instant vector"),
        (
            "label_replace(a, \"x\", \"y\")",
            "1:1: parse error: expected 5 argument(s) in call to \"label_replace\", got 3"
        ),
        ("topk(a)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        ("topk(a, b)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"),
        ("count_values(1, a)", "1:14: parse error: expected type string in aggregation parameter, got scalar"),
        ("a % % b", "1:5: parse error: unexpected <op:%>"),
        ("a = b", "1:3: parse error: unexpected \"=\""),
        ("a ! b", "1:3: parse error: unexpected character after '!': ' '"),
        ("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\""),
        ("$x", "1:1: parse error: unexpected character: '$'"),
        ("a{b=\"\\q\"}", "1:5: parse error: unknown escape sequence U+0071 'q'"),
        ("\"abc\" + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"),
        ("vector(a)", "1:8: parse error: expected type scalar in call to function \"vector\", got instant vector"),
        ("on", "1:1: parse error: unexpected <on>"),
        ("sum by", "1:7: parse error: unexpected end of input in grouping opts, expected \"(\""),
        ("a[0s]", "1:3: parse error: duration must be greater than 0"),
        ("a[1h:0s]", "1:6: parse error: duration must be greater than 0"),
        ("1[5m:1m]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
        ("a{b=\"c\",,}", "1:9: parse error: unexpected \",\" in label matching, expected identifier or \"}\""),
        ("sum(a) by (,)", "1:12: parse error: unexpected \",\" in grouping opts, expected label"),
        ("rate(a offset 1m[5m])", "1:17: parse error: no offset modifiers allowed before range"),
        ("rate(a @ 5 [5m])", "1:12: parse error: no @ modifiers allowed before range"),
        ("a > on(x) bool b", "1:11: parse error: unexpected <bool>"),
        ("a\n  + }", "2:5: parse error: unexpected \"}\""),
        (
            "histogram_sum(a)",
            "1:1: parse error: function \"histogram_sum\" is not supported here: it works on native histograms"
        ),
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
