import Adapters
import Glibc
import Synchronization
import TocsinCore

/// The address clients use: hands each connection on to wherever it points.
final class DemoSwitch: Sendable {
    private let target: Mutex<String>

    init(target: String) { self.target = Mutex(target) }

    func serve(port: UInt16, control: UInt16) throws {
        let front = try Listener(port: port)
        let back = try Listener(port: control)
        Detached.run { self.obey(back) }
        while true {
            let one = front.accept(patience: 2_000)
            Detached.run {
                self.pass(one)
                close(one)
            }
        }
    }

    private func obey(_ listener: Listener) {
        while true {
            let one = listener.accept()
            if let request = DemoRequest(reading: one) {
                if request.method == "POST", request.path == "/point", let to = request.values["to"], to.contains(":") {
                    target.withLock { $0 = to }
                    DemoRequest.answer(one, 200, "points to \(to) now")
                } else {
                    DemoRequest.answer(one, 200, "points to \(target.withLock { $0 })")
                }
            }
            close(one)
        }
    }

    /// Copies both ways until one side has nothing more to say.
    private func pass(_ client: Int32) {
        let (host, port) = Placeholders.split(target.withLock { $0 })
        guard let server = try? Socket(host: host, port: port, within: 1_000) else { return }
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            var ends = [client, server.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&ends, 2, 2_000) > 0 else { return }
            for (from, to) in [(0, server.descriptor), (1, client)] where ends[from].revents != 0 {
                let count = recv(ends[from].fd, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                guard send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
            }
        }
    }
}
