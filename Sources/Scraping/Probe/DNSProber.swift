import LinearRegex
import TocsinCore
import TocsinModel

/// `prober: dns`: asks the target, which is a DNS server.
struct DNSProber: Sendable {
    let probe: DNSProbe
    let module: ProbeModule

    init(_ probe: DNSProbe, _ module: ProbeModule) {
        self.probe = probe
        self.module = module
    }

    /// Above any deadline of a probe, which ends the question earlier.
    private static let patience: Int64 = 3_600_000

    func probe(_ target: String, _ notes: ProbeNotes) async throws {
        let (host, port) = try ProbeAddress.split(target, usual: 53)
        let clock = ContinuousClock()
        let start = clock.now
        let address = try await ProbeAddress.find(host, port, module, notes)
        let found = clock.now
        let (message, _) = try await DNSClient.ask(
            probe.name, probe.type, at: address, overTCP: probe.overTCP, recursion: probe.recursionDesired,
            milliseconds: Self.patience)
        let phases = [
            ("resolve", start.duration(to: found) / .seconds(1)), ("connect", 0),
            ("request", found.duration(to: clock.now) / .seconds(1)),
        ]
        let serial = message.answers.first { $0.type == 6 }.flatMap { Double($0.text.split(separator: " ")[2]) }
        let probe = probe
        notes.note { report in
            for (phase, seconds) in phases {
                report.set("dns_duration_seconds", "Duration of DNS request by phase", seconds, ["phase": phase])
            }
            report.set("dns_query_succeeded", "Displays whether or not the query was executed successfully", true)
            report.set(
                "dns_answer_rrs", "Returns number of entries in the answer resource record list",
                Double(message.answers.count))
            report.set(
                "dns_authority_rrs", "Returns number of entries in the authority resource record list",
                Double(message.authority.count))
            report.set(
                "dns_additional_rrs", "Returns number of entries in the additional resource record list",
                Double(message.additional.count))
            if let serial { report.set("dns_serial", "Returns the serial number of the zone", serial) }
            let isValid =
                Self.passes(probe.answer, message.answers)
                && Self.passes(probe.authority, message.authority) && Self.passes(probe.additional, message.additional)
            report.set("failed_due_to_regex", "Indicates if probe failed due to regex", !isValid)
            report.isSuccess = isValid && probe.validCodes.contains(DNSTypes.code(message.code))
        }
    }

    private static func passes(_ rule: DNSProbe.Validation, _ records: [DNSMessage.Record]) -> Bool {
        let lines = records.map(\.line)
        for regex in rule.failsIfMatches where lines.contains(where: { regex.matches($0) }) { return false }
        for regex in rule.failsIfAllMatch where !lines.isEmpty && lines.allSatisfy({ regex.matches($0) }) {
            return false
        }
        for regex in rule.failsUnlessMatches where lines.contains(where: { !regex.matches($0) }) { return false }
        for regex in rule.failsIfNoneMatches where !lines.isEmpty && !lines.contains(where: { regex.matches($0) }) {
            return false
        }
        return true
    }
}
