/// Colours for roles and surfaces, read from a file in btop's syntax: `theme[name]="value"`.
///
/// Our own names are those of ``Role``, and `alarm_bg`, `dialog_bg`. A file of btop's own has none of them: then its
/// names stand in, so that any btop theme gives a usable screen.
public struct Theme: Sendable, Equatable {
    /// A colour in 24 bits.
    public struct Colour: Sendable, Hashable {
        public let red: UInt8
        public let green: UInt8
        public let blue: UInt8

        public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }

        /// The nearest entry of the 256-colour palette, the first sixteen left out because users redefine them.
        public var nearest256: Int {
            var best = (distance: Int.max, index: 16)
            for index in 16...255 {
                let other = Self.palette(index)
                let (r, g, b) = (
                    Int(red) - Int(other.red), Int(green) - Int(other.green), Int(blue) - Int(other.blue)
                )
                // The eye is keenest for green.
                let distance = 3 * r * r + 6 * g * g + 2 * b * b
                if distance < best.distance { best = (distance, index) }
            }
            return best.index
        }

        private static func palette(_ index: Int) -> Colour {
            if index >= 232 {
                let grey = UInt8(8 + (index - 232) * 10)
                return Colour(grey, grey, grey)
            }
            func step(_ level: Int) -> UInt8 { level == 0 ? 0 : UInt8(55 + level * 40) }
            let cube = index - 16
            return Colour(step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        }
    }

    public let name: String
    /// nil leaves the terminal's own colour.
    public private(set) var foreground: [Role: Colour] = [:]
    public private(set) var background: [Surface: Colour] = [:]
    /// Never use colour, whatever the terminal can do.
    public private(set) var mono = false

    /// Lines that are no assignment, with their number; the rest of the file is used all the same.
    public private(set) var faults: [String] = []

    /// What stands in for a role in a file that does not name it, in order.
    private static let standIns: [Role: [String]] = [
        .text: ["main_fg"], .dim: ["inactive_fg", "graph_text"], .title: ["title", "main_fg"], .key: ["hi_fg"],
        .rule: ["div_line", "inactive_fg"], .ok: ["cpu_start", "temp_start"],
        .info: ["proc_box", "download_mid", "cpu_box"],
        .warning: ["temp_mid", "cpu_mid", "used_mid"], .critical: ["temp_end", "cpu_end", "used_end"],
        .unknown: ["upload_end", "upload_mid", "net_box"], .pending: ["temp_mid", "cpu_mid"],
        .acknowledged: ["graph_text", "inactive_fg"], .silenced: ["inactive_fg"],
        .graph: ["cpu_start", "download_start"],
        .meter: ["cpu_start", "main_fg"], .band: ["meter_bg", "inactive_fg"], .anomaly: ["upload_mid", "hi_fg"],
    ]

    /// Reads a theme. Names that nobody knows are passed over, as btop does.
    public init(name: String, text: String) {
        self.name = name
        var values: [String: String] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let (key, value) = Self.assignment(line) else {
                let content = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
                if !content.isEmpty, !content.hasPrefix("#") { faults.append("line \(number + 1) is no assignment") }
                continue
            }
            if !value.isEmpty, Self.colour(value) == nil, key != "mono" {
                faults.append("line \(number + 1): \"\(value)\" is no colour (#RRGGBB, #GG or three decimals)")
            }
            values[key] = value
        }
        for role in Role.allCases {
            let names = [Self.ownName(role)] + (Self.standIns[role] ?? [])
            foreground[role] = names.lazy.compactMap { values[$0].flatMap { Self.colour($0) } }.first
        }
        background[.normal] = values["main_bg"].flatMap { Self.colour($0) }
        background[.selected] = values["selected_bg"].flatMap { Self.colour($0) }
        background[.alarm] = (values["alarm_bg"] ?? values["temp_end"]).flatMap { Self.colour($0) }
        background[.dialog] = (values["dialog_bg"] ?? values["main_bg"]).flatMap { Self.colour($0) }
        mono = values["mono"] == "true"
    }

    private static func ownName(_ role: Role) -> String { "\(role)" }

    private static func assignment(_ line: Substring) -> (String, String)? {
        let text = line.drop { $0 == " " || $0 == "\t" }
        guard text.hasPrefix("theme["), let close = text.firstIndex(of: "]") else { return nil }
        let key = text[text.index(text.startIndex, offsetBy: 6)..<close]
        var rest = text[text.index(after: close)...].drop { $0 == " " }
        guard rest.first == "=" else { return nil }
        rest = rest.dropFirst().drop { $0 == " " }
        if let quote = rest.first, quote == "\"" || quote == "'" {
            return (String(key), String(rest.dropFirst().prefix { $0 != quote }))
        }
        return (String(key), String(rest.prefix { $0 != " " && $0 != "\t" && $0 != "\r" }))
    }

    /// `#RRGGBB`, `#GG` (grey), or three decimals.
    static func colour(_ value: String) -> Colour? {
        if value.hasPrefix("#") {
            let digits = value.dropFirst()
            guard digits.allSatisfy(\.isHexDigit), let number = UInt32(digits, radix: 16) else { return nil }
            if digits.count == 2 { return Colour(UInt8(number), UInt8(number), UInt8(number)) }
            guard digits.count == 6 else { return nil }
            return Colour(UInt8(number >> 16), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF))
        }
        let parts = value.split(separator: " ").compactMap { UInt8($0) }
        return parts.count == 3 ? Colour(parts[0], parts[1], parts[2]) : nil
    }

    /// Numbers of the sixteen colours for terminals that have no more: the meaning stays, the theme's taste does not.
    public static func ansi(_ role: Role) -> Int? {
        switch role {
        case .text, .meter, .acknowledged: nil
        case .dim, .rule, .silenced, .band: 8
        case .title: 7
        case .key, .info: 6
        case .ok, .graph: 2
        case .warning, .pending: 3
        case .critical: 1
        case .unknown, .anomaly: 5
        }
    }
}
