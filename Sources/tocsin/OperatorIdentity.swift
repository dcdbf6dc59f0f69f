import Glibc
import HostMetrics
import TocsinModel

/// Who sits at the keyboard, by the kernel's word.
enum OperatorIdentity {
    /// The login uid, which survives `su` and `sudo`, where the kernel keeps one; else the uid of the process.
    static var current: Operator {
        let uid = loginUID ?? getuid()
        return Operator(name: UserNames().name(uid), uid: uid)
    }

    private static var loginUID: UInt32? {
        guard let file = fopen("/proc/self/loginuid", "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 32)
        guard fgets(&buffer, 32, file) != nil else { return nil }
        let digits = buffer.prefix { (0x30...0x39).contains($0) }.map { UInt8(bitPattern: $0) }
        // 2^32 - 1 stands for "no login", as in containers.
        return UInt32(String(decoding: digits, as: UTF8.self)).flatMap { $0 == .max ? nil : $0 }
    }

    /// This machine's name.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, 255)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
