import CPty
import Glibc

/// Folders and files for one test, removed with it.
public final class Fixture {
    public let path: String

    public init() {
        var template = Array("/tmp/tocsin-test-XXXXXX\0".utf8).map { CChar(bitPattern: $0) }
        path = String(cString: mkdtemp(&template))
    }

    deinit { Self.remove(path) }

    /// Writes a file, making the folders above it.
    public func write(_ name: String, _ text: String) { write(name, bytes: Array(text.utf8)) }

    public func write(_ name: String, bytes: [UInt8]) {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        guard let file = fopen("\(path)/\(name)", "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    private static func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { remove("\(path)/\(name)") }
            }
            closedir(folder)
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}

/// Allocations made by this thread while `body` runs.
public func allocations(_ body: () -> Void) -> UInt {
    let before = cpty_allocations()
    body()
    return cpty_allocations() - before
}

/// A reproducible source of chance (SplitMix64).
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    public init(_ seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// The folder of the built products: where the test bundle lies.
public var productsFolder: String {
    let own = CommandLine.arguments[0]
    return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
}
