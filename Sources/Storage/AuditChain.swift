import TocsinModel

/// The chain that makes a changed or removed audit entry visible: each entry's digest covers its predecessor's.
package enum AuditChain {
    /// The digest before the first entry.
    package static let origin = String(repeating: "0", count: 64)

    /// The digest of an entry after `previous`. Fields are written with their length, so that no two entries share a
    /// text.
    package static func digest(_ entry: AuditEntry, after previous: String) -> String {
        var text = previous
        for field in [
            "\(entry.sequence)", "\(entry.at)", entry.by.name, "\(entry.by.uid)", entry.action, entry.target,
            entry.episode, entry.detail,
        ] { text += "|\(field.utf8.count):\(field)" }
        return SHA256.hex(Array(text.utf8))
    }

    /// An entry as it stands in the journal.
    package struct Link: Sendable {
        package var entry: AuditEntry
        package var previous: String
        package var digest: String

        package init(entry: AuditEntry, previous: String, digest: String) {
            self.entry = entry
            self.previous = previous
            self.digest = digest
        }
    }

    /// The sequence number of the first entry that breaks the chain, oldest first; nil when it is whole.
    package static func firstBreak(_ links: [Link]) -> Int64? {
        var previous = links.first?.previous ?? origin
        if let first = links.first, first.entry.sequence == 1, previous != origin { return 1 }
        var number = links.first?.entry.sequence ?? 1
        for link in links {
            guard link.entry.sequence == number, link.previous == previous,
                digest(link.entry, after: previous) == link.digest
            else { return link.entry.sequence }
            previous = link.digest
            number += 1
        }
        return nil
    }
}
