import FoundationEssentials
import Glibc
import HostMetrics
import TocsinModel

/// Who sits at the keyboard, by the kernel's word.
enum OperatorIdentity {
    /// The login uid, which survives `su` and `sudo`, where the kernel keeps one; else the uid of the process.
    static var current: Operator {
        let uid = loginUID ?? getuid()
        return Operator(name: person ?? UserNames().name(uid), uid: uid)
    }

    /// The person behind a shared login, where something tells: what they said of themselves, else `sudo`, else the
    /// comment of the SSH key they came with. Nil where nothing does.
    static var person: String? {
        for name in ["TOCSIN_OPERATOR", "SUDO_USER"] {
            if let text = Places.environment(name), !text.isEmpty { return text }
        }
        return keyComment
    }

    /// `sshd` with `ExposeAuthInfo` names the key; its comment stands in `authorized_keys`.
    private static var keyComment: String? {
        guard let path = Places.environment("SSH_USER_AUTH"), let bytes = FileManager.default.contents(atPath: path)
        else { return nil }
        let home = Places.environment("HOME") ?? ""
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("publickey ") {
            let words = line.split(separator: " ")
            guard words.count > 2, let known = FileManager.default.contents(atPath: home + "/.ssh/authorized_keys")
            else { continue }
            for entry in String(decoding: known, as: UTF8.self).split(separator: "\n") {
                let parts = entry.split(separator: " ")
                guard let at = parts.firstIndex(of: words[2]), at + 1 < parts.count else { continue }
                return parts[(at + 1)...].joined(separator: " ")
            }
        }
        return nil
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
