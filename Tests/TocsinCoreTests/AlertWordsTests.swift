import Testing
import TocsinCore
import TocsinModel

/// How alerts are named: of this host without its name, of another with it.
@Suite struct AlertWordsTests {
    private func alert(_ labels: Labels, summary: String? = nil) -> Alert {
        Alert(
            episode: EpisodeID(fingerprint: labels.fingerprint, number: 1), labels: labels,
            annotations: summary.map { [Annotation("summary", $0)] } ?? [], rule: "g/A#1", expression: "x > 5",
            severity: .warning, state: .firing, holdFor: 0, activeSince: 1, lastTrue: 1, judgedAt: 1, value: 7)
    }

    @Test func anotherHostIsNamed() {
        let here = alert(["alertname": "A", "device": "sda", "instance": "db-03"])
        let there = alert(["alertname": "A", "device": "sda", "instance": "db-05:9100"])
        #expect(AlertWords.title(here, home: "db-03") == "A sda")
        #expect(AlertWords.title(there, home: "db-03") == "A sda on db-05:9100")
        #expect(AlertWords.title(there) == "A sda")
        #expect(AlertWords.subject(there.labels, home: "db-03") == "sda on db-05:9100")
        let hostHere = alert(["alertname": "B", "instance": "db-03"])
        let hostThere = alert(["alertname": "B", "instance": "db-05:9100"])
        #expect(AlertWords.title(hostHere, home: "db-03") == "B")
        #expect(AlertWords.title(hostThere, home: "db-03") == "B db-05:9100")
        #expect(AlertWords.title(alert(["alertname": "C"]), home: "db-03") == "C")
    }

    @Test func aSentenceSaysWhereOnce() {
        let plain = alert(["alertname": "A", "instance": "db-05"], summary: "sda is slow")
        #expect(AlertWords.sentence(plain, home: "db-03") == "sda is slow on db-05")
        #expect(AlertWords.sentence(plain, home: "db-05") == "sda is slow")
        let named = alert(["alertname": "A", "instance": "db-05"], summary: "sda of db-05 is slow")
        #expect(AlertWords.sentence(named, home: "db-03") == "sda of db-05 is slow")
    }
}
