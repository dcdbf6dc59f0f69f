/// Divides the lines of a screen among its sections.
public enum Allotment {
    /// A section's claim: the least lines it makes sense with, and as many as it could use.
    public struct Claim: Sendable {
        public let least: Int
        public let most: Int

        public init(least: Int, most: Int) {
            self.least = max(0, least)
            self.most = max(self.least, most)
        }
    }

    /// Lines for each claim, in the order of the claims. The first are the most important: when not even the least lines
    /// fit, the last sections get none. What is left over goes round, a line at a time, to those that can use it.
    public static func divide(_ lines: Int, among claims: [Claim]) -> [Int] {
        var given = Array(repeating: 0, count: claims.count)
        var left = max(0, lines)
        for (index, claim) in claims.enumerated() where claim.least <= left {
            given[index] = claim.least
            left -= claim.least
        }
        var changed = true
        while left > 0, changed {
            changed = false
            for (index, claim) in claims.enumerated() where left > 0 && given[index] > 0 && given[index] < claim.most {
                given[index] += 1
                left -= 1
                changed = true
            }
        }
        return given
    }
}
