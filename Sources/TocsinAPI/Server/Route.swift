import TocsinModel

/// One thing the server answers: the table of these is the API, its document, and what the tests walk.
public struct Route: Sendable {
    /// A parameter, for the document.
    public struct Parameter: Sendable {
        public enum Place: String, Sendable { case path, query }

        public let name: String
        public let place: Place
        public let words: String
        public let required: Bool

        init(_ name: String, _ words: String, in place: Place = .query, required: Bool = false) {
            self.name = name
            self.place = place
            self.words = words
            self.required = required || place == .path
        }
    }

    public typealias Handler = @Sendable (Visit) async throws -> APIResponse

    /// `GET`, `POST`
    public let method: String
    /// Pieces in braces stand for any text without a slash: `/api/v1/label/{name}/values`.
    public let path: String
    /// Nil for what everybody may ask, also without a name.
    public let permission: Permission?
    public let summary: String
    public let parameters: [Parameter]
    /// The name of the schema of its body; nil where it takes none or a form.
    public let body: String?
    /// The media type of its answer.
    public let media: String
    let handler: Handler

    init(
        _ method: String, _ path: String, _ permission: Permission?, _ summary: String,
        parameters: [Parameter] = [], body: String? = nil, media: String = "application/json",
        _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.permission = permission
        self.summary = summary
        self.parameters = parameters
        self.body = body
        self.media = media
        self.handler = handler
    }

    /// The texts that stand for the pieces in braces, or nil when the path is another.
    func match(_ pieces: [Substring]) -> [String: String]? {
        let wanted = path.split(separator: "/", omittingEmptySubsequences: true)
        guard wanted.count == pieces.count else { return nil }
        var values: [String: String] = [:]
        for (want, piece) in zip(wanted, pieces) {
            if want.hasPrefix("{") {
                values[String(want.dropFirst().dropLast())] = PercentCoding.decode(piece.utf8)
            } else if want != piece {
                return nil
            }
        }
        return values
    }
}

/// A request on its way through a route, with who asks.
public struct Visit: Sendable {
    public var request: APIRequest
    /// What stood for the pieces in braces.
    public var values: [String: String]
    public var identity: Identity
    /// The engine as this identity sees it.
    public var service: any TocsinService
    public var control: any EngineControl

    var parameters: Parameters { request.parameters }

    /// A body of JSON, or the fault that says what is wrong with it.
    func body<Value: Decodable>(_ type: Value.Type) throws(APIProblem) -> Value {
        do { return try JSONCoding.value(type, request.body) } catch {
            throw APIProblem(
                400, "bad_body", "the body is not the JSON that is wanted: \(Self.words(error))",
                remedy: "/tocsin/v1/openapi.json says what it must hold")
        }
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "it cannot be read" }
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return (path.isEmpty ? "" : "\(path): ") + context.debugDescription
        }
        switch error {
        case .keyNotFound(let key, _): return "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return place(context)
        @unknown default: return "it cannot be read"
        }
    }
}

/// What an admin may do to the engine beside commands. The composition root provides it.
public protocol EngineControl: Sendable {
    /// Reads configuration and rules anew. Faulty ones change nothing; the receipt lists the faults.
    func reload(by: Operator) async -> Receipt
    /// Copies the engine's state into a file of its own and says where it is.
    func backUp(by: Operator) async -> Receipt
    /// What the engine was configured with, as text without secrets.
    var configuration: String { get }
    /// For `/api/v1/status`.
    var facts: EngineFacts { get }
}

/// What does not change while an engine runs.
public struct EngineFacts: Sendable {
    public var version: String
    public var host: String
    /// Wall time in milliseconds.
    public var startedAt: Milliseconds
    public var workingFolder: String
    /// How long samples are kept, as a duration.
    public var retention: String
    /// Command-line options by name.
    public var flags: [(name: String, value: String)]

    public init(
        version: String, host: String, startedAt: Milliseconds, workingFolder: String, retention: String,
        flags: [(name: String, value: String)]
    ) {
        self.version = version
        self.host = host
        self.startedAt = startedAt
        self.workingFolder = workingFolder
        self.retention = retention
        self.flags = flags
    }
}
