import ConfigurationFiles
import Glibc
import Logging
import NIOSSL
import ServiceLifecycle
import TocsinAPI
import TocsinEngine
import TocsinModel
import UnixSignals

/// The engine as a service: listeners, signals, systemd.
struct Daemon {
    let house: EngineHouse
    let logger: Logger
    private let notify = SystemdNotify()

    func run() async throws {
        let config = house.config
        let path = SocketPlace.own(config)
        try await house.begin()
        let router = Router(gatekeeper: house.gatekeeper, control: house, registry: house.engine.registry) { [house] in
            OperatorSession(house.engine, as: $0)
        }
        var services: [any Service] = [EngineService(house: house, notify: notify)]
        services.append(
            APIServer(
                try unix(path, config.api), router: router, limits: Self.limits, registry: house.engine.registry,
                logger: logger
            ) { [notify, logger] _ in
                logger.notice("listening on \(path)")
                notify.say("READY=1\nSTATUS=watching, listening on \(path)")
            })
        if let listen = config.api.listen {
            let address = APIServer.Address.tcp(host: listen.host, port: listen.port, tls: try tls(config.api))
            services.append(
                APIServer(
                    address, router: router, limits: Self.limits,
                    hosts: Set(config.api.hosts + [OperatorIdentity.hostName.lowercased()]),
                    registry: house.engine.registry, logger: logger
                ) { [logger] port in
                    let port = port ?? listen.port
                    logger.notice(
                        "listening on \(config.api.certificateFile == nil ? "http" : "https")://\(listen.host):\(port)")
                })
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await group.run()
        unlink(path)
    }

    /// Clients may have most of the descriptors, but never those that the engine needs itself.
    private static var limits: APIServer.Limits {
        var limits = APIServer.Limits()
        var descriptors = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors)
        limits.connections = min(16_384, max(8, (Int(clamping: descriptors.rlim_cur) - 64) / 8 * 5))
        return limits
    }

    /// The socket's folder is made where it is missing. A socket that nobody listens on any more is in the way of nobody.
    private func unix(_ path: String, _ api: APISection) throws -> APIServer.Address {
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if !folder.isEmpty, mkdir(folder, getuid() == 0 ? 0o755 : 0o700) != 0, errno != EEXIST {
            throw Failure("\(folder) cannot be made for the socket: \(String(cString: strerror(errno)))")
        }
        if SocketPlace.reach(path) == 0 { throw Failure("another engine listens on \(path) already") }
        guard let name = api.socketGroup else { return .unix(path: path, mode: 0o600, group: nil) }
        guard let group = HostAccounts.id(ofGroup: name) else {
            throw Failure("api.socket_group: there is no group \"\(name)\" on this host")
        }
        return .unix(path: path, mode: 0o660, group: group)
    }

    private func tls(_ api: APISection) throws -> TLSConfiguration? {
        guard let certificate = api.certificateFile, let key = api.keyFile else { return nil }
        do {
            var tls = try CertificateFiles(certificate: certificate, key: key).configuration()
            if let authority = api.clientAuthorityFile {
                tls.trustRoots = .file(authority)
                // A client without a certificate may still bring a token.
                tls.certificateVerification = .optionalVerification
            }
            return tls
        } catch { throw Failure("api.tls: certificate or key cannot be read: \(error)") }
    }
}

/// The engine's part of the group: it follows SIGHUP, feeds the watchdog, and is the last to end.
private struct EngineService: Service {
    let house: EngineHouse
    let notify: SystemdNotify

    func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                for await _ in hangups.cancelOnGracefulShutdown() {
                    notify.say("RELOADING=1\nMONOTONIC_USEC=\(Self.monotonicMicroseconds)")
                    _ = await house.reload(by: Operator(name: "SIGHUP", uid: getuid()))
                    notify.say("READY=1")
                }
            }
            group.addTask { await cancelWhenGracefulShutdown { await house.backUpDaily() } }
            group.addTask { await cancelWhenGracefulShutdown { await feedWatchdog() } }
            try? await gracefulShutdown()
            notify.say("STOPPING=1\nSTATUS=finishing what is under way")
            await house.end()
            group.cancelAll()
        }
    }

    /// Only while the engine turns: a loop that stands still is what the watchdog is for.
    private func feedWatchdog() async {
        guard let period = notify.watchdogPeriod else { return }
        var last: UInt64?
        while !Task.isCancelled {
            let beat = await house.engine.beat
            if beat != last { notify.say("WATCHDOG=1") }
            last = beat
            // A cancelled sleep ends the loop by its condition.
            try? await Task.sleep(for: .milliseconds(period))
        }
    }

    private static var monotonicMicroseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1_000
    }
}
