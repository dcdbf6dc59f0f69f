import BlockingWork
import CLinux
import Synchronization
import TocsinCore
import TocsinModel

/// Size, space and state of every mounted filesystem.
///
/// `statfs` runs on threads of its own with at most one call outstanding per mount, so a dead mount costs its own row.
package final class FilesystemCollector: Collector {
    package let name = "filesystem"
    package let every = 5

    private struct Row {
        let mount: Mount
        let error: SampleBatch.Slot
        let silent: SampleBatch.Slot
        let forced: SampleBatch.Slot
        let readOnly: SampleBatch.Slot
        let space: [SampleBatch.Slot]
    }

    private let table: KeptFile
    private let fallback: KeptFile
    private let details: KeptFile
    private let exclusion: MountExclusion
    private let statistics: @Sendable (Mount) -> FilesystemSpace?
    private let work = BlockingWork(name: "tocsin-statfs")
    private let answers = Answers()
    private var rows: [Row] = []

    /// The newest answer of each mount point; an inner nil is an error. Shared with the threads that ask.
    private final class Answers: Sendable {
        let byPoint = Mutex<[String: FilesystemSpace?]>([:])
    }

    private static let space = [
        MetricFamily("node_filesystem_size_bytes", .gauge, "Filesystem size in bytes."),
        MetricFamily("node_filesystem_free_bytes", .gauge, "Filesystem free space in bytes."),
        MetricFamily(
            "node_filesystem_avail_bytes", .gauge, "Filesystem space available to non-root users in bytes."),
        MetricFamily("node_filesystem_files", .gauge, "Filesystem total file nodes."),
        MetricFamily("node_filesystem_files_free", .gauge, "Filesystem total free file nodes."),
    ]
    private static let readOnly = MetricFamily("node_filesystem_readonly", .gauge, "Filesystem read-only status.")
    private static let error = MetricFamily(
        "node_filesystem_device_error", .gauge,
        "Whether an error occurred while getting statistics for the given device.")
    private static let silent = MetricFamily(
        "tocsin_filesystem_silent_seconds", .gauge, "For how long the filesystem has not answered; 0 when it does.")
    private static let forced = MetricFamily(
        "tocsin_filesystem_forced_readonly", .gauge,
        "1 when the kernel made a filesystem read-only that was mounted for writing.")

    /// - Parameter statistics: asks one mount point; nil when it answers with an error. An argument for tests.
    package init(
        _ roots: HostRoots, exclusion: MountExclusion = .nodeExporter,
        statistics: @escaping @Sendable (Mount) -> FilesystemSpace? = FilesystemSpace.ask
    ) {
        table = KeptFile(roots.proc + "/1/mounts", capacity: 16 << 10)
        fallback = KeptFile(roots.proc + "/self/mounts", capacity: 16 << 10)
        details = KeptFile(roots.proc + "/1/mountinfo", capacity: 16 << 10)
        self.exclusion = exclusion
        self.statistics = statistics
    }

    package func collect(into batch: inout SampleBatch) throws(CollectFailure) {
        guard let text = table.bytes() ?? fallback.bytes() else {
            throw CollectFailure("neither \(table.path) nor \(fallback.path) can be read")
        }
        let forced = MountTable.forcedReadOnly(details.text() ?? "")
        let mounts = MountTable.parse(text).filter { !exclusion.excludes($0) }
        if mounts != rows.map(\.mount) { declare(mounts, &batch) }
        for row in rows { ask(row.mount) }
        work.settle(milliseconds: 250)
        let outstanding = work.outstanding
        for row in rows {
            put(row, outstanding[row.mount.point], forced.contains(row.mount.point), &batch)
        }
    }

    private func ask(_ mount: Mount) {
        work.submit(mount.point) { [statistics, answers] in
            let answer = statistics(mount)
            answers.byPoint.withLock { $0[mount.point] = .some(answer) }
        }
    }

    private func put(_ row: Row, _ outstanding: UInt64?, _ forced: Bool, _ batch: inout SampleBatch) {
        let silence = outstanding.map { Double($0) / 1000 } ?? 0
        batch.put(row.silent, silence)
        batch.put(row.forced, forced ? 1 : 0)
        // What is silent has no values: the old ones would be taken for new.
        guard outstanding == nil, let answer = answers.byPoint.withLock({ $0[row.mount.point] }), let space = answer
        else {
            batch.put(row.error, 1)
            return
        }
        batch.put(row.error, 0)
        batch.put(row.readOnly, row.mount.readOnly ? 1 : 0)
        for (slot, value) in zip(row.space, [space.size, space.free, space.available, space.files, space.filesFree]) {
            batch.put(slot, value)
        }
    }

    private func declare(_ mounts: [Mount], _ batch: inout SampleBatch) {
        for row in rows {
            for slot in [row.error, row.silent, row.forced, row.readOnly] + row.space { batch.retire(slot) }
        }
        rows = mounts.map { mount in
            let labels: Labels = ["device": mount.device, "fstype": mount.type, "mountpoint": mount.point]
            return Row(
                mount: mount, error: batch.declare(Self.error, labels), silent: batch.declare(Self.silent, labels),
                forced: batch.declare(Self.forced, labels), readOnly: batch.declare(Self.readOnly, labels),
                space: Self.space.map { batch.declare($0, labels) })
        }
        let points = Set(mounts.map(\.point))
        answers.byPoint.withLock { $0 = $0.filter { points.contains($0.key) } }
    }
}

/// What `statfs(2)` tells of a filesystem, in bytes and in inodes.
package struct FilesystemSpace: Sendable, Equatable {
    package var size: Double
    package var free: Double
    package var available: Double
    package var files: Double
    package var filesFree: Double

    package init(size: Double, free: Double, available: Double, files: Double, filesFree: Double) {
        self.size = size
        self.free = free
        self.available = available
        self.files = files
        self.filesFree = filesFree
    }

    /// Asks the kernel; nil when it answers with an error. May never return.
    package static func ask(_ mount: Mount) -> FilesystemSpace? {
        var raw = statfs()
        let path = mount.path.map { CChar(bitPattern: $0) } + [0]
        guard statfs(path, &raw) == 0 else { return nil }
        let block = Double(raw.f_bsize)
        return FilesystemSpace(
            size: Double(raw.f_blocks) * block, free: Double(raw.f_bfree) * block,
            available: Double(raw.f_bavail) * block, files: Double(raw.f_files), filesFree: Double(raw.f_ffree))
    }
}
