import BlockingWork
import Glibc
import Synchronization
import TocsinCore
import TocsinModel

/// The processes of this machine.
///
/// Only `stat` is read of every process, over a descriptor that stays open. Command line, cgroup and I/O are read for
/// the rows that are shown, on threads of their own, because the command line of a task in uninterruptible sleep may
/// never come.
package final class ProcessTable: ProcessSource {
    fileprivate struct Entry {
        var descriptor: Int32
        var user: String
        var name: String
        var nameBytes: [UInt8]
        var startTime: UInt64
        var state: UInt8 = 0
        var ticks: UInt64 = 0
        var cpuPercent: Double?
        var threads = 0
        var resident = 0.0
        var isKernel = false
        var io: (bytes: Double, at: UInt64)?
        var ioPerSecond: Double?
        var round = 0
    }

    private let root: String
    private let tickSeconds: Double
    private let pageBytes: Double
    private var entries: [Int32: Entry] = [:]
    private var order: [Int32] = []
    private var round = 0
    private var last: UInt64 = 0
    private var openDescriptors = 0
    private let mostDescriptors: Int
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    private let details: ProcessDetails
    private let users = UserNames()
    private let folder: OpaquePointer?

    package init(_ roots: HostRoots) {
        root = roots.proc
        tickSeconds = 1 / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
        details = ProcessDetails(root: roots.proc)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // The rest is for files, clients and targets.
        mostDescriptors = Int(min(limit.rlim_cur, 1 << 20)) / 4
        folder = opendir(roots.proc)
    }

    deinit {
        for entry in entries.values where entry.descriptor >= 0 { close(entry.descriptor) }
        if let folder { closedir(folder) }
        buffer.deallocate()
    }

    package func sample(_ query: ProcessQuery, now: UInt64) throws(CollectFailure) -> ProcessSnapshot {
        guard let folder else { throw CollectFailure("\(root) cannot be listed") }
        round += 1
        let elapsed = last == 0 ? 0 : Double(now &- last) / 1e9
        last = now
        order.removeAll(keepingCapacity: true)
        rewinddir(folder)
        while let entry = readdir(folder) {
            if let pid = Self.pid(entry), read(pid, elapsed) { order.append(pid) }
        }
        for (pid, entry) in entries where entry.round != round { forget(pid, entry) }
        return snapshot(query, now)
    }

    private static func pid(_ entry: UnsafeMutablePointer<dirent>) -> Int32? {
        withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: UInt8.self, capacity: 256) { name in
                var value: Int32 = 0
                var at = 0
                while name[at] != 0 {
                    let digit = name[at] &- 0x30
                    if digit > 9 || at > 9 { return nil }
                    value = value &* 10 &+ Int32(digit)
                    at += 1
                }
                return at > 0 ? value : nil
            }
        }
    }

    private func forget(_ pid: Int32, _ entry: Entry) {
        if entry.descriptor >= 0 {
            close(entry.descriptor)
            openDescriptors -= 1
        }
        entries[pid] = nil
        details.forget(pid)
    }

    /// Reads one process; false when it vanished between list and read.
    private func read(_ pid: Int32, _ elapsed: Double) -> Bool {
        if let entry = entries[pid] {
            let count =
                entry.descriptor >= 0 ? pread(entry.descriptor, buffer.baseAddress, buffer.count, 0) : readOnce(pid)
            if count > 0, let stat = parse(count), stat.startTime == entry.startTime {
                update(pid, stat, elapsed)
                return true
            }
            // The number was given to another process, or this one is gone.
            forget(pid, entry)
        }
        return adopt(pid)
    }

    private func parse(_ count: Int) -> ProcessStat? {
        ProcessStat(UnsafeRawBufferPointer(rebasing: buffer[0..<count]).bytes)
    }

    private func readOnce(_ pid: Int32) -> Int {
        let descriptor = open("\(root)/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return -1 }
        defer { close(descriptor) }
        return pread(descriptor, buffer.baseAddress, buffer.count, 0)
    }

    private func adopt(_ pid: Int32) -> Bool {
        let descriptor = open("\(root)/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
        guard count > 0, let stat = parse(count) else {
            close(descriptor)
            return false
        }
        var owner = Glibc.stat()
        fstat(descriptor, &owner)
        let keep = openDescriptors < mostDescriptors
        if keep { openDescriptors += 1 } else { close(descriptor) }
        entries[pid] = Entry(
            descriptor: keep ? descriptor : -1, user: users.name(owner.st_uid), name: "", nameBytes: [],
            startTime: stat.startTime)
        update(pid, stat, 0)
        return true
    }

    private func update(_ pid: Int32, _ stat: ProcessStat, _ elapsed: Double) {
        let bytes = UnsafeRawBufferPointer(buffer).bytes
        let tick = tickSeconds
        let page = pageBytes
        let now = round
        entries[pid]?.set(stat, bytes, elapsed, tick, page, now)
    }

    private func snapshot(_ query: ProcessQuery, _ now: UInt64) -> ProcessSnapshot {
        let pids = order
        var matching = pids
        if !query.filter.isEmpty {
            details.read(pids)
            matching = pids.filter { matches($0, query.filter.lowercased()) }
        }
        if query.order == .io { readIO(matching, now) }
        sort(&matching, by: query.order)
        let offset = max(0, min(query.offset, matching.count - query.rows))
        let shown = Array(matching.dropFirst(offset).prefix(query.rows))
        let top = busiest(pids, count: 12)
        details.read(shown + top)
        if query.order != .io { readIO(Array(Set(shown + top)).sorted(), now) }
        var running = 0
        var blocked = 0
        var threads = 0
        for pid in pids {
            guard let entry = entries[pid] else { continue }
            threads += entry.threads
            if entry.state == UInt8(ascii: "R") { running += 1 }
            if entry.state == UInt8(ascii: "D") { blocked += 1 }
        }
        let page = ProcessesPage(
            rows: shown.compactMap(row), offset: offset, matching: matching.count, total: pids.count,
            threads: threads, running: running, blocked: blocked, order: query.order)
        return ProcessSnapshot(page: page, top: top.compactMap(row))
    }

    private func busiest(_ pids: [Int32], count: Int) -> [Int32] {
        var best = pids
        sort(&best, by: .cpu)
        return Array(best.prefix(count))
    }

    private func sort(_ pids: inout [Int32], by order: ProcessOrder) {
        // Keys are taken out once; a look-up per comparison would cost more than the sort.
        func sorted(_ key: (Entry) -> Double) -> [Int32] {
            var keyed: [(key: Double, pid: Int32)] = []
            keyed.reserveCapacity(pids.count)
            for pid in pids { keyed.append((entries[pid].map(key) ?? 0, pid)) }
            keyed.sort { a, b in a.key == b.key ? a.pid < b.pid : a.key > b.key }
            return keyed.map(\.pid)
        }
        switch order {
        // Equal processor time is common at rest; memory then tells more than the pid.
        case .cpu: pids = sorted { ($0.cpuPercent ?? 0) * 1e15 + $0.resident }
        case .memory: pids = sorted { $0.resident }
        case .io: pids = sorted { $0.ioPerSecond ?? -1 }
        case .pid: pids.sort()
        }
    }

    private func matches(_ pid: Int32, _ filter: String) -> Bool {
        guard let entry = entries[pid] else { return false }
        let known = details.known(pid)
        let texts: [String] = [entry.name, entry.user, known?.command ?? "", known?.cgroup ?? "", "\(pid)"]
        return texts.contains { text in text.lowercased().contains(filter) }
    }

    private func readIO(_ pids: [Int32], _ now: UInt64) {
        for pid in pids {
            guard let bytes = details.ioBytes(pid) else { continue }
            if let before = entries[pid]?.io, now > before.at {
                entries[pid]?.ioPerSecond = max(0, bytes - before.bytes) / (Double(now - before.at) / 1e9)
            }
            entries[pid]?.io = (bytes, now)
        }
    }

    private func row(_ pid: Int32) -> ProcessRow? {
        guard let entry = entries[pid] else { return nil }
        let known = details.known(pid)
        var command = known?.command ?? ""
        if command.isEmpty { command = entry.isKernel ? "[\(entry.name)]" : entry.name }
        return ProcessRow(
            pid: pid, user: entry.user, state: String(UnicodeScalar(entry.state)), threads: entry.threads,
            residentBytes: entry.resident, cpuPercent: entry.cpuPercent, ioBytesPerSecond: entry.ioPerSecond,
            cgroup: known?.cgroup ?? "", command: command)
    }
}

extension ProcessTable.Entry {
    fileprivate mutating func set(
        _ stat: ProcessStat, _ bytes: RawSpan, _ elapsed: Double, _ tick: Double, _ page: Double, _ now: Int
    ) {
        if !bytes.equals(stat.comm, nameBytes) || round == 0 {
            nameBytes = stat.comm.map { bytes[$0] }
            name = String(decoding: nameBytes, as: UTF8.self)
        }
        if elapsed > 0, stat.ticks >= ticks { cpuPercent = Double(stat.ticks - ticks) * tick / elapsed * 100 }
        ticks = stat.ticks
        state = stat.state
        threads = Int(clamping: stat.threads)
        resident = Double(stat.resident) * page
        isKernel = stat.isKernel
        round = now
    }
}
