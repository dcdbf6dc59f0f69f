import TocsinModel

/// A file of promtool unit tests for rules.
package struct RuleTestFile: Sendable {
    /// The rule files as the test file names them, glob patterns among them.
    package var ruleFiles: [String] = []
    package var evaluationInterval: Milliseconds = 60_000
    /// The order of groups; those not named come with the first.
    package var groupOrder: [String] = []
    /// Values may differ in their last bit.
    package var fuzzyCompare = false
    package var tests: [RuleTest] = []

    package init() {}
}

/// One test group: series to load, and what rules and expressions make of them.
package struct RuleTest: Sendable {
    package struct Input: Sendable {
        package let series: String
        package let values: String

        package init(series: String, values: String) {
            self.series = series
            self.values = values
        }
    }

    package struct AlertCase: Sendable {
        package var time: Milliseconds = 0
        package var name = ""
        /// Annotations in ascending order of names; those that are empty count too.
        package var expected: [(labels: Labels, annotations: [Annotation])] = []

        package init() {}
    }

    package struct ExpressionCase: Sendable {
        package var time: Milliseconds = 0
        package var expression = ""
        /// Labels as written, with the value.
        package var expected: [(labels: String, value: Double)] = []

        package init() {}
    }

    package var name = ""
    /// Between the values of the input series.
    package var interval: Milliseconds = 60_000
    package var inputs: [Input] = []
    package var alerts: [AlertCase] = []
    package var expressions: [ExpressionCase] = []
    package var externalLabels = Labels.none
    package var externalURL = ""
    /// The time that the first values stand for.
    package var start: Milliseconds = 0

    package init() {}
}
