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

    /// What Go's `fmt` makes of a value, each as promtool 2.42 prints it.
    @Test(arguments: [
        (
            #"{{ printf "%d|%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%b|%c|%q|%U" 42 42 42 -7 42 42 42 42 42 8 5 233 97 97 }}"#,
            "42|   42|42   |-0007|+42| 42|2a|2A|0x2a|10|101|é|'a'|U+0061"
        ),
        (
            #"{{ printf "%s|%10s|%-10s|%.2s|%q|%x|% x" "éab" "ab" "ab" "éab" "a\tb" "ab" "ab" }}"#,
            "éab|        ab|ab        |éa|\"a\\tb\"|6162|61 62"
        ),
        (
            #"{{ printf "%v|%g|%e|%8.3f|%08.3f|%+.1e|%.0f|%5.1f%%" $value 1.5 1.5 6.0 6.0 6.0 2.5 42.25 }}"#,
            "0.0425|1.5|1.500000e+00|   6.000|0006.000|+6.0e+00|2| 42.2%"
        ),
        (#"{{ printf "%d" $value }} {{ printf "%06d" $value }}"#, "%!d(float64=0.0425) %!d(float64=0.0425)"),
        (
            #"{{ printf "%s" 5 }} {{ printf "%z" 5 }} {{ printf "%d" }} {{ printf "x" 5 }} {{ printf "%" }}"#,
            "%!s(int=5) %!z(int=5) %!d(MISSING) x%!(EXTRA int=5) %!(NOVERB)"
        ),
        (#"{{ printf "%[2]d %[1]d|%*d|%.*f" 1 2 }}"#, "2 1|%!d(MISSING)|%!(BADPREC)%!f(MISSING)"),
        (#"{{ printf "%t %v %T %T %T" true nil 1 1.5 $labels }}"#, "true <nil> int float64 map[string]string"),
        (#"{{ printf "%999999999d" 1 }}"#, "%!(NOVERB)%!(EXTRA int=1)"),
        (#"{{ printf "%.5000f" 1.5 | len }}"#, "5002"), (#"{{ printf "%d %v" 0x1F 1e3 }}"#, "31 1000"),
        (
            "{{ printf \"%v|%+v|%#v\" $labels $labels $labels }}",
            "map[instance:db-1:9100 job:node]|map[instance:db-1:9100 job:node]|"
                + "map[string]string{\"instance\":\"db-1:9100\", \"job\":\"node\"}"
        ),
        ("{{ print 1 2 \"a\" \"b\" 3 nil }}|{{ println 1 \"a\" }}", "1 2ab3 <nil>|1 a\n"),
    ])
    func printsAsGoDoes(text: String, expected: String) throws { #expect(try render(text) == expected) }

    /// Where names are known, and which of two is meant.
    @Test(arguments: [
        ("{{ $x := 1 }}{{ if true }}{{ $x := 3 }}{{ $x = 4 }}{{ end }}{{ $x }}", "1"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 3 }}{{ end }}{{ $x }}", "3"),
        ("{{ if $x := $labels.none }}y{{ else }}[{{ $x }}]{{ end }}", "[]"),
        ("{{ range $i, $v := $labels }}{{ $i }}{{ break }}{{ end }}", "instance"),
        (
            "{{ template \"T\" . }}{{ define \"T\" }}{{ .Value }} {{ .Labels.job }} {{ $.Value }}{{ end }}",
            "0.0425 node 0.0425"
        ),
        ("{{ . }}", "{map[instance:db-1:9100 job:node] map[]  0.0425}"), ("{{ and false (index $labels 5) }}", "false"),
        ("{{ or $labels.job (index $labels 5) }}", "node"), ("{{ 'a' }} {{ eq 'a' 97 }}", "97 true"),
        ("{{ if gt $value 1e-3 }}x{{ end }}", "x"), ("{{ index \"abc\" 1 }} {{ slice \"abc\" 1 2 }}", "98 b"),
        ("{{ (toTime 1e9).Format \"2006-01-02 15:04\" }} {{ (toTime 1e9).Year }}", "2001-09-09 01:46 2001"),
        ("{{ title \"it's o'neil\" }}", "It'S O'Neil"), ("{{ reReplaceAll \"x*\" \"-\" \"abxc\" }}", "-a-b-c-"),
        ("{{ eq 1 nil }} {{ gt $value $value }} {{ 5 | }}", "false false 5"),
    ])
    func followsGo(text: String, expected: String) throws { #expect(try render(text) == expected) }

    /// What goes wrong while a template is carried out, in the words of Go.
    @Test(arguments: [
        ("{{ $labels.a \"x\" }}", "122: executing \"__alert\" at <$labels.a>: a is not a method but has arguments"),
        ("{{ $value.x }}", "121: executing \"__alert\" at <$value.x>: can't evaluate field x in type float64"),
        (
            "{{ humanize \"x\" }}",
            "115: executing \"__alert\" at <humanize \"x\">: error calling humanize: strconv.ParseFloat: parsing \"x\": invalid syntax"
        ),
        ("{{ toUpper 5 }}", "123: executing \"__alert\" at <5>: expected string; found 5"),
        ("{{ not 1 2 }}", "115: executing \"__alert\" at <not>: wrong number of args for not: want 1 got 2"),
        ("{{ $x = 1 }}", "120: executing \"__alert\" at <1>: undefined variable: $x"),
        (
            "{{ lt true false }}",
            "115: executing \"__alert\" at <lt true false>: error calling lt: invalid type for comparison"
        ),
        ("{{ template \"no\" }}", "124: executing \"__alert\" at <{{template \"no\"}}>: template \"no\" not defined"),
        (
            "{{ toTime 1e10 }}",
            "115: executing \"__alert\" at <toTime 1e10>: error calling toTime: 1e+10 cannot be represented as a nanoseconds "
                + "timestamp since it overflows int64"
        ),
    ])
    func faultsWhileRendering(text: String, message: String) throws {
        let template = try Template(text)
        #expect { try template.render(.init(labels: ["a": "b"], value: 1)) } throws: {
            "\($0)" == "template: __alert:1:" + message
        }
    }

    @Test(arguments: [
        ("{{ $x }}", "undefined variable \"$x\""), ("{{ nope 1 }}", "function \"nope\" not defined"),
        ("{{ if true }}", "unexpected EOF: {{end}} is missing"), ("{{ $value", "unclosed action"),
        ("{{ end }}", "unexpected {{end}}"), ("{{ \"a", "unterminated quoted string"),
        ("{{ }}", "missing value for command"), ("{{- -}}", "bad number syntax: \"-\""),
        ("{{ \"\\q\" }}", "invalid syntax in a quoted constant"),
        ("{{ 99999999999999999999 }}", "integer overflow: \"99999999999999999999\""),
        ("{{ if true }}{{ define \"T\" }}x{{end}}{{end}}", "unexpected {{define}}"),
        ("{{ define \"T\" }}a{{ end }}{{ define \"T\" }}b{{ end }}", "multiple definition of template \"T\""),
        ("{{ /* no */ }}", "unrecognized character in action: U+002F '/'"),
    ])
    func faultsAreFoundBeforeRendering(text: String, message: String) {
        #expect { try Template(text) } throws: { "\($0)" == message }
    }
}
