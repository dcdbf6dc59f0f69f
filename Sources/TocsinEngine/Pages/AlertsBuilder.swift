import PromQL
import TocsinCore
import TocsinModel

/// Builds the alert list with one alert in detail.
struct AlertsBuilder {
    let context: PageContext

    /// - Parameter log: what the journal has of the chosen episode, oldest first.
    func page(selected: EpisodeID?, history: Trend?, log: [AuditEntry]) -> AlertsPage {
        let rows = context.rows
        var page = AlertsPage(
            firing: rows.firing, pending: rows.pending, owned: rows.owned, resolved: rows.resolved, detail: nil,
            unjudged: notes)
        if let selected, let row = page.all.first(where: { $0.alert.episode == selected }) {
            let shape = (try? Expr(parsing: row.alert.expression)).flatMap { RuleShape($0) }
            page.detail = AlertDetail(
                row: row, history: history ?? .none, threshold: shape?.threshold, log: log)
        }
        return page
    }

    private var notes: [RuleNote] {
        context.core.judgementsInOrder.compactMap { rule, judgement in
            switch judgement {
            case .judged, .notApplicable: nil
            case .waiting(let missing):
                RuleNote(rule: rule.name, reason: "not yet judgeable, \(Words.duration(missing)) of data missing")
            case .noData(let since):
                RuleNote(rule: rule.name, reason: "no data for \(Words.duration(context.now.engine - since))")
            case .failing(let reason, let times): RuleNote(rule: rule.name, reason: "failed \(times) times: \(reason)")
            }
        }
    }

    /// The judged value of an alert over the hour before a time.
    static func history(_ alert: Alert, in context: PageContext, at: Milliseconds) -> Trend {
        guard let expression = try? Expr(parsing: alert.expression) else { return .none }
        let step: Milliseconds = 30_000
        let end = at / step * step
        let judged = RuleShape(expression)?.judged ?? expression
        let start = end - 3_600_000
        var options = EvaluationOptions()
        options.maximumSamples = 5_000_000
        let series =
            (try? RangeEvaluation.evaluate(
                judged, source: context.store, start: start, end: end, step: step, options: options)) ?? []
        guard let own = series.first(where: { Self.agree($0.labels, alert.labels) }) else { return .none }
        var points = [Double?](repeating: nil, count: Int((end - start) / step) + 1)
        for (time, value) in zip(own.timestamps, own.values) where value.isFinite {
            points[Int((time - start) / step)] = value
        }
        return Trend(points: points, step: step)
    }

    private static func agree(_ series: Labels, _ alert: Labels) -> Bool {
        series.pairs.allSatisfy { $0.name == "__name__" || alert[$0.name] == $0.value }
    }
}
