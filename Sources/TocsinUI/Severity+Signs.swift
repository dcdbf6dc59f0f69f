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

extension Alert {
    /// Sign and role of the state: owned and suspected alerts have their own.
    var sign: (glyph: String, role: Role) {
        switch state {
        case .pending: ("◔", .pending)
        case .resolved, .inactive: ("·", .dim)
        case .firing: acknowledgement == nil ? (severity.glyph, severity.role) : ("a", .acknowledged)
        }
    }
}
