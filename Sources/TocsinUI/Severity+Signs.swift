import TerminalKit
import TocsinModel

extension Severity {
    /// The sign that stands for the severity, whatever the colour.
    var glyph: String {
        switch self {
        case .critical: "▲"
        case .warning: "■"
        case .info: "●"
        case .unknown: "?"
        }
    }

    var role: Role {
        switch self {
        case .critical: .critical
        case .warning: .warning
        case .info: .info
        case .unknown: .unknown
        }
    }
}

extension AlertRow {
    /// Sign and role of the state: owned, silenced and suspected alerts have their own.
    var sign: (glyph: String, role: Role) {
        switch alert.state {
        case .pending: return ("◔", .pending)
        case .resolved, .inactive: return ("·", .dim)
        case .firing: break
        }
        if alert.acknowledgement != nil { return ("a", .acknowledged) }
        return silences.isEmpty ? (alert.severity.glyph, alert.severity.role) : ("s", .dim)
    }
}
