import ConfigurationFiles
import Exposition
import Glibc
import PromQL
import Templates
import TimeSeries
import TocsinCore
import TocsinEngine
import TocsinModel

#if FUZZ_ALL
    import Scraping
#endif

/// Everything that reads bytes from outside, fed by libFuzzer. `TOCSIN_FUZZ_TARGET` chooses which; a wrong answer ends
/// the process as a crash does.
enum Target: String, CaseIterable {
    case promql, notation, rules, tests, exposition, template, headlog, rollup, configuration, targets, dns, request

    static let chosen: Target = {
        guard let name = getenv("TOCSIN_FUZZ_TARGET").map({ String(cString: $0) }), let target = Target(rawValue: name)
        else { fatalError("TOCSIN_FUZZ_TARGET is one of \(allCases.map(\.rawValue))") }
        return target
    }()

    func read(_ bytes: [UInt8]) {
        switch self {
        case .promql: Self.expression(String(decoding: bytes, as: UTF8.self))
        case .notation:
            _ = try? SeriesNotation.values(String(decoding: bytes, as: UTF8.self))
            _ = try? SeriesNotation.labels(String(decoding: bytes, as: UTF8.self))
        case .rules:
            _ = try? RuleFile.read(String(decoding: bytes, as: UTF8.self), file: "f", defaultInterval: 60_000)
        case .tests:
            _ = try? RuleTestReader.read(String(decoding: bytes, as: UTF8.self), file: "f")
        case .exposition: _ = try? ExpositionReader.read(bytes)
        case .template: Self.template(String(decoding: bytes, as: UTF8.self))
        case .headlog: HeadLog.read(bytes) { _ in }
        case .rollup: _ = Rollup.decode(bytes)
        case .configuration: Self.configuration(String(decoding: bytes, as: UTF8.self))
        case .targets: _ = try? TargetGroupFile.read(String(decoding: bytes, as: UTF8.self), file: "f")
        case .dns, .request: Self.network(self, bytes)
        }
    }

    /// Two series with everything that arithmetic stumbles over.
    private static let store: SeriesStore = {
        let store = SeriesStore(limits: .none, shards: 1)
        let values: [Double] = [0, 1, .nan, .infinity, -.infinity, 1e300, -1, StaleMarker.value, 5, 5]
        for (number, name) in ["a", "b"].enumerated() {
            for (step, value) in values.enumerated() {
                let labels: Labels = ["__name__": name, "x": "\(number)", "le": number == 0 ? "1" : "+Inf"]
                store.append(labels, value, at: Milliseconds(step) * 15_000)
            }
        }
        return store
    }()

    private static func expression(_ text: String) {
        guard let expression = try? Expr(parsing: text) else { return }
        let printed = expression.description
        guard let again = try? Expr(parsing: printed) else { fatalError("\(printed) is printed and cannot be read") }
        if again != expression { fatalError("\(text) is printed as \(printed)") }
        var options = EvaluationOptions()
        options.maximumSamples = 200_000
        var start = timespec()
        clock_gettime(CLOCK_MONOTONIC, &start)
        let end = start.tv_sec + 2
        options.shouldStop = {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return now.tv_sec > end
        }
        var evaluator = Evaluator(source: store, at: 140_000, options: options)
        _ = try? evaluator.evaluate(expression)
        _ = try? RangeEvaluation.evaluate(
            expression, source: store, start: 0, end: 140_000, step: 7_000, options: options)
    }

    private static func network(_ target: Target, _ bytes: [UInt8]) {
        #if FUZZ_ALL
            if target == .dns { _ = try? DNSMessage(bytes) } else { RequestTarget.read(bytes) }
        #else
            fatalError("\(target.rawValue) needs TOCSIN_FUZZ=all")
        #endif
    }

    /// What is read is put to use: targets are made and relabelled.
    private static func configuration(_ text: String) {
        guard let config = try? Config.read(text, file: "f") else { return }
        for job in config.scraping {
            _ = ScrapeTarget.make(["__address__": "h:1", "a": "b"], in: ["__meta_x": "y"], of: job)
            _ = RelabelRule.apply(job.metricRelabelling, to: ["__name__": "up", "a": "b", "le": "0.5"])
        }
    }

    private static func template(_ text: String) {
        guard let template = try? Template(text) else { return }
        _ = try? template.render(
            .init(labels: ["a": "b", "instance": "h:1"], value: 1.5) { _ in
                [Template.Element(labels: ["x": "y"], value: 2)]
            })
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Target.chosen.read(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The package manager names the program's beginning so; libFuzzer takes over from here.
@_cdecl("tocsin_fuzz_main")
public func begin(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, fuzzOne)
}
