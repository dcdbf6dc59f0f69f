import TocsinModel

/// Moving over the series and saying something of one.
extension App {
    /// The row of the chosen series; the first where nothing is chosen.
    func anomalyCursor(_ page: AnomaliesPage) -> Int? {
        guard !page.rows.isEmpty else { return nil }
        return page.rows.firstIndex { $0.name == watched } ?? 0
    }

    var shownAnomalies: AnomaliesPage? {
        if case .anomalies(let page)? = pages[.anomalies]?.body { page } else { nil }
    }

    mutating func moveAnomaly(_ rows: Int) {
        guard let page = shownAnomalies, let current = anomalyCursor(page) else { return }
        watched = page.rows[max(0, min(page.rows.count - 1, current + rows))].name
    }

    /// The series that `N` and `X` mean: the chosen one, or that of the alert on the screen. Only what the operator has
    /// before their eyes can be meant.
    var meantAnomaly: WatchedName? {
        switch page?.body {
        case .anomalies(let page): anomalyCursor(page).map { page.rows[$0].name }
        case .alerts(let page): page.detail.flatMap { $0.row.alert.episode == selected ? $0.watched : nil }
        default: nil
        }
    }

    mutating func judgeAnomaly(_ action: Action) -> [UIEffect] {
        guard let name = meantAnomaly else { return [] }
        return [send(action == .acceptNormal ? .acceptAnomaly(name) : .refuseAnomaly(name))]
    }
}
