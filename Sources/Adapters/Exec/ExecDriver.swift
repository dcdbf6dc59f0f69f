import Glibc
import TocsinCore
import TocsinModel

/// Drives services whose checks and steps are programs, connections and plain HTTP requests.
package final class ExecDriver: FailoverDriver {
    private let spec: ServiceSpec
    private let exec: ExecService
    private let folder: String
    private let links: LinkWatch
    private let lanes: [String: ProbeLane]

    /// - Parameter folder: relative programs are looked for here.
    package init(_ spec: ServiceSpec, _ exec: ExecService, folder: String, links: LinkWatch) {
        self.spec = spec
        self.exec = exec
        self.folder = folder
        self.links = links
        let names = spec.members.map(\.name) + ["client"]
        lanes = Dictionary(names.map { ($0, ProbeLane($0)) }, uniquingKeysWith: { first, _ in first })
    }

    package var probes: [ProbeRhythm] {
        var out = spec.members.map { member in
            ProbeRhythm(.member(member.name), interval: exec.checks[member.name]?.interval ?? spec.interval)
        }
        out += exec.witnesses.map { ProbeRhythm(.witness($0.name), interval: spec.interval) }
        if let client = exec.client {
            out.append(ProbeRhythm(.client, interval: client.interval, hurried: min(client.interval, 250)))
        }
        return out
    }

    package func cut(_ source: ProbeReport.Source) -> String? {
        switch source {
        case .member(let name): spec.member(name).flatMap { links.cut(Placeholders.split($0.address).host) }
        case .client: spec.client.flatMap { links.cut(Placeholders.split($0).host) }
        case .witness: nil
        }
    }

    // MARK: Asking

    package func ask(_ source: ProbeReport.Source) async -> ProbeAnswer {
        if let why = cut(source) { return ProbeAnswer(.unseen(why), words: why) }
        switch source {
        case .member(let name):
            guard let member = spec.member(name) else { return ProbeAnswer(.silent("no such member")) }
            let answer = await ask(member)
            if answer.outcome == .answered { await learnWay(to: member) }
            return answer
        case .witness(let name):
            guard let witness = exec.witnesses.first(where: { $0.name == name }) else {
                return ProbeAnswer(.silent("no such witness"))
            }
            return await ask(witness)
        case .client:
            guard let check = exec.client, let address = spec.client else { return ProbeAnswer(.silent("no address")) }
            return await perform(check, "client", address, placeholders(nil, address))
        }
    }

    private func learnWay(to member: ServiceSpec.Member) async {
        let (host, port) = Placeholders.split(member.address)
        guard !links.knows(host) else { return }
        // Where it does not come back in time it is looked up after the next answer.
        _ = await lanes[member.name]?.ask(within: 200) { [links] in links.learn(host, port: port) }
    }

    private func ask(_ member: ServiceSpec.Member) async -> ProbeAnswer {
        let check = exec.checks[member.name] ?? ExecService.Check(.tcp)
        let values = placeholders(member, member.address)
        let start = ContinuousClock.now
        let first = await perform(check, member.name, member.address, values)
        var answer = first
        // A member may be unwell and take writes all the same: that is asked whatever its check says.
        guard first.outcome == .answered else {
            return await addWrites(to: answer, values, within: check.timeout)
        }
        // Checks and role share one timeout: a member that hangs over the second question is silent too.
        func left() -> Milliseconds {
            let spent = start.duration(to: .now).components
            return max(
                50,
                check.timeout - Milliseconds(spent.seconds) * 1000
                    - Milliseconds(spent.attoseconds / 1_000_000_000_000_000))
        }
        if let question = exec.roles[member.name] {
            answer = await role(question, member, values, within: left())
        }
        return await addWrites(to: answer, values, within: left())
    }

    private func addWrites(
        to answer: ProbeAnswer, _ values: Placeholders, within milliseconds: Milliseconds
    ) async -> ProbeAnswer {
        guard let writes = exec.writes else { return answer }
        var answer = answer
        let result = await ProgramRun.run(writes.map { values.fill($0) }, in: folder, within: milliseconds)
        switch result.ending {
        case .exited(0): answer.statements.append(.writable(true))
        case .exited(1): answer.statements.append(.writable(false))
        default: break
        }
        return answer
    }

    private func role(
        _ question: ExecService.RoleQuestion, _ member: ServiceSpec.Member, _ values: Placeholders,
        within milliseconds: Milliseconds
    ) async -> ProbeAnswer {
        switch question {
        case .argv(let argv):
            let result = await ProgramRun.run(argv.map { values.fill($0) }, in: folder, within: milliseconds)
            let line = Self.firstLine(result.output)
            switch result.ending {
            case .exited(0):
                let (statements, at) = RoleText.parse(result.output)
                let said = statements.contains { if case .role = $0 { true } else { false } }
                let words = said ? line : "answers, but says neither primary nor standby: \(line)"
                return ProbeAnswer(.answered, statements: statements, statedAtWall: at, words: words)
            case .late: return ProbeAnswer(.silent("its role was not told within \(check(member).timeout) ms"))
            case .exited(let code):
                return ProbeAnswer(.answered, words: "its role is not known (exit \(code)): \(line)")
            case .signalled(let number):
                return ProbeAnswer(.answered, words: "its role program died of signal \(number)")
            case .notStarted(let why): return ProbeAnswer(.answered, words: "its role cannot be asked: \(why)")
            }
        case .http(let path, let primary, let standby):
            return await http(path, member.name, member.address, within: milliseconds) { answer in
                let line = Self.firstLine(answer.body)
                var (statements, at) = RoleText.parse(answer.body)
                statements.removeAll { if case .role = $0 { true } else { false } }
                switch answer.status {
                case primary: statements.append(.role(.primary))
                case standby: statements.append(.role(.standby))
                default:
                    return ProbeAnswer(
                        .answered, words: "answers \(answer.status), which is neither primary nor standby")
                }
                return ProbeAnswer(.answered, statements: statements, statedAtWall: at, words: line)
            }
        }
    }

    private func check(_ member: ServiceSpec.Member) -> ExecService.Check {
        exec.checks[member.name] ?? ExecService.Check(.tcp)
    }

    private func ask(_ witness: ExecService.Witness) async -> ProbeAnswer {
        var statements: [ProbeReport.Statement] = []
        var words: [String] = []
        for member in spec.members {
            let values = placeholders(member, member.address)
            let argv = witness.argv.map { values.fill($0) }
            let result = await ProgramRun.run(argv, in: folder, within: spec.timeout)
            switch result.ending {
            case .exited(0):
                statements.append(.hears(member.name, true, silentFor: nil))
                words.append("hears \(member.name)")
            case .exited(1):
                statements.append(.hears(member.name, false, silentFor: nil))
                words.append("does not hear \(member.name)")
            default: break
            }
        }
        if statements.isEmpty { return ProbeAnswer(.silent("it says nothing")) }
        return ProbeAnswer(.answered, statements: statements, words: words.joined(separator: ", "))
    }

    private func perform(
        _ check: ExecService.Check, _ lane: String, _ address: String, _ values: Placeholders
    ) async -> ProbeAnswer {
        let address = check.address.map { values.fill($0) } ?? address
        switch check.kind {
        case .tcp:
            let (host, port) = Placeholders.split(address)
            let answer = await lanes[lane]?.ask(within: check.timeout + 50) { () -> ProbeAnswer in
                do throws(Socket.Failure) {
                    _ = try Socket(host: host, port: port, within: check.timeout)
                    return ProbeAnswer(.answered, words: "accepts connections")
                } catch { return Self.answer(error, check.timeout) }
            }
            return answer ?? Self.answer(.late, check.timeout)
        case .http(let path):
            return await http(path, lane, address, within: check.timeout) { answer in
                let line = Self.firstLine(answer.body)
                guard (200..<400).contains(answer.status) else {
                    return ProbeAnswer(.unwell("HTTP \(answer.status) \(line)"))
                }
                return ProbeAnswer(.answered, words: line.isEmpty ? "HTTP \(answer.status)" : line)
            }
        case .argv(let argv):
            let result = await ProgramRun.run(argv.map { values.fill($0) }, in: folder, within: check.timeout)
            let line = Self.firstLine(result.output)
            switch result.ending {
            case .exited(0): return ProbeAnswer(.answered, words: line.isEmpty ? "its check passes" : line)
            case .exited(let code): return ProbeAnswer(.unwell("its check says no (exit \(code)) \(line)"))
            case .signalled(let number): return ProbeAnswer(.silent("its check died of signal \(number)"))
            case .late: return ProbeAnswer(.silent("its check did not end within \(check.timeout) ms"))
            case .notStarted(let why): return ProbeAnswer(.unseen("its check cannot be run: \(why)"))
            }
        }
    }

    private func http(
        _ path: String, _ lane: String, _ address: String, within milliseconds: Milliseconds,
        _ understand: @escaping @Sendable (PlainHTTP.Answer) -> ProbeAnswer
    ) async -> ProbeAnswer {
        let (host, port) = Placeholders.split(address)
        let answer = await lanes[lane]?.ask(within: milliseconds + 50) { () -> ProbeAnswer in
            do throws(Socket.Failure) {
                return understand(try PlainHTTP.request("GET", path, host: host, port: port, within: milliseconds))
            } catch { return Self.answer(error, milliseconds) }
        }
        return answer ?? Self.answer(.late, milliseconds)
    }

    private static func answer(_ failure: Socket.Failure, _ timeout: Milliseconds) -> ProbeAnswer {
        switch failure {
        case .refused: ProbeAnswer(.refused("connection refused"))
        case .late: ProbeAnswer(.silent("no answer within \(timeout) ms"))
        case .noRoute(let why): ProbeAnswer(.unseen(why))
        case .other(let why): ProbeAnswer(.silent(why))
        }
    }

    private func placeholders(_ member: ServiceSpec.Member?, _ address: String) -> Placeholders {
        var values = Placeholders(service: spec.name, environment: spec.environment)
        values.add("member", member ?? ServiceSpec.Member(name: "client", address: address))
        return values
    }

    private static func firstLine(_ text: String) -> String {
        String(text.prefix(400).split { $0 == "\n" || $0 == "\r" }.first ?? "")
    }

    // MARK: Doing

    package func perform(_ order: Order) async -> StepOutcome {
        let result = await ProgramRun.run(order.call.arguments, in: folder, within: order.deadline)
        let lines = result.output.prefix(4000).split(separator: "\n").suffix(2).joined(separator: " / ")
        let said = lines.isEmpty ? "" : ": \(lines)"
        switch result.ending {
        case .exited(0): return .done("exit 0\(said)")
        case .exited(let code): return .failed("exit \(code)\(said)")
        // It may have done its work before it died.
        case .signalled(let number): return .unknown("it died of signal \(number)\(said)")
        case .late: return .unknown("no answer within \(PlanWords.seconds(Double(order.deadline) / 1000))\(said)")
        case .notStarted(let why): return .failed("it could not be started: \(why)")
        }
    }
}
