import NcursesTerminal
import Synchronization
import TocsinModel
import TocsinUI

/// Asks the engine for the page the screen wants, again and again, and posts what comes.
final class Poller: Sendable {
    private let service: any TocsinService
    private let mailbox: Mailbox<Message>
    private let clock: @Sendable () -> Milliseconds
    private let waiting = Mutex(0)
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter clock: the wall clock, to tell how late the engine is.
    init(_ service: any TocsinService, _ mailbox: Mailbox<Message>, clock: @escaping @Sendable () -> Milliseconds) {
        self.service = service
        self.mailbox = mailbox
        self.clock = clock
    }

    /// Asks for another page from now on; the first answer comes at once.
    func want(_ request: PageRequest) {
        task.withLock { task in
            task?.cancel()
            task = Task { await follow(request) }
        }
    }

    private func follow(_ request: PageRequest) async {
        var since: Revision?
        var failures = 0
        while !Task.isCancelled {
            do {
                let reply = try await service.page(request, since: since, waitingUpTo: .seconds(3))
                if Task.isCancelled { return }
                failures = 0
                switch reply {
                case .page(let page, let revision):
                    since = revision
                    mailbox.post(.page(page))
                case .unchanged(let revision, let pulse):
                    since = revision
                    mailbox.post(pulse.map { .pulse($0) } ?? .quiet(at: clock()))
                }
            } catch {
                if Task.isCancelled { return }
                mailbox.post(.failed("\(error)", at: clock()))
                // A new engine has another epoch, so the next answer is a whole page.
                failures += 1
                let pause = min(5_000, 250 << min(failures, 5))
                // A cancelled sleep ends the loop by its condition.
                try? await Task.sleep(for: .milliseconds(pause))
            }
        }
    }

    /// Commands whose receipt is still due.
    var outstanding: Int { waiting.withLock { $0 } }

    /// Asks for a plan and posts the answer.
    func preview(_ intent: FailoverIntent) {
        Task {
            do { mailbox.post(.planned(try await service.preview(intent))) } catch {
                mailbox.post(.toast(.warning, "\(error)"))
            }
        }
    }

    /// Carries a command out and posts its receipt.
    func perform(_ id: CommandID, _ command: OperatorCommand) {
        waiting.withLock { $0 += 1 }
        Task {
            defer { waiting.withLock { $0 -= 1 } }
            do { mailbox.post(.receipt(try await service.perform(id, command))) } catch {
                // It is not sent again: what became of it is not known.
                mailbox.post(.toast(.warning, "\(error)"))
            }
        }
    }
}
