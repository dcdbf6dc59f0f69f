import PromQL
import TocsinCore
import TocsinModel

/// Builds the alert list with one alert in detail.
struct AlertsBuilder {
    let context: PageContext

    /// - Parameters:
    ///   - log: what the journal has of the chosen episode, oldest first.
    ///   - course: that of the series under a detector that the alert is about.
    ///   - finding: what the detector found in it.
    func page(
        selected: EpisodeID?, history: Trend?, log: [AuditEntry], course: AnomaliesPage.Detail? = nil,
        finding: String? = nil
    ) -> AlertsPage {
        let rows = context.rows
        var page = AlertsPage(
            firing: rows.firing, pending: rows.pending, owned: rows.owned, resolved: rows.resolved, detail: nil,
            unjudged: notes)
        if let selected, let row = page.all.first(where: { $0.alert.episode == selected }) {
            let shape = (try? Expr(parsing: row.alert.expression)).flatMap { RuleShape($0) }
            page.detail = AlertDetail(
                row: row, history: history ?? .none, threshold: course == nil ? shape?.threshold : nil, log: log)
            page.detail?.course = course
            page.detail?.finding = finding
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
}
