import LinearRegex
import NIOCore
import NIOPosix
import TocsinCore
import TocsinModel

/// `prober: tcp`: connects, and says and expects what is configured.
struct TCPProber: Sendable {
    let probe: TCPProbe
    let module: ProbeModule

    init(_ probe: TCPProbe, _ module: ProbeModule) {
        self.probe = probe
        self.module = module
    }

    /// Longer lines are no conversation.
    private static let mostBytes = 1 << 20

    func probe(_ target: String, _ notes: ProbeNotes) async throws {
        let (host, port) = try ProbeAddress.split(target)
        let address = try await ProbeAddress.find(host, port, module, notes)
        let stream = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let channel = stream.channel
        try await stream.executeThenClose { incoming, outgoing in
            if probe.usesTLS { try await begin(channel, host, notes) }
            try await channel.setOption(.autoRead, value: true).get()
            if !probe.usesTLS { channel.read() }
            var lines = LineReader(incoming.makeAsyncIterator(), most: Self.mostBytes)
            for exchange in probe.exchanges {
                var groups: [String] = []
                if let expected = exchange.expect { groups = try await lines.expect(expected, notes) }
                if !exchange.send.isEmpty {
                    let text = Expansion.expand(exchange.send, groups) { exchange.expect?.group(named: $0) }
                    try await outgoing.write(ByteBuffer(string: text + "\n"))
                }
                if exchange.startsTLS { try await begin(channel, host, notes) }
            }
            notes.note { $0.isSuccess = true }
        }
    }

    private func begin(_ channel: any Channel, _ host: String, _ notes: ProbeNotes) async throws {
        try await channel.setOption(.autoRead, value: true).get()
        try await TLSWitness.begin(channel, probe.tls, host: host)
        try await TLSWitness.note(channel, notes)
    }
}

/// Lines of a connection.
private struct LineReader {
    private var incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let most: Int
    private var bytes: [UInt8] = []

    init(_ incoming: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, most: Int) {
        self.incoming = incoming
        self.most = most
    }

    /// Reads lines until one matches; its groups. The connection's end is a failure.
    mutating func expect(_ regex: LinearRegex, _ notes: ProbeNotes) async throws -> [String] {
        while let line = try await line() {
            if let groups = regex.captures(line) {
                notes.note {
                    $0.set("failed_due_to_regex", "Indicates if probe failed due to regex", false)
                }
                return groups
            }
        }
        notes.note { $0.set("failed_due_to_regex", "Indicates if probe failed due to regex", true) }
        throw Unusable("no line matches")
    }

    private mutating func line() async throws -> String? {
        while true {
            if let end = bytes.firstIndex(of: 10) {
                let line = String(decoding: bytes[..<end].filter { $0 != 13 }, as: UTF8.self)
                bytes.removeFirst(end + 1)
                return line
            }
            if bytes.count > most { throw Unusable("a line without end") }
            guard let part = try await incoming.next() else {
                defer { bytes = [] }
                return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
            }
            bytes += part.readableBytesView
        }
    }
}
