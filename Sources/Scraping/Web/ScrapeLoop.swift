import NIOCore
import NIOPosix

/// The threads that scraping has to itself. A scrape lives on the loop of its connection from the request to the last
/// sample: handing it from thread to thread costs more than reading the page.
enum ScrapeLoop {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, System.coreCount / 8))
    static let executor = LoopExecutor(group.next())
}

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
