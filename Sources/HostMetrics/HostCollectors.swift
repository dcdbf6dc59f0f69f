import TocsinCore

/// Every collector of this machine. To add one, write it in a file of its own and list it here.
package enum HostCollectors {
    package static func all(_ roots: HostRoots, mounts: MountExclusion) -> [any Collector] {
        [
            // First, while the fewest files of our own are open.
            FileDescriptorCollector(roots),
            CPUCollector(roots), StatCollector(roots), LoadCollector(roots), MemoryCollector(roots),
            VMStatCollector(roots), PressureCollector(roots), DiskCollector(roots),
            FilesystemCollector(roots, exclusion: mounts), NetDevCollector(roots), NetClassCollector(roots),
            SoftnetCollector(roots), UnameCollector(roots), TimeCollector(roots), TimexCollector(roots),
            CgroupCollector(roots),
        ]
    }
}
