import Exposition
import TimeSeries
import TocsinCore
import TocsinModel

/// Takes the pages of one target into the store: all of a page or nothing of it, and what is gone ends with a marker.
package struct PageIntake {
    /// What came of a page.
    package struct Outcome {
        package var scraped = 0
        package var kept = 0
        /// Series seen for the first time.
        package var added = 0
        /// Why the page counts as failed; nil when it does not.
        package var error: String?
    }

    private struct Fresh {
        let text: Range<Int>
        let labels: Labels?
    }

    /// One sample on its way: of a known series by its place, of a new one by its number among the fresh.
    private struct Pending {
        let place: Int
        let isFresh: Bool
        let value: Double
        let time: Milliseconds?
    }

    private let target: ScrapeTarget
    private let config: ScrapeConfig
    private let store: SeriesStore
    private var cache = SeriesCache()
    private var scrape = 0
    private var lastGood = 0
    private var pending: [Pending] = []
    private var values: [(SeriesStore.Reference, Double)] = []
    /// Name, meaning and kind of the page's families.
    package private(set) var families: [String: MetricFamily] = [:]

    /// Samples further ahead than this are refused, as Prometheus refuses them.
    private static let mostAhead: Milliseconds = 600_000

    package init(_ target: ScrapeTarget, _ config: ScrapeConfig, _ store: SeriesStore) {
        self.target = target
        self.config = config
        self.store = store
    }

    /// Takes a page.
    ///
    /// - Parameters:
    ///   - at: the moment of the scrape.
    package mutating func take(_ page: [UInt8], _ format: ExpositionReader.Format, at: Moment) -> Outcome {
        scrape += 1
        var outcome = Outcome()
        var fresh: [Fresh] = []
        do throws(ExpositionReader.Fault) { fresh = try read(page, format, &outcome) } catch {
            outcome.error = "the page cannot be read: \(error)"
        }
        if outcome.error == nil, config.limits.samples > 0, outcome.kept > config.limits.samples {
            outcome.error = "sample limit exceeded: \(outcome.kept) samples, \(config.limits.samples) allowed"
        }
        if outcome.error != nil {
            end(at: at.engine)
            return outcome
        }
        outcome.added = fresh.count
        for one in fresh {
            cache.add(page[one.text], one.labels.flatMap { store.reference(for: $0) }, seen: scrape)
        }
        keep(firstFresh: cache.entries.count - fresh.count, at: at)
        endVanished(at: at.engine)
        lastGood = scrape
        cache.tidy(after: scrape)
        return outcome
    }

    /// Ends every series with a marker, because the target did not answer or is gone.
    package mutating func end(at time: Milliseconds) {
        let last = lastGood
        guard last > 0 else { return }
        store.append(
            cache.entries.compactMap {
                $0.seen == last && !$0.statesTime ? $0.reference.map { ($0, StaleMarker.value) } : nil
            },
            at: time)
        lastGood = 0
    }

    private mutating func read(
        _ page: [UInt8], _ format: ExpositionReader.Format, _ outcome: inout Outcome
    ) throws(ExpositionReader.Fault) -> [Fresh] {
        var scanner = ExpositionScanner(page, format)
        var fresh: [Fresh] = []
        var numbers: [Labels: Int] = [:]
        var comments: [(name: Range<Int>, text: Range<Int>, isKind: Bool)] = []
        pending.removeAll(keepingCapacity: true)
        cache.rewind()
        while let item = try scanner.next() {
            switch item {
            case .kind(let name, let kind): comments.append((name, kind, true))
            case .help(let name, let text): comments.append((name, text, false))
            case .sample(let series, let value, let time):
                outcome.scraped += 1
                let time = config.honorsTimestamps ? time : nil
                if let place = cache.find(page, series) {
                    if cache.entries[place].reference != nil { outcome.kept += 1 }
                    pending.append(Pending(place: place, isFresh: false, value: value, time: time))
                    continue
                }
                let pairs = try scanner.pairs(series)
                let empty = pairs.filter { $0.1.isEmpty }.map(\.0)
                let labels = target.labelling(Labels(pairs), empty: empty, config)
                if let labels {
                    outcome.kept += 1
                    if outcome.error == nil { outcome.error = violation(labels) }
                }
                // The same line twice in one page is one series.
                let number = labels.flatMap { numbers[$0] } ?? fresh.count
                if number == fresh.count {
                    fresh.append(Fresh(text: series, labels: labels))
                    if let labels { numbers[labels] = number }
                }
                pending.append(Pending(place: number, isFresh: true, value: value, time: time))
            }
        }
        if !fresh.isEmpty { describe(comments, scanner) }
        return fresh
    }

    /// Why a series has more or longer labels than it may; nil when it has not.
    private func violation(_ labels: Labels) -> String? {
        let limits = config.limits
        guard limits.labels > 0 || limits.labelNameLength > 0 || limits.labelValueLength > 0 else { return nil }
        let pairs = labels.pairs
        if limits.labels > 0, pairs.count > limits.labels {
            return "label_limit exceeded: \(labels.metricName) has \(pairs.count) labels, \(limits.labels) allowed"
        }
        for pair in pairs {
            if limits.labelNameLength > 0, pair.name.utf8.count > limits.labelNameLength {
                return "label_name_length_limit exceeded by \"\(pair.name.prefix(60))\" of \(labels.metricName)"
            }
            if limits.labelValueLength > 0, pair.value.utf8.count > limits.labelValueLength {
                return "label_value_length_limit exceeded by \"\(pair.name)\" of \(labels.metricName.prefix(60))"
            }
        }
        return nil
    }

    private mutating func describe(
        _ comments: [(name: Range<Int>, text: Range<Int>, isKind: Bool)], _ scanner: ExpositionScanner
    ) {
        for (name, text, isKind) in comments {
            let name = scanner.text(name)
            let old = families[name]
            families[name] = MetricFamily(
                name, isKind ? scanner.kind(text) : old?.kind ?? .untyped, isKind ? old?.help ?? "" : scanner.text(text)
            )
        }
    }

    private mutating func keep(firstFresh: Int, at moment: Moment) {
        values.removeAll(keepingCapacity: true)
        var stated: [Milliseconds: [(SeriesStore.Reference, Double)]] = [:]
        for sample in pending {
            let place = sample.isFresh ? firstFresh + sample.place : sample.place
            cache.mark(
                place, seen: scrape, statesTime: sample.time != nil && !config.tracksTimestampStaleness)
            guard let reference = cache.entries[place].reference else { continue }
            if let time = sample.time {
                if time > moment.wall + Self.mostAhead { continue }
                stated[time - moment.offset, default: []].append((reference, sample.value))
            } else {
                values.append((reference, sample.value))
            }
        }
        var gone = store.append(values, at: moment.engine)
        for (time, values) in stated.sorted(by: { $0.key < $1.key }) { gone += store.append(values, at: time) }
        // The store forgot them for their age; the next page makes them anew.
        if !gone.isEmpty { cache = SeriesCache() }
    }

    private func endVanished(at time: Milliseconds) {
        let last = lastGood
        guard last > 0, last != scrape else { return }
        var ended: [(SeriesStore.Reference, Double)] = []
        for entry in cache.entries where entry.seen == last && !entry.statesTime {
            if let reference = entry.reference { ended.append((reference, StaleMarker.value)) }
        }
        if !ended.isEmpty { store.append(ended, at: time) }
    }
}
