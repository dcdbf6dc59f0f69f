import PromQL
import TimeSeries
import TocsinModel

/// Which watched series an alert is about, when its rule asks a detector.
enum AnomalyLink {
    /// The one series that the alert can mean; nil where there is none, or more than one.
    static func row(of alert: Alert, among rows: [AnomaliesPage.Row]) -> AnomaliesPage.Row? {
        guard let expression = try? Expr(parsing: alert.expression) else { return nil }
        var conditions: [Condition] = []
        expression.walk { part in
            let selector: Selector? =
                switch part {
                case .selector(let selector), .range(let selector, _): selector
                default: nil
                }
            for matcher in selector?.matchers ?? [] where matcher.name == "detector" {
                if let condition = try? Condition(matcher) { conditions.append(condition) }
            }
        }
        let named = alert.labels["detector"]
        let possible = rows.filter { row in
            (named == row.name.detector || conditions.contains { $0.accepts(row.name.detector) })
                && row.name.labels.pairs.allSatisfy {
                    alert.labels[$0.name] == nil || alert.labels[$0.name] == $0.value
                }
        }
        let active = possible.filter(\.isActive)
        return active.count == 1 ? active[0] : possible.count == 1 ? possible[0] : nil
    }
}
