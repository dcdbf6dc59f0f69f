import Testing
import TocsinCore
import TocsinModel

@Suite struct TimeLineTests {
    @Test func theTimeLineFollowsSlowDrift() {
        var line = TimeLine()
        _ = line.moment((wall: 0, boot: 0))
        var last = Moment(0)
        for second in 1...1_000 {
            last = line.moment(
                (wall: Milliseconds(second) * 1_000 + Milliseconds(second), boot: Milliseconds(second) * 1_000))
        }
        #expect(last.offset.magnitude < 100)
    }
}
