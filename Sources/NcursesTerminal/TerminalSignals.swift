import CLinux
import Glibc

/// The signals of the dashboard as a descriptor. They are blocked in every thread that starts after this was made, so
/// make it first.
package final class TerminalSignals {
    /// What a signal asks for.
    package enum Request: Sendable, Equatable {
        case resize, suspend
        /// We were stopped from outside and go on.
        case resume
        /// The number is the signal's; the program leaves, and the terminal with it.
        case leave(Int32)
    }

    package let descriptor: Int32
    private static let numbers = [SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT]

    package init() {
        var set = sigset_t()
        sigemptyset(&set)
        for number in Self.numbers { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        for number in Self.numbers { tocsin_keep_for_signalfd(number) }
        descriptor = signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        // A write to a terminal that has gone must be an error, not the end.
        signal(SIGPIPE, SIG_IGN)
    }

    deinit { close(descriptor) }

    /// The requests that have come in.
    package func take() -> [Request] {
        var requests: [Request] = []
        var info = signalfd_siginfo()
        while read(descriptor, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            switch Int32(bitPattern: info.ssi_signo) {
            case SIGWINCH: requests.append(.resize)
            case SIGTSTP: requests.append(.suspend)
            case SIGCONT: requests.append(.resume)
            case let number: requests.append(.leave(number))
            }
        }
        return requests
    }
}
