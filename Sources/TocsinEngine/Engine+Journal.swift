import BlockingWork
import Logging
import TimeSeries
import TocsinCore
import TocsinModel

/// How the engine remembers: recovery at the start, commits in order on a thread of their own, and what it says when
/// the disk does not take them.
extension Engine {
    /// Takes the journal and what it holds. `aliveUntil` is when the engine before us was last alive, by the wall clock.
    package func open(_ journal: any Journal, aliveUntil: Milliseconds?, notices: [Notice]) async {
        standing += notices
        let kept = await journalThread.run { () -> Result<Kept, JournalFailure> in
            Result { () throws(JournalFailure) in
                let (alerts, unreadable) = try journal.alerts()
                let (runs, services, lost) = try journal.failover()
                let (silences, tokens, odd) = try journal.grants()
                return Kept(
                    alerts: alerts, unreadable: unreadable + lost + odd, detectors: try journal.detectors(), runs: runs,
                    services: services, silences: silences, tokens: tokens)
            }
        }
        self.journal = journal
        switch kept {
        case .failure(let failure): journalFault = failure.reason
        case .success(let kept):
            journalFault = nil
            if kept.unreadable > 0 {
                standing.append(
                    Notice(.warning, "\(kept.unreadable) rows of the journal could not be understood and begin anew"))
            }
            let offset = now.offset
            decide(.restored(kept.alerts), at: now)
            decide(.restoredGrants(kept.silences.map { $0.shifted(by: -offset) }, kept.tokens), at: now)
            configure()
            decide(.restoredRuns(kept.services, kept.runs), at: serviceClock.now())
            parts.loop.send(.restore(core.active(at: now), aliveUntil: aliveUntil, kept.detectors))
            note("started", "Tocsin watches \(parts.host)")
        }
        changed()
    }

    /// What the journal remembered.
    private struct Kept: Sendable {
        var alerts: [Alert]
        var unreadable: Int
        var detectors: [DetectorMemory]
        var runs: [Run]
        var services: [ServiceMemory]
        var silences: [Silence]
        var tokens: [AccessToken]
    }

    /// Goes on without a journal: everything is told, nothing is recorded, and no command is accepted.
    package func goOnWithoutJournal(_ reason: String) {
        journalFault = reason
        changed()
    }

    /// Adds a line to every screen's banner. With a key it takes the place of the line of that key.
    package func announce(_ notice: Notice, key: String? = nil) {
        if let key {
            keyedNotices[key] = notice
        } else {
            standing.append(notice)
        }
        changed()
    }

    /// Takes the line of a key away.
    package func clear(_ key: String) {
        keyedNotices[key] = nil
        changed()
    }

    /// Writes a line of the audit that no command of the core stands for.
    package func note(_ action: String, _ detail: String, by: Operator) {
        let entry = AuditEntry(
            at: parts.clock.now().wall, by: by, action: action, target: parts.host, detail: detail)
        write([], [entry], sequence: 0)
    }

    /// Looks at this machine twice, shortly after each other, with nothing running and nothing written.
    package func look(twiceWithin pause: Duration, remembering alerts: [Alert]) async {
        journalFault = Self.notOpenYet
        decide(.restored(alerts), at: now)
        configure()
        parts.loop.send(.restore(core.active(at: now), aliveUntil: nil, []))
        turned(parts.loop.turn())
        // A cancelled pause only makes the second look come sooner.
        try? await Task.sleep(for: pause)
        turned(parts.loop.turn())
    }

    /// Puts other rules in force. Unchanged rules keep the state of their alerts.
    package func reload(_ groups: [RuleGroup], _ anomalies: [AnomalySpec] = []) {
        parts.groups = groups
        thresholds = Thresholds(groups)
        configure()
        parts.loop.send(.replace(groups, anomalies))
        changed()
    }

    /// The last entry of a run; returns when it is written.
    package func close(_ by: Operator) async {
        guard let journal, journalFault == nil else { return }
        let entry = AuditEntry(
            at: parts.clock.now().wall, by: by, action: "stopped", target: parts.host,
            detail: "the dashboard was closed, and the watch with it")
        let memories = await parts.loop.end()
        _ = await journalThread.run { () -> Bool in
            // At the very end nobody is left to tell.
            do throws(JournalFailure) {
                try journal.commit([], [entry])
                if !memories.isEmpty { try journal.keep(memories) }
                return true
            } catch { return false }
        }
    }

    private func note(_ action: String, _ detail: String) {
        let entry = AuditEntry(
            at: parts.clock.now().wall, by: .engine, action: action, target: parts.host, detail: detail)
        write([], [entry], sequence: 0)
    }

    /// Writes a decision down; the core hears what became of it.
    func write(_ changes: [Change], _ audit: [AuditEntry], sequence: UInt64) {
        guard let journal else {
            decide(.commitFailed(sequence, journalFault ?? "there is no journal"), at: stamp)
            return
        }
        let offset = now.offset
        let shifted = changes.map { $0.shifted(by: offset) }
        journalQueue += 1
        let registry = parts.registry
        registry.set(OwnMetrics.journalQueue, .none, Double(journalQueue))
        let begin = ContinuousClock.now
        journalThread.async { [self] in
            var failure: JournalFailure?
            do throws(JournalFailure) { try journal.commit(shifted, audit) } catch { failure = error }
            registry.add(failure == nil ? OwnMetrics.commits : OwnMetrics.commitFailures)
            registry.set(OwnMetrics.commitSeconds, .none, begin.duration(to: .now) / .seconds(1))
            Task { [failure] in await self.written(sequence, failure) }
        }
    }

    private func written(_ sequence: UInt64, _ failure: JournalFailure?) {
        journalQueue -= 1
        parts.registry.set(OwnMetrics.journalQueue, .none, Double(journalQueue))
        newestEvents = nil
        if let failure {
            if journalFault == nil { parts.logger.error("nothing can be recorded", metadata: ["reason": "\(failure)"]) }
            journalFault = failure.reason
            decide(.commitFailed(sequence, failure.reason), at: stamp)
        } else {
            journalFault = nil
            decide(.committed(sequence), at: stamp)
        }
        changed()
    }

    /// Writes the state of all alerts anew after a failure; success clears the fault.
    func retryJournal(_ now: Moment) {
        let changes = core.sorted.map { Change.alert($0.alert, key: $0.key?.description ?? $0.alert.rule) }
        write(changes, [], sequence: 0)
    }

    /// The moment of what is decided between two turns: runs count their times in less than a turn.
    private var stamp: Moment { parts.services.isEmpty ? now : serviceClock.now() }

    func keep(_ memories: [DetectorMemory]) {
        guard let journal, journalFault == nil, !memories.isEmpty else { return }
        journalThread.async { [logger = parts.logger] in
            do throws(JournalFailure) { try journal.keep(memories) } catch {
                logger.warning("detector states were not kept", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// What every screen must say beside its own matter.
    var notices: [Notice] {
        var out = standing + keyedNotices.sorted { $0.key < $1.key }.map(\.value)
        if let fault = journalFault, fault != Self.notOpenYet {
            out.append(Notice(.warning, "nothing can be recorded (\(fault)): alerts are shown, commands are refused"))
        }
        let time = serviceClock.now().engine
        for run in core.failover.activeRuns {
            let words = "run \(run.id.short) of \(run.plan.title) by \(run.by.name) is under way: \(run.verdict)"
            out.append(Notice(.warning, words))
        }
        for service in core.failover.views(at: time) {
            guard let own = service.maintenance else { continue }
            let left = Words.duration(own.until - time)
            out.append(
                Notice(.info, "\(service.title) is in maintenance by \(own.by.name), \(left) left: \(own.reason)"))
        }
        if let shortened = parts.store.statistics.counters.shortenedTo {
            out.append(Notice(.info, "the series store is full: history is kept for \(Words.duration(shortened)) only"))
        }
        return out
    }

    static let notOpenYet = "the journal is not open yet"
}

extension Change {
    /// The same with the engine's times turned into wall times, as the journal keeps them.
    fileprivate func shifted(by offset: Milliseconds) -> Change {
        guard offset != 0 else { return self }
        if case .silence(let silence) = self { return .silence(silence.shifted(by: offset)) }
        if case .run(let run) = self { return .run(run.shifted(by: offset)) }
        if case .service(var memory) = self {
            memory.maintenance?.since += offset
            memory.maintenance?.until += offset
            return .service(memory)
        }
        guard case .alert(var alert, let key) = self else { return self }
        alert.activeSince += offset
        alert.firingSince = alert.firingSince.map { $0 + offset }
        alert.resolvedAt = alert.resolvedAt.map { $0 + offset }
        alert.keptSince = alert.keptSince.map { $0 + offset }
        alert.unjudgedSince = alert.unjudgedSince.map { $0 + offset }
        alert.lastTrue += offset
        alert.judgedAt += offset
        if let own = alert.acknowledgement {
            alert.acknowledgement = Acknowledgement(
                by: own.by, at: own.at + offset, comment: own.comment, until: own.until.map { $0 + offset },
                sticky: own.sticky, severity: own.severity)
        }
        return .alert(alert, key: key)
    }
}
