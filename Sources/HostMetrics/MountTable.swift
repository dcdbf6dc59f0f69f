/// One line of the mount table.
package struct Mount: Sendable, Equatable {
    package let device: String
    package let point: String
    package let type: String
    package let readOnly: Bool
    /// The mount point as the kernel has it; it need not be UTF-8.
    package let path: [UInt8]
}

/// Reads the kernel's mount tables.
package enum MountTable {
    /// The lines of `/proc/PID/mounts`. Of mounts over each other with the same device and type the last one is seen.
    package static func parse(_ text: [UInt8]) -> [Mount] {
        var mounts: [Mount] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count >= 4 else { continue }
            let path = unescape(fields[1])
            let mount = Mount(
                device: Self.text(unescape(fields[0])), point: Self.text(path), type: Self.text(fields[2]),
                readOnly: fields[3].split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual("ro".utf8) },
                path: path)
            let below = mounts.firstIndex {
                $0.device == mount.device && $0.point == mount.point && $0.type == mount.type
            }
            if let below { mounts[below] = mount } else { mounts.append(mount) }
        }
        return mounts
    }

    /// The mount points of `/proc/PID/mountinfo` that were mounted for writing and whose filesystem is read-only all the
    /// same: the kernel does that when a device fails (`errors=remount-ro`). Where any mount of the same filesystem says
    /// that it is read-only, somebody wanted it so.
    package static func forcedReadOnly(_ text: String) -> Set<String> {
        var points: [(filesystem: Substring, point: String)] = []
        var wished: Set<Substring> = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { continue }
            if fields[5].split(separator: ",").contains("ro") {
                wished.insert(fields[2])
            } else if fields[dash + 3].split(separator: ",").contains("ro") {
                points.append((fields[2], Self.text(unescape(Array(fields[4].utf8)[...]))))
            }
        }
        return Set(points.filter { !wished.contains($0.filesystem) }.map(\.point))
    }

    /// Undoes the kernel's octal escapes of space, tab, newline and backslash.
    private static func unescape(_ field: ArraySlice<UInt8>) -> [UInt8] {
        let bytes = Array(field)
        guard bytes.contains(UInt8(ascii: "\\")) else { return bytes }
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\\"), at + 3 < bytes.count,
                let code = UInt8(String(decoding: bytes[(at + 1)...(at + 3)], as: UTF8.self), radix: 8)
            {
                out.append(code)
                at += 4
            } else {
                out.append(bytes[at])
                at += 1
            }
        }
        return out
    }

    /// Bytes that are not UTF-8 become U+FFFD.
    private static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// Which mounts are not looked at.
package struct MountExclusion: Sendable {
    /// Folders whose mounts, and everything below, are left out.
    package var folders: [String]
    /// Filesystem types that are left out.
    package var types: Set<String>

    private static let pseudo: Set<String> = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "fusectl",
        "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs", "securityfs",
        "selinuxfs", "squashfs", "sysfs", "tracefs",
    ]

    /// The defaults of Debian's node_exporter 1.5: what `tocsin collect` leaves out.
    package static let nodeExporter = MountExclusion(
        folders: ["/dev", "/proc", "/run", "/sys", "/mnt", "/media"], types: pseudo)

    /// The dashboard also looks at what people mount below `/mnt` and `/media`, as node_exporter's own defaults do: a
    /// full or silent disk there is trouble.
    package static let dashboard = MountExclusion(folders: ["/dev", "/proc", "/run", "/sys"], types: pseudo)

    package init(folders: [String], types: Set<String>) {
        self.folders = folders
        self.types = types
    }

    func excludes(_ mount: Mount) -> Bool {
        if types.contains(mount.type) { return true }
        for folder in folders where mount.point == folder || mount.point.hasPrefix(folder + "/") { return true }
        // Below these two only what stands for one container is left out, not the folder itself.
        return ["/var/lib/docker/", "/var/lib/containers/storage/"].contains {
            mount.point.hasPrefix($0) && mount.point.utf8.count > $0.utf8.count
        }
    }
}
