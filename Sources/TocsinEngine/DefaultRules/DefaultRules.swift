/// The rules that judge a host when the user has brought none.
package enum DefaultRules {
    /// A Prometheus rule file.
    package static var text: String { String(decoding: PackageResources.default_rules_yml, as: UTF8.self) }
    /// What stands in place of a file name in messages and keys.
    package static let file = "default"
}
