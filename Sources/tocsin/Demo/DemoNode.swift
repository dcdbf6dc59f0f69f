import Adapters
import Glibc
import Synchronization
import TocsinCore

/// One of the pair: a counter that takes writes when it is primary, and copies the other's when it is standby.
///
/// Replication is asynchronous, as in most databases: a write is acknowledged before the standby has it, so a primary
/// that dies may take the last ones with it.
final class DemoNode: Sendable {
    private struct State {
        var isPrimary: Bool
        /// The identities of all writes, in order. Their number is the counter.
        var writes: [UInt64] = []
        /// The address that is copied from.
        var upstream: (name: String, address: String)
        /// How far the upstream was when it was last heard, and when that was.
        var upstreamCount = 0
        var heardAt: Double?
        /// The log is taken anew, because the own one may hold what nobody else has.
        var fresh = false
        var clientSays = ""
    }

    private let name: String
    private let state: Mutex<State>

    init(name: String, isPrimary: Bool, upstream: (name: String, address: String)) {
        self.name = name
        state = Mutex(State(isPrimary: isPrimary, upstream: upstream, fresh: !isPrimary))
    }

    func serve(port: UInt16) throws {
        let listener = try Listener(port: port)
        Detached.run { self.copy() }
        while true {
            let one = listener.accept()
            if let request = DemoRequest(reading: one) {
                let (status, body) = answer(request)
                DemoRequest.answer(one, status, body)
            }
            close(one)
        }
    }

    private func answer(_ request: DemoRequest) -> (Int, String) {
        switch (request.method, request.path) {
        case ("GET", "/health"): (200, "\(name) is there")
        case ("GET", "/role"): role()
        case ("GET", "/"): count()
        case ("GET", "/log"): log(from: Int(request.values["from"] ?? "") ?? 0)
        case ("GET", "/missing"): missing((request.values["ids"] ?? "").split(separator: ",").compactMap { UInt64($0) })
        case ("POST", "/write"): write(request)
        case ("POST", "/promote"): become(primary: true, nil)
        case ("POST", "/demote"):
            become(primary: false, request.values["name"].map { ($0, request.values["follow"] ?? "") })
        default: (404, "there is no \(request.method) \(request.path)")
        }
    }

    private func role() -> (Int, String) {
        state.withLock { state in
            let at = Self.seconds(Self.now())
            if state.isPrimary { return (200, "primary count=\(state.writes.count) at=\(at)") }
            var words = "standby count=\(state.writes.count)"
            let behind = max(0, state.upstreamCount - state.writes.count)
            words += " lag=\(behind * 8)"
            let silence = state.heardAt.map { Self.now() - $0 }
            if behind == 0 { words += " lag_seconds=0" }
            if let silence, silence < 0.6 {
                words += " hears=\(state.upstream.name)"
            } else {
                words += " hears_not=\(state.upstream.name):\(Self.seconds(silence ?? 0))"
            }
            return (503, words + " follows=\(state.upstream.name) at=\(at)")
        }
    }

    private func count() -> (Int, String) {
        state.withLock { state in
            guard state.isPrimary else { return (503, "\(name) is a standby") }
            return (
                200,
                "count \(state.writes.count) on \(name)"
                    + (state.clientSays.isEmpty ? "" : "; the client: \(state.clientSays)")
            )
        }
    }

    private func log(from: Int) -> (Int, String) {
        state.withLock { state in
            // A standby serves its log too: one that was demoted may have what the next primary still lacks.
            let some = state.writes.dropFirst(max(0, from)).prefix(2_000)
            let role = state.isPrimary ? "primary" : "standby"
            return (200, "\(role) \(state.writes.count) " + some.map(String.init).joined(separator: " "))
        }
    }

    private func missing(_ ids: [UInt64]) -> (Int, String) {
        state.withLock { state in
            guard state.isPrimary else { return (503, "\(name) is a standby") }
            let known = Set(state.writes.suffix(5_000))
            return (200, "\(ids.filter { !known.contains($0) }.count)")
        }
    }

    private func write(_ request: DemoRequest) -> (Int, String) {
        state.withLock { state in
            guard state.isPrimary else { return (503, "\(name) is a standby and takes no writes") }
            guard let id = UInt64(request.values["id"] ?? "") else { return (400, "a write needs an id") }
            state.writes.append(id)
            if let lost = request.values["lost"], let acked = request.values["acked"], let out = request.values["out"] {
                state.clientSays = "\(acked) writes acknowledged, \(lost) lost, longest outage \(out) s"
            }
            return (200, "\(state.writes.count)")
        }
    }

    private func become(primary: Bool, _ upstream: (name: String, address: String)?) -> (Int, String) {
        state.withLock { state in
            state.isPrimary = primary
            state.heardAt = nil
            state.fresh = !primary
            if let upstream, !upstream.address.isEmpty { state.upstream = upstream }
            return (200, "\(name) is \(primary ? "primary" : "a standby") now")
        }
    }

    // MARK: Copying

    private func copy() {
        while true {
            usleep(50_000)
            let (standby, from, address) = state.withLock {
                ($0.isPrimary ? false : true, $0.fresh ? 0 : $0.writes.count, $0.upstream.address)
            }
            guard standby, !address.isEmpty else { continue }
            let (host, port) = Placeholders.split(address)
            guard let answer = try? PlainHTTP.request("GET", "/log?from=\(from)", host: host, port: port, within: 500),
                answer.status == 200
            else { continue }
            let numbers = answer.body.split { $0 == " " || $0 == "\n" }.compactMap { UInt64($0) }
            guard let total = numbers.first else { continue }
            state.withLock { state in
                // A promotion may have come in between; then what was fetched is the past.
                guard !state.isPrimary else { return }
                // The own log is given up only for that of a primary.
                guard !state.fresh || answer.body.hasPrefix("primary") else { return }
                if state.fresh {
                    state.writes = []
                    state.fresh = false
                }
                guard state.writes.count == from else { return }
                state.writes += numbers.dropFirst()
                state.upstreamCount = Int(total)
                state.heardAt = Self.now()
            }
        }
    }

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func seconds(_ value: Double) -> String { String(Double(Int(value * 1000)) / 1000) }
}
