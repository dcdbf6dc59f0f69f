import HashTreeCollections
import TocsinModel

/// How tokens are handed out and taken back. The core never sees a secret, only its hash.
extension MonitorCore {
    /// Every token, by name.
    package var allTokens: [AccessToken] { tokens.values.sorted { $0.name < $1.name } }

    mutating func add(
        _ token: AccessToken, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) -> Result<(Effect, Receipt), Refusal> {
        if tokens[token.name] != nil {
            return .failure(
                Refusal(words: "there is a token \(token.name) already; revoke it first, or choose another name"))
        }
        if token.name.isEmpty || token.name.utf8.count > 100 || token.hash.utf8.count != 64 {
            return .failure(Refusal(words: "a token needs a name of at most 100 letters and a SHA-256 of its secret"))
        }
        if let end = token.expiresAt, end <= now.wall {
            return .failure(Refusal(words: "the token would be over before it begins"))
        }
        var token = token
        token.createdBy = by
        token.createdAt = now.wall
        decision.changes.append(.token(token))
        let role = token.access.role?.rawValue ?? "nothing"
        let end = token.expiresAt.map { ", for \(Words.duration($0 - now.wall))" } ?? ", without end"
        decision.audit.append(
            AuditEntry(at: now.wall, by: by, action: "token created", target: token.name, detail: role + end))
        return .success((.token(token.name, token), Receipt(.done, "token \(token.name): \(role)\(end)")))
    }

    mutating func revoke(
        _ name: String, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) -> Result<(Effect, Receipt), Refusal> {
        guard tokens[name] != nil else { return .failure(Refusal(words: "there is no token \(name)")) }
        decision.changes.append(.revokedToken(name: name))
        decision.audit.append(AuditEntry(at: now.wall, by: by, action: "token revoked", target: name, detail: ""))
        return .success((.token(name, nil), Receipt(.done, "token \(name) is revoked: it opens nothing from now on")))
    }
}
