import Templates
import Testing
import TocsinModel

@Suite struct TemplateTests {
    private func render(_ text: String, _ value: Double = 0.0425) throws -> String {
        let labels: Labels = ["instance": "db-1:9100", "job": "node"]
        return try Template(text).render(.init(labels: labels, value: value))
    }

    @Test(arguments: [
        ("plain", "plain"), ("{{ $labels.instance }}", "db-1:9100"), ("{{ $labels.none }}", ""),
        ("{{ $value }}", "0.0425"), ("{{ $labels }}", "map[instance:db-1:9100 job:node]"),
        ("{{ $value | humanize }}", "42.5m"), ("{{ humanizePercentage $value }}", "4.25%"),
        ("{{ printf \"%.2f\" $value }}", "0.04"), ("{{ $value | printf \"%5.1f|\" }}", "  0.0|"),
        ("{{ if gt $value 1.0 }}big{{ else }}small{{ end }}", "small"),
        ("{{ with $labels.job }}[{{ . }}]{{ end }}", "[node]"), ("{{ with $labels.none }}x{{ else }}y{{ end }}", "y"),
        ("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", "instance=db-1:9100;job=node;"),
        ("a {{- \" b \" -}} c", "a b c"), ("{{/* a remark */}}x", "x"), ("{{ stripPort $labels.instance }}", "db-1"),
        ("{{ $x := \"v\" }}{{ $x | toUpper }}", "V"), ("{{ .Value }} {{ .Labels.job }}", "0.0425 node"),
        ("{{ reReplaceAll \"(.*):(.*)\" \"$2 of $1\" $labels.instance }}", "9100 of db-1"),
        ("{{ match \"^db\" $labels.instance }}", "true"),
        ("{{ if and $labels.job (eq $labels.job \"node\") }}y{{ end }}", "y"),
        ("{{ if false }}a{{ else if true }}b{{ else }}c{{ end }}", "b"),
        ("{{ if false }}a{{ else if eq $labels.job \"node\" }}b{{ end }}", "b"),
        ("{{ $a := false }}{{ if $a }}a{{ else if $a }}b{{ else }}c{{ end }}", "c"),
        ("{{ with $labels.none }}a{{ else with $labels.job }}{{ . }}{{ end }}", "node"),
        (#"{{ "a\"b\\c\x41\u00e9\101\r" }}|{{ `\n` }}"#, "a\"b\\cAéA\r|\\n"),
    ])
    func renders(text: String, expected: String) throws { #expect(try render(text) == expected) }

    @Test(arguments: [
        (1_234_567.891, "1.235M"), (0, "0"), (0.0425, "42.5m"), (999.95, "1000"), (-2_500, "-2.5k"),
        (.infinity, "+Inf"),
    ])
    func humanizes(value: Double, expected: String) throws {
        #expect(try render("{{ humanize $value }}", value) == expected)
    }

    @Test(arguments: [
        (1_234_567, "14d 6h 56m 7s"), (0.0425, "42.5ms"), (0, "0s"), (61, "1m 1s"), (59.5, "59.5s"),
        (3_601, "1h 0m 1s"),
    ])
    func humanizesDurations(value: Double, expected: String) throws {
        #expect(try render("{{ humanizeDuration $value }}", value) == expected)
    }

    @Test func valuesPrintAsGoPrintsThem() throws {
        #expect(try render("{{ $value }}", 1_234_567.891) == "1.234567891e+06")
        #expect(try render("{{ $value }}", 90) == "90")
    }

    @Test(arguments: [
        ("{{ $x }}", "undefined variable \"$x\""), ("{{ nope 1 }}", "function \"nope\" not defined"),
        ("{{ if true }}", "unexpected EOF: {{end}} is missing"), ("{{ $value", "unclosed action"),
        ("{{ end }}", "unexpected {{end}}"), ("{{ \"a", "unterminated quoted string"),
    ])
    func faultsAreFoundBeforeRendering(text: String, message: String) {
        #expect { try Template(text) } throws: { "\($0)" == message }
    }
}
