import ArgumentParser
import ConfigurationFiles
import TocsinCore

/// `tocsin check rules|config FILE…`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check files without starting anything.",
        subcommands: [CheckRules.self, CheckConfig.self])
}

/// `tocsin check rules FILE…`: promtool's verdict on each file.
struct CheckRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Check Prometheus rule files.",
        discussion: "Each file is accepted or rejected as promtool has it. Exit status: 0 all good, 1 some rejected.")

    @Argument(help: "Rule files.") var files: [String]

    func run() throws {
        var failed = false
        for file in files {
            print("Checking \(file)")
            do throws(Faults) {
                let groups = try RuleFile.read(try Places.read(file), file: file, defaultInterval: 60_000)
                let count = groups.reduce(0) { $0 + $1.rules.count }
                print("  SUCCESS: \(count) rules found")
                warnOfTwins(groups)
            } catch {
                failed = true
                print("  FAILED:")
                CheckReport.print(error, file: file)
            }
            print()
        }
        if failed { throw ExitCode(1) }
    }

    /// Recording rules that write the same series are most likely a mistake.
    private func warnOfTwins(_ groups: [RuleGroup]) {
        var seen: Set<String> = []
        var told: Set<String> = []
        for rule in groups.flatMap(\.rules) {
            guard case .recording(let recording) = rule else { continue }
            let labels = recording.labels.map { "\($0.name)=\($0.value)" }.sorted().joined(separator: ", ")
            let key = "\(recording.name){\(labels)}"
            if !seen.insert(key).inserted, told.insert(key).inserted {
                print("  WARNING: more than one rule records \(key)")
            }
        }
    }
}

/// `tocsin check config FILE…`
struct CheckConfig: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check configuration files and the rule files they name.")

    @Argument(help: "Configuration files; none for the one in force.") var files: [String] = []

    func run() throws {
        let named = files.isEmpty ? [Places.configuration(nil)].compactMap { $0 } : files
        if named.isEmpty { print("There is no configuration file, and none is needed: everything has a default.") }
        var failed = false
        for file in named {
            print("Checking \(file)")
            do throws(Faults) {
                let wiring = try Wiring(configPath: file)
                let rules = try wiring.groups().flatMap(\.rules)
                let (services, detectors) = (wiring.config.services.count, wiring.config.anomalies.count)
                print("  SUCCESS: \(rules.count) rules, \(services) services and \(detectors) detectors")
                warnOfIdleHolds(wiring.config.anomalies, rules)
            } catch {
                failed = true
                print("  FAILED:")
                CheckReport.print(error, file: file)
            }
            print()
        }
        if failed { throw ExitCode(1) }
    }

    /// An alert that no rule raises holds nothing, and nobody would notice.
    private func warnOfIdleHolds(_ detectors: [AnomalySpec], _ rules: [Rule]) {
        let names = Set(rules.compactMap { if case .alerting(let alert) = $0 { alert.name } else { nil } })
        for detector in detectors {
            for name in detector.holdWhile where !names.contains(name) {
                print(
                    "  WARNING: the detector \"\(detector.name)\" is held while \(name) fires, and no rule has that name"
                )
            }
        }
    }
}

/// Faults with the line they are in and a caret below.
enum CheckReport {
    static func print(_ faults: Faults, file: String) {
        var texts: [String: String] = [:]
        for fault in faults.all.sorted(by: { ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column) }) {
            Swift.print("  \(fault)")
            let text = texts[fault.file] ?? (try? Places.read(fault.file)) ?? ""
            texts[fault.file] = text
            if let excerpt = fault.excerpt(of: text) { Swift.print(excerpt) }
        }
    }
}
