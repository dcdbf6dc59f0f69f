import Anomaly
import PromQL
import TimeSeries
import TocsinCore
import TocsinModel

/// Feeds the detectors, follows their thresholds, and writes what they say back as series, so that rules can use it. Owned
/// by the engine's loop.
package struct AnomalyBook {
    struct Watch {
        var spec: AnomalySpec
        var due: Milliseconds = .min
        var series: [Labels: WatchedSeries] = [:]
        var groups = GroupWatch()
        var echo = AnomalyEcho()
        /// Why it cannot be asked; nil while it can.
        var failure: String?
        /// The series in order, when that was last needed.
        var byName: [Labels] = []

        /// Why it watches nothing, in words; nil while it does. A default detector that finds nothing is no news.
        var fault: String? {
            if let failure { return "its expression fails: \(failure)" }
            let isAsked = due > .min
            return isAsked && series.isEmpty && !DefaultDetectors.all.contains(spec)
                ? "its expression gives no value" : nil
        }
    }

    var watches: [Watch]
    let slab = DetectorSlab()
    /// Which series there are, for those on other threads.
    let names = WatchedNames()
    let detector = Detector()
    /// What was told and is not yet written.
    private var batch: [(SeriesStore.Reference, Double)] = []
    /// What a detector told by name at this step.
    private var named: [(Labels, Double)] = []
    /// When the first point was fed.
    private var since: Milliseconds?
    /// What the journal remembered, until the series shows up, for a day.
    var remembered: [String: DetectorMemory] = [:]

    /// A series that has not shown up for so long gives its place back.
    private static let forgottenAfter: Milliseconds = 86_400_000

    package init(_ specs: [AnomalySpec] = []) {
        watches = Self.all(specs).map { Watch(spec: $0) }
    }

    /// Those of the configuration beside the default ones; one with a default's name takes its place.
    private static func all(_ specs: [AnomalySpec]) -> [AnomalySpec] {
        let taken = Set(specs.map(\.name))
        return DefaultDetectors.all.filter { !taken.contains($0.name) } + specs
    }

    /// Other detectors; those that stay keep what they have learned.
    package mutating func replace(_ specs: [AnomalySpec]) {
        let old = Dictionary(watches.map { ($0.spec.name, $0) }) { first, _ in first }
        watches = Self.all(specs).map { spec in
            guard var known = old[spec.name], known.spec.expression == spec.expression, known.spec.step == spec.step,
                known.spec.isOwn == spec.isOwn
            else { return Watch(spec: spec) }
            known.spec = spec
            return known
        }
        // A detector that is gone takes its series along.
        let kept = Set(watches.filter { !$0.series.isEmpty }.map(\.spec.name))
        for watch in old.values where !kept.contains(watch.spec.name) {
            for (key, series) in watch.series {
                slab.remove(series.place)
                names.remove(WatchedName(detector: watch.spec.name, labels: key))
            }
        }
    }

    /// Takes what the journal remembered.
    package mutating func restore(_ memories: [DetectorMemory]) {
        for memory in memories { remembered[memory.name] = memory }
    }

    /// Where the series of a default detector of this host stand that have learned enough.
    func standings(_ name: String) -> [(labels: Labels, standing: WatchedSeries.Standing)] {
        guard let watch = watches.first(where: { $0.spec.name == name && $0.spec.isOwn }) else { return [] }
        return watch.series.compactMap { labels, series in series.standing(watch.spec).map { (labels, $0) } }
    }

    /// The band in which the value of a detector was expected at its last point, once learned.
    package func expected(_ name: String) -> ClosedRange<Double>? {
        standings(name).first.map { $0.standing.low...$0.standing.high }
    }

    /// Feeds every detector whose step has come.
    ///
    /// - Parameter own: the series of this host alone.
    mutating func feed(from own: HostSource, and store: SeriesStore, at now: Moment) {
        for number in watches.indices {
            guard now.engine >= watches[number].due else {
                watches[number].echo.tell(store, at: now.engine)
                continue
            }
            let spec = watches[number].spec
            // A turn may come a little early.
            watches[number].due = now.engine + spec.step - min(200, spec.step / 10)
            var options = EvaluationOptions()
            options.requireFullWindows = true
            let source: any SampleSource = spec.isOwn ? own : store
            var evaluator = Evaluator(source: source, at: now.engine, options: options)
            watches[number].echo = AnomalyEcho()
            do {
                let value = try evaluator.evaluate(spec.expression)
                let held = held(spec, store, now)
                for sample in value.vector(at: now.engine) { take(sample, number, held, store, now) }
                watches[number].failure = nil
            } catch {
                // It has no point at this step.
                watches[number].failure = "\(error)"
            }
            judgeGroups(number, store, now)
            flush(number, store, now)
            silence(number, now)
            forget(number, now)
        }
    }

    /// The hosts on which an alert fires during which nothing is learned; an empty name stands for all of them.
    private func held(_ spec: AnomalySpec, _ store: SeriesStore, _ now: Moment) -> Set<String> {
        var out: Set<String> = []
        for name in spec.holdWhile {
            let matchers = [
                LabelMatcher("__name__", .equal, "ALERTS"), LabelMatcher("alertname", .equal, name),
                LabelMatcher("alertstate", .equal, "firing"),
            ]
            let open = (try? store.latest(matching: matchers, after: now.engine - 300_000, at: now.engine)) ?? []
            for sample in open where !StaleMarker.isStale(sample.value) { out.insert(sample.labels["instance"] ?? "") }
        }
        return out
    }

    private mutating func take(
        _ sample: Sample, _ number: Int, _ held: Set<String>, _ store: SeriesStore, _ now: Moment
    ) {
        // Nothing divided by nothing is no point, and must not take a place.
        guard sample.value.isFinite else { return }
        let spec = watches[number].spec
        let key = sample.labels.withoutName
        var series = watches[number].series[key] ?? begin(spec, key, now)
        let isHeld = held.contains("") || held.contains(key["instance"] ?? "")
        let seconds = Double(now.engine) / 1000
        if isHeld {
            // Judged, and not learned: what is wrong must not become what is usual.
            var copy = slab[series.place]
            series.assessment = detector.push(sample.value, at: seconds, into: &copy)
        } else {
            series.assessment = detector.push(sample.value, at: seconds, into: &slab[series.place])
        }
        guard series.assessment.isTaken else { return }
        series.lastValue = sample.value
        series.isHeld = isHeld
        series.settle(spec, after: now.engine - series.lastFed, points: slab[series.place].points, now.engine)
        series.lastFed = now.engine
        series.isSilent = false
        tell(&series, spec, key, store, now)
        watches[number].series[key] = series
    }

    private mutating func tell(
        _ series: inout WatchedSeries, _ spec: AnomalySpec, _ key: Labels, _ store: SeriesStore, _ now: Moment
    ) {
        var batch = batch
        self.batch = []
        defer { self.batch = batch }
        func put(_ line: AnomalyTrail.Line, _ value: Double) {
            if let place = series.trail.reference(line, key.setting("detector", spec.name), in: store) {
                batch.append((place, value))
            }
        }
        for channel in spec.channels {
            put(.score(channel), series.score(channel, spec))
            put(.threshold(channel), series.budget(channel).threshold)
            put(.active(channel), series.budget(channel).isActive ? 1 : 0)
        }
        put(.value, series.lastValue ?? 0)
        put(.learning, series.assessment.learning)
        put(.suppressed, series.assessment.isHeld ? 1 : 0)
        if let band = series.band(spec) {
            put(.low, band.low)
            put(.high, band.high)
        }
        if series.isActive || series.reason != nil { tellReason(&series, spec, key, store, now) }
    }

    /// Writes what was told of a detector's series, all at once.
    private mutating func flush(_ number: Int, _ store: SeriesStore, _ now: Moment) {
        guard !batch.isEmpty || !named.isEmpty else { return }
        let gone = Set(store.append(batch, at: now.engine))
        for (labels, value) in named { store.append(labels, value, at: now.engine) }
        watches[number].echo = AnomalyEcho(batch, named, step: watches[number].spec.step, at: now.engine)
        batch.removeAll(keepingCapacity: true)
        named.removeAll(keepingCapacity: true)
        guard !gone.isEmpty else { return }
        for key in watches[number].series.keys { watches[number].series[key]?.trail.forget(gone) }
    }

    /// While an alarm is under way its reason is a series too; one that is over ends at once.
    private mutating func tellReason(
        _ series: inout WatchedSeries, _ spec: AnomalySpec, _ key: Labels, _ store: SeriesStore, _ now: Moment
    ) {
        let labels = key.setting("detector", spec.name).setting("__name__", "tocsin_anomaly_reason")
        let reason = series.isActive ? series.assessment.reason ?? series.reason : nil
        if let old = series.reason, old != reason {
            store.append(labels.setting("reason", old.rawValue), StaleMarker.value, at: now.engine)
        }
        series.reason = reason
        if let reason { named.append((labels.setting("reason", reason.rawValue), 1)) }
    }

    private mutating func judgeGroups(_ number: Int, _ store: SeriesStore, _ now: Moment) {
        let watch = watches[number]
        guard let by = watch.spec.groupBy else { return }
        var members: [Labels: (active: Int, size: Int)] = [:]
        for (key, series) in watch.series where series.lastFed == now.engine && series.assessment.learning >= 1 {
            let group = key.keeping(Set(by))
            members[group, default: (0, 0)].size += 1
            if series.isActive { members[group]?.active += 1 }
        }
        for (group, count) in members where count.size > 1 {
            let score = watches[number].groups.judge(group, count.active, of: count.size, watch.spec)
            let labels = group.setting("detector", watch.spec.name)
            for (name, value) in [
                ("tocsin_anomaly_group_score", score), ("tocsin_anomaly_group_active", Double(count.active)),
                ("tocsin_anomaly_group_size", Double(count.size)),
            ] { named.append((labels.setting("__name__", name), value)) }
        }
    }

    /// An alarm of what has no values any more is over; nothing is known of it.
    private mutating func silence(_ number: Int, _ now: Moment) {
        let limit = watches[number].spec.silentAfter
        let silent = watches[number].series.filter { !$0.value.isSilent && now.engine - $0.value.lastFed > limit }.keys
        for key in silent { watches[number].series[key]?.fallSilent() }
    }

    private mutating func forget(_ number: Int, _ now: Moment) {
        let gone = watches[number].series.filter { now.engine - $0.value.lastFed > Self.forgottenAfter }
        for (key, series) in gone {
            slab.remove(series.place)
            names.remove(WatchedName(detector: watches[number].spec.name, labels: key))
            watches[number].series[key] = nil
            watches[number].byName = []
        }
        if !gone.isEmpty, let by = watches[number].spec.groupBy {
            watches[number].groups.keep(Set(watches[number].series.keys.map { $0.keeping(Set(by)) }))
        }
        let since = since ?? now.engine
        self.since = since
        if now.engine - since > Self.forgottenAfter, !remembered.isEmpty { remembered = [:] }
    }
}
