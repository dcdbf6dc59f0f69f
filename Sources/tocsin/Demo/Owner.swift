import CLinux
import Glibc

/// The process a part of the demo belongs to: when it ends, however it ends, the part ends too.
enum Owner {
    /// Ends this process once the owner is gone; `last` is done before.
    static func follow(_ pid: Int32, last: @escaping @Sendable () -> Void = {}) {
        let descriptor = tocsin_pidfd_open(pid)
        guard descriptor >= 0 else { exit(0) }
        Detached.run {
            var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while poll(&one, 1, -1) < 0 && errno == EINTR {}
            last()
            exit(0)
        }
    }
}

/// A thread that runs one body and ends.
final class Detached: Sendable {
    private let body: @Sendable () -> Void
    private init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    static func run(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let held = Unmanaged.passRetained(Detached(body)).toOpaque()
        let failed = pthread_create(
            &thread, nil,
            {
                Unmanaged<Detached>.fromOpaque($0!).takeRetainedValue().body()
                return nil
            }, held)
        if failed != 0 { fatalError("no thread can be made: \(String(cString: strerror(failed)))") }
        pthread_detach(thread)
    }
}
