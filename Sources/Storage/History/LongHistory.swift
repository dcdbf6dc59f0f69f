import FoundationEssentials
import GRDB
import TimeSeries
import TocsinModel

/// How long history is kept, and in how much space.
package struct HistoryLimits: Sendable, Equatable {
    /// How long samples are kept as they came, in milliseconds.
    package var samples: Milliseconds
    /// How long the points of 5 minutes are kept; those of an hour stay eight times as long.
    package var rollups: Milliseconds
    /// Bytes the file may take; past them the oldest samples go first.
    package var bytes: Int

    package init(
        samples: Milliseconds = 15 * 86_400_000, rollups: Milliseconds = 90 * 86_400_000, bytes: Int = 1 << 30
    ) {
        self.samples = samples
        self.rollups = rollups
        self.bytes = bytes
    }
}

extension ChunkStore {
    /// Two hours are thinned out at once, when all that belongs to them has been sealed and written.
    private static let window: Milliseconds = 7_200_000
    private static let settles: Milliseconds = 2 * 3_600_000

    /// Thins out what has come to rest since it was last done. Returns how many windows of two hours were done; at most
    /// so many at a time.
    @discardableResult
    package func rollUp(now: Milliseconds, atMost most: Int = 12) throws -> Int {
        var done = 0
        while done < most, let start = try nextWindow(), start + Self.window + Self.settles <= now {
            try rollUp(from: start, through: start + Self.window - 1)
            done += 1
        }
        return done
    }

    /// The beginning of the first window that has not been thinned out; nil without samples.
    private func nextWindow() throws -> Milliseconds? {
        try database.read { db in
            let mark = try Int64.fetchOne(db, sql: "SELECT value FROM marks WHERE name = 'rolled'")
            let last = "SELECT min(first) FROM chunks WHERE last >= ?"
            guard let first = try Int64.fetchOne(db, sql: last, arguments: [mark ?? .min]) else { return nil }
            // Time without any samples is passed over.
            return max(mark ?? .min, first - (first % Self.window))
        }
    }

    private func rollUp(from: Milliseconds, through: Milliseconds) throws {
        let block = try samples(matching: [], from: from, through: through)
        var rows: [(labels: Labels, step: Milliseconds, points: [RollupPoint])] = []
        for row in 0..<block.count {
            let samples = block.range(of: row)
            let fine = Rollup.points(block.times[samples], block.values[samples], step: Rollup.fine)
            if fine.isEmpty { continue }
            rows.append((block.labels[row], Rollup.fine, fine))
            rows.append((block.labels[row], Rollup.coarse, Rollup.coarser(fine, step: Rollup.coarse)))
        }
        for start in stride(from: 0, to: rows.count, by: 1_000) {
            try database.write { db in
                for row in rows[start..<min(start + 1_000, rows.count)] {
                    try db.execute(
                        sql: "INSERT OR REPLACE INTO rollups (series, step, first, last, bytes) VALUES (?, ?, ?, ?, ?)",
                        arguments: [
                            try Self.number(of: row.labels, db), row.step, row.points[0].start,
                            row.points[row.points.count - 1].start + row.step - 1, Data(Rollup.encode(row.points)),
                        ])
                }
            }
        }
        try database.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO marks (name, value) VALUES ('rolled', ?)", arguments: [through + 1])
        }
    }

    /// The thinned-out history of every matching series, ascending. The finer points are given as far back as they
    /// reach; hours before them.
    package func rollups(
        matching matchers: [LabelMatcher], step: Milliseconds, from: Milliseconds, through: Milliseconds
    ) throws -> [(labels: Labels, points: [RollupPoint])] {
        let conditions = try matchers.map { try Condition($0) }
        return try database.read { db in
            let find = try db.cachedStatement(
                sql: """
                    SELECT bytes FROM rollups WHERE series = ? AND step = ? AND last >= ? AND first <= ? ORDER BY first
                    """)
            return try series(conditions, db).compactMap { id, labels in
                let bytes = try Data.fetchAll(find, arguments: [id, step, from, through])
                let points = bytes.flatMap { Rollup.decode(Array($0)) ?? [] }
                    .filter { $0.start + step > from && $0.start <= through }
                return points.isEmpty ? nil : (labels, points)
            }
        }
    }

    /// Drops what is older than it may be, and the oldest samples while the file is larger than it may be.
    package func enforce(_ limits: HistoryLimits, now: Milliseconds) throws {
        try database.write { db in
            try db.execute(sql: "DELETE FROM chunks WHERE last < ?", arguments: [now - limits.samples])
            for (step, age) in [(Rollup.fine, limits.rollups), (Rollup.coarse, limits.rollups * 8)] {
                try db.execute(sql: "DELETE FROM rollups WHERE step = ? AND last < ?", arguments: [step, now - age])
            }
        }
        // A tenth at a time; what is free in the file counts as free.
        while try usedBytes > limits.bytes {
            let gone = try database.write { db -> Int in
                let rows = try Int.fetchOne(db, sql: "SELECT count(*) FROM chunks") ?? 0
                let horizon = try Int64.fetchOne(
                    db, sql: "SELECT last FROM chunks ORDER BY last LIMIT 1 OFFSET ?", arguments: [rows / 10])
                guard let horizon else { return 0 }
                try db.execute(sql: "DELETE FROM chunks WHERE last <= ?", arguments: [horizon])
                return db.changesCount
            }
            if gone == 0 { break }
        }
        try database.write { db in
            try db.execute(
                sql: """
                    DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.series = series.id)
                    AND NOT EXISTS (SELECT 1 FROM rollups WHERE rollups.series = series.id)
                    """)
        }
        try database.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA incremental_vacuum") }
    }

    /// Bytes of the file that hold something.
    package var usedBytes: Int {
        get throws {
            try database.read { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
                return (pages - free) * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096)
            }
        }
    }
}
