/// Go's `Regexp.Expand`: a replacement in which `$1`, `${1}`, `$name`, `${name}` stand for groups and `$$` for a dollar.
public enum Expansion {
    /// - Parameters:
    ///   - groups: the text of each group, the whole match first.
    ///   - number: the number of a named group, or nil. Groups that do not exist are empty.
    public static func expand(
        _ template: String, _ groups: [String], number: (String) -> Int?
    ) -> String {
        var out = ""
        var rest = Substring(template)
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                out += "$"
                rest = rest.dropFirst()
                continue
            }
            let braced = rest.first == "{"
            let body = braced ? rest.dropFirst() : rest
            let name = body.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            let after = body.dropFirst(name.count)
            guard !name.isEmpty, !braced || after.first == "}" else {
                out += "$"
                continue
            }
            rest = braced ? after.dropFirst() : after
            // A number has no leading zero, else it is a name.
            let index = name.count > 1 && name.hasPrefix("0") ? nil : Int(name)
            if let group = index ?? number(String(name)), groups.indices.contains(group) { out += groups[group] }
        }
        return out + rest
    }
}
