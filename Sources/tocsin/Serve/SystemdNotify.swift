import Glibc

/// Tells systemd how the service is (sd_notify(3)); says nothing where nobody listens.
struct SystemdNotify: Sendable {
    private let path: String?
    /// Half of the time after which systemd would kill a silent service, in milliseconds; nil without a watchdog.
    let watchdogPeriod: Int?

    init() {
        path = Places.environment("NOTIFY_SOCKET")
        let isForUs = Places.environment("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
        let microseconds = Places.environment("WATCHDOG_USEC").flatMap { Int($0) }
        watchdogPeriod = isForUs ? microseconds.map { max(100, $0 / 2_000) } : nil
    }

    /// One message: `READY=1`, `STATUS=…`, `WATCHDOG=1`, `RELOADING=1`, `STOPPING=1`.
    func say(_ message: String) {
        guard let path else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        // A name that begins with @ lies outside of the file system.
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(message.utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// The unit of the service, for `tocsin serve --print-unit`.
    static func unit(program: String, config: String?) -> String {
        """
        [Unit]
        Description=Tocsin, the engine that watches this host and its services
        Documentation=man:tocsin(1)
        After=network-online.target
        Wants=network-online.target

        [Service]
        Type=notify-reload
        NotifyAccess=main
        ExecStart=\(program) serve\(config.map { " --config \($0)" } ?? "")
        # An engine that does not turn any more is started anew.
        WatchdogSec=30
        Restart=on-failure
        RestartSec=1
        TimeoutStopSec=120
        RuntimeDirectory=tocsin
        RuntimeDirectoryMode=0755
        StateDirectory=tocsin
        StateDirectoryMode=0700
        # It must outlive what it reports on.
        OOMScoreAdjust=-900
        Nice=-5
        LimitNOFILE=65536
        MemoryMax=2G
        TasksMax=512
        # What it needs is to look at everything, to write its own folder and to reach the network.
        NoNewPrivileges=yes
        ProtectSystem=strict
        ProtectHome=read-only
        PrivateTmp=yes
        ProtectKernelTunables=yes
        ProtectKernelModules=yes
        ProtectControlGroups=yes
        ProtectClock=yes
        RestrictSUIDSGID=yes
        RestrictRealtime=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        SystemCallArchitectures=native
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
        UMask=0077

        [Install]
        WantedBy=multi-user.target

        """
    }
}
