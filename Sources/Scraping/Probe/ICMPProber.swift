import Glibc
import NIOCore
import TocsinCore
import TocsinModel

/// `prober: icmp`: one echo request over an unprivileged ping socket, which the kernel allows to the groups of
/// `net.ipv4.ping_group_range` (icmp(7)); over a raw socket where it does not and the process may.
struct ICMPProber: Sendable {
    let probe: ICMPProbe
    let module: ProbeModule

    init(_ probe: ICMPProbe, _ module: ProbeModule) {
        self.probe = probe
        self.module = module
    }

    func probe(_ target: String, _ notes: ProbeNotes) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let address = try await ProbeAddress.find(target, 0, module, notes)
        let found = clock.now
        let isSix = address.protocol == .inet6
        let (socket, isRaw) = try Self.open(isSix)
        defer { close(socket) }
        try configure(socket, isSix)
        let ready = clock.now
        let sequence = UInt16.random(in: .min ... .max)
        let mark = withUnsafeBytes(of: UInt64.random(in: .min ... .max), Array.init)
        let echo = Self.echo(isSix, sequence, mark, padding: max(0, probe.payloadBytes - mark.count))
        let sent = address.withSockAddr { address, size in
            sendto(socket, echo, echo.count, 0, address, socklen_t(size))
        }
        guard sent == echo.count else { throw Unusable(String(cString: strerror(errno))) }
        try await answer(socket, isRaw && !isSix ? 20 : 0, sequence, mark)
        let phases = [
            ("resolve", start.duration(to: found) / .seconds(1)), ("setup", found.duration(to: ready) / .seconds(1)),
            ("rtt", ready.duration(to: clock.now) / .seconds(1)),
        ]
        notes.note { report in
            for (phase, seconds) in phases {
                report.set("icmp_duration_seconds", "Duration of icmp request by phase", seconds, ["phase": phase])
            }
            report.isSuccess = true
        }
    }

    private static func open(_ isSix: Bool) throws -> (Int32, isRaw: Bool) {
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let (family, kind) = isSix ? (AF_INET6, Int32(IPPROTO_ICMPV6)) : (AF_INET, Int32(IPPROTO_ICMP))
        let ping = socket(family, Int32(SOCK_DGRAM.rawValue) | flags, kind)
        if ping >= 0 { return (ping, false) }
        let raw = socket(family, Int32(SOCK_RAW.rawValue) | flags, kind)
        if raw >= 0 { return (raw, true) }
        throw Unusable(
            "the kernel allows no ping: set net.ipv4.ping_group_range to take in this group, or grant CAP_NET_RAW")
    }

    private func configure(_ socket: Int32, _ isSix: Bool) throws {
        if probe.ttl > 0 {
            var ttl = Int32(probe.ttl)
            let (level, option) = isSix ? (Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS) : (Int32(IPPROTO_IP), IP_TTL)
            setsockopt(socket, level, option, &ttl, socklen_t(MemoryLayout<Int32>.size))
        }
        if probe.dontFragment, !isSix {
            var always = Int32(IP_PMTUDISC_DO)
            setsockopt(socket, Int32(IPPROTO_IP), IP_MTU_DISCOVER, &always, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// An echo request. The kernel fills in identifier and checksum of a ping socket; a raw one needs its own.
    private static func echo(_ isSix: Bool, _ sequence: UInt16, _ mark: [UInt8], padding: Int) -> [UInt8] {
        var bytes: [UInt8] = [isSix ? 128 : 8, 0, 0, 0, 0x70, 0x63, UInt8(sequence >> 8), UInt8(sequence & 255)]
        bytes += mark + [UInt8](repeating: 0, count: padding)
        var sum: UInt32 = 0
        for at in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[at]) << 8 | (at + 1 < bytes.count ? UInt32(bytes[at + 1]) : 0)
        }
        while sum >> 16 != 0 { sum = sum & 0xFFFF + sum >> 16 }
        let checksum = ~UInt16(sum)
        bytes[2] = UInt8(checksum >> 8)
        bytes[3] = UInt8(checksum & 255)
        return bytes
    }

    /// Waits for the reply that carries our mark.
    private func answer(_ socket: Int32, _ header: Int, _ sequence: UInt16, _ mark: [UInt8]) async throws {
        var buffer = [UInt8](repeating: 0, count: 66_000)
        while true {
            await Readiness.readable(socket)
            try Task.checkCancellation()
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count >= 0 else { throw Unusable(String(cString: strerror(errno))) }
            let reply = buffer[..<count].dropFirst(header)
            guard reply.count >= 8 + mark.count, let type = reply.first, type == 0 || type == 129 else { continue }
            if reply.dropFirst(8).prefix(mark.count).elementsEqual(mark) { return }
        }
    }
}
