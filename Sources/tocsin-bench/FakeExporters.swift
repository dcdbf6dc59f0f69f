import Glibc
import NIOCore
import NIOPosix

/// Exporters of a made-up fleet, each at an address of its own in 127.0.0.0/8. They answer whatever they are asked with
/// the host's page as of now, and cost as little as they can, since they run beside what is measured.
final class FakeExporters {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private var channels: [any Channel] = []
    /// What stands in front of each value, and how the value moves.
    private let lines: [(head: [UInt8], course: Fleet.Shape.Course)]
    let hosts: Int
    let port: Int

    init(hosts: Int, port: Int) throws {
        self.hosts = hosts
        self.port = port
        lines = Fleet.shapes.map { shape in
            let name = shape.labels[0].1
            let rest = shape.labels.dropFirst().map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
            return (Array((rest.isEmpty ? "\(name) " : "\(name){\(rest)} ").utf8), shape.course)
        }
        for host in 0..<hosts {
            let (lines, started) = (lines, now())
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Answering(host: host, lines, since: started))
                    }
                }
            channels.append(try bootstrap.bind(host: Self.address(host), port: port).wait())
        }
    }

    /// Where a host's exporter listens.
    static func address(_ host: Int) -> String { "127.1.\(host / 250).\(host % 250 + 1)" }

    func end() {
        for channel in channels { try? channel.close().wait() }
        try? group.syncShutdownGracefully()
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let host: Int
        private let lines: [(head: [UInt8], course: Fleet.Shape.Course)]
        private let started: Double
        private var ended = 0

        init(host: Int, _ lines: [(head: [UInt8], course: Fleet.Shape.Course)], since started: Double) {
            self.host = host
            self.lines = lines
            self.started = started
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for byte in unwrapInboundIn(data).readableBytesView {
                // The blank line: return and line feed twice in turn.
                let wanted: UInt8 = ended % 2 == 0 ? 13 : 10
                ended = byte == wanted ? ended + 1 : (byte == 13 ? 1 : 0)
                guard ended == 4 else { continue }
                ended = 0
                let body = page()
                var answer = context.channel.allocator.buffer(capacity: body.count + 128)
                answer.writeString(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: \(body.count)\r\n\r\n"
                )
                answer.writeBytes(body)
                context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
            }
        }

        private func page() -> [UInt8] {
            let tick = UInt64((now() - started) * 10)
            var page: [UInt8] = []
            page.reserveCapacity(20_000)
            for (number, line) in lines.enumerated() {
                let seed = UInt64(host &* 1_009 &+ number) &* 0x9E37_79B9_7F4A_7C15
                page += line.head
                switch line.course {
                case .still: Self.write(seed >> 52, to: &page)
                case .counter: Self.write((seed >> 48) + tick * (seed >> 60 + 1), to: &page)
                case .gauge:
                    let cents = (seed >> 44) + ((seed ^ tick) &* 0xBF58_476D_1CE4_E5B9) >> 56
                    Self.write(cents / 100, to: &page)
                    page.append(UInt8(ascii: "."))
                    page.append(48 + UInt8(cents % 100 / 10))
                    page.append(48 + UInt8(cents % 10))
                }
                page.append(10)
            }
            return page
        }

        private static func write(_ value: UInt64, to page: inout [UInt8]) {
            let begin = page.count
            var rest = value
            repeat {
                page.append(48 + UInt8(rest % 10))
                rest /= 10
            } while rest > 0
            page[begin...].reverse()
        }
    }
}
