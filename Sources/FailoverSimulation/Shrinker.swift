import TocsinCore

/// Makes a failing script as short as it will go, so that it can be read.
package enum Shrinker {
    package static func shrink(_ script: Script, disabled: Set<Safeguard> = []) -> Script {
        var best = script
        func fails(_ candidate: Script) -> Bool { !Simulation.run(candidate, disabled: disabled).violations.isEmpty }
        var changed = true
        while changed {
            changed = false
            for index in best.events.indices.reversed() {
                var shorter = best
                shorter.events.remove(at: index)
                if fails(shorter) {
                    best = shorter
                    changed = true
                }
            }
            for simplify in simplifications {
                var candidate = best
                simplify(&candidate.setup)
                if candidate != best, fails(candidate) {
                    best = candidate
                    changed = true
                }
            }
        }
        return best
    }

    private static let simplifications: [@Sendable (inout Script.Setup) -> Void] = [
        { $0.driverFaults = 0 }, { $0.twoSites = false }, { $0.hearsay = true }, { $0.fence = true },
        { $0.client = false }, { $0.asksForWrites = false },
    ]
}
