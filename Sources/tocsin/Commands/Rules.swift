import ArgumentParser
import TocsinEngine

/// `tocsin rules --default`
struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print rules.")

    @Flag(name: .customLong("default"), help: "The default rules, as a Prometheus rule file.")
    var showDefault = false

    func validate() throws {
        if !showDefault { throw ValidationError("say which rules: --default") }
    }

    func run() throws { print(DefaultRules.text, terminator: "") }
}
