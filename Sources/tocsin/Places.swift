import Configuration
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

    /// The files that a pattern names, in order; none when there are none.
    static func glob(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
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
        return String(decoding: data, as: UTF8.self)
    }
}
