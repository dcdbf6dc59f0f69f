import FoundationEssentials
import Glibc
import TocsinModel

/// Debian's Prometheus with a fleet's data in blocks, asked over HTTP on loopback.
final class PrometheusPeer {
    private static let program = "/usr/bin/prometheus"
    private let folder: String
    private let server: Child
    private let port: Int

    static var isInstalled: Bool { access(program, X_OK) == 0 && access("/usr/bin/promtool", X_OK) == 0 }

    /// - Parameter number: tells the peers of one process apart.
    init?(_ fleet: Fleet, number: Int = 0) {
        var template = Array("/tmp/tocsin-bench-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
        folder = String(cString: mkdtemp(&template))
        port = 20_000 + (Int(getpid()) * 2 + number) % 20_000
        Self.write(fleet, to: folder + "/data.om")
        let environment = ["PATH=/usr/bin:/bin"]
        let make =
            "promtool tsdb create-blocks-from openmetrics \(folder)/data.om \(folder)/data >/dev/null 2>&1; echo done > \(folder)/made"
        guard let making = Child("/bin/sh", ["-c", make], environment, 80, 24) else { return nil }
        while access(folder + "/made", F_OK) != 0 { making.read(milliseconds: 200) }
        making.end()
        unlink(folder + "/data.om")
        guard FileManager.default.createFile(atPath: folder + "/prometheus.yml", contents: Data("global: {}\n".utf8))
        else { return nil }
        let arguments = [
            "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
            "--storage.tsdb.retention.time=100y", "--web.listen-address=127.0.0.1:\(port)", "--log.level=error",
            "--query.max-samples=100000000",
        ]
        guard let server = Child(Self.program, arguments, environment, 80, 24) else { return nil }
        self.server = server
        for _ in 0..<300 {
            server.read(milliseconds: 100)
            if ask("/-/ready") != nil { return }
        }
        return nil
    }

    deinit {
        server.end()
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            print("\(folder) was left behind: \(error)")
        }
    }

    private static func write(_ fleet: Fleet, to path: String) {
        guard let file = fopen(path, "w") else { return }
        defer { fclose(file) }
        // Metric by metric, as the format wants it.
        var pages: [String: [String]] = [:]
        fleet.forEachSeries { labels, value in
            let name = labels.metricName
            let braces = labels.withoutName.pairs.map { "\($0.name)=\(Labels.quote($0.value))" }.joined(separator: ",")
            var page = ""
            for at in 0..<fleet.samples {
                let time = fleet.start + Milliseconds(at) * fleet.interval
                page += "\(name){\(braces)} \(value(at)) \(time / 1000)\n"
            }
            pages[name, default: []].append(page)
        }
        for (name, series) in pages.sorted(by: { $0.key < $1.key }) {
            fputs("# TYPE \(name) unknown\n", file)
            for page in series { fputs(page, file) }
        }
        fputs("# EOF\n", file)
    }

    var cpuSeconds: Double { server.cpuSeconds }

    /// Asks and reads the whole answer; nil when there is none.
    @discardableResult
    func ask(_ path: String) -> Int? {
        let made = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(made) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(made, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        let request = Array("GET \(path) HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8)
        _ = send(made, request, request.count, Int32(MSG_NOSIGNAL))
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total = 0
        while true {
            let count = recv(made, &buffer, buffer.count, 0)
            if count <= 0 { break }
            if total == 0, !String(decoding: buffer[0..<min(count, 16)], as: UTF8.self).contains(" 200 ") { return nil }
            total += count
        }
        return total
    }

    static func escape(_ text: String) -> String {
        text.utf8.map { byte in
            let plain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            return plain
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
