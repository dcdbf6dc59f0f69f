import BlockingWork
import TocsinCore
import TocsinModel

/// Pages that show the course of something: it is read on the thread of questions, and not again for some seconds.
extension Engine {
    func alerts(_ selected: EpisodeID?, _ context: PageContext) async -> AlertsPage {
        let builder = AlertsBuilder(context: context)
        guard let selected, let alert = core.alert(selected) else {
            return builder.page(selected: selected, history: nil, log: [])
        }
        let now = context.now.engine
        let log = (await slice(offset: 0, count: 20, episode: selected.description)).entries.reversed()
        if let row = AnomalyLink.row(of: alert, among: anomalies.rows) {
            let course = await course(of: row, until: now)
            return builder.page(
                selected: selected, history: course.history, log: Array(log), course: course,
                finding: row.mark?.sentence)
        }
        return builder.page(selected: selected, history: await history(of: alert, at: now), log: Array(log))
    }

    private func history(of alert: Alert, at now: Milliseconds) async -> Trend {
        if let known = histories[alert.episode], now - known.at < 10_000 { return known.trend }
        let desk = desk
        let made = await queryThread.run {
            AlertHistory(alert: alert, source: desk.source(from: AlertHistory.earliest(before: now)))
                .trend(before: now)
        }
        histories[alert.episode] = (now, made)
        return made
    }

    /// What the detectors watch, now or at an earlier time, with the course of the chosen series.
    func anomalies(_ selected: WatchedName?, at: Milliseconds, past: Bool) async -> AnomaliesPage {
        var page = anomalies
        if past {
            let (desk, present) = (desk, page)
            let old = await queryThread.run {
                try? AnomalyPast(source: desk.source(from: at - 600_000), present: present).page(at: at)
            }
            page = old ?? AnomaliesPage(rows: [], total: 0)
        }
        guard let row = page.rows.first(where: { $0.name == selected }) ?? page.rows.first else { return page }
        page.detail = await course(of: row, until: at)
        return page
    }

    private func course(of row: AnomaliesPage.Row, until at: Milliseconds) async -> AnomaliesPage.Detail {
        if let known = courses[row.name], abs(at - known.until) < 5_000 { return known.detail }
        // The last point may be one that comes a little later.
        let end = at
        let start = end - Milliseconds(AnomalyCourse.length) * row.step
        // An alarm keeps what was most like it then; without one the present is compared.
        let likeness = row.marks.first { ($0.likeness?.newest ?? .min) >= start }?.likeness ?? row.likeness
        let earliest = min(start, start - (likeness.map { $0.newest - $0.earlier } ?? 0))
        let desk = desk
        let detail = await queryThread.run {
            try? AnomalyCourse(source: desk.source(from: earliest), name: row.name, step: row.step)
                .detail(until: end, likeness: likeness)
        }
        let made = detail ?? AnomaliesPage.Detail(name: row.name, history: .none, alarms: [])
        courses[row.name] = (now.engine, at, made)
        return made
    }
}
