import Exposition
import NIOCore
import TocsinCore
import TocsinModel

/// Pages written by probing. A probe that fails is a page that says so; the target itself counts as up.
final class ProbePages: PageSource {
    private let module: ProbeModule

    init(_ module: ProbeModule, _ config: ScrapeConfig) { self.module = module }

    func page(of target: ScrapeTarget) async throws -> (bytes: [UInt8], format: ExpositionReader.Format) {
        let notes = ProbeNotes()
        let clock = ContinuousClock()
        let start = clock.now
        let module = module
        // The word for what went wrong is in the metrics; what is thrown only ends the probe.
        try? await withDeadline(milliseconds: target.timeout) {
            switch module.prober {
            case .http(let probe): try await HTTPProber(probe, module).probe(target.address, notes)
            case .tcp(let probe): try await TCPProber(probe, module).probe(target.address, notes)
            case .dns(let probe): try await DNSProber(probe, module).probe(target.address, notes)
            case .icmp(let probe): try await ICMPProber(probe, module).probe(target.address, notes)
            }
        }
        return (notes.page(seconds: start.duration(to: clock.now) / .seconds(1)), .prometheus)
    }
}

/// What all probers do first: find the address.
enum ProbeAddress {
    static func find(_ host: String, _ port: Int, _ module: ProbeModule, _ notes: ProbeNotes) async throws
        -> SocketAddress
    {
        let clock = ContinuousClock()
        let start = clock.now
        defer {
            let seconds = start.duration(to: clock.now) / .seconds(1)
            notes.note {
                $0.set("dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", seconds)
            }
        }
        let address = try await AddressBook.address(of: host, port: port, module)
        notes.note {
            $0.set(
                "ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6",
                address.protocol == .inet6 ? 6.0 : 4.0)
            $0.set(
                "ip_addr_hash", "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
                Double(hash(address)))
        }
        return address
    }

    /// FNV-1a with 32 bits over the text of the address, as blackbox_exporter has it.
    private static func hash(_ address: SocketAddress) -> UInt32 {
        (address.ipAddress ?? "").utf8.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }

    /// Host and port of `host:port` or `[address]:port`.
    static func split(_ text: String, usual: Int? = nil) throws -> (host: String, port: Int) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let rest = text[text.index(after: end)...]
            let host = String(text[text.index(after: text.startIndex)..<end])
            if let port = rest.hasPrefix(":") ? Int(rest.dropFirst()) : usual { return (host, port) }
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            if let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) {
                return (String(text[..<colon]), port)
            }
        } else if let usual {
            return (text, usual)
        }
        throw Unusable("\"\(text)\" needs a port")
    }
}
