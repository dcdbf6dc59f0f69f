import TocsinModel

/// Writes JSON as bytes, piece by piece: answers with a million numbers are no work for a general encoder.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func raw(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }
    public mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A text in quotes.
    public mutating func string(_ text: String) {
        bytes.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22: raw("\\\"")
            case 0x5C: raw("\\\\")
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            case 0..<0x20: raw("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(0x22)
    }

    /// A list of what `write` writes for each item.
    public mutating func list<Items: Sequence>(_ items: Items, _ write: (inout JSONWriter, Items.Element) -> Void) {
        bytes.append(UInt8(ascii: "["))
        var first = true
        for item in items {
            if !first { bytes.append(UInt8(ascii: ",")) }
            first = false
            write(&self, item)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// An object of texts, in the order given.
    public mutating func object(_ pairs: some Sequence<(String, String)>) {
        bytes.append(UInt8(ascii: "{"))
        var first = true
        for (name, value) in pairs {
            if !first { bytes.append(UInt8(ascii: ",")) }
            first = false
            string(name)
            bytes.append(UInt8(ascii: ":"))
            string(value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    public mutating func labels(_ labels: Labels) { object(labels.pairs.lazy.map { ($0.name, $0.value) }) }
}

/// Answers in the shape of Prometheus' HTTP API, byte for byte where its clients look.
public enum PrometheusJSON {
    /// `{"status":"success","data":…}`
    public static func success(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.raw("{\"status\":\"success\",\"data\":")
        write(&json)
        json.raw("}")
        return json.bytes
    }

    public static func failure(_ fault: QueryFault) -> [UInt8] {
        var json = JSONWriter()
        json.raw("{\"status\":\"error\",\"errorType\":")
        json.string(fault.kind.rawValue)
        json.raw(",\"error\":")
        json.string(fault.description)
        json.raw("}")
        return json.bytes
    }

    public static func answer(_ result: QueryResult) -> [UInt8] {
        success { json in
            switch result {
            case .scalar(let value, let time): typed(&json, "scalar") { point(&$0, time, value) }
            case .string(let text, let time):
                typed(&json, "string") { json in
                    json.raw("[\(seconds(time)),")
                    json.string(text)
                    json.raw("]")
                }
            case .vector(let samples):
                typed(&json, "vector") { json in
                    json.list(samples) { json, sample in
                        json.raw("{\"metric\":")
                        json.labels(sample.labels)
                        json.raw(",\"value\":")
                        point(&json, sample.at, sample.value)
                        json.raw("}")
                    }
                }
            case .matrix(let series): typed(&json, "matrix") { matrix(&$0, series) }
            case .series(let sets): json.list(sets) { $0.labels($1) }
            case .names(let names): json.list(names) { $0.string($1) }
            case .text(let text): json.string(text)
            case .readings: json.raw("[]")
            case .families(let families): metadata(&json, families)
            }
        }
    }

    private static func typed(_ json: inout JSONWriter, _ type: StaticString, _ write: (inout JSONWriter) -> Void) {
        json.raw("{\"resultType\":\"")
        json.raw(type)
        json.raw("\",\"result\":")
        write(&json)
        json.raw("}")
    }

    private static func matrix(_ json: inout JSONWriter, _ series: [SampleSeries]) {
        json.list(series) { json, one in
            json.raw("{\"metric\":")
            json.labels(one.labels)
            json.raw(",\"values\":")
            json.list(zip(one.timestamps, one.values)) { point(&$0, $1.0, $1.1) }
            json.raw("}")
        }
    }

    private static func metadata(_ json: inout JSONWriter, _ families: [MetricFamily]) {
        json.raw("{")
        for (number, family) in families.enumerated() {
            if number > 0 { json.raw(",") }
            json.string(family.name)
            json.raw(":[{\"type\":")
            json.string(family.kind == .untyped ? "unknown" : family.kind.rawValue)
            json.raw(",\"help\":")
            json.string(family.help)
            json.raw(",\"unit\":\"\"}]")
        }
        json.raw("}")
    }

    /// `[1435781451.781,"1"]`
    static func point(_ json: inout JSONWriter, _ time: Milliseconds, _ value: Double) {
        json.raw("[")
        json.raw(seconds(time))
        json.raw(",\"")
        json.raw(number(value))
        json.raw("\"]")
    }

    /// Seconds, with three decimals where there is a fraction.
    public static func seconds(_ time: Milliseconds) -> String {
        let (whole, rest) = time.magnitude.quotientAndRemainder(dividingBy: 1000)
        let sign = time < 0 ? "-" : ""
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(String("\(1000 + rest)".dropFirst()))"
    }

    /// A value as Prometheus writes it: no exponent between 1e-6 and 1e21.
    public static func number(_ value: Double) -> String {
        let magnitude = value.magnitude
        if magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21, value.isFinite {
            return GoNumber.exponential(value)
        }
        return GoNumber.plain(value)
    }
}
