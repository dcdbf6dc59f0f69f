import TocsinCore

/// Switches every safeguard off in turn, and looks for the first incident in which that is noticed.
package enum Mutations {
    package struct Finding: Sendable {
        package var safeguard: Safeguard
        /// The seed in which it was noticed, and what was; nil when it was not.
        package var noticed: (seed: UInt64, words: String)?
    }

    package static func find(_ safeguard: Safeguard, seeds: Range<UInt64>) -> Finding {
        for seed in seeds {
            let report = Simulation.run(ScriptMaker.script(seed), disabled: [safeguard])
            if let first = report.violations.first { return Finding(safeguard: safeguard, noticed: (seed, first)) }
        }
        return Finding(safeguard: safeguard, noticed: nil)
    }
}
