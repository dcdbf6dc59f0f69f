import Glibc
import TerminalKit

/// Waits for keys, messages and signals with one `poll`; nothing wakes it when nothing happens.
package struct EventLoop<Message: Sendable> {
    /// What woke the loop.
    package struct Batch {
        package var keys: [Key] = []
        package var messages: [Message] = []
        package var requests: [TerminalSignals.Request] = []
        /// The terminal is gone: there is nobody to draw for.
        package var hangUp = false
    }

    private let terminal: NcursesTerminal
    private let mailbox: Mailbox<Message>
    private let signals: TerminalSignals
    private var emptyReads = 0

    package init(_ terminal: NcursesTerminal, _ mailbox: Mailbox<Message>, _ signals: TerminalSignals) {
        self.terminal = terminal
        self.mailbox = mailbox
        self.signals = signals
    }

    /// Waits for the next thing to happen.
    package mutating func next() -> Batch {
        var batch = Batch()
        var descriptors = [STDIN_FILENO, mailbox.wakeDescriptor, signals.descriptor].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        // A frame that is owed is sent as soon as the terminal takes it.
        if terminal.owesFrame { descriptors.append(pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)) }
        guard poll(&descriptors, nfds_t(descriptors.count), -1) > 0 else { return batch }
        let tty = Int32(descriptors[0].revents)
        if tty & (POLLHUP | POLLERR | POLLNVAL) != 0 { batch.hangUp = true }
        if tty & POLLIN != 0 {
            batch.keys = terminal.keys()
            // A terminal that is always readable and never says anything is one that has ended.
            emptyReads = batch.keys.isEmpty ? emptyReads + 1 : 0
            if emptyReads > 100 { batch.hangUp = true }
        }
        if descriptors[1].revents != 0 { batch.messages = mailbox.drain() }
        if descriptors[2].revents != 0 { batch.requests = signals.take() }
        return batch
    }
}
