/// The themes that come with Tocsin: the files of the top-level folder `themes`, embedded in the program.
package enum Themes {
    /// Name and text of each, the default first. To add one, put a file into `themes`, name it in `Package.swift`, and
    /// list it here.
    package static let all: [(name: String, text: String)] = [
        ("dark", text(PackageResources.dark_theme)),
        ("light", text(PackageResources.light_theme)),
        ("high-contrast", text(PackageResources.high_contrast_theme)),
        ("mono", text(PackageResources.mono_theme)),
    ]

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
