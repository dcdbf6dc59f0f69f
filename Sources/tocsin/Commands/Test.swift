import ArgumentParser
import ConfigurationFiles
import TocsinCore
import TocsinEngine

/// `tocsin test rules FILE…`
struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run tests.", subcommands: [TestRules.self])
}

/// `tocsin test rules FILE…`: promtool's unit tests.
struct TestRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Run unit tests of rules, written for promtool.",
        discussion: """
            For each test group a line PASS NAME or FAIL NAME, after FAIL what was expected and what was found; the last \
            line counts them over all files. Exit status: 0 all passed, 1 otherwise.
            """)

    @Argument(help: "Unit-test files.") var files: [String]

    func run() throws {
        var passed = 0
        var failed = 0
        var unreadable = false
        for path in files {
            do throws(Faults) {
                let file = try RuleTestReader.read(try Places.read(path), file: path)
                let rules = Self.rules(of: file, beside: path)
                for (index, test) in file.tests.enumerated() {
                    let name = test.name.isEmpty ? "unnamed#\(index)" : test.name
                    let faults = Self.run(test, file, rules)
                    print(faults.isEmpty ? "PASS \(name)" : "FAIL \(name)")
                    for fault in faults { print(fault) }
                    if faults.isEmpty { passed += 1 } else { failed += 1 }
                }
            } catch {
                unreadable = true
                StandardError.say("\(path): no test file:\n\(error)")
            }
        }
        print("\(passed) passed, \(failed) failed")
        if failed > 0 || unreadable { throw ExitCode(1) }
    }

    private static func run(
        _ test: RuleTest, _ file: RuleTestFile, _ rules: Result<[RuleGroup], Faults>
    ) -> [String] {
        switch rules {
        case .failure(let faults): return faults.all.map { "    \($0)" }
        case .success(let groups):
            var run = RuleTestRun(test, of: file, groups: groups)
            return run.run()
        }
    }

    /// The groups of all rule files, which are found relative to the test file.
    private static func rules(of file: RuleTestFile, beside path: String) -> Result<[RuleGroup], Faults> {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        var groups: [RuleGroup] = []
        var faults: [Fault] = []
        for pattern in file.ruleFiles {
            let whole = pattern.hasPrefix("/") || folder.isEmpty ? pattern : folder + "/" + pattern
            guard Places.isPattern(whole) else {
                faults.append(Fault(file: whole, message: "syntax error in pattern"))
                continue
            }
            let found = Places.glob(whole)
            if found.isEmpty { StandardError.say("  WARNING: no file match pattern \(whole)") }
            for rules in found {
                do throws(Faults) {
                    groups += try RuleFile.read(
                        try Places.read(rules), file: rules, defaultInterval: file.evaluationInterval)
                } catch { faults += error.all }
            }
        }
        return faults.isEmpty ? .success(groups) : .failure(Faults(faults))
    }
}
