import Adapters
import Glibc

/// Somebody who uses the service: writes twenty times a second through the switch, and counts what is acknowledged,
/// what of it is lost, and for how long it could not write.
struct DemoClient {
    let port: UInt16
    private var acknowledged = 0
    private var lost = 0
    private var longest = 0.0
    private var lastGood: Double?
    /// The newest acknowledged writes: after an outage the new primary is asked for them.
    private var recent: [UInt64] = []
    private var wasOut = false

    init(port: UInt16) { self.port = port }

    mutating func run() -> Never {
        var id: UInt64 = UInt64(DemoNode.now() * 1000) << 8
        while true {
            id += 1
            write(id)
            usleep(50_000)
        }
    }

    private mutating func write(_ id: UInt64) {
        let out = Double(Int(longest * 10)) / 10
        let path = "/write?id=\(id)&acked=\(acknowledged)&lost=\(lost)&out=\(out)"
        guard let answer = ask("POST", path), answer.status == 200 else {
            wasOut = true
            return
        }
        let now = DemoNode.now()
        if let lastGood { longest = max(longest, now - lastGood) }
        lastGood = now
        if wasOut, let missing = ask("GET", "/missing?ids=" + recent.map(String.init).joined(separator: ",")),
            missing.status == 200
        {
            lost += Int(missing.body.filter(\.isNumber)) ?? 0
            recent = []
            wasOut = false
        }
        acknowledged += 1
        recent.append(id)
        if recent.count > 200 { recent.removeFirst() }
    }

    private func ask(_ method: String, _ path: String) -> PlainHTTP.Answer? {
        // What cannot be reached is tried again with the next write.
        try? PlainHTTP.request(method, path, host: "127.0.0.1", port: "\(port)", within: 500)
    }
}
