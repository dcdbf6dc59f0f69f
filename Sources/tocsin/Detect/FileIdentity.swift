import Glibc

/// Which regular file a descriptor leads to: the same one by whatever name, link or redirection.
struct FileIdentity: Equatable {
    private let device: dev_t
    private let node: ino_t

    /// Nil for what is no regular file: a pipe, a terminal, a device.
    init?(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        (device, node) = (status.st_dev, status.st_ino)
    }
}
