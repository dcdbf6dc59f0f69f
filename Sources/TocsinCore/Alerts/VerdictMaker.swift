import HashTreeCollections
import TocsinModel

/// Puts the state of a host into one sentence.
package enum VerdictMaker {
    /// - Parameters:
    ///   - watched: for how long the engine has been watching, in milliseconds.
    package static func verdict(_ core: MonitorCore, watched: Milliseconds, now: Milliseconds) -> Verdict {
        let entries = core.sorted
        let alerts = entries.map(\.alert)
        let firing = alerts.filter { $0.state == .firing && $0.severity > .info }.sorted(by: precedes)
        let taken = Set(entries.filter { core.isTaken($0, at: now) }.map(\.alert.episode))
        let unowned = firing.filter { !taken.contains($0.episode) }
        let (judged, total) = counts(core)
        var verdict = Verdict(
            severity: nil, allOwned: false, sentence: "", detail: "", episode: nil, rulesJudged: judged,
            rulesTotal: total)
        if let worst = unowned.first ?? firing.first {
            verdict.severity = worst.severity
            verdict.allOwned = unowned.isEmpty
            verdict.sentence = AlertWords.sentence(worst, home: core.home)
            verdict.episode = worst.episode
            verdict.since = worst.firingSince ?? now
            let entry = entries.first { $0.alert.episode == worst.episode }
            let silence = entry.flatMap { core.silences(of: $0, at: now).first }
            verdict.detail = ownership(worst, silence, others: firing.count - 1, now)
            return verdict
        }
        let silent = core.judgements.filter { if case .noData = $0.value { true } else { false } }.map(\.key).sorted()
        if !silent.isEmpty {
            verdict.severity = .unknown
            verdict.sentence = "\(silent.count) of \(total) rules have lost their data; nothing can be said of them"
            verdict.detail = silent.prefix(4).map(\.name).joined(separator: ", ")
            return verdict
        }
        let waiting = waiting(core)
        verdict.sentence = Verdict.quietSentence(judgedWords(judged, total, waiting))
        verdict.since = now - watched
        verdict.detail = quietDetail(alerts, waiting, now, core.home)
        verdict.episode = alerts.filter { $0.state == .pending }.sorted(by: precedes).first?.episode
        return verdict
    }

    /// Worst first, then newest.
    package static func precedes(_ a: Alert, _ b: Alert) -> Bool {
        if a.severity != b.severity { return a.severity > b.severity }
        let (x, y) = (a.firingSince ?? a.activeSince, b.firingSince ?? b.activeSince)
        return x == y ? a.labels < b.labels : x > y
    }

    private static func ownership(
        _ alert: Alert, _ silence: Silence?, others: Int, _ now: Milliseconds
    ) -> String {
        var words = "nobody has it"
        if let owner = alert.acknowledgement {
            words = "\(owner.by.name) has it"
            if !owner.comment.isEmpty { words += " “\(owner.comment)”" }
        } else if let silence {
            words = "silenced by \(silence.by.name) for another \(Words.duration(silence.endsAt - now))"
        }
        if let since = alert.unjudgedSince { words += ", not judged for \(Words.duration(now - since))" }
        if others > 0 { words += " · \(others) more" }
        return words
    }

    /// Rules that can be judged and rules that speak of something here.
    private static func counts(_ core: MonitorCore) -> (judged: Int, total: Int) {
        let here = core.judgements.values.filter { $0 != .notApplicable }
        return (here.count { $0 == .judged }, here.count)
    }

    private static func waiting(_ core: MonitorCore) -> [(rule: RuleKey, missing: Milliseconds)] {
        core.judgements.compactMap { key, judgement in
            if case .waiting(let missing) = judgement { (key, missing) } else { nil }
        }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    private static func judgedWords(
        _ judged: Int, _ total: Int, _ waiting: [(rule: RuleKey, missing: Milliseconds)]
    ) -> String {
        guard let longest = waiting.first else { return "\(judged) of \(total) rules judged" }
        return "\(waiting.count) of \(total) rules not yet judgeable, longest \(Words.duration(longest.missing))"
    }

    private static func quietDetail(
        _ alerts: [Alert], _ waiting: [(rule: RuleKey, missing: Milliseconds)], _ now: Milliseconds, _ home: String?
    ) -> String {
        if let suspect = alerts.filter({ $0.state == .pending && $0.severity > .info }).sorted(by: precedes).first {
            let left = max(0, suspect.activeSince + suspect.holdFor - now)
            return
                "suspicion: \(AlertWords.sentence(suspect, home: home)); fires in \(Words.duration(left)) if it stays"
        }
        if !waiting.isEmpty {
            return "not yet: " + waiting.map { "\($0.rule.name) \(Words.duration($0.missing))" }.joined(separator: ", ")
        }
        let notes = alerts.filter { $0.state == .firing }.sorted(by: precedes)
        return notes.isEmpty ? "" : "note: " + notes.map { AlertWords.sentence($0, home: home) }.joined(separator: "; ")
    }
}
