import Glibc
import TocsinModel

/// A TCP connection with a deadline for everything. For checks: short questions, short answers.
package struct Socket: ~Copyable {
    package let descriptor: Int32
    private let end: Milliseconds

    package enum Failure: Error, Sendable, Equatable {
        /// Nobody listens there: a definite no.
        case refused
        case late
        /// Our own network has no way there.
        case noRoute(String)
        case other(String)
    }

    /// Connects, within so many milliseconds; they count for everything done with the socket afterwards too.
    package init(host: String, port: String, within milliseconds: Milliseconds) throws(Failure) {
        end = Self.now() + milliseconds
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, port, &hints, &list)
        guard status == 0, let list else {
            throw .other("\(host) has no address: \(String(cString: gai_strerror(status)))")
        }
        defer { freeaddrinfo(list) }
        var failure = Failure.other("no address")
        var next: UnsafeMutablePointer<addrinfo>? = list
        var open: Int32 = -1
        while let one = next, open < 0 {
            let info = one.pointee
            let made = socket(
                info.ai_family, info.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            if let why = Self.connect(made, info, end) {
                failure = why
                if made >= 0 { close(made) }
            } else {
                open = made
            }
            next = info.ai_next
        }
        guard open >= 0 else { throw failure }
        descriptor = open
    }

    deinit { close(descriptor) }

    private static func connect(_ made: Int32, _ info: addrinfo, _ end: Milliseconds) -> Failure? {
        guard made >= 0 else { return failure(errno) }
        if Glibc.connect(made, info.ai_addr, info.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return failure(errno) }
        guard wait(made, Int16(POLLOUT), end) else { return .late }
        var status: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(made, SOL_SOCKET, SO_ERROR, &status, &size)
        return status == 0 ? nil : failure(status)
    }

    private static func failure(_ number: Int32) -> Failure {
        switch number {
        case ECONNREFUSED: .refused
        case ENETUNREACH, ENETDOWN, EADDRNOTAVAIL: .noRoute(String(cString: strerror(number)))
        case ETIMEDOUT: .late
        default: .other(String(cString: strerror(number)))
        }
    }

    private static func wait(_ descriptor: Int32, _ events: Int16, _ end: Milliseconds) -> Bool {
        var one = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let left = end - now()
            guard left > 0 else { return false }
            let ready = poll(&one, 1, Int32(clamping: left))
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { return false }
        }
    }

    package func send(_ text: String) throws(Failure) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                guard Self.wait(descriptor, Int16(POLLOUT), end) else { throw .late }
            } else {
                throw .other(String(cString: strerror(errno)))
            }
        }
    }

    /// Everything until the other side closes, at most so many bytes.
    package func receiveAll(most: Int = 65_536) throws(Failure) -> String {
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while out.count < most {
            guard Self.wait(descriptor, Int16(POLLIN), end) else { throw .late }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { break }
            if count < 0, errno != EAGAIN { throw .other(String(cString: strerror(errno))) }
            if count > 0 { out.append(contentsOf: buffer[0..<count]) }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func now() -> Milliseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Milliseconds(time.tv_sec) * 1000 + Milliseconds(time.tv_nsec) / 1_000_000
    }
}

/// One HTTP request over plain TCP: enough for health checks and queries nearby. It asks as HTTP 1.0 does, so that no
/// answer comes in pieces.
package enum PlainHTTP {
    package struct Answer: Sendable, Equatable {
        package var status: Int
        package var body: String
    }

    package static func request(
        _ method: String = "GET", _ path: String, host: String, port: String, within milliseconds: Milliseconds,
        most: Int = 65_536
    ) throws(Socket.Failure) -> Answer {
        let socket = try Socket(host: host, port: port, within: milliseconds)
        try socket.send(
            "\(method) \(path) HTTP/1.0\r\nHost: \(host):\(port)\r\nUser-Agent: tocsin\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        let text = try socket.receiveAll(most: most)
        let parts = text.split(separator: " ", maxSplits: 2)
        guard text.hasPrefix("HTTP/"), parts.count > 1, let status = Int(parts[1]) else {
            throw text.isEmpty ? .other("it closed the connection without an answer") : .other("its answer is no HTTP")
        }
        return Answer(status: status, body: body(text))
    }

    private static func body(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count >= 4 else { return "" }
        for at in 0...min(bytes.count - 4, 65_536) where bytes[at..<(at + 4)].elementsEqual([13, 10, 13, 10]) {
            return String(decoding: bytes[(at + 4)...], as: UTF8.self)
        }
        return ""
    }
}
