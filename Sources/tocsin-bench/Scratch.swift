import ArgumentParser
import FoundationEssentials
import Glibc

/// A folder for configuration and state that is thrown away.
struct Scratch {
    let path: String

    init() throws {
        var template = Array("/tmp/tocsin-bench-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
        guard mkdtemp(&template) != nil else { throw ValidationError("no folder can be made in /tmp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ name: String, _ text: String) {
        if name.contains("/") { mkdir(path + "/" + name.prefix { $0 != "/" }, 0o755) }
        guard let file = fopen(path + "/" + name, "w") else { return }
        fputs(text, file)
        fclose(file)
    }

    func remove() {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) was left behind: \(error)") }
    }
}
