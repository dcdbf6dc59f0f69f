import ConfigurationFiles
import NcursesTerminal
import TocsinAPI
import TocsinModel
import TocsinUI

/// The engine behind a screen: one in this process, or one elsewhere.
protocol EngineSide: Sendable {
    var service: any TocsinService { get }
    /// Begins to work; the screen has been painted once and shows what `post` is given.
    func begin(_ post: @escaping @Sendable (Message) -> Void)
    /// Reads rules and configuration anew; what came of it is posted.
    func reload(_ post: @escaping @Sendable (Message) -> Void)
    /// Nobody has yet said who sits behind this login, and the engine can be told.
    var takesName: Bool { get }
    /// Whatever follows is done in this name.
    func introduce(_ name: String)
    /// The screen is gone. Returns when this process may end.
    ///
    /// - Parameters:
    ///   - signal: what ended the screen, if a signal did.
    ///   - signals: what comes meanwhile.
    func leave(signal: Int32?, _ signals: TerminalSignals)
}

extension EngineSide {
    var takesName: Bool { false }
    func introduce(_ name: String) {}
}

/// Finds the engine for a screen or a script.
enum EngineChoice {
    /// An engine of this host that others share.
    case shared(path: String, Identity)
    /// There is one, and this user may not use it: why, and the mend.
    case denied(String)
    case none

    /// Looks for this host's engine and asks it who we are. Takes a few milliseconds.
    static func find(_ config: Config) -> EngineChoice {
        switch SocketPlace.find(config) {
        case .nobody: return .none
        case .forbidden(let path):
            return .denied("\(path) may not be used by you: its group or an admin can let you in")
        case .answers(let path):
            let asked = Bridge.wait { () -> Identity in
                let transport = try HTTPTransport(.unix(path: path), Credentials.own)
                return try await RemoteService(transport).identity()
            }
            switch asked {
            case .success(let identity): return .shared(path: path, identity)
            case .failure(let denied as AccessDenied): return .denied("\(path): \(denied)")
            // Somebody listens there and is no engine of ours, or hangs.
            case .failure(let error): return .denied("\(path) does not answer as an engine: \(error)")
            }
        }
    }
}

extension Credentials {
    /// What this process brings to a socket: the person behind a shared login, where somebody told.
    static var own: Credentials {
        var credentials = Credentials()
        credentials.person = OperatorIdentity.person
        return credentials
    }
}
