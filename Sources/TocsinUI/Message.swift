import TerminalKit
import TocsinModel

/// Everything that can happen to the screen.
package enum Message: Sendable {
    case key(Key)
    case resized(width: Int, height: Int)
    /// A page came from the engine.
    case page(Page)
    /// The engine has nothing new; the wall clock says how late it is.
    case quiet(at: Milliseconds)
    /// Nothing has changed but the clock.
    case pulse(Pulse)
    /// The engine did not answer; the wall clock says how old what is known has become.
    case failed(String, at: Milliseconds)
    /// A command was carried out or refused.
    case receipt(Receipt)
    /// A plan was made, or why there is none.
    case planned(PlanReply)
    /// Something to say for a moment.
    case toast(Severity?, String)
}

/// What the screen wants done; the loop carries it out.
package enum UIEffect: Sendable, Equatable {
    /// Ask for this page from now on.
    case request(PageRequest)
    case perform(CommandID, OperatorCommand)
    /// Make a plan; nothing is done.
    case preview(FailoverIntent)
    /// Who sits behind a shared login; whatever follows is done in this name.
    case introduce(String)
    /// Put text on the clipboard.
    case copy(String)
    case mouse(Bool)
    case redraw
    case theme(String)
    /// Read configuration and rules anew.
    case reload
    case suspend
    case quit

    /// Whether it is something that the audit names somebody for.
    var acts: Bool {
        switch self {
        case .perform, .preview, .reload: true
        default: false
        }
    }
}
