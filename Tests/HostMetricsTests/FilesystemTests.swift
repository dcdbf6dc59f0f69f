import Glibc
import HostMetrics
import Synchronization
import TestKit
import Testing
import TocsinCore
import TocsinModel

@Suite struct FilesystemTests {
    private let fixture = Fixture()
    private var roots: HostRoots { HostRoots(proc: fixture.path + "/proc", sys: fixture.path + "/sys") }

    private static let space = FilesystemSpace(size: 100, free: 50, available: 40, files: 10, filesFree: 5)

    @Test func aDeadMountCostsItsOwnRowAndIsAskedOnce() throws {
        fixture.write(
            "proc/1/mounts", "/dev/a / ext4 rw 0 0\nnfs:/x /dead nfs rw 0 0\n/dev/b /data xfs ro,nosuid 0 0\n")
        let mount = DeadMount()
        let collector = FilesystemCollector(roots) { one in
            if one.point == "/dead" { mount.ask() }
            return Self.space
        }
        var batch = SampleBatch()
        for _ in 0..<5 {
            batch.begin()
            try collector.collect(into: &batch)
        }
        let dead: Labels = ["device": "nfs:/x", "fstype": "nfs", "mountpoint": "/dead"]
        #expect(batch.value("node_filesystem_device_error", dead) == 1)
        #expect(batch.value("node_filesystem_size_bytes", dead) == nil)
        #expect(batch.value("tocsin_filesystem_silent_seconds", dead)! > 0)
        let root: Labels = ["device": "/dev/a", "fstype": "ext4", "mountpoint": "/"]
        #expect(batch.value("node_filesystem_device_error", root) == 0)
        #expect(batch.value("node_filesystem_avail_bytes", root) == 40)
        let data: Labels = ["device": "/dev/b", "fstype": "xfs", "mountpoint": "/data"]
        #expect(batch.value("node_filesystem_readonly", data) == 1)
        #expect(mount.asked.load(ordering: .relaxed) == 1)
        mount.answers.store(true, ordering: .relaxed)
        // The next collections find it answering again.
        for _ in 0..<100 where batch.value("node_filesystem_device_error", dead) != 0 {
            batch.begin()
            try collector.collect(into: &batch)
        }
        #expect(batch.value("node_filesystem_size_bytes", dead) == 100)
    }

    @Test func escapesDuplicatesAndExclusions() throws {
        fixture.write(
            "proc/1/mounts",
            """
            /dev/a /a\\040b\\011c\\012d ext4 rw 0 0
            /dev/a /a\\040b\\011c\\012d ext4 rw 0 0
            proc /proc proc rw 0 0
            /dev/c /mnt/c ext4 rw 0 0
            /dev/d /var/lib/docker/overlay2/x/merged overlay rw 0 0
            /dev/e /var/lib/docker ext4 rw 0 0
            tmpfs /run/user/0 tmpfs rw 0 0
            short line
            """)
        func mountpoints(_ exclusion: MountExclusion) throws -> Set<String> {
            let collector = FilesystemCollector(roots, exclusion: exclusion) { _ in Self.space }
            var batch = SampleBatch()
            try collector.collect(into: &batch)
            return Set(batch.series.compactMap { $0.labels["mountpoint"] })
        }
        #expect(try mountpoints(.nodeExporter) == ["/a b\tc\nd", "/var/lib/docker"])
        #expect(try mountpoints(.dashboard) == ["/a b\tc\nd", "/mnt/c", "/var/lib/docker"])
    }

    @Test func readOnlyByForceIsToldFromReadOnlyByWish() {
        let text = """
            27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
            28 27 254:1 / /data rw,relatime shared:1 - ext4 /dev/vdb ro,errors=remount-ro
            29 27 254:2 / /boot ro,relatime - ext4 /dev/vdc ro
            30 27 0:1 broken
            """
        #expect(MountTable.forcedReadOnly(text) == ["/data"])
    }

    @Test func anErrorIsARowToo() throws {
        fixture.write("proc/1/mounts", "/dev/a /gone ext4 rw 0 0\n")
        let collector = FilesystemCollector(roots) { _ in nil }
        var batch = SampleBatch()
        try collector.collect(into: &batch)
        let gone: Labels = ["device": "/dev/a", "fstype": "ext4", "mountpoint": "/gone"]
        #expect(batch.value("node_filesystem_device_error", gone) == 1)
        #expect(batch.value("tocsin_filesystem_silent_seconds", gone) == 0)
    }
}

/// A mount that does not answer until it is told to.
private final class DeadMount: Sendable {
    let asked = Atomic(0)
    let answers = Atomic(false)

    func ask() {
        asked.add(1, ordering: .relaxed)
        while !answers.load(ordering: .relaxed) { usleep(1_000) }
    }
}
