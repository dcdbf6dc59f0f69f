import TerminalKit
import TestKit
import Testing
import Themes

@Suite struct CanvasTests {
    /// Whatever text comes in, no cell ever holds something a terminal could obey.
    @Test func nothingATerminalCouldObeyReachesACell() {
        var random = SeededRandom(2)
        for _ in 0..<3_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                let ranges: [ClosedRange<UInt32>] = [0...0xFF, 0x2000...0x206F, 0...0xD7FF, 0xE000...0x10FFFF]
                if let scalar = Unicode.Scalar(UInt32.random(in: ranges.randomElement(using: &random)!, using: &random))
                {
                    text.append(scalar)
                }
            }
            for glyphs in GlyphSet.allCases {
                var canvas = Canvas(width: 20, height: 2, glyphs: glyphs)
                canvas.put(
                    String(text), x: Int.random(in: -5...22, using: &random), y: Int.random(in: -1...2, using: &random))
                canvas.fit(String(text), x: 3, y: 1, width: 9)
                for cell in canvas.cells {
                    guard let glyph = cell.glyph else { continue }
                    #expect(glyph.value >= 0x20 && !(0x7F...0x9F).contains(glyph.value))
                    #expect(!(0x202A...0x202E).contains(glyph.value) && !(0x2066...0x2069).contains(glyph.value))
                    #expect(!(0x200B...0x200F).contains(glyph.value) && glyph.value != 0x061C)
                    if glyphs == .ascii { #expect(glyph.isASCII) }
                }
                // The right half of a wide character always follows its left.
                for y in 0..<2 {
                    for x in 0..<20 where canvas[x, y].glyph == nil {
                        #expect(x > 0)
                        if x > 0, let left = canvas[x - 1, y].glyph { #expect(DisplayWidth.of(left) == 2) }
                    }
                }
            }
        }
    }

    @Test func wideCharactersTakeTwoColumnsAndAreNotCutInHalf() {
        var canvas = Canvas(width: 6, height: 1)
        canvas.put("警a鐘鐘", x: 0, y: 0)
        #expect(canvas.line(0) == "警a鐘")
        canvas.put("x", x: 1, y: 0)
        #expect(canvas.line(0) == " xa鐘")
        #expect(DisplayWidth.of("e\u{301}") == 1)
        #expect(DisplayWidth.of("⏰") == 2)
    }

    @Test func fittingShowsThatSomethingIsMissing() {
        var canvas = Canvas(width: 10, height: 1)
        canvas.fit("abcdefgh", x: 0, y: 0, width: 5)
        #expect(canvas.line(0) == "abcd…")
    }

    @Test func bars() {
        func bar(_ bar: Bar, _ glyphs: GlyphSet = .braille) -> String {
            var canvas = Canvas(width: 10, height: 1, glyphs: glyphs)
            bar.draw(&canvas, x: 0, y: 0, width: 10)
            return canvas.line(0)
        }
        #expect(bar(Bar(0.45, warns: 0.7, critical: 0.9)) == "████▌··│·┃")
        #expect(bar(Bar(0.95, warns: 0.7, critical: 0.9)) == "█████████┃")
        #expect(bar(Bar(0.1, expected: 0.2...0.5)) == "█·░░░·····")
        #expect(bar(Bar(nil)) == "??????????")
        #expect(bar(Bar(0.5, warns: 0.8), .ascii) == "#####...|.")
        #expect(bar(Bar(7)) == "██████████")
    }

    @Test func sparklinesBeginAtTheRightAndKeepPeaks() {
        var canvas = Canvas(width: 8, height: 1)
        Sparkline([1, 8], ceiling: 8).draw(&canvas, x: 0, y: 0, width: 8, span: 8)
        #expect(canvas.line(0) == "      ▁█")
        canvas.clear()
        Sparkline([0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ceiling: 9).draw(
            &canvas, x: 0, y: 0, width: 8, span: 16)
        #expect(canvas.line(0) == "█▁▁▁▁▁▁▁")
    }

    /// The band lies behind the curve, and where the curve left it the column is marked.
    @Test func graphsMarkWhereTheBandWasLeft() {
        var canvas = Canvas(width: 40, height: 6, glyphs: .ascii)
        let points = (0..<60).map { Double?.some($0 == 45 ? 90 : 40) }
        let (low, high) = (points.map { _ in Double?.some(30) }, points.map { _ in Double?.some(60) })
        Graph(points, low: low, high: high, bounds: 0...100) { "\(Int($0))" }
            .draw(&canvas, in: Rect(x: 0, y: 0, width: 40, height: 6))
        let marked = (0..<canvas.width).filter { x in
            (0..<canvas.height).contains { canvas[x, $0].style.role == .anomaly }
        }
        // Ten columns of scale, then thirty for sixty points.
        #expect(marked == [10 + 45 * 30 / 60])
        let behind = (0..<canvas.height).filter { y in canvas[20, y].style.role == .band }
        #expect(!behind.isEmpty && behind.count < canvas.height)
        var plain = Canvas(width: 40, height: 6, glyphs: .ascii)
        Graph(points, bounds: 0...100) { "\(Int($0))" }.draw(&plain, in: Rect(x: 0, y: 0, width: 40, height: 6))
        #expect(!plain.text.contains("^"))
    }

    @Test func graphsDrawTheirThreshold() {
        for glyphs in GlyphSet.allCases {
            var canvas = Canvas(width: 40, height: 6, glyphs: glyphs)
            let points = (0..<60).map { Double?.some(Double($0)) }
            Graph(points, threshold: 50) { "\(Int($0))" }.draw(&canvas, in: Rect(x: 0, y: 0, width: 40, height: 6))
            #expect(canvas.line(0).contains("59"))
            #expect(canvas.line(1).contains(" 50"))
            var empty = Canvas(width: 40, height: 6, glyphs: glyphs)
            Graph([nil, .nan]) { "\($0)" }.draw(&empty, in: Rect(x: 0, y: 0, width: 40, height: 6))
            #expect(empty.line(0) == "no values yet")
        }
    }

    @Test func linesAreDividedWithTheFirstClaimsServedFirst() {
        let claims = [Allotment.Claim(least: 3, most: 5), .init(least: 2, most: 9), .init(least: 4, most: 4)]
        #expect(Allotment.divide(20, among: claims) == [5, 9, 4])
        #expect(Allotment.divide(11, among: claims) == [4, 3, 4])
        #expect(Allotment.divide(6, among: claims) == [4, 2, 0])
        #expect(Allotment.divide(2, among: claims) == [0, 2, 0])
        #expect(Allotment.divide(-3, among: claims) == [0, 0, 0])
    }
}

@Suite struct ThemeTests {
    @Test func theShippedThemesNameEveryRoleWithoutFault() {
        for (name, text) in Themes.all {
            let theme = Theme(name: name, text: text)
            #expect(theme.faults.isEmpty, "\(name)")
            if name == "mono" {
                #expect(theme.mono)
            } else {
                for role in Role.allCases { #expect(theme.foreground[role] != nil, "\(name) \(role)") }
            }
        }
    }

    /// A file as btop ships it has none of our names and gives a usable screen all the same.
    @Test func anyBtopThemeLoads() {
        let theme = Theme(
            name: "x",
            text: """
                # a remark
                theme[main_bg]="#282a36"
                theme[main_fg]='#F8F8F2'
                theme[title]=#f8f8f2
                theme[hi_fg]="139 233 253"
                theme[inactive_fg]="#44"
                theme[temp_start]="#bd93f9"
                theme[temp_mid]=""
                theme[temp_end]="#ff33a8"
                theme[cpu_mid]="#ffb86c"
                theme[unheard_of]="#123456"
                """)
        #expect(theme.faults.isEmpty)
        #expect(theme.foreground[.text] == Theme.Colour(0xF8, 0xF8, 0xF2))
        #expect(theme.foreground[.key] == Theme.Colour(139, 233, 253))
        #expect(theme.foreground[.dim] == Theme.Colour(0x44, 0x44, 0x44))
        #expect(theme.foreground[.critical] == Theme.Colour(0xFF, 0x33, 0xA8))
        #expect(theme.foreground[.warning] == Theme.Colour(0xFF, 0xB8, 0x6C))
        #expect(theme.background[.normal] == Theme.Colour(0x28, 0x2A, 0x36))
    }

    @Test func faultsAreNamedAndTheRestIsUsed() {
        let theme = Theme(name: "x", text: "nonsense\ntheme[main_fg]=\"#12\"\ntheme[title]=\"blue\"\n")
        #expect(
            theme.faults == [
                "line 1 is no assignment", "line 3: \"blue\" is no colour (#RRGGBB, #GG or three decimals)",
            ])
        #expect(theme.foreground[.text] == Theme.Colour(0x12, 0x12, 0x12))
    }

    @Test func coloursFindTheNearestOfThePalette() {
        #expect(Theme.Colour(255, 0, 0).nearest256 == 196)
        #expect(Theme.Colour(8, 8, 8).nearest256 == 232)
        #expect(Theme.Colour(0, 0, 0).nearest256 == 16)
    }
}
