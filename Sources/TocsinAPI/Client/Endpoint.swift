import TocsinModel

/// Where an engine can be reached: `unix:/run/tocsin/tocsin.sock`, `https://host:9096`, `ssh://kim@host`.
public enum Endpoint: Sendable, Equatable, CustomStringConvertible {
    case unix(path: String)
    /// - Parameter secure: over TLS.
    case http(host: String, port: Int, prefix: String, secure: Bool)
    /// Through `ssh`, as whom and to what port its own configuration may decide.
    case ssh(user: String?, host: String, port: Int?, socket: String?)

    /// Why a text is no place, in a sentence.
    public struct Malformed: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    public static let defaultPort = 9_096

    /// Reads a place; a path alone is a socket.
    /// - Parameter defaultPort: where HTTP names none.
    public init(_ text: String, defaultPort: Int = Endpoint.defaultPort) throws(Malformed) {
        if text.hasPrefix("unix:") || text.hasPrefix("/") {
            let path = text.hasPrefix("/") ? text : String(text.dropFirst("unix:".count).trimmingPrefix("//"))
            guard path.hasPrefix("/") else {
                throw Malformed(description: "unix: needs a whole path, as unix:/run/tocsin/tocsin.sock")
            }
            self = .unix(path: path)
            return
        }
        guard let mark = text.firstRange(of: "://") else {
            throw Malformed(description: "\"\(text)\" is no place: write unix:PATH, https://HOST:PORT or ssh://HOST")
        }
        let scheme = text[..<mark.lowerBound]
        let rest = text[mark.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let (authority, path) = (rest[..<slash], String(rest[slash...]))
        let at = authority.lastIndex(of: "@")
        let user = at.map { String(authority[..<$0]) }
        let (host, port) = try Self.host(at.map { authority[authority.index(after: $0)...] } ?? authority, text)
        switch scheme {
        case "http", "https":
            if user != nil { throw Malformed(description: "no name or password in the address: use --token-file") }
            let prefix = path.hasSuffix("/") ? String(path.dropLast()) : path
            self = .http(host: host, port: port ?? defaultPort, prefix: prefix, secure: scheme == "https")
        case "ssh": self = .ssh(user: user, host: host, port: port, socket: path.count > 1 ? path : nil)
        default:
            throw Malformed(
                description: "\"\(scheme)\" is not spoken here: write unix:PATH, https://HOST:PORT or ssh://HOST")
        }
    }

    private static func host(_ text: Substring, _ whole: String) throws(Malformed) -> (String, Int?) {
        var host = text
        var port: Int?
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<close]
            let after = text[text.index(after: close)...]
            port = after.isEmpty ? nil : Int(after.dropFirst()) ?? -1
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = Int(text[text.index(after: colon)...]) ?? -1
        }
        // A host that begins with a dash would be an option to ssh.
        guard !host.isEmpty, !host.hasPrefix("-"), port.map({ (1...65_535).contains($0) }) ?? true else {
            throw Malformed(description: "\"\(whole)\" names no host and port")
        }
        return (String(host), port)
    }

    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .http(let host, let port, let prefix, let secure):
            "\(secure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)\(prefix)"
        case .ssh(let user, let host, let port, let socket):
            "ssh://\(user.map { $0 + "@" } ?? "")\(host)\(port.map { ":\($0)" } ?? "")\(socket ?? "")"
        }
    }
}
