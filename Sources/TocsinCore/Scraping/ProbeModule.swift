import LinearRegex
import TocsinModel

/// How a target is probed from outside, in the words of blackbox_exporter's modules.
package struct ProbeModule: Sendable {
    package enum Prober: Sendable {
        case http(HTTPProbe)
        case tcp(TCPProbe)
        case dns(DNSProbe)
        case icmp(ICMPProbe)
    }

    /// The family of addresses that is tried first.
    package enum AddressFamily: String, Sendable, CaseIterable { case ip4, ip6 }

    package var prober: Prober
    package var prefers: AddressFamily = .ip6
    /// Take the other family where the preferred one has no address.
    package var fallsBack = true

    package init(_ prober: Prober) { self.prober = prober }
}

/// `prober: http`.
package struct HTTPProbe: Sendable {
    package struct HeaderPattern: Sendable {
        package var header: String
        package var regex: LinearRegex
        package var allowMissing: Bool

        package init(header: String, regex: LinearRegex, allowMissing: Bool) {
            self.header = header
            self.regex = regex
            self.allowMissing = allowMissing
        }
    }

    /// Status codes that count as success; empty for all of 200 to 299.
    package var validStatusCodes: [Int] = []
    /// Such as `HTTP/1.1`; empty for any.
    package var validVersions: [String] = []
    package var method = "GET"
    package var headers: [(name: String, value: String)] = []
    package var body = ""
    package var client = HTTPClientOptions()
    package var failsIfTLS = false
    package var failsIfNotTLS = false
    package var failsIfBodyMatches: [LinearRegex] = []
    package var failsUnlessBodyMatches: [LinearRegex] = []
    package var failsIfHeaderMatches: [HeaderPattern] = []
    package var failsUnlessHeaderMatches: [HeaderPattern] = []
    package var bodyLimit = 10 << 20

    package init() {}
}

/// `prober: tcp`: a connection, TLS if asked for, and a conversation.
package struct TCPProbe: Sendable {
    /// One step of the conversation, in this order: wait for a line, send one, begin TLS.
    package struct Exchange: Sendable {
        package var expect: LinearRegex?
        /// May hold groups of the line that was expected.
        package var send = ""
        package var startsTLS = false

        package init() {}
    }

    package var exchanges: [Exchange] = []
    package var usesTLS = false
    package var tls = HTTPClientOptions.TLS()

    package init() {}
}

/// `prober: dns`: one question to the target, which is the server.
package struct DNSProbe: Sendable {
    /// Conditions on one section of the answer.
    package struct Validation: Sendable {
        package var failsIfMatches: [LinearRegex] = []
        package var failsIfAllMatch: [LinearRegex] = []
        package var failsUnlessMatches: [LinearRegex] = []
        package var failsIfNoneMatches: [LinearRegex] = []

        package init() {}
    }

    package var name: String
    /// The number of the record type, such as 1 for A.
    package var type: UInt16 = 255
    package var overTCP = false
    package var recursionDesired = true
    /// Response codes that count as success, such as `NOERROR`.
    package var validCodes: [String] = ["NOERROR"]
    package var answer = Validation()
    package var authority = Validation()
    package var additional = Validation()

    package init(name: String) { self.name = name }
}

/// `prober: icmp`: one echo request.
package struct ICMPProbe: Sendable {
    package var payloadBytes = 56
    package var dontFragment = false
    /// Time to live; 0 for the system's.
    package var ttl = 0

    package init() {}
}
