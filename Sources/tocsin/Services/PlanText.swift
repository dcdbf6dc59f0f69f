import TocsinCore
import TocsinModel

/// A plan and a run as lines of text.
enum PlanText {
    static func lines(_ plan: Plan) -> [String] {
        var out: [String] = []
        let kind = (plan.mode == .rehearsal ? "REHEARSAL OF A " : "") + plan.kind.rawValue.uppercased()
        out.append("\(kind)  \(plan.title)   plan \(plan.token.short)")
        if let loser = plan.loser { out.append("  loser   \(loser)") }
        if let winner = plan.winner { out.append("  \(plan.loser == nil ? "member" : "winner")  \(winner)") }
        for touch in plan.touches { out.append("  also    \(touch)") }
        out.append("guards")
        for one in plan.guards {
            let sign = one.verdict == .passed ? "ok " : one.verdict == .hard ? "NO " : "!  "
            let word = one.word.map { "  (lift it with --override '\($0)')" } ?? ""
            out.append("  \(sign) \(pad(one.name, 24)) \(pad(one.rule, 4)) \(one.reason)\(word)")
        }
        var head = "what will be done   \(plan.losses)"
        if let point = plan.pointOfNoReturn { head += "; forward only from step \(point)" }
        out.append(head)
        for (number, step) in plan.steps.enumerated() {
            let call = step.call.map { "   \($0.words)" } ?? ""
            let safe = plan.pointOfNoReturn == number + 1 ? "   <- last safe stop before" : ""
            out.append("  \(number + 1)  \(step.words)\(call)   at most \(step.deadline / 1000) s\(safe)")
        }
        if !plan.byHand.isEmpty { out += ["by hand"] + plan.byHand.map { "  \($0)" } }
        return out
    }

    static func lines(_ run: Run) -> [String] {
        var out = [
            "run \(run.id.short)  \(run.plan.kind.rawValue) of \(run.plan.title) by \(run.by.name): \(run.state.rawValue)"
        ]
        for (number, step) in run.steps.enumerated() { out.append("  \(line(number, step))") }
        out.append("  \(run.verdict)")
        if run.endedAt != nil { out.append("  \(RunWords.timings(run))") }
        return out
    }

    static func line(_ number: Int, _ step: RunStep) -> String {
        let words = step.words.isEmpty ? "" : ": \(step.words)"
        return "step \(number + 1)  \(pad(step.state.rawValue, 9)) \(step.step.words)\(words)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
