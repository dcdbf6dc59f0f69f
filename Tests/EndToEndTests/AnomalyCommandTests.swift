import FoundationEssentials
import Glibc
import TestKit
import Testing

/// `tocsin anomalies` against a running engine.
@Suite struct AnomalyCommandTests {
    private let engine = ServedEngine()

    @Test func aSeriesIsNamedByAsMuchAsIsNeeded() throws {
        let shards =
            #"label_replace(vector(5), "shard", "a", "", "") or label_replace(vector(6.123456), "shard", "b", "", "")"#
        let daemon = try engine.serve(
            more: """
                anomalies:
                  - {name: plain, expr: vector(5), step: 1s}
                  - {name: idle, expr: nothing_there, step: 1s}
                  - {name: lat, expr: '\(shards)', step: 1s, hold_while: Nothing}
                """)
        var list = ""
        for _ in 0..<60 where !list.contains("plain") || !list.contains("lat") {
            list = try engine.tocsin("anomalies")
            daemon.pause(0.25)
        }
        #expect(list.contains("unfed     idle  its expression gives no value"), "\(list)")
        #expect(list.contains("lat{shard=\"b\"}  6.12  "), "\(list)")
        #expect(try engine.tocsin("anomalies false-alarm plain").contains("plain: the last alarm was none"))
        #expect(try engine.tocsin("anomalies normal lat shard=a").contains("normal from now on"))
        #expect(try engine.tocsin("anomalies normal 'lat{shard=\"b\"}'").contains("normal from now on"))
        let unclear = try engine.tocsin("anomalies false-alarm lat")
        #expect(unclear.contains("more than one series") && unclear.contains("  lat{shard=\"b\"}"), "\(unclear)")
        #expect(try engine.tocsin("anomalies normal lat shard=c").contains("no detector watches lat{shard=\"c\"}"))
        let audit = try engine.tocsin("audit")
        #expect(audit.contains("false alarm") && audit.contains("accept as normal"), "\(audit)")
        let checked = try engine.run("'\(productsFolder)/tocsin' check config '\(engine.configuration)'")
        #expect(checked.contains("3 detectors") && checked.contains("no rule has that name"), "\(checked)")
        engine.end(daemon)
    }
}
