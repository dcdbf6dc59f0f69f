import CLinux
import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// Runs one program to its end or to its deadline, whichever comes first. There is never a shell.
enum ProgramRun {
    enum Ending: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
        /// The deadline passed; the program and its children were killed.
        case late
        /// It could not be started.
        case notStarted(String)
    }

    struct Result: Sendable, Equatable {
        var ending: Ending
        /// What it wrote to standard output and standard error, at most a MiB.
        var output: String
    }

    private static let mostOutput = 1 << 20

    /// - Parameters:
    ///   - folder: relative paths start here, and so does the program.
    ///   - milliseconds: its deadline.
    static func run(_ argv: [String], in folder: String, within milliseconds: Int64) async -> Result {
        guard let name = argv.first, !name.isEmpty else {
            return Result(ending: .notStarted("no program is named"), output: "")
        }
        guard let file = outputFile() else {
            return Result(ending: .notStarted("no memory for its output"), output: "")
        }
        let once = Once()
        return await withCheckedContinuation { continuation in
            let pid = Group()
            let work = Task {
                let ending = await start(name, argv, folder, file) { started in pid.id.withLock { $0 = started } }
                once.perform { continuation.resume(returning: Result(ending: ending, output: text(file))) }
                close(file)
            }
            Task {
                // A cancelled sleep cannot happen: nobody holds this task.
                try? await Task.sleep(for: .milliseconds(milliseconds))
                once.perform {
                    // The whole group: what the program started must not go on either.
                    let group = pid.id.withLock { $0 }
                    if group > 1 { kill(-group, SIGKILL) }
                    work.cancel()
                    continuation.resume(returning: Result(ending: .late, output: text(file)))
                }
            }
        }
    }

    private static func start(
        _ name: String, _ argv: [String], _ folder: String, _ file: Int32,
        _ started: @escaping @Sendable (pid_t) -> Void
    ) async -> Ending {
        var options = PlatformOptions()
        options.processGroupID = 0
        let path = name.hasPrefix("/") ? name : folder + "/" + name
        do {
            let descriptor = FileDescriptor(rawValue: file)
            let result = try await Subprocess.run(
                name.contains("/") ? .path(FilePath(path)) : .name(name), arguments: Arguments(Array(argv.dropFirst())),
                workingDirectory: FilePath(folder), platformOptions: options,
                input: .none, output: .fileDescriptor(descriptor, closeAfterSpawningProcess: false),
                error: .fileDescriptor(descriptor, closeAfterSpawningProcess: false)
            ) { execution in started(execution.processIdentifier.value) }
            switch result.terminationStatus {
            case .exited(let code): return .exited(code)
            case .signaled(let number): return .signalled(number)
            }
        } catch { return .notStarted("\(error)") }
    }

    /// A file in memory that cannot grow beyond its size: a program that writes without end fills nothing.
    /// A file and not a pipe, so that a child left behind by the program cannot hold up its end.
    private static func outputFile() -> Int32? {
        let file = memfd_create("output", UInt32(TOCSIN_MFD_CLOEXEC | TOCSIN_MFD_ALLOW_SEALING))
        guard file >= 0 else { return nil }
        ftruncate(file, mostOutput)
        _ = fcntl(file, Int32(TOCSIN_F_ADD_SEALS), Int32(TOCSIN_F_SEAL_GROW | TOCSIN_F_SEAL_SHRINK))
        return file
    }

    /// The process group of the program, once it runs.
    private final class Group: Sendable {
        let id = Mutex<pid_t>(0)
    }

    private static func text(_ file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = pread(file, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// Lets one of several happen, the first.
final class Once: Sendable {
    private let done = Mutex(false)
    func perform(_ body: () -> Void) {
        let first = done.withLock { done in
            defer { done = true }
            return !done
        }
        if first { body() }
    }
}
