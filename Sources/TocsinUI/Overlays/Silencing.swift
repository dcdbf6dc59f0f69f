import TerminalKit
import TocsinModel

/// How alerts are silenced from the screen: a line that takes how long, what, and why.
extension App {
    /// Opens the line for the chosen alerts, whose labels are fixed from now on.
    mutating func askForSilence() {
        let rows = alertRows.filter { targets.contains($0.alert.episode) }
        prompt = Prompt(
            .silence(rows.map(\.alert.labels)),
            label: rows.count == 1
                ? "silence \(rows[0].alert.name) \(rows[0].subject)" : "silence \(rows.count) alerts",
            hint: silenceHint(rows.map(\.alert.labels), ""))
    }

    /// What a silence as typed so far would hide.
    func silenceHint(_ labels: [Labels], _ text: String) -> String {
        let (duration, rest) = Prompt.duration(in: text)
        guard let duration else {
            return "how long, then why, as in: 2h moving disks · or other matchers: 2h instance=~db.*"
        }
        let words = Words.duration(duration)
        do throws(MatcherSyntax.Fault) {
            let (own, _) = try MatcherSyntax.leading(rest)
            if own.isEmpty {
                return
                    "hides \(labels.count == 1 ? "this alert" : "\(labels.count) alerts") for \(words); Enter does it"
            }
            let texts = own.map { "\($0.name)\($0.operation.rawValue)\($0.value)" }.joined(separator: " ")
            return "hides whatever has \(texts) for \(words), now and later; Enter does it"
        } catch { return error.description }
    }

    mutating func silence(_ labels: [Labels], _ text: String) -> [UIEffect] {
        let (duration, rest) = Prompt.duration(in: text)
        guard let duration else {
            say("say how long, as in: 2h moving disks; nothing was done", .warning)
            return []
        }
        do throws(MatcherSyntax.Fault) {
            let (own, comment) = try MatcherSyntax.leading(rest)
            let wanted =
                own.isEmpty
                ? labels.map { set in set.pairs.map { LabelMatcher($0.name, .equal, $0.value) } } : [own]
            return wanted.map {
                send(.silence(SilenceRequest(matchers: $0, duration: duration, comment: comment.trimmed)))
            }
        } catch {
            say("\(error.description); nothing was done", .warning)
            return []
        }
    }

    /// Gives the chosen alerts back: ends what acknowledges them, and the silences of those that nobody has taken.
    mutating func giveBack() -> [UIEffect] {
        let rows = alertRows.filter { targets.contains($0.alert.episode) }
        let silences = Set(rows.filter { $0.alert.acknowledgement == nil }.flatMap(\.silences).map(\.id)).sorted()
        let taken = rows.filter { $0.alert.acknowledgement != nil || $0.silences.isEmpty }.map(\.alert.episode)
        var effects = silences.map { send(.expireSilence($0)) }
        if !taken.isEmpty { effects.append(send(.unacknowledge(taken))) }
        return effects
    }
}
