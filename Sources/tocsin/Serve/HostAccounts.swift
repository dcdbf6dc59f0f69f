import FoundationEssentials
import Glibc
import TocsinAPI

/// The accounts of this host, by the C library's word.
struct HostAccounts: AccountDirectory {
    func name(ofUser uid: UInt32) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, let found, let name = found.pointee.pw_name
        else { return "\(uid)" }
        return String(cString: name)
    }

    func groups(ofUser uid: UInt32, primary gid: UInt32) -> [String] {
        var count: Int32 = 256
        var ids = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(name(ofUser: uid), gid, &ids, &count) >= 0 else { return [] }
        return ids.prefix(Int(count)).compactMap(Self.name(ofGroup:))
    }

    static func name(ofGroup gid: gid_t) -> String? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 65_536)
        guard getgrgid_r(gid, &entry, &buffer, buffer.count, &found) == 0, let found, let name = found.pointee.gr_name
        else { return nil }
        return String(cString: name)
    }

    static func id(ofGroup name: String) -> gid_t? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 65_536)
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, let found else { return nil }
        return found.pointee.gr_gid
    }

    /// The login uid survives `su` and `sudo`; where there is none, `sudo` says for whom it runs.
    func person(behind pid: Int32, uid: UInt32) -> String? {
        if let login = Self.loginUID(of: pid), login != uid { return name(ofUser: login) }
        guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return nil }
        for entry in environment.split(separator: 0) where entry.starts(with: Array("SUDO_USER=".utf8)) {
            let name = String(decoding: entry.dropFirst(10), as: UTF8.self)
            return name.isEmpty ? nil : String(name.prefix(64))
        }
        return nil
    }

    private static func loginUID(of pid: Int32) -> UInt32? {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/loginuid"),
            let uid = UInt32(String(decoding: bytes.prefix { $0 >= 0x30 }, as: UTF8.self))
        else { return nil }
        // 2^32 - 1 stands for "no login", as in containers.
        return uid == .max ? nil : uid
    }
}
