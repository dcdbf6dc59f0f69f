import ArgumentParser
import CPty
import Glibc

/// `tocsin-bench peers`: the dashboard beside btop and htop in one run, on the same machine, among the same processes.
struct Peers: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "First text, CPU, bytes and memory of the dashboard, btop and htop at a refresh of 1 s.")

    @Option(help: "Idle processes beside what runs anyway; given more than once for several rounds.")
    var processes: [Int] = [100, 1_000]

    @Option(help: "Seconds of each measurement.")
    var seconds = 10

    @Option(help: "Measurements of each; the median is reported.")
    var runs = 3

    @Option(help: "The program to measure.")
    var tocsin = Peers.besideUs

    @Option(help: "Columns and lines of the terminal, such as 200x50.")
    var size = "200x50"

    private static var besideUs: String {
        let own = CommandLine.arguments[0]
        return own.contains("/") ? String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) + "/tocsin" : "tocsin"
    }

    func run() throws {
        let parts = size.split(separator: "x").compactMap { Int($0) }
        guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { throw ValidationError("--size is COLUMNSxLINES") }
        let folder = try Scratch()
        var programs: [(name: String, path: String, arguments: [String])] = [("tocsin", tocsin, [])]
        for (name, arguments) in [("btop", ["-u", "1000"]), ("htop", ["-d", "10"])] {
            let path = "/usr/bin/" + name
            guard access(path, X_OK) == 0 else {
                print("\(name) is not installed and is left out")
                continue
            }
            programs.append((name, path, name == "btop" ? [] : arguments))
        }
        folder.write("btop/btop.conf", "update_ms = 1000\n")
        for count in processes {
            let idle = Idle(count)
            print("\n\(count) idle processes, \(size), 1 s refresh, \(runs) × \(seconds) s, medians (least–most)")
            print("program   first text ms        CPU % of a core      bytes/s               private KiB")
            var results: [[Sample]] = programs.map { _ in [] }
            for _ in 0..<runs {
                // Interleaved, so that a noisy minute falls on all alike.
                for (index, program) in programs.enumerated() {
                    if let sample = measure(program.path, program.arguments, parts[0], parts[1], folder.path) {
                        results[index].append(sample)
                    }
                }
            }
            for (index, program) in programs.enumerated() { print(row(program.name, results[index])) }
            withExtendedLifetime(idle) {}
        }
    }

    /// What one measurement saw.
    struct Sample {
        var firstText: Double
        var cpu: Double
        var bytes: Double
        var memory: Double
    }

    private func measure(_ path: String, _ arguments: [String], _ columns: Int, _ lines: Int, _ folder: String)
        -> Sample?
    {
        let environment = [
            "TERM=xterm-256color", "LANG=C.UTF-8", "HOME=\(folder)", "XDG_CONFIG_HOME=\(folder)",
            "XDG_STATE_HOME=\(folder)/state",
            "PATH=/usr/bin:/bin",
        ]
        let started = now()
        guard let child = Child(path, arguments, environment, columns, lines) else { return nil }
        defer { child.end() }
        while child.visible < 20, now() - started < 5 { child.read(milliseconds: 1) }
        let firstText = (now() - started) * 1000
        // The start is not the steady state.
        child.read(milliseconds: 4_000)
        let (cpu, bytes, time) = (child.cpuSeconds, child.bytes, now())
        child.read(milliseconds: seconds * 1000)
        let elapsed = now() - time
        return Sample(
            firstText: firstText, cpu: (child.cpuSeconds - cpu) / elapsed * 100,
            bytes: Double(child.bytes - bytes) / elapsed,
            memory: child.privateKiB)
    }

    private func row(_ name: String, _ samples: [Sample]) -> String {
        func cell(_ value: (Sample) -> Double, _ decimals: Int) -> String {
            let sorted = samples.map(value).sorted()
            guard let least = sorted.first, let most = sorted.last else { return pad("–", 21) }
            return pad(
                "\(fixed(sorted[sorted.count / 2], decimals)) (\(fixed(least, decimals))–\(fixed(most, decimals)))", 21)
        }
        return pad(name, 10) + cell(\.firstText, 0) + cell(\.cpu, 2) + cell(\.bytes, 0) + "  " + cell(\.memory, 0)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// A number with so many decimals.
func fixed(_ value: Double, _ decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value * scale).rounded() / scale
    return decimals == 0 ? "\(Int(scaled))" : "\(scaled)"
}

/// Seconds on the monotonic clock.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Processes that do nothing, ended with this value.
private final class Idle {
    private var pids: [pid_t] = []

    init(_ count: Int) {
        for _ in 0..<count {
            var pid: pid_t = 0
            var argv: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("3600"), nil]
            if posix_spawn(&pid, "/bin/sleep", nil, nil, &argv, nil) == 0 { pids.append(pid) }
            for text in argv { free(text) }
        }
    }

    deinit {
        for pid in pids { kill(pid, SIGKILL) }
        for pid in pids { waitpid(pid, nil, 0) }
    }
}
