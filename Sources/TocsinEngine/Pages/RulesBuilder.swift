import PromQL
import Templates
import TocsinCore
import TocsinModel

/// Builds the page of rules, as they were last evaluated.
struct RulesBuilder {
    let core: MonitorCore
    let groups: [RuleGroup]
    let groupTimes: [RuleKey: (seconds: Double, at: Milliseconds)]
    let ruleSeconds: [RuleKey: Double]

    var page: RulesPage {
        var active: [RuleKey: [Alert]] = [:]
        for entry in core.sorted where entry.alert.state == .firing || entry.alert.state == .pending {
            if let key = entry.key { active[key, default: []].append(entry.alert) }
        }
        let judgements = Dictionary(uniqueKeysWithValues: core.judgementsInOrder.map { ($0.rule, $0.judgement) })
        return RulesPage(
            groups: groups.map { group in
                let times = group.keys.first.flatMap { groupTimes[$0] }
                return RuleGroupView(
                    name: group.name, file: group.file, interval: group.interval, limit: group.limit,
                    rules: zip(group.rules, group.keys).map { rule($0, $1, active[$1] ?? [], judgements[$1]) },
                    seconds: times?.seconds ?? 0, evaluatedAt: times?.at)
            })
    }

    private func rule(
        _ rule: Rule, _ key: RuleKey, _ alerts: [Alert], _ judgement: Judgement?
    ) -> RuleView {
        var health = RuleView.Health.unknown
        var error = ""
        switch judgement {
        case nil: break
        case .failing(let reason, _): (health, error) = (.err, reason)
        default: health = .ok
        }
        var view = RuleView(
            kind: .recording, name: rule.name, query: "\(rule.expression)", holdFor: 0, keepFiringFor: 0, labels: [],
            annotations: [], health: health, lastError: error, seconds: ruleSeconds[key] ?? 0, alerts: [])
        switch rule {
        case .recording(let recording): view.labels = recording.labels.map { Annotation($0.name, $0.value) }
        case .alerting(let alerting):
            view.kind = .alerting
            view.holdFor = alerting.holdFor
            view.keepFiringFor = alerting.keepFiringFor
            view.labels = alerting.labels.map { Annotation($0.name, $0.template.source) }
            view.annotations = alerting.annotations.map { Annotation($0.name, $0.template.source) }
            view.alerts = alerts.sorted { $0.labels < $1.labels }
        }
        return view
    }
}
