import ConfigurationFiles
import FoundationEssentials
import Glibc

/// Where files are looked for. The user's files are read and never written.
enum Places {
    /// The configuration file: the one named, else the user's, else the system's; nil when there is none.
    static func configuration(_ named: String?) -> String? {
        if let named { return named }
        let home = environment("HOME") ?? "/"
        let user = (environment("XDG_CONFIG_HOME") ?? home + "/.config") + "/tocsin/tocsin.yaml"
        return [user, "/etc/tocsin/tocsin.yaml"].first { FileManager.default.fileExists(atPath: $0) }
    }

    /// The folder of the journal.
    static func state(_ configured: String?) -> String {
        if let configured { return configured }
        if let xdg = environment("XDG_STATE_HOME"), !xdg.isEmpty { return xdg + "/tocsin" }
        if getuid() == 0 { return "/var/lib/tocsin" }
        return (environment("HOME") ?? "/") + "/.local/state/tocsin"
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// A folder by its whole path: programs beside the configuration are started from elsewhere.
    static func absolute(_ folder: String) -> String {
        guard let whole = realpath(folder, nil) else { return folder }
        defer { free(whole) }
        return String(cString: whole)
    }

    /// False when a bracket of a pattern is not closed, or nothing follows a backslash.
    static func isPattern(_ text: String) -> Bool {
        var rest = Substring(text)
        while let first = rest.popFirst() {
            if first == "\\" {
                if rest.popFirst() == nil { return false }
            } else if first == "[" {
                if rest.first == "^" { rest.removeFirst() }
                guard rest.first != "]", let close = rest.firstIndex(of: "]") else { return false }
                rest = rest[rest.index(after: close)...]
            }
        }
        return true
    }

    /// The files that a pattern names, in order; none when there are none.
    static func glob(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        // As in Go only ^ negates.
        let pattern = pattern.replacing("[!", with: "[\\!")
        guard Glibc.glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    /// A file's text, or a fault that says why not.
    static func read(_ path: String) throws(Faults) -> String {
        var about = stat()
        if stat(path, &about) == 0, about.st_mode & S_IFMT != S_IFREG {
            throw Faults([Fault(file: path, message: "cannot be read: it is no regular file")])
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Faults([Fault(file: path, message: "cannot be read: \(String(cString: strerror(errno)))")])
        }
        // As Prometheus reads YAML: UTF-16 where its mark says so, else UTF-8 without a fault.
        if data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF]) {
            let bytes = [UInt8](data)
            let low = bytes[0] == 0xFF ? 0 : 1
            var units: [UInt16] = []
            for at in stride(from: 2, to: bytes.count - 1, by: 2) {
                units.append(UInt16(bytes[at + low]) | UInt16(bytes[at + 1 - low]) << 8)
            }
            return String(decoding: units, as: UTF16.self)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Faults([Fault(file: path, message: "holds bytes that are no UTF-8")])
        }
        return text
    }
}
