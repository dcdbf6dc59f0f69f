import TocsinModel

/// A command as it stands on the wire: flat, with names that a person can type into curl.
public struct CommandBody: Codable, Sendable, Equatable {
    /// Which command; see ``CommandBody/init(_:id:)`` for the words.
    public var command: String
    /// Names this request, so that a repeat is carried out once; the header `Idempotency-Key` does the same.
    public var id: String?
    /// Episodes, sixteen digits / a number.
    public var alerts: [String]?
    public var comment: String?
    /// Seconds.
    public var duration: Double?
    public var sticky: Bool?
    public var silence: String?
    /// `name=value`, `!=`, `=~`, `!~`
    public var matchers: [String]?
    /// RFC 3339, or seconds since 1970.
    public var startsAt: String?
    /// The token of a plan.
    public var plan: String?
    public var typed: [String]?
    public var run: String?
    public var reason: String?
    public var service: String?
    public var name: String?
    public var token: AccessToken?
    /// A detector, and the labels of one of its series.
    public var detector: String?
    public var labels: [String: String]?

    public init(_ command: OperatorCommand, id: CommandID) {
        self.id = Hex.string(id.raw)
        switch command {
        case .acknowledge(let episodes, let comment, let duration, let sticky):
            self.command = "acknowledge"
            alerts = episodes.map(\.description)
            self.comment = comment
            self.duration = duration.map { Double($0) / 1000 }
            self.sticky = sticky
        case .unacknowledge(let episodes):
            self.command = "unacknowledge"
            alerts = episodes.map(\.description)
        case .silence(let request):
            self.command = "silence"
            silence = request.id?.description
            matchers = request.matchers.map { "\($0.name)\($0.operation.rawValue)\(Labels.quote($0.value))" }
            startsAt = request.startsAt.map { WireTime.text($0) }
            duration = Double(request.duration) / 1000
            comment = request.comment
        case .expireSilence(let id):
            self.command = "expire_silence"
            silence = id.description
        case .execute(let token, let typed):
            self.command = "execute"
            plan = Hex.string(token.raw)
            self.typed = typed
        case .abort(let run):
            self.command = "abort"
            self.run = Hex.string(run.raw)
        case .resume(let run):
            self.command = "resume"
            self.run = Hex.string(run.raw)
        case .close(let run, let reason):
            self.command = "close"
            self.run = Hex.string(run.raw)
            self.reason = reason
        case .maintain(let service, let duration, let reason):
            self.command = "maintain"
            self.service = service
            self.duration = Double(duration) / 1000
            self.reason = reason
        case .endMaintenance(let service):
            self.command = "end_maintenance"
            self.service = service
        case .addToken(let token):
            self.command = "add_token"
            self.token = token
        case .revokeToken(let name):
            self.command = "revoke_token"
            self.name = name
        case .acceptAnomaly(let name):
            self.command = "accept_anomaly"
            watch(name)
        case .refuseAnomaly(let name):
            self.command = "refuse_anomaly"
            watch(name)
        }
    }

    private mutating func watch(_ name: WatchedName) {
        detector = name.detector
        labels = Dictionary(name.labels.pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// The words for ``command``.
    static let commands = [
        "acknowledge", "unacknowledge", "silence", "expire_silence", "execute", "abort", "resume", "close", "maintain",
        "end_maintenance", "add_token", "revoke_token", "accept_anomaly", "refuse_anomaly",
    ]

    private func watched() throws(APIProblem) -> WatchedName {
        WatchedName(
            detector: try wanted(detector, "detector"),
            labels: Labels((labels ?? [:]).map { ($0.key, $0.value) }))
    }

    /// Reads the command back, or says what is missing.
    public func read() throws(APIProblem) -> OperatorCommand {
        switch command {
        case "acknowledge":
            return .acknowledge(
                try episodes(), comment: comment ?? "", duration: try milliseconds(duration), sticky: sticky ?? false)
        case "unacknowledge": return .unacknowledge(try episodes())
        case "silence": return .silence(try silenceRequest())
        case "expire_silence": return .expireSilence(SilenceID(try wanted(silence, "silence")))
        case "execute": return .execute(PlanToken(try hex(plan, "plan")), typed: typed ?? [])
        case "abort": return .abort(RunID(try hex(run, "run")))
        case "resume": return .resume(RunID(try hex(run, "run")))
        case "close": return .close(RunID(try hex(run, "run")), reason: try wanted(reason, "reason"))
        case "maintain":
            return .maintain(
                service: try wanted(service, "service"), duration: try wanted(try milliseconds(duration), "duration"),
                reason: reason ?? "")
        case "end_maintenance": return .endMaintenance(service: try wanted(service, "service"))
        case "add_token": return .addToken(try wanted(token, "token"))
        case "revoke_token": return .revokeToken(name: try wanted(name, "name"))
        case "accept_anomaly": return .acceptAnomaly(try watched())
        case "refuse_anomaly": return .refuseAnomaly(try watched())
        default:
            throw APIProblem(
                400, "bad_body", "there is no command \"\(command.prefix(60))\"",
                remedy: "commands are \(Self.commands.joined(separator: ", "))")
        }
    }

    private func wanted<Value>(_ value: Value?, _ name: String) throws(APIProblem) -> Value {
        guard let value else { throw APIProblem(400, "bad_body", "\(command) needs \(name)") }
        return value
    }

    private func hex(_ text: String?, _ name: String) throws(APIProblem) -> UInt64 {
        guard let number = UInt64(try wanted(text, name), radix: 16) else {
            throw APIProblem(400, "bad_body", "\(name) must be hexadecimal digits")
        }
        return number
    }

    private func milliseconds(_ seconds: Double?) throws(APIProblem) -> Milliseconds? {
        guard let seconds else { return nil }
        guard seconds > 0, seconds < 9e9 else {
            throw APIProblem(400, "bad_body", "duration is in seconds and more than 0")
        }
        return Milliseconds((seconds * 1000).rounded())
    }

    private func episodes() throws(APIProblem) -> [EpisodeID] {
        var out: [EpisodeID] = []
        for text in try wanted(alerts, "alerts") {
            guard let episode = EpisodeID(text) else {
                throw APIProblem(400, "bad_body", "\"\(text.prefix(60))\" is no alert; they look like 00ff…/3")
            }
            out.append(episode)
        }
        return out
    }

    private func silenceRequest() throws(APIProblem) -> SilenceRequest {
        var all: [LabelMatcher] = []
        for text in try wanted(matchers, "matchers") {
            do throws(MatcherSyntax.Fault) { all.append(try MatcherSyntax.matcher(text)) } catch {
                throw APIProblem(400, "bad_body", error.description)
            }
        }
        var start: Milliseconds?
        if let startsAt {
            start = WireTime.parse(startsAt)
            if start == nil {
                throw APIProblem(400, "bad_body", "startsAt is \"\(startsAt.prefix(60))\", which is no time")
            }
        }
        return SilenceRequest(
            id: silence.map { SilenceID($0) }, matchers: all, startsAt: start,
            duration: try wanted(try milliseconds(duration), "duration"), comment: comment ?? "")
    }

    /// The name of the command: what the sender gave it, made its own.
    public static func identifier(_ text: String, of by: Operator) -> CommandID {
        if text.utf8.count == 16, let raw = UInt64(text, radix: 16) { return CommandID(raw) }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(by.name)/\(by.uid)/\(text)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return CommandID(hash)
    }
}
