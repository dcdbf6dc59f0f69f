import HashTreeCollections
import TocsinModel

/// The deciding part: a value that turns each input into a decision. It reads no clock and does no I/O, so every
/// decision can be replayed.
package struct MonitorCore: Sendable {
    /// An alert with the rule it belongs to.
    package struct Entry: Sendable {
        package var alert: Alert
        package var key: RuleKey?
        /// The silences whose matchers its labels satisfy, active or not.
        var silences: [SilenceID] = []
    }

    /// Alerts by fingerprint: the active ones, and each label set's last episode for as long as it is remembered.
    package internal(set) var alerts: TreeDictionary<UInt64, Entry> = [:]
    /// The number of the last episode of label sets that are no longer remembered.
    var numbers: TreeDictionary<UInt64, Int> = [:]
    /// The rules in force.
    var configured: Set<RuleKey> = []
    /// How far each rule could be judged.
    package internal(set) var judgements: TreeDictionary<RuleKey, Judgement> = [:]
    /// Silences, active and past.
    package internal(set) var silences = SilenceBook()
    /// Tokens by name.
    package internal(set) var tokens: TreeDictionary<String, AccessToken> = [:]
    /// Services, plans and runs.
    package var failover = FailoverMachine()
    /// The `instance` of the engine's own host, which need not be named; nil where there is one host only.
    package var home: String?
    var sequence: UInt64 = 0
    /// What becomes true when the journal has it.
    var awaiting: [UInt64: [Effect]] = [:]
    /// Answers given, so that a repeat of a command is recognised.
    var answered: [(id: CommandID, receipt: Receipt)] = []

    /// A resolved alert is shown, and told again, for so long.
    package static let resolvedRetention: Milliseconds = 15 * 60_000

    /// Something that waits for its commit.
    enum Effect: Sendable {
        case acknowledge(EpisodeID, Acknowledgement?)
        case reply(Reply)
        /// The intent of a step, or of taking it back, is on record.
        case begin(RunID, Int, undo: Bool)
        /// An audit line of a run is on record.
        case recorded(RunID, AuditEntry)
        /// A run as it was before a command, for the case that the command cannot be recorded.
        case revert(Run)
        /// Maintenance of a service begins or ends.
        case maintenance(String, Maintenance?)
        case silence(Silence)
        case token(String, AccessToken?)
        case detector(DetectorOrder)
    }

    package init() {}

    /// Takes one input. Whatever the decision holds is in a fixed order, never in that of a hash table.
    package mutating func step(_ input: Input, at now: Moment) -> Decision {
        var decision = Decision()
        switch input {
        case .configured(let keys): configure(keys, now, &decision)
        case .restored(let alerts): restore(alerts)
        case .restoredGrants(let silences, let tokens): restore(silences, tokens)
        case .evaluated(let result): take(result, now, &decision)
        case .command(let id, let command, let by): obey(id, command, by, now, &decision)
        case .committed(let number): commit(number, now, &decision)
        case .commitFailed(let number, let reason): giveUp(number, reason, now, &decision)
        case .tick:
            expire(now, &decision)
            endSilences(now, &decision)
            failover.tick(now, &decision)
        case .services(let specs): failover.configure(specs, now.engine)
        case .restoredRuns(let memories, let runs): failover.restore(memories, runs, now, &decision)
        case .standing(let service, let reason): failover.stand(service, watchOnly: reason)
        case .probed(let report): failover.observe(report, now, &decision)
        case .stepFinished(let run, let step, let undo, let outcome):
            failover.finish(run, step, undo: undo, outcome, now, &decision)
        case .draining: failover.drain(now, &decision)
        }
        if decision.needsCommit {
            if decision.sequence == 0 { decision.sequence = nextSequence() }
            if !decision.effects.isEmpty { awaiting[decision.sequence] = decision.effects }
        }
        return decision
    }

    mutating func nextSequence() -> UInt64 {
        sequence += 1
        return sequence
    }

    /// The alert of an episode, if that is still the last one of its label set.
    package func alert(_ episode: EpisodeID) -> Alert? {
        guard let alert = alerts[episode.fingerprint]?.alert, alert.episode == episode else { return nil }
        return alert
    }

    /// How far each rule could be judged, in the order of the rules' keys.
    package var judgementsInOrder: [(rule: RuleKey, judgement: Judgement)] {
        judgements.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    /// All alerts, by fingerprint in ascending order.
    package var sorted: [Entry] { alerts.values.sorted { $0.alert.episode.fingerprint < $1.alert.episode.fingerprint } }

    // MARK: Rules come and go

    private mutating func restore(_ restored: [Alert]) {
        for alert in restored {
            alerts[alert.episode.fingerprint] = Entry(
                alert: alert, key: nil, silences: silences.matching(alert.labels))
        }
    }

    private mutating func configure(_ keys: [RuleKey], _ now: Moment, _ decision: inout Decision) {
        configured = Set(keys)
        let known = Dictionary(keys.map { ($0.description, $0) }, uniquingKeysWith: { first, _ in first })
        for rule in judgements.keys where known[rule.description] == nil { judgements[rule] = nil }
        for entry in sorted {
            let print = entry.alert.episode.fingerprint
            let key = known[entry.key?.description ?? entry.alert.rule]
            alerts[print]?.key = key
            guard key == nil, entry.alert.state == .firing || entry.alert.state == .pending else { continue }
            end(print, now, reason: "rule removed", &decision)
        }
    }

    /// The active alerts of each rule, for the state of its group after a restart or reload.
    package func active(at now: Moment) -> [RuleKey: [ActiveAlert]] {
        var out: [RuleKey: [ActiveAlert]] = [:]
        for entry in sorted {
            guard let key = entry.key, entry.alert.state == .firing || entry.alert.state == .pending else { continue }
            var active = ActiveAlert(
                labels: entry.alert.labels, annotations: entry.alert.annotations, value: entry.alert.value,
                activeSince: min(entry.alert.activeSince, now.engine), firingSince: entry.alert.firingSince,
                lastTrue: entry.alert.lastTrue)
            active.keptSince = entry.alert.keptSince
            active.unjudgedSince = entry.alert.unjudgedSince
            out[key, default: []].append(active)
        }
        return out
    }

    // MARK: Time

    private mutating func expire(_ now: Moment, _ decision: inout Decision) {
        for entry in sorted {
            let print = entry.alert.episode.fingerprint
            if let until = entry.alert.acknowledgement?.until, until <= now.engine, entry.alert.state == .firing {
                alerts[print]?.alert.acknowledgement = nil
                persist(print, &decision)
                decision.audit.append(
                    audit("acknowledgement expired", .engine, entry.alert, now, "it is nobody's again"))
            }
            // What ended long ago is forgotten but for its number; the journal keeps it.
            let over = entry.alert.state == .resolved || entry.alert.state == .inactive
            if over, now.engine - (entry.alert.resolvedAt ?? now.engine) > Self.resolvedRetention {
                numbers[print] = entry.alert.episode.number
                alerts[print] = nil
            }
        }
    }

    // MARK: Helpers shared by the parts of the core

    func persist(_ print: UInt64, _ decision: inout Decision) {
        guard let entry = alerts[print] else { return }
        decision.changes.append(.alert(entry.alert, key: entry.key?.description ?? entry.alert.rule))
    }

    func audit(
        _ action: String, _ by: Operator, _ alert: Alert, _ now: Moment, _ detail: String
    ) -> AuditEntry {
        AuditEntry(
            at: now.wall, by: by, action: action, target: AlertWords.title(alert, home: home),
            episode: alert.episode.description, detail: detail)
    }
}
