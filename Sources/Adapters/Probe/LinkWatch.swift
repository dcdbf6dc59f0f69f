import CLinux
import Glibc
import Synchronization

/// Knows which of our own network interfaces a peer is reached through, and whether its cable is in.
package final class LinkWatch: Sendable {
    /// Interface names by peer address, learned while the way was open.
    private let ways = Mutex<[String: String]>([:])
    private let sys: String

    /// - Parameter sys: the root of `/sys`.
    package init(sys: String = "/sys") { self.sys = sys }

    /// Why our own network does not carry to an address now; nil when it does, or when that is not known.
    package func cut(_ host: String) -> String? {
        guard let interface = ways.withLock({ $0[host] }), !interface.isEmpty else { return nil }
        guard let carrier = read("\(sys)/class/net/\(interface)/carrier") else {
            // The file of an interface that is down cannot be read; that of one which is gone is not there.
            return "\(interface) is down"
        }
        return carrier == 0x30 ? "\(interface) has no carrier" : nil
    }

    /// True once the way to an address has been looked up.
    func knows(_ host: String) -> Bool { ways.withLock { $0[host] != nil } }

    /// Looks up through which interface an address is reached now. Nothing is sent; a name server may be asked, so this
    /// belongs on a thread that may wait.
    func learn(_ host: String, port: String) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &list) == 0, let info = list else { return }
        defer { freeaddrinfo(list) }
        let descriptor = socket(info.pointee.ai_family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard connect(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 else { return }
        var own = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let known = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        // Without a cable, as on the loopback, there is nothing to be watched.
        if known == 0 { learn(host, interface: Self.interface(of: own) ?? "") }
    }

    package func learn(_ host: String, interface: String) { ways.withLock { $0[host] = interface } }

    private static func interface(of address: sockaddr_storage) -> String? {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return nil }
        defer { freeifaddrs(list) }
        var next = list
        while let one = next {
            defer { next = one.pointee.ifa_next }
            guard let other = one.pointee.ifa_addr, same(address, other) else { continue }
            let name = String(cString: one.pointee.ifa_name)
            // The loopback has no cable.
            return name == "lo" ? nil : name
        }
        return nil
    }

    private static func same(_ a: sockaddr_storage, _ b: UnsafeMutablePointer<sockaddr>) -> Bool {
        guard a.ss_family == b.pointee.sa_family else { return false }
        var a = a
        return withUnsafePointer(to: &a) { own in
            if Int32(b.pointee.sa_family) == AF_INET {
                let x = UnsafeRawPointer(own).assumingMemoryBound(to: sockaddr_in.self).pointee.sin_addr.s_addr
                let y = UnsafeRawPointer(b).assumingMemoryBound(to: sockaddr_in.self).pointee.sin_addr.s_addr
                return x == y
            }
            guard Int32(b.pointee.sa_family) == AF_INET6 else { return false }
            var x = UnsafeRawPointer(own).assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr
            var y = UnsafeRawPointer(b).assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr
            return memcmp(&x, &y, 16) == 0
        }
    }

    private func read(_ path: String) -> UInt8? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var byte: UInt8 = 0
        return Glibc.read(file, &byte, 1) == 1 ? byte : nil
    }

    /// Calls back whenever the kernel says that a link has changed. Nothing wakes up in between.
    package func onChange(_ changed: @escaping @Sendable () -> Void) {
        let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Int32(NETLINK_ROUTE))
        guard descriptor >= 0 else { return }
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = UInt32(RTMGRP_LINK)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else {
            close(descriptor)
            return
        }
        let thread = ProbeThread {
            var buffer = [UInt8](repeating: 0, count: 16_384)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0, errno != EINTR, errno != ENOBUFS { return }
                changed()
            }
        }
        thread.start()
    }
}

/// A thread that runs one body for as long as the process lives.
private final class ProbeThread: Sendable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() {
        var thread = pthread_t()
        let held = Unmanaged.passRetained(self).toOpaque()
        let failed = pthread_create(
            &thread, nil,
            {
                let own = Unmanaged<ProbeThread>.fromOpaque($0!).takeRetainedValue()
                _ = pthread_setname_np(pthread_self(), "tocsin-links")
                own.body()
                return nil
            }, held)
        if failed == 0 { pthread_detach(thread) } else { Unmanaged<ProbeThread>.fromOpaque(held).release() }
    }
}
