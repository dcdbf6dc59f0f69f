import PromQL
import Synchronization
import Templates
import TocsinCore
import TocsinModel

/// A rule group, a core and series that a test moves by hand: one evaluation a second unless told otherwise.
final class CoreWorld {
    final class Source: SeriesSource {
        let values = Mutex<[Labels: (time: Milliseconds, value: Double, bornAt: Milliseconds)]>([:])
        func samples(
            matching matchers: [LabelMatcher], from: Milliseconds, through: Milliseconds
        ) throws -> SampleBlock {
            values.withLock { all in
                var block = SampleBlock()
                for (labels, sample) in all.sorted(by: { $0.key < $1.key })
                where matchers.allSatisfy({ labels[$0.name] ?? "" == $0.value }) && sample.time >= from
                    && sample.time <= through
                {
                    block.add(labels, bornAt: sample.bornAt, at: sample.time, sample.value)
                }
                return block
            }
        }
        func record(_ samples: [Sample]) {
            for sample in samples { values.withLock { $0[sample.labels] = (sample.at, sample.value, sample.at) } }
        }
    }

    var core = MonitorCore()
    var group: RuleGroup
    var state: GroupState
    let source = Source()
    var now = Moment(1_000_000_000_000)
    /// What was decided since the last ``take()``.
    var audit: [AuditEntry] = []
    var changes: [Change] = []
    var replies: [Reply] = []
    /// The journal takes everything unless a test says otherwise.
    var journalFails: String?
    private var commands: UInt64 = 0

    let kim = Operator(name: "kim", uid: 1000)
    let ann = Operator(name: "ann", uid: 1001)

    init(_ rules: [AlertingRule] = [CoreWorld.rule()]) {
        group = RuleGroup(name: "g", file: "f", interval: 1_000, rules: rules.map { .alerting($0) })
        state = GroupState(group)
        step(.configured(group.keys))
    }

    static func rule(
        _ name: String = "Hot", _ text: String = "x > 5", holdFor: Milliseconds = 0, keep: Milliseconds = 0,
        severity: String = "warning"
    ) -> AlertingRule {
        let expression: Expr
        let label: Template
        do {
            expression = try Expr(parsing: text)
            label = try Template(severity)
        } catch { fatalError("\(error)") }
        return AlertingRule(
            name: name, expression: expression, text: text, holdFor: holdFor, keepFiringFor: keep,
            labels: [NamedTemplate(name: "severity", template: label)])
    }

    func set(_ value: Double?, _ labels: Labels = ["__name__": "x"]) {
        source.values.withLock { all in
            let born = all[labels]?.bornAt ?? now.engine
            all[labels] = value.map { (now.engine, $0, born) }
        }
    }

    /// Lets time pass and evaluates once a second, keeping every value fresh.
    func advance(_ seconds: Int, wallStep: Milliseconds = 0) {
        for _ in 0..<seconds {
            now.engine += 1_000
            now.wall += 1_000
            refresh()
            evaluate()
        }
        now.wall += wallStep
    }

    func refresh() {
        source.values.withLock { all in for key in all.keys { all[key]?.time = now.engine } }
    }

    func evaluate() {
        let result = group.evaluate(&state, from: source, at: now)
        step(.evaluated(result))
        step(.tick)
    }

    func step(_ input: Input) {
        let decision = core.step(input, at: now)
        audit += decision.audit
        changes += decision.changes
        replies += decision.replies
        guard decision.needsCommit, decision.sequence > 0 else { return }
        step(journalFails.map { .commitFailed(decision.sequence, $0) } ?? .committed(decision.sequence))
    }

    /// Sends a command and returns its receipt.
    @discardableResult
    func perform(_ command: OperatorCommand, by: Operator) -> Receipt? {
        commands += 1
        let id = CommandID(commands)
        step(.command(id, command, by: by))
        return replies.last { $0.id == id }?.receipt
    }

    @discardableResult
    func acknowledge(_ by: Operator, _ comment: String = "", for duration: Milliseconds? = nil, sticky: Bool = false)
        -> Receipt?
    {
        perform(.acknowledge([alert.episode], comment: comment, duration: duration, sticky: sticky), by: by)
    }

    /// The only alert.
    var alert: Alert {
        guard let alert = core.sorted.first?.alert else { fatalError("there is no alert") }
        return alert
    }

    var actions: [String] { audit.map(\.action) }
}
