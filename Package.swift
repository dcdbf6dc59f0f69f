// swift-tools-version: 6.2
import PackageDescription

/// Set by `.ci/fuzz`: everything is built with coverage for libFuzzer, into a folder of its own.
let fuzzing = Context.environment["TOCSIN_FUZZ"] != nil
/// `TOCSIN_FUZZ=all`: with what needs the network packages, whose building takes longer than a change may wait.
let fuzzingAll = Context.environment["TOCSIN_FUZZ"] == "all"

/// Settings of every Swift target of ours. Release builds optimise across modules: a generic byte reader is
/// ten times slower without it.
let house: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    ] + (fuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

/// lld halves the link time of the executables and of the test bundle.
let linking: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"], .when(platforms: [.linux]))]

/// The Swift runtime is linked into the program: it starts in a third of the time and runs on machines without Swift.
let standalone: [LinkerSetting] = [
    .unsafeFlags(
        ["-static-stdlib", "-l_FoundationICU", "-lCoreFoundation", "-l_FoundationCShims", "-l_FoundationCollections"],
        .when(platforms: [.linux], configuration: .release))
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let trees: Target.Dependency = .product(name: "HashTreeCollections", package: "swift-collections")

/// One of our library targets: sources in `Sources/NAME`.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

/// The tests of one module: sources in `Tests/NAMETests`.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["TestKit"], exclude: exclude, swiftSettings: house,
        linkerSettings: linking)
}

let package = Package(
    name: "tocsin",
    products: [
        .executable(name: "tocsin", targets: ["tocsin"]),
        .executable(name: "tocsin-bench", targets: ["tocsin-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Foundations
        module("TocsinModel"),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        module("LinearRegex", ["CRE2"]),
        module("TimeSeries", ["TocsinModel", "LinearRegex"]),
        module("PromQL", ["TocsinModel", "LinearRegex"]),
        module("Templates", ["TocsinModel", "LinearRegex"]),
        module("Exposition", ["TocsinModel"]),
        module("Anomaly"),
        // The core and the engine
        module("TocsinCore", ["TocsinModel", "PromQL", "Templates", "LinearRegex", trees, heap]),
        // The core against a simulated world; used by tests and by `tocsin-bench simulate`
        module(
            "FailoverSimulation",
            ["TocsinModel", "TocsinCore", heap]),
        .target(
            name: "TocsinEngine",
            dependencies: [
                "TocsinModel", "LinearRegex", "TimeSeries", "PromQL", "Templates", "Anomaly", "TocsinCore",
                "BlockingWork", logging,
            ],
            resources: [.embedInCode("DefaultRules/default-rules.yml")], swiftSettings: house),
        // The edges
        .systemLibrary(name: "CLinux"),
        module("BlockingWork", ["CLinux"]),
        module("HostMetrics", ["TocsinModel", "TocsinCore", "BlockingWork", "CLinux"]),
        module(
            "ConfigurationFiles",
            [
                "TocsinModel", "LinearRegex", "PromQL", "Templates", "TocsinCore",
                .product(name: "Yams", package: "Yams"),
            ]),
        module(
            "Storage",
            ["TocsinModel", "TocsinCore", "TimeSeries", .product(name: "GRDB", package: "GRDB.swift")]),
        module(
            "Adapters",
            [
                "TocsinModel", "TocsinCore", "LinearRegex", "BlockingWork", "CLinux",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        // zlib, for what is sent and fetched
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        module("Gzip", ["CZlib"]),
        // What is fetched from elsewhere: pages of metrics, probes, targets
        module(
            "Scraping",
            [
                "TocsinModel", "TocsinCore", "TimeSeries", "Exposition", "LinearRegex", "Gzip", "CLinux",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        // Both ends of the wire
        module(
            "TocsinAPI",
            [
                "TocsinModel", "Exposition", "Gzip", "CLinux", logging,
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        // The screen
        module("TerminalKit"),
        .target(name: "CNcurses", linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        module("NcursesTerminal", ["TerminalKit", "CNcurses", "CLinux"]),
        module("TocsinUI", ["TocsinModel", "TerminalKit"]),
        .target(
            name: "Themes",
            resources: [
                .embedInCode("themes/dark.theme"), .embedInCode("themes/light.theme"),
                .embedInCode("themes/high-contrast.theme"), .embedInCode("themes/mono.theme"),
            ],
            swiftSettings: house),
        // The programs
        .executableTarget(
            name: "tocsin",
            dependencies: [
                "TocsinModel", "PromQL", "Exposition", "Anomaly", "TocsinCore", "TocsinEngine", "HostMetrics",
                "ConfigurationFiles",
                "Storage", "TimeSeries", "BlockingWork", "Adapters", "CLinux", "TerminalKit", "NcursesTerminal",
                "TocsinUI", "Themes", "TocsinAPI", "Scraping", argumentParser, logging,
            ],
            swiftSettings: house, linkerSettings: linking + standalone),
        .executableTarget(
            name: "tocsin-bench",
            dependencies: [
                "TocsinModel", "Exposition", "TimeSeries", "PromQL", "Anomaly", "TocsinCore", "HostMetrics",
                "FailoverSimulation", "TocsinEngine",
                "CPty",
                argumentParser, .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: house, linkerSettings: linking),
        // What tests and benchmarks share: a pseudo-terminal and fixtures
        .target(name: "CPty", linkerSettings: [.linkedLibrary("util")]),
        .target(name: "TestKit", dependencies: ["TocsinModel", "CPty"], path: "Tests/TestKit", swiftSettings: house),
        tests("TimeSeries", ["TimeSeries", "TocsinModel"]),
        tests("PromQL", ["PromQL", "TocsinModel", "LinearRegex"]),
        tests("Templates", ["Templates", "TocsinModel"]),
        tests("Exposition", ["Exposition", "TocsinModel"]),
        tests("Anomaly", ["Anomaly"]),
        tests("TocsinCore", ["TocsinCore", "TocsinModel", "PromQL", "Templates", "LinearRegex"]),
        tests("FailoverSimulation", ["FailoverSimulation", "BlockingWork", "TocsinCore", "TocsinModel"]),
        tests(
            "TocsinEngine",
            [
                "TocsinEngine", "TocsinCore", "TocsinModel", "TimeSeries", "PromQL", "Anomaly", "HostMetrics",
                "ConfigurationFiles",
            ]),
        tests("BlockingWork", ["BlockingWork"]),
        tests("Adapters", ["Adapters", "TocsinCore", "TocsinModel", "LinearRegex"]),
        tests("HostMetrics", ["HostMetrics", "TocsinCore", "TocsinModel"]),
        tests(
            "ConfigurationFiles",
            ["ConfigurationFiles", "LinearRegex", "Templates", "TocsinCore", "PromQL", "TocsinModel", "TocsinEngine"]),
        tests(
            "Storage",
            ["Storage", "TocsinCore", "TocsinModel", "TimeSeries", .product(name: "GRDB", package: "GRDB.swift")]),
        tests("TocsinAPI", ["TocsinAPI", "TocsinModel", "Gzip"]),
        tests("Scraping", ["Scraping", "Exposition", "TimeSeries", "TocsinCore", "TocsinModel"]),
        tests("TerminalKit", ["TerminalKit", "Themes"]),
        tests("TocsinUI", ["TocsinUI", "TerminalKit", "TocsinModel", "Themes"], exclude: ["Golden"]),
        tests("EndToEnd", ["TocsinModel"]),
        tests("System", ["Exposition", "TocsinModel", "PromQL", "TimeSeries", "Adapters"]),
    ]
)

if fuzzing {
    package.targets.append(
        .executableTarget(
            name: "tocsin-fuzz",
            dependencies: [
                "TocsinModel", "PromQL", "TimeSeries", "Templates", "Exposition", "TocsinCore", "TocsinEngine",
                "ConfigurationFiles",
            ] + (fuzzingAll ? ["TocsinAPI", "Scraping"] : []),
            path: "Tests/Fuzz", exclude: ["corpus"],
            swiftSettings: house + [.unsafeFlags(["-parse-as-library"])] + (fuzzingAll ? [.define("FUZZ_ALL")] : []),
            linkerSettings: linking + [.unsafeFlags(["-sanitize=fuzzer"])]))
}

// The modules without any package of others build and test on their own in a fraction of the time: `.ci/tsan`.
if Context.environment["TOCSIN_PURE"] != nil {
    let modules = ["TocsinModel", "CRE2", "LinearRegex", "TimeSeries", "PromQL", "Templates", "Exposition", "Anomaly"]
    let pure = Set(modules + modules.map { $0 + "Tests" } + ["CPty", "TestKit"])
    package.targets.removeAll { !pure.contains($0.name) }
    package.products = []
    package.dependencies = []
}
