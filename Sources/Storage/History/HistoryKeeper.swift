import TimeSeries
import TocsinModel

/// Writes a store's samples down as they come and brings them back after a restart. Used from one thread.
///
/// What is lost when the process is killed is what came since the last ``tick(now:)``; sealed chunks never are.
package final class HistoryKeeper {
    private let store: SeriesStore
    private let chunks: ChunkStore
    private let log: HeadLogFiles
    private let limits: HistoryLimits
    /// Words for the banner when the file was found damaged.
    package let notice: String?
    /// Why the last write failed; nil when it worked.
    package private(set) var fault: String?
    private var unsaved: [SealedChunk] = []
    private var saveDue: Milliseconds = .min
    /// What the logs of the last life held has been saved.
    private var isBegun = false
    private var rotateDue: Milliseconds = .max
    private var careDue: Milliseconds = .min

    private static let saveEvery: Milliseconds = 30_000
    private static let careEvery: Milliseconds = 600_000
    private static let rotateEvery: Milliseconds = 3_600_000
    private static let leastLog = 32 << 20
    /// Bytes of the log for each series: it names each once, and has to hold a good run of samples beside that, else
    /// chunks of a few samples would be sealed all the time.
    private static let logOfSeries = 256
    /// Chunks that wait for a disk that takes nothing; more are let go.
    private static let mostUnsaved = 200_000

    package init(folder: String, store: SeriesStore, limits: HistoryLimits = HistoryLimits()) throws {
        self.store = store
        self.limits = limits
        (chunks, notice) = try ChunkStore.open(folder + "/series.db")
        log = HeadLogFiles(folder)
        logFolder = folder
    }

    private let logFolder: String

    /// Brings back what the memory may hold of it, and begins to write.
    ///
    /// - Parameter retention: how far the memory reaches back.
    package func begin(now: Milliseconds, retention: Milliseconds) throws {
        store.beginRecording()
        let known = try chunks.chunks(endingAfter: now - retention)
        var last: [Labels: Milliseconds] = [:]
        for one in known { last[one.labels] = one.chunk.last }
        // What was sealed after it had been logged is in both.
        let logged = HeadLogFiles.chunks(in: logFolder).compactMap { $0.later(than: last[$0.labels] ?? .min) }
        // The clock may have been set back: what lies ahead of it would keep new samples out.
        store.restore((known + logged).filter { $0.chunk.last <= now && $0.chunk.last > now - retention })
        // Memory comes first: whoever restarts an engine waits for it. The old logs stay until the first save.
        unsaved = logged
        try log.begin()
        rotateDue = now + Self.rotateEvery
        saveDue = now
        careDue = now + Self.careEvery / 4
    }

    /// Writes down what has come since the last call; called every two seconds.
    package func tick(now: Milliseconds) {
        do {
            try log.append(store.takeLog())
            let isLong = log.size > max(Self.leastLog, store.seriesCount * Self.logOfSeries)
            if now >= saveDue || isLong { try save(now) }
            if now >= rotateDue || isLong { try rotate(now) }
            if now >= careDue { try takeCare(now) }
            fault = nil
        } catch { fault = "\(error)" }
    }

    private func save(_ now: Milliseconds) throws {
        saveDue = now + Self.saveEvery
        unsaved += store.takeSealed()
        if unsaved.count > Self.mostUnsaved { unsaved.removeFirst(unsaved.count - Self.mostUnsaved) }
        try chunks.save(unsaved)
        unsaved = []
        if !isBegun { log.removeOlder() }
        isBegun = true
    }

    /// Seals everything, so that the log can begin anew.
    private func rotate(_ now: Milliseconds) throws {
        rotateDue = now + Self.rotateEvery
        try log.append(store.takeLog(restarting: true))
        store.seal(idleSince: nil)
        try save(now)
        try log.begin()
        log.removeOlder()
    }

    private func takeCare(_ now: Milliseconds) throws {
        careDue = now + Self.careEvery
        store.seal(idleSince: now - 600_000)
        try save(now)
        try chunks.rollUp(now: now)
        try chunks.enforce(limits, now: now)
    }

    /// The last samples, before the process ends.
    package func end(now: Milliseconds) {
        do {
            try log.append(store.takeLog())
            try save(now)
        } catch { fault = "\(error)" }
    }
}

extension SealedChunk {
    /// The part after a time; nil when nothing is left.
    fileprivate func later(than time: Milliseconds) -> SealedChunk? {
        if chunk.first > time { return self }
        if chunk.last <= time { return nil }
        var times: [Milliseconds] = []
        var values: [Double] = []
        chunk.decode(from: time + 1, through: .max, times: &times, values: &values)
        var builder = ChunkBuilder()
        for (time, value) in zip(times, values) { builder.add(labels, value, at: time) }
        return builder.chunks.first
    }
}
