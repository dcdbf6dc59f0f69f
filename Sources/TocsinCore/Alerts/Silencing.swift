import HashTreeCollections
import LinearRegex
import TocsinModel

/// How alerts are silenced, and how silences end. The rules are Alertmanager's: it applies for `start ≤ now < end`, a
/// start in the past becomes now, other matchers make a new silence and expire the old one.
extension MonitorCore {
    /// A silence that ended is remembered for so long, as in Alertmanager.
    package static let silenceRetention: Milliseconds = 120 * 3_600_000

    /// The silences that mute an alert at a time, in the order of their names.
    package func silences(of entry: Entry, at now: Milliseconds) -> [Silence] {
        entry.silences.compactMap { silences[$0] }.filter { $0.state(at: now) == .active }
    }

    /// True when somebody has acknowledged the alert, or silenced it.
    package func isTaken(_ entry: Entry, at now: Milliseconds) -> Bool {
        entry.alert.acknowledgement != nil || !silences(of: entry, at: now).isEmpty
    }

    mutating func restore(_ kept: [Silence], _ tokens: [AccessToken]) {
        for silence in kept { silences.keep(silence) }
        for token in tokens { self.tokens[token.name] = token }
        rematch()
    }

    mutating func keep(_ silence: Silence, _ now: Milliseconds) {
        silences.keep(silence)
        rematch()
    }

    private mutating func rematch() {
        for entry in sorted {
            alerts[entry.alert.episode.fingerprint]?.silences = silences.matching(entry.alert.labels)
        }
    }

    /// Ends what is over, and forgets what ended long ago.
    mutating func endSilences(_ now: Moment, _ decision: inout Decision) {
        for silence in silences.all {
            if silence.endsAt <= now.engine, !silence.ended {
                var over = silence
                over.ended = true
                silences.keep(over)
                decision.changes.append(.silence(over))
                let firing = sorted.count { $0.alert.state == .firing && $0.silences.contains(silence.id) }
                let left = firing == 0 ? "nothing it matched fires" : "\(firing) alerts it hid still fire"
                decision.audit.append(entry("silence ended", .engine, silence, now, left))
            }
            if now.engine - silence.endsAt > Self.silenceRetention {
                silences.forget(silence.id)
                rematch()
            }
        }
    }

    // MARK: Commands

    mutating func silence(
        _ request: SilenceRequest, _ command: CommandID, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) -> Result<(Effect, Receipt), Refusal> {
        let old = request.id.flatMap { silences[$0] }
        if let id = request.id, old == nil {
            return .failure(Refusal(words: "there is no silence \(id)"))
        }
        if let words = Self.fault(request) { return .failure(Refusal(words: words)) }
        let start = max(now.engine, request.startsAt.map { $0 - now.offset } ?? now.engine)
        var silence = Silence(
            id: SilenceID(command.raw, Self.mixed(request.matchers, now)), matchers: request.matchers, startsAt: start,
            endsAt: start + min(request.duration, 315_360_000_000), by: by, comment: request.comment,
            updatedAt: now.engine)
        if let old, old.matchers == request.matchers, old.state(at: now.engine) != .expired {
            silence.id = old.id
            // One that has begun keeps its beginning.
            if old.state(at: now.engine) == .active { silence.startsAt = old.startsAt }
        } else if let old, old.state(at: now.engine) != .expired {
            decision.changes.append(.silence(old.ending(at: now.engine)))
            decision.effects.append(.silence(old.ending(at: now.engine)))
        }
        decision.changes.append(.silence(silence))
        let matched = sorted.count { $0.alert.state == .firing && matches(silence, $0.alert.labels) }
        let length = Words.duration(silence.endsAt - silence.startsAt)
        let words = "silenced for \(length): \(matched == 1 ? "1 alert" : "\(matched) alerts") firing now"
        var detail = words
        if !request.comment.isEmpty { detail += " “\(request.comment)”" }
        decision.audit.append(entry(old == nil ? "silenced" : "silence changed", by, silence, now, detail))
        return .success((.silence(silence), Receipt(.done, words, silence: silence.id)))
    }

    mutating func expireSilence(
        _ id: SilenceID, _ by: Operator, _ now: Moment, _ decision: inout Decision
    ) -> Result<(Effect, Receipt), Refusal> {
        guard let silence = silences[id] else { return .failure(Refusal(words: "there is no silence \(id)")) }
        if silence.state(at: now.engine) == .expired {
            return .failure(
                Refusal(words: "this silence ended \(Words.duration(now.engine - silence.endsAt)) ago already"))
        }
        let over = silence.ending(at: now.engine)
        decision.changes.append(.silence(over))
        decision.audit.append(entry("silence expired", by, silence, now, "ended by hand"))
        return .success((.silence(over), Receipt(.done, "the silence of \(silence.words) is over", silence: id)))
    }

    /// Answers a command that has one effect.
    mutating func answer(
        _ id: CommandID, _ command: OperatorCommand, _ outcome: Result<(Effect, Receipt), Refusal>, _ by: Operator,
        _ now: Moment, _ decision: inout Decision
    ) {
        switch outcome {
        case .success(let done): decision.effects += [done.0, .reply(Reply(id, done.1))]
        case .failure(let refusal):
            decision.audit.append(self.refusal(command, by, now, refusal.words))
            remember(Reply(id, Receipt(.refused, refusal.words)), &decision)
        }
    }

    private static func fault(_ request: SilenceRequest) -> String? {
        if request.matchers.isEmpty { return "a silence needs a matcher, such as alertname=DiskFull" }
        if request.duration <= 0 { return "a silence must end after it begins" }
        if let odd = request.matchers.first(where: { !LabelSyntax.isLabelName($0.name) }) {
            return "\"\(odd.name)\" is no name of a label"
        }
        do throws(LinearRegex.Malformed) {
            if try CompiledMatchers(request.matchers).acceptsNothing {
                return "these matchers accept every alert: at least one must not match an empty label"
            }
        } catch { return "an expression cannot be read: \(error.reason)" }
        return nil
    }

    private func matches(_ silence: Silence, _ labels: Labels) -> Bool {
        (try? CompiledMatchers(silence.matchers))?.matches(labels) ?? false
    }

    /// Makes names of silences differ even where somebody's commands repeat their numbers.
    private static func mixed(_ matchers: [LabelMatcher], _ now: Moment) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(bitPattern: now.wall)
        for byte in matchers.flatMap({ Array("\($0.name)\($0.operation.rawValue)\($0.value);".utf8) }) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return hash
    }

    private func entry(
        _ action: String, _ by: Operator, _ silence: Silence, _ now: Moment, _ detail: String
    ) -> AuditEntry {
        AuditEntry(at: now.wall, by: by, action: action, target: silence.words, detail: detail)
    }
}

extension Silence {
    func ending(at now: Milliseconds) -> Silence {
        var over = self
        over.endsAt = now
        over.startsAt = min(startsAt, now)
        over.updatedAt = now
        over.ended = true
        return over
    }
}
