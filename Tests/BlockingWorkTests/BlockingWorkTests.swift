import BlockingWork
import Glibc
import Synchronization
import TestKit
import Testing

@Suite struct BlockingWorkTests {
    /// A call that never returns costs its own resource and one thread; everything else goes on, and it is never asked
    /// twice at once.
    @Test func aStalledCallHoldsUpNothingElse() {
        let work = BlockingWork(name: "test", stallMilliseconds: 30)
        let gate = Gate()
        let done = Mutex<[String]>([])
        #expect(work.submit("dead") { gate.wait() })
        for name in ["a", "b", "c"] { #expect(work.submit(name) { done.withLock { $0.append(name) } }) }
        #expect(!work.settle(milliseconds: 2_000))
        #expect(done.withLock { $0 } == ["a", "b", "c"])
        #expect(work.outstanding.keys.sorted() == ["dead"])
        for _ in 0..<20 {
            #expect(!work.submit("dead") {})
            work.submit("a") { done.withLock { $0.append("a") } }
            work.settle(milliseconds: 2_000)
        }
        #expect(work.threadCount == 2)
        gate.open()
        // A stalled call is not waited for; it is back within moments.
        for _ in 0..<500 where !work.settle(milliseconds: 10) { usleep(1_000) }
        #expect(work.submit("dead") { done.withLock { $0.append("dead") } })
        #expect(work.settle(milliseconds: 5_000))
        #expect(done.withLock { $0.last } == "dead")
    }

    @Test func manyStalledResourcesTakeAThreadEachAndNoMoreThanAllowed() {
        let work = BlockingWork(name: "test", stallMilliseconds: 10, mostThreads: 5)
        let gate = Gate()
        for number in 0..<20 { work.submit("dead\(number)") { gate.wait() } }
        for _ in 0..<10 { work.settle(milliseconds: 50) }
        #expect(work.threadCount == 5)
        gate.open()
        for _ in 0..<500 where !work.settle(milliseconds: 10) { usleep(1_000) }
        #expect(work.outstanding.isEmpty)
    }

    @Test func aSerialThreadKeepsTheOrder() async {
        let thread = SerialThread(name: "test")
        let seen = Mutex<[Int]>([])
        for number in 0..<100 { thread.async { seen.withLock { $0.append(number) } } }
        let count = await thread.run { seen.withLock { $0.count } }
        #expect(count == 100)
        #expect(seen.withLock { $0 } == Array(0..<100))
    }
}

/// Lets threads wait until it is opened.
final class Gate: Sendable {
    private let opened = Atomic(false)
    func open() { opened.store(true, ordering: .relaxed) }
    func wait() { while !opened.load(ordering: .relaxed) { usleep(1_000) } }
}
